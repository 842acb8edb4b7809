/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/fact.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct fact take(const char *words, ...)
{
	struct fact f;
	va_list ap;

	va_start(ap, words);
	fact_take(&f, words, ap);
	va_end(ap);
	return f;
}

/* As printf has it, for every conversion that words may have. */
START_TEST(words_are_printfs)
{
	const char words[] = "%s has %u of %zu at %08x and 0x%02x, not %d";
	struct fact f = take(words, "a peer", 4294967295u, (size_t)1 << 40, 0xabcu, 7u, -3);
	char got[200], want[200];

	snprintf(want, sizeof(want), words, "a peer", 4294967295u, (size_t)1 << 40, 0xabcu, 7u, -3);
	ck_assert_str_eq(fact_format(&f, words, got, sizeof(got)), want);
	f = take("nothing");
	ck_assert_str_eq(fact_format(&f, "nothing", got, sizeof(got)), "nothing");
}
END_TEST

START_TEST(texts_are_printable_and_bounded)
{
	char longer[FACT_TEXT_MAX + 100], got[2 * FACT_TEXT_MAX], small[12];
	struct fact f = take("%s", "a\033[2J\n\x80");

	ck_assert_str_eq(fact_format(&f, "%s", got, sizeof(got)), "a?[2J??");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	f = take("%s, %s", longer, "behind");
	fact_format(&f, "%s, %s", got, sizeof(got));
	ck_assert_uint_eq(strlen(got), FACT_TEXT_MAX - 1 + 2);
	ck_assert_str_eq(got + strlen(got) - 2, ", ");
	f = take("%s and %u", "one", 22u);
	ck_assert_str_eq(fact_format(&f, "%s and %u", small, sizeof(small)), "one and 22");
	f = take("%s and %u", "one", 22333u);
	ck_assert_str_eq(fact_format(&f, "%s and %u", small, sizeof(small)), "one and 223");
}
END_TEST

START_TEST(equality)
{
	struct fact a = take("%s %u", "x", 1u), b = take("%s %u", "x", 1u), c = take("%s %u", "y", 1u),
		    d = take("%s %u", "x", 2u), e = take("%s", "x");

	ck_assert(fact_equal(&a, &b));
	ck_assert(!fact_equal(&a, &c));
	ck_assert(!fact_equal(&a, &d));
	ck_assert(!fact_equal(&a, &e));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("facts");
	TCase *t = tcase_create("facts");
	SRunner *runner;
	int failed;

	tcase_add_test(t, words_are_printfs);
	tcase_add_test(t, texts_are_printable_and_bounded);
	tcase_add_test(t, equality);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
