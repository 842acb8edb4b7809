/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/trim.h"

#include "xfrm/kernel.h"
#include "xfrm/policy.h"
#include "xfrm/ports.h"

#include <stdio.h>

/* What a plan takes of each thing that is limited. */
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

/* The most that a rule can take: equal selectors, which the kernel is given once, are counted each time. */
static void add_rule(struct load *l, const struct plan_rule *r)
{
	uint8_t protocols[SELECTOR_PROTOCOLS_MAX];
	size_t forms = selector_protocols(&r->sel, protocols), directions = 0;

	l->forms += forms;
	if (!policy_is_made(r))
		return;
	if (r->way != PLAN_IN)
		directions++;
	if (r->way != PLAN_OUT && r->verdict != PLAN_CLEAR)
		directions += 2;
	l->priorities++;
	l->policies += directions * forms * pairs_of(r->sel.sport) * pairs_of(r->sel.dport);
}

static bool fits(const struct plan *plan)
{
	struct load l = { 0 };

	for (size_t i = 0; i < plan->n_scopes; i++)
		for (size_t j = 0; j < plan->scopes[i].n_rules; j++)
			add_rule(&l, &plan->scopes[i].rules[j]);
	return l.priorities <= KERNEL_RULES_MAX && l.policies <= POLICIES_MAX && l.forms <= KERNEL_FORMS_MAX;
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

/* Group policies that closing would change. */
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

int plan_trim(struct plan *plan, char text[static 256])
{
	char open[GVPN_NAME_MAX] = "", closed[GVPN_NAME_MAX] = "";
	struct plan_scope *s;

	if (fits(plan))
		return 0;
	while (!fits(plan) && (s = with_most(plan, count_open))) {
		snprintf(open, sizeof(open), "%s", s->vpn);
		drop_open(s);
	}
	while (!fits(plan) && (s = with_most(plan, count_policies))) {
		snprintf(closed, sizeof(closed), "%s", s->vpn);
		close_policies(s);
	}
	snprintf(text, 256,
		 "more rules, or wider ranges of ports, than the kernel can be given (%d rules, %d XFRM "
		 "policies):%s%.40s%s%.40s",
		 KERNEL_RULES_MAX, POLICIES_MAX, open[0] ? " fail-open stays closed for VPN " : "", open,
		 closed[0] ? " blocked is VPN " : "", closed);
	return 1;
}
