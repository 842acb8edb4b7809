/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The key server's groups: lifetimes, rollover, members and threshold (rows A8, G; RFC 6407 3.2, 3.5). */
#include "tests/gcks/group.h"

#include <check.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND UINT64_C(1000)
#define START (UINT64_C(5) * SECOND)

/* A counter as the source of randomness: every draw differs, and a test can say what comes next. */
struct source {
	unsigned lines;
	uint32_t next;
	int error;
	uint32_t script[8]; /* taken first by draws of 4 octets */
	size_t n_script, at;
	uint32_t taken; /* an SPI of another group */
	size_t warnings;
};

static int source_random(void *ctx, void *buf, size_t len)
{
	struct source *s = ctx;
	uint8_t *p = buf;

	if (s->error < 0)
		return s->error;
	if (len == 4 && s->at < s->n_script) {
		memcpy(buf, &s->script[s->at++], 4);
		return 0;
	}
	for (size_t i = 0; i < len; i += 4) {
		uint32_t x = ++s->next * 2654435761u; /* odd: a permutation, so no two draws of 4 octets are equal */

		memcpy(p + i, &x, len - i < 4 ? len - i : 4);
	}
	return 0;
}

static bool source_taken(void *ctx, uint32_t spi)
{
	return spi == ((struct source *)ctx)->taken;
}

static void source_log(void *ctx, enum ike_note_level level, const char *text)
{
	ck_assert_ptr_nonnull(text);
	((struct source *)ctx)->lines++;
	if (level == IKE_NOTE_WARNING)
		((struct source *)ctx)->warnings++;
}

/* P-256 for speed; what is asked for is checked by its own test. */
static int quick_signature(void *ctx, enum sig_algorithm algorithm, EVP_PKEY **ret)
{
	(void)ctx;
	(void)algorithm;
	return gcks_keys_signature(ret, SIG_ECDSA_256);
}

static struct gdoi_member_config members[] = {
	{ "GM-0001", 0x0a126501, 0x0a0a6401 },
	{ "GM-0002", 0x0a126601, 0x0a0a6401 },
	{ "GM-0003", 0x0a126701, 0x0a0a6401 },
};

static struct gdoi_policy_config policies[] = {
	{ .sa = "GROUP_ID-0001",
	  .name = "1",
	  .sel = { .src = { 0xac100000, 12 }, .dst = { 0xac100000, 12 }, .sport = { 0, 65535 }, .dport = { 0, 65535 } },
	  .cipher = CIPHER_AES_CBC_256,
	  .auth = AUTH_HMAC_SHA256_128,
	  .life_seconds = 3600 },
	{ .sa = "GROUP_ID-0001",
	  .name = "2",
	  .sel = { .src = { 0x0a000000, 8 },
		   .dst = { 0x0a000000, 8 },
		   .protocol = 6,
		   .sport = { 0, 65535 },
		   .dport = { 80, 80 } },
	  .cipher = CIPHER_AES_CBC_128,
	  .auth = AUTH_HMAC_SHA1_96,
	  .life_seconds = 7200 },
};

static struct gdoi_group_config config_one(void)
{
	return (struct gdoi_group_config){
		.name = "GROUP_ID-0001",
		.id = 1,
		.members = members,
		.n_members = ARRAY_SIZE(members),
		.policies = policies,
		.n_policies = 1,
		.spi_per_policy = true,
		.push = { .cipher = CIPHER_AES_CBC_256,
			  .sig_hash = SIG_HASH_SHA256,
			  .sig_algorithm = SIG_RSA,
			  .life_seconds = 7200,
			  .retransmission_period = 10,
			  .retransmissions = 2 },
	};
}

static struct gdoi_group *make(struct source *s, const struct gdoi_group_config *c)
{
	const struct gdoi_group_ops ops = { .random = source_random,
					    .signature = quick_signature,
					    .spi_taken = source_taken,
					    .log = source_log,
					    .ctx = s };
	struct gdoi_group *g = NULL;
	char err[256] = "";

	ck_assert_msg(gdoi_group_new(&g, c, &ops, START, err) == 0, "%s", err);
	return g;
}

static void pull(struct gdoi_group *g, uint64_t now, const char *member, struct download *d)
{
	ck_assert_int_eq(gdoi_group_pull(g, now, member, d), 0);
	gdoi_group_registered(g, now, member);
}

START_TEST(first_download)
{
	struct source s = { 0 };
	struct gdoi_group_config c = config_one();
	static struct download d;
	struct gdoi_group *g;

	c.n_policies = 2;
	g = make(&s, &c);
	pull(g, START, "GM-0001", &d);
	ck_assert_uint_eq(d.n_teks, 2);
	ck_assert_uint_eq(d.teks[0].life_seconds, 3600);
	ck_assert_uint_eq(d.teks[1].life_seconds, 7200);
	ck_assert_uint_eq(d.teks[0].key.len, 32);
	ck_assert_uint_eq(d.teks[0].auth_key.len, 32);
	ck_assert_uint_eq(d.teks[1].key.len, 16);
	ck_assert_uint_eq(d.teks[1].auth_key.len, 20);
	ck_assert(!secret_equal(&d.teks[0].key, &d.teks[0].auth_key));
	ck_assert_uint_ne(d.teks[0].spi, d.teks[1].spi);
	ck_assert_int_eq(memcmp(&d.teks[1].sel, &policies[1].sel, sizeof(struct selector)), 0);
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
	struct source s = { 0 };
	struct gdoi_group_config c = config_one();
	struct gdoi_group *g = make(&s, &c);
	static struct download a, b;

	pull(g, START, "GM-0001", &a);
	pull(g, START + 1 * SECOND, "GM-0002", &b);
	ck_assert_uint_eq(b.teks[0].spi, a.teks[0].spi);
	ck_assert(secret_equal(&b.teks[0].key, &a.teks[0].key));
	ck_assert_uint_eq(b.teks[0].life_seconds, 3599);
	pull(g, START + 1000 * SECOND + 1, "GM-0001", &b); /* rounded down: never longer than the truth */
	ck_assert_uint_eq(b.teks[0].life_seconds, 2599);
	gdoi_group_free(g);
}
END_TEST

/* The guide's samples: Expires in 1152, Rekey in 642; so 510 s apart, and both keys in those 510 s. */
START_TEST(both_keys_around_a_rekey)
{
	struct source s = { 0 };
	struct gdoi_group_config c = config_one();
	struct gdoi_group *g = make(&s, &c);
	static struct download old, both, after;

	pull(g, START, "GM-0001", &old);
	ck_assert_uint_eq(gdoi_group_deadline(g), START + 3090 * SECOND);
	pull(g, START + 3090 * SECOND - 1, "GM-0001", &both);
	ck_assert_uint_eq(both.n_teks, 1);
	gdoi_group_step(g, START + 3090 * SECOND);
	pull(g, START + 3090 * SECOND, "GM-0001", &both);
	ck_assert_uint_eq(both.n_teks, 2);
	ck_assert_uint_eq(both.teks[0].spi, old.teks[0].spi);
	ck_assert_uint_eq(both.teks[0].life_seconds, 510);
	ck_assert_uint_ne(both.teks[1].spi, old.teks[0].spi);
	ck_assert_uint_eq(both.teks[1].life_seconds, 3600);
	ck_assert(!secret_equal(&both.teks[0].key, &both.teks[1].key));
	ck_assert(!secret_equal(&both.teks[0].auth_key, &both.teks[1].auth_key));
	pull(g, START + 3599 * SECOND, "GM-0001", &after);
	ck_assert_uint_eq(after.n_teks, 2);
	ck_assert_uint_eq(after.teks[0].life_seconds, 1);
	pull(g, START + 3599 * SECOND + 1, "GM-0001", &after); /* no whole second left: 0 is not a lifetime */
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
	struct source s = { 0 };
	struct gdoi_group_config c = config_one();
	struct gdoi_policy_config p = policies[0];
	struct gdoi_group *g;

	p.life_seconds = margins[_i].life;
	c.policies = &p;
	c.margin_seconds = margins[_i].configured;
	g = make(&s, &c);
	ck_assert_uint_eq(gdoi_group_deadline(g), START + (margins[_i].life - margins[_i].margin) * SECOND);
	/* There is a key to give, and room in a member for all of them, at every deadline of many lives. */
	for (int i = 0; i < 100; i++) {
		static struct download d;
		uint64_t now = gdoi_group_deadline(g);

		gdoi_group_step(g, now);
		ck_assert_uint_gt(gdoi_group_deadline(g), now);
		pull(g, now, "GM-0001", &d);
		ck_assert_uint_ge(d.n_teks, 1);
		ck_assert_uint_le(d.n_teks, 2);
	}
	gdoi_group_free(g);
}
END_TEST

START_TEST(late_step)
{
	struct source s = { 0 };
	struct gdoi_group_config c = config_one();
	struct gdoi_group *g = make(&s, &c);
	static struct download a, b;

	pull(g, START, "GM-0001", &a);
	pull(g, START + 1000000 * SECOND, "GM-0001", &b); /* a machine that slept: one new key, with all of its life */
	ck_assert_uint_eq(b.n_teks, 1);
	ck_assert_uint_ne(b.teks[0].spi, a.teks[0].spi);
	ck_assert_uint_eq(b.teks[0].life_seconds, 3600);
	gdoi_group_free(g);
}
END_TEST

START_TEST(spis_over_10000_rekeys)
{
	struct source s = { 0 };
	struct gdoi_group_config c = config_one();
	struct gdoi_group *g;
	size_t rekeys = 0;
	uint32_t last[2] = { 0 };

	c.n_policies = 2;
	g = make(&s, &c);
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
	struct source s = { .script = { 0, 255, 4711, 256, 256, 0xffffffff }, .n_script = 6, .taken = 4711 };
	struct gdoi_group_config c = config_one();
	static struct download d;
	struct gdoi_group *g;

	c.n_policies = 2;
	g = make(&s, &c);
	pull(g, START, "GM-0001", &d);
	ck_assert_uint_eq(d.teks[0].spi, 256);
	ck_assert_uint_eq(d.teks[1].spi, 0xffffffff);
	gdoi_group_free(g);
}
END_TEST

START_TEST(random_fails)
{
	struct source s = { .error = -EIO };
	struct gdoi_group_config c = config_one();
	const struct gdoi_group_ops ops = { .random = source_random, .log = source_log, .ctx = &s };
	struct gdoi_group *g = NULL;
	static struct download d;
	char err[256] = "";

	ck_assert_int_eq(gdoi_group_new(&g, &c, &ops, START, err), -EIO);
	ck_assert_ptr_null(g);
	ck_assert_ptr_nonnull(strstr(err, "GROUP_ID-0001"));

	s.error = 0;
	g = make(&s, &c);
	s.error = -EIO;
	gdoi_group_step(g, START + 3090 * SECOND);
	ck_assert_uint_eq(gdoi_group_deadline(g), START + 3091 * SECOND); /* tried again, but no busy loop */
	pull(g, START + 3090 * SECOND, "GM-0001", &d);                    /* the present key goes on */
	ck_assert_uint_eq(d.n_teks, 1);
	gdoi_group_step(g, START + 3600 * SECOND);
	ck_assert_int_eq(gdoi_group_pull(g, START + 3600 * SECOND, "GM-0001", &d), -EACCES);
	s.error = 0;
	gdoi_group_step(g, START + 3601 * SECOND);
	pull(g, START + 3601 * SECOND, "GM-0001", &d);
	ck_assert_uint_eq(d.teks[0].life_seconds, 3600);
	gdoi_group_free(g);
}
END_TEST

START_TEST(kek_and_delays)
{
	struct source s = { 0 };
	struct gdoi_group_config c = config_one();
	static struct download a, b;
	const uint8_t *der = a.kek.pubkey;
	struct gdoi_group *g;
	EVP_PKEY *k;

	c.has_push = true;
	c.has_activation_delay = true;
	c.activation_delay = 5;
	c.deactivation_delay = 9;
	g = make(&s, &c);
	pull(g, START + 1 * SECOND, "GM-0001", &a);
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
	pull(g, START + 6690 * SECOND, "GM-0001", &b);
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
	struct source s = { 0 };
	struct tek t = { .cipher = algorithms[_i].cipher, .auth = algorithms[_i].auth };

	ck_assert_int_eq(gcks_keys_tek(&t, source_random, &s), algorithms[_i].key > 0 ? 0 : -EINVAL);
	ck_assert_uint_eq(t.key.len, algorithms[_i].key);
	ck_assert_uint_eq(t.auth_key.len, algorithms[_i].auth_key);
}
END_TEST

/* RFC 6407 3.5: a sender id for each pull from 0 on; before one is given again all keys are new. */
START_TEST(sender_ids)
{
	struct source s = { 0 };
	struct gdoi_group_config c = config_one();
	struct gdoi_policy_config p = policies[0];
	static struct download d;
	struct gdoi_group *g;
	uint32_t spi = 0;

	p.cipher = CIPHER_AES_GCM_256;
	p.auth = AUTH_NONE;
	c.policies = &p;
	c.has_push = true;
	g = make(&s, &c);
	for (uint32_t i = 0; i < 65536; i++) {
		ck_assert_int_eq(gdoi_group_pull(g, START, "GM-0001", &d), 0);
		ck_assert_uint_eq(d.sender_id_bits, 16);
		ck_assert_uint_eq(d.sender_id, i);
		spi = d.teks[0].spi;
	}
	ck_assert_int_eq(gdoi_group_pull(g, START, "GM-0001", &d), 0);
	ck_assert_uint_eq(d.sender_id, 0);
	ck_assert_uint_eq(d.n_teks, 1);
	ck_assert_uint_ne(d.teks[0].spi, spi);
	ck_assert(!gdoi_group_has_spi(g, spi));
	ck_assert_uint_eq(gdoi_group_n_keks(g), 1);
	gdoi_group_free(g);
}
END_TEST

START_TEST(not_a_member)
{
	struct source s = { 0 };
	struct gdoi_group_config c = config_one();
	struct gdoi_group *g = make(&s, &c);
	static struct download d;

	memset(&d, 0x5a, sizeof(d));
	ck_assert_int_eq(gdoi_group_pull(g, START, "GM-0009", &d), -EACCES);
	ck_assert_uint_eq(d.n_teks, (size_t)0x5a5a5a5a5a5a5a5a); /* no output with an error */
	ck_assert_uint_eq(gdoi_group_stats(g)->pull_failed, 1);
	ck_assert_uint_eq(s.warnings, 1);
	gdoi_group_registered(g, START, "GM-0009");
	ck_assert_uint_eq(gdoi_group_n_registered(g), 0);
	ck_assert_uint_eq(gdoi_group_stats(g)->pull_succeeded, 0);
	gdoi_group_free(g);
}
END_TEST

START_TEST(threshold)
{
	struct source s = { 0 };
	struct gdoi_group_config c = config_one();
	struct gcks_member_view v;
	static struct download d;
	struct gdoi_group *g;

	c.member_threshold = 2;
	g = make(&s, &c);
	pull(g, START, "GM-0001", &d);
	ck_assert_int_eq(gdoi_group_pull(g, START, "GM-0002", &d), 0); /* not confirmed yet, and its place is kept */
	ck_assert_int_eq(gdoi_group_pull(g, START + 59 * SECOND, "GM-0003", &d), -EAGAIN);
	ck_assert_int_eq(gdoi_group_pull(g, START + 59 * SECOND, "GM-0002", &d), 0);
	gdoi_group_registered(g, START + 59 * SECOND, "GM-0002");
	ck_assert_int_eq(gdoi_group_pull(g, START + 1000 * SECOND, "GM-0003", &d), -EAGAIN);
	pull(g, START + 1000 * SECOND, "GM-0001", &d); /* registered members go on */
	pull(g, START + 1000 * SECOND, "GM-0002", &d);
	ck_assert_uint_eq(gdoi_group_n_registered(g), 2);
	ck_assert_uint_eq(gdoi_group_stats(g)->pull_exceed_threshold, 0);
	gdoi_group_unanswered(g, "GM-0003"); /* two requests, of one exchange */
	gdoi_group_unanswered(g, "GM-0002");
	gdoi_group_unanswered(g, "GM-0009");
	ck_assert_uint_eq(gdoi_group_stats(g)->pull_exceed_threshold, 1);
	ck_assert_uint_eq(gdoi_group_stats(g)->pull_failed, 0);
	ck_assert_uint_eq(gdoi_group_stats(g)->pull_succeeded, 4);
	gdoi_group_member(g, 0, &v);
	ck_assert(v.registered);
	ck_assert_uint_eq(v.last_update, START + 1000 * SECOND);
	ck_assert_uint_eq(v.stats->pull_succeeded, 2);
	ck_assert_int_eq(gdoi_group_remove(g, "GM-0001"), 0);
	ck_assert_int_eq(gdoi_group_remove(g, "GM-0001"), -ENOENT);
	pull(g, START + 1001 * SECOND, "GM-0003", &d);
	ck_assert_int_eq(gdoi_group_pull(g, START + 1001 * SECOND, "GM-0001", &d), -EAGAIN);
	gdoi_group_free(g);
}
END_TEST

/* A member in a loop does not fill the log; the others' lines stay. */
START_TEST(a_looping_member_is_told_of_seldom)
{
	struct source s = { 0 };
	struct gdoi_group_config c = config_one();
	static struct download d;
	struct gdoi_group *g = make(&s, &c);

	s.lines = 0;
	for (unsigned i = 0; i < 1500; i++) /* 150 s */
		pull(g, START + i * 100, "GM-0001", &d);
	for (unsigned i = 0; i < 1500; i++)
		ck_assert_int_eq(gdoi_group_pull(g, START + i * 100, "GM-0009", &d), -EACCES);
	printf("%u lines for 3000 pulls in 150 s\n", s.lines);
	ck_assert_uint_ge(s.lines, 2 * 5);
	ck_assert_uint_le(s.lines, 1 + 2 * 6 * 6);
	s.lines = 0;
	pull(g, START + 150 * SECOND, "GM-0002", &d);
	ck_assert_uint_eq(s.lines, 1);
	gdoi_group_free(g);
}
END_TEST

START_TEST(reservation_lapses)
{
	struct source s = { 0 };
	struct gdoi_group_config c = config_one();
	static struct download d;
	struct gdoi_group *g;

	c.member_threshold = 1;
	g = make(&s, &c);
	ck_assert_int_eq(gdoi_group_pull(g, START, "GM-0001", &d), 0);
	ck_assert_int_eq(gdoi_group_pull(g, START + GCKS_RESERVATION_MS - 1, "GM-0002", &d), -EAGAIN);
	ck_assert_int_eq(gdoi_group_pull(g, START + GCKS_RESERVATION_MS, "GM-0002", &d), 0);
	gdoi_group_free(g);
}
END_TEST

static void expect_refused(const struct gdoi_group_config *c, const char *word)
{
	struct source s = { 0 };
	const struct gdoi_group_ops ops = { .random = source_random, .ctx = &s };
	struct gdoi_group *g = NULL;
	char err[256] = "";

	ck_assert_int_eq(gdoi_group_new(&g, c, &ops, START, err), -EINVAL);
	ck_assert_ptr_null(g);
	ck_assert_msg(strstr(err, word) != NULL, "%s", err);
}

START_TEST(bad_config)
{
	struct gdoi_policy_config many[GCKS_POLICIES_MAX + 1] = { 0 };
	struct gdoi_group_config c = config_one();

	c.policies = many;
	c.n_policies = 0;
	expect_refused(&c, "match-policies");
	c.n_policies = ARRAY_SIZE(many);
	expect_refused(&c, "match-policies");
	c = config_one();
	c.n_members = 0;
	expect_refused(&c, "ike-gateways");
	c = config_one();
	many[0] = policies[0];
	many[0].life_seconds = 1;
	c.policies = many;
	expect_refused(&c, "too short");
	c = config_one();
	c.has_push = true;
	c.push.life_seconds = 0;
	expect_refused(&c, "KEK");
}
END_TEST

/* As many policies as there may be, all of them around a rekey, still fit into one download. */
START_TEST(fullest_download)
{
	struct gdoi_policy_config many[GCKS_POLICIES_MAX];
	struct source s = { 0 };
	struct gdoi_group_config c = config_one();
	static struct download d;
	struct gdoi_group *g;

	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = policies[0];
	c.policies = many;
	c.n_policies = ARRAY_SIZE(many);
	g = make(&s, &c);
	pull(g, START + 3090 * SECOND, "GM-0001", &d);
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
	tcase_add_test(tc, sender_ids);
	tcase_add_test(tc, not_a_member);
	tcase_add_test(tc, threshold);
	tcase_add_test(tc, a_looping_member_is_told_of_seldom);
	tcase_add_test(tc, reservation_lapses);
	tcase_add_test(tc, bad_config);
	tcase_add_test(tc, fullest_download);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
