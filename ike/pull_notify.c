/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Informational exchanges that come during a pull (RFC 2409 5.7).  In the clear they prove nothing and end nothing.
 */
#include "ike/pull_state.h"

#include <stdio.h>

/* RFC 6407 2.1 wants DOI 2; servers that know only 1 say so in the clear, so it is believed once, and never ends
 * anything. */
static bool doi_retry_fits(const struct pull *p, uint16_t type)
{
	return type == NOTIFY_DOI_NOT_SUPPORTED && p->params.doi == IKE_DOI_GDOI && !p->params.doi_fixed &&
	       !p->doi_retried && p->stage == STAGE_PHASE1 && phase1_expects(p->phase1) == 2;
}

static void retry_doi(struct pull *p, uint64_t now, struct ike_out *out)
{
	struct ike_diag diag = { .out = out };

	p->doi_retried = true;
	p->params.doi = IKE_DOI_IPSEC;
	diag_note(&diag, IKE_NOTE_INFO,
		  "the server does not support DOI 2 (GDOI) in phase 1: one try with DOI 1 (IPsec)");
	if (pull_start_phase1(p, now, out) < 0)
		pull_end(p, PULL_ABORTED, "phase 1 could not be started again");
}

void pull_input_clear(struct pull *p, uint64_t now, const struct isakmp_header *h, const uint8_t *data, size_t len,
		      struct ike_out *out)
{
	struct ike_diag diag = { .out = out };
	struct payloads payloads;
	struct notify n;
	int r = payloads_read(&payloads, h->next, reader_of(data + ISAKMP_HEADER_LEN, len - ISAKMP_HEADER_LEN), 0,
			      &diag);

	if (r < 0) {
		diag_note(&diag, IKE_NOTE_INFO, "a notify in the clear is ignored: %s", diag_cause(&diag, r));
		return;
	}
	for (size_t i = 0; i < payloads.n; i++) {
		if (payloads.list[i].type != PAYLOAD_NOTIFY || notify_read(&n, payloads.list[i].body, &diag) < 0)
			continue;
		p->clear_notifies++;
		diag_note(&diag, IKE_NOTE_WARNING, "the server (or somebody else) says in the clear: notify %u %s",
			  n.type, notify_name(n.type));
		if (doi_retry_fits(p, n.type)) {
			retry_doi(p, now, out);
			return;
		}
	}
}

static void take_notify(struct pull *p, const struct notify *n, struct ike_out *out)
{
	struct ike_diag diag = { .out = out };
	char text[96];

	if (n->type >= NOTIFY_STATUS_MIN) {
		diag_note(&diag, IKE_NOTE_DEBUG, "the server notifies %u %s", n->type, notify_name(n->type));
		return;
	}
	p->notify = n->type;
	snprintf(text, sizeof(text), "the server refuses with notify %u %s", n->type, notify_name(n->type));
	pull_send_delete(p, out);
	pull_end(p, PULL_REFUSED, text);
}

static void take_delete(struct pull *p, const struct delete *d)
{
	struct reader spis = d->spis;
	const uint8_t *spi;

	if (d->protocol != ISAKMP_PROTOCOL_ISAKMP || d->spi_size != 2 * ISAKMP_COOKIE_LEN)
		return; /* TEKs are deleted by pushes only */
	while ((spi = read_bytes(&spis, d->spi_size)))
		if (memcmp(spi, phase1_cookie_i(p->phase1), ISAKMP_COOKIE_LEN) == 0 &&
		    memcmp(spi + ISAKMP_COOKIE_LEN, phase1_cookie_r(p->phase1), ISAKMP_COOKIE_LEN) == 0) {
			pull_end(p, PULL_ABORTED, "the server deleted the ISAKMP SA");
			return;
		}
}

void pull_input_informational(struct pull *p, const struct isakmp_header *h, const uint8_t *data, size_t len,
			      struct ike_out *out)
{
	struct ike_diag diag = { .out = out };
	struct informational sa = phase1_informational(p->phase1);
	struct opened o;
	struct notify n;
	struct delete d;
	int r = phase1_keyed(p->phase1) ? informational_open(&sa, &o, h, data, len, &diag)
					: diag_fail(&diag, -EBADMSG, "there are no keys yet");

	if (r < 0) {
		diag_note(&diag, IKE_NOTE_INFO, "an informational message is ignored: %s", diag_cause(&diag, r));
		return;
	}
	for (size_t i = 0; i < o.payloads.n && p->stage != STAGE_ENDED; i++) {
		const struct payload *payload = &o.payloads.list[i];

		if (payload->type == PAYLOAD_NOTIFY && notify_read(&n, payload->body, &diag) == 0)
			take_notify(p, &n, out);
		else if (payload->type == PAYLOAD_DELETE && delete_read(&d, payload->body, &diag) == 0)
			take_delete(p, &d);
	}
	opened_clear(&o);
}
