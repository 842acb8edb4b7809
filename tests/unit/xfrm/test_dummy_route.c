/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The routes to the dummy address: which metric and which MTU each has. */
#include "tests/unit/support/xfrm_plan.h"
#include "xfrm/link/dummy_route.h"
#include "xfrm/link/watch.h"

#include <check.h>
#include <stdlib.h>

#define FIRST 0x6776u

static struct dummy_known known;
static struct dummy_route want[DUMMY_ROUTES_MAX];

/* The interfaces of TEXT, a letter each, are wanted, and then they are what is known. */
static void choose(const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		want[i] = (struct dummy_route){ .oif = (uint32_t)text[i] };
	dummy_choose_metrics(&known, want, n);
	memcpy(known.items, want, n * sizeof(*want));
	known.n = n;
}

static uint32_t metric_of(char oif)
{
	for (size_t i = 0; i < known.n; i++)
		if (known.items[i].oif == (uint32_t)oif)
			return known.items[i].metric;
	return 0;
}

START_TEST(another_order_changes_nothing)
{
	known = (struct dummy_known){ 0 };
	choose("abc");
	ck_assert_uint_eq(metric_of('a'), FIRST);
	ck_assert_uint_eq(metric_of('b'), FIRST + 1);
	ck_assert_uint_eq(metric_of('c'), FIRST + 2);
	choose("cab");
	ck_assert_uint_eq(metric_of('a'), FIRST);
	ck_assert_uint_eq(metric_of('b'), FIRST + 1);
	ck_assert_uint_eq(metric_of('c'), FIRST + 2);
}
END_TEST

/* What comes takes nobody's metric, not even that of one that goes: both stand for a moment. */
START_TEST(a_new_one_takes_nobodys_metric)
{
	known = (struct dummy_known){ 0 };
	choose("ab");
	choose("xb");
	ck_assert_uint_eq(metric_of('x'), FIRST + 2);
	ck_assert_uint_eq(metric_of('b'), FIRST + 1);
	choose("yxb");
	ck_assert_uint_eq(metric_of('y'), FIRST);
	ck_assert_uint_eq(metric_of('x'), FIRST + 2);
}
END_TEST

START_TEST(as_many_as_there_may_be)
{
	char all[DUMMY_ROUTES_MAX + 1], back[DUMMY_ROUTES_MAX + 1];

	for (size_t i = 0; i < DUMMY_ROUTES_MAX; i++)
		all[i] = back[DUMMY_ROUTES_MAX - 1 - i] = (char)('!' + i);
	all[DUMMY_ROUTES_MAX] = back[DUMMY_ROUTES_MAX] = '\0';
	known = (struct dummy_known){ 0 };
	choose(all);
	choose(back);
	for (size_t i = 0; i < DUMMY_ROUTES_MAX; i++)
		ck_assert_uint_eq(metric_of(all[i]), FIRST + i);
}
END_TEST

/* One route for all VPNs of an interface: none of them may send what is too large for another's way. */
START_TEST(the_least_mtu_of_an_interface)
{
	struct sample *sample = sample_new();
	struct plan_scope *first = &sample->scopes[0], *second = sample_scope(sample, first->external, SAMPLE_LOCAL);
	struct plan_scope *other = sample_scope(sample, "wan9", SAMPLE_LOCAL);

	ck_assert_uint_eq(links_mtu(&sample->plan, first->external), 0);
	second->tunnel_mtu = 1300;
	other->tunnel_mtu = 1200;
	ck_assert_uint_eq(links_mtu(&sample->plan, first->external), 1300);
	first->tunnel_mtu = 1400;
	ck_assert_uint_eq(links_mtu(&sample->plan, first->external), 1300);
	second->tunnel_mtu = 1450;
	ck_assert_uint_eq(links_mtu(&sample->plan, first->external), 1400);
	ck_assert_uint_eq(links_mtu(&sample->plan, "wan9"), 1200);
	ck_assert_uint_eq(links_mtu(&sample->plan, "wan8"), 0);
	free(sample);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dummy route");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(t, another_order_changes_nothing);
	tcase_add_test(t, a_new_one_takes_nobodys_metric);
	tcase_add_test(t, as_many_as_there_may_be);
	tcase_add_test(t, the_least_mtu_of_an_interface);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
