/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/ike_pair.h"
#include "tests/unit/support/words.h"

#include "ike/crypto.h"
#include "ike/gdoi_sat.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static const char psk[] = "a pre-shared key of the tests";

static int on_peer(void *ctx, uint32_t addr, struct responder_peer *ret)
{
	struct pair *p = ctx;

	if (addr != PAIR_MEMBER)
		return -ENOENT;
	*ret = p->peer;
	return 0;
}

static int on_pull(void *ctx, void *tag, uint32_t addr, uint32_t group, struct download *ret)
{
	struct pair *p = ctx;

	ck_assert_ptr_eq(tag, p);
	ck_assert_uint_eq(addr, PAIR_MEMBER);
	p->asked++;
	if (p->pull_result != 0)
		return p->pull_result;
	if (group != PAIR_GROUP)
		return -EACCES;
	*ret = p->offered;
	return 0;
}

static void on_registered(void *ctx, void *tag, uint32_t addr, uint32_t group)
{
	struct pair *p = ctx;

	ck_assert_ptr_eq(tag, p);
	ck_assert_uint_eq(addr, PAIR_MEMBER);
	ck_assert_uint_eq(group, PAIR_GROUP);
	p->registered++;
}

void pair_init(struct pair *p)
{
	memset(p, 0, sizeof(*p));
	p->now = 1000000;
	p->wanted = -1;
	p->params = (struct pull_params){
		.local = PAIR_MEMBER,
		.server = PAIR_SERVER,
		.mode = IKE_MAIN,
		.proposals = { { IKE_SHA256, IKE_ECP256, CIPHER_AES_CBC_128, 3600 } },
		.n_proposals = 1,
		.group = PAIR_GROUP,
		.doi = IKE_DOI_GDOI,
	};
	p->peer = (struct responder_peer){ .main_mode = true, .aggressive_mode = true, .tag = p, .n_proposals = 1 };
	p->peer.proposals[0] = p->params.proposals[0];
	ck_assert_int_eq(secret_set(&p->params.psk, psk, sizeof(psk) - 1), 0);
	ck_assert_int_eq(secret_set(&p->peer.psk, psk, sizeof(psk) - 1), 0);
	pair_offer_tek(p, 0x11223344, CIPHER_AES_CBC_256, AUTH_HMAC_SHA256_128);
}

static void random_secret(struct secret *s, size_t len)
{
	s->len = (uint16_t)len;
	ck_assert_int_eq(crypto_random(s->data, len), 0);
}

void pair_offer_tek(struct pair *p, uint32_t spi, enum cipher cipher, enum auth auth)
{
	struct tek *t = &p->offered.teks[p->offered.n_teks++];

	*t = (struct tek){ .spi = spi,
			   .sel = { .src = { 0xac100000, 12 },
				    .dst = { 0xac100000, 12 },
				    .sport = { 0, 65535 },
				    .dport = { 0, 65535 } },
			   .cipher = cipher,
			   .auth = auth,
			   .life_seconds = 3600,
			   .tunnel = true };
	random_secret(&t->key, cipher_esp_key_len(cipher));
	if (auth != AUTH_NONE)
		random_secret(&t->auth_key, auth_key_len(auth));
}

void pair_offer_kek(struct pair *p)
{
	struct kek *k = &p->offered.kek;

	p->offered.has_kek = true;
	p->offered.has_seq = true;
	p->offered.seq = 41;
	*k = (struct kek){ .cipher = CIPHER_AES_CBC_256,
			   .sig_hash = SIG_HASH_SHA256,
			   .sig_algorithm = SIG_RSA,
			   .pubkey_len = 294,
			   .life_seconds = 3600,
			   .ack_type = 1,
			   .port = GDOI_PORT,
			   .seq = 41 };
	ck_assert_int_eq(crypto_random(k->spi, sizeof(k->spi)), 0);
	ck_assert_int_eq(crypto_random(k->pubkey, k->pubkey_len), 0);
	random_secret(&k->iv, 16);
	random_secret(&k->key, 32);
}

void pair_queue(struct pair *p, const struct pair_datagram *d)
{
	struct pair_datagram *copy = &p->queue[p->n_queued++];

	ck_assert_uint_le(p->n_queued, PAIR_QUEUE_MAX);
	*copy = *d;
	copy->data = malloc(d->len);
	ck_assert_ptr_nonnull(copy->data);
	memcpy(copy->data, d->data, d->len);
}

static void take_out(struct pair *p, struct ike_out *out, bool from_member)
{
	p->notes += out->n_notes;
	for (size_t i = 0; p->show_notes && i < out->n_notes; i++)
		printf("%s: %s\n", from_member ? "member" : "server", note_words_of(&out->notes[i]));
	for (size_t i = 0; i < out->n_notes; i++) {
		int n = snprintf(p->log + p->log_len, sizeof(p->log) - p->log_len, "%s\n",
				 note_words_of(&out->notes[i]));

		if (n > 0 && (size_t)n < sizeof(p->log) - p->log_len)
			p->log_len += (size_t)n;
	}
	for (size_t i = 0; i < out->n_datagrams; i++) {
		struct pair_datagram d = { from_member, out->datagrams[i].data, out->datagrams[i].len };

		if (!from_member) {
			ck_assert_uint_eq(out->datagrams[i].addr, PAIR_MEMBER);
			ck_assert_uint_eq(out->datagrams[i].port, PAIR_MEMBER_PORT);
		}
		if (p->gate)
			p->gate(p, p->n_sent, &d);
		else
			pair_queue(p, &d);
		p->n_sent++;
	}
	ike_out_clear(out);
}

static int on_sender_ids(void *ctx, void *tag, uint32_t addr, uint32_t group, uint16_t wanted, struct download *d)
{
	struct pair *p = ctx;

	ck_assert_ptr_eq(tag, p);
	ck_assert_uint_eq(addr, PAIR_MEMBER);
	ck_assert_uint_eq(group, PAIR_GROUP);
	ck_assert_uint_eq(d->n_teks, p->offered.n_teks);
	p->wanted = wanted;
	p->confirmed++;
	return p->sender_ids_result;
}

void pair_start(struct pair *p)
{
	struct responder_ops ops = {
		.peer = on_peer, .pull = on_pull, .sender_ids = on_sender_ids, .registered = on_registered, .ctx = p
	};
	struct ike_out out = { 0 };

	if (!p->responder)
		ck_assert_int_eq(responder_new(&p->responder, &ops, PAIR_SERVER), 0);
	ck_assert_int_eq(pull_new(&p->pull, &p->params, p->now, &out), 0);
	take_out(p, &out, true);
}

static void deliver(struct pair *p)
{
	struct pair_datagram d = p->queue[0];
	struct ike_out out = { 0 };

	p->n_queued--;
	memmove(&p->queue[0], &p->queue[1], p->n_queued * sizeof(p->queue[0]));
	if (d.to_server)
		responder_step(p->responder, p->now, PAIR_MEMBER, PAIR_MEMBER_PORT, d.data, d.len, &out);
	else
		pull_step(p->pull, p->now, d.data, d.len, &out);
	take_out(p, &out, !d.to_server);
	free(d.data);
}

enum pull_state pair_run(struct pair *p)
{
	struct ike_out out = { 0 };

	if (!p->pull)
		pair_start(p);
	for (;;) {
		while (p->n_queued > 0)
			deliver(p);
		if (pull_state(p->pull) != PULL_RUNNING)
			break;
		ck_assert_uint_gt(pull_deadline(p->pull), p->now);
		p->now = pull_deadline(p->pull);
		pull_step(p->pull, p->now, NULL, 0, &out);
		take_out(p, &out, true);
	}
	ck_assert_uint_eq(pull_deadline(p->pull), UINT64_MAX);
	ck_assert_uint_gt(strlen(reason_of(p->pull)), 0);
	ck_assert((pull_download(p->pull) != NULL) == (pull_state(p->pull) == PULL_DONE));
	return pull_state(p->pull);
}

void pair_free(struct pair *p)
{
	for (size_t i = 0; i < p->n_queued; i++)
		free(p->queue[i].data);
	free(p->held.data);
	pull_free(p->pull);
	responder_free(p->responder);
}

static bool same_tek(const struct tek *a, const struct tek *b)
{
	return a->spi == b->spi && a->sel.src.len == b->sel.src.len && a->sel.src.addr == b->sel.src.addr &&
	       a->sel.dst.addr == b->sel.dst.addr && a->sel.dst.len == b->sel.dst.len &&
	       a->sel.protocol == b->sel.protocol && a->sel.sport.min == b->sel.sport.min &&
	       a->sel.sport.max == b->sel.sport.max && a->sel.dport.min == b->sel.dport.min &&
	       a->sel.dport.max == b->sel.dport.max && a->cipher == b->cipher && a->auth == b->auth &&
	       secret_equal(&a->key, &b->key) && secret_equal(&a->auth_key, &b->auth_key) &&
	       a->life_seconds == b->life_seconds && a->life_kilobytes == b->life_kilobytes &&
	       a->preserve == b->preserve && a->direction == b->direction && a->tunnel == b->tunnel;
}

static bool same_kek(const struct kek *a, const struct kek *b)
{
	return memcmp(a->spi, b->spi, KEK_SPI_LEN) == 0 && a->cipher == b->cipher && secret_equal(&a->iv, &b->iv) &&
	       secret_equal(&a->key, &b->key) && a->sig_hash == b->sig_hash && a->sig_algorithm == b->sig_algorithm &&
	       a->pubkey_len == b->pubkey_len && memcmp(a->pubkey, b->pubkey, a->pubkey_len) == 0 &&
	       a->life_seconds == b->life_seconds && a->ack_type == b->ack_type && a->port == b->port &&
	       a->seq == b->seq;
}

bool pair_same(const struct pair *p)
{
	const struct download *got = pull_download(p->pull), *want = &p->offered;

	if (!got || got->n_teks != want->n_teks || got->has_kek != want->has_kek || got->has_seq != want->has_seq ||
	    got->seq != want->seq || got->has_gap != want->has_gap || got->n_refusals != 0)
		return false;
	for (size_t i = 0; i < got->n_teks; i++)
		if (!same_tek(&got->teks[i], &want->teks[i]))
			return false;
	return (!want->has_kek || same_kek(&got->kek, &want->kek)) && got->has_atd == want->has_atd &&
	       got->has_dtd == want->has_dtd && got->activation_delay == want->activation_delay &&
	       got->deactivation_delay == want->deactivation_delay && got->sender_id_bits == want->sender_id_bits &&
	       got->n_sender_ids == want->n_sender_ids &&
	       memcmp(got->sender_ids, want->sender_ids, sizeof(got->sender_ids)) == 0;
}
