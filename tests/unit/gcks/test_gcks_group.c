/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of a group: lifetimes, rollover, and what is refused (row G; RFC 6407 3.2). */
#include "tests/unit/support/gcks_group.h"

#include <check.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

START_TEST(first_download)
{
	struct group_source s = { 0 };
	struct gdoi_group_config c = group_config_one();
	static struct download d;
	struct gdoi_group *g;

	c.n_policies = 2;
	g = group_made(&s, &c);
	group_pull_confirmed(g, START, "GM-0001", &d);
	ck_assert_uint_eq(d.n_teks, 2);
	ck_assert_uint_eq(d.teks[0].life_seconds, 3600);
	ck_assert_uint_eq(d.teks[1].life_seconds, 7200);
	ck_assert_uint_eq(d.teks[0].key.len, 32);
	ck_assert_uint_eq(d.teks[0].auth_key.len, 32);
	ck_assert_uint_eq(d.teks[1].key.len, 16);
	ck_assert_uint_eq(d.teks[1].auth_key.len, 20);
	ck_assert(!secret_equal(&d.teks[0].key, &d.teks[0].auth_key));
	ck_assert_uint_ne(d.teks[0].spi, d.teks[1].spi);
	ck_assert_int_eq(memcmp(&d.teks[1].sel, &group_policies[1].sel, sizeof(struct selector)), 0);
	ck_assert_int_eq(d.teks[0].preserve, PRESERVE_BOTH);
	ck_assert_int_eq(d.teks[0].direction, SA_SYMMETRIC);
	ck_assert(d.teks[0].tunnel);
	ck_assert(!d.has_kek && !d.has_seq && !d.has_gap);
	ck_assert_uint_eq(d.sender_id_bits, 0);
	gdoi_group_free(g);
}
END_TEST

START_TEST(lifetimes_count_down)
{
	struct group_source s = { 0 };
	struct gdoi_group_config c = group_config_one();
	struct gdoi_group *g = group_made(&s, &c);
	static struct download a, b;

	group_pull_confirmed(g, START, "GM-0001", &a);
	group_pull_confirmed(g, START + 1 * SECOND, "GM-0002", &b);
	ck_assert_uint_eq(b.teks[0].spi, a.teks[0].spi);
	ck_assert(secret_equal(&b.teks[0].key, &a.teks[0].key));
	ck_assert_uint_eq(b.teks[0].life_seconds, 3599);
	group_pull_confirmed(g, START + 1000 * SECOND + 1, "GM-0001",
			     &b); /* rounded down: never longer than the truth */
	ck_assert_uint_eq(b.teks[0].life_seconds, 2599);
	gdoi_group_free(g);
}
END_TEST

/* The guide's samples: Expires in 1152, Rekey in 642; so 510 s apart, and both keys in those 510 s. */
START_TEST(both_keys_around_a_rekey)
{
	struct group_source s = { 0 };
	struct gdoi_group_config c = group_config_one();
	struct gdoi_group *g = group_made(&s, &c);
	static struct download old, both, after;

	group_pull_confirmed(g, START, "GM-0001", &old);
	ck_assert_uint_eq(gdoi_group_deadline(g), START + 3090 * SECOND);
	group_pull_confirmed(g, START + 3090 * SECOND - 1, "GM-0001", &both);
	ck_assert_uint_eq(both.n_teks, 1);
	gdoi_group_step(g, START + 3090 * SECOND);
	group_pull_confirmed(g, START + 3090 * SECOND, "GM-0001", &both);
	ck_assert_uint_eq(both.n_teks, 2);
	ck_assert_uint_eq(both.teks[0].spi, old.teks[0].spi);
	ck_assert_uint_eq(both.teks[0].life_seconds, 510);
	ck_assert_uint_ne(both.teks[1].spi, old.teks[0].spi);
	ck_assert_uint_eq(both.teks[1].life_seconds, 3600);
	ck_assert(!secret_equal(&both.teks[0].key, &both.teks[1].key));
	ck_assert(!secret_equal(&both.teks[0].auth_key, &both.teks[1].auth_key));
	group_pull_confirmed(g, START + 3599 * SECOND, "GM-0001", &after);
	ck_assert_uint_eq(after.n_teks, 2);
	ck_assert_uint_eq(after.teks[0].life_seconds, 1);
	group_pull_confirmed(g, START + 3599 * SECOND + 1, "GM-0001",
			     &after); /* no whole second left: 0 is not a lifetime */
	ck_assert_uint_eq(after.n_teks, 1);
	ck_assert_uint_eq(after.teks[0].spi, both.teks[1].spi);
	ck_assert_uint_eq(gdoi_group_deadline(g), START + 3600 * SECOND);
	gdoi_group_step(g, START + 3600 * SECOND);
	ck_assert(!gdoi_group_has_spi(g, old.teks[0].spi));
	ck_assert(gdoi_group_has_spi(g, both.teks[1].spi));
	gdoi_group_free(g);
}
END_TEST

static const struct {
	uint32_t life, configured, margin;
} margins[] = {
	{ 3600, 0, 510 }, { 86400, 0, 510 },  { 1020, 0, 510 }, { 1018, 0, 509 }, { 60, 0, 30 },  { 3, 0, 1 },
	{ 2, 0, 1 },      { 3600, 100, 100 }, { 60, 30, 30 },   { 60, 31, 30 },   { 60, 59, 30 }, { 3, 3, 1 },
};

START_TEST(margin)
{
	struct group_source s = { 0 };
	struct gdoi_group_config c = group_config_one();
	struct gdoi_policy_config p = group_policies[0];
	struct gdoi_group *g;

	p.life_seconds = margins[_i].life;
	c.policies = &p;
	c.margin_seconds = margins[_i].configured;
	g = group_made(&s, &c);
	ck_assert_uint_eq(gdoi_group_deadline(g), START + (margins[_i].life - margins[_i].margin) * SECOND);
	/* There is a key to give, and room in a member for all of them, at every deadline of many lives. */
	for (int i = 0; i < 100; i++) {
		static struct download d;
		uint64_t now = gdoi_group_deadline(g);

		gdoi_group_step(g, now);
		ck_assert_uint_gt(gdoi_group_deadline(g), now);
		group_pull_confirmed(g, now, "GM-0001", &d);
		ck_assert_uint_ge(d.n_teks, 1);
		ck_assert_uint_le(d.n_teks, 2);
	}
	gdoi_group_free(g);
}
END_TEST

START_TEST(late_step)
{
	struct group_source s = { 0 };
	struct gdoi_group_config c = group_config_one();
	struct gdoi_group *g = group_made(&s, &c);
	static struct download a, b;

	group_pull_confirmed(g, START, "GM-0001", &a);
	group_pull_confirmed(g, START + 1000000 * SECOND, "GM-0001",
			     &b); /* a machine that slept: one new key, with all of its life */
	ck_assert_uint_eq(b.n_teks, 1);
	ck_assert_uint_ne(b.teks[0].spi, a.teks[0].spi);
	ck_assert_uint_eq(b.teks[0].life_seconds, 3600);
	gdoi_group_free(g);
}
END_TEST

START_TEST(spis_over_10000_rekeys)
{
	struct group_source s = { 0 };
	struct gdoi_group_config c = group_config_one();
	struct gdoi_group *g;
	size_t rekeys = 0;
	uint32_t last[2] = { 0 };

	c.n_policies = 2;
	g = group_made(&s, &c);
	while (rekeys < 10000) {
		uint64_t now = gdoi_group_deadline(g);
		uint32_t live[2 * GCKS_TEKS_PER_POLICY];
		size_t n = 0;

		gdoi_group_step(g, now);
		for (size_t p = 0; p < 2; p++) {
			for (size_t i = 0; i < gdoi_group_n_teks(g, p); i++) {
				struct gcks_tek_view v;

				gdoi_group_tek(g, now, p, i, &v);
				ck_assert_uint_ge(v.tek->spi, GCKS_SPI_MIN);
				for (size_t j = 0; j < n; j++)
					ck_assert_uint_ne(live[j], v.tek->spi);
				live[n++] = v.tek->spi;
			}
			rekeys += last[p] != live[n - 1];
			last[p] = live[n - 1];
		}
		ck_assert_uint_le(n, 4);
	}
	gdoi_group_free(g);
}
END_TEST

START_TEST(spi_draws)
{
	/* Reserved, reserved, taken by another group, then good; the second policy draws the first's, then its own. */
	struct group_source s = { .script = { 0, 255, 4711, 256, 256, 0xffffffff }, .n_script = 6, .taken = 4711 };
	struct gdoi_group_config c = group_config_one();
	static struct download d;
	struct gdoi_group *g;

	c.n_policies = 2;
	g = group_made(&s, &c);
	group_pull_confirmed(g, START, "GM-0001", &d);
	ck_assert_uint_eq(d.teks[0].spi, 256);
	ck_assert_uint_eq(d.teks[1].spi, 0xffffffff);
	gdoi_group_free(g);
}
END_TEST

START_TEST(random_fails)
{
	struct group_source s = { .error = -EIO };
	struct gdoi_group_config c = group_config_one();
	const struct gdoi_group_ops ops = { .random = group_source_random, .log = group_source_log, .ctx = &s };
	struct gdoi_group *g = NULL;
	static struct download d;
	struct gcks_error err = { "" };

	ck_assert_int_eq(gdoi_group_new(&g, &c, &ops, START, &err), -EIO);
	ck_assert_ptr_null(g);
	ck_assert_ptr_nonnull(strstr(err.text, "GROUP_ID-0001"));

	s.error = 0;
	g = group_made(&s, &c);
	s.error = -EIO;
	gdoi_group_step(g, START + 3090 * SECOND);
	ck_assert_uint_eq(gdoi_group_deadline(g), START + 3091 * SECOND); /* tried again, but no busy loop */
	group_pull_confirmed(g, START + 3090 * SECOND, "GM-0001", &d);    /* the present key goes on */
	ck_assert_uint_eq(d.n_teks, 1);
	gdoi_group_step(g, START + 3600 * SECOND);
	ck_assert_int_eq(gdoi_group_pull(g, START + 3600 * SECOND, "GM-0001", &d), -EACCES);
	s.error = 0;
	gdoi_group_step(g, START + 3601 * SECOND);
	group_pull_confirmed(g, START + 3601 * SECOND, "GM-0001", &d);
	ck_assert_uint_eq(d.teks[0].life_seconds, 3600);
	gdoi_group_free(g);
}
END_TEST

START_TEST(kek_and_delays)
{
	struct group_source s = { 0 };
	struct gdoi_group_config c = group_config_one();
	static struct download a, b;
	const uint8_t *der = a.kek.pubkey;
	struct gdoi_group *g;
	EVP_PKEY *k;

	c.has_push = true;
	c.has_activation_delay = true;
	c.activation_delay = 5;
	c.deactivation_delay = 9;
	g = group_made(&s, &c);
	group_pull_confirmed(g, START + 1 * SECOND, "GM-0001", &a);
	ck_assert(a.has_kek && a.has_seq && a.has_gap && a.has_atd && !a.has_dtd);
	ck_assert_uint_eq(a.activation_delay, 5);
	ck_assert_uint_eq(a.deactivation_delay, 0);
	ck_assert_uint_eq(a.seq, 0);
	ck_assert_uint_eq(a.kek.life_seconds, 7199);
	ck_assert_uint_eq(a.kek.key.len, 32);
	ck_assert_uint_eq(a.kek.iv.len, 16);
	ck_assert_uint_eq(a.kek.port, GDOI_PORT);
	ck_assert_uint_eq(a.kek.ack_type, KEK_ACK_SHA256);
	k = d2i_PUBKEY(NULL, &der, (long)a.kek.pubkey_len);
	ck_assert_ptr_nonnull(k);
	ck_assert_ptr_eq(der, a.kek.pubkey + a.kek.pubkey_len);
	EVP_PKEY_free(k);

	/* The KEK is succeeded 510 s before its end, and a pull gives the new one. */
	for (uint64_t now; (now = gdoi_group_deadline(g)) < START + 6690 * SECOND;)
		gdoi_group_step(g, now);
	ck_assert_uint_eq(gdoi_group_n_keks(g), 1);
	gdoi_group_step(g, START + 6690 * SECOND);
	ck_assert_uint_eq(gdoi_group_n_keks(g), 2);
	group_pull_confirmed(g, START + 6690 * SECOND, "GM-0001", &b);
	ck_assert_uint_eq(b.kek.life_seconds, 7200);
	ck_assert_mem_ne(a.kek.spi, b.kek.spi, KEK_SPI_LEN);
	ck_assert(!secret_equal(&a.kek.key, &b.kek.key));
	gdoi_group_step(g, START + 7200 * SECOND);
	ck_assert_uint_eq(gdoi_group_n_keks(g), 1);
	gdoi_group_free(g);
}
END_TEST

START_TEST(signature_pairs)
{
	static const struct {
		enum sig_algorithm algorithm;
		int bits;
	} pairs[] = { { SIG_RSA, 2048 }, { SIG_ECDSA_256, 256 }, { SIG_ECDSA_384, 384 }, { SIG_ECDSA_521, 521 } };

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		EVP_PKEY *pair = NULL;
		struct kek k = { 0 };

		ck_assert_int_eq(gcks_keys_signature(&pair, pairs[i].algorithm), 0);
		ck_assert_int_eq(EVP_PKEY_get_bits(pair), pairs[i].bits);
		ck_assert_int_eq(gcks_keys_public(&k, pair), 0);
		ck_assert_uint_gt(k.pubkey_len, 0);
		EVP_PKEY_free(pair);
	}
}
END_TEST

static const struct {
	enum cipher cipher;
	enum auth auth;
	size_t key, auth_key; /* 0, 0: refused */
} algorithms[] = {
	{ CIPHER_AES_CBC_128, AUTH_HMAC_SHA256_128, 16, 32 },
	{ CIPHER_AES_CBC_192, AUTH_HMAC_SHA384_192, 24, 48 },
	{ CIPHER_AES_CBC_256, AUTH_HMAC_SHA512_256, 32, 64 },
	{ CIPHER_AES_CBC_256, AUTH_HMAC_SHA1_96, 32, 20 },
	{ CIPHER_AES_GCM_128, AUTH_NONE, 20, 0 },
	{ CIPHER_AES_GCM_192, AUTH_NONE, 28, 0 },
	{ CIPHER_AES_GCM_256, AUTH_NONE, 36, 0 },
	{ CIPHER_AES_CBC_128, AUTH_NONE, 0, 0 },
	{ CIPHER_AES_GCM_128, AUTH_HMAC_SHA1_96, 0, 0 },
	{ CIPHER_NONE, AUTH_HMAC_SHA1_96, 0, 0 },
};

START_TEST(key_lengths)
{
	struct group_source s = { 0 };
	struct tek t = { .cipher = algorithms[_i].cipher, .auth = algorithms[_i].auth };

	ck_assert_int_eq(gcks_keys_tek(&t, group_source_random, &s), algorithms[_i].key > 0 ? 0 : -EINVAL);
	ck_assert_uint_eq(t.key.len, algorithms[_i].key);
	ck_assert_uint_eq(t.auth_key.len, algorithms[_i].auth_key);
}
END_TEST

static void expect_refused(const struct gdoi_group_config *c, const char *word)
{
	struct group_source s = { 0 };
	const struct gdoi_group_ops ops = { .random = group_source_random, .ctx = &s };
	struct gdoi_group *g = NULL;
	struct gcks_error err = { "" };

	ck_assert_int_eq(gdoi_group_new(&g, c, &ops, START, &err), -EINVAL);
	ck_assert_ptr_null(g);
	ck_assert_msg(strstr(err.text, word) != NULL, "%s", err.text);
}

START_TEST(bad_config)
{
	struct gdoi_policy_config many[GCKS_POLICIES_MAX + 1] = { 0 };
	struct gdoi_group_config c = group_config_one();

	c.policies = many;
	c.n_policies = 0;
	expect_refused(&c, "match-policies");
	c.n_policies = ARRAY_SIZE(many);
	expect_refused(&c, "match-policies");
	c = group_config_one();
	c.n_members = 0;
	expect_refused(&c, "ike-gateways");
	c = group_config_one();
	many[0] = group_policies[0];
	many[0].life_seconds = 1;
	c.policies = many;
	expect_refused(&c, "too short");
	c = group_config_one();
	c.has_push = true;
	c.push.life_seconds = 0;
	expect_refused(&c, "KEK");
}
END_TEST

/* As many policies as there may be, all of them around a rekey, still fit into one download. */
START_TEST(fullest_download)
{
	struct gdoi_policy_config many[GCKS_POLICIES_MAX];
	struct group_source s = { 0 };
	struct gdoi_group_config c = group_config_one();
	static struct download d;
	struct gdoi_group *g;

	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = group_policies[0];
	c.policies = many;
	c.n_policies = ARRAY_SIZE(many);
	g = group_made(&s, &c);
	group_pull_confirmed(g, START + 3090 * SECOND, "GM-0001", &d);
	ck_assert_uint_eq(d.n_teks, DOWNLOAD_TEKS_MAX);
	ck_assert_uint_eq(d.teks[0].life_seconds, 510);
	ck_assert_uint_eq(d.teks[1].life_seconds, 3600);
	gdoi_group_free(g);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gcks group");
	TCase *tc = tcase_create("group");
	SRunner *sr = srunner_create(suite);
	int failed;

	tcase_add_test(tc, first_download);
	tcase_add_test(tc, lifetimes_count_down);
	tcase_add_test(tc, both_keys_around_a_rekey);
	tcase_add_loop_test(tc, margin, 0, ARRAY_SIZE(margins));
	tcase_add_test(tc, late_step);
	tcase_add_test(tc, spis_over_10000_rekeys);
	tcase_add_test(tc, spi_draws);
	tcase_add_test(tc, random_fails);
	tcase_add_test(tc, kek_and_delays);
	tcase_add_test(tc, signature_pairs);
	tcase_add_loop_test(tc, key_lengths, 0, ARRAY_SIZE(algorithms));
	tcase_add_test(tc, bad_config);
	tcase_add_test(tc, fullest_download);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
