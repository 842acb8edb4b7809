/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys of an ISAKMP SA: SKEYID and its children for pre-shared keys, HASH_I and HASH_R (RFC 2409 5), the cipher key
 * and the IVs (appendix B).  Errors: -EIO (crypto library).
 */
#ifndef IKE_KEYS_H
#define IKE_KEYS_H

#include "ike/crypto.h"
#include "ike/isakmp.h"

struct ike_keys {
	enum ike_hash hash;
	struct secret skeyid, skeyid_d, skeyid_a, skeyid_e;
	struct secret cipher_key; /* as long as the cipher wants; expanded from SKEYID_e when that is shorter */
};

/* The values of both sides from which the keys are derived; borrowed. */
struct keys_input {
	const struct secret *psk, *shared; /* g^xy */
	const struct octets *nonce_i, *nonce_r;
	const uint8_t *cookie_i, *cookie_r;
};

GVPN_MUST_CHECK int keys_derive(struct ike_keys *ret, enum ike_hash hash, enum cipher cipher,
				const struct keys_input *in);
/* The appendix B expansion, for an SA whose SKEYID_e is known already. */
GVPN_MUST_CHECK int keys_cipher_key(enum ike_hash hash, enum cipher cipher, const struct secret *skeyid_e,
				    struct secret *ret);

/* HASH_I when INITIATOR, HASH_R otherwise. */
struct keys_proof {
	bool initiator;
	const struct octets *public_i, *public_r;
	const uint8_t *cookie_i, *cookie_r;
	struct chunk sa_i;       /* SAi_b: body of the initiator's SA payload */
	const struct octets *id; /* body of the ID payload of the side that proves itself */
};
GVPN_MUST_CHECK int keys_prove(const struct ike_keys *k, const struct keys_proof *in,
			       uint8_t ret[static CRYPTO_HASH_MAX]);

/* IV of the first encrypted message of phase 1: hash(g^xi | g^xr). */
GVPN_MUST_CHECK int keys_iv_phase1(enum ike_hash hash, const struct octets *public_i, const struct octets *public_r,
				   uint8_t ret[static CRYPTO_BLOCK_LEN]);
/* IV of an exchange under the ISAKMP SA: hash(last phase 1 block | M-ID). */
GVPN_MUST_CHECK int keys_iv_exchange(enum ike_hash hash, const uint8_t last[static CRYPTO_BLOCK_LEN],
				     uint32_t message_id, uint8_t ret[static CRYPTO_BLOCK_LEN]);

#endif
