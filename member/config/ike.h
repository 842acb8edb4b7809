/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The phase 1 statements that member and key server write alike: ike proposal, ike policy, and what a gateway says of
 * identities.  Resolves a gateway's policy, the policy's proposals and its pre-shared key.
 *
 * Keys: ascii-text and hexadecimal stand in the file; `file PATH` and `credential NAME` (a file of
 * $CREDENTIALS_DIRECTORY, systemd's) are read now, one trailing newline removed.  A file that others than owner and
 * group may read is accepted with a warning.
 */
#ifndef MEMBER_CONFIG_IKE_H
#define MEMBER_CONFIG_IKE_H

#include "ike/download.h"
#include "ike/ike.h"
#include "member/config/statement.h"

#define CONFIG_LIFETIME_MIN 180 /* of lifetime-seconds, everywhere, as in Junos */
#define CONFIG_LIFETIME_MAX 86400
#define CONFIG_IKE_LIFETIME 28800 /* seconds, of a proposal that does not say */

extern const struct statement_schema config_ike_proposal_schema[]; /* inside ike proposal NAME */
extern const struct statement_schema config_ike_policy_schema[];   /* inside ike policy NAME */
extern const struct statement_schema config_identity_schema[];     /* inside local-identity, remote-identity */

/* The entry of a gateway's statement KEYWORD: local-identity or remote-identity. */
#define CONFIG_IDENTITY(keyword) SCHEMA_BLOCK(keyword, STATEMENT_ONE_OF, config_identity_schema)
/* The entries of the ike block that are read. */
#define CONFIG_IKE_BLOCKS(most_policies, most_gateways, gateway)                                                       \
	SCHEMA_NAMED_BLOCKS("proposal", STATEMENT_MANDATORY, CONFIG_IKE_NAMES_MAX, config_ike_proposal_schema),        \
		SCHEMA_NAMED_BLOCKS("policy", STATEMENT_MANDATORY, most_policies, config_ike_policy_schema),           \
		SCHEMA_NAMED_BLOCKS("gateway", STATEMENT_MANDATORY, most_gateways, gateway)

/* Anti-replay by time (doc/d3p.md): the window in milliseconds, and the numbers of the two GAP attributes that say it.
 */
#define CONFIG_ANTI_REPLAY                                                                                             \
	{                                                                                                              \
		.name = "anti-replay-time-window", .type = TYPE_NUMBER, .min = 1, .max = 60000                         \
	}
#define CONFIG_D3P_NUMBER(keyword)                                                                                     \
	{                                                                                                              \
		.name = (keyword), .type = TYPE_NUMBER, .min = GAP_NUMBER_MIN, .max = GAP_NUMBER_MAX                   \
	}
#define CONFIG_D3P_NUMBERS CONFIG_D3P_NUMBER("d3p-type-attribute"), CONFIG_D3P_NUMBER("d3p-window-attribute")

struct config_ike {
	enum ike_mode mode;
	struct ike_proposal proposals[IKE_PROPOSALS_MAX];
	size_t n_proposals;
	struct secret psk;
};

/* Checks every policy of the ike block, whether a gateway names it or not.  -EINVAL, and what reading a key file gives.
 */
GVPN_MUST_CHECK int config_ike_check(struct statements *s, const struct statement *ike);

/* The policy that GATEWAY names, resolved.  The caller wipes RET->psk. */
GVPN_MUST_CHECK int config_ike_resolve(struct config_ike *ret, struct statements *s, const struct statement *ike,
				       const struct statement *gateway);

/* The identity of GATEWAY's statement KEYWORD; type 0 when it does not stand there. */
GVPN_MUST_CHECK int config_identity_read(struct ike_id *ret, struct statements *s, const struct statement *gateway,
					 const char *keyword);

/* The numbers that BLOCK's statements say, else the default ones; -EINVAL when the two are one number. */
GVPN_MUST_CHECK int config_d3p_numbers_read(struct gap_numbers *ret, struct statements *s,
					    const struct statement *block);

#endif
