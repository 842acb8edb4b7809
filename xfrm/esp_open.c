/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/esp_open.h"

#include <openssl/evp.h>

#define SALT_LEN 4
#define ICV_MAX 16
#define TRAILER_LEN 2 /* pad length, next header */

static uint32_t get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static const char *cipher_name(size_t key_len)
{
	return key_len == 16 ? "AES-128-GCM" : key_len == 24 ? "AES-192-GCM" : "AES-256-GCM";
}

struct parts {
	const uint8_t *aad, *text, *icv;
	size_t aad_len, text_len, icv_len;
};

/*
 * GMAC authenticates the IV and all behind it, and encrypts nothing.  RFC 4543 leaves the IV out of its figure 2;
 * Linux, and the test cases of the RFC's authors (draft-mcgrew-gcm-test-01), have it in.
 */
static void split(const struct cipher_info *cipher, const uint8_t *data, size_t len, struct parts *ret)
{
	size_t icv_len = cipher->icv_bits / 8;

	*ret = (struct parts){ .aad = data,
			       .aad_len = cipher->encrypts ? ESP_HEADER_LEN : len - icv_len,
			       .text = data + ESP_HEADER_LEN + ESP_IV_LEN,
			       .text_len = cipher->encrypts ? len - ESP_HEADER_LEN - ESP_IV_LEN - icv_len : 0,
			       .icv = data + len - icv_len,
			       .icv_len = icv_len };
}

/* -EBADMSG: the ICV is wrong. */
static int decrypt(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *evp, const uint8_t *key, const uint8_t *nonce,
		   const struct parts *p, uint8_t *out)
{
	uint8_t icv[ICV_MAX], rest[ICV_MAX];
	int n;

	memcpy(icv, p->icv, p->icv_len);
	if (EVP_DecryptInit_ex2(ctx, evp, key, nonce, NULL) != 1 ||
	    EVP_DecryptUpdate(ctx, NULL, &n, p->aad, (int)p->aad_len) != 1 ||
	    (p->text_len > 0 && EVP_DecryptUpdate(ctx, out, &n, p->text, (int)p->text_len) != 1) ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)p->icv_len, icv) != 1)
		return -EIO;
	return EVP_DecryptFinal_ex(ctx, rest, &n) == 1 ? 0 : -EBADMSG;
}

static int open_text(const struct tek *tek, const struct cipher_info *cipher, const uint8_t *data, size_t len,
		     uint8_t *text)
{
	EVP_CIPHER *evp = EVP_CIPHER_fetch(NULL, cipher_name(cipher->key_len), NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t nonce[SALT_LEN + ESP_IV_LEN];
	struct parts p;
	int r;

	memcpy(nonce, tek->key.data + cipher->key_len, SALT_LEN);
	memcpy(nonce + SALT_LEN, data + ESP_HEADER_LEN, ESP_IV_LEN);
	split(cipher, data, len, &p);
	r = evp && ctx ? decrypt(ctx, evp, tek->key.data, nonce, &p, text) : -EIO;
	if (r == 0 && !cipher->encrypts)
		memcpy(text, p.text, (size_t)(p.icv - p.text));
	explicit_bzero(nonce, sizeof(nonce));
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(evp);
	return r;
}

/* RFC 4303 2.4: the padding counts from 1. */
static bool padding_is_right(const uint8_t *text, size_t len)
{
	size_t pad = text[len - 2];

	if (pad > len - TRAILER_LEN)
		return false;
	for (size_t i = 0; i < pad; i++)
		if (text[len - TRAILER_LEN - pad + i] != i + 1)
			return false;
	return true;
}

int esp_open(const struct tek *tek, const uint8_t *data, size_t len, uint8_t *inner, size_t size,
	     struct esp_opened *ret)
{
	const struct cipher_info *cipher = cipher_info(tek->cipher);
	size_t text_len, icv_len;
	int r;

	if (!cipher || !cipher->counter_mode || tek->key.len != cipher->key_len + cipher->salt_len)
		return -EINVAL;
	icv_len = cipher->icv_bits / 8;
	if (len < ESP_HEADER_LEN + ESP_IV_LEN + TRAILER_LEN + icv_len || len > UINT16_MAX)
		return -EINVAL;
	text_len = len - ESP_HEADER_LEN - ESP_IV_LEN - icv_len;
	if (text_len > size)
		return -EMSGSIZE;
	r = open_text(tek, cipher, data, len, inner);
	if (r == 0 && !padding_is_right(inner, text_len))
		r = -EBADMSG;
	if (r < 0)
		return r;
	*ret = (struct esp_opened){
		.spi = get_u32(data),
		.sequence = get_u32(data + 4),
		.iv = (uint64_t)get_u32(data + ESP_HEADER_LEN) << 32 | get_u32(data + ESP_HEADER_LEN + 4),
		.next_header = inner[text_len - 1],
		.inner_len = text_len - TRAILER_LEN - inner[text_len - 2],
	};
	return 0;
}
