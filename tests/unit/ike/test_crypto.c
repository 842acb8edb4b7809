/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/hex.h"

#include "ike/keys.h"

#include <check.h>
#include <openssl/bn.h>
#include <stdlib.h>

static const enum ike_group groups[] = { IKE_MODP2048, IKE_ECP256, IKE_ECP384, IKE_ECP521, IKE_MODP2048_256 };

START_TEST(diffie_hellman_agrees)
{
	static const size_t secrets[] = { 256, 32, 48, 66, 256 };

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		struct dh *a, *b;
		struct secret ab, ba;

		ck_assert_int_eq(dh_new(&a, groups[i]), 0);
		ck_assert_int_eq(dh_new(&b, groups[i]), 0);
		ck_assert_uint_eq(dh_public(a)->len, ike_public_len(groups[i]));
		ck_assert_int_eq(dh_shared(a, dh_public(b)->data, dh_public(b)->len, &ab), 0);
		ck_assert_int_eq(dh_shared(b, dh_public(a)->data, dh_public(a)->len, &ba), 0);
		ck_assert(secret_equal(&ab, &ba));
		ck_assert_uint_eq(ab.len, secrets[i]);
		dh_free(a);
		dh_free(b);
	}
}
END_TEST

/* A point off the curve, the wrong length, 0, 1 and what is above p are refused. */
START_TEST(bad_public_values)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		size_t len = ike_public_len(groups[i]);
		uint8_t v[CRYPTO_PUBLIC_MAX + 1] = { 0 };
		struct secret s = { .len = 7 };
		struct dh *dh;

		ck_assert_int_eq(dh_new(&dh, groups[i]), 0);
		ck_assert_int_eq(dh_shared(dh, v, len, &s), -EBADMSG); /* 0, or the point (0, 0) */
		v[len - 1] = 1;
		ck_assert_int_eq(dh_shared(dh, v, len, &s), -EBADMSG);
		memset(v, 0xff, len); /* above p */
		ck_assert_int_eq(dh_shared(dh, v, len, &s), -EBADMSG);
		memcpy(v, dh_public(dh)->data, len);
		ck_assert_int_eq(dh_shared(dh, v, len - 1, &s), -EBADMSG);
		ck_assert_int_eq(dh_shared(dh, v, len + 1, &s), -EBADMSG);
		ck_assert_int_eq(dh_shared(dh, v, 0, &s), -EBADMSG);
		if (len != 256) {
			v[len - 1] ^= 1; /* off the curve */
			ck_assert_int_eq(dh_shared(dh, v, len, &s), -EBADMSG);
		}
		ck_assert_uint_eq(s.len, 7);
		dh_free(dh);
	}
}
END_TEST

/* p-1 has order 2; 2 is outside of the subgroup of order q that group 24 has (RFC 5114 2.3). */
START_TEST(small_subgroups)
{
	BIGNUM *p = BN_get_rfc3526_prime_2048(NULL);
	uint8_t v[CRYPTO_PUBLIC_MAX] = { 0 };
	struct secret s;
	struct dh *dh;

	ck_assert_int_eq(BN_sub_word(p, 1), 1);
	ck_assert_int_eq(BN_bn2binpad(p, v, sizeof(v)), sizeof(v));
	BN_free(p);
	ck_assert_int_eq(dh_new(&dh, IKE_MODP2048), 0);
	ck_assert_int_eq(dh_shared(dh, v, sizeof(v), &s), -EBADMSG);
	dh_free(dh);
	memset(v, 0, sizeof(v));
	v[sizeof(v) - 1] = 2;
	ck_assert_int_eq(dh_new(&dh, IKE_MODP2048_256), 0);
	ck_assert_int_eq(dh_shared(dh, v, sizeof(v), &s), -EBADMSG);
	dh_free(dh);
}
END_TEST

/* RFC 5903 8.1: a shared secret known beforehand needs its private value, so here only that i's point is one. */
START_TEST(a_published_point_is_taken)
{
	struct hex g = hex("DAD0B653 94221CF9 B051E1FE CA5787D0 98DFE637 FC90B9EF 945D0C37 72581180"
			   "5271A046 1CDB8252 D61F1C45 6FA3E59A B1F45B33 ACCF5F58 389E0577 B8990BB3");
	struct secret s;
	struct dh *dh;

	ck_assert_int_eq(dh_new(&dh, IKE_ECP256), 0);
	ck_assert_int_eq(dh_shared(dh, g.data, g.len, &s), 0);
	dh_free(dh);
	free(g.data);
}
END_TEST

/* RFC 4231 test case 2, RFC 2202 test case 2. */
START_TEST(prf_known_answers)
{
	static const struct {
		enum ike_hash hash;
		const char *digest;
	} t[] = {
		{ IKE_SHA1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
		{ IKE_SHA256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ IKE_SHA384, "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
			      "8e2240ca5e69e2c78b3239ecfab21649" },
		{ IKE_SHA512, "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
			      "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
	};
	struct chunk parts[] = { { "what do ya want ", 16 }, { "for nothing?", 12 } };
	struct secret key;

	ck_assert_int_eq(secret_set(&key, "Jefe", 4), 0);
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct hex want = hex(t[i].digest);
		uint8_t got[CRYPTO_HASH_MAX];

		ck_assert_uint_eq(want.len, ike_hash_len(t[i].hash));
		ck_assert_int_eq(crypto_prf(t[i].hash, &key, parts, 2, got), 0);
		ck_assert_int_eq(memcmp(got, want.data, want.len), 0);
		free(want.data);
	}
}
END_TEST

/* RFC 2409 appendix B: K1 = prf(SKEYID_e, 0), K2 = prf(SKEYID_e, K1), only when SKEYID_e is too short. */
START_TEST(cipher_key_expansion)
{
	struct secret e = { .len = 20 }, key;
	uint8_t k1[CRYPTO_HASH_MAX], k2[CRYPTO_HASH_MAX], zero = 0;

	memset(e.data, 0x5a, e.len);
	ck_assert_int_eq(keys_cipher_key(IKE_SHA1, CIPHER_AES_CBC_128, &e, &key), 0);
	ck_assert_uint_eq(key.len, 16);
	ck_assert_int_eq(memcmp(key.data, e.data, 16), 0);
	ck_assert_int_eq(keys_cipher_key(IKE_SHA1, CIPHER_AES_CBC_256, &e, &key), 0);
	ck_assert_int_eq(crypto_prf(IKE_SHA1, &e, &(struct chunk){ &zero, 1 }, 1, k1), 0);
	ck_assert_int_eq(crypto_prf(IKE_SHA1, &e, &(struct chunk){ k1, 20 }, 1, k2), 0);
	ck_assert_uint_eq(key.len, 32);
	ck_assert_int_eq(memcmp(key.data, k1, 20), 0);
	ck_assert_int_eq(memcmp(key.data + 20, k2, 12), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("algorithms");
	TCase *t = tcase_create("algorithms");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, diffie_hellman_agrees);
	tcase_add_test(t, bad_public_values);
	tcase_add_test(t, small_subgroups);
	tcase_add_test(t, a_published_point_is_taken);
	tcase_add_test(t, prf_known_answers);
	tcase_add_test(t, cipher_key_expansion);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
