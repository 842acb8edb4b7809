/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of a pull: its state, and the exchange that runs under the ISAKMP SA (RFC 6407 3.2):
 *
 *  (1) HDR*, HASH(1), Ni, ID     -->
 *  (2)                           <--     HDR*, HASH(2), Nr, SA
 *  (3) HDR*, HASH(3) [,GAP]      -->
 *  (4)                           <--     HDR*, HASH(4), [SEQ,] KD
 *
 * pull.c runs phase 1, timers and endings; pull_exchange.c the four messages; pull_notify.c what is said beside them.
 */
#ifndef IKE_PULL_STATE_H
#define IKE_PULL_STATE_H

#include "ike/ident.h"
#include "ike/phase1.h"
#include "ike/pull.h"

enum pull_stage {
	STAGE_PHASE1,
	STAGE_POLICY, /* message 1 is out, 2 is awaited */
	STAGE_KEYS,   /* message 3 is out, 4 is awaited */
	STAGE_ENDED,
};

#define PULL_NONCE_LEN 32 /* 8 to 128 octets (RFC 6407 5.8) */

/* What is sent again: one datagram, or two when the last message of aggressive mode has no answer of its own. */
#define PULL_SENT_MAX 2
struct pull_sent {
	uint8_t *data;
	size_t len;
};

struct pull {
	struct pull_params params;
	enum pull_state state;
	enum pull_stage stage;
	char reason[DIAG_WHY_MAX];
	uint16_t notify;
	unsigned clear_notifies;
	bool doi_retried;
	uint64_t deadline;
	uint64_t ends;     /* the timeout of the whole */
	uint64_t interval; /* milliseconds until the next retransmission after that */
	unsigned sendings; /* of what is unanswered */
	bool answered;     /* the server has answered something */
	uint64_t sent_at;  /* of the last of them */
	bool quick;        /* it answered without delay, so it is not overloaded */
	struct pull_sent sent[PULL_SENT_MAX];
	size_t n_sent;

	struct phase1 *phase1;
	uint32_t message_id;
	uint8_t iv[CRYPTO_BLOCK_LEN]; /* of the exchange */
	struct octets nonce_i, nonce_r;
	bool sak;
	struct download *download;
};

/* Message 1, for a new exchange under the ISAKMP SA.  The datagram is the caller's. */
GVPN_MUST_CHECK int pull_exchange_start(struct pull *p, uint8_t **ret, size_t *ret_len);
/*
 * Message 2 or 4, as the stage has it.  0: taken, with message 3, or with NULL when all is there.  -EBADMSG: not
 * authentic, nothing has changed.  -EPROTO: authentic and unacceptable, with the cause in DIAG.
 */
GVPN_MUST_CHECK int pull_exchange_input(struct pull *p, const struct isakmp_header *h, const uint8_t *data, size_t len,
					uint8_t **ret, size_t *ret_len, struct ike_diag *diag);

/* (Again) from the beginning, with a fresh phase 1 under a fresh cookie. */
GVPN_MUST_CHECK int pull_start_phase1(struct pull *p, uint64_t now, struct ike_out *out);
/* The one place where a pull ends. */
void pull_end(struct pull *p, enum pull_state state, const char *reason);
/* Tells the server that the ISAKMP SA goes (RFC 6407 3.3), if it can know of one. */
void pull_send_delete(struct pull *p, struct ike_out *out);

/* An informational message in the clear: noted; DOI-NOT-SUPPORTED starts the one retry. */
void pull_input_clear(struct pull *p, uint64_t now, const struct isakmp_header *h, const uint8_t *data, size_t len,
		      struct ike_out *out);
/* A protected one: an error from the server, or the end of the ISAKMP SA, ends the pull. */
void pull_input_informational(struct pull *p, const struct isakmp_header *h, const uint8_t *data, size_t len,
			      struct ike_out *out);

#endif
