/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SA TEK payloads of one SPI: one SA with several policies, or a contradiction (gdoi_sat.h). */
#include "ike/gdoi_refuse.h"
#include "ike/gdoi_sat.h"
#include "lib/selector.h"

/* A server may ask its clock for each payload, and the remaining seconds change between two of them. */
static bool same_life(uint32_t a, uint32_t b)
{
	return a > b ? a - b <= 1 : b - a <= 1;
}

/* The attribute that makes two payloads with one SPI different SAs; CAUSE_NONE: there is no such attribute. */
static enum ike_cause_id difference_of(const struct tek *a, const struct tek *b)
{
	if (a->cipher != b->cipher || a->auth != b->auth)
		return CAUSE_TEK_OTHER_ALGORITHMS;
	if (!same_life(a->life_seconds, b->life_seconds) || a->life_kilobytes != b->life_kilobytes)
		return CAUSE_TEK_OTHER_LIFETIME;
	return CAUSE_NONE;
}

/* The attribute in which another payload with TEK's SPI differs from TEK; CAUSE_NONE: they agree. */
static enum ike_cause_id contradiction_of(const struct download *d, const struct tek *tek)
{
	enum ike_cause_id why = CAUSE_NONE;

	for (size_t i = 0; i < d->n_refusals && i < DOWNLOAD_REFUSALS_MAX; i++)
		if (d->refusals[i].spi == tek->spi && d->refusals[i].reason == REFUSAL_UNSUPPORTED_ALGORITHM)
			why = CAUSE_TEK_OTHER_ALGORITHMS;
	for (size_t i = 0; i < d->n_teks && why == CAUSE_NONE; i++)
		if (d->teks[i].spi == tek->spi)
			why = difference_of(&d->teks[i], tek);
	return why;
}

static void refuse_spi(struct download *d, uint32_t spi, enum ike_cause_id why, struct ike_diag *diag)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->n_teks; i++)
		if (d->teks[i].spi == spi)
			gdoi_refuse(d, REFUSAL_CONFLICT, spi, &d->teks[i].sel, &(struct ike_cause){ .id = why }, diag);
		else
			d->teks[kept++] = d->teks[i];
	d->n_teks = kept;
}

static bool same_policy(const struct tek *a, const struct tek *b)
{
	return a->spi == b->spi && a->tunnel == b->tunnel && a->preserve == b->preserve &&
	       a->direction == b->direction && selector_equal(&a->sel, &b->sel);
}

static bool said_before(const struct download *d, size_t n, const struct tek *tek)
{
	for (size_t i = 0; i < n; i++)
		if (same_policy(&d->teks[i], tek))
			return true;
	return false;
}

void gdoi_sats_settle(struct download *d, struct ike_diag *diag)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->n_teks;) {
		enum ike_cause_id why = contradiction_of(d, &d->teks[i]);

		if (why != CAUSE_NONE) {
			refuse_spi(d, d->teks[i].spi, why, diag);
			i = 0;
		} else {
			i++;
		}
	}
	for (size_t i = 0; i < d->n_teks; i++)
		for (size_t j = 0; j < d->n_teks; j++)
			if (d->teks[i].spi == d->teks[j].spi && d->teks[j].life_seconds < d->teks[i].life_seconds)
				d->teks[i].life_seconds = d->teks[j].life_seconds;
	for (size_t i = 0; i < d->n_teks; i++)
		if (!said_before(d, kept, &d->teks[i]))
			d->teks[kept++] = d->teks[i];
	d->n_teks = kept;
}
