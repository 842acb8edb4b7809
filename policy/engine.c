/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/engine.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

/* What the show outputs call rules that are ours and not the server's; the guide prints 63488 for fail-close. */
#define TUNNEL_ID_OWN 61440
#define TUNNEL_ID_EXCLUDE 62464
#define TUNNEL_ID_FAIL_OPEN 62976
#define TUNNEL_ID_FAIL_CLOSE 63488

void plan_free(struct plan *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n_scopes; i++)
		free(p->scopes[i].rules);
	free(p->scopes);
	if (p->sas)
		explicit_bzero(p->sas, p->n_sas * sizeof(*p->sas));
	free(p->sas);
	free(p);
}

static void add_rule(struct plan_scope *s, const struct plan_rule *rule, const char *name)
{
	struct plan_rule *r = &s->rules[s->n_rules++];

	*r = *rule;
	snprintf(r->name, sizeof(r->name), "%s", name ? name : "");
}

/* The member's own GDOI traffic to its servers is never caught, whatever the group policies cover (D4). */
static void add_own(struct plan_scope *s, const struct engine_scope *in)
{
	for (size_t i = 0; i < in->n_servers; i++) {
		struct plan_rule r = {
			.verdict = PLAN_CLEAR,
			.reason = PLAN_OWN_IKE,
			.tunnel_id = TUNNEL_ID_OWN + (uint32_t)i,
			.sel = {
				.src = { in->local, 32 },
				.dst = { in->servers[i], 32 },
				.protocol = IPPROTO_UDP,
				.sport = { GDOI_PORT, GDOI_PORT },
				.dport = { 0, UINT16_MAX },
			},
		};

		add_rule(s, &r, NULL);
	}
}

static void add_exclude(struct plan_scope *s, const struct engine_scope *in)
{
	for (size_t i = 0; i < in->n_exclude; i++)
		add_rule(s,
			 &(struct plan_rule){ .verdict = PLAN_CLEAR,
					      .reason = PLAN_EXCLUDE,
					      .tunnel_id = TUNNEL_ID_EXCLUDE + (uint32_t)i,
					      .sel = in->exclude[i].sel },
			 in->exclude[i].name);
}

/* What of the fail-open rules lies within SEL. */
static void add_fail_open(struct plan_scope *s, const struct engine_scope *in, const struct selector *sel)
{
	for (size_t i = 0; i < in->n_fail_open; i++) {
		struct plan_rule r = {
			.verdict = PLAN_CLEAR,
			.reason = PLAN_FAIL_OPEN,
			.tunnel_id = TUNNEL_ID_FAIL_OPEN + (uint32_t)i,
		};

		if (selector_intersect(&r.sel, &in->fail_open[i].sel, sel))
			add_rule(s, &r, in->fail_open[i].name);
	}
}

static void add_group_policy(struct plan_scope *s, const struct engine_scope *in, const struct engine_policy *p,
			     const struct selector *sel)
{
	struct plan_rule r = {
		.verdict = p->keyed ? PLAN_ENCRYPT : PLAN_BLOCK,
		.reason = PLAN_GROUP_POLICY,
		.tunnel_id = p->tunnel_id,
		.reqid = p->reqid,
		.sel = *sel,
	};

	if (!p->keyed)
		add_fail_open(s, in, sel);
	add_rule(s, &r, NULL);
}

static void add_group_policies(struct plan_scope *s, const struct engine_scope *in)
{
	for (size_t i = 0; i < in->n_policies; i++) {
		const struct engine_policy *p = &in->policies[i];
		struct selector reverse = selector_reverse(&p->sel);

		add_group_policy(s, in, p, &p->sel);
		if (!selector_equal(&p->sel, &reverse))
			add_group_policy(s, in, p, &reverse);
	}
	if (!in->downloaded)
		add_fail_open(s, in, &selector_any);
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

static int make_scope(struct plan_scope *s, const struct engine_scope *in)
{
	size_t most = in->n_servers + in->n_exclude + 2 * in->n_policies * (1 + in->n_fail_open) + in->n_fail_open + 1;
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
	s->rules = calloc(most, sizeof(*s->rules));
	if (!s->rules)
		return -ENOMEM;

	add_own(s, in);
	add_exclude(s, in);
	add_group_policies(s, in);
	add_rule(s,
		 &(struct plan_rule){ .verdict = PLAN_BLOCK,
				      .reason = PLAN_FAIL_CLOSE,
				      .tunnel_id = TUNNEL_ID_FAIL_CLOSE,
				      .sel = selector_any },
		 NULL);
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
			.df = in->df,
			.hard_seconds = in->keys[i].hard_seconds,
		};
}

int engine_plan(struct plan **ret, const struct engine_scope *scopes, size_t n_scopes)
{
	_cleanup_(plan_freep) struct plan *p = calloc(1, sizeof(*p));
	size_t n_sas = 0;

	if (!p)
		return -ENOMEM;
	for (size_t i = 0; i < n_scopes; i++)
		n_sas += scopes[i].n_keys;
	p->scopes = calloc(n_scopes + 1, sizeof(*p->scopes));
	p->sas = calloc(n_sas + 1, sizeof(*p->sas));
	if (!p->scopes || !p->sas)
		return -ENOMEM;
	for (size_t i = 0; i < n_scopes; i++) {
		int r;

		p->n_scopes = i + 1;
		r = make_scope(&p->scopes[i], &scopes[i]);
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
