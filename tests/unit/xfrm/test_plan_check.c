/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is refused of a plan before anything changes; and a plan in words. */
#include "tests/unit/support/xfrm_plan.h"
#include "xfrm/plan/check.h"
#include "xfrm/plan/text.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct sample *sample;

static void setup(void)
{
	sample = sample_new();
}

static void teardown(void)
{
	free(sample);
}

static void expect_refused(int expected)
{
	char err[256] = "";

	ck_assert_int_eq(plan_check(&sample->plan, err), expected);
	ck_assert_msg(strlen(err) > 20, "\"%s\"", err);
}

START_TEST(plans_are_checked)
{
	char err[256];

	sample_full(sample);
	ck_assert_int_eq(plan_check(&sample->plan, err), 0);
	sample->sas[0].scope = 1;
	expect_refused(-EINVAL);
	sample->sas[0].scope = 0;
	sample->sas[0].reqid = KERNEL_REQID_MAX + 1;
	expect_refused(-EINVAL);
	sample->sas[0].reqid = KERNEL_REQID_MIN + PLAN_REQIDS;
	expect_refused(-EINVAL);
	sample->sas[0].reqid = SAMPLE_REQID;
	sample->fits[0].sel.src.len = 33;
	expect_refused(-EINVAL);
	sample->fits[0].sel = sample_group();
	sample->fits[0].scope = 1;
	expect_refused(-EINVAL);
	sample->fits[0].scope = 0;
	sample->fits[0].reqid = KERNEL_REQID_MIN + PLAN_REQIDS;
	expect_refused(-EINVAL);
	sample->fits[0].reqid = SAMPLE_REQID;
	sample->scopes[0].reqids = KERNEL_REQID_MIN + 1;
	expect_refused(-EINVAL);
	sample->scopes[0].reqids = 0;
	expect_refused(-EINVAL);
	sample->scopes[0].reqids = KERNEL_REQID_MIN;
	/* SAs of one reqid have a window all, or none; and different windows may be. */
	sample->sas[sample->plan.n_sas] = sample->sas[0];
	sample->sas[sample->plan.n_sas++].tek.spi++;
	sample->sas[0].window_ms = 1000;
	expect_refused(-EINVAL);
	sample->sas[1].window_ms = 500;
	ck_assert_int_eq(plan_check(&sample->plan, err), 0);
	sample->plan.n_sas--;
	sample->sas[0].tek.spi = 255;
	expect_refused(-EINVAL);
	sample->sas[0].tek.spi = 256;
	sample->rules[0][1].reqid = 7;
	expect_refused(-EINVAL);
	sample->rules[0][1].reqid = SAMPLE_REQID;
	sample->rules[0][0].sel.src = (struct ip_prefix){ 0x0a000001, 24 };
	expect_refused(-EINVAL);
	sample->rules[0][0].sel.src = (struct ip_prefix){ 0, 33 };
	expect_refused(-EINVAL);
	sample->rules[0][0].sel.src = (struct ip_prefix){ 0 };
	sample->rules[0][0].sel.dport = (struct port_range){ 2, 1 };
	expect_refused(-EINVAL);
	sample->rules[0][0].sel.dport = (struct port_range){ 1, 1 };
	sample->scopes[0].n_from = PLAN_INTERFACES_MAX + 1;
	expect_refused(-EINVAL);
	sample->scopes[0].n_from = 1;
	memset(sample->scopes[0].external, 'x', GVPN_IFNAME_MAX);
	expect_refused(-EINVAL);
	memcpy(sample->scopes[0].external, "wan0", 5);
	ck_assert_int_eq(plan_check(&sample->plan, err), 0);
	sample->plan.n_scopes = PLAN_SCOPES_MAX + 1;
	expect_refused(-E2BIG);
}
END_TEST

START_TEST(filters_are_checked)
{
	struct plan_scope *s = &sample->scopes[0];
	char err[256];

	sample_filter(sample);
	ck_assert_int_eq(plan_check(&sample->plan, err), 0);
	s->n_from = 1;
	expect_refused(-EINVAL);
	s->n_from = 0;
	s->rules[5].way = PLAN_OUT;
	expect_refused(-EINVAL);
	s->rules[5].way = PLAN_BOTH;
	s->n_rules--;
	expect_refused(-EINVAL); /* without its end */
	s->n_rules = 0;
	expect_refused(-EINVAL);
	s->n_rules = 6;
	s->filter = false;
	expect_refused(-EINVAL); /* an end that zones do not have */
	s->filter = true;
	s->rules[2].reason = PLAN_NOT_GOVERNED;
	expect_refused(-EINVAL);
}
END_TEST

START_TEST(too_many_zones)
{
	static struct plan_scope scopes[8];
	char err[256];

	for (size_t i = 0; i < ARRAY_SIZE(scopes); i++) {
		scopes[i] = sample->scopes[0];
		scopes[i].from[0][3] = (char)('0' + i);
	}
	sample->plan.scopes = scopes;
	sample->plan.n_scopes = 7;
	ck_assert_int_eq(plan_check(&sample->plan, err), 0);
	sample->plan.n_scopes = 8;
	expect_refused(-E2BIG);
}
END_TEST

START_TEST(description_has_no_keys)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	static const char *const parts[] = { "vpn group",
					     "wan0",
					     "clear",
					     "port 179-180",
					     "protocol 6",
					     "encrypt",
					     "172.16.0.0/12 -> 172.16.0.0/12",
					     "block",
					     "0.0.0.0/0",
					     "SPI 1c548e4e" };
	const char *at;

	sample_full(sample);
	ck_assert_ptr_nonnull(out);
	plan_print(&sample->plan, out);
	ck_assert_int_eq(fclose(out), 0);
	at = text;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		at = strstr(at, parts[i]);
		ck_assert_msg(at != NULL, "\"%s\" is not (or not there) in:\n%s", parts[i], text);
	}
	ck_assert_ptr_null(strstr(text, "40414243"));
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plan check");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, plans_are_checked);
	tcase_add_test(t, filters_are_checked);
	tcase_add_test(t, too_many_zones);
	tcase_add_test(t, description_has_no_keys);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
