/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The five recorded pushes of push-c, by an implementation that is not ours: TEK rekeys, a KEK change, a delete.  What
 * they say, value by value against the recording's secrets; every single-bit change and every shortening of them is
 * refused and leaves the rekey SA as it was.
 */
#include "tests/unit/support/vector.h"
#include "tests/unit/support/words.h"

#include "ike/gdoi_kd.h"
#include "ike/gdoi_sa.h"
#include "ike/push.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define PUSHES 5
#define FIRST_PUSH 10 /* datagram of the recording */
#define KEK_CHANGE 2  /* push that brings the second KEK, still under the first */

/* The recording, and its two KEKs: that of the pull, and that of push KEK_CHANGE. */
struct recording {
	struct vector v;
	struct kek keks[2];
};

static const struct vector_datagram *push_of(const struct recording *r, size_t i)
{
	return &r->v.datagrams[FIRST_PUSH + i];
}

static const struct kek *kek_of(const struct recording *r, size_t i)
{
	return &r->keks[i > KEK_CHANGE ? 1 : 0];
}

/* What the pull gave, from its recorded plaintexts: messages 2 (HASH, nonce, SA) and 4 (HASH, SEQ, KD). */
static void pulled_kek(const struct vector *v, struct kek *ret)
{
	uint8_t policy[2048], keys[2048];
	size_t policy_len = vector_value(v, "MSG_PLAIN_ENC ", 1, policy, sizeof(policy));
	size_t keys_len = vector_value(v, "MSG_PLAIN_ENC ", 2, keys, sizeof(keys));
	struct ike_diag diag = { 0 };
	struct download d = { 0 };
	struct payloads payloads;
	struct payload p;
	bool sak;

	ck_assert_int_eq(payloads_read(&payloads, PAYLOAD_HASH, reader_of(policy, policy_len), 15, &diag), 0);
	ck_assert_int_eq(payloads_one(&payloads, PAYLOAD_SA, &p, &diag), 0);
	ck_assert_int_eq(gdoi_sa_read(&d, &sak, p.body, false, NULL, &diag), 0);
	ck_assert_int_eq(payloads_read(&payloads, PAYLOAD_HASH, reader_of(keys, keys_len), 15, &diag), 0);
	ck_assert_int_eq(payloads_one(&payloads, PAYLOAD_KD, &p, &diag), 0);
	ck_assert_int_eq(gdoi_kd_read(&d, sak, p.body, &diag), 0);
	ck_assert(d.has_kek);
	*ret = d.kek;
}

static struct rekey_sa *new_sa(const struct kek *kek, bool from_push)
{
	struct ike_cause cause = { 0 };
	struct rekey_sa *sa = NULL;

	ck_assert_msg(rekey_sa_new(&sa, kek, from_push, false, NULL, &cause) == 0, "%s", cause_words_of(&cause));
	return sa;
}

static void load(struct recording *r)
{
	const struct vector_datagram *d;
	struct ike_out out = { 0 };
	struct rekey_sa *sa;
	struct push p;

	memset(r, 0, sizeof(*r));
	vector_load(&r->v, "push-c-rsa2048");
	ck_assert_uint_eq(r->v.n, FIRST_PUSH + PUSHES);
	pulled_kek(&r->v, &r->keks[0]);
	sa = new_sa(&r->keks[0], false);
	d = push_of(r, KEK_CHANGE);
	ck_assert_int_eq(rekey_sa_receive(sa, d->data, d->len, &p, &out), PUSH_ACCEPTED);
	r->keks[1] = p.download.kek;
	rekey_sa_free(sa);
	ike_out_clear(&out);
}

static void assert_value(const struct vector *v, const char *label, unsigned nth, const void *data, size_t len)
{
	uint8_t want[2048];
	size_t n = vector_value(v, label, nth, want, sizeof(want));

	ck_assert_msg(n == len && memcmp(want, data, len) == 0, "%s %u differs from the recording's", label, nth);
}

static void assert_recorded_tek(const struct vector *v, unsigned nth, const struct tek *t, uint32_t life)
{
	uint8_t spi[] = { (uint8_t)(t->spi >> 24), (uint8_t)(t->spi >> 16), (uint8_t)(t->spi >> 8), (uint8_t)t->spi };

	assert_value(v, "KS_TEK_SPI ", nth, spi, sizeof(spi));
	assert_value(v, "KS_TEK_SECRECY ", nth, t->key.data, t->key.len);
	assert_value(v, "KS_TEK_INTEGRITY ", nth, t->auth_key.data, t->auth_key.len);
	ck_assert_uint_eq(t->life_seconds, life);
	ck_assert_int_eq(t->cipher, CIPHER_AES_CBC_128);
	ck_assert_int_eq(t->auth, AUTH_HMAC_SHA256_128);
	ck_assert_uint_eq(t->sel.src.addr, 0x7f000052);
	ck_assert_uint_eq(t->sel.dst.addr, 0xefc00101);
}

static void assert_recorded_kek(const struct vector *v, unsigned push, const struct kek *k)
{
	assert_value(v, "PUSH_KEK_SPI ", push, k->spi, sizeof(k->spi));
	assert_value(v, "PUSH_KEK_KEY ", push, k->key.data, k->key.len);
	assert_value(v, "PUSH_KEK_IV ", push, k->iv.data, k->iv.len);
	ck_assert_int_eq(k->sig_algorithm, SIG_RSA);
	ck_assert_int_eq(k->sig_hash, SIG_HASH_SHA256);
	ck_assert_uint_eq(k->port, 8480);
}

static void receive(const struct recording *r, struct rekey_sa *sa, size_t i, struct push *p)
{
	const struct vector_datagram *d = push_of(r, i);
	struct ike_out out = { 0 };

	ck_assert(rekey_sa_owns(sa, d->data, d->len));
	ck_assert_msg(rekey_sa_receive(sa, d->data, d->len, p, &out) == PUSH_ACCEPTED, "push %zu: %s", i,
		      last_note(&out));
	ck_assert_uint_eq(p->seq, i + 1);
	ck_assert_uint_eq(rekey_sa_kek(sa)->seq, i + 1);
	ck_assert_uint_eq(p->download.n_refusals, 0);
	ck_assert_int_eq(rekey_sa_acknowledge(sa, 0x7f000052, &out), 0); /* none was asked for */
	ck_assert_uint_eq(out.n_datagrams, 0);
	ike_out_clear(&out);
}

START_TEST(what_they_say)
{
	struct recording r;
	struct rekey_sa *first, *second;
	struct push p;

	load(&r);
	first = new_sa(&r.keks[0], false);

	receive(&r, first, 0, &p); /* the TEK that is held with 100 s left, a new one, the KEK that is held */
	ck_assert_uint_eq(p.download.n_teks, 2);
	assert_recorded_tek(&r.v, 0, &p.download.teks[0], 100);
	assert_recorded_tek(&r.v, 1, &p.download.teks[1], 120);
	ck_assert(p.has_policy && p.download.has_kek);
	assert_recorded_kek(&r.v, 0, &p.download.kek);
	ck_assert_uint_eq(p.download.kek.seq, 1);

	receive(&r, first, 1, &p);
	ck_assert_uint_eq(p.download.n_teks, 1);
	assert_recorded_tek(&r.v, 2, &p.download.teks[0], 120);
	assert_recorded_kek(&r.v, 1, &p.download.kek);

	receive(&r, first, 2, &p); /* another KEK */
	ck_assert_uint_eq(p.download.n_teks, 0);
	ck_assert(p.has_policy && p.download.has_kek && !p.delete_kek);
	assert_recorded_kek(&r.v, 3, &p.download.kek);
	ck_assert_uint_eq(p.download.kek.life_seconds, 50);

	second = new_sa(&p.download.kek, true);
	ck_assert(!rekey_sa_owns(first, push_of(&r, 3)->data, push_of(&r, 3)->len));
	receive(&r, second, 3, &p); /* the sequence goes on under it */
	ck_assert_uint_eq(p.download.n_teks, 1);
	assert_recorded_tek(&r.v, 3, &p.download.teks[0], 120);

	receive(&r, second, 4, &p); /* deletes, and nothing else */
	ck_assert(!p.has_policy && !p.delete_kek && !p.delete_all_teks);
	ck_assert_uint_eq(p.n_delete_spis, 4);
	ck_assert_uint_eq(p.delete_spis[0], 0x8dd723bd);
	ck_assert_uint_eq(p.delete_spis[1], 0xdbd10315);
	ck_assert_uint_eq(p.delete_spis[2], 0xcdc3e64e);
	ck_assert_uint_eq(p.delete_spis[3], 0x07d274f0);
	rekey_sa_free(first);
	rekey_sa_free(second);
	vector_free(&r.v);
}
END_TEST

static void assert_refused(struct rekey_sa *sa, const uint8_t *data, size_t len)
{
	struct push untouched, p;
	struct ike_out out = { 0 };
	struct kek before = *rekey_sa_kek(sa);

	memset(&p, 0x5c, sizeof(p));
	memcpy(&untouched, &p, sizeof(p));
	ck_assert_int_eq(rekey_sa_receive(sa, data, len, &p, &out), PUSH_REFUSED);
	ck_assert_int_eq(memcmp(&p, &untouched, sizeof(p)), 0);
	ck_assert_int_eq(memcmp(&before, rekey_sa_kek(sa), sizeof(before)), 0);
	ck_assert_uint_ge(out.n_notes, 1);
	ck_assert_ptr_nonnull(strstr(last_note(&out), "refused: "));
	ck_assert_uint_eq(out.n_datagrams, 0);
	ike_out_clear(&out);
}

/* The untouched message is taken after all of the attempts. */
static void assert_still_taken(const struct recording *r, struct rekey_sa *sa, size_t i)
{
	struct push p;

	receive(r, sa, i, &p);
}

START_TEST(every_bit_changed)
{
	struct recording r;
	unsigned n = 0;

	load(&r);
	for (size_t i = 0; i < PUSHES; i++) {
		const struct vector_datagram *d = push_of(&r, i);
		struct rekey_sa *sa = new_sa(kek_of(&r, i), i > KEK_CHANGE);
		uint8_t *data = malloc(d->len);

		ck_assert_ptr_nonnull(data);
		memcpy(data, d->data, d->len);
		for (size_t bit = 0; bit < d->len * 8; bit++, n++) {
			data[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_refused(sa, data, d->len);
			data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		assert_still_taken(&r, sa, i);
		free(data);
		rekey_sa_free(sa);
	}
	printf("%u single-bit changes refused\n", n);
	vector_free(&r.v);
}
END_TEST

/* Cut to LEN octets of memory; AGREE: the header says LEN too. */
static void cut(struct rekey_sa *sa, const struct vector_datagram *d, size_t len, bool agree)
{
	uint8_t *data = malloc(len ? len : 1);

	ck_assert_ptr_nonnull(data);
	if (len > 0)
		memcpy(data, d->data, len);
	if (agree && len >= 28) {
		data[26] = (uint8_t)(len >> 8);
		data[27] = (uint8_t)len;
	}
	assert_refused(sa, data, len);
	free(data);
}

START_TEST(cut_at_every_length)
{
	struct recording r;
	unsigned n = 0;

	load(&r);
	for (size_t i = 0; i < PUSHES; i++) {
		const struct vector_datagram *d = push_of(&r, i);
		struct rekey_sa *sa = new_sa(kek_of(&r, i), i > KEK_CHANGE);

		for (size_t len = 0; len < d->len; len++, n += 2) {
			cut(sa, d, len, false);
			cut(sa, d, len, true);
		}
		assert_still_taken(&r, sa, i);
		rekey_sa_free(sa);
	}
	printf("%u shortened messages refused\n", n);
	vector_free(&r.v);
}
END_TEST

/* Out of order: what is behind the counter is refused, and a KEK that was replaced takes nothing new. */
START_TEST(only_forward)
{
	struct recording r;
	struct rekey_sa *sa;
	struct push p;

	load(&r);
	sa = new_sa(&r.keks[0], false);
	receive(&r, sa, 1, &p);
	assert_refused(sa, push_of(&r, 0)->data, push_of(&r, 0)->len);
	receive(&r, sa, 2, &p);
	assert_refused(sa, push_of(&r, 0)->data, push_of(&r, 0)->len);
	assert_refused(sa, push_of(&r, 3)->data, push_of(&r, 3)->len); /* of the other KEK */
	rekey_sa_free(sa);
	sa = new_sa(&r.keks[0], false);
	rekey_sa_retire(sa); /* a pull brought another KEK */
	assert_refused(sa, push_of(&r, 0)->data, push_of(&r, 0)->len);
	rekey_sa_free(sa);
	vector_free(&r.v);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ike push vectors");
	TCase *said = tcase_create("said"), *changed = tcase_create("changed");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(said, what_they_say);
	tcase_add_test(said, only_forward);
	tcase_set_timeout(changed, 120);
	tcase_add_test(changed, every_bit_changed);
	tcase_add_test(changed, cut_at_every_length);
	suite_add_tcase(suite, said);
	suite_add_tcase(suite, changed);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
