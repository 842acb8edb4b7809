/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/pull.h"

#include "ike/pull_state.h"

#include <stdlib.h>

static void forget_last_sent(struct pull *p)
{
	struct pull_sent *s = &p->sent[--p->n_sent];

	explicit_bzero(s->data, s->len);
	free(s->data);
}

static void forget_sent(struct pull *p)
{
	while (p->n_sent > 0)
		forget_last_sent(p);
}

void pull_free(struct pull *p)
{
	if (!p)
		return;
	forget_sent(p);
	for (size_t i = 0; i < p->n_openings; i++)
		phase1_free(p->openings[i].phase1);
	if (p->download) {
		download_wipe(p->download);
		free(p->download);
	}
	explicit_bzero(p, sizeof(*p));
	free(p);
}

void pull_found(struct pull *p, enum pull_fact fact)
{
	p->finding.fact = fact;
	p->finding.in = PULL_IN_MESSAGE;
	p->finding.notify = 0;
	p->finding.cause = (struct ike_cause){ 0 };
}

void pull_found_notify(struct pull *p, enum pull_fact fact, uint16_t type)
{
	pull_found(p, fact);
	p->finding.notify = type;
}

void pull_found_cause(struct pull *p, enum pull_fact fact, enum pull_fact_in in, const struct ike_diag *diag, int err)
{
	pull_found(p, fact);
	p->finding.in = in;
	p->finding.cause = diag_cause(diag, err);
}

void pull_await(struct pull *p, enum pull_awaits awaits)
{
	if (awaits <= p->finding.awaits) /* what is begun anew: how far it came before says more */
		return;
	pull_found(p, PULL_FACT_NONE);
	p->finding.awaits = awaits;
}

const struct pull_finding *pull_finding(const struct pull *p)
{
	return &p->finding;
}

void pull_end(struct pull *p, enum pull_state state)
{
	p->state = state;
	p->stage = STAGE_ENDED;
	p->deadline = p->dense = UINT64_MAX;
	forget_sent(p);
	if (state != PULL_DONE && p->download)
		download_wipe(p->download);
}

/* Tells the server that the ISAKMP SA goes (RFC 6407 3.3): without it nothing would be lost but its memory. */
void pull_send_delete(struct pull *p, struct ike_out *out)
{
	const struct phase1 *phase1 = phase1_newest(p->phase1);
	struct informational sa = phase1_informational(phase1);
	uint8_t *data;
	size_t len;

	/* A responder in aggressive mode cannot read anything before message 3. */
	if (!phase1_keyed(phase1) || (!phase1_done(phase1) && p->params.mode == IKE_AGGRESSIVE))
		return;
	if (informational_delete(&sa, &data, &len) == 0)
		out_datagram(out, data, len, 0, 0);
}

void pull_abort(struct pull *p, struct ike_out *out)
{
	pull_send_delete(p, out);
	pull_end(p, PULL_ABORTED);
}

static void transmit_again(struct pull *p, struct ike_out *out)
{
	if (p->stage == STAGE_PHASE1)
		pull_repeat_phase1(p, out);
	for (size_t i = 0; i < p->n_sent; i++)
		if (out_datagram_copy(out, p->sent[i].data, p->sent[i].len, 0, 0) < 0)
			break; /* as if it were lost: the timer sends it again */
}

/* DATA becomes what is retransmitted, beside what was sent before when KEEP. */
static void send_message(struct pull *p, uint64_t now, uint8_t *data, size_t len, bool keep, struct ike_out *out)
{
	if (!keep || p->n_sent == PULL_SENT_MAX)
		forget_sent(p);
	p->sent[p->n_sent++] = (struct pull_sent){ .data = data, .len = len };
	pull_begin_timing(p, now);
	if (out_datagram_copy(out, data, len, 0, 0) < 0)
		return;
}

static void complete_params(struct pull_params *params)
{
	pull_complete_timing(&params->timing);
	if (params->local_id.type == 0)
		params->local_id = ident_of_address(params->local);
	if (params->remote_id.type == 0)
		params->remote_id = ident_of_address(params->server);
}

int pull_new(struct pull **ret, const struct pull_params *params, uint64_t now, struct ike_out *out)
{
	struct pull *p;
	int r;

	if (params->n_proposals > IKE_PROPOSALS_MAX || params->group == 0 ||
	    (params->doi != IKE_DOI_IPSEC && params->doi != IKE_DOI_GDOI))
		return -EINVAL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->params = *params;
	complete_params(&p->params);
	p->ends = now + p->params.timing.total_ms;
	p->download = calloc(1, sizeof(*p->download));
	p->deadline = p->dense = UINT64_MAX;
	r = p->download ? pull_open(p, now, p->params.doi, out) : -ENOMEM;
	if (r < 0) {
		pull_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

void pull_retime(struct pull *p, uint64_t now, const struct pull_timing *timing, bool at_once, struct ike_out *out)
{
	if (p->stage == STAGE_ENDED)
		return;
	p->params.timing = *timing;
	pull_complete_timing(&p->params.timing);
	p->ends = now + pull_total_ms(p);
	pull_begin_timing(p, now);
	if (at_once)
		transmit_again(p, out);
}

static void begin_exchange(struct pull *p, uint64_t now, bool keep, struct ike_out *out)
{
	uint8_t *data;
	size_t len;

	if (pull_exchange_start(p, &data, &len) < 0) {
		pull_found_cause(p, PULL_FACT_HERE, PULL_IN_MESSAGE, &(struct ike_diag){ 0 }, -EIO);
		pull_abort(p, out);
		return;
	}
	p->stage = STAGE_POLICY;
	pull_await(p, PULL_AWAITS_POLICY);
	send_message(p, now, data, len, keep, out);
}

void pull_begin_exchange(struct pull *p, uint64_t now, uint8_t *last, size_t last_len, struct ike_out *out)
{
	p->authenticated = true;
	p->dense = UINT64_MAX;
	if (last)
		send_message(p, now, last, last_len, false, out);
	begin_exchange(p, now, last != NULL, out);
}

static void input_exchange(struct pull *p, uint64_t now, const struct isakmp_header *h, const uint8_t *data, size_t len,
			   struct ike_out *out)
{
	struct ike_diag diag = { .out = out };
	uint8_t *reply;
	size_t reply_len;
	int r = pull_exchange_input(p, h, data, len, &reply, &reply_len, &diag);

	if (r == -EPROTO) {
		diag_note_cause(&diag, IKE_NOTE_WARNING, NOTE_POLICY_REFUSED, r);
		pull_found_cause(p, PULL_FACT_POLICY, PULL_IN_MESSAGE, &diag, r);
		pull_abort(p, out);
	} else if (r == -EALREADY) {
		diag_note(&diag, IKE_NOTE_DEBUG, NOTE_PULL_MESSAGE_AGAIN);
	} else if (r < 0) {
		diag_note_cause(&diag, IKE_NOTE_INFO, NOTE_PULL_MESSAGE_IGNORED, r);
		pull_found_cause(p, PULL_FACT_IGNORED, PULL_IN_MESSAGE, &diag, r);
	} else if (reply) {
		pull_note_answer(p, now);
		p->stage = STAGE_KEYS;
		pull_await(p, PULL_AWAITS_KEYS);
		send_message(p, now, reply, reply_len, false, out);
	} else {
		pull_send_delete(p, out);
		pull_end(p, PULL_DONE);
	}
}

/* The phase 1 that a datagram with H belongs to; NULL: it is none of this pull's. */
static struct phase1 *find_phase1(const struct pull *p, const struct isakmp_header *h)
{
	for (size_t i = 0; i < p->n_openings; i++) {
		struct phase1 *phase1 = p->openings[i].phase1;

		if (memcmp(h->cookie_i, phase1_cookie_i(phase1), ISAKMP_COOKIE_LEN) == 0)
			return phase1;
	}
	return NULL;
}

static bool cookie_r_fits(const struct pull *p, const struct isakmp_header *h)
{
	return p->stage == STAGE_PHASE1 || memcmp(h->cookie_r, phase1_cookie_r(p->phase1), ISAKMP_COOKIE_LEN) == 0;
}

static void input_datagram(struct pull *p, uint64_t now, const uint8_t *data, size_t len, struct ike_out *out)
{
	struct ike_diag diag = { .out = out };
	struct phase1 *phase1 = NULL;
	struct isakmp_header h;
	int r = isakmp_header_read(&h, data, len, &diag);
	bool encrypted = r == 0 && h.flags & ISAKMP_FLAG_ENCRYPTION;

	if (r == 0)
		phase1 = find_phase1(p, &h);
	if (r == 0 && (!phase1 || (encrypted && !cookie_r_fits(p, &h))))
		r = diag_fail(&diag, -EBADMSG, CAUSE_ITS_COOKIES);
	if (r < 0) {
		diag_note_cause(&diag, IKE_NOTE_DEBUG, NOTE_DATAGRAM_IGNORED, r);
		pull_found_cause(p, PULL_FACT_IGNORED, PULL_IN_MESSAGE, &diag, r);
	} else if (h.exchange == EXCHANGE_INFORMATIONAL && encrypted) {
		pull_input_informational(p, phase1, &h, data, len, out);
	} else if (h.exchange == EXCHANGE_INFORMATIONAL) {
		pull_input_clear(p, now, phase1, &h, data, len, out);
	} else if (p->stage == STAGE_PHASE1) {
		pull_input_phase1(p, now, phase1, data, len, out);
	} else if (h.exchange == EXCHANGE_GROUPKEY_PULL && encrypted) {
		input_exchange(p, now, &h, data, len, out);
	} else {
		diag_note(&diag, IKE_NOTE_DEBUG, NOTE_EXCHANGE_OUT_OF_PLACE, h.exchange);
	}
}

bool pull_owns(const struct pull *p, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < p->n_openings && len >= ISAKMP_COOKIE_LEN; i++)
		if (memcmp(data, phase1_cookie_i(p->openings[i].phase1), ISAKMP_COOKIE_LEN) == 0)
			return true;
	return false;
}

static void time_out(struct pull *p, bool too_slow, struct ike_out *out)
{
	p->too_slow = too_slow;
	if (phase1_done(p->phase1))
		pull_send_delete(p, out);
	pull_end(p, PULL_TIMEOUT);
}

/*
 * The server may have answered, and answer a repetition no more.  Its ISAKMP SA costs a whole phase 1: an exchange of
 * its own under it comes first, within the time that this server has anyway, so that one that lost the SA costs none.
 */
static bool exchange_is_stuck(const struct pull *p)
{
	return (p->stage == STAGE_POLICY || p->stage == STAGE_KEYS) && p->params.timing.answered_fresh_after > 0 &&
	       p->finding.sendings == p->params.timing.answered_fresh_after;
}

static void begin_again(struct pull *p, uint64_t now, struct ike_out *out)
{
	bool aggressive_3 = p->stage == STAGE_POLICY && p->n_sent == PULL_SENT_MAX;
	unsigned sendings = p->finding.sendings;

	if (aggressive_3) { /* the server may wait for it still */
		forget_last_sent(p);
		transmit_again(p, out);
	}
	begin_exchange(p, now, aggressive_3, out);
	p->finding.sendings = sendings + 1;
}

static void run_timer(struct pull *p, uint64_t now, struct ike_out *out)
{
	if (now < p->deadline && now >= p->dense)
		pull_ask_again(p, now, out);
	if (now < p->deadline)
		return;
	if (now >= p->ends) {
		time_out(p, true, out);
		return;
	}
	if (p->finding.sendings > pull_retransmissions(p)) {
		time_out(p, false, out);
		return;
	}
	if (exchange_is_stuck(p)) {
		begin_again(p, now, out);
		return;
	}
	pull_time_next(p, now);
	if (!pull_open_fresh(p, now, out))
		transmit_again(p, out);
}

void pull_step(struct pull *p, uint64_t now, const uint8_t *data, size_t len, struct ike_out *out)
{
	if (p->stage == STAGE_ENDED)
		return;
	if (data && len > 0)
		input_datagram(p, now, data, len, out);
	else
		run_timer(p, now, out);
}

enum pull_state pull_state(const struct pull *p)
{
	return p->state;
}

bool pull_answered(const struct pull *p)
{
	return p->answered;
}

bool pull_asked(const struct pull *p)
{
	return p->stage != STAGE_PHASE1;
}

uint64_t pull_deadline(const struct pull *p)
{
	return p->deadline < p->dense ? p->deadline : p->dense;
}

unsigned pull_take_clear_notifies(struct pull *p)
{
	unsigned n = p->clear_notifies - p->clear_notifies_taken;

	p->clear_notifies_taken = p->clear_notifies;
	return n;
}

uint16_t pull_doi(const struct pull *p)
{
	return (uint16_t)phase1_doi(p->phase1);
}

const struct vendor_ids *pull_vendor_ids(const struct pull *p)
{
	return phase1_vendor_ids(p->phase1);
}

bool pull_authenticated(const struct pull *p)
{
	return p->authenticated;
}

const struct download *pull_download(const struct pull *p)
{
	return p->state == PULL_DONE ? p->download : NULL;
}
