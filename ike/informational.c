/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/message.h"

static int begin_informational(struct message *m, const struct informational *in, uint8_t iv[static CRYPTO_BLOCK_LEN])
{
	struct isakmp_header h = { .exchange = EXCHANGE_INFORMATIONAL };
	int r;

	memcpy(h.cookie_i, in->cookie_i, sizeof(h.cookie_i));
	memcpy(h.cookie_r, in->cookie_r, sizeof(h.cookie_r));
	do {
		r = crypto_random(&h.message_id, sizeof(h.message_id));
		if (r < 0)
			return r;
	} while (h.message_id == 0);
	r = keys_iv_exchange(in->keys->hash, in->last, h.message_id, iv);
	if (r < 0)
		return r;
	message_begin_hashed(m, &h, in->keys->hash);
	return 0;
}

static int seal_informational(struct message *m, const struct informational *in, uint8_t iv[static CRYPTO_BLOCK_LEN],
			      uint8_t **ret, size_t *ret_len)
{
	int r = message_seal_hashed(m, in->keys, NULL, 0, iv);

	if (r < 0)
		message_clear(m);
	else
		*ret = writer_take(&m->w, ret_len);
	return r;
}

int informational_notify(const struct informational *in, uint16_t type, uint8_t **ret, size_t *ret_len)
{
	struct notify n = { .doi = IKE_DOI_GDOI, .protocol = ISAKMP_PROTOCOL_ISAKMP, .type = type };
	uint8_t iv[CRYPTO_BLOCK_LEN];
	struct message m;
	int r = begin_informational(&m, in, iv);

	if (r < 0)
		return r;
	notify_write(&m.w, &m.chain, &n);
	return seal_informational(&m, in, iv, ret, ret_len);
}

int informational_delete(const struct informational *in, uint8_t **ret, size_t *ret_len)
{
	uint8_t spi[2 * ISAKMP_COOKIE_LEN], iv[CRYPTO_BLOCK_LEN];
	struct message m;
	int r = begin_informational(&m, in, iv);

	if (r < 0)
		return r;
	memcpy(spi, in->cookie_i, ISAKMP_COOKIE_LEN);
	memcpy(spi + ISAKMP_COOKIE_LEN, in->cookie_r, ISAKMP_COOKIE_LEN);
	delete_write(&m.w, &m.chain, in->doi, ISAKMP_PROTOCOL_ISAKMP, sizeof(spi), spi, 1);
	return seal_informational(&m, in, iv, ret, ret_len);
}

int informational_open(const struct informational *in, struct opened *ret, const struct isakmp_header *h,
		       const uint8_t *data, size_t len, struct ike_diag *diag)
{
	uint8_t iv[CRYPTO_BLOCK_LEN];
	int r = keys_iv_exchange(in->keys->hash, in->last, h->message_id, iv);

	return r < 0 ? r : message_open_hashed(ret, h, data, len, in->keys, NULL, 0, iv, diag);
}

int clear_notify(const uint8_t *cookie_i, const uint8_t *cookie_r, uint16_t type, uint8_t **ret, size_t *ret_len)
{
	struct notify n = { .doi = IKE_DOI_IPSEC, .protocol = ISAKMP_PROTOCOL_ISAKMP, .type = type };
	struct isakmp_header h = { .exchange = EXCHANGE_INFORMATIONAL };
	struct message m;
	int r;

	memcpy(h.cookie_i, cookie_i, sizeof(h.cookie_i));
	memcpy(h.cookie_r, cookie_r, sizeof(h.cookie_r));
	message_begin(&m, &h);
	notify_write(&m.w, &m.chain, &n);
	r = message_finish(&m);
	if (r < 0)
		message_clear(&m);
	else
		*ret = writer_take(&m.w, ret_len);
	return r;
}
