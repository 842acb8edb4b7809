/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole messages: header, chain of payloads, encryption under the ISAKMP SA with its padding (RFC 2409 appendix B: up
 * to the block; peers that always pad send a whole block of it when the payloads end on one, and that is the most), and
 * the HASH payload that opens every message of an exchange under that SA: prf(SKEYID_a, M-ID | prefix | rest), where
 * the prefix is the nonces that are known (RFC 6407 3.2; none in an informational exchange, RFC 2409 5.7) and the rest
 * is everything after the HASH payload without the padding.
 */
#ifndef IKE_MESSAGE_H
#define IKE_MESSAGE_H

#include "ike/keys.h"

struct message { /* being written; message_clear() when it is not finished */
	struct writer w;
	struct chain chain;
	size_t hash_at, hash_len; /* 0: no HASH was opened with message_begin_hashed() */
	uint32_t message_id;
};

void message_begin(struct message *m, const struct isakmp_header *h);
void message_begin_hashed(struct message *m, const struct isakmp_header *h, enum ike_hash hash);
void message_clear(struct message *m);
/* One payload of a single field. */
void message_add(struct message *m, uint8_t type, const void *body, size_t len);
/* Sets the length; the header's flags are those given at the beginning.  Errors of the writer. */
GVPN_MUST_CHECK int message_finish(struct message *m);
/* Pads, encrypts in place, sets flag and length.  IV becomes the last block. */
GVPN_MUST_CHECK int message_seal(struct message *m, const struct secret *key, uint8_t iv[static CRYPTO_BLOCK_LEN]);
/* Fills in the HASH, then seals. */
GVPN_MUST_CHECK int message_seal_hashed(struct message *m, const struct ike_keys *k, const struct chunk *prefix,
					size_t n_prefix, uint8_t iv[static CRYPTO_BLOCK_LEN]);

struct opened { /* a decrypted message; PAYLOADS borrow from PLAIN.  opened_clear() wipes it */
	struct writer plain;
	struct payloads payloads;
	uint8_t iv[CRYPTO_BLOCK_LEN]; /* for the next message, if this one turns out to be genuine */
};

/* Nothing is authenticated by this.  -EBADMSG, -ENOMEM, -EIO. */
GVPN_MUST_CHECK int message_open(struct opened *ret, const struct isakmp_header *h, const uint8_t *data, size_t len,
				 const struct secret *key, const uint8_t iv[static CRYPTO_BLOCK_LEN],
				 struct ike_diag *diag);
/* The same, and its HASH is verified: -EBADMSG when it is wrong. */
GVPN_MUST_CHECK int message_open_hashed(struct opened *ret, const struct isakmp_header *h, const uint8_t *data,
					size_t len, const struct ike_keys *k, const struct chunk *prefix,
					size_t n_prefix, const uint8_t iv[static CRYPTO_BLOCK_LEN],
					struct ike_diag *diag);
void opened_clear(struct opened *o);

/*
 * An informational exchange (RFC 2409 5.7) of its own message id, protected by the ISAKMP SA whose last phase 1 block
 * is LAST.  Writes a datagram that the caller owns.
 */
struct informational {
	const uint8_t *cookie_i, *cookie_r;
	const struct ike_keys *keys;
	const uint8_t *last;
	uint32_t doi; /* of a Delete: that of phase 1 */
};
GVPN_MUST_CHECK int informational_notify(const struct informational *in, uint16_t type, uint8_t **ret, size_t *ret_len);
/* Delete of the ISAKMP SA itself: its SPI is the two cookies (RFC 2408 3.15). */
GVPN_MUST_CHECK int informational_delete(const struct informational *in, uint8_t **ret, size_t *ret_len);
GVPN_MUST_CHECK int informational_open(const struct informational *in, struct opened *ret,
				       const struct isakmp_header *h, const uint8_t *data, size_t len,
				       struct ike_diag *diag);
/* A notify in the clear, for what has no keys yet. */
GVPN_MUST_CHECK int clear_notify(const uint8_t *cookie_i, const uint8_t *cookie_r, uint16_t type, uint8_t **ret,
				 size_t *ret_len);

#endif
