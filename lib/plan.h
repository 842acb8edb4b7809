/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan: everything that the kernel must hold, in order and with the reason of each entry.  Made by the engine
 * (policy/engine.h), executed by xfrm/; nothing else decides what happens to a packet.
 *
 * A scope is what one group VPN governs: the traffic between a pair of zones, or what a service filter names.  Its
 * rules are in the order in which they decide (row D1); the first match decides.  Selectors are in the outbound sense:
 * source behind us, destination beyond the external interface.
 */
#ifndef LIB_PLAN_H
#define LIB_PLAN_H

#include "lib/gvpn.h"
#include "lib/sender.h"

enum plan_verdict {
	PLAN_ENCRYPT, /* through the SAs of reqid */
	PLAN_CLEAR,
	PLAN_BLOCK,
};

enum plan_reason {
	PLAN_OWN_IKE,      /* the member's own GDOI traffic to its servers (D4) */
	PLAN_EXCLUDE,      /* configured exclude rule */
	PLAN_GROUP_POLICY, /* from the server; BLOCK when it has no valid TEK */
	PLAN_FAIL_OPEN,    /* configured, and at this moment open */
	PLAN_FAIL_CLOSE,   /* the rest between the zones, or of a service term */
	PLAN_NOT_GOVERNED, /* what no service term names: CLEAR, and the last rule of a filter's scope */
};

enum plan_way { /* which packets a rule is for */
		PLAN_BOTH,
		PLAN_OUT, /* packets that leave */
		PLAN_IN,  /* packets that come, matched in reverse */
};

struct plan_rule {
	enum plan_verdict verdict;
	enum plan_reason reason;
	enum plan_way way;
	struct selector sel;
	uint32_t reqid;           /* ENCRYPT: names the SA that sends, and the SAs that follow it */
	uint32_t tunnel_id;       /* what the show outputs call it; a group policy's is its own, in all VPNs */
	char name[GVPN_NAME_MAX]; /* configured rule's name, or "" */
};

#define PLAN_INTERFACES_MAX 32
/* Reqids that are ours: of states, templates and policies. */
#define KERNEL_REQID_MIN 0x67760000u
#define KERNEL_REQID_MAX 0x6776ffffu
#define PLAN_REQIDS 128 /* of one VPN: [reqids, reqids + 127], reqids a multiple of 128 */

struct plan_scope {
	char vpn[GVPN_NAME_MAX];
	char from_zone[GVPN_NAME_MAX], to_zone[GVPN_NAME_MAX];
	/*
	 * Governed by the terms of a service filter in place of zones: whatever leaves by the external interface or
	 * comes by it, from and to anywhere.  FROM, TO and the names of the zones are empty.
	 */
	bool filter;
	uint32_t reqids; /* the first of the VPN's */
	char external[GVPN_IFNAME_MAX];
	char from[PLAN_INTERFACES_MAX][GVPN_IFNAME_MAX]; /* protected interfaces */
	size_t n_from;
	char to[PLAN_INTERFACES_MAX][GVPN_IFNAME_MAX]; /* interfaces of the to-zone, external among them */
	size_t n_to;
	uint32_t local;      /* local address: source of outbound SAs, destination of inbound ones */
	uint16_t tunnel_mtu; /* 0: the external interface's */
	struct plan_rule *rules;
	size_t n_rules;
};

enum plan_df { PLAN_DF_CLEAR, PLAN_DF_SET, PLAN_DF_COPY };

/* The kernel's timer is the last resort, if the daemon is gone: so many seconds after the end of the SA. */
#define PLAN_HARD_GRACE 5

struct plan_sa {
	size_t scope; /* index into the plan's scopes: gives the local address and the external interface */
	uint32_t reqid;
	struct tek tek; /* key, algorithms, kilobytes; no selector and no seconds from here.  See plan_sa_kept() */
	bool in, out;   /* receive with it, send with it */
	/*
	 * Of a counter mode (RFC 6054 3).  OUT only with a prefix: the SA that sends is there, with this prefix in its
	 * IVs, and no other one may take its place, because the kernel draws a prefix for each.  An id without a
	 * prefix: an SA whose IVs begin with the id is to be found, see plan_sa_searched().
	 */
	struct sender sender;
	enum plan_df df;
	/*
	 * Anti-replay by time (D3P, doc/d3p.md): packets that leave by the SA carry the time, and those that come by it
	 * must, from within this window, milliseconds, centred on this host's clock.  0: they carry none, and must not.
	 * Of the SAs of a reqid either all have a window or none has; the windows themselves may differ.
	 */
	uint32_t window_ms;
	uint64_t hard_seconds; /* what remains of the lifetime at the time of planning, and PLAN_HARD_GRACE; 0: none */
};

/*
 * An SA without a key: what an earlier run of the daemon left in the kernel under this SPI and reqid stays as it is,
 * until a registration brings its key again.
 */
static inline bool plan_sa_kept(const struct plan_sa *sa)
{
	return sa->tek.key.len == 0;
}

/*
 * An SA that sends is, or stays, in the kernel: one of a counter mode also before and after its time, since it cannot
 * be made again.  Nobody uses it then, because policies name the SPI.
 */
static inline bool plan_sa_ready(const struct plan_sa *sa)
{
	return sa->out || sa->sender.has_prefix;
}

/* The kernel side makes SAs until one has the id, and gives the prefix to the owner of the plan. */
static inline bool plan_sa_searched(const struct plan_sa *sa)
{
	return sa->sender.bits > 0 && !sa->sender.has_prefix;
}

/*
 * A group policy that the SAs of a reqid are of: they carry what fits one of their policies, in either sense, and
 * nothing else (RFC 4301 5.2).
 */
struct plan_fit {
	size_t scope;
	uint32_t reqid, tunnel_id;
	struct selector sel;
};

#define PLAN_MSS_AUTO 1 /* what fits into ESP by the external interfaces */

struct plan {
	struct plan_scope *scopes;
	size_t n_scopes;
	struct plan_sa *sas;
	size_t n_sas;
	struct plan_fit *fits;
	size_t n_fits;
	bool inet6_passes; /* IPv6 between the zones is left to the host's rules; else it is dropped */
	uint16_t mss;      /* the most that a SYN through an SA may offer; PLAN_MSS_AUTO; 0: what it likes */
};

/* Whether any SA has a window. */
static inline bool plan_has_window(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_sas; i++)
		if (plan->sas[i].window_ms > 0)
			return true;
	return false;
}

/* Whether the packets of REQID carry the time: all of its SAs have a window, or none has. */
static inline bool plan_stamps(const struct plan *plan, uint32_t reqid)
{
	for (size_t i = 0; i < plan->n_sas; i++)
		if (plan->sas[i].reqid == reqid && plan->sas[i].window_ms > 0)
			return true;
	return false;
}

/* Whether an SA of REQID receives. */
static inline bool plan_receives(const struct plan *plan, uint32_t reqid)
{
	for (size_t i = 0; i < plan->n_sas; i++)
		if (plan->sas[i].in && plan->sas[i].reqid == reqid)
			return true;
	return false;
}

/*
 * Whether the SA of REQID that sends must be named by its SPI: one in counter mode is among them, and the kernel's own
 * choice is the SA that was added last, which may be one that a search is looking at.
 */
static inline bool plan_names_spi(const struct plan *plan, uint32_t reqid)
{
	for (size_t i = 0; i < plan->n_sas; i++)
		if (plan->sas[i].reqid == reqid && cipher_is_counter_mode(plan->sas[i].tek.cipher))
			return true;
	return false;
}

/* The SA of REQID that sends from LOCAL, the last one of several; NULL: none does. */
static inline const struct plan_sa *plan_sender(const struct plan *plan, uint32_t reqid, uint32_t local)
{
	for (size_t i = plan->n_sas; i-- > 0;)
		if (plan->sas[i].out && plan->sas[i].reqid == reqid && plan->scopes[plan->sas[i].scope].local == local)
			return &plan->sas[i];
	return NULL;
}

/* The name of a rule's reason in every output: "Secure", "Fail-close". */
const char *plan_reason_name(enum plan_reason r);
/* Wipes the keys out of a plan that was applied; what is left says which rules hold, and by which SPIs. */
void plan_forget_keys(struct plan *p);
void plan_free(struct plan *p); /* wipes; NULL is fine */
static inline void plan_freep(struct plan **p)
{
	plan_free(*p);
}

#endif
