/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/gdoi_kd.h"
#include "ike/gdoi_sa.h"
#include "ike/gdoi_seq.h"
#include "ike/push_state.h"

#define DELETE_KEK 0 /* Protocol-IDs, RFC 6407 5.9 and 5.5 */
#define DELETE_TEK_ESP 1
#define TEK_SPI_LEN 4

static void write_deletes(struct message *m, const struct kek *kek, const struct push *what)
{
	static const uint8_t all[TEK_SPI_LEN];
	uint8_t spis[PUSH_DELETES_MAX * TEK_SPI_LEN], *at = spis;

	if (what->delete_all_teks)
		delete_write(&m->w, &m->chain, IKE_DOI_GDOI, DELETE_TEK_ESP, TEK_SPI_LEN, all, 1);
	for (size_t i = 0; i < what->n_delete_spis; i++) {
		*at++ = (uint8_t)(what->delete_spis[i] >> 24);
		*at++ = (uint8_t)(what->delete_spis[i] >> 16);
		*at++ = (uint8_t)(what->delete_spis[i] >> 8);
		*at++ = (uint8_t)what->delete_spis[i];
	}
	if (what->n_delete_spis > 0)
		delete_write(&m->w, &m->chain, IKE_DOI_GDOI, DELETE_TEK_ESP, TEK_SPI_LEN, spis,
			     (uint16_t)what->n_delete_spis);
	if (what->delete_kek)
		delete_write(&m->w, &m->chain, IKE_DOI_GDOI, DELETE_KEK, KEK_SPI_LEN, kek->spi, 1);
}

static void write_before_signature(struct message *m, const struct kek *kek, const struct push *what,
				   const struct push_style *style)
{
	struct isakmp_header h = { .exchange = EXCHANGE_GROUPKEY_PUSH, .flags = ISAKMP_FLAG_ENCRYPTION };
	struct gdoi_style ids = { style->server, style->member, style->id_length_2 };

	memcpy(h.cookie_i, kek->spi, sizeof(h.cookie_i));
	memcpy(h.cookie_r, kek->spi + sizeof(h.cookie_i), sizeof(h.cookie_r));
	message_begin(m, &h);
	gdoi_seq_write(&m->w, &m->chain, what->seq);
	write_deletes(m, kek, what);
	if (!what->has_policy)
		return;
	gdoi_sa_write(m, &what->download, &ids);
	gdoi_kd_write(m, &what->download);
}

/* The SIG payload is there before it is signed: its length is in the header, its type in the payload before it. */
static int sign_push(struct message *m, const struct kek *kek, struct evp_pkey_st *key, size_t len)
{
	static const uint8_t blank[SIGNATURE_MAX];
	uint8_t signature[SIGNATURE_MAX];
	size_t sig_at = m->w.len, body_at;
	int r;

	message_add(m, PAYLOAD_SIG, blank, len);
	r = message_finish(m); /* the length without the padding */
	if (r < 0)
		return r;
	body_at = m->w.len - len;
	r = signature_make(kek, key, (struct chunk[]){ { "rekey", 5 }, { m->w.data, sig_at } }, 2, signature);
	if (r == 0)
		write_bytes_at(&m->w, body_at, signature, len);
	return r;
}

static bool push_sayable(const struct kek *kek, const struct push *what)
{
	const struct download *d = &what->download;

	if (!cipher_is_cbc(kek->cipher) || kek->key.len != cipher_key_len(kek->cipher) ||
	    kek->iv.len != CRYPTO_BLOCK_LEN)
		return false;
	if (what->n_delete_spis > PUSH_DELETES_MAX || d->n_teks > DOWNLOAD_TEKS_MAX)
		return false;
	if (d->sender_id_bits > 0) /* RFC 6407 5.6.4.4 */
		return false;
	if (!what->has_policy)
		return what->n_delete_spis > 0 || what->delete_all_teks || what->delete_kek;
	return d->has_kek || d->has_gap || d->n_teks > 0; /* an SA payload is not empty (RFC 6407 5.2.1) */
}

int push_make(const struct kek *kek, struct evp_pkey_st *key, const struct push *what, const struct push_style *style,
	      struct ike_out *out)
{
	uint8_t iv[CRYPTO_BLOCK_LEN], *data;
	struct message m;
	size_t len;
	int r;

	if (!push_sayable(kek, what))
		return -EINVAL;
	if (out->n_datagrams == IKE_OUT_DATAGRAMS)
		return -ENOBUFS;
	r = signature_len(kek, key, &len);
	if (r < 0)
		return r;
	write_before_signature(&m, kek, what, style);
	r = sign_push(&m, kek, key, len);
	if (r == 0) {
		memcpy(iv, kek->iv.data, sizeof(iv)); /* RFC 6407 5.6.2.1: one IV for every push */
		r = message_seal(&m, &kek->key, iv);
	}
	if (r < 0) {
		message_clear(&m);
		return r;
	}
	data = writer_take(&m.w, &len);
	out_datagram(out, data, len, 0, 0);
	return 0;
}
