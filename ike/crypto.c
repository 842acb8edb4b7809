/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/crypto.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

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
	const struct hash_info *info = ike_hash_info(h);
	EVP_MD *md = info ? EVP_MD_fetch(NULL, info->openssl, NULL) : NULL;
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
	const struct hash_info *info = ike_hash_info(h);
	EVP_MAC *mac = info ? EVP_MAC_fetch(NULL, "HMAC", NULL) : NULL;
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
	uint8_t out[CRYPTO_HASH_MAX];
	int r = ctx ? mac_parts(ctx, info->openssl, key, parts, n, out) : -EIO;

	if (r == 0)
		memcpy(ret, out, info->len);
	explicit_bzero(out, sizeof(out));
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	return r;
}

static const char *cbc_name(size_t key_len)
{
	const struct cipher_info *info = cipher_info(cipher_cbc((uint32_t)key_len * 8));

	return info ? info->openssl : NULL;
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
