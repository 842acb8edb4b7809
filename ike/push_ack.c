/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GROUPKEY-PUSH ACK (RFC 8263 3): HDR, HASH, SEQ, ID, in the clear.
 *
 *  ack_key = prf(base_key, "GROUPKEY-PUSH ACK" | SPI | L)
 *  HASH = prf(ack_key, SEQ | ID)
 */
#include "ike/gdoi_seq.h"
#include "ike/ident.h"
#include "ike/push_state.h"

#define ACK_PAYLOADS 3

struct ack_prf {
	enum ike_hash hash;
	uint16_t bits; /* L: 512 is in the RFC, 1024 follows from it ("the length of the base_key", the prf's block) */
};

static int prf_of(uint16_t type, struct ack_prf *ret)
{
	if (type == KEK_ACK_SHA256)
		*ret = (struct ack_prf){ IKE_SHA256, 512 };
	else if (type == KEK_ACK_SHA512)
		*ret = (struct ack_prf){ IKE_SHA512, 1024 };
	else
		return -EINVAL;
	return 0;
}

/* The base_key is the KEK without its IV (2.1); the label has its terminating zero (3.2). */
static int ack_hash(const struct kek *kek, const struct ack_prf *prf, struct chunk seq_id,
		    uint8_t ret[static CRYPTO_HASH_MAX])
{
	static const char label[] = "GROUPKEY-PUSH ACK";
	uint8_t bits[] = { (uint8_t)(prf->bits >> 8), (uint8_t)prf->bits };
	struct chunk parts[] = { { label, sizeof(label) }, { kek->spi, KEK_SPI_LEN }, { bits, sizeof(bits) } };
	uint8_t derived[CRYPTO_HASH_MAX];
	struct secret ack_key = { 0 };
	int r = crypto_prf(prf->hash, &kek->key, parts, ARRAY_SIZE(parts), derived);

	if (r == 0)
		r = secret_set(&ack_key, derived, ike_hash_len(prf->hash));
	if (r == 0)
		r = crypto_prf(prf->hash, &ack_key, &seq_id, 1, ret);
	explicit_bzero(derived, sizeof(derived));
	secret_wipe(&ack_key);
	return r;
}

int push_ack_make(const struct kek *kek, uint16_t type, uint32_t member, uint32_t seq, uint8_t **ret, size_t *ret_len)
{
	struct isakmp_header h = { .exchange = EXCHANGE_GROUPKEY_PUSH_ACK };
	struct ike_id id = ident_of_address(member);
	uint8_t hash[CRYPTO_HASH_MAX];
	struct ack_prf prf;
	struct octets body;
	struct message m;
	size_t rest;
	int r = prf_of(type, &prf);

	if (r < 0)
		return r;
	memcpy(h.cookie_i, kek->spi, sizeof(h.cookie_i));
	memcpy(h.cookie_r, kek->spi + sizeof(h.cookie_i), sizeof(h.cookie_r));
	message_begin_hashed(&m, &h, prf.hash);
	rest = m.w.len;
	gdoi_seq_write(&m.w, &m.chain, seq);
	ident_body(&body, &id);
	message_add(&m, PAYLOAD_ID, body.data, body.len);
	r = m.w.err ? m.w.err : ack_hash(kek, &prf, (struct chunk){ m.w.data + rest, m.w.len - rest }, hash);
	if (r == 0) {
		write_bytes_at(&m.w, m.hash_at, hash, m.hash_len);
		r = message_finish(&m);
	}
	if (r == 0)
		*ret = writer_take(&m.w, ret_len);
	else
		message_clear(&m);
	return r;
}

static int read_ack(struct payload ret[static ACK_PAYLOADS], const uint8_t *data, size_t len)
{
	static const uint8_t types[ACK_PAYLOADS] = { PAYLOAD_HASH, PAYLOAD_SEQ, PAYLOAD_ID };
	struct ike_diag diag = { 0 };
	struct payloads payloads;
	struct isakmp_header h;

	if (isakmp_header_read(&h, data, len, &diag) < 0 || h.exchange != EXCHANGE_GROUPKEY_PUSH_ACK || h.flags != 0 ||
	    h.message_id != 0)
		return -EBADMSG;
	if (payloads_read(&payloads, h.next, reader_of(data + ISAKMP_HEADER_LEN, len - ISAKMP_HEADER_LEN), 0, &diag) <
	    0)
		return -EBADMSG;
	if (payloads.n != ACK_PAYLOADS)
		return -EBADMSG;
	for (size_t i = 0; i < ACK_PAYLOADS; i++) {
		if (payloads.list[i].type != types[i])
			return -EBADMSG;
		ret[i] = payloads.list[i];
	}
	return 0;
}

/* SEQ and ID are those of this push and this member. */
static bool ack_says(const struct payload *seq, const struct payload *id, uint32_t want_seq, uint32_t member)
{
	struct ike_id who = ident_of_address(member);
	struct ike_diag diag = { 0 };
	struct octets body;
	uint32_t number;

	ident_body(&body, &who);
	return gdoi_seq_read(&number, seq->body, &diag) == 0 && number == want_seq && id->body.left == body.len &&
	       memcmp(id->body.at, body.data, body.len) == 0;
}

int push_ack_verify(const struct kek *kek, uint32_t member, uint32_t seq, const uint8_t *data, size_t len)
{
	struct payload p[ACK_PAYLOADS];
	uint8_t want[CRYPTO_HASH_MAX];
	struct ack_prf prf;
	int r = prf_of(kek->ack_type, &prf);

	if (r < 0)
		return r;
	if (len < KEK_SPI_LEN || memcmp(data, kek->spi, KEK_SPI_LEN) != 0)
		return -ENOENT;
	r = read_ack(p, data, len);
	if (r < 0)
		return r;
	r = ack_hash(kek, &prf, (struct chunk){ p[1].raw.data, p[1].raw.len + p[2].raw.len }, want);
	if (r < 0)
		return r;
	if (p[0].body.left != ike_hash_len(prf.hash) || !crypto_equal(p[0].body.at, want, p[0].body.left))
		return -EBADMSG;
	return ack_says(&p[1], &p[2], seq, member) ? 0 : -EBADMSG;
}
