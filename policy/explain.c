/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The explanation of one packet.
 *
 * explain asks the plan in three steps.  plan_explain() finds the scope that is for the packet (find_scope()), the rule
 * of that scope that decides the packet (plan_decide() of policy/engine.c), and says in one sentence what the kernel
 * does with the packet by this rule.  find_scope() answers as the kernel does: XFRM asks the policies of the external
 * interface in the order of the scopes, and the programs at tc (xfrm/README.md) judge what passes
 * between the zones.
 */
#include "policy/explain.h"

#include "policy/engine.h"

#include <stdarg.h>
#include <stdio.h>

const char *explain_verdict_name(enum explain_verdict v)
{
	switch (v) {
	case EXPLAIN_CLEAR:
		return "clear";
	case EXPLAIN_ESP:
		return "esp";
	case EXPLAIN_DROP:
		return "drop";
	case EXPLAIN_OTHER:
		return "not governed";
	}
	return "?";
}

__attribute__((format(printf, 2, 3))) static void set_text(struct explain_answer *a, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(a->text, sizeof(a->text), format, ap);
	va_end(ap);
}

static bool has_interface(const char names[][GVPN_IFNAME_MAX], size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool passes_external(const struct plan_scope *s, const struct explain_question *q)
{
	return strcmp(s->external, q->outside) == 0;
}

/* This host's own traffic, with the address of the external interface, or with an address that is not protected. */
static bool is_own_traffic(const struct explain_question *q)
{
	return q->local && (q->inside[0] == '\0' || strcmp(q->inside, q->outside) == 0);
}

static bool is_between_zones(const struct plan_scope *s, const struct explain_question *q)
{
	return !s->filter && has_interface(s->from, s->n_from, q->inside) && has_interface(s->to, s->n_to, q->outside);
}

/*
 * Whether the scope's rules are asked at all.  A forwarded packet belongs to its pair of zones.  This host's own packet
 * has no interface inside, so the rules of all scopes of the external interface are asked.
 */
static bool scope_is_asked(const struct plan_scope *s, const struct explain_question *q)
{
	if (passes_external(s, q))
		return s->filter || q->local || is_between_zones(s, q);
	if (!q->local)
		return is_between_zones(s, q);
	return !s->filter && !q->in && !is_own_traffic(q) && has_interface(s->to, s->n_to, q->outside);
}

/*
 * Whether fail-close is for the packet: it is forwarded, or this host sends it with another address than that of the
 * interface by which it leaves (row D4).
 */
static bool scope_closes(const struct plan_scope *s, const struct explain_question *q)
{
	if (q->local)
		return !q->in && !is_own_traffic(q);
	return s->filter || is_between_zones(s, q);
}

/* Whether this rule of the scope decides the packet; otherwise the next scope is asked. */
static bool rule_settles_packet(const struct plan_scope *s, const struct plan_rule *r, const struct explain_question *q)
{
	switch (r->reason) {
	case PLAN_OWN_IKE:
	case PLAN_EXCLUDE:
	case PLAN_GROUP_POLICY:
	case PLAN_FAIL_OPEN:
		return true;
	case PLAN_FAIL_CLOSE:
		return scope_closes(s, q) && (s->filter || !q->local);
	case PLAN_NOT_GOVERNED:
		return false;
	}
	return false;
}

/* The first scope whose rule decides the packet; else one whose fail-close does; else the first that was asked. */
static const struct plan_scope *find_scope(const struct plan *plan, const struct explain_question *q)
{
	const struct plan_scope *asked = NULL, *closing = NULL;

	for (size_t i = 0; i < plan->n_scopes; i++) /* a pair of zones says more than the interface alone */
		if (!q->local && is_between_zones(&plan->scopes[i], q))
			return &plan->scopes[i];
	for (size_t i = 0; i < plan->n_scopes; i++) {
		const struct plan_scope *s = &plan->scopes[i];
		const struct plan_rule *r = plan_decide(s, &q->packet, q->in);

		if (!scope_is_asked(s, q))
			continue;
		if (rule_settles_packet(s, r, q))
			return s;
		if (r->reason == PLAN_FAIL_CLOSE && scope_closes(s, q) && (!closing || is_between_zones(s, q)))
			closing = s;
		if (!asked && (s->filter || q->local))
			asked = s;
	}
	return closing ? closing : asked;
}

/* Whether SA carries the traffic of the policy that RULE was made from. */
static bool sa_serves_rule(const struct plan *plan, const struct plan_sa *sa, const struct plan_rule *rule)
{
	for (size_t i = 0; i < plan->n_fits; i++)
		if (plan->fits[i].reqid == sa->reqid && plan->fits[i].tunnel_id == rule->tunnel_id)
			return true;
	return false;
}

static void collect_spis(const struct plan *plan, const struct plan_rule *rule, bool in, struct explain_answer *ret)
{
	for (size_t i = 0; i < plan->n_sas; i++) {
		const struct plan_sa *sa = &plan->sas[i];

		if (in ? !sa->in || !sa_serves_rule(plan, sa, rule) : !sa->out || sa->reqid != rule->reqid)
			continue;
		if (ret->n_spis == EXPLAIN_SPIS_MAX) { /* the oldest is the first to end */
			memmove(&ret->spis[0], &ret->spis[1], (EXPLAIN_SPIS_MAX - 1) * sizeof(ret->spis[0]));
			memmove(&ret->windows[0], &ret->windows[1], (EXPLAIN_SPIS_MAX - 1) * sizeof(ret->windows[0]));
			ret->n_spis--;
		}
		ret->windows[ret->n_spis] = sa->window_ms;
		ret->spis[ret->n_spis++] = sa->tek.spi;
	}
}

/*
 * "by SPI 0x1c548e4e or 0x2b00c0de".  With anti-replay by time: "by SPI 0x1c548e4e, stamped with the time (D3P)" of a
 * packet that leaves, "by SPI 0x1c548e4e (D3P, window 1000 ms)" of one that comes.
 */
#define STAMPED ", stamped with the time (D3P)"
#define WINDOW_TEXT_MAX sizeof(" (D3P, window 4294967295 ms)")
#define SPIS_TEXT_MAX (sizeof("by SPI " STAMPED) + EXPLAIN_SPIS_MAX * (sizeof("0x00000000 or") + WINDOW_TEXT_MAX))
static const char *format_spis(const struct explain_question *q, const struct explain_answer *a,
			       char buf[static SPIS_TEXT_MAX])
{
	size_t n = (size_t)snprintf(buf, SPIS_TEXT_MAX, "by SPI");

	for (size_t i = 0; i < a->n_spis && n < SPIS_TEXT_MAX; i++) {
		n += (size_t)snprintf(buf + n, SPIS_TEXT_MAX - n, "%s 0x%08x", i > 0 ? " or" : "", a->spis[i]);
		if (a->windows[i] > 0 && q->in)
			n += (size_t)snprintf(buf + n, SPIS_TEXT_MAX - n, " (D3P, window %u ms)", a->windows[i]);
		else if (a->windows[i] > 0)
			n += (size_t)snprintf(buf + n, SPIS_TEXT_MAX - n, STAMPED);
	}
	return buf;
}

/* "group policy 172.16.0.0/12 -> 172.16.0.0/12 of VPN GROUP_ID-0001", in the sense of the packet asked about */
#define CAUSE_TEXT_MAX (SELECTOR_TEXT_MAX + 3 * GVPN_NAME_MAX + 48)
static const char *format_cause(const struct explain_question *q, const struct explain_answer *a,
				char buf[static CAUSE_TEXT_MAX])
{
	const struct plan_rule *r = a->rule;
	const struct plan_scope *s = a->scope;
	struct selector sel = q->in ? selector_reverse(&r->sel) : r->sel;
	char text[SELECTOR_TEXT_MAX];

	switch (r->reason) {
	case PLAN_OWN_IKE:
		snprintf(buf, CAUSE_TEXT_MAX, "the member's own GDOI traffic with server %s",
			 address_format(r->sel.dst.addr, text));
		break;
	case PLAN_EXCLUDE:
		snprintf(buf, CAUSE_TEXT_MAX, "%s %s of VPN %s",
			 r->way == PLAN_BOTH ? "exclude rule" : "the skipping filter term", r->name, s->vpn);
		break;
	case PLAN_GROUP_POLICY:
		snprintf(buf, CAUSE_TEXT_MAX, "group policy %s of VPN %s", selector_format(&sel, text), s->vpn);
		break;
	case PLAN_FAIL_OPEN:
		snprintf(buf, CAUSE_TEXT_MAX, "fail-open rule %s of VPN %s", r->name, s->vpn);
		break;
	case PLAN_FAIL_CLOSE:
		if (s->filter)
			snprintf(buf, CAUSE_TEXT_MAX, "fail-close of filter term %s of VPN %s", r->name, s->vpn);
		else
			snprintf(buf, CAUSE_TEXT_MAX, "fail-close between zones %s and %s of VPN %s", s->from_zone,
				 s->to_zone, s->vpn);
		break;
	case PLAN_NOT_GOVERNED:
		snprintf(buf, CAUSE_TEXT_MAX, "no term of the %s filter of VPN %s names it", q->in ? "input" : "output",
			 s->vpn);
		break;
	}
	return buf;
}

static void explain_not_governed(const struct plan *plan, const struct explain_question *q, struct explain_answer *ret)
{
	*ret = (struct explain_answer){ .verdict = EXPLAIN_OTHER };
	if (plan->n_scopes == 0)
		set_text(ret,
			 "not governed: nothing that is configured uses a group VPN, so the host's own rules decide");
	else if (is_own_traffic(q))
		set_text(ret, "not governed: it is this host's own traffic, %s %s with that interface's address",
			 q->in ? "coming by" : "leaving by", q->outside);
	else
		set_text(ret, "not governed: no ipsec-policy and no service filter is for traffic from %s to %s",
			 q->in ? q->outside : q->inside, q->in ? q->inside : q->outside);
}

static void explain_clear(const struct explain_question *q, struct explain_answer *ret)
{
	char cause[CAUSE_TEXT_MAX];

	format_cause(q, ret, cause);
	switch (ret->rule->reason) {
	case PLAN_NOT_GOVERNED:
		ret->verdict = EXPLAIN_OTHER;
		set_text(ret, "not governed: %s, so the host's own rules decide", cause);
		break;
	case PLAN_FAIL_OPEN:
		ret->verdict = EXPLAIN_CLEAR;
		set_text(ret, "passes in clear: %s, open while there is no valid TEK", cause);
		break;
	case PLAN_OWN_IKE:
	case PLAN_EXCLUDE:
	case PLAN_GROUP_POLICY:
	case PLAN_FAIL_CLOSE:
		ret->verdict = EXPLAIN_CLEAR;
		set_text(ret, "passes in clear: %s", cause);
		break;
	}
}

static void explain_fail_close(const struct explain_question *q, struct explain_answer *ret)
{
	char cause[CAUSE_TEXT_MAX];

	format_cause(q, ret, cause);
	if (scope_closes(ret->scope, q)) {
		ret->verdict = EXPLAIN_DROP;
		set_text(ret, "dropped: %s, and no other rule names it", cause);
	} else {
		ret->verdict = EXPLAIN_OTHER;
		set_text(ret, "not governed: %s is not for what this host %s", cause,
			 q->in ? "itself receives" : "sends with that interface's own address");
	}
}

static void explain_group_policy(const struct plan *plan, const struct explain_question *q, struct explain_answer *ret)
{
	char cause[CAUSE_TEXT_MAX], spis[SPIS_TEXT_MAX];

	format_cause(q, ret, cause);
	ret->verdict = EXPLAIN_DROP;
	if (!passes_external(ret->scope, q)) {
		/* The SAs belong to the external interface: on another one nothing can protect the packet. */
		set_text(ret, "dropped: %s protects on interface %s only, and it %s by %s", cause, ret->scope->external,
			 q->in ? "comes" : "leaves", q->outside);
		return;
	}
	collect_spis(plan, ret->rule, q->in, ret);
	if (ret->rule->verdict == PLAN_ENCRYPT && ret->n_spis > 0 && !q->in) {
		ret->verdict = EXPLAIN_ESP;
		set_text(ret, "leaves in ESP %s: %s", format_spis(q, ret, spis), cause);
	} else if (ret->n_spis > 0 && q->in) {
		ret->verdict = EXPLAIN_ESP;
		set_text(ret, "taken in ESP %s only, dropped in clear: %s", format_spis(q, ret, spis), cause);
	} else {
		ret->n_spis = 0;
		set_text(ret, "dropped: %s has no valid TEK and no fail-open rule admits it", cause);
	}
}

/* Exclude, fail-open and fail-close rules of a pair of zones are for traffic between these zones only. */
static bool rule_applies(const struct plan_scope *s, const struct explain_question *q)
{
	switch (plan_decide(s, &q->packet, q->in)->reason) {
	case PLAN_OWN_IKE:
	case PLAN_GROUP_POLICY:
		return true;
	case PLAN_EXCLUDE:
	case PLAN_FAIL_OPEN:
	case PLAN_FAIL_CLOSE:
	case PLAN_NOT_GOVERNED:
		return s->filter || is_between_zones(s, q) || scope_closes(s, q);
	}
	return false;
}

void plan_explain(const struct plan *plan, const struct explain_question *q, struct explain_answer *ret)
{
	const struct plan_scope *scope = find_scope(plan, q);

	if (!scope || !rule_applies(scope, q)) {
		explain_not_governed(plan, q, ret);
		return;
	}
	*ret = (struct explain_answer){ .scope = scope, .rule = plan_decide(scope, &q->packet, q->in) };
	switch (ret->rule->verdict) {
	case PLAN_CLEAR:
		explain_clear(q, ret);
		break;
	case PLAN_ENCRYPT:
		explain_group_policy(plan, q, ret);
		break;
	case PLAN_BLOCK:
		if (ret->rule->reason == PLAN_GROUP_POLICY)
			explain_group_policy(plan, q, ret);
		else
			explain_fail_close(q, ret);
		break;
	}
}
