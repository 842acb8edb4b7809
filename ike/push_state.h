/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of a push (RFC 6407 4) and its acknowledgement (RFC 8263 3):
 *
 *  HDR*, SEQ, [D,] [SA, KD,] [CERT,] SIG     from the key server, encrypted after HDR
 *  HDR, HASH, SEQ, ID                        from the member, in the clear
 *
 * push.c keeps a rekey SA and judges datagrams; push_read.c decodes what a push says; push_ack.c has both halves of the
 * acknowledgement; push_make.c makes a push.
 */
#ifndef IKE_PUSH_STATE_H
#define IKE_PUSH_STATE_H

#include "ike/message.h"
#include "ike/push.h"
#include "ike/signature.h"

#define PUSH_DIGEST_LEN 32 /* SHA-256 */

/*
 * A push that was accepted.  Servers resend for a while, and may send the next one meanwhile: so the last few are kept.
 */
struct accepted_push {
	uint8_t digest[PUSH_DIGEST_LEN]; /* of the datagram as it came */
	uint32_t seq;
	uint16_t ack_type; /* as the latest SA KEK payload had it, the one in this push included */
	uint8_t *ack;      /* owned; NULL: none was asked for, or none was made yet */
	size_t ack_len;
	bool answered; /* the acknowledgement was made, or there is none to make */
};

struct rekey_sa {
	struct kek kek;
	struct signature_key *key;
	bool allow_sha1;
	struct gap_numbers gap_numbers;
	bool any_seq; /* the next sequence number may be any */
	bool retired;
	struct accepted_push accepted[PUSH_ACCEPTED_KEPT]; /* newest first */
	size_t n_accepted;
	size_t latest; /* which of them was received last */
};

/* SEQ first, SIG last, nothing twice but Delete, nothing unknown, SA and KD together.  -EBADMSG. */
GVPN_MUST_CHECK int push_check_form(const struct payloads *payloads, struct ike_diag *diag);

/*
 * Reads the payloads of a verified push of KEK into *RET, which begins empty.  After an error the caller discards *RET.
 * -EBADMSG; -EPROTONOSUPPORT: a part that may not be left out cannot be honoured.
 */
GVPN_MUST_CHECK int push_read(struct push *ret, const struct kek *kek, const struct gap_numbers *numbers,
			      const struct payloads *payloads, struct ike_diag *diag);

/* The acknowledgement of push SEQ; -EINVAL: no key is there for this type.  The datagram is the caller's. */
GVPN_MUST_CHECK int push_ack_make(const struct kek *kek, uint16_t type, uint32_t member, uint32_t seq, uint8_t **ret,
				  size_t *ret_len);

#endif
