/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The algorithms of phase 1 through OpenSSL: hashes and their HMAC as prf (RFC 2409 4), AES-CBC (RFC 3602),
 * Diffie-Hellman over MODP groups 14 (RFC 3526) and 24 (RFC 5114) and ECP groups 19 to 21 (RFC 5903).  Errors: -EIO
 * when the library refuses, -ENOMEM.
 */
#ifndef IKE_CRYPTO_H
#define IKE_CRYPTO_H

#include "ike/buf.h"
#include "ike/ike.h"

#define CRYPTO_HASH_MAX 64
#define CRYPTO_BLOCK_LEN 16
#define CRYPTO_PUBLIC_MAX 256

GVPN_MUST_CHECK int crypto_hash(enum ike_hash h, const struct chunk *parts, size_t n,
				uint8_t ret[static CRYPTO_HASH_MAX]);
GVPN_MUST_CHECK int crypto_prf(enum ike_hash h, const struct secret *key, const struct chunk *parts, size_t n,
			       uint8_t ret[static CRYPTO_HASH_MAX]);
/* LEN octets, whole blocks, from IN to OUT (may be the same); nothing is padded. */
GVPN_MUST_CHECK int crypto_cbc(bool encrypt, const struct secret *key, const uint8_t iv[static CRYPTO_BLOCK_LEN],
			       const uint8_t *in, size_t len, uint8_t *out);
GVPN_MUST_CHECK int crypto_random(void *ret, size_t len);
bool crypto_equal(const void *a, const void *b, size_t len); /* constant in time */

/* A fresh private value of one group. */
struct dh;
GVPN_MUST_CHECK int dh_new(struct dh **ret, enum ike_group group);
void dh_free(struct dh *dh);
enum ike_group dh_group(const struct dh *dh);
/* As in a KE payload: MODP left-padded to the group's length, ECP x | y (RFC 5903 7). */
const struct octets *dh_public(const struct dh *dh);
/*
 * The shared secret: left-padded, or x alone.  -EBADMSG: the peer's value has another length, is 0, 1 or p-1, outside
 * of the subgroup, or not on the curve.
 */
GVPN_MUST_CHECK int dh_shared(const struct dh *dh, const void *peer, size_t len, struct secret *ret);

#endif
