/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/keys.h"

static int prf_secret(enum ike_hash hash, const struct secret *key, const struct chunk *parts, size_t n,
		      struct secret *ret)
{
	uint8_t out[CRYPTO_HASH_MAX];
	int r = crypto_prf(hash, key, parts, n, out);

	if (r == 0)
		r = secret_set(ret, out, ike_hash_len(hash));
	explicit_bzero(out, sizeof(out));
	return r;
}

/* SKEYID_x = prf(SKEYID, [SKEYID_previous |] g^xy | CKY-I | CKY-R | number) */
static int derive_skeyid(const struct ike_keys *k, const struct keys_input *in, const struct secret *previous,
			 uint8_t number, struct secret *ret)
{
	struct chunk parts[] = {
		{ previous ? previous->data : NULL, previous ? previous->len : 0 },
		{ in->shared->data, in->shared->len },
		{ in->cookie_i, ISAKMP_COOKIE_LEN },
		{ in->cookie_r, ISAKMP_COOKIE_LEN },
		{ &number, 1 },
	};
	size_t skip = previous ? 0 : 1;

	return prf_secret(k->hash, &k->skeyid, parts + skip, ARRAY_SIZE(parts) - skip, ret);
}

int keys_cipher_key(enum ike_hash hash, enum cipher cipher, const struct secret *skeyid_e, struct secret *ret)
{
	size_t want = cipher_key_len(cipher), len = ike_hash_len(hash);
	uint8_t block[CRYPTO_HASH_MAX] = { 0 };
	struct chunk feedback = { block, 1 }; /* K1 = prf(SKEYID_e, 0) */
	struct secret key = { 0 };
	int r = 0;

	if (want == 0 || len == 0)
		return -EINVAL;
	if (want <= skeyid_e->len) {
		memcpy(key.data, skeyid_e->data, want);
		key.len = (uint16_t)want;
	}
	while (r == 0 && key.len < want) {
		size_t take = want - key.len < len ? want - key.len : len;

		r = crypto_prf(hash, skeyid_e, &feedback, 1, block);
		memcpy(key.data + key.len, block, take);
		key.len = (uint16_t)(key.len + take);
		feedback.len = len;
	}
	if (r == 0)
		*ret = key;
	secret_wipe(&key);
	explicit_bzero(block, sizeof(block));
	return r;
}

int keys_derive(struct ike_keys *ret, enum ike_hash hash, enum cipher cipher, const struct keys_input *in)
{
	struct chunk nonces[] = { octets_chunk(in->nonce_i), octets_chunk(in->nonce_r) };
	struct ike_keys k = { .hash = hash };
	int r = prf_secret(hash, in->psk, nonces, ARRAY_SIZE(nonces), &k.skeyid);

	if (r == 0)
		r = derive_skeyid(&k, in, NULL, 0, &k.skeyid_d);
	if (r == 0)
		r = derive_skeyid(&k, in, &k.skeyid_d, 1, &k.skeyid_a);
	if (r == 0)
		r = derive_skeyid(&k, in, &k.skeyid_a, 2, &k.skeyid_e);
	if (r == 0)
		r = keys_cipher_key(hash, cipher, &k.skeyid_e, &k.cipher_key);
	if (r == 0)
		*ret = k;
	explicit_bzero(&k, sizeof(k));
	return r;
}

int keys_prove(const struct ike_keys *k, const struct keys_proof *in, uint8_t ret[static CRYPTO_HASH_MAX])
{
	struct chunk parts[] = {
		octets_chunk(in->initiator ? in->public_i : in->public_r),
		octets_chunk(in->initiator ? in->public_r : in->public_i),
		{ in->initiator ? in->cookie_i : in->cookie_r, ISAKMP_COOKIE_LEN },
		{ in->initiator ? in->cookie_r : in->cookie_i, ISAKMP_COOKIE_LEN },
		in->sa_i,
		octets_chunk(in->id),
	};

	return crypto_prf(k->hash, &k->skeyid, parts, ARRAY_SIZE(parts), ret);
}

static int iv_from(enum ike_hash hash, const struct chunk parts[static 2], uint8_t ret[static CRYPTO_BLOCK_LEN])
{
	uint8_t out[CRYPTO_HASH_MAX];
	int r = crypto_hash(hash, parts, 2, out);

	if (r == 0)
		memcpy(ret, out, CRYPTO_BLOCK_LEN);
	return r;
}

int keys_iv_phase1(enum ike_hash hash, const struct octets *public_i, const struct octets *public_r,
		   uint8_t ret[static CRYPTO_BLOCK_LEN])
{
	return iv_from(hash, (struct chunk[]){ octets_chunk(public_i), octets_chunk(public_r) }, ret);
}

int keys_iv_exchange(enum ike_hash hash, const uint8_t last[static CRYPTO_BLOCK_LEN], uint32_t message_id,
		     uint8_t ret[static CRYPTO_BLOCK_LEN])
{
	uint8_t mid[] = { (uint8_t)(message_id >> 24), (uint8_t)(message_id >> 16), (uint8_t)(message_id >> 8),
			  (uint8_t)message_id };

	return iv_from(hash, (struct chunk[]){ { last, CRYPTO_BLOCK_LEN }, { mid, sizeof(mid) } }, ret);
}
