/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The server's half of GROUPKEY-PULL (RFC 6407 3.4). */
#include "ike/gdoi_gap.h"
#include "ike/gdoi_kd.h"
#include "ike/gdoi_sa.h"
#include "ike/gdoi_seq.h"
#include "ike/responder_state.h"

#include <stdlib.h>

#define NONCE_LEN 32

static void forget_download(struct responder_pull *p)
{
	if (!p->download)
		return;
	download_wipe(p->download);
	free(p->download);
	p->download = NULL;
}

void responder_pull_free(struct responder_pull *p)
{
	if (!p)
		return;
	forget_download(p);
	answered_clear(&p->last);
	explicit_bzero(p, sizeof(*p));
	free(p);
}

static void begin_message(const struct responder_sa *sa, const struct responder_pull *p, struct message *m)
{
	struct isakmp_header h = { .exchange = EXCHANGE_GROUPKEY_PULL, .message_id = p->message_id };

	memcpy(h.cookie_i, phase1_cookie_i(sa->phase1), sizeof(h.cookie_i));
	memcpy(h.cookie_r, phase1_cookie_r(sa->phase1), sizeof(h.cookie_r));
	message_begin_hashed(m, &h, phase1_chosen(sa->phase1)->hash);
}

/* Seals M and makes it the answer to IN. */
static int seal_answer(const struct responder_sa *sa, struct responder_pull *p, struct message *m,
		       const struct chunk *prefix, size_t n_prefix, const struct responder_in *in)
{
	uint8_t *reply;
	size_t len;
	int r = message_seal_hashed(m, phase1_informational(sa->phase1).keys, prefix, n_prefix, p->iv);

	if (r < 0) {
		message_clear(m);
		return r;
	}
	reply = writer_take(&m->w, &len);
	answered_set(&p->last, in, reply, len);
	return 0;
}

/* HASH(2) = M-ID | Ni_b | Nr | SA */
static int send_policy(const struct responder *r, const struct responder_sa *sa, struct responder_pull *p,
		       const struct responder_in *in)
{
	struct gdoi_style style = { .server = r->local, .member = in->addr, .id_length_2 = sa->id_length_2 };
	struct chunk prefix = octets_chunk(&p->nonce_i);
	struct message m;
	int err;

	p->nonce_r.len = NONCE_LEN;
	err = crypto_random(p->nonce_r.data, p->nonce_r.len);
	if (err < 0)
		return err;
	begin_message(sa, p, &m);
	message_add(&m, PAYLOAD_NONCE, p->nonce_r.data, p->nonce_r.len);
	gdoi_sa_write(&m, p->download, &style);
	return seal_answer(sa, p, &m, &prefix, 1, in);
}

/* HASH(4) = M-ID | Ni_b | Nr_b | [SEQ |] KD */
static int send_keys(const struct responder_sa *sa, struct responder_pull *p, const struct responder_in *in)
{
	struct chunk prefix[] = { octets_chunk(&p->nonce_i), octets_chunk(&p->nonce_r) };
	const struct download *d = p->download;
	struct message m;

	begin_message(sa, p, &m);
	if (d->has_kek || d->has_seq)
		gdoi_seq_write(&m.w, &m.chain, d->has_seq ? d->seq : d->kek.seq);
	gdoi_kd_write(&m, d);
	return seal_answer(sa, p, &m, prefix, ARRAY_SIZE(prefix), in);
}

static int take_request(struct responder_pull *p, const struct payloads *payloads, struct ike_diag *diag)
{
	struct payload nonce, id;
	int r = payloads_one(payloads, PAYLOAD_NONCE, &nonce, diag);

	if (r == 0)
		r = payloads_one(payloads, PAYLOAD_ID, &id, diag);
	if (r == 0)
		r = group_read(&p->group, id.body, diag);
	if (r < 0)
		return r;
	if (nonce.body.left < PULL_NONCE_MIN || nonce.body.left > PULL_NONCE_MAX)
		return diag_fail(diag, -EBADMSG, CAUSE_NONCE_PULL, nonce.body.left);
	return octets_set(&p->nonce_i, nonce.body.at, nonce.body.left);
}

/* Message 1 of a pull that is not known yet: its request, verified and read. */
static int open_request(const struct responder_sa *sa, struct responder_pull *p, const struct responder_in *in,
			struct ike_diag *diag)
{
	struct informational own = phase1_informational(sa->phase1);
	struct opened o;
	int r = keys_iv_exchange(own.keys->hash, own.last, in->h.message_id, p->iv);

	if (r == 0)
		r = message_open_hashed(&o, &in->h, in->data, in->len, own.keys, NULL, 0, p->iv, diag);
	if (r < 0)
		return r;
	r = take_request(p, &o.payloads, diag);
	memcpy(p->iv, o.iv, sizeof(p->iv));
	opened_clear(&o);
	return r;
}

static void refuse_request(const struct responder_sa *sa, const struct responder_in *in, uint16_t type)
{
	struct informational own = phase1_informational(sa->phase1);
	uint8_t *data;
	size_t len;

	if (informational_notify(&own, type, &data, &len) == 0)
		out_datagram(in->out, data, len, in->addr, in->port);
}

/* Asks the owner for what the group gets.  Its state of members must not change before message 3 (RFC 6407 7.2.5). */
static int ask_owner(const struct responder *r, struct responder_sa *sa, struct responder_pull *p,
		     const struct responder_in *in, struct ike_diag *diag)
{
	int err;

	p->download = calloc(1, sizeof(*p->download));
	if (!p->download)
		return -ENOMEM;
	err = r->ops.pull(r->ops.ctx, sa->tag, sa->addr, p->group, p->download);
	if (err == -EACCES) {
		diag_note(diag, IKE_NOTE_WARNING, NOTE_PULL_NO_GROUP, p->group);
		refuse_request(sa, in, NOTIFY_INVALID_ID_INFORMATION);
	} else if (err < 0) {
		diag_note(diag, IKE_NOTE_INFO, NOTE_PULL_SILENCE, p->group);
	}
	if (err == -EAGAIN && sa->unanswered != p->message_id) {
		sa->unanswered = p->message_id;
		if (r->ops.unanswered)
			r->ops.unanswered(r->ops.ctx, sa->tag, sa->addr, p->group);
	}
	return err;
}

static void keep_pull(struct responder_sa *sa, struct responder_pull *p)
{
	if (sa->n_pulls == RESPONDER_PULLS_MAX) {
		responder_pull_free(sa->pulls[0]);
		sa->n_pulls--;
		memmove(&sa->pulls[0], &sa->pulls[1], sa->n_pulls * sizeof(sa->pulls[0]));
	}
	sa->pulls[sa->n_pulls++] = p;
}

static void input_request(struct responder *r, struct responder_sa *sa, const struct responder_in *in)
{
	struct ike_diag diag = { .out = in->out };
	struct responder_pull *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return;
	p->message_id = in->h.message_id;
	p->stage = RESPONDER_POLICY_SENT;
	err = open_request(sa, p, in, &diag);
	if (err < 0)
		diag_note_cause(&diag, IKE_NOTE_INFO, NOTE_PULL_FIRST_IGNORED, err);
	if (err == 0)
		err = ask_owner(r, sa, p, in, &diag);
	if (err == 0) {
		err = send_policy(r, sa, p, in);
		if (err < 0)
			diag_note(&diag, IKE_NOTE_WARNING, NOTE_POLICY_UNSENT, p->group, strerror(-err));
	}
	if (err == 0)
		keep_pull(sa, p);
	else
		responder_pull_free(p);
}

/*
 * HASH(3) = M-ID | Ni_b | Nr_b [| GAP]; *RET: the sender ids that the GAP asks for.  -EPROTO: authentic, and the GAP
 * cannot be read.
 */
static int open_confirmation(const struct responder_sa *sa, struct responder_pull *p, const struct responder_in *in,
			     uint16_t *ret, struct ike_diag *diag)
{
	struct informational own = phase1_informational(sa->phase1);
	struct chunk prefix[] = { octets_chunk(&p->nonce_i), octets_chunk(&p->nonce_r) };
	const struct payload *gap;
	struct opened o;
	int r = message_open_hashed(&o, &in->h, in->data, in->len, own.keys, prefix, ARRAY_SIZE(prefix), p->iv, diag);

	if (r < 0)
		return r;
	memcpy(p->iv, o.iv, sizeof(p->iv));
	*ret = 0;
	gap = payloads_find(&o.payloads, PAYLOAD_GAP);
	if (gap && gdoi_gap_read_request(ret, gap->body, diag) < 0)
		r = -EPROTO;
	opened_clear(&o);
	return r;
}

/* The ids are given now and not before, because only now has the member proved that it is there (RFC 6407 7.2.5). */
static int ask_sender_ids(const struct responder *r, const struct responder_sa *sa, struct responder_pull *p,
			  uint16_t wanted)
{
	return r->ops.sender_ids ? r->ops.sender_ids(r->ops.ctx, sa->tag, sa->addr, p->group, wanted, p->download) : 0;
}

static void input_confirmation(struct responder *r, struct responder_sa *sa, struct responder_pull *p,
			       const struct responder_in *in)
{
	struct ike_diag diag = { .out = in->out };
	uint16_t wanted;
	int err = open_confirmation(sa, p, in, &wanted, &diag);

	if (err < 0)
		diag_note_cause(&diag, IKE_NOTE_INFO, NOTE_PULL_THIRD_IGNORED, err);
	if (err < 0 && err != -EPROTO)
		return;
	if (err == 0) {
		err = ask_sender_ids(r, sa, p, wanted);
		if (err < 0)
			diag_note(&diag, IKE_NOTE_WARNING, NOTE_PULL_NO_SENDER_IDS, p->group);
	}
	if (err < 0) {
		refuse_request(sa, in, NOTIFY_INVALID_ID_INFORMATION);
	} else {
		err = send_keys(sa, p, in);
		if (err < 0)
			diag_note(&diag, IKE_NOTE_WARNING, NOTE_KEYS_UNSENT, p->group, strerror(-err));
	}
	p->stage = RESPONDER_KEYS_SENT;
	forget_download(p);
	if (err == 0 && r->ops.registered)
		r->ops.registered(r->ops.ctx, sa->tag, sa->addr, p->group);
}

void responder_pull_input(struct responder *r, struct responder_sa *sa, const struct responder_in *in)
{
	for (size_t i = 0; i < sa->n_pulls; i++) {
		struct responder_pull *p = sa->pulls[i];

		if (p->message_id != in->h.message_id)
			continue;
		if (!answered_again(&p->last, in) && p->stage == RESPONDER_POLICY_SENT)
			input_confirmation(r, sa, p, in);
		return;
	}
	if (in->h.message_id != 0)
		input_request(r, sa, in);
}
