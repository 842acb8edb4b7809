/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers of processors, which may have gaps. */
#include "xfrm/bpf/cpus.h"
#include "xfrm/bpf/shapes.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

START_TEST(the_highest_number_counts_and_not_how_many_there_are)
{
	ck_assert_uint_eq(cpus_numbers_of("0\n"), 1);
	ck_assert_uint_eq(cpus_numbers_of("0-3\n"), 4);
	ck_assert_uint_eq(cpus_numbers_of("0-3"), 4);
	ck_assert_uint_eq(cpus_numbers_of("0-1,8-9\n"), 10);
	ck_assert_uint_eq(cpus_numbers_of("0,2,127\n"), 128);
	ck_assert_uint_eq(cpus_numbers_of("8-9,0\n"), 10);
	ck_assert_uint_eq(cpus_numbers_of("0-65535"), 65536);
}
END_TEST

START_TEST(what_is_no_list_says_nothing)
{
	static const char *const wrong[] = {
		"",     "\n",  "-",     "0-",    "0-\n",           "0,", ",0",    "3-1", "a",
		"0-3x", "0 1", "0-3-5", "65536", "99999999999999", "+1", "0\n\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		ck_assert_msg(cpus_numbers_of(wrong[i]) == 0, "\"%s\"", wrong[i]);
}
END_TEST

START_TEST(this_host_has_some)
{
	ck_assert_uint_ge(cpus_numbers(), 1);
}
END_TEST

/* As new_slot() in the programs makes a number of them. */
START_TEST(no_two_processors_have_a_slot_in_common)
{
	static const uint32_t numbers[] = { 1, 2, 3, 4, 10, 128, 1000, 8192 };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		uint32_t n = numbers[i], slots = cpus_slots(n);

		ck_assert_uint_ge(slots, 2);
		ck_assert_uint_eq(slots & (slots - 1), 0);
		ck_assert_uint_le(slots * n, DP_SLOTS);
	}
	ck_assert_uint_eq(cpus_slots(1), DP_SLOTS);
	ck_assert_uint_eq(cpus_slots(0), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cpus");
	TCase *t = tcase_create("numbers");
	SRunner *runner;
	int failed;

	tcase_add_test(t, the_highest_number_counts_and_not_how_many_there_are);
	tcase_add_test(t, what_is_no_list_says_nothing);
	tcase_add_test(t, this_host_has_some);
	tcase_add_test(t, no_two_processors_have_a_slot_in_common);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
