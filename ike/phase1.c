/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/phase1.h"

#include "ike/phase1_answers.h"

#include <stdlib.h>

/* The responder's; for the initiator see phase1_initiator.c. */
static phase1_handler handler_of(const struct phase1 *p)
{
	static const phase1_handler main_mode[] = { NULL, main_1, NULL, main_3, NULL, main_5 };
	static const phase1_handler aggressive[] = { NULL, aggressive_1, NULL, aggressive_3 };

	switch (p->params.mode) {
	case IKE_MAIN:
		return p->expects < ARRAY_SIZE(main_mode) ? main_mode[p->expects] : NULL;
	case IKE_AGGRESSIVE:
		return p->expects < ARRAY_SIZE(aggressive) ? aggressive[p->expects] : NULL;
	}
	return NULL;
}

static bool params_good(const struct phase1_params *params)
{
	if (params->n_proposals == 0 || params->n_proposals > IKE_PROPOSALS_MAX || params->psk.len == 0)
		return false;
	for (size_t i = 0; i < params->n_proposals; i++) {
		const struct ike_proposal *o = &params->proposals[i];

		if (!ike_hash_known(o->hash) || !ike_group_known(o->group) || !cipher_is_cbc(o->cipher))
			return false;
	}
	return (params->mode == IKE_MAIN || params->mode == IKE_AGGRESSIVE) && params->local_id.len > 0 &&
	       params->remote_id.len > 0;
}

static int new_state(struct phase1 **ret, const struct phase1_params *params)
{
	struct phase1 *p;

	if (!params_good(params))
		return -EINVAL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->params = *params;
	*ret = p;
	return 0;
}

void phase1_free(struct phase1 *p)
{
	if (!p)
		return;
	if (!p->params.initiator)
		dh_free(p->dh);
	phase1_answers_free(p->answers);
	explicit_bzero(p, sizeof(*p));
	free(p);
}

static bool is_zero(const uint8_t cookie[static ISAKMP_COOKIE_LEN])
{
	static const uint8_t zero[ISAKMP_COOKIE_LEN];

	return memcmp(cookie, zero, sizeof(zero)) == 0;
}

static int random_cookie(uint8_t ret[static ISAKMP_COOKIE_LEN])
{
	int r;

	do
		r = crypto_random(ret, ISAKMP_COOKIE_LEN);
	while (r == 0 && is_zero(ret));
	return r;
}

int phase1_finish_reply(struct phase1 *p, struct phase1_reply *reply, uint8_t **ret, size_t *ret_len)
{
	int r;

	if (!reply->present) {
		*ret = NULL;
		*ret_len = 0;
		return 0;
	}
	r = reply->seal ? message_seal(&reply->m, &p->keys.cipher_key, p->iv) : message_finish(&reply->m);
	if (r == 0)
		*ret = writer_take(&reply->m.w, ret_len);
	return r;
}

/*
 * Aggressive mode cannot negotiate the group (RFC 2409 5): only the transforms with the group of the first transform
 * are offered.
 */
static void keep_first_group(struct phase1_params *params)
{
	size_t n = 0;

	for (size_t i = 0; i < params->n_proposals; i++)
		if (params->proposals[i].group == params->proposals[0].group)
			params->proposals[n++] = params->proposals[i];
	params->n_proposals = n;
}

/* Message 1, whose octets the answers keep. */
static int write_first(struct phase1 *p, struct ike_diag *diag)
{
	struct phase1_reply first = { 0 };
	int r = random_cookie(p->cookie_i);

	if (r == 0) {
		phase1_reply_begin(p, &first);
		if (p->params.mode == IKE_AGGRESSIVE) {
			keep_first_group(&p->params);
			r = aggressive_start(p, &first, diag);
		} else {
			r = phase1_offer(p, &first);
		}
	}
	if (r == 0)
		r = phase1_finish_reply(p, &first, &p->answers->first, &p->answers->first_len);
	message_clear(&first.m);
	return r;
}

int phase1_start(struct phase1 **ret, const struct phase1_params *params, struct ike_out *out, struct ike_diag *diag)
{
	struct phase1 *p;
	int r = new_state(&p, params);

	if (r < 0)
		return r;
	p->doi = params->doi;
	p->expects = 2;
	r = phase1_answers_new(&p->answers);
	if (r == 0)
		r = write_first(p, diag);
	if (r == 0)
		r = out_datagram_copy(out, p->answers->first, p->answers->first_len, 0, 0);
	if (r == -ENOBUFS) /* as if it were lost: it is sent again */
		r = 0;
	if (r == 0)
		*ret = p;
	else
		phase1_free(p);
	return r;
}

/* Runs the handler on a copy, so that a message that fails anywhere has changed nothing. */
static int run_handler(struct phase1 *p, const struct phase1_in *in, uint8_t **ret_reply, size_t *ret_len,
		       struct ike_diag *diag)
{
	phase1_handler handler = handler_of(p);
	struct phase1_reply reply = { 0 };
	struct phase1 *next;
	int r;

	if (!handler)
		return diag_fail(diag, -EBADMSG, CAUSE_PHASE1_OVER);
	next = malloc(sizeof(*next));
	if (!next)
		return -ENOMEM;
	*next = *p;
	if (in->iv)
		memcpy(next->iv, in->iv, sizeof(next->iv));
	r = handler(next, in, &reply, diag);
	if (r == 0)
		r = phase1_finish_reply(next, &reply, ret_reply, ret_len);
	message_clear(&reply.m);
	if (r == 0 || r == -EACCES) {
		if (r == -EACCES)
			next->expects = 0;
		*p = *next;
		if (p->expects == 0) { /* the private value has served */
			dh_free(p->dh);
			p->dh = NULL;
		}
	} else if (next->dh != p->dh) {
		dh_free(next->dh);
	}
	explicit_bzero(next, sizeof(*next));
	free(next);
	return r;
}

int phase1_check_header(const struct phase1 *p, const struct isakmp_header *h, bool encrypted, struct ike_diag *diag)
{
	bool cookie_r_good = is_zero(p->cookie_r) ? !is_zero(h->cookie_r)
						  : memcmp(h->cookie_r, p->cookie_r, sizeof(h->cookie_r)) == 0;

	if (h->exchange != (uint8_t)p->params.mode)
		return diag_fail(diag, -EBADMSG, CAUSE_PHASE1_EXCHANGE, h->exchange, (int)p->params.mode);
	if (h->message_id != 0)
		return diag_fail(diag, -EBADMSG, CAUSE_PHASE1_MESSAGE_ID, h->message_id);
	if (memcmp(h->cookie_i, p->cookie_i, sizeof(h->cookie_i)) != 0 || !cookie_r_good)
		return diag_fail(diag, -EBADMSG, CAUSE_COOKIES);
	if (!encrypted == !(h->flags & ISAKMP_FLAG_ENCRYPTION))
		return 0;
	return encrypted ? diag_fail(diag, -EBADMSG, CAUSE_PHASE1_CLEAR, p->expects)
			 : diag_fail(diag, -EBADMSG, CAUSE_PHASE1_ENCRYPTED, p->expects);
}

int phase1_undecryptable(int r, struct ike_diag *diag)
{
	return r != -EBADMSG ? r : diag_fail(diag, r, CAUSE_UNDECRYPTABLE);
}

static int input_encrypted(struct phase1 *p, const struct isakmp_header *h, const uint8_t *data, size_t len,
			   uint8_t **ret_reply, size_t *ret_len, struct ike_diag *diag)
{
	struct opened o;
	struct phase1_in in = { .payloads = &o.payloads, .iv = o.iv };
	int r = message_open(&o, h, data, len, &p->keys.cipher_key, p->iv, diag);

	if (r < 0)
		return phase1_undecryptable(r, diag);
	r = run_handler(p, &in, ret_reply, ret_len, diag);
	opened_clear(&o);
	return r;
}

static int input_clear(struct phase1 *p, const struct isakmp_header *h, const uint8_t *data, size_t len,
		       uint8_t **ret_reply, size_t *ret_len, struct ike_diag *diag)
{
	struct payloads payloads;
	struct phase1_in in = { .payloads = &payloads };
	int r = payloads_read(&payloads, h->next, reader_of(data + ISAKMP_HEADER_LEN, len - ISAKMP_HEADER_LEN), 0,
			      diag);

	return r < 0 ? r : run_handler(p, &in, ret_reply, ret_len, diag);
}

int phase1_input(struct phase1 *p, const uint8_t *data, size_t len, uint8_t **ret_reply, size_t *ret_len,
		 struct ike_diag *diag)
{
	struct isakmp_header h;
	bool encrypted;
	int r = isakmp_header_read(&h, data, len, diag);

	if (r < 0)
		return r;
	encrypted = h.flags & ISAKMP_FLAG_ENCRYPTION;
	/* RFC 2409 5: the third message of aggressive mode may come either way. */
	if (p->params.mode == IKE_MAIN || p->expects != 3)
		encrypted = p->params.mode == IKE_MAIN && p->expects >= 5;
	r = phase1_check_header(p, &h, encrypted, diag);
	if (r < 0)
		return r;
	return (h.flags & ISAKMP_FLAG_ENCRYPTION ? input_encrypted : input_clear)(p, &h, data, len, ret_reply, ret_len,
										  diag);
}

int phase1_accept(struct phase1 **ret, const struct phase1_params *params, const uint8_t *data, size_t len,
		  uint8_t **ret_reply, size_t *ret_len, struct ike_diag *diag)
{
	struct isakmp_header h;
	struct phase1 *p;
	int r = isakmp_header_read(&h, data, len, diag);

	if (r < 0)
		return r;
	if (is_zero(h.cookie_i) || !is_zero(h.cookie_r) || h.exchange != (uint8_t)params->mode || h.message_id != 0 ||
	    h.flags != 0)
		return diag_fail(diag, -EBADMSG, CAUSE_PHASE1_NOT_FIRST);
	r = new_state(&p, params);
	if (r < 0)
		return r;
	memcpy(p->cookie_i, h.cookie_i, sizeof(p->cookie_i));
	p->expects = 1;
	r = random_cookie(p->cookie_r);
	if (r == 0)
		r = input_clear(p, &h, data, len, ret_reply, ret_len, diag);
	if (r == 0)
		*ret = p;
	else
		phase1_free(p);
	return r;
}

bool phase1_done(const struct phase1 *p)
{
	return p->done;
}

unsigned phase1_expects(const struct phase1 *p)
{
	return p->expects;
}

bool phase1_keyed(const struct phase1 *p)
{
	return p->keyed;
}

struct informational phase1_informational(const struct phase1 *p)
{
	return (struct informational){
		.cookie_i = p->cookie_i, .cookie_r = p->cookie_r, .keys = &p->keys, .last = p->iv, .doi = p->doi
	};
}

const uint8_t *phase1_cookie_i(const struct phase1 *p)
{
	return p->cookie_i;
}

const uint8_t *phase1_cookie_r(const struct phase1 *p)
{
	return p->cookie_r;
}

const struct ike_proposal *phase1_chosen(const struct phase1 *p)
{
	return &p->chosen;
}

const struct vendor_ids *phase1_vendor_ids(const struct phase1 *p)
{
	return &p->vendor_ids;
}

uint32_t phase1_doi(const struct phase1 *p)
{
	return p->doi;
}
