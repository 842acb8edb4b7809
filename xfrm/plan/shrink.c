/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/plan/shrink.h"

#include "lib/selector.h"
#include "xfrm/plan/check.h"
#include "xfrm/plan/forms.h"

#include <stdio.h>

#define CLOSED_RULES 2 /* of a scope that is closed, when there are too many rules */

/* How much a plan needs of each thing that is limited. */
struct load {
	size_t priorities, policies, forms;
};

static size_t pairs_of(struct port_range r)
{
	uint16_t value, mask;
	size_t n = 0;

	for (uint32_t at = r.min; port_pair_next(&at, r.max, &value, &mask);)
		n++;
	return n;
}

/* The most that a rule can need: the kernel gets equal selectors once, but they are counted each time. */
static void add_rule(struct load *l, const struct plan_rule *r)
{
	uint8_t protocols[SELECTOR_PROTOCOLS_MAX];
	size_t forms = selector_protocols(&r->sel, protocols), directions = 0;

	l->forms += forms;
	if (!plan_rule_has_policies(r))
		return;
	if (plan_rule_goes(r, false))
		directions++;
	if (plan_rule_goes(r, true) && r->verdict != PLAN_CLEAR)
		directions += 2;
	l->priorities++;
	l->policies += directions * forms * pairs_of(r->sel.sport) * pairs_of(r->sel.dport);
}

static struct load load_of(const struct plan *plan)
{
	struct load l = { 0 };

	for (size_t i = 0; i < plan->n_scopes; i++)
		for (size_t j = 0; j < plan->scopes[i].n_rules; j++)
			add_rule(&l, &plan->scopes[i].rules[j]);
	return l;
}

static bool too_many_rules(const struct plan *plan)
{
	struct load l = load_of(plan);

	return l.priorities > PLAN_RULES_MAX || l.forms > PLAN_FORMS_MAX;
}

static bool plan_fits(const struct plan *plan)
{
	struct load l = load_of(plan);

	return plan->n_sas <= PLAN_SAS_MAX && l.priorities <= PLAN_RULES_MAX && l.policies <= PLAN_POLICIES_MAX &&
	       l.forms <= PLAN_FORMS_MAX;
}

static size_t count_open(const struct plan_scope *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_rules; i++)
		n += s->rules[i].reason == PLAN_FAIL_OPEN;
	return n;
}

static bool blocks_plainly(const struct plan_rule *r)
{
	return r->verdict == PLAN_BLOCK && r->sel.sport.min == 0 && r->sel.sport.max == UINT16_MAX &&
	       r->sel.dport.min == 0 && r->sel.dport.max == UINT16_MAX;
}

static size_t count_group(const struct plan_scope *s, bool *ret_plain)
{
	size_t n = 0;

	*ret_plain = true;
	for (size_t i = 0; i < s->n_rules; i++) {
		if (s->rules[i].reason != PLAN_GROUP_POLICY)
			continue;
		*ret_plain &= blocks_plainly(&s->rules[i]);
		n++;
	}
	return n;
}

/* The number of group policies, when all of them block already and joining makes them fewer; else 0. */
static size_t count_blocked(const struct plan_scope *s)
{
	bool plain;
	size_t n = count_group(s, &plain);

	return plain && n > CLOSED_RULES ? n : 0;
}

/* The number of group policies that closing would change. */
static size_t count_policies(const struct plan_scope *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_rules; i++)
		n += s->rules[i].reason == PLAN_GROUP_POLICY && !blocks_plainly(&s->rules[i]);
	return n;
}

static struct plan_scope *with_most(struct plan *plan, size_t (*count)(const struct plan_scope *))
{
	struct plan_scope *most = NULL;
	size_t n = 0;

	for (size_t i = 0; i < plan->n_scopes; i++)
		if (count(&plan->scopes[i]) > n) {
			most = &plan->scopes[i];
			n = count(most);
		}
	return most;
}

static void drop_open(struct plan_scope *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_rules; i++)
		if (s->rules[i].reason != PLAN_FAIL_OPEN)
			s->rules[n++] = s->rules[i];
	s->n_rules = n;
}

static void close_policies(struct plan_scope *s)
{
	for (size_t i = 0; i < s->n_rules; i++) {
		struct plan_rule *r = &s->rules[i];

		if (r->reason != PLAN_GROUP_POLICY)
			continue;
		r->verdict = PLAN_BLOCK;
		r->sel.sport = r->sel.dport = (struct port_range){ 0, UINT16_MAX };
	}
}

static struct selector join_selectors(const struct selector *a, const struct selector *b)
{
	struct selector s = *a;

	s.src = prefix_join(a->src, b->src);
	s.dst = prefix_join(a->dst, b->dst);
	if (a->protocol != b->protocol)
		s.protocol = 0;
	return s;
}

/* The lengths of the prefixes that are left when A and B are joined: the longer, the nearer. */
static unsigned nearness(const struct plan_rule *a, const struct plan_rule *b)
{
	struct selector joined = join_selectors(&a->sel, &b->sel);

	return (unsigned)joined.src.len + joined.dst.len;
}

/* Afterwards A covers at least what A and B covered. */
static void join_rule(struct plan_rule *a, const struct plan_rule *b)
{
	a->sel = join_selectors(&a->sel, &b->sel);
	if (a->way != b->way)
		a->way = PLAN_BOTH;
}

/*
 * Joins the group policies to CLOSED_RULES: the first one, and the one that is farthest from it, which most often is
 * the reverse.  Each of the others is joined to the nearer of the two.
 */
static void join_policies(struct plan_scope *s)
{
	struct plan_rule *first = NULL, *far = NULL;
	size_t n = 0;

	for (size_t i = 0; i < s->n_rules; i++) {
		struct plan_rule *r = &s->rules[i];

		if (r->reason != PLAN_GROUP_POLICY)
			continue;
		if (!first)
			first = r;
		else if (!far || nearness(first, r) < nearness(first, far))
			far = r;
	}
	for (size_t i = 0; far && i < s->n_rules; i++) {
		struct plan_rule *r = &s->rules[i];

		if (r->reason == PLAN_GROUP_POLICY && r != first && r != far)
			join_rule(nearness(first, r) >= nearness(far, r) ? first : far, r);
	}
	for (size_t i = 0; far && i < s->n_rules; i++) {
		struct plan_rule *r = &s->rules[i];

		if (r->reason != PLAN_GROUP_POLICY || r == first || r == far)
			s->rules[n++] = *r;
	}
	if (far)
		s->n_rules = n;
}

static size_t count_sas(const struct plan *plan, uint32_t reqids)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n_sas; i++)
		n += plan->sas[i].reqid - reqids < PLAN_REQIDS;
	return n;
}

static void drop_sas(struct plan *plan, uint32_t reqids)
{
	size_t n = 0, had = plan->n_sas;

	for (size_t i = 0; i < had; i++)
		if (plan->sas[i].reqid - reqids >= PLAN_REQIDS)
			plan->sas[n++] = plan->sas[i];
	explicit_bzero(&plan->sas[n], (had - n) * sizeof(plan->sas[0]));
	plan->n_sas = n;
}

/* Closes the VPN with the most SAs, and removes these. */
static const char *close_most_sas(struct plan *plan)
{
	const struct plan_scope *most = &plan->scopes[0];
	uint32_t reqids;

	for (size_t i = 1; i < plan->n_scopes; i++)
		if (count_sas(plan, plan->scopes[i].reqids) > count_sas(plan, most->reqids))
			most = &plan->scopes[i];
	reqids = most->reqids;
	drop_sas(plan, reqids);
	for (size_t i = 0; i < plan->n_scopes; i++)
		if (plan->scopes[i].reqids == reqids)
			close_policies(&plan->scopes[i]);
	return most->vpn;
}

int plan_shrink(struct plan *plan, char text[static 256])
{
	char open[GVPN_NAME_MAX] = "", closed[GVPN_NAME_MAX] = "";
	struct plan_scope *s;

	if (plan_fits(plan))
		return 0;
	while (plan->n_sas > PLAN_SAS_MAX && plan->n_scopes > 0)
		snprintf(closed, sizeof(closed), "%s", close_most_sas(plan));
	while (!plan_fits(plan) && (s = with_most(plan, count_open))) {
		snprintf(open, sizeof(open), "%s", s->vpn);
		drop_open(s);
	}
	while (too_many_rules(plan) && (s = with_most(plan, count_blocked))) {
		snprintf(closed, sizeof(closed), "%s", s->vpn);
		join_policies(s);
	}
	while (!plan_fits(plan) && (s = with_most(plan, count_policies))) {
		snprintf(closed, sizeof(closed), "%s", s->vpn);
		close_policies(s);
		if (too_many_rules(plan))
			join_policies(s);
	}
	snprintf(text, 256,
		 "more rules, wider ranges of ports or more SAs than the kernel can be given (%d rules, %d XFRM "
		 "policies, %d SAs):%s%.40s%s%.40s",
		 PLAN_RULES_MAX, PLAN_POLICIES_MAX, PLAN_SAS_MAX, open[0] ? " fail-open stays closed for VPN " : "",
		 open, closed[0] ? " blocked is VPN " : "", closed);
	return 1;
}
