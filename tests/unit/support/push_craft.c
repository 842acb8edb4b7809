/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/push_craft.h"
#include "tests/unit/support/words.h"

#include "ike/crypto.h"

#include <check.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

#define HEADER_LEN 28
#define BLOCK 16
#define SIG 9
#define MESSAGE_MAX 65536

void craft_begin(struct craft *c, const struct kek *kek, EVP_PKEY *pair)
{
	*c = (struct craft){ .kek = kek, .pair = pair, .exchange = 33, .flags = 1 };
}

void craft_add(struct craft *c, uint8_t type, const uint8_t *body, size_t len)
{
	ck_assert_uint_lt(c->n, CRAFT_PAYLOADS_MAX);
	c->payloads[c->n++] = (struct craft_payload){ type, body, len };
}

void craft_add_seq(struct craft *c, uint8_t seq)
{
	static const uint8_t bodies[16][4] = { { 0 },           { 0, 0, 0, 1 },  { 0, 0, 0, 2 },  { 0, 0, 0, 3 },
					       { 0, 0, 0, 4 },  { 0, 0, 0, 5 },  { 0, 0, 0, 6 },  { 0, 0, 0, 7 },
					       { 0, 0, 0, 8 },  { 0, 0, 0, 9 },  { 0, 0, 0, 10 }, { 0, 0, 0, 11 },
					       { 0, 0, 0, 12 }, { 0, 0, 0, 13 }, { 0, 0, 0, 14 }, { 0, 0, 0, 15 } };

	craft_add(c, 18, bodies[seq & 15], 4);
}

void craft_add_delete(struct craft *c)
{
	static const uint8_t body[] = { 0, 0, 0, 2, 1, 4, 0, 1, 0x11, 0x22, 0x33, 0x44 };

	craft_add(c, 12, body, sizeof(body));
}

static size_t put_payload(uint8_t *at, uint8_t next, const uint8_t *body, size_t len)
{
	at[0] = next;
	at[1] = 0;
	at[2] = (uint8_t)((len + 4) >> 8);
	at[3] = (uint8_t)(len + 4);
	if (body)
		memcpy(at + 4, body, len);
	else
		memset(at + 4, 0, len);
	return len + 4;
}

static void put_u32(uint8_t *at, uint32_t v)
{
	at[0] = (uint8_t)(v >> 24);
	at[1] = (uint8_t)(v >> 16);
	at[2] = (uint8_t)(v >> 8);
	at[3] = (uint8_t)v;
}

static const EVP_MD *md_of(const struct kek *kek)
{
	return kek->sig_hash == SIG_HASH_SHA1     ? EVP_sha1()
	       : kek->sig_hash == SIG_HASH_SHA384 ? EVP_sha384()
	       : kek->sig_hash == SIG_HASH_SHA512 ? EVP_sha512()
						  : EVP_sha256();
}

/* RSA over the hash of TEXT. */
static void sign_text(const struct craft *c, const uint8_t *text, size_t len, uint8_t *ret, size_t ret_len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(c->pair, NULL);
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned hash_len;

	ck_assert_int_eq(EVP_Digest(text, len, hash, &hash_len, md_of(c->kek), NULL), 1);
	ck_assert_int_eq(EVP_PKEY_sign_init(ctx), 1);
	ck_assert_int_eq(
		EVP_PKEY_CTX_set_rsa_padding(ctx, c->signing == CRAFT_PSS ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING),
		1);
	if (c->signing != CRAFT_BARE_HASH)
		ck_assert_int_eq(EVP_PKEY_CTX_set_signature_md(ctx, md_of(c->kek)), 1);
	ck_assert_int_eq(EVP_PKEY_sign(ctx, ret, &ret_len, hash, hash_len), 1);
	EVP_PKEY_CTX_free(ctx);
}

/* TEXT begins with "rekey"; the header and COVERED octets follow. */
static void sign(const struct craft *c, uint8_t *text, size_t covered, size_t unpadded, size_t padded, uint8_t *ret)
{
	uint8_t *header = text + 5;
	size_t length = c->signing == CRAFT_PADDED_LENGTH  ? padded
			: c->signing == CRAFT_OTHER_LENGTH ? unpadded + 1
							   : unpadded;
	size_t skip = c->signing == CRAFT_NO_REKEY ? 5 : 0, sig_len = (size_t)EVP_PKEY_get_size(c->pair);
	uint8_t flags = header[19];

	put_u32(header + 24, (uint32_t)length);
	if (c->signing == CRAFT_NO_ENCRYPTION)
		header[19] = 0;
	sign_text(c, text + skip, 5 + HEADER_LEN + covered - skip, ret, sig_len);
	header[19] = flags;
}

static size_t put_chain(const struct craft *c, uint8_t *text, size_t from, size_t to, uint8_t last_next)
{
	size_t len = 0;

	for (size_t i = from; i < to; i++)
		len += put_payload(text + len, i + 1 < to ? c->payloads[i + 1].type : last_next, c->payloads[i].body,
				   c->payloads[i].len);
	return len;
}

uint8_t *craft_push(const struct craft *c, size_t *ret_len)
{
	size_t before = c->n - c->after_sig, sig_len = (size_t)EVP_PKEY_get_size(c->pair) - c->sig_cut;
	size_t covered, len, padded;
	uint8_t *all = calloc(1, MESSAGE_MAX), *text, *ret, signature[1024];

	ck_assert_ptr_nonnull(all);
	memcpy(all, "rekey", 5);
	memcpy(all + 5, c->kek->spi, KEK_SPI_LEN);
	all[5 + 16] = c->n > 0 ? c->payloads[0].type : c->no_sig ? 0 : SIG;
	all[5 + 17] = 0x10;
	all[5 + 18] = c->exchange;
	all[5 + 19] = c->flags;
	put_u32(all + 5 + 20, c->message_id);
	text = all + 5 + HEADER_LEN;
	covered = len = put_chain(c, text, 0, before, c->no_sig ? 0 : SIG);
	if (!c->no_sig) {
		len += put_payload(text + len, c->after_sig ? c->payloads[before].type : 0, NULL, sig_len);
		len += put_chain(c, text + len, before, c->n, 0);
	}
	padded = (len + BLOCK - 1) / BLOCK * BLOCK + c->more_padding;
	if (!c->no_sig) {
		sign(c, all, covered, HEADER_LEN + len, HEADER_LEN + padded, signature);
		memcpy(text + covered + 4, signature, sig_len);
	}
	put_u32(all + 5 + 24, (uint32_t)(HEADER_LEN + padded));
	ck_assert_int_eq(crypto_cbc(true, &c->kek->key, c->kek->iv.data, text, padded, text), 0);
	*ret_len = HEADER_LEN + padded;
	ret = malloc(*ret_len);
	ck_assert_ptr_nonnull(ret);
	memcpy(ret, all + 5, *ret_len);
	free(all);
	return ret;
}

EVP_PKEY *craft_pair(const char *what)
{
	EVP_PKEY *pair = what[0] == 'P' ? EVP_EC_gen(what) : EVP_RSA_gen((unsigned)atoi(what));

	ck_assert_ptr_nonnull(pair);
	return pair;
}

void craft_kek(struct kek *ret, enum cipher cipher, enum sig_algorithm algorithm, enum sig_hash hash,
	       const EVP_PKEY *pair)
{
	unsigned char *at = ret->pubkey;

	*ret = (struct kek){
		.cipher = cipher, .sig_algorithm = algorithm, .sig_hash = hash, .life_seconds = 3600, .port = GDOI_PORT
	};
	memset(ret->spi, 0xa5, sizeof(ret->spi));
	ret->iv.len = BLOCK;
	memset(ret->iv.data, 0x1a, ret->iv.len);
	ret->key.len = (uint16_t)cipher_key_len(cipher);
	memset(ret->key.data, 0x4b, ret->key.len);
	ret->pubkey_len = (size_t)i2d_PUBKEY(pair, NULL);
	ck_assert_uint_le(ret->pubkey_len, sizeof(ret->pubkey));
	ck_assert_int_gt(i2d_PUBKEY(pair, &at), 0);
}

void craft_tek(struct tek *ret, uint32_t spi, uint8_t octet)
{
	*ret = (struct tek){ .spi = spi,
			     .sel = { .src = { 0x0a000000, 8 }, .dst = { 0x0a000000, 8 } },
			     .cipher = CIPHER_AES_CBC_128,
			     .auth = AUTH_HMAC_SHA256_128,
			     .life_seconds = 3600,
			     .tunnel = true };
	ret->sel.sport.max = ret->sel.dport.max = 65535;
	ret->key.len = 16;
	memset(ret->key.data, octet, ret->key.len);
	ret->auth_key.len = 32;
	memset(ret->auth_key.data, octet + 1, ret->auth_key.len);
}

uint8_t *craft_from_server(const struct kek *kek, EVP_PKEY *pair, const struct push *what, size_t *ret_len)
{
	static const struct push_style style = { 0x0a0a6401, 0x0a126501, false };
	struct ike_out out = { 0 };
	uint8_t *data;

	ck_assert_int_eq(push_make(kek, pair, what, &style, &out), 0);
	ck_assert_uint_eq(out.n_datagrams, 1);
	ck_assert_uint_eq(out.n_notes, 0);
	*ret_len = out.datagrams[0].len;
	data = malloc(*ret_len);
	ck_assert_ptr_nonnull(data);
	memcpy(data, out.datagrams[0].data, *ret_len);
	ike_out_clear(&out);
	return data;
}

struct rekey_sa *craft_sa(const struct kek *kek, bool from_push)
{
	struct ike_cause cause = { 0 };
	struct rekey_sa *sa = NULL;

	ck_assert_msg(rekey_sa_new(&sa, kek, from_push, false, NULL, &cause) == 0, "%s", cause_words_of(&cause));
	return sa;
}
