/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/gdoi_refuse.h"

#include <stdarg.h>
#include <stdio.h>

void gdoi_refuse(struct download *d, enum refusal_reason reason, uint32_t spi, const struct selector *sel,
		 struct ike_diag *diag, const char *fmt, ...)
{
	struct refusal refusal = { .reason = reason, .spi = spi };
	va_list ap;

	if (sel) {
		refusal.has_sel = true;
		refusal.sel = *sel;
	}
	va_start(ap, fmt);
	vsnprintf(refusal.text, sizeof(refusal.text), fmt, ap);
	va_end(ap);
	if (spi == 0) /* of another protocol than ESP, with SPIs of its own */
		diag_note(diag, IKE_NOTE_WARNING, "TEK without an SPI refused: %s", refusal.text);
	else
		diag_note(diag, IKE_NOTE_WARNING, "TEK with SPI %08x refused: %s", spi, refusal.text);
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
