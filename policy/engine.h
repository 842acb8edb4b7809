/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rule engine (rows C5, D1-D6): it makes the plan that the kernel executes (lib/plan.h) out of the configuration,
 * the policies that the servers sent, and the keys that live.  Pure: no state, no clock, no I/O.
 *
 * The order of a scope's rules, first match decides:
 *   1. the member's own GDOI traffic to its servers		CLEAR
 *   2. exclude rules						CLEAR
 *   3. the group policies, in the server's order:
 *      with a valid TEK					ENCRYPT
 *      without: the fail-open rules within its selector	CLEAR
 *               and the rest of its selector			BLOCK
 *      before the first download no selector is known: all fail-open rules, uncut
 *   4. fail-close						BLOCK
 * Step 1 includes the servers of the plan's other scopes, where the policies or terms of this scope would catch their
 * traffic.
 *
 * The scope of a service filter (MX) has no fail-close for all traffic.  The terms are taken in their order: a term
 * that skips is a CLEAR rule (reason exclude, with the term's name); a term that services makes the rules of steps 3
 * and 4 within its selector.  Traffic that no term names is not governed: CLEAR.  The output filter judges packets that
 * leave, the input filter packets that come, so their rules are apart (PLAN_OUT, PLAN_IN; the selectors of input terms
 * are turned into the outbound sense).  Own GDOI traffic and exclude rules stand before the terms of both.
 */
#ifndef POLICY_ENGINE_H
#define POLICY_ENGINE_H

#include "lib/plan.h"
#include "lib/selector.h"

#define ENGINE_SERVERS_MAX 4

struct engine_rule {
	const char *name;
	struct selector sel;
};

/*
 * A group policy: a selector that the server sent for an SA.  A policy is symmetric (RFC 6407 5.5.1.1.2): when source
 * and destination differ, a member may stand at either end, so both senses are governed.
 */
struct engine_policy {
	struct selector sel;
	uint32_t reqid; /* of the TEK that protects what is sent */
	uint32_t tunnel_id;
	bool keyed; /* there is a valid TEK to send with */
};

struct engine_key {
	const struct tek *tek;
	uint32_t reqid;
	bool in, out;
	struct sender sender; /* of a counter mode; see struct plan_sa */
	uint32_t window_ms;   /* plan.h */
	uint64_t hard_seconds;
};

struct engine_fit { /* becomes a struct plan_fit */
	uint32_t reqid, tunnel_id;
	struct selector sel;
};

struct engine_term { /* of a service filter; source and destination are those of the packets that the filter sees */
	const char *name;
	bool service; /* false: skip */
	struct selector sel;
};

/* One pair of zones, or one filtered interface, under one VPN.  Everything is borrowed for the call. */
struct engine_scope {
	const char *vpn, *from_zone, *to_zone, *external;
	uint32_t reqids; /* plan.h */
	bool filter;     /* the terms say what is governed; the zones are "" then, and have no interfaces */
	const struct engine_term *output, *input;
	size_t n_output, n_input;
	const char (*from)[GVPN_IFNAME_MAX];
	size_t n_from;
	const char (*to)[GVPN_IFNAME_MAX];
	size_t n_to;
	uint32_t local;
	uint32_t servers[ENGINE_SERVERS_MAX];
	size_t n_servers;
	uint16_t tunnel_mtu;
	enum plan_df df;
	const struct engine_rule *exclude, *fail_open;
	size_t n_exclude, n_fail_open;
	bool downloaded; /* the group's policies are known */
	const struct engine_policy *policies;
	size_t n_policies;
	const struct engine_key
		*keys; /* only in the first scope of a VPN: SAs belong to the VPN, not to the pair of zones */
	size_t n_keys;
	const struct engine_fit *fits; /* with the keys */
	size_t n_fits;
};

/* Makes a plan, which the caller owns.  Errors: -ENOMEM; -E2BIG: a scope names more interfaces than a plan holds. */
GVPN_MUST_CHECK int engine_plan(struct plan **ret, const struct engine_scope *scopes, size_t n_scopes);

/*
 * The rule of the scope that decides a packet which leaves, or, with IN, a packet which comes (as on the wire, not
 * reversed).  Never NULL for a scope that engine_plan() made.
 */
const struct plan_rule *plan_decide(const struct plan_scope *scope, const struct packet_key *packet, bool in);

#endif
