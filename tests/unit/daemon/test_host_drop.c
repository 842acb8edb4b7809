/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether this host's own firewall drops ESP, by what came before its chains and what passed them. */
#include "member/daemon/host_drop.h"

#include <check.h>
#include <stdlib.h>

#define NOW 1000000u

static struct host_drop h;
static struct host_drop_counts c;
static struct host_drop_news news;
static uint64_t now;

static void setup(void)
{
	h = (struct host_drop){ 0 };
	c = (struct host_drop_counts){ 0 };
	now = NOW;
	host_drop_watch(&h, now);
}

static uint64_t total(void)
{
	return news.in + news.out + news.stamped;
}

/* The next look, when it is due. */
static void look(void)
{
	ck_assert_uint_ne(h.look_at, 0);
	ck_assert(!host_drop_is_due(&h, h.look_at - 1));
	now = h.look_at;
	ck_assert(host_drop_is_due(&h, now));
	host_drop_look(&h, now, &c, &news);
}

START_TEST(what_passes_ends_the_watch)
{
	look();
	c = (struct host_drop_counts){ .in = { 5, 5 }, .out = { 0, 0 } };
	look();
	ck_assert_uint_eq(total(), 0);
	ck_assert_uint_ne(h.look_at, 0);
	c.out.came = c.out.passed = 2;
	look();
	ck_assert_uint_eq(total(), 0);
	ck_assert_uint_eq(h.look_at, 0);
}
END_TEST

START_TEST(what_is_dropped_is_told_once)
{
	look();
	c.in.came = 2;
	look();
	ck_assert_msg(news.in == 0, "two may be under way");
	c.in.came = 3;
	look();
	ck_assert_uint_eq(news.in, 3);
	ck_assert_uint_eq(news.out, 0);
	c.in.came = 30;
	look();
	ck_assert_uint_eq(news.in, 0);
	c.out.came = 7;
	look();
	ck_assert_uint_eq(news.in, 0);
	ck_assert_uint_eq(news.out, 7);
	/* The host's rules change, and it is still so: nothing new. */
	host_drop_watch(&h, now);
	look();
	c.in.came = c.out.came = 100;
	look();
	ck_assert_uint_eq(total(), 0);
	/* Mended, and broken again. */
	c.in.passed = 90;
	c.in.came = 200;
	look();
	host_drop_watch(&h, now);
	look();
	c.in.came = 210;
	look();
	ck_assert_uint_eq(news.in, 10);
}
END_TEST

/* Rules change all the time: two looks a second, and no more. */
START_TEST(rules_that_never_rest)
{
	unsigned looks = 0;

	for (; now < NOW + 60000; now += 10) {
		host_drop_watch(&h, now);
		if (!host_drop_is_due(&h, now))
			continue;
		host_drop_look(&h, now, &c, &news);
		ck_assert(!host_drop_is_due(&h, now));
		looks++;
	}
	ck_assert_uint_ge(looks, 115);
	ck_assert_uint_le(looks, 121);
}
END_TEST

/* A packet that passed before the rules changed does not hide those that are dropped since. */
START_TEST(what_passed_before_says_nothing)
{
	look();
	c = (struct host_drop_counts){ .in = { 1, 1 }, .out = { 1, 1 } };
	now += 600;
	host_drop_watch(&h, now);
	ck_assert(host_drop_is_due(&h, now));
	look();
	ck_assert_uint_ne(h.look_at, 0);
	c.in.came = 9;
	look();
	ck_assert_uint_eq(news.in, 8);
}
END_TEST

/* Packets that come between the change and the first look a second later are not missed. */
START_TEST(the_first_look_is_at_once)
{
	ck_assert(host_drop_is_due(&h, NOW));
	look();
	c.in.came = 3;
	look();
	ck_assert_uint_eq(now, NOW + HOST_DROP_FIRST_MS);
	ck_assert_uint_eq(news.in, 3);
}
END_TEST

/* Some that are dropped, by a limit of their rate say, are no firewall that does not know ESP. */
START_TEST(a_part_is_not_told)
{
	look();
	for (unsigned i = 0; i < 10; i++) {
		c.in.came += 100;
		c.in.passed += 1;
		look();
		ck_assert_uint_eq(total(), 0);
	}
}
END_TEST

START_TEST(counters_that_begin_anew)
{
	c = (struct host_drop_counts){ .in = { 1000, 10 }, .out = { 1000, 10 } };
	look();
	ck_assert_msg(total() == 0, "what was before the watch began says nothing");
	c = (struct host_drop_counts){ .in = { 4, 10 }, .out = { 4, 0 } };
	look();
	ck_assert_uint_eq(total(), 0);
	ck_assert_msg(!h.in.good && !h.out.good, "fewer than before have not passed");
	c = (struct host_drop_counts){ .in = { 8, 10 }, .out = { 8, 0 } };
	look();
	ck_assert_uint_eq(news.in, 4);
	ck_assert_uint_eq(news.out, 4);
}
END_TEST

/* Programs that were gone for a moment counted nothing of what left. */
START_TEST(what_was_counted_before_a_repair_says_nothing)
{
	look();
	c.out.came = 3;
	host_drop_watch(&h, now);
	host_drop_rebase(&h);
	look();
	ck_assert_uint_eq(news.out, 0);
	c.out.came = 6;
	look();
	ck_assert_uint_eq(news.out, 3);
}
END_TEST

/* ESP gets out all the time, as when only some packets go that way; those that do are dropped, and that is told. */
START_TEST(what_is_to_be_stamped_is_told_apart)
{
	c.stamps = true;
	look();
	c.in = c.out = (struct host_drop_count){ 10, 10 };
	c.stamped.came = 3;
	look();
	ck_assert_uint_eq(news.stamped, 3);
	ck_assert_uint_eq(news.in + news.out, 0);
	c.out = (struct host_drop_count){ 20, 20 };
	c.stamped.came = 9;
	look();
	ck_assert_msg(total() == 0, "it was told");
	c.stamped = (struct host_drop_count){ 12, 1 };
	look();
	ck_assert_uint_eq(total(), 0);
	ck_assert_uint_eq(h.look_at, 0);
}
END_TEST

/* A group with a window is watched until such a packet has passed; one without is not watched for it. */
START_TEST(what_is_to_be_stamped_is_waited_for)
{
	look();
	c.in = c.out = (struct host_drop_count){ 2, 2 };
	look();
	ck_assert_uint_eq(h.look_at, 0);
	c.stamps = true;
	host_drop_watch(&h, now);
	look();
	c.in = c.out = (struct host_drop_count){ 4, 4 };
	look();
	ck_assert_uint_ne(h.look_at, 0);
	c.stamped = (struct host_drop_count){ 1, 1 };
	look();
	ck_assert_uint_eq(total(), 0);
	ck_assert_uint_eq(h.look_at, 0);
}
END_TEST

START_TEST(ever_more_rarely)
{
	unsigned n = 0;

	while (now < NOW + 3600000u) {
		look();
		n++;
	}
	ck_assert_uint_le(n, 70);
	ck_assert_uint_eq(h.wait_ms, HOST_DROP_MAX_MS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("host drop");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, what_passes_ends_the_watch);
	tcase_add_test(t, what_is_dropped_is_told_once);
	tcase_add_test(t, rules_that_never_rest);
	tcase_add_test(t, the_first_look_is_at_once);
	tcase_add_test(t, what_passed_before_says_nothing);
	tcase_add_test(t, a_part_is_not_told);
	tcase_add_test(t, counters_that_begin_anew);
	tcase_add_test(t, what_was_counted_before_a_repair_says_nothing);
	tcase_add_test(t, what_is_to_be_stamped_is_told_apart);
	tcase_add_test(t, what_is_to_be_stamped_is_waited_for);
	tcase_add_test(t, ever_more_rarely);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
