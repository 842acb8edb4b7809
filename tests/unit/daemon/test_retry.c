/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fails is tried again ever later, and told once for each cause. */
#include "member/daemon/retry.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(ever_later_up_to_a_minute)
{
	static const uint64_t waits[] = { 2000, 4000, 8000, 16000, 32000, 60000, 60000 };
	struct retry r = { 0 };
	uint64_t now = 5000;
	bool tell;

	ck_assert(!retry_failing(&r));
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		ck_assert_uint_eq(retry_failed(&r, now, "no room", &tell), waits[i]);
		ck_assert_int_eq(tell, i == 0);
		now += waits[i];
	}
	ck_assert(retry_failing(&r));
	ck_assert_uint_eq(r.since, 5000);
	ck_assert_str_eq(r.why, "no room");
	ck_assert(retry_succeeded(&r));
	ck_assert(!retry_succeeded(&r));
	ck_assert_uint_eq(retry_failed(&r, now, "no room", &tell), 2000);
	ck_assert(tell);
	ck_assert_uint_eq(r.since, now);
}
END_TEST

START_TEST(another_cause_is_told)
{
	struct retry r = { 0 };
	char long_text[600];
	bool tell;

	retry_failed(&r, 1, "no room", &tell);
	ck_assert_uint_eq(retry_failed(&r, 2, "no table", &tell), 4000);
	ck_assert(tell);
	ck_assert_uint_eq(r.since, 1);
	retry_failed(&r, 3, "", &tell);
	ck_assert(tell);
	ck_assert(retry_failing(&r));
	memset(long_text, 'x', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = '\0';
	retry_failed(&r, 4, long_text, &tell);
	ck_assert(tell);
	retry_failed(&r, 5, long_text, &tell);
	ck_assert(!tell);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("retry");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(t, ever_later_up_to_a_minute);
	tcase_add_test(t, another_cause_is_told);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
