/* SPDX-License-Identifier: GPL-2.0-or-later */
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

__attribute__((format(printf, 2, 3))) static void say(struct explain_answer *a, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(a->text, sizeof(a->text), format, ap);
	va_end(ap);
}

static bool among(const char names[][GVPN_IFNAME_MAX], size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool by_external(const struct plan_scope *s, const struct explain_question *q)
{
	return strcmp(s->external, q->outside) == 0;
}

/* This host's own traffic, with the address of the interface it leaves or comes by or with none that is protected. */
static bool own_address(const struct explain_question *q)
{
	return q->local && (q->inside[0] == '\0' || strcmp(q->inside, q->outside) == 0);
}

static bool between_zones(const struct plan_scope *s, const struct explain_question *q)
{
	return !s->filter && among(s->from, s->n_from, q->inside) && among(s->to, s->n_to, q->outside);
}

/*
 * Whether the scope's rules are asked at all.  What is forwarded belongs to its pair of zones; this host's own traffic
 * has no interface that it comes from or goes to, so that it is held against all that passes the external interface.
 */
static bool concerns(const struct plan_scope *s, const struct explain_question *q)
{
	if (by_external(s, q))
		return s->filter || q->local || between_zones(s, q);
	if (!q->local)
		return between_zones(s, q);
	return !s->filter && !q->in && !own_address(q) && among(s->to, s->n_to, q->outside);
}

/*
 * Whether fail-close is for it: what is forwarded, and what this host sends with another address than the one of the
 * interface it leaves by (D4).
 */
static bool closes(const struct plan_scope *s, const struct explain_question *q)
{
	if (q->local)
		return !q->in && !own_address(q);
	return s->filter || between_zones(s, q);
}

/* Whether the scope's rule settles it; else it is asked of the next scope. */
static bool settles(const struct plan_scope *s, const struct plan_rule *r, const struct explain_question *q)
{
	switch (r->reason) {
	case PLAN_OWN_IKE:
	case PLAN_EXCLUDE:
	case PLAN_GROUP_POLICY:
	case PLAN_FAIL_OPEN:
		return true;
	case PLAN_FAIL_CLOSE:
		return closes(s, q) && (s->filter || !q->local);
	case PLAN_NOT_GOVERNED:
		return false;
	}
	return false;
}

/* The scope whose rules the packet meets first and that settles it; else one that closes; else one that was asked. */
static const struct plan_scope *find_scope(const struct plan *plan, const struct explain_question *q)
{
	const struct plan_scope *asked = NULL, *closing = NULL;

	for (size_t i = 0; i < plan->n_scopes; i++) /* a pair of zones says more than the interface alone */
		if (!q->local && between_zones(&plan->scopes[i], q))
			return &plan->scopes[i];
	for (size_t i = 0; i < plan->n_scopes; i++) {
		const struct plan_scope *s = &plan->scopes[i];
		const struct plan_rule *r = plan_decide(s, &q->packet, q->in);

		if (!concerns(s, q))
			continue;
		if (settles(s, r, q))
			return s;
		if (r->reason == PLAN_FAIL_CLOSE && closes(s, q) && (!closing || between_zones(s, q)))
			closing = s;
		if (!asked && (s->filter || q->local))
			asked = s;
	}
	return closing ? closing : asked;
}

/* Whether SA is of the policy that RULE comes from. */
static bool is_of(const struct plan *plan, const struct plan_sa *sa, const struct plan_rule *rule)
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

		if (in ? !sa->in || !is_of(plan, sa, rule) : !sa->out || sa->reqid != rule->reqid)
			continue;
		if (ret->n_spis == EXPLAIN_SPIS_MAX) { /* the oldest is the first to end */
			memmove(&ret->spis[0], &ret->spis[1], (EXPLAIN_SPIS_MAX - 1) * sizeof(ret->spis[0]));
			ret->n_spis--;
		}
		ret->spis[ret->n_spis++] = sa->tek.spi;
	}
}

/* "by SPI 0x1c548e4e or 0x2b00c0de" */
#define SPIS_TEXT_MAX (sizeof("by SPI ") + EXPLAIN_SPIS_MAX * sizeof("0x00000000 or"))
static const char *format_spis(const struct explain_answer *a, char buf[static SPIS_TEXT_MAX])
{
	size_t n = (size_t)snprintf(buf, SPIS_TEXT_MAX, "by SPI");

	for (size_t i = 0; i < a->n_spis && n < SPIS_TEXT_MAX; i++)
		n += (size_t)snprintf(buf + n, SPIS_TEXT_MAX - n, "%s 0x%08x", i > 0 ? " or" : "", a->spis[i]);
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

static void not_ours(const struct plan *plan, const struct explain_question *q, struct explain_answer *ret)
{
	*ret = (struct explain_answer){ .verdict = EXPLAIN_OTHER };
	if (plan->n_scopes == 0)
		say(ret, "not governed: nothing that is configured uses a group VPN, so the host's own rules decide");
	else if (own_address(q))
		say(ret, "not governed: it is this host's own traffic, %s %s with that interface's address",
		    q->in ? "coming by" : "leaving by", q->outside);
	else
		say(ret, "not governed: no ipsec-policy and no service filter is for traffic from %s to %s",
		    q->in ? q->outside : q->inside, q->in ? q->inside : q->outside);
}

static void pass(const struct explain_question *q, struct explain_answer *ret)
{
	char cause[CAUSE_TEXT_MAX];

	format_cause(q, ret, cause);
	switch (ret->rule->reason) {
	case PLAN_NOT_GOVERNED:
		ret->verdict = EXPLAIN_OTHER;
		say(ret, "not governed: %s, so the host's own rules decide", cause);
		break;
	case PLAN_FAIL_OPEN:
		ret->verdict = EXPLAIN_CLEAR;
		say(ret, "passes in clear: %s, open while there is no valid TEK", cause);
		break;
	case PLAN_OWN_IKE:
	case PLAN_EXCLUDE:
	case PLAN_GROUP_POLICY:
	case PLAN_FAIL_CLOSE:
		ret->verdict = EXPLAIN_CLEAR;
		say(ret, "passes in clear: %s", cause);
		break;
	}
}

static void fail_close(const struct explain_question *q, struct explain_answer *ret)
{
	char cause[CAUSE_TEXT_MAX];

	format_cause(q, ret, cause);
	if (closes(ret->scope, q)) {
		ret->verdict = EXPLAIN_DROP;
		say(ret, "dropped: %s, and no other rule names it", cause);
	} else {
		ret->verdict = EXPLAIN_OTHER;
		say(ret, "not governed: %s is not for what this host %s", cause,
		    q->in ? "itself receives" : "sends with that interface's own address");
	}
}

static void group_policy(const struct plan *plan, const struct explain_question *q, struct explain_answer *ret)
{
	char cause[CAUSE_TEXT_MAX], spis[SPIS_TEXT_MAX];

	format_cause(q, ret, cause);
	ret->verdict = EXPLAIN_DROP;
	if (!by_external(ret->scope, q)) {
		/* The SAs belong to the external interface; elsewhere there is nothing to protect it with. */
		say(ret, "dropped: %s protects on interface %s only, and it %s by %s", cause, ret->scope->external,
		    q->in ? "comes" : "leaves", q->outside);
		return;
	}
	collect_spis(plan, ret->rule, q->in, ret);
	if (ret->rule->verdict == PLAN_ENCRYPT && ret->n_spis > 0 && !q->in) {
		ret->verdict = EXPLAIN_ESP;
		say(ret, "leaves in ESP %s: %s", format_spis(ret, spis), cause);
	} else if (ret->n_spis > 0 && q->in) {
		ret->verdict = EXPLAIN_ESP;
		say(ret, "taken in ESP %s only, dropped in clear: %s", format_spis(ret, spis), cause);
	} else {
		ret->n_spis = 0;
		say(ret, "dropped: %s has no valid TEK and no fail-open rule admits it", cause);
	}
}

/* Rules that are only about what passes between the zones say nothing of what passes elsewhere by an interface. */
static bool has_a_say(const struct plan_scope *s, const struct explain_question *q)
{
	switch (plan_decide(s, &q->packet, q->in)->reason) {
	case PLAN_OWN_IKE:
	case PLAN_GROUP_POLICY:
		return true;
	case PLAN_EXCLUDE:
	case PLAN_FAIL_OPEN:
	case PLAN_FAIL_CLOSE:
	case PLAN_NOT_GOVERNED:
		return s->filter || between_zones(s, q) || closes(s, q);
	}
	return false;
}

void plan_explain(const struct plan *plan, const struct explain_question *q, struct explain_answer *ret)
{
	const struct plan_scope *scope = find_scope(plan, q);

	if (!scope || !has_a_say(scope, q)) {
		not_ours(plan, q, ret);
		return;
	}
	*ret = (struct explain_answer){ .scope = scope, .rule = plan_decide(scope, &q->packet, q->in) };
	switch (ret->rule->verdict) {
	case PLAN_CLEAR:
		pass(q, ret);
		break;
	case PLAN_ENCRYPT:
		group_policy(plan, q, ret);
		break;
	case PLAN_BLOCK:
		if (ret->rule->reason == PLAN_GROUP_POLICY)
			group_policy(plan, q, ret);
		else
			fail_close(q, ret);
		break;
	}
}
