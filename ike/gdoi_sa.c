/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/gdoi_sa.h"

#include "ike/gdoi_gap.h"
#include "ike/gdoi_sak.h"
#include "ike/gdoi_sat.h"

static int read_attribute_payload(struct download *d, bool *sak, const struct payload *p, bool push,
				  const struct gap_numbers *numbers, struct ike_diag *diag)
{
	switch (p->type) {
	case PAYLOAD_SAK:
		if (*sak)
			return diag_fail(diag, -EBADMSG, CAUSE_PAYLOAD_TWICE, payload_name(PAYLOAD_SAK));
		*sak = true;
		return gdoi_sak_read(&d->kek, p->body, push, diag);
	case PAYLOAD_GAP:
		if (d->has_gap)
			return diag_fail(diag, -EBADMSG, CAUSE_PAYLOAD_TWICE, payload_name(PAYLOAD_GAP));
		return gdoi_gap_read(d, numbers, p->body, diag);
	case PAYLOAD_SAT:
		return gdoi_sat_read(d, p->body, diag);
	default:
		return diag_fail(diag, -EBADMSG, CAUSE_SA_ATTRIBUTE_TYPE, p->type);
	}
}

int gdoi_sa_read(struct download *d, bool *ret_sak, struct reader body, bool push, const struct gap_numbers *numbers,
		 struct ike_diag *diag)
{
	uint32_t doi = read_u32(&body), situation = read_u32(&body);
	uint16_t next = read_u16(&body);
	struct payload_walk walk;
	struct payload p;
	bool sak = false;
	int r;

	(void)read_u16(&body); /* RESERVED2 */
	if (body.failed || next > UINT8_MAX)
		return diag_fail(diag, -EBADMSG, CAUSE_SA_SHORT_OR_NAMES, next);
	if (doi != IKE_DOI_GDOI)
		return diag_fail(diag, -EBADMSG, CAUSE_SA_DOI, doi);
	if (situation != 0)
		diag_note(diag, IKE_NOTE_DEBUG, NOTE_SA_SITUATION, situation);
	if (next == PAYLOAD_NONE)
		return diag_fail(diag, -EBADMSG, CAUSE_SA_EMPTY);
	walk = (struct payload_walk){ .rest = body, .next = (uint8_t)next };
	while ((r = payload_next(&walk, &p, diag)) > 0) {
		r = read_attribute_payload(d, &sak, &p, push, numbers, diag);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	if (walk.rest.left > 0)
		return diag_fail(diag, -EBADMSG, CAUSE_SA_TRAILER, walk.rest.left);
	gdoi_sats_settle(d, diag);
	*ret_sak = sak;
	return 0;
}

#define ATTRIBUTE_NEXT_AT 13 /* the low octet of SA Attribute Next Payload, from the generic header */

void gdoi_sa_write(struct message *m, const struct download *d, const struct gdoi_style *style)
{
	struct chain attributes;

	chain_begin(&m->chain, &m->w, PAYLOAD_SA);
	attributes.next_at = m->chain.start + ATTRIBUTE_NEXT_AT;
	write_u32(&m->w, IKE_DOI_GDOI);
	write_u32(&m->w, 0);
	write_zeros(&m->w, 4);
	if (d->has_kek)
		gdoi_sak_write(&m->w, &attributes, &d->kek, style);
	if (d->has_gap)
		gdoi_gap_write(&m->w, &attributes, d);
	for (size_t i = 0; i < d->n_teks; i++)
		gdoi_sat_write(&m->w, &attributes, &d->teks[i], style);
	chain_end(&m->chain, &m->w);
}
