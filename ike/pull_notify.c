/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Informational exchanges that come during a pull (RFC 2409 5.7).  In the clear they prove nothing and end nothing.
 */
#include "ike/pull_state.h"

void pull_input_clear(struct pull *p, uint64_t now, const struct phase1 *phase1, const struct isakmp_header *h,
		      const uint8_t *data, size_t len, struct ike_out *out)
{
	struct ike_diag diag = { .out = out };
	struct payloads payloads;
	struct notify n;
	int r = payloads_read(&payloads, h->next, reader_of(data + ISAKMP_HEADER_LEN, len - ISAKMP_HEADER_LEN), 0,
			      &diag);

	if (r < 0) {
		diag_note_cause(&diag, IKE_NOTE_INFO, NOTE_CLEAR_NOTIFY_IGNORED, r);
		pull_found_cause(p, PULL_FACT_IGNORED, PULL_IN_CLEAR_NOTIFY, &diag, r);
		return;
	}
	for (size_t i = 0; i < payloads.n; i++) {
		if (payloads.list[i].type != PAYLOAD_NOTIFY || notify_read(&n, payloads.list[i].body, &diag) < 0)
			continue;
		p->clear_notifies++;
		diag_note(&diag, IKE_NOTE_WARNING, NOTE_CLEAR_NOTIFY, n.type, notify_name(n.type));
		pull_found_notify(p, PULL_FACT_CLEAR_NOTIFY, n.type);
		if (n.type == NOTIFY_DOI_NOT_SUPPORTED && pull_retry_doi(p, now, phase1, true, out))
			return;
	}
}

static void take_notify(struct pull *p, const struct notify *n, struct ike_out *out)
{
	struct ike_diag diag = { .out = out };

	if (n->type >= NOTIFY_STATUS_MIN) {
		diag_note(&diag, IKE_NOTE_DEBUG, NOTE_NOTIFY, n->type, notify_name(n->type));
		return;
	}
	pull_found_notify(p, PULL_FACT_NOTIFY, n->type);

	pull_send_delete(p, out);
	pull_end(p, PULL_REFUSED);
}

static void take_delete(struct pull *p, const struct isakmp_header *h, const struct delete *d)
{
	struct reader spis = d->spis;
	const uint8_t *spi;

	if (d->protocol != ISAKMP_PROTOCOL_ISAKMP || d->spi_size != 2 * ISAKMP_COOKIE_LEN)
		return; /* TEKs are deleted by pushes only */
	while ((spi = read_bytes(&spis, d->spi_size)))
		if (memcmp(spi, h->cookie_i, ISAKMP_COOKIE_LEN) == 0 &&
		    memcmp(spi + ISAKMP_COOKIE_LEN, h->cookie_r, ISAKMP_COOKIE_LEN) == 0) {
			pull_found(p, PULL_FACT_DELETE);
			pull_end(p, PULL_ABORTED);
			return;
		}
}

void pull_input_informational(struct pull *p, const struct phase1 *phase1, const struct isakmp_header *h,
			      const uint8_t *data, size_t len, struct ike_out *out)
{
	struct ike_diag diag = { .out = out };
	struct opened o;
	struct notify n;
	struct delete d;
	int r = phase1_open_informational(phase1, h, data, len, &o, &diag);

	if (r < 0) {
		diag_note_cause(&diag, IKE_NOTE_INFO, NOTE_INFORMATIONAL_IGNORED, r);
		pull_found_cause(p, p->finding.awaits == PULL_AWAITS_PROOF ? PULL_FACT_KEY : PULL_FACT_IGNORED,
				 PULL_IN_INFORMATIONAL, &diag, r);
		return;
	}
	for (size_t i = 0; i < o.payloads.n && p->stage != STAGE_ENDED; i++) {
		const struct payload *payload = &o.payloads.list[i];

		if (payload->type == PAYLOAD_NOTIFY && notify_read(&n, payload->body, &diag) == 0)
			take_notify(p, &n, out);
		else if (payload->type == PAYLOAD_DELETE && delete_read(&d, payload->body, &diag) == 0)
			take_delete(p, h, &d);
	}
	opened_clear(&o);
}
