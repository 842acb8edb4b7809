/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The signature of a push: RSA with PKCS#1 v1.5 (RFC 8017 8.2) over a hash that the SA KEK payload names, or ECDSA
 * with its implied hash and the two numbers side by side (RFC 4754 3).  Signature keys come as SIG_ALGORITHM_KEY
 * (RFC 6407 5.6.2): DER SubjectPublicKeyInfo, or a bare RSAPublicKey as some servers send it.
 *
 * Taken are RSA of 2048 to 4096 bits and the curves P-256, P-384, P-521.
 */
#ifndef IKE_SIGNATURE_H
#define IKE_SIGNATURE_H

#include "ike/buf.h"
#include "ike/download.h"

#define SIGNATURE_MAX 512 /* RSA of 4096 bits; ECDSA P-521 has 132 octets */

struct evp_pkey_st;
struct signature_key; /* a public key with its algorithm and hash */

/*
 * Public keys whose numbers were checked in full, by the digest of their octets.  That check is the costly part of a
 * registration, and a server's key stays the same for years.  Zero is empty; nothing to free.
 */
struct signature_checked {
	uint8_t digests[SIGNATURE_CHECKED_MAX][32]; /* SHA-256, the newest first */
	size_t n;
};

/*
 * From the pubkey, sig_algorithm and sig_hash of KEK.  CHECKED: what need not be checked again, and is added to; may be
 * NULL.  -EINVAL: not usable, *RET_CAUSE says why.  -ENOMEM; *RET_CAUSE is set too.
 */
GVPN_MUST_CHECK int signature_key_new(struct signature_key **ret, const struct kek *kek, bool allow_sha1,
				      struct signature_checked *checked, struct ike_cause *ret_cause);
void signature_key_free(struct signature_key *k); /* NULL is fine */
static inline void signature_key_freep(struct signature_key **k)
{
	signature_key_free(*k);
}
bool signature_key_equal(const struct signature_key *a, const struct signature_key *b);

/* Does SIGNATURE cover the parts, one after another?  0, -EBADMSG, -EIO. */
GVPN_MUST_CHECK int signature_verify(const struct signature_key *k, const struct chunk *parts, size_t n,
				     struct chunk signature);

/* Octets of a signature made with PAIR; -EINVAL: PAIR is not one for KEK's algorithm. */
GVPN_MUST_CHECK int signature_len(const struct kek *kek, struct evp_pkey_st *pair, size_t *ret);
/* Writes exactly signature_len() octets.  -EINVAL as there, -EIO. */
GVPN_MUST_CHECK int signature_make(const struct kek *kek, struct evp_pkey_st *pair, const struct chunk *parts, size_t n,
				   uint8_t ret[static SIGNATURE_MAX]);

#endif
