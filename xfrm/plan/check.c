/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/plan/check.h"

#include "lib/refuse.h"
#include "lib/selector.h"
#include "xfrm/plan/forms.h"

#include <stdio.h>

static bool is_our_reqid(uint32_t reqid)
{
	return reqid >= KERNEL_REQID_MIN && reqid <= KERNEL_REQID_MAX;
}

static bool name_good(const char *name, size_t size)
{
	size_t n = strnlen(name, size);

	return n > 0 && n < size;
}

static bool interfaces_good(const char names[][GVPN_IFNAME_MAX], size_t n)
{
	if (n > PLAN_INTERFACES_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!name_good(names[i], GVPN_IFNAME_MAX))
			return false;
	return true;
}

static int refuse_plan(char err[static 256], const char *what, size_t i, const char *why)
{
	return refuse(-EINVAL, err, "the plan's %s %zu is not usable: %s; nothing was changed", what, i, why);
}

static bool within_scope(const struct plan_scope *s, uint32_t reqid)
{
	return reqid - s->reqids < PLAN_REQIDS;
}

/* The last rule of a filter, and no other, says that the rest is not governed. */
static bool end_good(const struct plan_scope *s, size_t i)
{
	const struct plan_rule *r = &s->rules[i];
	bool last = s->filter && i + 1 == s->n_rules;

	if (!last)
		return r->reason != PLAN_NOT_GOVERNED;
	return r->reason == PLAN_NOT_GOVERNED && r->verdict == PLAN_CLEAR && r->way == PLAN_BOTH;
}

static int check_rules(const struct plan_scope *s, char err[static 256])
{
	for (size_t i = 0; i < s->n_rules; i++) {
		const struct plan_rule *r = &s->rules[i];

		if (!selector_valid(&r->sel))
			return refuse_plan(err, "rule", i,
					   "its selector has bits beyond a prefix or ports in the wrong order");
		if (r->verdict == PLAN_ENCRYPT && !within_scope(s, r->reqid))
			return refuse_plan(err, "rule", i, "its reqid is outside its VPN's range");
		if (!end_good(s, i))
			return refuse_plan(
				err, "rule", i,
				"what is not governed is the last rule of a filter's scope, and of no other");
	}
	return 0;
}

static int check_scope(const struct plan_scope *s, size_t i, char err[static 256])
{
	if (!name_good(s->vpn, sizeof(s->vpn)))
		return refuse_plan(err, "scope", i, "its VPN has no name");
	if (!name_good(s->external, sizeof(s->external)))
		return refuse_plan(err, "scope", i, "it has no external interface");
	if (!interfaces_good(s->from, s->n_from) || !interfaces_good(s->to, s->n_to))
		return refuse_plan(err, "scope", i, "its interfaces are too many or one has no name");
	if (!is_our_reqid(s->reqids) || s->reqids % PLAN_REQIDS != 0)
		return refuse_plan(err, "scope", i, "its VPN's reqids are not a range of ours");
	if (s->filter && (s->n_from > 0 || s->n_to > 0))
		return refuse_plan(err, "scope", i, "it is a filter's and has interfaces of zones");
	if (s->filter && s->n_rules == 0)
		return refuse_plan(err, "scope", i, "it is a filter's and has no rules");
	return check_rules(s, err);
}

/* The policies of a reqid are made for packets with a stamp or for packets without. */
static bool stamps_alike(const struct plan *plan, const struct plan_sa *sa)
{
	for (size_t i = 0; i < plan->n_sas; i++)
		if (plan->sas[i].reqid == sa->reqid && !plan->sas[i].window_ms != !sa->window_ms)
			return false;
	return true;
}

static int check_sa(const struct plan *plan, size_t i, char err[static 256])
{
	const struct plan_sa *sa = &plan->sas[i];

	if (sa->scope >= plan->n_scopes)
		return refuse_plan(err, "SA", i, "it belongs to no scope");
	if (!within_scope(&plan->scopes[sa->scope], sa->reqid))
		return refuse_plan(err, "SA", i, "its reqid is outside its VPN's range");
	if (sa->tek.spi < PLAN_SPI_MIN)
		return refuse_plan(err, "SA", i, "its SPI is a reserved one, below 256 (RFC 4303 2.1)");
	if (!stamps_alike(plan, sa))
		return refuse_plan(err, "SA", i, "of its reqid some SAs have an anti-replay window and some have none");
	return 0;
}

static int check_fit(const struct plan *plan, size_t i, char err[static 256])
{
	const struct plan_fit *f = &plan->fits[i];

	if (f->scope >= plan->n_scopes)
		return refuse_plan(err, "policy of an SA", i, "it belongs to no scope");
	if (!within_scope(&plan->scopes[f->scope], f->reqid))
		return refuse_plan(err, "policy of an SA", i, "its reqid is outside its VPN's range");
	if (!selector_valid(&f->sel))
		return refuse_plan(err, "policy of an SA", i,
				   "its selector has bits beyond a prefix or ports in the wrong order");
	return 0;
}

static int check_zones(const struct plan *plan, char err[static 256])
{
	struct zones z;
	int r = zones_of(plan, &z);

	return r == 0 ? 0
		      : refuse(r, err,
			       "the plan has more than %u from-zones under group VPNs, each of which takes a bit of "
			       "the "
			       "packet's mark; nothing was changed; name fewer from-zones in ipsec-policy",
			       ZONES_MAX);
}

int plan_check(const struct plan *plan, char err[static 256])
{
	int r = 0;

	if (plan->n_scopes > PLAN_SCOPES_MAX || plan->n_sas > PLAN_SAS_MAX)
		return refuse(-E2BIG, err, "the plan has more than %u scopes or %u SAs; nothing was changed",
			      PLAN_SCOPES_MAX, PLAN_SAS_MAX);
	for (size_t i = 0; r == 0 && i < plan->n_scopes; i++)
		r = check_scope(&plan->scopes[i], i, err);
	for (size_t i = 0; r == 0 && i < plan->n_sas; i++)
		r = check_sa(plan, i, err);
	for (size_t i = 0; r == 0 && i < plan->n_fits; i++)
		r = check_fit(plan, i, err);
	return r < 0 ? r : check_zones(plan, err);
}
