/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The member's configuration: the guide's statements under [security], as plain data.  Loading checks everything before
 * it returns; a configuration that was returned is complete and consistent.
 */
#ifndef MEMBER_CONFIG_CONFIG_H
#define MEMBER_CONFIG_CONFIG_H

#include "ike/ike.h"
#include "ike/pull.h"
#include "lib/plan.h"
#include "member/config/error.h"

/* Entries that the rules become: an application with a port takes two, one for either end of its connections. */
#define CONFIG_RULES_MAX (2 * CONFIG_RULES_CONFIGURED_MAX)
#define CONFIG_FROM_ZONES_MAX 7   /* different ones in ipsec-policies: so many the kernel's rules tell apart */
#define CONFIG_SCOPES_MAX 64      /* ipsec-policies and service-sets together: so many a plan holds */
#define CONFIG_RULES_ALL_MAX 2048 /* rules of all of them together: so many priorities the kernel's policies have */

struct config_zone {
	char name[GVPN_NAME_MAX];
	char interfaces[CONFIG_INTERFACES_MAX][GVPN_IFNAME_MAX];
	size_t n_interfaces;
};

struct config_gateway { /* ike gateway, with its policy and proposals resolved into it */
	char name[GVPN_NAME_MAX];
	enum ike_mode mode;
	struct ike_proposal proposals[IKE_PROPOSALS_MAX];
	size_t n_proposals;
	struct secret psk;
	uint32_t servers[CONFIG_SERVERS_MAX];
	size_t n_servers;
	uint32_t local_address;
	struct ike_id local_identity, remote_identity; /* type 0: the addresses */
	uint16_t doi;                                  /* 0: gdoi, with the retry; 1 or 2: fixed by hand */
	bool has_situation;                            /* else what goes with the DOI */
	uint32_t situation;
	enum pull_group_form group_form;
	struct gap_numbers gap_numbers; /* d3p-type-attribute, d3p-window-attribute; never 0 */
	bool allow_sha1_signatures;     /* of pushes; SHA-1 is refused without it */
};

struct config_rule { /* exclude rule, fail-open rule (D2) */
	char name[GVPN_NAME_MAX];
	struct selector sel;
	char application[GVPN_NAME_MAX]; /* as written, or ""; already in sel */
};

enum config_df { CONFIG_DF_CLEAR, CONFIG_DF_SET, CONFIG_DF_COPY };
enum config_direction { CONFIG_DIRECTION_NONE, CONFIG_DIRECTION_INPUT, CONFIG_DIRECTION_OUTPUT };

struct config_vpn {
	char name[GVPN_NAME_MAX];
	size_t gateway;                 /* index */
	uint32_t group;                 /* 1 to 4294967295 (A4) */
	char external[GVPN_IFNAME_MAX]; /* of a service-set: the interface that carries it */
	bool used;                      /* an ipsec-policy or a service-set names it: else it accepts no keys (A6) */
	bool recovery_probe;
	uint32_t probe_packets, probe_seconds; /* E2: the probe's second sign is so many out and none in, over this */
	enum config_df df;
	uint16_t tunnel_mtu; /* 0: not set */
	/* anti-replay-time-window, milliseconds: where the server says nothing of D3P; 0: none */
	uint32_t replay_window_ms;
	enum config_direction match_direction;
	struct config_rule exclude[CONFIG_RULES_MAX], fail_open[CONFIG_RULES_MAX];
	size_t n_exclude, n_fail_open;
	unsigned max_keys, max_policies; /* A6: 4, and 10 or, of a service-set, 1 */
};

struct config_ipsec_policy { /* security ipsec-policy from-zone A to-zone B */
	size_t from, to;     /* zones */
	size_t vpn;
};

struct config_term { /* of a service-filter, in the sense of the packets that it sees */
	char name[GVPN_NAME_MAX];
	bool service; /* else skip */
	struct selector sel;
};

/*
 * A service-set with a group VPN on an interface (MX).  Its terms name the traffic of that interface which the VPN
 * governs.  Traffic that no term names is not governed.
 */
struct config_service {
	char name[GVPN_NAME_MAX];
	size_t vpn;
	char output_filter[GVPN_NAME_MAX], input_filter[GVPN_NAME_MAX]; /* "": none is named there */
	struct config_term output[CONFIG_TERMS_MAX], input[CONFIG_TERMS_MAX];
	size_t n_output, n_input;
};

/* security forwarding-options family inet6 mode: the two others leave IPv6 between the zones to the host's rules. */
enum config_inet6 { CONFIG_INET6_DROP, CONFIG_INET6_PACKET_BASED, CONFIG_INET6_FLOW_BASED };

enum config_on_stop { CONFIG_STOP_FAIL_CLOSE, CONFIG_STOP_KEEP, CONFIG_STOP_REMOVE }; /* D6 */

/*
 * Warnings, in the same form as an error, for the log and for --check: statements that were accepted and ignored, or
 * that are lax.
 */
struct config_warning {
	char text[512];
};

struct config {
	struct config_zone *zones;
	size_t n_zones;
	struct config_gateway *gateways;
	size_t n_gateways;
	struct config_vpn *vpns;
	size_t n_vpns;
	struct config_ipsec_policy *ipsec_policies;
	size_t n_ipsec_policies;
	struct config_service *services;
	size_t n_services;
	enum config_on_stop on_stop;
	enum config_inet6 inet6;
	uint16_t mss; /* security flow tcp-mss ipsec-vpn mss; PLAN_MSS_AUTO, or 0: SYNs are left as they are */
	struct config_warning *warnings; /* in the order of the file, as far as they have a place in it */
	size_t n_warnings;
	char *unkeyed; /* the statements again as text, a word in the place of each key: for member/daemon/last_config.h
			*/
};

/*
 * Reads PATH.  -EINVAL with ERR for anything wrong in the file; -ENOENT, -EACCES, ... with ERR when it (or a key file
 * or credential it names) cannot be read.
 */
GVPN_MUST_CHECK int config_load(struct config **ret, const char *path, struct config_error *err);
/*
 * The same, with a word in the place of each key, whether the keys can be read or not: enough to say what is governed
 * and by which rules (row D6), and not to register.
 */
GVPN_MUST_CHECK int config_load_unkeyed(struct config **ret, const char *path, struct config_error *err);
/* The same from memory; NAME stands for the file in messages. */
GVPN_MUST_CHECK int config_parse(struct config **ret, const char *name, const char *text, size_t len,
				 struct config_error *err);
void config_free(struct config *c); /* wipes; NULL is fine */
static inline void config_freep(struct config **c)
{
	config_free(*c);
}

#endif
