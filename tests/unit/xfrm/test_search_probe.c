/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a probe was made into, opened: every cipher in counter mode, and nothing else passes for a probe. */
#include "xfrm/plan/ids.h"
#include "xfrm/probe.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <stdlib.h>

#define LOCAL 0x0a126501u
#define SPI 0x1c548e4eu
#define INNER 32 /* IP, UDP, a word */

static struct plan_sa sa;
static uint8_t esp[256];
static size_t len;

static void put_word(uint8_t *to, uint32_t word)
{
	word = htonl(word);
	memcpy(to, &word, sizeof(word));
}

/* An SA in mode BEET encrypts what is behind the IP header. */
static size_t put_inner(uint8_t *to, uint32_t number)
{
	static const uint8_t ip[] = { 0x45, 0, 0, INNER, 0, 0, 0x40, 0, 64, IPPROTO_UDP, 0, 0 };
	static const uint8_t udp[] = { 0x80, 1, 0, PROBE_PORT, 0, 12, 0, 0 };

	size_t at = sa.window_ms > 0 ? 0 : 20;

	if (at > 0) {
		memcpy(to, ip, sizeof(ip));
		put_word(to + 12, LOCAL);
		put_word(to + 16, KERNEL_DUMMY);
	}
	memcpy(to + at, udp, sizeof(udp));
	put_word(to + at + 8, number);
	to += at + 12;
	to[0] = 1; /* padding */
	to[1] = 2;
	to[2] = 2;
	to[3] = at > 0 ? IPPROTO_IPIP : IPPROTO_UDP;
	return at + 12 + 4;
}

/* RFC 4106 5 and 7, RFC 4543 3.2 */
static void seal(enum cipher cipher, uint32_t number)
{
	struct tek *tek = &sa.tek;
	static const uint8_t iv[] = { 0x5a, 0x12, 0x34, 0x56, 9, 8, 7, 6 };
	const struct cipher_info *info = cipher_info(cipher);
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	uint8_t nonce[12], plain[64];
	size_t n = put_inner(plain, number);
	int out;

	sa.tek = (struct tek){ .spi = SPI, .cipher = cipher };
	tek->key.len = (uint16_t)(info->key_len + 4);
	for (uint8_t i = 0; i < tek->key.len; i++)
		tek->key.data[i] = (uint8_t)(3 * i + 1);
	put_word(esp, SPI);
	put_word(esp + 4, 1);
	memcpy(esp + 8, iv, sizeof(iv));
	memcpy(nonce, tek->key.data + info->key_len, 4);
	memcpy(nonce + 4, iv, sizeof(iv));
	ck_assert_int_gt(EVP_EncryptInit_ex(c,
					    info->key_len == 16   ? EVP_aes_128_gcm()
					    : info->key_len == 24 ? EVP_aes_192_gcm()
								  : EVP_aes_256_gcm(),
					    NULL, tek->key.data, nonce),
			 0);
	memcpy(esp + 16, plain, n);
	if (info->encrypts) {
		ck_assert_int_gt(EVP_EncryptUpdate(c, NULL, &out, esp, 8), 0);
		ck_assert_int_gt(EVP_EncryptUpdate(c, esp + 16, &out, plain, (int)n), 0);
	} else {
		ck_assert_int_gt(EVP_EncryptUpdate(c, NULL, &out, esp, (int)(16 + n)), 0);
	}
	ck_assert_int_gt(EVP_EncryptFinal_ex(c, esp + 16 + n, &out), 0);
	ck_assert_int_gt(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, (int)info->icv_bits / 8, esp + 16 + n), 0);
	EVP_CIPHER_CTX_free(c);
	len = 16 + n + info->icv_bits / 8;
}

START_TEST(every_counter_mode)
{
	struct search_probe p;
	size_t n = 0;

	sa.window_ms = _i ? 1000 : 0;
	for (int c = CIPHER_NONE + 1; c < CIPHERS; c++) {
		if (!cipher_is_counter_mode((enum cipher)c))
			continue;
		n++;
		seal((enum cipher)c, 77u + (uint32_t)c);
		ck_assert_int_eq(probe_open(&sa, LOCAL, esp, len, &p), 0);
		ck_assert_uint_eq(p.number, 77u + (uint32_t)c);
		ck_assert_uint_eq(p.sequence, 1);
		ck_assert_uint_eq(p.prefix, 0x5a123456);
		for (size_t i = 0; i < len; i++) {
			esp[i] ^= 0x10;
			ck_assert_msg(probe_open(&sa, LOCAL, esp, len, &p) == -EBADMSG, "%s: octet %zu",
				      cipher_shown((enum cipher)c), i);
			esp[i] ^= 0x10;
		}
		for (size_t i = 0; i < len; i++)
			ck_assert_int_lt(probe_open(&sa, LOCAL, esp, i, &p), 0);
	}
	ck_assert_uint_eq(n, 12);
}
END_TEST

/* By the same key, and yet not this search's. */
START_TEST(what_is_no_probe)
{
	struct search_probe p;

	sa.window_ms = 0;
	seal(CIPHER_AES_GCM_128, 5);
	ck_assert_int_eq(probe_open(&sa, LOCAL + 1, esp, len, &p), -EBADMSG);
	sa.tek.spi++;
	ck_assert_int_eq(probe_open(&sa, LOCAL, esp, len, &p), -EBADMSG);
	sa.tek.spi--;
	/* In clear, as it stands there when something encrypts later */
	seal(CIPHER_AES_GCM_128, 5);
	put_inner(esp + 16, 5);
	memset(esp + 8, 0, 8);
	ck_assert_int_eq(probe_open(&sa, LOCAL, esp, len, &p), -EBADMSG);
}
END_TEST

START_TEST(modes_are_not_taken_for_one_another)
{
	struct search_probe p;

	for (uint32_t window = 0; window <= 1000; window += 1000) {
		sa.window_ms = window;
		seal(CIPHER_AES_GCM_128, 5);
		sa.window_ms = 1000 - window;
		ck_assert_int_eq(probe_open(&sa, LOCAL, esp, len, &p), -EBADMSG);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("search probe");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(t, every_counter_mode, 0, 2); /* tunnel mode, and mode BEET */
	tcase_add_test(t, what_is_no_probe);
	tcase_add_test(t, modes_are_not_taken_for_one_another);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
