/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/gdoi_refuse.h"

void gdoi_refuse(struct download *d, enum refusal_reason reason, uint32_t spi, const struct selector *sel,
		 const struct ike_cause *cause, struct ike_diag *diag)
{
	struct refusal refusal = { .reason = reason, .spi = spi, .cause = *cause };

	if (sel) {
		refusal.has_sel = true;
		refusal.sel = *sel;
	}
	if (spi == 0) /* of another protocol than ESP, with SPIs of its own */
		diag_note_refusal(diag, IKE_NOTE_WARNING, cause, NOTE_TEK_WITHOUT_SPI_REFUSED);
	else
		diag_note_refusal(diag, IKE_NOTE_WARNING, cause, NOTE_TEK_REFUSED, spi);
	if (d->n_refusals < DOWNLOAD_REFUSALS_MAX)
		d->refusals[d->n_refusals] = refusal;
	d->n_refusals++;
}

bool gdoi_refused(const struct download *d, uint32_t spi)
{
	if (d->n_refusals > DOWNLOAD_REFUSALS_MAX)
		return true;
	for (size_t i = 0; i < d->n_refusals; i++)
		if (d->refusals[i].spi == spi || d->refusals[i].spi == 0)
			return true;
	return false;
}
