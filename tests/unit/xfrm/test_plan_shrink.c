/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans that are more than the kernel can be given: what they lose, and what they keep. */
#include "policy/engine.h"
#include "tests/unit/support/xfrm_plan.h"
#include "xfrm/plan/check.h"
#include "xfrm/plan/ids.h"
#include "xfrm/plan/shrink.h"
#include "xfrm/spd.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define POLICIES 10
#define OPEN 20 /* 10 applications with a port, either end */

static struct plan *plan;
static char text[256];

static void teardown(void)
{
	plan_free(plan);
	plan = NULL;
}

/* N VPNs without keys, each with 10 asymmetric policies and 10 fail-open rules for applications; the last VPN has OPENS
 * of them. */
static void make(size_t n, size_t opens)
{
	static const char from[1][GVPN_IFNAME_MAX] = { "lan0" }, to[1][GVPN_IFNAME_MAX] = { "wan0" };
	struct engine_policy policies[POLICIES] = { 0 };
	struct engine_rule open[OPEN] = { 0 };
	struct engine_scope scopes[16] = { 0 };
	char names[16][16];

	for (uint32_t i = 0; i < POLICIES; i++)
		policies[i].sel = sample_selector((struct ip_prefix){ 0x0a010000 + (i << 8), 24 },
						  (struct ip_prefix){ 0x0a020000 + (i << 8), 24 });
	for (uint16_t i = 0; i < OPEN; i++) {
		struct port_range port = { (uint16_t)(100 + i / 2), (uint16_t)(100 + i / 2) };

		open[i] = (struct engine_rule){ "open",
						sample_selector((struct ip_prefix){ 0 }, (struct ip_prefix){ 0 }) };
		open[i].sel.protocol = 6;
		*(i % 2 ? &open[i].sel.sport : &open[i].sel.dport) = port;
	}
	for (size_t i = 0; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "VPN%zu", i);
		scopes[i] = (struct engine_scope){ .vpn = names[i],
						   .from_zone = "L",
						   .to_zone = "W",
						   .external = "wan0",
						   .reqids = KERNEL_REQID_MIN + PLAN_REQIDS * (uint32_t)i,
						   .from = from,
						   .n_from = 1,
						   .to = to,
						   .n_to = 1,
						   .local = SAMPLE_LOCAL,
						   .fail_open = open,
						   .n_fail_open = i + 1 == n ? opens : OPEN,
						   .downloaded = true,
						   .policies = policies,
						   .n_policies = POLICIES };
	}
	ck_assert_int_eq(engine_plan(&plan, scopes, n), 0);
}

static size_t count(size_t scope, enum plan_reason reason)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->scopes[scope].n_rules; i++)
		n += plan->scopes[scope].rules[i].reason == reason;
	return n;
}

static int compile(void)
{
	uint32_t priority = KERNEL_PRIORITY_MIN;
	struct spd_list l = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->n_scopes; i++)
		r = spd_list_add_scope(&l, plan, i, 5 + (uint32_t)i, 0, &priority);
	spd_list_clear(&l);
	return r;
}

/* One such VPN, and four, are nothing to speak of. */
START_TEST(ten_policies_and_ten_applications_fit)
{
	make(1, OPEN);
	ck_assert_uint_eq(plan->scopes[0].n_rules, 421);
	ck_assert_int_eq(plan_shrink(plan, text), 0);
	ck_assert_int_eq(compile(), 0);
	teardown();
	make(4, OPEN);
	ck_assert_int_eq(plan_shrink(plan, text), 0);
	ck_assert_int_eq(compile(), 0);
}
END_TEST

/* Five are too many: the one with most fail-open rules loses them, and all policies stand. */
START_TEST(fail_open_goes_first)
{
	make(5, OPEN - 1);
	ck_assert_int_eq(compile(), -E2BIG);
	ck_assert_int_eq(plan_shrink(plan, text), 1);
	ck_assert_int_eq(compile(), 0);
	ck_assert_ptr_nonnull(strstr(text, "fail-open stays closed for VPN VPN0"));
	ck_assert_ptr_null(strstr(text, "blocked"));
	ck_assert_uint_eq(count(0, PLAN_FAIL_OPEN), 0);
	for (size_t i = 0; i < 5; i++) {
		ck_assert_uint_eq(count(i, PLAN_GROUP_POLICY), 2 * POLICIES);
		ck_assert_uint_eq(count(i, PLAN_FAIL_CLOSE), 1);
		if (i > 0)
			ck_assert_uint_gt(count(i, PLAN_FAIL_OPEN), 0);
	}
}
END_TEST

/* A server whose policies alone are too much closes its own VPN and no other. */
START_TEST(a_vpn_that_is_too_much_is_closed)
{
	make(2, OPEN);
	for (size_t i = 0; i < plan->scopes[1].n_rules; i++) {
		struct plan_rule *r = &plan->scopes[1].rules[i];

		if (r->reason != PLAN_GROUP_POLICY)
			continue;
		r->verdict = PLAN_ENCRYPT;
		r->reqid = plan->scopes[1].reqids;
		r->sel.protocol = 17;
		r->sel.sport = r->sel.dport = (struct port_range){ 1, 65534 };
	}
	ck_assert_int_eq(compile(), -E2BIG);
	ck_assert_int_eq(plan_shrink(plan, text), 1);
	ck_assert_int_eq(compile(), 0);
	ck_assert_ptr_nonnull(strstr(text, "blocked is VPN VPN1"));
	ck_assert_uint_eq(count(0, PLAN_GROUP_POLICY), 2 * POLICIES);
	ck_assert_uint_eq(count(1, PLAN_GROUP_POLICY), 2 * POLICIES);
	for (size_t i = 0; i < plan->scopes[1].n_rules; i++) {
		const struct plan_rule *r = &plan->scopes[1].rules[i];

		if (r->reason == PLAN_GROUP_POLICY) {
			ck_assert_int_eq(r->verdict, PLAN_BLOCK);
			ck_assert(r->sel.sport.min == 0 && r->sel.dport.max == UINT16_MAX);
		}
	}
}
END_TEST

/* Gives scope I N policies from 10.1.0.0/16 to 10.2.0.0/16, both ways, in place of its own. */
static void many_policies(size_t i, size_t n, enum plan_verdict verdict)
{
	struct plan_scope *s = &plan->scopes[i];
	struct plan_rule *rules = calloc(2 * n + 1, sizeof(*rules));

	for (size_t k = 0; k < 2 * n; k++) {
		struct ip_prefix a = { 0x0a010000 + ((uint32_t)(k / 2) << 2), 30 };
		struct ip_prefix b = { 0x0a020000 + ((uint32_t)(k / 2) << 2), 30 };

		rules[k] = (struct plan_rule){ .verdict = verdict, .reason = PLAN_GROUP_POLICY, .reqid = s->reqids };
		rules[k].sel = k % 2 ? sample_selector(b, a) : sample_selector(a, b);
	}
	rules[2 * n] = s->rules[s->n_rules - 1]; /* fail-close */
	free(s->rules);
	s->rules = rules;
	s->n_rules = 2 * n + 1;
}

static bool covered(size_t scope, struct ip_prefix src, struct ip_prefix dst)
{
	for (size_t i = 0; i < plan->scopes[scope].n_rules; i++) {
		const struct plan_rule *r = &plan->scopes[scope].rules[i];

		if (r->reason == PLAN_GROUP_POLICY && r->verdict == PLAN_BLOCK && r->sel.src.len <= src.len &&
		    r->sel.dst.len <= dst.len && (r->sel.src.addr ^ src.addr) >> (32 - r->sel.src.len) == 0 &&
		    (r->sel.dst.addr ^ dst.addr) >> (32 - r->sel.dst.len) == 0)
			return true;
	}
	return false;
}

/* Too many rules, not too wide ones: the VPN with the most is closed by two rules, and the others go on. */
START_TEST(too_many_rules_close_one_vpn)
{
	make(3, 0);
	many_policies(0, 400, PLAN_ENCRYPT);
	many_policies(1, 450, PLAN_ENCRYPT);
	many_policies(2, 400, PLAN_ENCRYPT);
	ck_assert_int_eq(compile(), -E2BIG);
	ck_assert_int_eq(plan_shrink(plan, text), 1);
	ck_assert_int_eq(compile(), 0);
	ck_assert_ptr_nonnull(strstr(text, "blocked is VPN VPN1"));
	ck_assert_uint_eq(count(0, PLAN_GROUP_POLICY), 800);
	ck_assert_uint_eq(count(1, PLAN_GROUP_POLICY), 2);
	ck_assert_uint_eq(count(1, PLAN_FAIL_CLOSE), 1);
	ck_assert_uint_eq(count(2, PLAN_GROUP_POLICY), 800);
	ck_assert_int_eq(plan->scopes[0].rules[0].verdict, PLAN_ENCRYPT);
	for (uint32_t i = 0; i < 450; i++) {
		struct ip_prefix a = { 0x0a010000 + (i << 2), 30 }, b = { 0x0a020000 + (i << 2), 30 };

		ck_assert_msg(covered(1, a, b) && covered(1, b, a), "policy %u", i);
	}
	ck_assert_msg(!covered(1, (struct ip_prefix){ 0x0b000000, 8 }, (struct ip_prefix){ 0x0a020000, 16 }),
		      "no more than the policies span");
}
END_TEST

/* A VPN that has no key blocks as it is: its rules are joined before another is closed. */
START_TEST(who_has_no_key_gives_way)
{
	make(3, 0);
	many_policies(0, 450, PLAN_ENCRYPT);
	many_policies(1, 300, PLAN_BLOCK);
	many_policies(2, 450, PLAN_ENCRYPT);
	ck_assert_int_eq(plan_shrink(plan, text), 1);
	ck_assert_int_eq(compile(), 0);
	ck_assert_uint_eq(count(0, PLAN_GROUP_POLICY), 900);
	ck_assert_uint_eq(count(1, PLAN_GROUP_POLICY), 2);
	ck_assert_uint_eq(count(2, PLAN_GROUP_POLICY), 900);
}
END_TEST

static void one_more_rule(void)
{
	struct plan_scope *s = &plan->scopes[0];

	s->rules = reallocarray(s->rules, s->n_rules + 1, sizeof(*s->rules));
	s->rules[s->n_rules] = s->rules[s->n_rules - 1];
	s->rules[s->n_rules - 1] = s->rules[0];
	s->rules[s->n_rules - 1].sel =
		sample_selector((struct ip_prefix){ 0x0a030000, 16 }, (struct ip_prefix){ 0x0a040000, 16 });
	s->n_rules++;
}

/* The edge: 2048 rules with a priority fit, and one more does not. */
START_TEST(at_the_edge)
{
	make(1, 0);
	many_policies(0, PLAN_RULES_MAX / 2, PLAN_ENCRYPT);
	ck_assert_int_eq(plan_shrink(plan, text), 0);
	ck_assert_int_eq(compile(), 0);
	one_more_rule();
	ck_assert_int_eq(compile(), -E2BIG);
	ck_assert_int_eq(plan_shrink(plan, text), 1);
	ck_assert_int_eq(compile(), 0);
}
END_TEST

/* More SAs than a plan may have: the VPN with the most loses them, blocks, and the others keep theirs. */
START_TEST(too_many_sas_close_one_vpn)
{
	make(2, 0);
	many_policies(0, 2, PLAN_ENCRYPT);
	many_policies(1, 2, PLAN_ENCRYPT);
	free(plan->sas);
	plan->n_sas = PLAN_SAS_MAX + 1;
	plan->sas = calloc(plan->n_sas, sizeof(*plan->sas));
	for (size_t i = 0; i < plan->n_sas; i++)
		plan->sas[i].reqid = plan->scopes[i < 100 ? 0 : 1].reqids + (uint32_t)i % PLAN_REQIDS;
	ck_assert_int_eq(plan_shrink(plan, text), 1);
	ck_assert_uint_eq(plan->n_sas, 100);
	for (size_t i = 0; i < plan->n_sas; i++)
		ck_assert_uint_lt(plan->sas[i].reqid - plan->scopes[0].reqids, PLAN_REQIDS);
	ck_assert_int_eq(plan->scopes[0].rules[0].verdict, PLAN_ENCRYPT);
	ck_assert_int_eq(plan->scopes[1].rules[0].verdict, PLAN_BLOCK);
	ck_assert_ptr_nonnull(strstr(text, "blocked is VPN VPN1"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plan shrink");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, ten_policies_and_ten_applications_fit);
	tcase_add_test(t, fail_open_goes_first);
	tcase_add_test(t, a_vpn_that_is_too_much_is_closed);
	tcase_add_test(t, too_many_rules_close_one_vpn);
	tcase_add_test(t, who_has_no_key_gives_way);
	tcase_add_test(t, at_the_edge);
	tcase_add_test(t, too_many_sas_close_one_vpn);
	tcase_set_timeout(t, 60);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
