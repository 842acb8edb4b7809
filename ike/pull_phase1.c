/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Phase 1 of a pull.  It may be begun more than once, under a cookie of its own each time: with DOI 1 when the server
 * seems not to take DOI 2, under a fresh cookie when nobody answers, anew when the shared secret is one that some
 * servers get wrong.  Nothing of that is authenticated, so all of them stay until one has proved itself.
 */
#include "ike/pull_state.h"
#include "ike/vendor.h"

/* A server that is asked again answers with the same octets; so long for the way there and back. */
#define ASK_AGAIN_MS 500
/*
 * The third sending has a fresh cookie: a server that refused the first one, and whose word was lost, may
 * ignore it by now, and so may one that was told a forged message of ours.
 */
#define FRESH_COOKIE_AT 3
#define PROPOSALS_NOTED 8

static const char *form_name(enum pull_group_form form)
{
	switch (form) {
	case PULL_GROUP_KEY_ID:
		return "a key id of four octets";
	case PULL_GROUP_IPV4:
		return "an IPv4 address";
	case PULL_GROUP_TEXT:
		return "a key id of decimal digits";
	}
	return "";
}

static const char *mode_name(enum ike_mode mode)
{
	return mode == IKE_AGGRESSIVE ? "aggressive" : "main";
}

static void note_offered(struct ike_diag *diag, size_t number, const struct ike_proposal *o)
{
	diag_note(diag, IKE_NOTE_DEBUG, NOTE_PROPOSAL_OFFERED, number, cipher_junos(o->cipher), ike_hash_name(o->hash),
		  ike_group_name(o->group), o->lifetime_seconds);
}

static void note_chosen(struct ike_diag *diag, const struct ike_proposal *o)
{
	diag_note(diag, IKE_NOTE_DEBUG, NOTE_PROPOSAL_CHOSEN, cipher_junos(o->cipher), ike_hash_name(o->hash),
		  ike_group_name(o->group), o->lifetime_seconds);
}

static void note_offer(struct ike_diag *diag, const struct phase1_params *params)
{
	char local[IDENT_TEXT_MAX], remote[IDENT_TEXT_MAX];
	size_t most = params->n_proposals < PROPOSALS_NOTED ? params->n_proposals : PROPOSALS_NOTED;

	diag_note(diag, IKE_NOTE_DEBUG, NOTE_PHASE1_BEGINS, mode_name(params->mode), params->doi, params->situation,
		  params->n_proposals);
	for (size_t i = 0; i < most; i++)
		note_offered(diag, i + 1, &params->proposals[i]);
	diag_note(diag, IKE_NOTE_DEBUG, NOTE_LOCAL_IDENTITY, ident_text(&params->local_id, local));
	diag_note(diag, IKE_NOTE_DEBUG, NOTE_REMOTE_IDENTITY, ident_text(&params->remote_id, remote));
}

int pull_open(struct pull *p, uint64_t now, uint16_t doi, struct ike_out *out)
{
	struct phase1_params params = { .initiator = true,
					.mode = p->params.mode,
					.n_proposals = p->params.n_proposals,
					.psk = p->params.psk,
					.local_id = p->params.local_id,
					.remote_id = p->params.remote_id,
					.doi = doi,
					.situation = doi == IKE_DOI_GDOI ? 0 : 1,
					.no_short_secret = p->short_secrets < PULL_SHORT_SECRETS_MAX };
	struct ike_diag diag = { .out = out };
	struct phase1 *phase1;
	int r;

	if (p->n_openings == PULL_OPENINGS_MAX)
		return -ENOSPC;
	if (p->params.situation_fixed)
		params.situation = p->params.situation;
	memcpy(params.proposals, p->params.proposals, sizeof(params.proposals));
	note_offer(&diag, &params);
	r = phase1_start(&phase1, &params, out, &diag);
	secret_wipe(&params.psk);
	if (r < 0)
		return r;
	p->openings[p->n_openings++] = (struct opening){ .phase1 = phase1 };
	p->phase1 = phase1;
	p->stage = STAGE_PHASE1;
	p->heard = 2;
	pull_await(p, PULL_AWAITS_ANSWER);
	pull_begin_timing(p, now);
	return 0;
}

static uint16_t other_doi(uint16_t doi)
{
	return doi == IKE_DOI_GDOI ? IKE_DOI_IPSEC : IKE_DOI_GDOI;
}

/*
 * RFC 6407 2.1 wants DOI 2; servers that know only 1 say so in the clear, or answer with it, so it is believed once,
 * and never ends anything.  A server that knew only 1 may be another one by now: likewise.
 */
bool pull_retry_doi(struct pull *p, uint64_t now, const struct phase1 *phase1, bool notified, struct ike_out *out)
{
	const char *why = notified ? "it says so" : "it answers with DOI 1";
	uint16_t doi = (uint16_t)phase1_doi(phase1);
	struct ike_diag diag = { .out = out };

	if (p->stage != STAGE_PHASE1 || p->params.doi_fixed || p->doi_retried ||
	    (doi != IKE_DOI_GDOI && !p->params.doi_learnt))
		return false;
	p->doi_retried = true;
	if (doi == IKE_DOI_GDOI)
		diag_note(&diag, IKE_NOTE_INFO, NOTE_DOI_GDOI_UNSUPPORTED, why);
	else
		diag_note(&diag, IKE_NOTE_INFO, NOTE_DOI_IPSEC_UNSUPPORTED, why);
	return pull_open(p, now, other_doi(doi), out) == 0;
}

bool pull_open_fresh(struct pull *p, uint64_t now, struct ike_out *out)
{
	struct opening *last = &p->openings[p->n_openings - 1];
	uint64_t deadline = p->deadline, interval = p->interval;
	unsigned sendings = p->finding.sendings;
	uint16_t doi = (uint16_t)phase1_doi(last->phase1);
	/* It was learnt, and its server may be another one by now, which is silent to it. */
	bool was_learnt = p->params.doi_learnt && doi == IKE_DOI_IPSEC;

	if (p->stage != STAGE_PHASE1 || p->fresh_tried || sendings != FRESH_COOKIE_AT)
		return false;
	p->fresh_tried = true;
	if (pull_open(p, now, was_learnt ? IKE_DOI_GDOI : doi, out) < 0)
		return false;
	last->superseded = !was_learnt && phase1_expects(last->phase1) == 2 && !phase1_contested(last->phase1);
	if (!last->superseded)
		phase1_repeat(last->phase1, true, out);
	/* It counts as a retransmission. */
	p->deadline = deadline;
	p->interval = interval;
	p->finding.sendings = sendings;
	return true;
}

/* Once more what the newest phase 1 waits for; what came before it only where an answer may have been forged. */
void pull_repeat_phase1(struct pull *p, struct ike_out *out)
{
	bool no_progress = p->finding.sendings > 2;

	phase1_repeat(p->phase1, no_progress, out);
	for (size_t i = 0; i + 1 < p->n_openings; i++) {
		const struct opening *o = &p->openings[i];

		if (!o->superseded && (phase1_contested(o->phase1) || (no_progress && phase1_expects(p->phase1) == 2)))
			phase1_repeat(o->phase1, no_progress, out);
	}
}

void pull_ask_again(struct pull *p, uint64_t now, struct ike_out *out)
{
	for (size_t i = p->n_openings; i-- > 0;)
		if (phase1_contested(p->openings[i].phase1))
			phase1_repeat(p->openings[i].phase1, true, out);
	p->dense = now + ASK_AGAIN_MS;
}

/* P1 is authenticated: what was begun beside it is given up. */
static void settle_phase1(struct pull *p, struct phase1 *phase1)
{
	for (size_t i = 0; i < p->n_openings; i++)
		if (p->openings[i].phase1 != phase1)
			phase1_free(p->openings[i].phase1);
	p->openings[0] = (struct opening){ .phase1 = phase1 };
	p->n_openings = 1;
	p->phase1 = phase1;
}

/* Something new was heard, and the next message of phase 1 is awaited. */
static void go_on(struct pull *p, uint64_t now, const struct phase1 *phase1)
{
	if (phase1_expects(phase1) <= p->heard)
		return;
	p->heard = phase1_expects(phase1);
	pull_note_answer(p, now);
	pull_await(p, p->heard == 6 ? PULL_AWAITS_PROOF : PULL_AWAITS_VALUE);
	pull_begin_timing(p, now);
}

static void start_anew(struct pull *p, uint64_t now, const struct phase1 *phase1, struct ike_diag *diag)
{
	p->short_secrets++;
	diag_note_cause(diag, IKE_NOTE_INFO, NOTE_PHASE1_ANEW, -ERESTART);
	if (pull_open(p, now, (uint16_t)phase1_doi(phase1), diag->out) < 0)
		diag_note(diag, IKE_NOTE_WARNING, NOTE_PHASE1_NOT_ANEW);
}

static void ignore_message(struct pull *p, enum pull_fact fact, int r, struct ike_diag *diag)
{
	diag_note_cause(diag, IKE_NOTE_INFO, NOTE_PHASE1_MESSAGE_IGNORED, r);
	pull_found_cause(p, fact, PULL_IN_MESSAGE, diag, r);
}

static void refused_or_ignored(struct pull *p, uint64_t now, struct phase1 *phase1, int r, struct ike_diag *diag)
{
	switch (r) {
	case -EACCES:
		diag_note_cause(diag, IKE_NOTE_WARNING, NOTE_SERVER_REFUSED, r);
		p->phase1 = phase1;
		pull_found_cause(p, PULL_FACT_STRANGER, PULL_IN_MESSAGE, diag, r);
		pull_abort(p, diag->out);
		break;
	case -EPROTONOSUPPORT:
		if (!pull_retry_doi(p, now, phase1, false, diag->out))
			ignore_message(p, PULL_FACT_IGNORED, r, diag);
		break;
	case -ERESTART:
		start_anew(p, now, phase1, diag);
		break;
	case -EALREADY:
		diag_note_cause(diag, IKE_NOTE_DEBUG, NOTE_PHASE1_MESSAGE_AGAIN, r);
		break;
	case -EBUSY:
		diag_note_cause(diag, IKE_NOTE_WARNING, NOTE_PHASE1_ANSWER_PUT_ASIDE, r);
		pull_found_cause(p, PULL_FACT_FORGED, PULL_IN_MESSAGE, diag, r);
		break;
	default:
		ignore_message(p, diag->key_differs ? PULL_FACT_KEY : PULL_FACT_IGNORED, r, diag);
		break;
	}
}

void pull_input_phase1(struct pull *p, uint64_t now, struct phase1 *phase1, const uint8_t *data, size_t len,
		       struct ike_out *out)
{
	struct ike_diag diag = { .out = out };
	char vendors[VENDOR_TEXT_MAX];
	uint8_t *last;
	size_t last_len;
	int r = phase1_answer(phase1, now, data, len, &last, &last_len, out, &diag);

	if (r < 0) {
		refused_or_ignored(p, now, phase1, r, &diag);
	} else if (phase1_done(phase1)) {
		settle_phase1(p, phase1);
		if (phase1_vendor_ids(phase1)->n > 0)
			diag_note(&diag, IKE_NOTE_INFO, NOTE_VENDOR_IDS,
				  vendor_ids_text(phase1_vendor_ids(phase1), vendors));
		note_chosen(&diag, phase1_chosen(phase1));
		diag_note(&diag, IKE_NOTE_DEBUG, NOTE_PHASE1_STANDS, phase1_doi(phase1), p->params.group,
			  form_name(p->params.group_form));
		pull_note_answer(p, now);
		pull_begin_exchange(p, now, last, last_len, out);
		return;
	} else {
		go_on(p, now, phase1);
	}
	if (p->stage == STAGE_PHASE1 && phase1_contested(phase1) && p->dense == UINT64_MAX)
		p->dense = now + ASK_AGAIN_MS;
}
