/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of a pull: its state, and the exchange that runs under the ISAKMP SA (RFC 6407 3.2):
 *
 *  (1) HDR*, HASH(1), Ni, ID     -->
 *  (2)                           <--     HDR*, HASH(2), Nr, SA
 *  (3) HDR*, HASH(3) [,GAP]      -->
 *  (4)                           <--     HDR*, HASH(4), [SEQ,] KD
 *
 * pull.c has its beginning, its datagrams and its endings; pull_timing.c its times; pull_phase1.c phase 1;
 * pull_exchange.c the four messages; pull_notify.c what is said beside them; pull_words.c makes words of how it goes.
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

/* The datagrams that are sent again: one, or two when the last message of aggressive mode has no answer of its own. */
#define PULL_SENT_MAX 2
struct pull_sent {
	uint8_t *data;
	size_t len;
};

/*
 * A phase 1 that was begun.  Each one has a cookie of its own.  The reason for beginning another one is never
 * authenticated, so the earlier ones are not given up: the first one that authenticates is used.
 */
struct opening {
	struct phase1 *phase1;
	bool superseded; /* by the same under a fresh cookie: it is not sent again */
};
#define PULL_SHORT_SECRETS_MAX 2 /* so often a g^xy that begins with a zero octet is avoided */

#define PULL_TAG_LEN 32 /* SHA-256 */

struct pull {
	struct pull_params params;
	enum pull_state state;
	enum pull_stage stage;
	bool too_slow; /* PULL_TIMEOUT: its time was up, with transmissions left */
	struct pull_finding finding;
	unsigned clear_notifies, clear_notifies_taken;
	bool doi_retried, fresh_tried;
	unsigned short_secrets;
	uint64_t deadline;
	uint64_t dense;    /* when answers that were put aside are asked for again; UINT64_MAX: there are none */
	uint64_t ends;     /* the timeout of the whole */
	uint64_t interval; /* milliseconds until the next retransmission after that */
	bool answered;     /* the server has answered something */
	uint64_t sent_at;  /* of the last of them */
	bool quick;        /* it answered without delay, so it is not overloaded */
	unsigned heard;    /* of phase 1: the number of the message that was awaited last */
	struct pull_sent sent[PULL_SENT_MAX];
	size_t n_sent;

	struct opening openings[PULL_OPENINGS_MAX];
	size_t n_openings;
	struct phase1 *phase1; /* the opening that is authenticated, else the newest; borrowed */
	bool authenticated;
	uint8_t taken[PULL_TAG_LEN]; /* digest of the message that was taken last */
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
 * authentic, nothing has changed.  -EALREADY: it was taken before.  -EPROTO: authentic and unacceptable, with the cause
 * in DIAG.
 */
GVPN_MUST_CHECK int pull_exchange_input(struct pull *p, const struct isakmp_header *h, const uint8_t *data, size_t len,
					uint8_t **ret, size_t *ret_len, struct ike_diag *diag);

/* Begins another phase 1, under a fresh cookie, beside those that were begun.  -ENOSPC: too many were begun. */
GVPN_MUST_CHECK int pull_open(struct pull *p, uint64_t now, uint16_t doi, struct ike_out *out);
/*
 * The server refuses the DOI of PHASE1, by a notify or by its answer, which nobody has proved: one try with the other
 * DOI beside it, if that fits.
 */
bool pull_retry_doi(struct pull *p, uint64_t now, const struct phase1 *phase1, bool notified, struct ike_out *out);
/*
 * Begins a phase 1 with the same DOI under a fresh cookie, in place of a late retransmission; once in a pull.  Gives
 * whether it was begun.
 */
bool pull_open_fresh(struct pull *p, uint64_t now, struct ike_out *out);
void pull_repeat_phase1(struct pull *p, struct ike_out *out);
/* The answers that were put aside, of which the server's own comes again. */
void pull_ask_again(struct pull *p, uint64_t now, struct ike_out *out);
void pull_input_phase1(struct pull *p, uint64_t now, struct phase1 *phase1, const uint8_t *data, size_t len,
		       struct ike_out *out);
/*
 * Phase 1 has authenticated the server: the exchange for the group begins.  LAST is the last message of aggressive
 * mode, which becomes the pull's, or NULL.
 */
void pull_begin_exchange(struct pull *p, uint64_t now, uint8_t *last, size_t last_len, struct ike_out *out);
/*
 * The furthest message that is awaited.  A finding from before that belongs to an earlier message, and says nothing any
 * more.
 */
void pull_await(struct pull *p, enum pull_awaits awaits);
void pull_found(struct pull *p, enum pull_fact fact);
void pull_found_notify(struct pull *p, enum pull_fact fact, uint16_t type);
void pull_found_cause(struct pull *p, enum pull_fact fact, enum pull_fact_in in, const struct ike_diag *diag, int err);
/* Times that are 0 get their defaults. */
void pull_complete_timing(struct pull_timing *t);
/* The message that waits for an answer was just sent for the first time: the server's time begins again. */
void pull_begin_timing(struct pull *p, uint64_t now);
/* It is sent again now. */
void pull_time_next(struct pull *p, uint64_t now);
unsigned pull_retransmissions(const struct pull *p); /* how often it may be */
uint32_t pull_total_ms(const struct pull *p);        /* how long the server is waited for, all in all */
/* Something came that fits, be it the server's or not. */
void pull_note_answer(struct pull *p, uint64_t now);
/* Ends the pull because of the last finding, and tells the server. */
void pull_abort(struct pull *p, struct ike_out *out);
/* The one place where a pull ends. */
void pull_end(struct pull *p, enum pull_state state);
/* Tells the server that the ISAKMP SA goes (RFC 6407 3.3), if it can know of one. */
void pull_send_delete(struct pull *p, struct ike_out *out);

/* An informational message in the clear: noted; DOI-NOT-SUPPORTED starts the one retry. */
void pull_input_clear(struct pull *p, uint64_t now, const struct phase1 *phase1, const struct isakmp_header *h,
		      const uint8_t *data, size_t len, struct ike_out *out);
/* A protected one: an error from the server, or the end of the ISAKMP SA, ends the pull. */
void pull_input_informational(struct pull *p, const struct phase1 *phase1, const struct isakmp_header *h,
			      const uint8_t *data, size_t len, struct ike_out *out);

#endif
