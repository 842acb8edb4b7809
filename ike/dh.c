/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/crypto.h"

#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>

#define EC_UNCOMPRESSED 0x04 /* SEC 1 2.3.3; not on the wire in IKE */

struct dh {
	const struct group_info *info;
	EVP_PKEY *key;
	struct octets public;
};

static EVP_PKEY *generate_pair(const struct group_info *info)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)info->openssl, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, info->type, NULL);
	EVP_PKEY *key = NULL;

	if (ctx && EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_CTX_set_params(ctx, params) == 1)
		(void)EVP_PKEY_generate(ctx, &key);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* OpenSSL's encoding to that of a KE payload: no form octet, and never shorter than the group. */
static int encode_public(struct dh *dh)
{
	unsigned char *raw = NULL;
	size_t len = EVP_PKEY_get1_encoded_public_key(dh->key, &raw), skip = group_is_ec(dh->info) ? 1 : 0;
	int r = -EIO;

	if (len > skip && len - skip <= dh->info->public_len && (!group_is_ec(dh->info) || raw[0] == EC_UNCOMPRESSED)) {
		size_t pad = dh->info->public_len - (len - skip);

		memset(dh->public.data, 0, pad);
		memcpy(dh->public.data + pad, raw + skip, len - skip);
		dh->public.len = (uint16_t)dh->info->public_len;
		r = 0;
	}
	OPENSSL_free(raw);
	return r;
}

int dh_new(struct dh **ret, enum ike_group group)
{
	const struct group_info *info = ike_group_info(group);
	struct dh *dh;
	int r;

	if (!info)
		return -EINVAL;
	dh = calloc(1, sizeof(*dh));
	if (!dh)
		return -ENOMEM;
	dh->info = info;
	dh->key = generate_pair(info);
	r = dh->key ? encode_public(dh) : -EIO;
	if (r < 0) {
		dh_free(dh);
		return r;
	}
	*ret = dh;
	return 0;
}

void dh_free(struct dh *dh)
{
	if (!dh)
		return;
	EVP_PKEY_free(dh->key);
	free(dh);
}

enum ike_group dh_group(const struct dh *dh)
{
	return dh->info->id;
}

const struct octets *dh_public(const struct dh *dh)
{
	return &dh->public;
}

/* The peer's key, not yet checked. */
static EVP_PKEY *peer_key(const struct dh *dh, const void *peer, size_t len)
{
	uint8_t encoded[1 + CRYPTO_PUBLIC_MAX] = { EC_UNCOMPRESSED };
	const uint8_t *from = group_is_ec(dh->info) ? encoded : encoded + 1;
	EVP_PKEY *key = EVP_PKEY_new();

	memcpy(encoded + 1, peer, len);
	if (key && EVP_PKEY_copy_parameters(key, dh->key) == 1 &&
	    EVP_PKEY_set1_encoded_public_key(key, from, group_is_ec(dh->info) ? len + 1 : len) == 1)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

static int derive_shared(const struct dh *dh, EVP_PKEY *peer, struct secret *ret)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, dh->key, NULL);
	size_t want = group_is_ec(dh->info) ? dh->info->public_len / 2 : dh->info->public_len, len = sizeof(ret->data);
	struct secret s = { 0 };
	int r = -EIO;

	if (ctx && EVP_PKEY_derive_init(ctx) == 1 && (group_is_ec(dh->info) || EVP_PKEY_CTX_set_dh_pad(ctx, 1) == 1))
		/*
		 * This is where the value is checked in full: 1 < y < p-1 and in the subgroup, or a point of the curve
		 * (RFC 2631 2.1.5, RFC 5903 6).  It is the costly half of an exchange, so it is not made twice.
		 */
		r = EVP_PKEY_derive_set_peer_ex(ctx, peer, 1) == 1 ? 0 : -EBADMSG;
	if (r == 0 && (EVP_PKEY_derive(ctx, s.data, &len) != 1 || len != want))
		r = -EIO;
	if (r == 0) {
		s.len = (uint16_t)len;
		*ret = s;
	}
	secret_wipe(&s);
	EVP_PKEY_CTX_free(ctx);
	return r;
}

int dh_shared(const struct dh *dh, const void *peer, size_t len, struct secret *ret)
{
	EVP_PKEY *key;
	int r;

	if (len != dh->info->public_len)
		return -EBADMSG;
	key = peer_key(dh, peer, len);
	r = key ? derive_shared(dh, key, ret) : -EBADMSG;
	EVP_PKEY_free(key);
	ERR_clear_error(); /* the peer's fault must not surface in somebody else's error queue */
	return r;
}
