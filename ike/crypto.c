/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/crypto.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

struct hash_info {
	enum ike_hash hash;
	const char *digest, *name;
	size_t len;
};

static const struct hash_info *hash_info(enum ike_hash h)
{
	static const struct hash_info infos[] = {
		{ IKE_SHA1, "SHA1", "sha1", 20 },
		{ IKE_SHA256, "SHA2-256", "sha-256", 32 },
		{ IKE_SHA384, "SHA2-384", "sha-384", 48 },
		{ IKE_SHA512, "SHA2-512", "sha-512", 64 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(infos); i++)
		if (infos[i].hash == h)
			return &infos[i];
	return NULL;
}

bool ike_hash_known(enum ike_hash h)
{
	return hash_info(h);
}

size_t ike_hash_len(enum ike_hash h)
{
	const struct hash_info *info = hash_info(h);

	return info ? info->len : 0;
}

const char *ike_hash_name(enum ike_hash h)
{
	const struct hash_info *info = hash_info(h);

	return info ? info->name : NULL;
}

size_t cipher_key_len(enum cipher c)
{
	switch (c) {
	case CIPHER_NONE:
		break;
	case CIPHER_AES_CBC_128:
	case CIPHER_AES_GCM_128:
		return 16;
	case CIPHER_AES_CBC_192:
	case CIPHER_AES_GCM_192:
		return 24;
	case CIPHER_AES_CBC_256:
	case CIPHER_AES_GCM_256:
		return 32;
	}
	return 0;
}

bool cipher_is_cbc(enum cipher c)
{
	return c == CIPHER_AES_CBC_128 || c == CIPHER_AES_CBC_192 || c == CIPHER_AES_CBC_256;
}

enum cipher cipher_cbc(uint32_t key_bits)
{
	switch (key_bits) {
	case 128:
		return CIPHER_AES_CBC_128;
	case 192:
		return CIPHER_AES_CBC_192;
	case 256:
		return CIPHER_AES_CBC_256;
	default:
		return CIPHER_NONE;
	}
}

const char *ike_cipher_name(enum cipher c)
{
	switch (c) {
	case CIPHER_NONE:
		break;
	case CIPHER_AES_CBC_128:
		return "aes-128-cbc";
	case CIPHER_AES_CBC_192:
		return "aes-192-cbc";
	case CIPHER_AES_CBC_256:
		return "aes-256-cbc";
	case CIPHER_AES_GCM_128:
		return "aes-128-gcm";
	case CIPHER_AES_GCM_192:
		return "aes-192-gcm";
	case CIPHER_AES_GCM_256:
		return "aes-256-gcm";
	}
	return NULL;
}

static int digest_parts(EVP_MD_CTX *ctx, const EVP_MD *md, const struct chunk *parts, size_t n, uint8_t *ret)
{
	if (EVP_DigestInit_ex2(ctx, md, NULL) != 1)
		return -EIO;
	for (size_t i = 0; i < n; i++)
		if (EVP_DigestUpdate(ctx, parts[i].data, parts[i].len) != 1)
			return -EIO;
	return EVP_DigestFinal_ex(ctx, ret, NULL) == 1 ? 0 : -EIO;
}

int crypto_hash(enum ike_hash h, const struct chunk *parts, size_t n, uint8_t ret[static CRYPTO_HASH_MAX])
{
	const struct hash_info *info = hash_info(h);
	EVP_MD *md = info ? EVP_MD_fetch(NULL, info->digest, NULL) : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t digest[EVP_MAX_MD_SIZE];
	int r = md && ctx ? digest_parts(ctx, md, parts, n, digest) : -EIO;

	if (r == 0)
		memcpy(ret, digest, info->len);
	explicit_bzero(digest, sizeof(digest));
	EVP_MD_CTX_free(ctx);
	EVP_MD_free(md);
	return r;
}

static int mac_parts(EVP_MAC_CTX *ctx, const char *digest, const struct secret *key, const struct chunk *parts,
		     size_t n, uint8_t ret[static CRYPTO_HASH_MAX])
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)digest, 0),
		OSSL_PARAM_construct_end(),
	};
	size_t len;

	if (EVP_MAC_init(ctx, key->data, key->len, params) != 1)
		return -EIO;
	for (size_t i = 0; i < n; i++)
		if (EVP_MAC_update(ctx, parts[i].data, parts[i].len) != 1)
			return -EIO;
	return EVP_MAC_final(ctx, ret, &len, CRYPTO_HASH_MAX) == 1 ? 0 : -EIO;
}

int crypto_prf(enum ike_hash h, const struct secret *key, const struct chunk *parts, size_t n,
	       uint8_t ret[static CRYPTO_HASH_MAX])
{
	const struct hash_info *info = hash_info(h);
	EVP_MAC *mac = info ? EVP_MAC_fetch(NULL, "HMAC", NULL) : NULL;
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
	uint8_t out[CRYPTO_HASH_MAX];
	int r = ctx ? mac_parts(ctx, info->digest, key, parts, n, out) : -EIO;

	if (r == 0)
		memcpy(ret, out, info->len);
	explicit_bzero(out, sizeof(out));
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	return r;
}

static const char *cbc_name(size_t key_len)
{
	switch (key_len) {
	case 16:
		return "AES-128-CBC";
	case 24:
		return "AES-192-CBC";
	case 32:
		return "AES-256-CBC";
	default:
		return NULL;
	}
}

static int cbc_run(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, bool encrypt, const struct secret *key,
		   const uint8_t *iv, const uint8_t *in, size_t len, uint8_t *out)
{
	int n, last;

	if (EVP_CipherInit_ex2(ctx, cipher, key->data, iv, encrypt, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1)
		return -EIO;
	if (EVP_CipherUpdate(ctx, out, &n, in, (int)len) != 1 || EVP_CipherFinal_ex(ctx, out + n, &last) != 1)
		return -EIO;
	return (size_t)n + (size_t)last == len ? 0 : -EIO;
}

int crypto_cbc(bool encrypt, const struct secret *key, const uint8_t iv[static CRYPTO_BLOCK_LEN], const uint8_t *in,
	       size_t len, uint8_t *out)
{
	const char *name = cbc_name(key->len);
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *ctx;
	int r = -EIO;

	if (!name || len == 0 || len % CRYPTO_BLOCK_LEN || len > INT_MAX)
		return -EIO;
	cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	ctx = EVP_CIPHER_CTX_new();
	if (cipher && ctx)
		r = cbc_run(ctx, cipher, encrypt, key, iv, in, len, out);
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return r;
}

int crypto_random(void *ret, size_t len)
{
	return RAND_priv_bytes(ret, (int)len) == 1 ? 0 : -EIO;
}

bool crypto_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}
