/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which characters of others a terminal is not given. */
#include "lib/printable.h"

#include <check.h>
#include <stdlib.h>

static const struct {
	const char *text;
	size_t bad, next;
} characters[] = {
	{ "a", 0, 1 },
	{ "~", 0, 1 },
	{ "\n", 1, 1 },
	{ "\t", 1, 1 },
	{ "\x1b[31m", 1, 1 },
	{ "\x7f", 1, 1 },
	{ "\xc2\x80", 2, 2 },         /* the first of C1 */
	{ "\xc2\x9b", 2, 2 },         /* CSI */
	{ "\xc2\x9f", 2, 2 },         /* the last */
	{ "\xc2\xa0", 0, 2 },         /* a space that does not break */
	{ "\xc3\xbc", 0, 2 },         /* u with dots */
	{ "\xe2\x82\xac", 0, 3 },     /* the euro sign */
	{ "\xf0\x9f\x94\x92", 0, 4 }, /* a lock */
	{ "\xe2\x80\xa7", 0, 3 },     /* the last before U+2028 */
	{ "\xe2\x80\xa8", 3, 3 },     /* U+2028 */
	{ "\xe2\x80\xae", 3, 3 },     /* U+202E, from right to left */
	{ "\xe2\x81\xa6", 3, 3 },     /* U+2066 */
	{ "\xd8\x9c", 2, 2 },         /* U+061C */
	{ "\x9b", 1, 1 },             /* CSI of a terminal of eight bits */
	{ "\xff", 1, 1 },             /* no UTF-8 */
	{ "\xc0\x8a", 1, 1 },         /* too long a form */
	{ "\xe0\x82\x9b", 1, 1 },     /* the same of CSI */
	{ "\xed\xa0\x80", 1, 1 },     /* half of a pair */
	{ "\xf4\x90\x80\x80", 1, 1 }, /* beyond Unicode */
	{ "\xe2\x82", 1, 1 },         /* cut off */
	{ "\xe2", 1, 1 },
};

START_TEST(characters_of_others)
{
	size_t next = 0;

	ck_assert_uint_eq(printable_bad(characters[_i].text, &next), characters[_i].bad);
	ck_assert_uint_eq(next, characters[_i].next);
	ck_assert_uint_eq(printable_bad(characters[_i].text, NULL), characters[_i].bad);
}
END_TEST

START_TEST(put)
{
	static const char lines[] = "a\xc2\x9b"
				    "b\n\n\xe2\x82\xac\x1b\nend";
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	printable_put_lines(f, lines, sizeof(lines) - 1);
	fputc('|', f);
	printable_put(f, "a\nb\xe2");
	fclose(f);
	ck_assert_str_eq(text, "a??b\n\n\xe2\x82\xac?\nend|a?b?");
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("printable");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(t, characters_of_others, 0, (int)ARRAY_SIZE(characters));
	tcase_add_test(t, put);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
