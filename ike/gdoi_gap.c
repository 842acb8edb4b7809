/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/gdoi_gap.h"

enum { /* RFC 6407 5.4 */
       ACTIVATION_TIME_DELAY = 1,
       DEACTIVATION_TIME_DELAY = 2,
       SENDER_ID_REQUEST = 3,
};

static int take_delay(bool *has, uint16_t *delay, const struct attribute *a, struct ike_diag *diag)
{
	char text[ATTRIBUTE_TEXT_MAX];
	uint32_t v;

	if (*has)
		return diag_fail(diag, -EBADMSG, "GAP attribute %u comes twice, with %u and with %s", a->type, *delay,
				 attribute_text(a, text));
	if (attribute_u32(a, &v) < 0 || v > UINT16_MAX)
		return diag_fail(diag, -EBADMSG, "GAP attribute %u (%s) is no number of 16 bits", a->type,
				 attribute_text(a, text));
	*has = true;
	*delay = (uint16_t)v;
	return 0;
}

int gdoi_gap_read(struct download *d, struct reader body, struct ike_diag *diag)
{
	bool has_atd = false, has_dtd = false;
	uint16_t atd = 0, dtd = 0;
	char text[ATTRIBUTE_TEXT_MAX];
	struct attribute a;
	int r;

	while ((r = attribute_next(&body, &a)) > 0) {
		if (a.type == ACTIVATION_TIME_DELAY)
			r = take_delay(&has_atd, &atd, &a, diag);
		else if (a.type == DEACTIVATION_TIME_DELAY)
			r = take_delay(&has_dtd, &dtd, &a, diag);
		else if (a.type != SENDER_ID_REQUEST) /* a member's to send; means nothing from a server */
			r = diag_fail(diag, -EPROTONOSUPPORT, "GAP attribute %u (%s) is not known here", a.type,
				      attribute_text(&a, text));
		if (r < 0)
			return r;
	}
	if (r < 0)
		return diag_fail(diag, -EBADMSG, "the GAP attributes do not fit into the GAP payload");
	d->has_gap = true;
	d->has_atd = has_atd;
	d->has_dtd = has_dtd;
	d->activation_delay = atd;
	d->deactivation_delay = dtd;
	return 0;
}

void gdoi_gap_write(struct writer *w, struct chain *c, const struct download *d)
{
	chain_begin(c, w, PAYLOAD_GAP);
	if (d->has_atd)
		write_attribute_basic(w, ACTIVATION_TIME_DELAY, d->activation_delay);
	if (d->has_dtd)
		write_attribute_basic(w, DEACTIVATION_TIME_DELAY, d->deactivation_delay);
	chain_end(c, w);
}
