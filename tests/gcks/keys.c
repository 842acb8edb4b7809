/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/keys.h"

#include "ike/crypto.h"
#include "ike/gdoi_sat.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define KEK_IV_LEN 16
#define TRIES 16

static int random_secret(struct secret *ret, size_t len, gcks_random_fn random, void *ctx)
{
	uint8_t buf[SECRET_MAX];
	int r;

	r = random(ctx, buf, len);
	if (r == 0)
		r = secret_set(ret, buf, len);
	explicit_bzero(buf, sizeof(buf));
	return r;
}

int gcks_keys_tek(struct tek *t, gcks_random_fn random, void *ctx)
{
	struct secret key = { 0 }, auth_key = { 0 };
	size_t key_len = cipher_esp_key_len(t->cipher), auth_len = auth_key_len(t->auth);
	int r;

	/* CBC without integrity is open to rewriting (RFC 8221 5); GCM brings its own. */
	if (key_len == 0 || cipher_is_cbc(t->cipher) != (auth_len > 0))
		return -EINVAL;
	r = random_secret(&key, key_len, random, ctx);
	if (r == 0 && auth_len > 0)
		r = random_secret(&auth_key, auth_len, random, ctx);
	if (r == 0) {
		t->key = key;
		t->auth_key = auth_key;
	}
	secret_wipe(&key);
	secret_wipe(&auth_key);
	return r;
}

int gcks_keys_spi(uint32_t *ret, gcks_random_fn random, void *ctx)
{
	for (int i = 0; i < TRIES; i++) {
		uint32_t spi;
		int r = random(ctx, &spi, sizeof(spi));

		if (r < 0)
			return r;
		if (spi >= GCKS_SPI_MIN) {
			*ret = spi;
			return 0;
		}
	}
	return -EIO;
}

static bool all_zero(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i] != 0)
			return false;
	}
	return true;
}

static int kek_spi(uint8_t ret[static KEK_SPI_LEN], gcks_random_fn random, void *ctx)
{
	for (int i = 0; i < TRIES; i++) {
		uint8_t spi[KEK_SPI_LEN];
		int r = random(ctx, spi, sizeof(spi));

		if (r < 0)
			return r;
		if (!all_zero(spi, KEK_SPI_LEN / 2) && !all_zero(spi + KEK_SPI_LEN / 2, KEK_SPI_LEN / 2)) {
			memcpy(ret, spi, sizeof(spi));
			return 0;
		}
	}
	return -EIO;
}

int gcks_keys_kek(struct kek *k, gcks_random_fn random, void *ctx)
{
	struct secret key = { 0 }, iv = { 0 };
	uint8_t spi[KEK_SPI_LEN];
	int r;

	if (!cipher_is_cbc(k->cipher))
		return -EINVAL;
	r = kek_spi(spi, random, ctx);
	if (r == 0)
		r = random_secret(&key, cipher_key_len(k->cipher), random, ctx);
	if (r == 0)
		r = random_secret(&iv, KEK_IV_LEN, random, ctx);
	if (r == 0) {
		memcpy(k->spi, spi, sizeof(spi));
		k->key = key;
		k->iv = iv;
	}
	secret_wipe(&key);
	secret_wipe(&iv);
	return r;
}

int gcks_keys_signature(EVP_PKEY **ret, enum sig_algorithm algorithm)
{
	EVP_PKEY *pair = NULL;

	switch (algorithm) {
	case SIG_RSA:
		pair = EVP_RSA_gen(GCKS_RSA_BITS);
		break;
	case SIG_ECDSA_256:
		pair = EVP_EC_gen("P-256");
		break;
	case SIG_ECDSA_384:
		pair = EVP_EC_gen("P-384");
		break;
	case SIG_ECDSA_521:
		pair = EVP_EC_gen("P-521");
		break;
	}
	if (pair == NULL)
		return -EIO;
	*ret = pair;
	return 0;
}

int gcks_keys_public(struct kek *k, const EVP_PKEY *pair)
{
	uint8_t der[KEK_PUBKEY_MAX], *p = der;
	int len = i2d_PUBKEY(pair, NULL);

	if (len <= 0)
		return -EIO;
	if ((size_t)len > sizeof(der))
		return -EMSGSIZE;
	if (i2d_PUBKEY(pair, &p) != len)
		return -EIO;
	memcpy(k->pubkey, der, (size_t)len);
	k->pubkey_len = (size_t)len;
	return 0;
}
