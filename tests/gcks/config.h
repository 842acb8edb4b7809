/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The key server's configuration: the guide's [edit security group-vpn server] statements, read as the member's are
 * (member/config/junos.h, member/config/statement.h), and the `test` blocks, which are ours: they make the server
 * behave as other implementations were seen to.
 *
 * Units: lifetimes, delays and periods in seconds.
 */
#ifndef GCKS_CONFIG_H
#define GCKS_CONFIG_H

#include "ike/ike.h"
#include "member/config/config.h"

#define GCKS_GATEWAYS_MAX 4096
#define GCKS_GROUPS_MAX 64
#define GCKS_IPSEC_SAS_MAX 64
#define GCKS_MATCH_POLICIES_MAX 256 /* in one ipsec-sa */
#define GCKS_REKEY_MARGIN 510       /* the guide's samples: a new key 510 s before the old one ends */

struct gcks_gateway { /* one member, with its policy and proposals resolved into it */
	char name[GVPN_NAME_MAX];
	enum ike_mode mode;
	struct ike_proposal proposals[IKE_PROPOSALS_MAX];
	size_t n_proposals;
	struct secret psk;
	uint32_t address, local_address;
	struct ike_id local_identity, remote_identity; /* type 0: the addresses */
};

struct gcks_match_policy {
	char name[GVPN_NAME_MAX];
	struct selector sel;
};

struct gcks_ipsec_sa {
	char name[GVPN_NAME_MAX];
	enum cipher cipher;
	enum auth auth; /* AUTH_NONE with GCM */
	uint32_t lifetime_seconds;
	struct gcks_match_policy *match_policies;
	size_t n_match_policies;
};

struct gcks_communication { /* server-member-communication; without it no push is ever sent */
	bool configured;
	enum cipher cipher;
	enum sig_hash sig_hash;
	enum sig_algorithm sig_algorithm; /* test; SIG_RSA else */
	uint16_t ack_type;                /* test: KEK_ACK_REQUESTED as it is sent (RFC 8263 2), 0: it is not; 1 else */
	uint32_t lifetime_seconds;
	uint32_t retransmissions;       /* after the first sending */
	uint32_t retransmission_period; /* seconds */
};

#define GCKS_CLUSTER_GATEWAYS_MAX 7 /* the other servers of a cluster */
enum gcks_server_role { GCKS_ROOT_SERVER = 1, GCKS_SUB_SERVER = 2 };

struct gcks_cluster { /* server-cluster */
	bool configured, root;
	uint32_t period;                            /* seconds between hellos, and between retransmissions */
	size_t gateways[GCKS_CLUSTER_GATEWAYS_MAX]; /* indices; all with one local_address */
	size_t n_gateways;
};

/* The answer that members get (test). */
enum gcks_answer {
	GCKS_ANSWER_NORMAL = 1,
	GCKS_ANSWER_SILENCE, /* nothing, neither answers nor pushes */
	GCKS_ANSWER_GARBAGE, /* random octets in place of each datagram */
	GCKS_ANSWER_REFUSAL, /* NO-PROPOSAL-CHOSEN in clear, to whatever opens an exchange */
	GCKS_ANSWER_DENIAL,  /* phase 1 as usual; every pull is refused under its protection */
};

struct gcks_group {
	char name[GVPN_NAME_MAX];
	uint32_t id;
	uint32_t member_threshold;   /* 0: none */
	uint32_t anti_replay_window; /* milliseconds; 0: off */
	struct gap_numbers gap_numbers;
	uint16_t d3p_type; /* test: the D3P-TYPE that is sent; 0: 1, the only one that is known */
	size_t *gateways;  /* indices */
	size_t n_gateways;
	struct gcks_communication communication;
	struct gcks_cluster cluster;
	struct gcks_ipsec_sa *ipsec_sas;
	size_t n_ipsec_sas;
	uint32_t rekey_margin;  /* a key's successor is made so long before its end; at most half of every lifetime of
				   the group */
	uint32_t tek_kilobytes; /* test; 0: no lifetime in kilobytes */
	uint8_t sender_id_bits; /* test: 0: GCKS_SENDER_ID_BITS */
	bool sender_ids_refuse; /* test: used up, pulls are refused */
	bool spi_per_policy;    /* test: each match-policy has an SA of its own */
	bool unusable_policy_first;                        /* test: each SA begins with a multicast policy */
	enum key_packets key_packets;                      /* test */
	bool has_activation_delay, has_deactivation_delay; /* test: a GAP payload carries them (RFC 6407 5.4) */
	uint16_t activation_delay, deactivation_delay;
};

struct gcks_config {
	struct gcks_gateway *gateways;
	size_t n_gateways;
	struct gcks_group *groups;
	size_t n_groups;
	enum gcks_answer answer; /* test */
	uint16_t doi_only;       /* test: 0, or the only phase 1 DOI that is accepted */
	bool id_length_2;        /* test: identities in SAK and SAT with lengths of 2 octets */
	struct config_warning *warnings;
	size_t n_warnings;
};

/*
 * Reads PATH.  -EINVAL with ERR for anything wrong in the file; -ENOENT, -EACCES, ... with ERR when it, or a key file
 * it names, cannot be read; -ENOMEM.
 */
GVPN_MUST_CHECK int gcks_config_load(struct gcks_config **ret, const char *path, struct config_error *err);
/* The same from memory; NAME stands for the file in messages. */
GVPN_MUST_CHECK int gcks_config_parse(struct gcks_config **ret, const char *name, const char *text, size_t len,
				      struct config_error *err);
/*
 * "source P; destination P; [protocol N; source-port N; destination-port N;]", checked as in a match-policy.  Errors:
 * -EINVAL with ERR, -ENOMEM.
 */
GVPN_MUST_CHECK int gcks_selector_parse(struct selector *ret, const char *text, struct config_error *err);

void gcks_config_free(struct gcks_config *c); /* wipes; NULL is fine */
static inline void gcks_config_freep(struct gcks_config **c)
{
	gcks_config_free(*c);
}

#endif
