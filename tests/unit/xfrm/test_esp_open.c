/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ESP opened with its key, against published test cases (draft-mcgrew-gcm-test-01) and against packets made with
 * another implementation.
 */
#include "tests/unit/support/hex.h"
#include "tests/unit/support/published.h"
#include "xfrm/esp_open.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct tek tek_of(enum cipher cipher, const char *key)
{
	struct hex k = hex(key);
	struct tek t = { .cipher = cipher };

	ck_assert_int_eq(secret_set(&t.key, k.data, k.len), 0);
	free(k.data);
	return t;
}

#define K32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define K24 "000102030405060708090a0b0c0d0e0f1011121314151617"
#define INNER "45000024000040004011000102030405060708090a0b0c0d0e0f10111213141516171819"
#define BODY_32 "e0df568f8361b3281764a6be14b34b10d4d5609b61a6612fd3ff9bad9b632a57ac170c8de9584b81"
#define BODY_24 "bccf90297f07b1daa98a8152f72012fe13ffd617ea10f0676b12841ae346b43fb49d8877ffeba90c"

static const struct {
	enum cipher cipher;
	const char *key, *packet, *inner;
	uint32_t spi, sequence;
	uint64_t iv;
	uint8_t next;
} vectors[] = {
	{ CIPHER_AES_GCM_128, PUBLISHED_GCM_128_KEY, PUBLISHED_GCM_128, PUBLISHED_GCM_128_INNER, 0xa5f8, 10,
	  0xfacedbaddecaf888, 1 },
	{ CIPHER_AES_GMAC_128, PUBLISHED_GMAC_128_KEY, PUBLISHED_GMAC_128, PUBLISHED_GMAC_128_INNER, 0x4321, 7, 0, 1 },
	/* made with pyca/cryptography; shorter ICVs are the beginning of the long one (RFC 4106 6) */
	{ CIPHER_AES_GCM_256, K32 "01020304",
	  "0000100000000001 1122334455667788" BODY_32 "16c0331cc1c432995f06b96d61389c77", INNER, 0x1000, 1,
	  0x1122334455667788, 4 },
	{ CIPHER_AES_GCM_12_256, K32 "01020304", "0000100000000001 1122334455667788" BODY_32 "16c0331cc1c432995f06b96d",
	  INNER, 0x1000, 1, 0x1122334455667788, 4 },
	{ CIPHER_AES_GCM_8_256, K32 "01020304", "0000100000000001 1122334455667788" BODY_32 "16c0331cc1c43299", INNER,
	  0x1000, 1, 0x1122334455667788, 4 },
	{ CIPHER_AES_GCM_192, K24 "01020304",
	  "0000100000000001 1122334455667788" BODY_24 "300335869127ac4c3a14e5295cea5dfe", INNER, 0x1000, 1,
	  0x1122334455667788, 4 },
};

START_TEST(packets_open)
{
	struct tek t = tek_of(vectors[_i].cipher, vectors[_i].key);
	struct hex packet = hex(vectors[_i].packet), want = hex(vectors[_i].inner);
	struct esp_opened o;
	uint8_t inner[256];

	ck_assert_int_eq(esp_open(&t, packet.data, packet.len, inner, sizeof(inner), &o), 0);
	ck_assert_uint_eq(o.spi, vectors[_i].spi);
	ck_assert_uint_eq(o.sequence, vectors[_i].sequence);
	ck_assert_uint_eq(o.iv, vectors[_i].iv);
	ck_assert_uint_eq(o.next_header, vectors[_i].next);
	ck_assert_uint_eq(o.inner_len, want.len);
	ck_assert_int_eq(memcmp(inner, want.data, want.len), 0);
	/* Every bit of it counts: SPI, sequence number, IV, content and ICV. */
	for (size_t bit = 0; bit < 8 * packet.len; bit++) {
		packet.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_msg(esp_open(&t, packet.data, packet.len, inner, sizeof(inner), &o) == -EBADMSG, "bit %zu",
			      bit);
		packet.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t len = 0; len < packet.len; len++)
		ck_assert_int_lt(esp_open(&t, packet.data, len, inner, sizeof(inner), &o), 0);
	ck_assert_int_eq(esp_open(&t, packet.data, packet.len, inner, 16, &o), -EMSGSIZE);
	t.key.data[t.key.len - 1] ^= 1; /* the salt */
	ck_assert_int_eq(esp_open(&t, packet.data, packet.len, inner, sizeof(inner), &o), -EBADMSG);
	t.key.len--;
	ck_assert_int_eq(esp_open(&t, packet.data, packet.len, inner, sizeof(inner), &o), -EINVAL);
	free(packet.data);
	free(want.data);
}
END_TEST

/* The hook saw the packet of esp4_offload: zeros where the IV comes later. */
START_TEST(an_iv_that_is_not_there_yet)
{
	struct tek t = tek_of(CIPHER_AES_GCM_256, K32 "01020304");
	struct hex packet = hex("0000100000000001 0000000000000000" BODY_32 "16c0331cc1c432995f06b96d61389c77");
	struct esp_opened o;
	uint8_t inner[256];

	ck_assert_int_eq(esp_open(&t, packet.data, packet.len, inner, sizeof(inner), &o), -EBADMSG);
	t.cipher = CIPHER_AES_CBC_256;
	ck_assert_int_eq(esp_open(&t, packet.data, packet.len, inner, sizeof(inner), &o), -EINVAL);
	free(packet.data);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("search for a sender id");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, packets_open, 0, ARRAY_SIZE(vectors));
	tcase_add_test(t, an_iv_that_is_not_there_yet);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
