/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/algorithm.h"

#include <check.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* Our lengths are the library's. */
START_TEST(lengths_are_openssls){
#define X(id, octets, openssl, junos, shown, kek)                                                                      \
	{                                                                                                              \
		EVP_CIPHER *c = EVP_CIPHER_fetch(NULL, openssl, NULL);                                                 \
		ck_assert_ptr_nonnull(c);                                                                              \
		ck_assert_int_eq(EVP_CIPHER_get_key_length(c), octets);                                                \
		ck_assert_int_eq(EVP_CIPHER_get_block_size(c), CIPHER_BLOCK_LEN);                                      \
		EVP_CIPHER_free(c);                                                                                    \
	}
	CIPHERS_CBC(X)
#undef X
#define X(ike, sig, openssl, octets, junos, shown, server)                                                             \
	{                                                                                                              \
		EVP_MD *md = EVP_MD_fetch(NULL, openssl, NULL);                                                        \
		ck_assert_ptr_nonnull(md);                                                                             \
		ck_assert_int_eq(EVP_MD_get_size(md), octets);                                                         \
		EVP_MD_free(md);                                                                                       \
	}
		HASHES_SHA1(X) HASHES_SHA2(X)
#undef X
} END_TEST

	/* Each row is found by each of its numbers and names, and by no other's. */
	START_TEST(rows_are_found)
{
#define FOUND(id, junos, transform)                                                                                    \
	ck_assert_int_eq(cipher_of_junos(junos), id);                                                                  \
	ck_assert_str_eq(cipher_junos(id), junos);                                                                     \
	ck_assert_int_eq(cipher_esp(transform, (uint32_t)cipher_key_len(id) * 8), id);
#define X(id, octets, openssl, junos, shown, kek) FOUND(id, junos, 12)
	CIPHERS_CBC(X)
#undef X
#define X(id, transform, octets, icv, kernel, junos, shown) FOUND(id, junos, transform)
	CIPHERS_COUNTER(X)
#undef X
#define X(id, wire, octets, bits, kernel, junos, shown, server)                                                        \
	ck_assert_int_eq(auth_of_wire(wire), id);                                                                      \
	ck_assert_int_eq(auth_of_junos(junos), id);                                                                    \
	ck_assert_uint_eq(auth_key_len(id), octets);
	AUTHS(X)
#undef X
#define X(ike, sig, openssl, octets, junos, shown, server) ck_assert_ptr_eq(ike_hash_info(ike), sig_hash_info(sig));
	HASHES_SHA1(X) HASHES_SHA2(X)
#undef X
}
END_TEST

/* Numbers of a peer or of a file may be any. */
START_TEST(unknown_numbers)
{
	static const uint32_t unknown[] = { 0, CIPHERS, 77, 255, 65536, UINT32_MAX };

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		ck_assert_ptr_null(cipher_info((enum cipher)unknown[i]));
		ck_assert_uint_eq(cipher_esp_key_len((enum cipher)unknown[i]), 0);
		ck_assert_ptr_null(auth_info((enum auth)unknown[i]));
		ck_assert_ptr_null(ike_hash_info((enum ike_hash)unknown[i]));
		ck_assert_ptr_null(sig_hash_info((enum sig_hash)unknown[i]));
		ck_assert_ptr_null(sig_info((enum sig_algorithm)unknown[i]));
		ck_assert_ptr_null(ike_group_info((enum ike_group)unknown[i]));
		ck_assert_int_eq(cipher_cbc(unknown[i]), CIPHER_NONE);
	}
	ck_assert_int_eq(cipher_esp(12, 129), CIPHER_NONE);
	ck_assert(!cipher_esp_known(11));
	ck_assert_str_eq(esp_transform_name(3), "3DES");
	ck_assert_str_eq(esp_transform_name(255), "unknown");
}
END_TEST

/* The salt is at the key's end (RFC 4106 8.1). */
START_TEST(counter_mode)
{
	ck_assert(cipher_is_counter_mode(CIPHER_AES_GCM_192));
	ck_assert(!cipher_is_counter_mode(CIPHER_AES_CBC_192));
	for (int c = CIPHER_NONE + 1; c < CIPHERS; c++) {
		const struct cipher_info *info = cipher_info((enum cipher)c);

		ck_assert_ptr_nonnull(info);
		ck_assert_int_eq(info->counter_mode, info->icv_bits > 0);
		ck_assert_uint_eq(info->salt_len, info->counter_mode ? 4 : 0);
		ck_assert_uint_eq(cipher_esp_key_len(info->id), info->key_len + info->salt_len);
		ck_assert_int_eq(info->encrypts, strstr(info->junos, "gmac") == NULL);
		for (int other = c + 1; other < CIPHERS; other++) {
			ck_assert_str_ne(info->junos, cipher_junos((enum cipher)other));
			ck_assert_str_ne(info->shown, cipher_shown((enum cipher)other));
		}
	}
	ck_assert_uint_eq(cipher_key_len(CIPHER_AES_GCM_256), 32);
	ck_assert_uint_eq(cipher_esp_key_len(CIPHER_AES_GCM_256), 36);
	ck_assert_uint_eq(cipher_esp_key_len(CIPHER_AES_CBC_256), 32);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("algorithms");
	TCase *t = tcase_create("algorithms");
	SRunner *runner;
	int failed;

	tcase_add_test(t, lengths_are_openssls);
	tcase_add_test(t, rows_are_found);
	tcase_add_test(t, unknown_numbers);
	tcase_add_test(t, counter_mode);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
