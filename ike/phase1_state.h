/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of phase 1: its state, what the messages are made of, and one function per message that comes in.  Such a
 * function works on a copy of the state; phase1.c puts the copy in place when it succeeded and wipes it otherwise.
 */
#ifndef IKE_PHASE1_STATE_H
#define IKE_PHASE1_STATE_H

#include "ike/ident.h"
#include "ike/phase1.h"
#include "ike/phase1_sa.h"
#include "ike/vendor.h"

#define PHASE1_NONCE_LEN 32 /* sent; 8 to 256 octets are taken (RFC 2409 5) */

struct phase1_sa_body {
	uint16_t len;
	uint8_t data[PHASE1_SA_MAX];
};

struct phase1 {
	struct phase1_params params;
	uint8_t cookie_i[ISAKMP_COOKIE_LEN], cookie_r[ISAKMP_COOKIE_LEN];
	unsigned expects;
	bool done, keyed;
	bool short_secret; /* g^xy of a MODP group begins with a zero octet */
	uint32_t doi;
	struct ike_proposal chosen;
	struct phase1_sa_body sa_i; /* SAi_b */
	struct dh *dh;              /* of the initiator: borrowed from the answers */
	struct octets public_i, public_r, nonce_i, nonce_r, id_i, id_r;
	struct ike_keys keys;
	uint8_t iv[CRYPTO_BLOCK_LEN]; /* in the end the last block of phase 1 */
	struct vendor_ids vendor_ids; /* of the peer, in the clear: of the messages that led here */
	/* the initiator's, until phase 1 is done (phase1_answers.h); a candidate has none */
	struct phase1_answers *answers;
};

/* A message that came in, decrypted if it was to be, and what else the state learns from it. */
struct phase1_in {
	const struct payloads *payloads;
	const uint8_t *iv; /* for the next message; NULL: as before */
};

/* REPLY is begun with message_begin(); SEAL is set when it is to be encrypted.  Leaves it empty when there is none. */
struct phase1_reply {
	struct message m;
	bool present, seal;
};

typedef int (*phase1_handler)(struct phase1 *p, const struct phase1_in *in, struct phase1_reply *reply,
			      struct ike_diag *diag);

int main_1(struct phase1 *p, const struct phase1_in *in, struct phase1_reply *reply, struct ike_diag *diag);
int main_3(struct phase1 *p, const struct phase1_in *in, struct phase1_reply *reply, struct ike_diag *diag);
int main_4(struct phase1 *p, const struct phase1_in *in, struct phase1_reply *reply, struct ike_diag *diag);
int main_5(struct phase1 *p, const struct phase1_in *in, struct phase1_reply *reply, struct ike_diag *diag);
int main_6(struct phase1 *p, const struct phase1_in *in, struct phase1_reply *reply, struct ike_diag *diag);
int aggressive_start(struct phase1 *p, struct phase1_reply *reply, struct ike_diag *diag);
int aggressive_1(struct phase1 *p, const struct phase1_in *in, struct phase1_reply *reply, struct ike_diag *diag);
int aggressive_2(struct phase1 *p, const struct phase1_in *in, struct phase1_reply *reply, struct ike_diag *diag);
int aggressive_3(struct phase1 *p, const struct phase1_in *in, struct phase1_reply *reply, struct ike_diag *diag);

/* Functions that phase1.c and phase1_initiator.c share. */
GVPN_MUST_CHECK int phase1_check_header(const struct phase1 *p, const struct isakmp_header *h, bool encrypted,
					struct ike_diag *diag);
/* An encrypted message of phase 1 could not be opened (R): says what the cause most likely is.  Gives R. */
int phase1_undecryptable(int r, struct ike_diag *diag);
/* Ends a reply as the handler left it: the datagram is the caller's, NULL when there is none. */
GVPN_MUST_CHECK int phase1_finish_reply(struct phase1 *p, struct phase1_reply *reply, uint8_t **ret, size_t *ret_len);

/* The parts that messages are made of; they work on a handler's copy. */
void phase1_reply_begin(struct phase1 *p, struct phase1_reply *reply);
int phase1_offer(struct phase1 *p, struct phase1_reply *reply); /* writes the SA payload and keeps SAi_b */
int phase1_choose(struct phase1 *p, const struct phase1_in *in, struct phase1_choice *ret, struct ike_diag *diag);
int phase1_take_answer(struct phase1 *p, const struct phase1_in *in, struct ike_diag *diag);
int phase1_take_ke_nonce(struct phase1 *p, const struct phase1_in *in, struct ike_diag *diag); /* of the peer */
int phase1_make_ke_nonce(struct phase1 *p); /* the responder's private value and nonce */
void phase1_use_value(struct phase1 *p, struct dh *dh, const struct octets *nonce); /* the initiator's */
void phase1_write_ke_nonce(struct phase1 *p, struct phase1_reply *reply);
int phase1_take_id(struct phase1 *p, const struct phase1_in *in, struct ike_diag *diag);
void phase1_write_id(struct phase1 *p, struct phase1_reply *reply);
void phase1_write_vendor(struct phase1 *p, struct phase1_reply *reply); /* the responder's vendor ID, if it has one */
int phase1_derive(struct phase1 *p, struct ike_diag *diag);             /* keys and the first IV */
int phase1_write_hash(struct phase1 *p, struct phase1_reply *reply);    /* ours */
/* The peer's HASH, then its identity: -EBADMSG for the first, -EACCES for the second. */
int phase1_verify(struct phase1 *p, const struct phase1_in *in, struct ike_diag *diag);
/* The ISAKMP SA stands, and no further message of phase 1 is expected. */
void phase1_finish(struct phase1 *p);

#endif
