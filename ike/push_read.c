/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/gdoi_kd.h"
#include "ike/gdoi_sa.h"
#include "ike/gdoi_seq.h"
#include "ike/push_state.h"

#define PAYLOAD_CERT 6 /* RFC 3547 4 puts one before SIG; the signature covers it and nothing needs it */

#define DELETE_KEK 0     /* Protocol-ID, RFC 6407 5.9 */
#define DELETE_TEK_ESP 1 /* RFC 6407 5.5 */
#define TEK_SPI_LEN 4

int push_check_form(const struct payloads *payloads, struct ike_diag *diag)
{
	bool seen[UINT8_MAX + 1] = { 0 };

	for (size_t i = 0; i < payloads->n; i++) {
		uint8_t type = payloads->list[i].type;

		if (type != PAYLOAD_SEQ && type != PAYLOAD_DELETE && type != PAYLOAD_SA && type != PAYLOAD_KD &&
		    type != PAYLOAD_CERT && type != PAYLOAD_SIG)
			return diag_fail(diag, -EBADMSG, CAUSE_PUSH_PAYLOAD, payload_name(type), type);
		if (seen[type] && type != PAYLOAD_DELETE)
			return diag_fail(diag, -EBADMSG, CAUSE_PUSH_PAYLOAD_TWICE, payload_name(type), type);
		seen[type] = true;
	}
	if (!seen[PAYLOAD_SIG])
		return diag_fail(diag, -EBADMSG, CAUSE_PUSH_UNSIGNED);
	if (!seen[PAYLOAD_SEQ] || payloads->list[0].type != PAYLOAD_SEQ)
		return diag_fail(diag, -EBADMSG, CAUSE_PUSH_SEQ_NOT_FIRST);
	if (payloads->list[payloads->n - 1].type != PAYLOAD_SIG)
		return diag_fail(diag, -EBADMSG, CAUSE_PUSH_BEHIND_SIGNATURE);
	if (seen[PAYLOAD_SA] != seen[PAYLOAD_KD])
		return diag_fail(diag, -EBADMSG, CAUSE_PAYLOAD_MISSING,
				 payload_name(seen[PAYLOAD_SA] ? PAYLOAD_KD : PAYLOAD_SA));
	if (!seen[PAYLOAD_SA] && !seen[PAYLOAD_DELETE])
		return diag_fail(diag, -EBADMSG, CAUSE_PUSH_EMPTY);
	return 0;
}

static bool all_zero(const uint8_t *data, size_t len)
{
	uint8_t any = 0;

	for (size_t i = 0; i < len; i++)
		any |= data[i];
	return any == 0;
}

static int add_delete(struct push *p, uint32_t spi, struct ike_diag *diag)
{
	for (size_t i = 0; i < p->n_delete_spis; i++)
		if (p->delete_spis[i] == spi)
			return 0;
	if (p->n_delete_spis == PUSH_DELETES_MAX)
		return diag_fail(diag, -EBADMSG, CAUSE_DELETES_TOO_MANY, PUSH_DELETES_MAX);
	p->delete_spis[p->n_delete_spis++] = spi;
	return 0;
}

static int read_tek_deletes(struct push *p, const struct delete *d, struct ike_diag *diag)
{
	struct reader spis = d->spis;
	int r = 0;

	if (d->spi_size != TEK_SPI_LEN)
		return diag_fail(diag, -EBADMSG, CAUSE_DELETE_TEK_SPI, d->spi_size);
	for (uint16_t i = 0; r == 0 && i < d->n; i++) {
		uint32_t spi = read_u32(&spis);

		if (spi == 0)
			p->delete_all_teks = true;
		else
			r = add_delete(p, spi, diag);
	}
	return r;
}

/* RFC 6407 5.9 does not say how long an SPI of zero is. */
static int read_kek_deletes(struct push *p, const struct kek *kek, const struct delete *d, struct ike_diag *diag)
{
	struct reader spis = d->spis;

	for (uint16_t i = 0; i < d->n; i++) {
		const uint8_t *spi = read_bytes(&spis, d->spi_size);

		if (!spi)
			return diag_fail(diag, -EBADMSG, CAUSE_DELETE_COUNT);
		if (all_zero(spi, d->spi_size) ||
		    (d->spi_size == KEK_SPI_LEN && memcmp(spi, kek->spi, KEK_SPI_LEN) == 0))
			p->delete_kek = true;
		else if (d->spi_size != KEK_SPI_LEN)
			return diag_fail(diag, -EBADMSG, CAUSE_DELETE_KEK_SPI, d->spi_size);
		else
			diag_note(diag, IKE_NOTE_INFO, NOTE_DELETE_OTHER_KEK);
	}
	return 0;
}

static int read_delete(struct push *p, const struct kek *kek, struct reader body, struct ike_diag *diag)
{
	struct delete d;
	int r = delete_read(&d, body, diag);

	if (r < 0)
		return r;
	if (d.doi != IKE_DOI_GDOI)
		return diag_fail(diag, -EBADMSG, CAUSE_DELETE_DOI, d.doi);
	if (d.protocol == DELETE_TEK_ESP)
		return read_tek_deletes(p, &d, diag);
	if (d.protocol == DELETE_KEK)
		return read_kek_deletes(p, kek, &d, diag);
	diag_note(diag, IKE_NOTE_INFO, NOTE_DELETE_PROTOCOL, d.protocol);
	return 0;
}

static int read_policy(struct push *p, const struct gap_numbers *numbers, const struct payloads *payloads,
		       struct ike_diag *diag)
{
	struct payload sa, kd;
	bool sak;
	int r = payloads_one(payloads, PAYLOAD_SA, &sa, diag);

	if (r == 0)
		r = payloads_one(payloads, PAYLOAD_KD, &kd, diag);
	if (r == 0)
		r = gdoi_sa_read(&p->download, &sak, sa.body, true, numbers, diag);
	if (r == 0)
		r = gdoi_kd_read(&p->download, sak, kd.body, diag);
	if (r == 0 && p->download.sender_id_bits > 0)
		r = diag_fail(diag, -EBADMSG, CAUSE_SID_PUSHED);
	if (r == 0)
		p->has_policy = true;
	return r;
}

int push_read(struct push *ret, const struct kek *kek, const struct gap_numbers *numbers,
	      const struct payloads *payloads, struct ike_diag *diag)
{
	int r = gdoi_seq_read(&ret->seq, payloads->list[0].body, diag);

	for (size_t i = 1; r == 0 && i < payloads->n; i++)
		if (payloads->list[i].type == PAYLOAD_DELETE)
			r = read_delete(ret, kek, payloads->list[i].body, diag);
	if (r == 0 && payloads_find(payloads, PAYLOAD_SA))
		r = read_policy(ret, numbers, payloads, diag);
	return r;
}
