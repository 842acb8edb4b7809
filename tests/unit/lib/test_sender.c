/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ids within IVs (RFC 6054 3), and the arithmetic of the kernel's generator. */
#include "lib/sender.h"

#include <check.h>
#include <stdlib.h>

START_TEST(ids_in_prefixes)
{
	static const struct {
		uint8_t bits;
		uint32_t id, first, last; /* prefixes that begin with the id */
	} t[] = {
		{ 8, 0, 0, 0x00ffffff },
		{ 8, 0xff, 0xff000000, 0xffffffff },
		{ 12, 0xabc, 0xabc00000, 0xabcfffff },
		{ 16, 0x1234, 0x12340000, 0x1234ffff },
		{ 1, 1, 0x80000000, 0xffffffff },
		{ 31, 1, 2, 3 },
		{ 32, 0xdeadbeef, 0xdeadbeef, 0xdeadbeef },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		ck_assert_uint_eq(sender_first_prefix(t[i].bits, t[i].id), t[i].first);
		ck_assert_uint_eq(t[i].first | ~sender_mask(t[i].bits), t[i].last);
		ck_assert(sender_prefix_begins(t[i].bits, t[i].id, t[i].first));
		ck_assert(sender_prefix_begins(t[i].bits, t[i].id, t[i].last));
		if (t[i].first > 0)
			ck_assert(!sender_prefix_begins(t[i].bits, t[i].id, t[i].first - 1));
		if (t[i].last < UINT32_MAX)
			ck_assert(!sender_prefix_begins(t[i].bits, t[i].id, t[i].last + 1));
		ck_assert_uint_eq(sender_id_of(t[i].bits, t[i].last), t[i].id);
	}
	ck_assert(!sender_prefix_begins(0, 0, 0)); /* no id */
	ck_assert(!sender_prefix_begins(8, 256, 0));
	ck_assert(sender_id_fits(8, 255) && !sender_id_fits(8, 256) && !sender_id_fits(0, 0));
	ck_assert(sender_id_fits(32, UINT32_MAX));
}
END_TEST

/* Each IV of an SA is another one, and all begin alike, to the last sequence number. */
START_TEST(seqiv)
{
	static const uint64_t salts[] = { 0, 1, UINT64_MAX, 0x123456789abcdef0, 0x00ffffffffffffff };
	static const uint32_t sequences[] = { 1, 2, 0x7fffffff, 0x80000000, UINT32_MAX - 1, SENDER_SEQUENCE_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(salts); i++)
		for (size_t j = 0; j < ARRAY_SIZE(sequences); j++) {
			uint64_t iv = seqiv_iv(salts[i], sequences[j]);

			ck_assert_uint_eq(seqiv_prefix(iv), salts[i] >> 32);
			ck_assert_uint_eq(seqiv_salt(iv, sequences[j]), salts[i]);
			for (size_t k = 0; k < j; k++)
				ck_assert_uint_ne(iv, seqiv_iv(salts[i], sequences[k]));
		}
	ck_assert_uint_eq(seqiv_iv(0x1122334455667788, 1), 0x1122334455667789);
}
END_TEST

START_TEST(sequence_left)
{
	ck_assert_uint_eq(sender_sequence_left(0), UINT32_MAX);
	ck_assert_uint_eq(sender_sequence_left(1), UINT32_MAX - 1);
	ck_assert_uint_eq(sender_sequence_left(UINT32_MAX - 1), 1);
	ck_assert_uint_eq(sender_sequence_left(UINT32_MAX), 0);
	ck_assert_uint_eq(sender_sequence_left(UINT64_MAX), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sender ids in IVs");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_test(t, ids_in_prefixes);
	tcase_add_test(t, seqiv);
	tcase_add_test(t, sequence_left);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
