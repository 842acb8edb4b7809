/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans that are more than the kernel can be given: what they lose, and what they keep. */
#include "policy/engine.h"
#include "xfrm/kernel.h"
#include "xfrm/policy.h"
#include "xfrm/trim.h"
#include "xfrm_plan.h"

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
						   .reqids = KERNEL_REQID_MIN + 64 * (uint32_t)i,
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
	struct policy_list l = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->n_scopes; i++)
		r = policy_list_scope(&l, plan, i, 5 + (uint32_t)i, 0, &priority);
	policy_list_clear(&l);
	return r;
}

/* One such VPN, and four, are nothing to speak of. */
START_TEST(ten_policies_and_ten_applications_fit)
{
	make(1, OPEN);
	ck_assert_uint_eq(plan->scopes[0].n_rules, 421);
	ck_assert_int_eq(plan_trim(plan, text), 0);
	ck_assert_int_eq(compile(), 0);
	teardown();
	make(4, OPEN);
	ck_assert_int_eq(plan_trim(plan, text), 0);
	ck_assert_int_eq(compile(), 0);
}
END_TEST

/* Five are too many: the one with most fail-open rules loses them, and all policies stand. */
START_TEST(fail_open_goes_first)
{
	make(5, OPEN - 1);
	ck_assert_int_eq(compile(), -E2BIG);
	ck_assert_int_eq(plan_trim(plan, text), 1);
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
	ck_assert_int_eq(plan_trim(plan, text), 1);
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

int main(void)
{
	Suite *suite = suite_create("xfrm trim");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, ten_policies_and_ten_applications_fit);
	tcase_add_test(t, fail_open_goes_first);
	tcase_add_test(t, a_vpn_that_is_too_much_is_closed);
	tcase_set_timeout(t, 60);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
