/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/message.h"

#define HEADER_NEXT_AT 16
#define HEADER_FLAGS_AT 19

void message_begin(struct message *m, const struct isakmp_header *h)
{
	*m = (struct message){ .chain.next_at = HEADER_NEXT_AT, .message_id = h->message_id };
	isakmp_header_write(&m->w, h);
}

void message_begin_hashed(struct message *m, const struct isakmp_header *h, enum ike_hash hash)
{
	message_begin(m, h);
	m->hash_len = ike_hash_len(hash);
	chain_begin(&m->chain, &m->w, PAYLOAD_HASH);
	m->hash_at = m->w.len;
	write_zeros(&m->w, m->hash_len);
	chain_end(&m->chain, &m->w);
}

void message_clear(struct message *m)
{
	writer_clear(&m->w);
}

void message_add(struct message *m, uint8_t type, const void *body, size_t len)
{
	chain_begin(&m->chain, &m->w, type);
	write_bytes(&m->w, body, len);
	chain_end(&m->chain, &m->w);
}

int message_finish(struct message *m)
{
	isakmp_header_length(&m->w);
	return m->w.err;
}

int message_seal(struct message *m, const struct secret *key, uint8_t iv[static CRYPTO_BLOCK_LEN])
{
	size_t len, over;
	uint8_t *text;
	int r;

	if (m->w.err)
		return m->w.err;
	over = (m->w.len - ISAKMP_HEADER_LEN) % CRYPTO_BLOCK_LEN;
	if (over > 0)
		write_zeros(&m->w, CRYPTO_BLOCK_LEN - over);
	write_u8_at(&m->w, HEADER_FLAGS_AT, ISAKMP_FLAG_ENCRYPTION);
	isakmp_header_length(&m->w);
	if (m->w.err)
		return m->w.err;
	text = m->w.data + ISAKMP_HEADER_LEN;
	len = m->w.len - ISAKMP_HEADER_LEN;
	r = crypto_cbc(true, key, iv, text, len, text);
	if (r < 0)
		return r;
	memcpy(iv, text + len - CRYPTO_BLOCK_LEN, CRYPTO_BLOCK_LEN);
	return 0;
}

#define PREFIX_MAX 2

/* prf(SKEYID_a, M-ID | prefix | rest) */
static int message_hash(const struct ike_keys *k, uint32_t message_id, const struct chunk *prefix, size_t n_prefix,
			struct chunk rest, uint8_t ret[static CRYPTO_HASH_MAX])
{
	uint8_t mid[] = { (uint8_t)(message_id >> 24), (uint8_t)(message_id >> 16), (uint8_t)(message_id >> 8),
			  (uint8_t)message_id };
	struct chunk parts[2 + PREFIX_MAX] = { { mid, sizeof(mid) } };
	size_t n = 1;

	if (n_prefix > PREFIX_MAX)
		return -EINVAL;
	for (size_t i = 0; i < n_prefix; i++)
		parts[n++] = prefix[i];
	parts[n++] = rest;
	return crypto_prf(k->hash, &k->skeyid_a, parts, n, ret);
}

int message_seal_hashed(struct message *m, const struct ike_keys *k, const struct chunk *prefix, size_t n_prefix,
			uint8_t iv[static CRYPTO_BLOCK_LEN])
{
	size_t rest_at = m->hash_at + m->hash_len;
	uint8_t hash[CRYPTO_HASH_MAX];
	int r;

	if (m->w.err)
		return m->w.err;
	r = message_hash(k, m->message_id, prefix, n_prefix, (struct chunk){ m->w.data + rest_at, m->w.len - rest_at },
			 hash);
	if (r < 0)
		return r;
	write_bytes_at(&m->w, m->hash_at, hash, m->hash_len);
	return message_seal(m, &k->cipher_key, iv);
}

int message_open(struct opened *ret, const struct isakmp_header *h, const uint8_t *data, size_t len,
		 const struct secret *key, const uint8_t iv[static CRYPTO_BLOCK_LEN], struct ike_diag *diag)
{
	struct opened o = { 0 };
	size_t text;
	int r;

	if (len < ISAKMP_HEADER_LEN + CRYPTO_BLOCK_LEN || (len - ISAKMP_HEADER_LEN) % CRYPTO_BLOCK_LEN)
		return diag_fail(diag, -EBADMSG, CAUSE_NOT_WHOLE_BLOCKS, len);
	text = len - ISAKMP_HEADER_LEN;
	write_bytes(&o.plain, data + ISAKMP_HEADER_LEN, text);
	memcpy(o.iv, data + len - CRYPTO_BLOCK_LEN, CRYPTO_BLOCK_LEN);
	r = o.plain.err;
	if (r == 0)
		r = crypto_cbc(false, key, iv, o.plain.data, text, o.plain.data);
	if (r == 0)
		r = payloads_read(&o.payloads, h->next, reader_of(o.plain.data, text), CRYPTO_BLOCK_LEN, diag);
	if (r < 0) {
		opened_clear(&o);
		return r;
	}
	*ret = o;
	return 0;
}

static int verify_hash(const struct opened *o, const struct isakmp_header *h, const struct ike_keys *k,
		       const struct chunk *prefix, size_t n_prefix, struct ike_diag *diag)
{
	const struct payload *first = o->payloads.list, *last;
	uint8_t want[CRYPTO_HASH_MAX];
	const uint8_t *rest, *end;
	int r;

	if (o->payloads.n == 0 || first->type != PAYLOAD_HASH)
		return diag_fail(diag, -EBADMSG, CAUSE_HASH_NOT_FIRST);
	last = &o->payloads.list[o->payloads.n - 1];
	rest = (const uint8_t *)first->raw.data + first->raw.len;
	end = (const uint8_t *)last->raw.data + last->raw.len;
	r = message_hash(k, h->message_id, prefix, n_prefix, (struct chunk){ rest, (size_t)(end - rest) }, want);
	if (r < 0)
		return r;
	if (first->body.left != ike_hash_len(k->hash) || !crypto_equal(first->body.at, want, first->body.left))
		return diag_fail(diag, -EBADMSG, CAUSE_HASH);
	return 0;
}

int message_open_hashed(struct opened *ret, const struct isakmp_header *h, const uint8_t *data, size_t len,
			const struct ike_keys *k, const struct chunk *prefix, size_t n_prefix,
			const uint8_t iv[static CRYPTO_BLOCK_LEN], struct ike_diag *diag)
{
	struct opened o;
	int r = message_open(&o, h, data, len, &k->cipher_key, iv, diag);

	if (r < 0)
		return r;
	r = verify_hash(&o, h, k, prefix, n_prefix, diag);
	if (r < 0) {
		opened_clear(&o);
		return r;
	}
	*ret = o;
	return 0;
}

void opened_clear(struct opened *o)
{
	writer_clear(&o->plain);
	o->payloads.n = 0;
}
