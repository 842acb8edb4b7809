/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/gdoi_gap.h"
#include "ike/gdoi_kd.h"
#include "ike/gdoi_sa.h"
#include "ike/gdoi_sat.h"
#include "ike/gdoi_seq.h"
#include "ike/pull_state.h"

#include <stdlib.h>

#define TEKS_NOTED 8

static void begin_message(const struct pull *p, struct message *m)
{
	struct isakmp_header h = { .exchange = EXCHANGE_GROUPKEY_PULL, .message_id = p->message_id };

	memcpy(h.cookie_i, phase1_cookie_i(p->phase1), sizeof(h.cookie_i));
	memcpy(h.cookie_r, phase1_cookie_r(p->phase1), sizeof(h.cookie_r));
	message_begin_hashed(m, &h, phase1_chosen(p->phase1)->hash);
}

/* IV is that of the exchange.  The IV advances only when the message was sealed. */
static int seal_message(const struct pull *p, struct message *m, const struct chunk *prefix, size_t n_prefix,
			uint8_t iv[static CRYPTO_BLOCK_LEN], uint8_t **ret, size_t *ret_len)
{
	uint8_t next[CRYPTO_BLOCK_LEN];
	int r;

	memcpy(next, iv, sizeof(next));
	r = message_seal_hashed(m, phase1_informational(p->phase1).keys, prefix, n_prefix, next);
	if (r < 0) {
		message_clear(m);
		return r;
	}
	memcpy(iv, next, sizeof(next));
	*ret = writer_take(&m->w, ret_len);
	return 0;
}

static int begin_exchange(struct pull *p)
{
	struct informational sa = phase1_informational(p->phase1);
	int r;

	do {
		r = crypto_random(&p->message_id, sizeof(p->message_id));
		if (r < 0)
			return r;
	} while (p->message_id == 0);
	p->nonce_i.len = PULL_NONCE_LEN;
	r = crypto_random(p->nonce_i.data, p->nonce_i.len);
	return r < 0 ? r : keys_iv_exchange(sa.keys->hash, sa.last, p->message_id, p->iv);
}

int pull_exchange_start(struct pull *p, uint8_t **ret, size_t *ret_len)
{
	struct octets group;
	struct message m;
	int r = begin_exchange(p);

	if (r < 0)
		return r;
	group_body(&group, p->params.group, p->params.group_form);
	begin_message(p, &m);
	message_add(&m, PAYLOAD_NONCE, p->nonce_i.data, p->nonce_i.len);
	message_add(&m, PAYLOAD_ID, group.data, group.len);
	return seal_message(p, &m, NULL, 0, p->iv, ret, ret_len); /* HASH(1) = M-ID | Ni | ID */
}

static int take_policy(struct pull *p, const struct payloads *payloads, struct ike_diag *diag)
{
	struct payload nonce, sa;
	int r = payloads_one(payloads, PAYLOAD_NONCE, &nonce, diag);

	if (r == 0)
		r = payloads_one(payloads, PAYLOAD_SA, &sa, diag);
	if (r < 0)
		return r;
	if (nonce.body.left < PULL_NONCE_MIN || nonce.body.left > PULL_NONCE_MAX)
		return diag_fail(diag, -EBADMSG, CAUSE_NONCE_PULL, nonce.body.left);
	r = octets_set(&p->nonce_r, nonce.body.at, nonce.body.left);
	if (r < 0)
		return r;
	download_wipe(p->download);
	return gdoi_sa_read(p->download, &p->sak, sa.body, false, &p->params.gap_numbers, diag);
}

/* Whether the policy has an SA under which this member needs IVs of its own (RFC 6407 3.5). */
static bool sends_by_counter(const struct download *d)
{
	for (size_t i = 0; i < d->n_teks; i++)
		if (cipher_is_counter_mode(d->teks[i].cipher) && d->teks[i].direction != SA_RECEIVER_ONLY)
			return true;
	return false;
}

/* A member that asks for none has no use for one either. */
static void note_sender_ids(const struct pull *p, const struct download *d, struct ike_diag *diag)
{
	if (d->n_sender_ids > 0)
		diag_note(diag, IKE_NOTE_DEBUG, NOTE_SENDER_IDS, d->n_sender_ids, d->sender_id_bits, d->sender_ids[0]);
	else if (p->params.sender_ids > 0 && sends_by_counter(d))
		diag_note(diag, IKE_NOTE_INFO, NOTE_SENDER_ID_MISSING);
}

/* What the server gives. */
static void note_download(const struct download *d, struct ike_diag *diag)
{
	if (d->has_kek)
		diag_note(diag, IKE_NOTE_DEBUG, NOTE_KEK, cipher_junos(d->kek.cipher), d->kek.life_seconds);
	for (size_t i = 0; i < d->n_teks && i < TEKS_NOTED; i++)
		diag_note(diag, IKE_NOTE_DEBUG, NOTE_TEK, d->teks[i].spi, cipher_junos(d->teks[i].cipher),
			  auth_junos(d->teks[i].auth), d->teks[i].life_seconds, d->teks[i].life_kilobytes);
	if (d->n_teks > TEKS_NOTED)
		diag_note(diag, IKE_NOTE_DEBUG, NOTE_TEKS_MORE, d->n_teks - TEKS_NOTED);
}

static int take_keys(struct pull *p, const struct payloads *payloads, struct ike_diag *diag)
{
	struct download *d = p->download;
	const struct payload *seq = payloads_find(payloads, PAYLOAD_SEQ);
	struct payload one;
	int r = payloads_one(payloads, PAYLOAD_KD, &one, diag);

	if (r == 0)
		r = gdoi_kd_read(d, p->sak, one.body, diag);
	if (r == 0)
		note_download(d, diag);
	if (r == 0)
		note_sender_ids(p, d, diag);
	if (r < 0 || (!seq && !d->has_kek))
		return r;
	if (!seq) {
		diag_note(diag, IKE_NOTE_WARNING, NOTE_KEK_WITHOUT_SEQ);
		return 0;
	}
	r = payloads_one(payloads, PAYLOAD_SEQ, &one, diag);
	if (r == 0)
		r = gdoi_seq_read(&d->seq, one.body, diag);
	if (r < 0)
		return r;
	d->has_seq = true;
	if (d->has_kek)
		d->kek.seq = d->seq;
	return 0;
}

/* An authentic message cannot be excused as noise: any fault in it ends the exchange. */
static int end_exchange(int r, struct ike_diag *diag)
{
	if (r == -ENOMEM || r == -EIO)
		return r == -ENOMEM ? diag_fail(diag, -EPROTO, CAUSE_MEMORY)
				    : diag_fail(diag, -EPROTO, CAUSE_CRYPTO_LIBRARY);
	return -EPROTO;
}

static int digest_of(const uint8_t *data, size_t len, uint8_t ret[static PULL_TAG_LEN])
{
	uint8_t hash[CRYPTO_HASH_MAX];
	int r = crypto_hash(IKE_SHA256, &(struct chunk){ data, len }, 1, hash);

	if (r == 0)
		memcpy(ret, hash, PULL_TAG_LEN);
	return r;
}

int pull_exchange_input(struct pull *p, const struct isakmp_header *h, const uint8_t *data, size_t len, uint8_t **ret,
			size_t *ret_len, struct ike_diag *diag)
{
	struct chunk nonces[] = { octets_chunk(&p->nonce_i), octets_chunk(&p->nonce_r) };
	size_t n_nonces = p->stage == STAGE_KEYS ? 2 : 1; /* HASH(2): Ni_b; HASH(4): Ni_b | Nr_b */
	uint8_t digest[PULL_TAG_LEN];
	struct message m;
	struct opened o;
	int r;

	if (h->message_id != p->message_id)
		return diag_fail(diag, -EBADMSG, CAUSE_PULL_MESSAGE_ID, h->message_id);
	r = digest_of(data, len, digest);
	if (r < 0)
		return r;
	if (memcmp(digest, p->taken, sizeof(digest)) == 0)
		return -EALREADY;
	r = message_open_hashed(&o, h, data, len, phase1_informational(p->phase1).keys, nonces, n_nonces, p->iv, diag);
	if (r < 0)
		return r;
	memcpy(p->taken, digest, sizeof(digest));
	r = p->stage == STAGE_KEYS ? take_keys(p, &o.payloads, diag) : take_policy(p, &o.payloads, diag);
	memcpy(p->iv, o.iv, sizeof(p->iv));
	opened_clear(&o);
	if (r < 0)
		return end_exchange(r, diag);
	*ret = NULL;
	*ret_len = 0;
	if (p->stage == STAGE_KEYS)
		return 0;
	nonces[1] = octets_chunk(&p->nonce_r);
	begin_message(p, &m);
	if (p->params.sender_ids > 0 && sends_by_counter(p->download))
		gdoi_gap_write_request(&m.w, &m.chain, p->params.sender_ids);
	r = seal_message(p, &m, nonces, 2, p->iv, ret, ret_len); /* HASH(3) = M-ID | Ni_b | Nr_b [| GAP] */
	return r < 0 ? end_exchange(r, diag) : 0;
}
