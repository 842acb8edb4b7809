/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The limit of the lines that others cause. */
#include "lib/rate_limit.h"

#include <check.h>
#include <stdlib.h>

#define SERVER 0x0a0a6401u
#define START 100000u
#define REFUSED 9u

enum { WARNING = 1, INFO = 3 }; /* levels */

static struct rate_limit limit;

static bool pass(uint64_t now, unsigned event, uint32_t server)
{
	return rate_limit_pass(&limit, now, (struct rate_key){ WARNING, event, server });
}

static void no_due(uint64_t now)
{
	struct rate_limit_missed m;

	ck_assert(!rate_limit_due(&limit, now, &m));
}

START_TEST(few_lines_pass)
{
	for (uint64_t now = START; now < START + 100 * (uint64_t)RATE_LIMIT_MS;
	     now += RATE_LIMIT_MS / RATE_LIMIT_LINES) {
		no_due(now);
		ck_assert(pass(now, REFUSED, SERVER));
		ck_assert_uint_eq(rate_limit_deadline(&limit), UINT64_MAX);
	}
}
END_TEST

START_TEST(a_flood_is_one_number)
{
	struct rate_limit_missed m = { 0 };

	for (unsigned i = 0; i < 1000; i++)
		ck_assert_int_eq(pass(START + i, REFUSED, SERVER), i < RATE_LIMIT_LINES);
	ck_assert_uint_eq(rate_limit_deadline(&limit), START + RATE_LIMIT_MS);
	no_due(START + RATE_LIMIT_MS - 1);
	ck_assert(rate_limit_due(&limit, START + RATE_LIMIT_MS, &m));
	ck_assert_uint_eq(m.lines, 1000 - RATE_LIMIT_LINES);
	ck_assert_int_eq(m.key.level, WARNING);
	ck_assert_uint_eq(m.key.event, REFUSED);
	ck_assert_uint_eq(m.key.peer, SERVER);
	no_due(START + RATE_LIMIT_MS);
	ck_assert_uint_eq(rate_limit_deadline(&limit), UINT64_MAX);
	ck_assert(pass(START + RATE_LIMIT_MS, REFUSED, SERVER));
}
END_TEST

/* One server's flood, or one event's, takes nothing from another's. */
START_TEST(each_has_its_own)
{
	for (unsigned i = 0; i <= RATE_LIMIT_LINES; i++)
		(void)pass(START, REFUSED, SERVER);
	ck_assert(!pass(START, REFUSED, SERVER));
	ck_assert(pass(START, REFUSED, SERVER + 1));
	ck_assert(pass(START, 0, SERVER));
	ck_assert(rate_limit_pass(&limit, START, (struct rate_key){ INFO, REFUSED, SERVER }));
}
END_TEST

/* Senders beyond the table share one allowance, nobody's number is lost, and the table is free again later. */
START_TEST(many_senders)
{
	unsigned logged = 0, missed = 0, senders = 10000;
	struct rate_limit_missed m;

	for (uint32_t i = 0; i < senders; i++)
		logged += pass(START, 0, SERVER + i);
	ck_assert_uint_eq(logged, RATE_LIMIT_KEYS + RATE_LIMIT_LINES);
	while (rate_limit_due(&limit, START + RATE_LIMIT_MS, &m)) {
		ck_assert_uint_eq(m.key.peer, 0);
		missed += m.lines;
	}
	ck_assert_uint_eq(logged + missed, senders);
	ck_assert(pass(START + RATE_LIMIT_MS, 0, 1));
}
END_TEST

/* The shared allowance is told at the level of its most severe line. */
START_TEST(the_shared_one_is_as_severe_as_its_worst)
{
	struct rate_limit_missed m;

	for (uint32_t i = 0; i < RATE_LIMIT_KEYS + RATE_LIMIT_LINES; i++)
		ck_assert(rate_limit_pass(&limit, START, (struct rate_key){ INFO, 0, SERVER + i }));
	for (uint32_t i = 0; i < 3; i++)
		ck_assert(!rate_limit_pass(&limit, START, (struct rate_key){ i == 1 ? WARNING : INFO, 0, 1 + i }));
	ck_assert(rate_limit_due(&limit, START + RATE_LIMIT_MS, &m));
	ck_assert_int_eq(m.key.level, WARNING);
	ck_assert_uint_eq(m.key.peer, 0);
	ck_assert_uint_eq(m.lines, 3);
}
END_TEST

static void setup(void)
{
	limit = (struct rate_limit){ 0 };
}

int main(void)
{
	Suite *suite = suite_create("rate_limit");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, few_lines_pass);
	tcase_add_test(t, a_flood_is_one_number);
	tcase_add_test(t, each_has_its_own);
	tcase_add_test(t, many_senders);
	tcase_add_test(t, the_shared_one_is_as_severe_as_its_worst);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
