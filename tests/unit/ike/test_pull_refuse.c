/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What either half refuses although the other half proved who it is: only a peer that is broken sends it. */
#include "tests/unit/support/ike_pair.h"
#include "tests/unit/support/words.h"

#include "ike/phase1_sa.h"
#include "ike/pull_state.h"

#include <check.h>
#include <stdlib.h>

static const struct ike_proposal ours = { IKE_SHA256, IKE_ECP256, CIPHER_AES_CBC_128, 3600 };

/* --- the SA payload of phase 1 --- */

struct sa { /* what the payload says */
	uint8_t counted, transforms;
	uint32_t life;
	bool hash_twice;
};

static struct writer w;

static struct reader sa_body(const struct sa *sa)
{
	struct chain proposal = { .next_at = CHAIN_IMPLIED }, t = { .next_at = CHAIN_IMPLIED };

	writer_clear(&w);
	write_u32(&w, IKE_DOI_GDOI);
	write_u32(&w, 1); /* situation */
	chain_begin(&proposal, &w, PAYLOAD_PROPOSAL);
	write_u8(&w, 1);
	write_u8(&w, ISAKMP_PROTOCOL_ISAKMP);
	write_u8(&w, 0);
	write_u8(&w, sa->counted);
	for (uint8_t i = 0; i < sa->transforms; i++) {
		chain_begin(&t, &w, PAYLOAD_TRANSFORM);
		write_u8(&w, (uint8_t)(i + 1));
		write_u8(&w, 1); /* KEY_IKE */
		write_u16(&w, 0);
		write_attribute_basic(&w, 1, 7); /* AES-CBC */
		write_attribute_basic(&w, 14, 128);
		for (int j = 0; j <= sa->hash_twice; j++)
			write_attribute_basic(&w, 2, (uint16_t)ours.hash);
		write_attribute_basic(&w, 4, (uint16_t)ours.group);
		write_attribute_basic(&w, 3, 1);  /* pre-shared key */
		write_attribute_basic(&w, 11, 1); /* seconds */
		write_attribute_u32(&w, 12, sa->life);
		chain_end(&t, &w);
	}
	chain_end(&proposal, &w);
	return reader_of(w.data, w.len);
}

/* What the initiator, and what the responder says to it: the lifetime agreed, or an error. */
static void expect(const struct sa *sa, int answered, int chosen)
{
	struct phase1_choice choice;
	struct ike_out out = { 0 };
	struct ike_diag diag = { .out = &out };
	struct ike_proposal p;
	int r = phase1_sa_answer(&p, sa_body(sa), IKE_DOI_GDOI, &ours, 1, &diag);

	ck_assert_int_eq(r < 0 ? r : (int)p.lifetime_seconds, answered);
	r = phase1_sa_choose(&choice, sa_body(sa), &ours, 1, &diag);
	ck_assert_int_eq(r < 0 ? r : (int)choice.proposal.lifetime_seconds, chosen);
	writer_clear(&w);
	ike_out_clear(&out);
}

START_TEST(the_shorter_lifetime_wins)
{
	expect(&(struct sa){ 1, 1, .life = 600 }, 600, 600);
	expect(&(struct sa){ 1, 1, .life = 3600 }, 3600, 3600);
	expect(&(struct sa){ 1, 1, .life = 86400 }, 3600, 3600);
	expect(&(struct sa){ 1, 1, .life = 0 }, 3600, 3600); /* none is said */
}
END_TEST

START_TEST(transforms_are_counted)
{
	expect(&(struct sa){ 2, 2, .life = 600 }, -EBADMSG, 600); /* an answer has one */
	expect(&(struct sa){ 2, 1, .life = 600 }, 600, -EBADMSG);
	expect(&(struct sa){ 1, 2, .life = 600 }, -EBADMSG, -EBADMSG);
	expect(&(struct sa){ 0, 0, .life = 0 }, -EBADMSG, -EBADMSG);
}
END_TEST

START_TEST(an_attribute_stands_once)
{
	expect(&(struct sa){ 1, 1, .life = 600, .hash_twice = true }, -ENOENT, -ENOENT);
}
END_TEST

/* --- messages under the ISAKMP SA --- */

/*
 * The server's second message as MAKE makes it anew comes before the real one.  All keys are at hand: they are the
 * member's own.
 */
static void (*make)(struct pull *p, const struct pair_datagram *real, struct pair_datagram *ret);
static bool made;

static void forge_second(struct pair *p, size_t index, const struct pair_datagram *d)
{
	struct pair_datagram forged = { 0 };

	(void)index;
	if (!d->to_server && !made && p->pull->stage == STAGE_POLICY) {
		made = true;
		make(p->pull, d, &forged);
		pair_queue(p, &forged);
		free(forged.data);
	}
	pair_queue(p, d);
}

/* The same payloads under another message id, and with a nonce of NONCE_LEN octets, if it is not 0. */
static void seal_again(struct pull *p, const struct pair_datagram *real, uint32_t message_id, size_t nonce_len,
		       struct pair_datagram *ret)
{
	const struct chunk nonces[] = { octets_chunk(&p->nonce_i) };
	const struct ike_keys *keys = phase1_informational(p->phase1).keys;
	uint8_t iv[CRYPTO_BLOCK_LEN], nonce[256] = { 1 };
	struct ike_out out = { 0 };
	struct ike_diag diag = { .out = &out };
	struct isakmp_header h;
	struct message m;
	struct opened o;

	ck_assert_int_eq(isakmp_header_read(&h, real->data, real->len, &diag), 0);
	ck_assert_int_eq(message_open_hashed(&o, &h, real->data, real->len, keys, nonces, 1, p->iv, &diag), 0);
	h.message_id = message_id;
	message_begin_hashed(&m, &h, keys->hash);
	for (size_t i = 0; i < o.payloads.n; i++) {
		const struct payload *one = &o.payloads.list[i];

		if (one->type == PAYLOAD_NONCE && nonce_len > 0)
			message_add(&m, PAYLOAD_NONCE, nonce, nonce_len);
		else if (one->type != PAYLOAD_HASH)
			message_add(&m, one->type, one->body.at, one->body.left);
	}
	memcpy(iv, p->iv, sizeof(iv));
	ck_assert_int_eq(message_seal_hashed(&m, keys, nonces, 1, iv), 0);
	ret->data = writer_take(&m.w, &ret->len);
	opened_clear(&o);
	ike_out_clear(&out);
}

static void other_message_id(struct pull *p, const struct pair_datagram *real, struct pair_datagram *ret)
{
	seal_again(p, real, p->message_id ^ 1, 0, ret);
}

static void nonce_of_128(struct pull *p, const struct pair_datagram *real, struct pair_datagram *ret)
{
	seal_again(p, real, p->message_id, 128, ret);
}

static void nonce_of_129(struct pull *p, const struct pair_datagram *real, struct pair_datagram *ret)
{
	seal_again(p, real, p->message_id, 129, ret);
}

static void nonce_of_7(struct pull *p, const struct pair_datagram *real, struct pair_datagram *ret)
{
	seal_again(p, real, p->message_id, 7, ret);
}

static void nonce_of_8(struct pull *p, const struct pair_datagram *real, struct pair_datagram *ret)
{
	seal_again(p, real, p->message_id, 8, ret);
}

/* A Delete of an ISAKMP SA, its SPI's octet at AT being another one than ours (-1: none is). */
static void delete_sa(struct pull *p, int at, struct pair_datagram *ret)
{
	struct informational in = phase1_informational(p->phase1);
	struct isakmp_header h = { .exchange = EXCHANGE_INFORMATIONAL, .message_id = 4711 };
	uint8_t iv[CRYPTO_BLOCK_LEN], spi[2 * ISAKMP_COOKIE_LEN];
	struct message m;

	memcpy(h.cookie_i, in.cookie_i, sizeof(h.cookie_i));
	memcpy(h.cookie_r, in.cookie_r, sizeof(h.cookie_r));
	memcpy(spi, in.cookie_i, ISAKMP_COOKIE_LEN);
	memcpy(spi + ISAKMP_COOKIE_LEN, in.cookie_r, ISAKMP_COOKIE_LEN);
	if (at >= 0)
		spi[at] ^= 1;
	ck_assert_int_eq(keys_iv_exchange(in.keys->hash, in.last, h.message_id, iv), 0);
	message_begin_hashed(&m, &h, in.keys->hash);
	delete_write(&m.w, &m.chain, in.doi, ISAKMP_PROTOCOL_ISAKMP, sizeof(spi), spi, 1);
	ck_assert_int_eq(message_seal_hashed(&m, in.keys, NULL, 0, iv), 0);
	ret->data = writer_take(&m.w, &ret->len);
}

static void delete_ours(struct pull *p, const struct pair_datagram *real, struct pair_datagram *ret)
{
	(void)real;
	delete_sa(p, -1, ret);
}

static void delete_other_cookie_i(struct pull *p, const struct pair_datagram *real, struct pair_datagram *ret)
{
	(void)real;
	delete_sa(p, ISAKMP_COOKIE_LEN - 1, ret);
}

static void delete_other_cookie_r(struct pull *p, const struct pair_datagram *real, struct pair_datagram *ret)
{
	(void)real;
	delete_sa(p, ISAKMP_COOKIE_LEN, ret);
}

static const struct {
	const char *name;
	void (*make)(struct pull *p, const struct pair_datagram *real, struct pair_datagram *ret);
	enum pull_state ends;
	const char *reason; /* part of it; NULL: any */
} forgeries[] = {
	{ "another message id", other_message_id, PULL_DONE, NULL },
	{ "a nonce of 128 octets", nonce_of_128, PULL_TIMEOUT,
	  NULL }, /* taken: it is the server that has another one */
	{ "a nonce of 129 octets", nonce_of_129, PULL_ABORTED, "a nonce of 129 octets" },
	{ "a nonce of 8 octets", nonce_of_8, PULL_TIMEOUT, NULL },
	{ "a nonce of 7 octets", nonce_of_7, PULL_ABORTED, "a nonce of 7 octets" },
	{ "a Delete of this SA", delete_ours, PULL_ABORTED, "the server deleted the ISAKMP SA" },
	{ "a Delete of another initiator's SA", delete_other_cookie_i, PULL_DONE, NULL },
	{ "a Delete of another responder's SA", delete_other_cookie_r, PULL_DONE, NULL },
};

START_TEST(forged)
{
	struct pair p;

	pair_init(&p);
	p.gate = forge_second;
	make = forgeries[_i].make;
	made = false;
	ck_assert_msg(pair_run(&p) == forgeries[_i].ends, "%s: %s", forgeries[_i].name, reason_of(p.pull));
	ck_assert(made);
	if (forgeries[_i].reason)
		ck_assert_msg(strstr(reason_of(p.pull), forgeries[_i].reason) != NULL, "%s", reason_of(p.pull));
	pair_free(&p);
}
END_TEST

/* --- phase 1 and its timers --- */

START_TEST(intervals_do_not_double_for_ever)
{
	struct ike_out out = { 0 };
	struct pair p;
	uint64_t last, longest = 0;

	pair_init(&p);
	p.params.timing.retransmits = 40;
	p.params.timing.total_ms = UINT32_MAX;
	last = p.now;
	ck_assert_int_eq(pull_new(&p.pull, &p.params, p.now, &out), 0);
	while (pull_state(p.pull) == PULL_RUNNING) {
		uint64_t at = pull_deadline(p.pull);

		ck_assert_uint_ge(at - last, longest);
		longest = at - last;
		last = at;
		ike_out_clear(&out);
		pull_step(p.pull, at, NULL, 0, &out);
	}
	ck_assert_uint_ge(longest, 600 * 1000);
	ck_assert_uint_lt(longest, 2 * 600 * 1000);
	ike_out_clear(&out);
	pair_free(&p);
}
END_TEST

/* Anybody can say it, so it is believed once: the first time it brings a new beginning, then nothing. */
START_TEST(doi_not_supported_twice)
{
	struct ike_out out = { 0 };
	uint8_t *data;
	size_t len, restarts = 0;
	struct pair p;

	pair_init(&p);
	ck_assert_int_eq(pull_new(&p.pull, &p.params, p.now, &out), 0);
	for (int i = 0; i < 3; i++) {
		ike_out_clear(&out);
		ck_assert_int_eq(clear_notify(phase1_cookie_i(p.pull->phase1), (const uint8_t[8]){ 0 },
					      NOTIFY_DOI_NOT_SUPPORTED, &data, &len),
				 0);
		pull_step(p.pull, p.now, data, len, &out);
		restarts += out.n_datagrams;
		free(data);
	}
	ck_assert_uint_eq(restarts, 1);
	ck_assert_uint_eq(pull_doi(p.pull), IKE_DOI_IPSEC);
	ck_assert_int_eq(pull_state(p.pull), PULL_RUNNING);
	ike_out_clear(&out);
	pair_free(&p);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ike_refuse");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(t, the_shorter_lifetime_wins);
	tcase_add_test(t, transforms_are_counted);
	tcase_add_test(t, an_attribute_stands_once);
	tcase_add_loop_test(t, forged, 0, (int)ARRAY_SIZE(forgeries));
	tcase_add_test(t, intervals_do_not_double_for_ever);
	tcase_add_test(t, doi_not_supported_twice);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
