/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a key server makes keys: traffic keys (RFC 6407 5.6.1), the key encryption key (5.6.2) and the pair that signs
 * its pushes.  Randomness is the caller's, so that tests decide it; the signature pair alone comes from the crypto
 * library.
 */
#ifndef GCKS_KEYS_H
#define GCKS_KEYS_H

#include "ike/download.h"
#include "tests/gcks/error.h"

#include <openssl/types.h>

#define GCKS_SPI_MIN 256u /* RFC 4303 2.1: 1 to 255 are reserved, 0 is never sent */
#define GCKS_RSA_BITS 2048

/* Fills BUF with LEN random octets; 0 or a negative errno. */
typedef int (*gcks_random_fn)(void *ctx, void *buf, size_t len);

/*
 * Key, salt (GCM) and integrity key for T's algorithms.  T keeps its keys on an error.  Errors: -EINVAL when T names no
 * cipher that ESP can use, and the random function's own.
 */
GVPN_MUST_CHECK int gcks_keys_tek(struct tek *t, gcks_random_fn random, void *ctx);

/* An SPI from GCKS_SPI_MIN up; whether it is free is the caller's to say. */
GVPN_MUST_CHECK int gcks_keys_spi(uint32_t *ret, gcks_random_fn random, void *ctx);

/* SPI (neither cookie zero, RFC 2408 3.1), IV and key for K's cipher.  Errors: -EINVAL for a cipher that is not
 * AES-CBC. */
GVPN_MUST_CHECK int gcks_keys_kek(struct kek *k, gcks_random_fn random, void *ctx);

/* A new signature pair, owned by the caller (EVP_PKEY_free).  Errors: -EIO from the crypto library. */
GVPN_MUST_CHECK int gcks_keys_signature(EVP_PKEY **ret, enum sig_algorithm algorithm);

/* The public half as K announces it: DER SubjectPublicKeyInfo.  Errors: -EIO, -EMSGSIZE. */
GVPN_MUST_CHECK int gcks_keys_public(struct kek *k, const EVP_PKEY *pair);

#endif
