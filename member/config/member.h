/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the member's statements become struct config.  The schema (config_schema.c) says what may stand where; reading
 * (config_member.c, config_zone.c, config_rule.c, and config_service.h for the MX form) resolves names and checks
 * sense.
 */
#ifndef MEMBER_CONFIG_MEMBER_H
#define MEMBER_CONFIG_MEMBER_H

#include <sys/types.h>

#include "member/config/config.h"
#include "member/config/statement.h"

#define CONFIG_ZONES_MAX 64

extern const struct statement_schema config_member_root;

/*
 * Fills C, which is zeroed.  On an error what C owns so far is the caller's to free, as always.  -EINVAL, -ENOMEM, and
 * what reading a key file gives.
 */
GVPN_MUST_CHECK int config_member_read(struct config *c, struct statements *s);

/* A reading under way: what is read before may be looked at by what is read after. */
struct config_reading {
	struct config *c;
	struct statements *s;
	const struct statement *security, *ike, *ipsec; /* blocks */
};

size_t config_count(const struct statement *block, const char *keyword);
/* The VPN that LEAF names; -EINVAL. */
GVPN_MUST_CHECK int config_vpn_find(struct config_reading *r, size_t *ret, const struct statement *leaf);
/* security zones; then, when the VPNs are read, security ipsec-policy, which sets used of those it names. */
GVPN_MUST_CHECK int config_zones_read(struct config_reading *r);
GVPN_MUST_CHECK int config_pairs_read(struct config_reading *r);

/* The rules of BLOCK (exclude, fail-open; NULL: none) into RET; their number, or -EINVAL. */
GVPN_MUST_CHECK ssize_t config_rules_read(struct config_rule ret[static CONFIG_RULES_MAX], struct statements *s,
					  const struct statement *block);

/* For the schema; the values are config_rule.c's own. */
extern const struct statement_choice config_applications[];

#endif
