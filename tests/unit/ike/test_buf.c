/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/crypto.h"

#include <check.h>
#include <stdlib.h>

START_TEST(a_reader_stays_inside)
{
	const uint8_t b[] = { 1, 2, 3, 4, 5 };
	struct reader r = reader_of(b, sizeof(b)), sub;

	ck_assert_uint_eq(read_u16(&r), 0x0102);
	sub = read_sub(&r, 2);
	ck_assert_uint_eq(read_u8(&sub), 3);
	ck_assert_uint_eq(read_u32(&sub), 0);
	ck_assert(sub.failed);
	ck_assert(!r.failed);
	ck_assert_uint_eq(r.left, 1);
	ck_assert_ptr_null(read_bytes(&r, 2));
	ck_assert(r.failed);
	ck_assert_uint_eq(read_u8(&r), 0); /* and it stays so, though an octet was left */
	sub = read_sub(&r, 0);
	ck_assert(sub.failed);
}
END_TEST

START_TEST(a_writer_keeps_its_first_error)
{
	static const uint8_t block[4096];
	struct writer w = { 0 };

	for (size_t i = 0; i < 15; i++)
		write_bytes(&w, block, sizeof(block));
	ck_assert_int_eq(w.err, 0);
	ck_assert_uint_eq(w.len, 15 * sizeof(block));
	write_zeros(&w, sizeof(block));
	ck_assert_int_eq(w.err, -EMSGSIZE); /* more than a datagram */
	write_u8(&w, 1);
	ck_assert_uint_eq(w.len, 15 * sizeof(block));
	writer_clear(&w);
	write_u8(&w, 1);
	write_u16_at(&w, 0, 2);
	ck_assert_int_eq(w.err, -EMSGSIZE);
	writer_clear(&w);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reader and writer");
	TCase *t = tcase_create("reader and writer");
	SRunner *runner;
	int failed;

	tcase_add_test(t, a_reader_stays_inside);
	tcase_add_test(t, a_writer_keeps_its_first_error);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
