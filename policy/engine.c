/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rule engine.
 *
 * The objects.  A scope (struct engine_scope) is what one VPN governs on one external interface: the traffic between a
 * pair of zones, or the traffic that the terms of a service filter name.  The caller fills it from the configuration
 * (interfaces, exclude rules, fail-open rules, terms), from what the server sent (group policies) and from the keyring
 * (which policy has a TEK).  Out of all scopes the engine makes one plan (lib/plan.h): for each scope an ordered list
 * of rules, of which the first that matches a packet decides, and beside the lists the SAs of each VPN and the
 * selectors that what comes by an SA must fit.
 *
 * Who calls what.  The daemon calls engine_plan() whenever a configuration, a policy or a key has changed, and hands
 * the plan to xfrm/, which makes the kernel hold it.  plan_decide() says which rule of a scope decides a packet;
 * policy/explain.c builds its answer on it, from the same plan.  Nobody else decides what happens to a packet.
 *
 * There are no races in here: a plan is a function of its arguments, which are borrowed for the call, and a plan that
 * was made never changes.  What can be late is the call: between the end of a TEK and the next plan the kernel ends the
 * SA by its hard lifetime, and the group policy that names the SA blocks.
 *
 * Standards: RFC 4301 4.4.1 (an ordered policy database), 5.1 and 5.2 (the first match names the SA, and what arrives
 * must fit it); RFC 5374 4.1.1 (group policies, symmetric and with addresses preserved); RFC 6407 5.5.1.1 (what a
 * server can say of a policy).
 */
#include "policy/engine.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Tunnel IDs in the show outputs of the rules that are ours and not the server's.  The first rule of a kind has this
 * number, the next ones follow.  The guide prints 63488 for fail-close.
 */
#define TUNNEL_ID_OWN 61440
#define TUNNEL_ID_EXCLUDE 62464
#define TUNNEL_ID_FAIL_OPEN 62976
#define TUNNEL_ID_FAIL_CLOSE 63488
#define TUNNEL_ID_NOT_GOVERNED 64000

/* The traffic that a list of rules is made for: all traffic of a pair of zones, or the traffic of one service term. */
struct part {
	struct selector sel;
	enum plan_way way;
};

static const struct part all_traffic = { .sel = { .sport = { 0, UINT16_MAX }, .dport = { 0, UINT16_MAX } } };

static void add_rule(struct plan_scope *s, const struct plan_rule *rule, const char *name)
{
	struct plan_rule *r = &s->rules[s->n_rules++];

	*r = *rule;
	snprintf(r->name, sizeof(r->name), "%s", name ? name : "");
}

/* How many rules of REASON there are so far; the tunnel ID of the next one follows from this number. */
static uint32_t count_rules(const struct plan_scope *s, enum plan_reason reason)
{
	uint32_t n = 0;

	for (size_t i = 0; i < s->n_rules; i++)
		if (s->rules[i].reason == reason)
			n++;
	return n;
}

/* Whether an earlier rule decides all traffic that R names, so that R would never decide anything. */
static bool is_shadowed(const struct plan_scope *s, const struct plan_rule *r)
{
	for (size_t i = 0; i < s->n_rules; i++) {
		const struct plan_rule *before = &s->rules[i];

		if ((before->way == PLAN_BOTH || before->way == r->way) && selector_within(&r->sel, &before->sel))
			return true;
	}
	return false;
}

static struct selector own_gdoi_selector(const struct engine_scope *in, size_t server)
{
	return (struct selector){
		.src = { in->local, 32 },
		.dst = { in->servers[server], 32 },
		.protocol = IPPROTO_UDP,
		.sport = { GDOI_PORT, GDOI_PORT },
		.dport = { 0, UINT16_MAX },
	};
}

static void add_own_rule(struct plan_scope *s, const struct selector *sel)
{
	struct plan_rule r = {
		.verdict = PLAN_CLEAR,
		.reason = PLAN_OWN_IKE,
		.tunnel_id = TUNNEL_ID_OWN + count_rules(s, PLAN_OWN_IKE),
		.sel = *sel,
	};

	add_rule(s, &r, NULL);
}

static bool overlap_either_way(const struct selector *a, const struct selector *b)
{
	struct selector reverse = selector_reverse(b);

	return selector_overlaps(a, b) || selector_overlaps(a, &reverse);
}

static bool services_selector(const struct engine_term *terms, size_t n, const struct selector *sel)
{
	for (size_t i = 0; i < n; i++)
		if (terms[i].service && overlap_either_way(&terms[i].sel, sel))
			return true;
	return false;
}

/* Whether a group policy of this scope, or fail-close under its filter, could decide traffic of SEL. */
static bool scope_catches(const struct engine_scope *in, const struct selector *sel)
{
	for (size_t i = 0; i < in->n_policies; i++)
		if (overlap_either_way(&in->policies[i].sel, sel))
			return true;
	return in->filter &&
	       (services_selector(in->output, in->n_output, sel) || services_selector(in->input, in->n_input, sel));
}

/*
 * No rule catches the member's own GDOI traffic to its servers, whatever the group policies cover (row D4).  The
 * traffic of one VPN may leave by an interface where the policies of another VPN are asked, and these must not catch
 * the traffic either.
 */
static void add_own_rules(struct plan_scope *s, const struct engine_scope *in, const struct engine_scope *others,
			  size_t n_others)
{
	for (size_t i = 0; i < in->n_servers; i++) {
		struct selector sel = own_gdoi_selector(in, i);

		add_own_rule(s, &sel);
	}
	for (size_t i = 0; i < n_others; i++)
		for (size_t j = 0; j < others[i].n_servers; j++) {
			struct plan_rule r = { .sel = own_gdoi_selector(&others[i], j) };

			if (!is_shadowed(s, &r) && scope_catches(in, &r.sel))
				add_own_rule(s, &r.sel);
		}
}

static void add_exclude_rule(struct plan_scope *s, const char *name, const struct part *part)
{
	struct plan_rule r = {
		.verdict = PLAN_CLEAR,
		.reason = PLAN_EXCLUDE,
		.way = part->way,
		.tunnel_id = TUNNEL_ID_EXCLUDE + count_rules(s, PLAN_EXCLUDE),
		.sel = part->sel,
	};

	add_rule(s, &r, name);
}

/* The fail-open rules, each as far as it lies within PART. */
static void add_fail_open_rules(struct plan_scope *s, const struct engine_scope *in, const struct part *part)
{
	for (size_t i = 0; i < in->n_fail_open; i++) {
		struct plan_rule r = {
			.verdict = PLAN_CLEAR,
			.reason = PLAN_FAIL_OPEN,
			.way = part->way,
			.tunnel_id = TUNNEL_ID_FAIL_OPEN + (uint32_t)i,
		};

		if (selector_intersect(&r.sel, &in->fail_open[i].sel, &part->sel) && !is_shadowed(s, &r))
			add_rule(s, &r, in->fail_open[i].name);
	}
}

/* A group policy in one sense (SEL), as far as it lies within PART. */
static void add_policy_rule(struct plan_scope *s, const struct engine_scope *in, const struct engine_policy *p,
			    const struct selector *sel, const struct part *part)
{
	struct part common = { .way = part->way };
	struct plan_rule r = {
		.verdict = p->keyed ? PLAN_ENCRYPT : PLAN_BLOCK,
		.reason = PLAN_GROUP_POLICY,
		.way = part->way,
		.tunnel_id = p->tunnel_id,
		.reqid = p->reqid,
	};

	if (!selector_intersect(&common.sel, sel, &part->sel))
		return;
	if (!p->keyed)
		add_fail_open_rules(s, in, &common);
	r.sel = common.sel;
	add_rule(s, &r, NULL);
}

static void add_fail_close_rule(struct plan_scope *s, const char *name, const struct part *part)
{
	struct plan_rule r = {
		.verdict = PLAN_BLOCK,
		.reason = PLAN_FAIL_CLOSE,
		.way = part->way,
		.tunnel_id = TUNNEL_ID_FAIL_CLOSE + count_rules(s, PLAN_FAIL_CLOSE),
		.sel = part->sel,
	};

	add_rule(s, &r, name);
}

/* Steps 3 and 4 of the order (engine.h), for the traffic of PART. */
static void add_governed_rules(struct plan_scope *s, const struct engine_scope *in, const char *name,
			       const struct part *part)
{
	for (size_t i = 0; i < in->n_policies; i++) {
		const struct engine_policy *p = &in->policies[i];
		struct selector reverse = selector_reverse(&p->sel);

		add_policy_rule(s, in, p, &p->sel, part);
		if (!selector_equal(&p->sel, &reverse))
			add_policy_rule(s, in, p, &reverse, part);
	}
	if (!in->downloaded)
		add_fail_open_rules(s, in, part);
	add_fail_close_rule(s, name, part);
}

static void add_term_rules(struct plan_scope *s, const struct engine_scope *in, const struct engine_term *terms,
			   size_t n, enum plan_way way)
{
	for (size_t i = 0; i < n; i++) {
		struct part part = {
			.sel = way == PLAN_IN ? selector_reverse(&terms[i].sel) : terms[i].sel,
			.way = way,
		};

		if (terms[i].service)
			add_governed_rules(s, in, terms[i].name, &part);
		else
			add_exclude_rule(s, terms[i].name, &part);
	}
}

static void add_scope_rules(struct plan_scope *s, const struct engine_scope *in, const struct engine_scope *all,
			    size_t n_all)
{
	struct plan_rule rest = {
		.verdict = PLAN_CLEAR,
		.reason = PLAN_NOT_GOVERNED,
		.tunnel_id = TUNNEL_ID_NOT_GOVERNED,
		.sel = all_traffic.sel,
	};

	add_own_rules(s, in, all, n_all);
	for (size_t i = 0; i < in->n_exclude; i++)
		add_exclude_rule(s, in->exclude[i].name, &(struct part){ .sel = in->exclude[i].sel });
	if (!in->filter) {
		add_governed_rules(s, in, NULL, &all_traffic);
		return;
	}
	add_term_rules(s, in, in->output, in->n_output, PLAN_OUT);
	add_term_rules(s, in, in->input, in->n_input, PLAN_IN);
	add_rule(s, &rest, NULL);
}

/* The greatest number of rules that a scope can have. */
static size_t max_rules_of_scope(const struct engine_scope *in, size_t n_all)
{
	size_t governed = 2 * in->n_policies * (1 + in->n_fail_open) + in->n_fail_open + 1;
	size_t first = (1 + n_all) * ENGINE_SERVERS_MAX + in->n_exclude;

	return in->filter ? first + (in->n_output + in->n_input) * governed + 1 : first + governed;
}

static int copy_interfaces(char to[][GVPN_IFNAME_MAX], size_t *n_to, const char (*from)[GVPN_IFNAME_MAX], size_t n)
{
	if (n > PLAN_INTERFACES_MAX)
		return -E2BIG;
	for (size_t i = 0; i < n; i++)
		memcpy(to[i], from[i], GVPN_IFNAME_MAX);
	*n_to = n;
	return 0;
}

static int make_scope(struct plan_scope *s, const struct engine_scope *in, const struct engine_scope *all, size_t n_all)
{
	int r;

	snprintf(s->vpn, sizeof(s->vpn), "%s", in->vpn);
	snprintf(s->from_zone, sizeof(s->from_zone), "%s", in->from_zone);
	snprintf(s->to_zone, sizeof(s->to_zone), "%s", in->to_zone);
	snprintf(s->external, sizeof(s->external), "%s", in->external);
	s->local = in->local;
	s->reqids = in->reqids;
	s->filter = in->filter;
	s->tunnel_mtu = in->tunnel_mtu;
	r = copy_interfaces(s->from, &s->n_from, in->from, in->n_from);
	if (r < 0)
		return r;
	r = copy_interfaces(s->to, &s->n_to, in->to, in->n_to);
	if (r < 0)
		return r;
	s->rules = calloc(max_rules_of_scope(in, n_all), sizeof(*s->rules));
	if (!s->rules)
		return -ENOMEM;
	add_scope_rules(s, in, all, n_all);
	return 0;
}

static void add_sas(struct plan *p, size_t scope, const struct engine_scope *in)
{
	for (size_t i = 0; i < in->n_keys; i++)
		p->sas[p->n_sas++] = (struct plan_sa){
			.scope = scope,
			.reqid = in->keys[i].reqid,
			.tek = *in->keys[i].tek,
			.in = in->keys[i].in,
			.out = in->keys[i].out,
			.sender = in->keys[i].sender,
			.df = in->df,
			.window_ms = in->keys[i].window_ms,
			.hard_seconds = in->keys[i].hard_seconds,
		};
	for (size_t i = 0; i < in->n_fits; i++)
		p->fits[p->n_fits++] = (struct plan_fit){
			.scope = scope,
			.reqid = in->fits[i].reqid,
			.tunnel_id = in->fits[i].tunnel_id,
			.sel = in->fits[i].sel,
		};
}

int engine_plan(struct plan **ret, const struct engine_scope *scopes, size_t n_scopes)
{
	_cleanup_(plan_freep) struct plan *p = calloc(1, sizeof(*p));
	size_t n_sas = 0, n_fits = 0;

	if (!p)
		return -ENOMEM;
	for (size_t i = 0; i < n_scopes; i++) {
		n_sas += scopes[i].n_keys;
		n_fits += scopes[i].n_fits;
	}
	p->scopes = calloc(n_scopes + 1, sizeof(*p->scopes));
	p->sas = calloc(n_sas + 1, sizeof(*p->sas));
	p->fits = calloc(n_fits + 1, sizeof(*p->fits));
	if (!p->scopes || !p->sas || !p->fits)
		return -ENOMEM;
	for (size_t i = 0; i < n_scopes; i++) {
		int r;

		p->n_scopes = i + 1;
		r = make_scope(&p->scopes[i], &scopes[i], scopes, n_scopes);
		if (r < 0)
			return r;
		add_sas(p, i, &scopes[i]);
	}
	*ret = TAKE(p);
	return 0;
}

const struct plan_rule *plan_decide(const struct plan_scope *scope, const struct packet_key *packet, bool in)
{
	struct packet_key out = *packet;

	if (in)
		out = (struct packet_key){ packet->dst, packet->src, packet->protocol, packet->dport, packet->sport };
	for (size_t i = 0; i < scope->n_rules; i++)
		if (scope->rules[i].way != (in ? PLAN_OUT : PLAN_IN) && selector_matches(&scope->rules[i].sel, &out))
			return &scope->rules[i];
	return NULL;
}
