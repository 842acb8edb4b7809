/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When an operator is told that anti-replay by time drops packets. */
#include "member/daemon/d3p_watch.h"

#include <check.h>
#include <stdlib.h>

#define SECOND UINT64_C(1000)
#define START (100 * SECOND)

static struct d3p_watch watch;
static struct kernel_d3p_counters counters, news;
static uint64_t ms;

static bool look(uint64_t now)
{
	return d3p_watch_look(&watch, now, &counters, &news, &ms);
}

static void setup(void)
{
	watch = (struct d3p_watch){ 0 };
	counters = (struct kernel_d3p_counters){ .too_old = 70, .unexpected = 3 };
	ck_assert(!d3p_watch_is_due(&watch, START));
	d3p_watch_set(&watch, true, START);
	ck_assert(d3p_watch_is_due(&watch, START));
	ck_assert(!look(START)); /* an earlier run's */
	ck_assert(!d3p_watch_is_due(&watch, START + D3P_LOOK_MS - 1));
	ck_assert(d3p_watch_is_due(&watch, START + D3P_LOOK_MS));
}

/* The first drops are told at the next look, each by its name; the counters' begin is no news. */
START_TEST(the_first_is_told_soon)
{
	ck_assert(!look(START + 10 * SECOND));
	counters.too_old += 5;
	counters.type_error = 2;
	ck_assert(look(START + 20 * SECOND));
	ck_assert_uint_eq(news.too_old, 5);
	ck_assert_uint_eq(news.type_error, 2);
	ck_assert_uint_eq(d3p_total(&news), 7);
	ck_assert_uint_eq(ms, D3P_LOOK_MS);
	ck_assert(!look(START + 30 * SECOND));
}
END_TEST

/* What goes on is told once a minute, with all that came. */
START_TEST(the_rest_is_told_together)
{
	unsigned lines = 0;
	uint64_t total = 0;

	for (uint64_t now = START + 10 * SECOND; now <= START + 610 * SECOND; now += D3P_LOOK_MS) {
		counters.too_new += 100;
		if (look(now)) {
			lines++;
			total += d3p_total(&news);
			ck_assert_uint_eq(ms, lines == 1 ? D3P_LOOK_MS : D3P_TELL_MS);
		}
	}
	ck_assert_uint_eq(lines, 11);
	ck_assert_uint_eq(total, 61 * 100);
	/* Quiet for a while: the next ones are told at once, with the time since they began. */
	for (uint64_t now = START + 620 * SECOND; now < START + 900 * SECOND; now += D3P_LOOK_MS)
		ck_assert(!look(now));
	counters.length_error++;
	ck_assert(look(START + 900 * SECOND));
	ck_assert_uint_eq(ms, D3P_LOOK_MS);
	ck_assert_uint_eq(d3p_total(&news), 1);
}
END_TEST

/* The programs were made anew, and count from 0: what they have counted since is news, and nothing more. */
START_TEST(counters_that_begin_anew)
{
	counters = (struct kernel_d3p_counters){ .too_old = 4, .next_header_error = 1 };
	ck_assert(look(START + 10 * SECOND));
	ck_assert_uint_eq(news.too_old, 4);
	ck_assert_uint_eq(news.unexpected, 0);
	ck_assert_uint_eq(d3p_total(&news), 5);
}
END_TEST

START_TEST(without_keys_nobody_looks)
{
	d3p_watch_set(&watch, true, START + SECOND); /* goes on as it is */
	ck_assert_uint_eq(watch.look_at, START + D3P_LOOK_MS);
	d3p_watch_set(&watch, false, START + SECOND);
	ck_assert(!d3p_watch_is_due(&watch, UINT64_MAX));
	d3p_watch_set(&watch, true, START + 2 * SECOND);
	ck_assert(d3p_watch_is_due(&watch, START + 2 * SECOND));
	counters.no_timestamp += 2;
	ck_assert(look(START + 2 * SECOND)); /* and what came meanwhile is told */
	ck_assert_uint_eq(news.no_timestamp, 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("D3P watch");
	TCase *d = tcase_create("drops");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(d, setup, NULL);
	tcase_add_test(d, the_first_is_told_soon);
	tcase_add_test(d, the_rest_is_told_together);
	tcase_add_test(d, counters_that_begin_anew);
	tcase_add_test(d, without_keys_nobody_looks);
	suite_add_tcase(suite, d);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
