/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys of counter modes, from the octets of GDOI (SA TEK and KD payloads, RFC 6407 5.5, 5.6) to ESP: which transform
 * and key length is which cipher, that the salt is at the key's end, and published packets opened with keys that came
 * so (draft-mcgrew-gcm-test-01).
 */
#include "tests/unit/support/hex.h"
#include "tests/unit/support/published.h"
#include "tests/unit/support/words.h"

#include "ike/gdoi_kd.h"
#include "ike/gdoi_sat.h"
#include "xfrm/esp_open.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct ike_diag diag;
static struct download d;

/* An SA TEK payload of 10.0.0.0/8 to 172.16.0.0/12, SPI 0000a5f8: TRANSFORM in hex, and a key of BITS. */
static void read_sat(unsigned transform, unsigned bits)
{
	char text[128];
	struct hex x;

	snprintf(text, sizeof(text),
		 "01 00 04 0000 08 0a000000ff000000 04 0000 08 ac100000fff00000 %02x 0000a5f8 8006%04x", transform,
		 bits);
	x = hex(text);
	memset(&d, 0, sizeof(d));
	ck_assert_int_eq(gdoi_sat_read(&d, reader_of(x.data, x.len), &diag), 0);
	free(x.data);
}

/* A KD payload of one TEK key packet with KEY, and of a SID key packet: 8 bits, id 5a. */
static void read_kd(const char *key, const char *integrity)
{
	struct hex k = hex(key), i = hex(integrity), x;
	size_t packet = 9 + 4 + k.len + (i.len > 0 ? 4 + i.len : 0);
	char text[512], more[256] = "";

	if (i.len > 0)
		snprintf(more, sizeof(more), "0002%04zx %s", i.len, integrity);
	snprintf(text, sizeof(text),
		 "0002 0000 01 00 %04zx 04 0000a5f8 0001%04zx %s %s 04 00 000d 00 80010008 8002005a", packet, k.len,
		 key, more);
	x = hex(text);
	ck_assert_msg(gdoi_kd_read(&d, true, reader_of(x.data, x.len), &diag) == 0, "%s", cause_words_of(&diag.cause));
	free(x.data);
	free(i.data);
	free(k.data);
}

#define K16 "000102030405060708090a0b0c0d0e0f"
#define K24 K16 "1011121314151617"
#define K32 K24 "18191a1b1c1d1e1f"
#define SALT "cafebabe"

static const struct {
	unsigned transform, bits;
	enum cipher cipher;
	const char *key;
	unsigned icv_bits;
	const char *kernel;
} all[] = {
	{ 18, 128, CIPHER_AES_GCM_8_128, K16, 64, "rfc4106(gcm(aes))" },
	{ 18, 192, CIPHER_AES_GCM_8_192, K24, 64, "rfc4106(gcm(aes))" },
	{ 18, 256, CIPHER_AES_GCM_8_256, K32, 64, "rfc4106(gcm(aes))" },
	{ 19, 128, CIPHER_AES_GCM_12_128, K16, 96, "rfc4106(gcm(aes))" },
	{ 19, 192, CIPHER_AES_GCM_12_192, K24, 96, "rfc4106(gcm(aes))" },
	{ 19, 256, CIPHER_AES_GCM_12_256, K32, 96, "rfc4106(gcm(aes))" },
	{ 20, 128, CIPHER_AES_GCM_128, K16, 128, "rfc4106(gcm(aes))" },
	{ 20, 192, CIPHER_AES_GCM_192, K24, 128, "rfc4106(gcm(aes))" },
	{ 20, 256, CIPHER_AES_GCM_256, K32, 128, "rfc4106(gcm(aes))" },
	{ 23, 128, CIPHER_AES_GMAC_128, K16, 128, "rfc4543(gcm(aes))" },
	{ 23, 192, CIPHER_AES_GMAC_192, K24, 128, "rfc4543(gcm(aes))" },
	{ 23, 256, CIPHER_AES_GMAC_256, K32, 128, "rfc4543(gcm(aes))" },
};

START_TEST(every_cipher)
{
	const struct cipher_info *info = cipher_info(all[_i].cipher);
	struct hex want = hex(all[_i].key);
	char key[128];

	read_sat(all[_i].transform, all[_i].bits);
	ck_assert_uint_eq(d.n_teks, 1);
	ck_assert_int_eq(d.teks[0].cipher, all[_i].cipher);
	ck_assert_int_eq(d.teks[0].auth, AUTH_NONE);
	snprintf(key, sizeof(key), "%s" SALT, all[_i].key);
	read_kd(key, "");
	ck_assert_uint_eq(d.n_teks, 1);
	ck_assert_uint_eq(d.teks[0].key.len, want.len + 4);
	ck_assert_msg(memcmp(d.teks[0].key.data, want.data, want.len) == 0 &&
			      memcmp(d.teks[0].key.data + want.len, "\xca\xfe\xba\xbe", 4) == 0,
		      "the key, then the salt (RFC 4106 8.1)");
	ck_assert(d.sender_id_bits == 8 && d.n_sender_ids == 1 && d.sender_ids[0] == 0x5a);
	ck_assert_uint_eq(info->icv_bits, all[_i].icv_bits);
	ck_assert_str_eq(info->kernel, all[_i].kernel);
	free(want.data);
}
END_TEST

/* The SA is refused alone, and the ids of the member stay. */
static void refused(unsigned transform, unsigned bits, const char *key, const char *integrity, enum ike_cause_id why)
{
	read_sat(transform, bits);
	read_kd(key, integrity);
	ck_assert_uint_eq(d.n_teks, 0);
	ck_assert_uint_eq(d.n_refusals, 1);
	ck_assert_uint_eq(d.refusals[0].spi, 0xa5f8);
	ck_assert_msg(d.refusals[0].cause.id == why, "%s", cause_words_of(&d.refusals[0].cause));
	ck_assert_uint_eq(d.n_sender_ids, 1);
}

START_TEST(wrong_lengths)
{
	const struct cipher_info *info = cipher_info(all[_i].cipher);

	for (size_t len = 0; len <= 40; len++) {
		char key[128] = "";

		for (size_t i = 0; i < len; i++)
			strcat(key, "a5");
		if (len != info->key_len + 4)
			refused(all[_i].transform, all[_i].bits, key, "", CAUSE_TEK_KEY);
		else
			refused(all[_i].transform, all[_i].bits, key, K16, CAUSE_TEK_INTEGRITY_KEY);
	}
}
END_TEST

/* Key and salt as a server sends them, and published packets under them. */
START_TEST(published_packets)
{
	static const struct {
		unsigned transform;
		const char *key, *packet, *begins;
	} t[] = {
		{ 20, PUBLISHED_GCM_128_KEY, PUBLISHED_GCM_128, "4500003e698f000080114dccc0a80102" },
		{ 23, PUBLISHED_GMAC_128_KEY, PUBLISHED_GMAC_128, "45000030da3a00008001df3bc0a80005" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct hex packet = hex(t[i].packet), begins = hex(t[i].begins);
		struct esp_opened o;
		uint8_t inner[256];

		read_sat(t[i].transform, 128);
		read_kd(t[i].key, "");
		ck_assert_uint_eq(d.n_teks, 1);
		ck_assert_int_eq(esp_open(&d.teks[0], packet.data, packet.len, inner, sizeof(inner), &o), 0);
		ck_assert_int_eq(memcmp(inner, begins.data, begins.len), 0);
		free(packet.data);
		free(begins.data);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("keys of counter modes");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, every_cipher, 0, ARRAY_SIZE(all));
	tcase_add_loop_test(t, wrong_lengths, 0, ARRAY_SIZE(all));
	tcase_add_test(t, published_packets);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
