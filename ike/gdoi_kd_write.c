/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing a KD payload: a server's half. */
#include "ike/gdoi_kd_types.h"

static size_t open_packet(struct writer *w, uint8_t type, const void *spi, uint8_t spi_len)
{
	size_t at = w->len;

	write_u8(w, type);
	write_u8(w, 0);
	write_u16(w, 0);
	write_u8(w, spi_len);
	write_bytes(w, spi, spi_len);
	return at;
}

static void close_packet(struct writer *w, size_t at)
{
	write_u16_at(w, at + 2, (uint16_t)(w->len - at));
}

static void write_tek(struct writer *w, const struct tek *tek)
{
	uint8_t spi[TEK_SPI_LEN] = { (uint8_t)(tek->spi >> 24), (uint8_t)(tek->spi >> 16), (uint8_t)(tek->spi >> 8),
				     (uint8_t)tek->spi };
	size_t at = open_packet(w, KD_TEK, spi, sizeof(spi));

	write_attribute(w, TEK_ALGORITHM_KEY, tek->key.data, tek->key.len);
	if (tek->auth_key.len > 0)
		write_attribute(w, TEK_INTEGRITY_KEY, tek->auth_key.data, tek->auth_key.len);
	close_packet(w, at);
}

static void write_kek(struct writer *w, const struct kek *kek)
{
	size_t at = open_packet(w, KD_KEK, kek->spi, KEK_SPI_LEN);

	write_u16(w, KEK_ALGORITHM_KEY);
	write_u16(w, (uint16_t)(kek->iv.len + kek->key.len));
	write_bytes(w, kek->iv.data, kek->iv.len);
	write_bytes(w, kek->key.data, kek->key.len);
	write_attribute(w, SIG_ALGORITHM_KEY, kek->pubkey, kek->pubkey_len);
	close_packet(w, at);
}

static void write_sid(struct writer *w, const struct download *d)
{
	size_t at = open_packet(w, KD_SID, NULL, 0);

	write_attribute_basic(w, NUMBER_OF_SID_BITS, d->sender_id_bits);
	for (size_t i = 0; i < d->n_sender_ids; i++)
		write_attribute_u32(w, SID_VALUE, d->sender_ids[i]);
	close_packet(w, at);
}

static bool written_before(const struct download *d, size_t tek)
{
	for (size_t i = 0; i < tek; i++)
		if (d->teks[i].spi == d->teks[tek].spi)
			return true;
	return false;
}

/* The packets of the TEKs; how many there are.  W: NULL only counts. */
static size_t write_teks(struct writer *w, const struct download *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n_teks; i++) {
		size_t at = d->key_packets == KEY_PACKETS_REVERSED ? d->n_teks - 1 - i : i;

		if (d->key_packets != KEY_PACKETS_REPEATED && written_before(d, at))
			continue;
		if (w)
			write_tek(w, &d->teks[at]);
		n++;
	}
	return n;
}

void gdoi_kd_write(struct message *m, const struct download *d)
{
	size_t n = write_teks(NULL, d) + (d->has_kek ? 1 : 0) + (d->sender_id_bits > 0 ? 1 : 0);

	chain_begin(&m->chain, &m->w, PAYLOAD_KD);
	write_u16(&m->w, (uint16_t)n);
	write_u16(&m->w, 0);
	if (d->has_kek)
		write_kek(&m->w, &d->kek);
	write_teks(&m->w, d);
	if (d->sender_id_bits > 0)
		write_sid(&m->w, d);
	chain_end(&m->chain, &m->w);
}
