/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The initiator: which answer is followed, and which of them is the server's (phase1_answers.h). */
#include "ike/phase1_answers.h"

#include <stdlib.h>

/* A datagram that came in, and where to what is said goes. */
struct arrival {
	uint64_t now;
	struct isakmp_header h;
	const uint8_t *data;
	size_t len;
	uint8_t tag[ANSWER_TAG_LEN];
	struct ike_out *out;
	struct ike_diag *diag;
};

static int tag_of(const uint8_t *data, size_t len, uint8_t ret[static ANSWER_TAG_LEN])
{
	uint8_t hash[CRYPTO_HASH_MAX];
	int r = crypto_hash(IKE_SHA256, &(struct chunk){ data, len }, 1, hash);

	if (r == 0)
		memcpy(ret, hash, ANSWER_TAG_LEN);
	return r;
}

/* A new candidate begins with a copy of STATE, without the parts that STATE owns. */
static struct phase1 *copy_of(const struct phase1 *state)
{
	struct phase1 *copy = malloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *state;
	copy->answers = NULL;
	return copy;
}

/* The ISAKMP SA of STATE becomes that of P, and STATE is emptied.  The other candidates are dropped. */
static void settle_winner(struct phase1 *p, struct phase1 *state)
{
	struct phase1_answers *answers = p->answers;
	struct phase1 winner = *state;

	explicit_bzero(p, sizeof(*p));
	*p = winner;
	p->dh = NULL;
	p->answers = NULL;
	p->expects = 0;
	explicit_bzero(&winner, sizeof(winner));
	phase1_answers_free(answers);
}

static int judge_answer(struct phase1 *p, const struct arrival *in, const struct candidates *among, bool derives,
			unsigned number, enum candidate_class *ret)
{
	switch (phase1_answers_judge(p->answers, in->tag, among, derives ? &in->now : NULL, ret)) {
	case ANSWER_FOLLOW:
		return 0;
	case ANSWER_REPEATED:
		return diag_fail(in->diag, -EALREADY, CAUSE_PHASE1_AGAIN, number);
	case ANSWER_PUT_ASIDE:
		break;
	}
	return diag_fail(in->diag, -EBUSY, CAUSE_PHASE1_ANSWERS_TOO_MANY, number);
}

/* Seals or finishes REPLY, sends a copy of it, and keeps STATE with it. */
static int follow_candidate(struct phase1 *p, const struct arrival *in, struct candidates *among,
			    enum candidate_class class, struct phase1 *state, struct phase1_reply *reply)
{
	struct candidate c = { .state = state };
	bool other = candidates_count(among) > 0;
	int r = phase1_finish_reply(state, reply, &c.sent, &c.sent_len);

	if (r < 0)
		return r;
	memcpy(c.tag, in->tag, sizeof(c.tag));
	if (other)
		diag_note(in->diag, IKE_NOTE_WARNING, NOTE_PHASE1_OTHER_ANSWER, state->expects - 2);
	if (out_datagram_copy(in->out, c.sent, c.sent_len, 0, 0) < 0) {
		/* as if it were lost: it is sent again */
	}
	phase1_answers_keep(p->answers, among, class, &c);
	return 0;
}

/* --- message 2 of main mode: which transform; its cookie names the candidate --- */

static bool same_candidate(const struct phase1 *a, const struct phase1 *b)
{
	return memcmp(a->cookie_r, b->cookie_r, sizeof(a->cookie_r)) == 0 && a->chosen.hash == b->chosen.hash &&
	       a->chosen.group == b->chosen.group && a->chosen.cipher == b->chosen.cipher;
}

/*
 * An answer takes a place only when it could be used, and when it agrees on something else than the answers that are
 * followed.
 */
static int judge_message_2(struct phase1 *p, const struct arrival *in, const struct phase1 *state,
			   enum candidate_class *ret)
{
	FOR_EACH_CANDIDATE(c, &p->answers->answered)
	if (same_candidate(c->state, state))
		return diag_fail(in->diag, -EALREADY, CAUSE_PHASE1_AGAIN, 2u);
	return judge_answer(p, in, &p->answers->answered, false, 2, ret);
}

static int answer_message_2(struct phase1 *p, struct phase1 *state, struct phase1_reply *reply)
{
	struct dh *dh;
	int r = phase1_answers_value(p->answers, state->chosen.group, &dh);

	if (r < 0)
		return r;
	phase1_use_value(state, dh, &p->answers->nonce);
	phase1_reply_begin(state, reply);
	phase1_write_ke_nonce(state, reply);
	state->expects = 4;
	return 0;
}

static int take_message_2(struct phase1 *p, const struct arrival *in, const struct payloads *payloads)
{
	struct phase1_in message = { .payloads = payloads };
	struct phase1_reply reply = { 0 };
	enum candidate_class class;
	struct phase1 *state = copy_of(p);
	int r;

	if (!state)
		return -ENOMEM;
	memcpy(state->cookie_r, in->h.cookie_r, sizeof(state->cookie_r));
	vendor_ids_take(&state->vendor_ids, payloads);
	r = phase1_take_answer(state, &message, in->diag);
	if (r == 0)
		r = judge_message_2(p, in, state, &class);
	if (r == 0)
		r = answer_message_2(p, state, &reply);
	if (r == 0)
		r = follow_candidate(p, in, &p->answers->answered, class, state, &reply);
	if (r < 0)
		phase1_free(state);
	message_clear(&reply.m);
	return r;
}

/* --- message 4: the keys of each candidate of this cookie --- */

/* -ERESTART: g^xy begins with a zero octet, and NO_SHORT. */
static int take_message_4_of(struct phase1 *p, const struct arrival *in, const struct phase1_in *message,
			     const struct phase1 *answered, bool no_short, enum candidate_class class)
{
	struct phase1 *state = copy_of(answered);
	struct phase1_reply reply = { 0 };
	int r;

	if (!state)
		return -ENOMEM;
	vendor_ids_take(&state->vendor_ids, message->payloads);
	r = main_4(state, message, &reply, in->diag);
	if (r == 0 && state->short_secret && no_short)
		r = diag_fail(in->diag, -ERESTART, CAUSE_SHORT_SECRET);
	if (r == 0)
		r = follow_candidate(p, in, &p->answers->keyed, class, state, &reply);
	if (r < 0)
		phase1_free(state);
	message_clear(&reply.m);
	return r;
}

static bool has_cookie_r(const struct phase1 *state, const struct isakmp_header *h)
{
	return memcmp(state->cookie_r, h->cookie_r, sizeof(h->cookie_r)) == 0;
}

static int take_message_4(struct phase1 *p, const struct arrival *in, const struct payloads *payloads)
{
	struct phase1_in message = { .payloads = payloads };
	enum candidate_class class;
	bool known = false;
	int r = -EBADMSG, one;

	FOR_EACH_CANDIDATE(c, &p->answers->answered)
	known |= has_cookie_r(c->state, &in->h);
	if (!known)
		return diag_fail(in->diag, -EBADMSG, CAUSE_PHASE1_MESSAGE_4_COOKIES);
	r = judge_answer(p, in, &p->answers->keyed, true, 4, &class);
	if (r < 0)
		return r;
	r = -EBADMSG;
	FOR_EACH_CANDIDATE(c, &p->answers->answered)
	{
		if (!has_cookie_r(c->state, &in->h))
			continue;
		one = take_message_4_of(p, in, &message, c->state, p->params.no_short_secret, class);
		if (r < 0)
			r = one;
	}
	if (r < 0)
		phase1_answers_tried(p->answers, in->tag);
	return r;
}

/* --- message 6: who knows the key, and is whom we were to talk to --- */

/* A candidate that is authentic and another's is dropped, unless there is no other: then it is the end. */
static int drop_stranger(struct phase1 *p, const struct arrival *in, struct candidate *c, struct phase1 *state)
{
	if (candidates_count(&p->answers->keyed) == 1 && !p->answers->contested) {
		settle_winner(p, state);
		return -EACCES;
	}
	diag_note_cause(in->diag, IKE_NOTE_WARNING, NOTE_STRANGER_OTHERS_FOLLOWED, -EACCES);
	candidate_clear(c);
	return -EBADMSG;
}

static int take_message_6_of(struct phase1 *p, const struct arrival *in, struct candidate *c)
{
	struct phase1_reply none = { 0 };
	struct phase1 *state;
	struct phase1_in message;
	struct opened o;
	int r = message_open(&o, &in->h, in->data, in->len, &c->state->keys.cipher_key, c->state->iv, in->diag);

	in->diag->key_differs = r < 0; /* with another key it becomes no payloads */
	if (r < 0)
		return phase1_undecryptable(r, in->diag);
	state = copy_of(c->state);
	message = (struct phase1_in){ .payloads = &o.payloads };
	r = state ? main_6(state, &message, &none, in->diag) : -ENOMEM;
	if (r == 0 || r == -EACCES)
		memcpy(state->iv, o.iv, sizeof(state->iv));
	if (r == 0)
		settle_winner(p, state);
	else if (r == -EACCES)
		r = drop_stranger(p, in, c, state);
	opened_clear(&o);
	phase1_free(state);
	return r;
}

static int take_message_6(struct phase1 *p, const struct arrival *in)
{
	int r = -EBADMSG;

	if (candidates_count(&p->answers->keyed) == 0)
		return diag_fail(in->diag, -EBADMSG, CAUSE_PHASE1_ENCRYPTED, p->expects);
	FOR_EACH_CANDIDATE(c, &p->answers->keyed)
	{
		if (!has_cookie_r(c->state, &in->h))
			continue;
		r = take_message_6_of(p, in, c);
		if (r == 0 || r == -EACCES)
			return r;
	}
	return in->diag->cause.id != CAUSE_NONE ? r : diag_fail(in->diag, r, CAUSE_COOKIES);
}

/* --- aggressive mode: one answer, which proves itself --- */

static int judged_aggressive(struct phase1 *p, const struct arrival *in, struct phase1 *state, int r)
{
	phase1_answers_tried(p->answers, in->tag);
	if (r == -EBADMSG && state->short_secret && p->params.no_short_secret)
		return diag_fail(in->diag, -ERESTART, CAUSE_SHORT_SECRET);
	if (r != -EACCES)
		return r;
	if (!p->answers->contested) {
		settle_winner(p, state);
		return -EACCES;
	}
	diag_note_cause(in->diag, IKE_NOTE_WARNING, NOTE_STRANGER_OTHERS_AWAITED, r);
	return -EBADMSG;
}

static int take_aggressive_2(struct phase1 *p, const struct arrival *in, const struct payloads *payloads,
			     uint8_t **ret_last, size_t *ret_len)
{
	struct phase1_in message = { .payloads = payloads };
	struct phase1_reply reply = { 0 };
	enum candidate_class class;
	struct phase1 *state;
	int r = judge_answer(p, in, &p->answers->answered, true, 2, &class);

	if (r < 0)
		return r;
	state = copy_of(p);
	if (!state)
		return -ENOMEM;
	memcpy(state->cookie_r, in->h.cookie_r, sizeof(state->cookie_r));
	vendor_ids_take(&state->vendor_ids, payloads);
	r = aggressive_2(state, &message, &reply, in->diag);
	if (r == 0)
		r = phase1_finish_reply(state, &reply, ret_last, ret_len);
	if (r == 0)
		settle_winner(p, state);
	else
		r = judged_aggressive(p, in, state, r);
	message_clear(&reply.m);
	phase1_free(state);
	return r;
}

/* --- the door --- */

static int take_clear(struct phase1 *p, const struct arrival *in, uint8_t **ret_last, size_t *ret_len)
{
	struct payloads payloads;
	int r = payloads_read(&payloads, in->h.next,
			      reader_of(in->data + ISAKMP_HEADER_LEN, in->len - ISAKMP_HEADER_LEN), 0, in->diag);

	if (r < 0)
		return r;
	if (p->params.mode == IKE_AGGRESSIVE)
		return take_aggressive_2(p, in, &payloads, ret_last, ret_len);
	if (payloads_find(&payloads, PAYLOAD_SA))
		return take_message_2(p, in, &payloads);
	if (payloads_find(&payloads, PAYLOAD_KE))
		return take_message_4(p, in, &payloads);
	return diag_fail(in->diag, -EBADMSG, CAUSE_PHASE1_CLEAR_OR_EMPTY, p->expects);
}

static void count_messages(struct phase1 *p)
{
	if (!p->answers || p->params.mode == IKE_AGGRESSIVE)
		return;
	p->expects = candidates_count(&p->answers->keyed) > 0 ? 6 : candidates_count(&p->answers->answered) > 0 ? 4 : 2;
}

int phase1_answer(struct phase1 *p, uint64_t now, const uint8_t *data, size_t len, uint8_t **ret_last, size_t *ret_len,
		  struct ike_out *out, struct ike_diag *diag)
{
	struct arrival in = { .now = now, .data = data, .len = len, .out = out, .diag = diag };
	bool encrypted;
	int r = isakmp_header_read(&in.h, data, len, diag);

	*ret_last = NULL;
	*ret_len = 0;
	if (r < 0)
		return r;
	if (!p->answers)
		return diag_fail(diag, -EBADMSG, CAUSE_PHASE1_OVER);
	encrypted = in.h.flags & ISAKMP_FLAG_ENCRYPTION;
	r = phase1_check_header(p, &in.h, encrypted && p->params.mode == IKE_MAIN, diag);
	if (r == 0)
		r = tag_of(data, len, in.tag);
	if (r == 0)
		r = encrypted ? take_message_6(p, &in) : take_clear(p, &in, ret_last, ret_len);
	count_messages(p);
	return r;
}

bool phase1_contested(const struct phase1 *p)
{
	return p->answers && p->answers->contested;
}

static void send_again(const struct candidates *among, struct ike_out *out)
{
	FOR_EACH_CANDIDATE(c, (struct candidates *)among)
	if (out_datagram_copy(out, c->sent, c->sent_len, 0, 0) < 0)
		return; /* as if it were lost */
}

void phase1_repeat(struct phase1 *p, bool earlier, struct ike_out *out)
{
	struct phase1_answers *a = p->answers;
	bool keyed, answered;

	if (!a)
		return;
	a->round++;
	earlier |= a->contested;
	keyed = candidates_count(&a->keyed) > 0;
	answered = candidates_count(&a->answered) > 0;
	send_again(&a->keyed, out);
	if (!keyed || earlier)
		send_again(&a->answered, out);
	if ((!answered || earlier) && out_datagram_copy(out, a->first, a->first_len, 0, 0) < 0)
		return; /* as if it were lost */
}

const struct phase1 *phase1_newest(const struct phase1 *p)
{
	struct candidate *c = p->answers ? candidates_newest(&p->answers->keyed) : NULL;

	return c ? c->state : p;
}

int phase1_open_informational(const struct phase1 *p, const struct isakmp_header *h, const uint8_t *data, size_t len,
			      struct opened *ret, struct ike_diag *diag)
{
	int r = diag_fail(diag, -EBADMSG, CAUSE_NO_KEYS);

	if (p->keyed) {
		struct informational sa = phase1_informational(p);

		return informational_open(&sa, ret, h, data, len, diag);
	}
	if (!p->answers)
		return r;
	FOR_EACH_CANDIDATE(c, &p->answers->keyed)
	{
		struct informational sa = phase1_informational(c->state);

		if (!has_cookie_r(c->state, h))
			continue;
		r = informational_open(&sa, ret, h, data, len, diag);
		if (r == 0)
			return 0;
	}
	return r;
}
