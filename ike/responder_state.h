/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of the responder: one ISAKMP SA with its pulls.  A request that is repeated octet by octet gets the same
 * answer again; this is how the member recovers a lost one, and the responder itself never sends twice.
 */
#ifndef IKE_RESPONDER_STATE_H
#define IKE_RESPONDER_STATE_H

#include "ike/ident.h"
#include "ike/phase1.h"
#include "ike/responder.h"

#define RESPONDER_HALF_OPEN_MS 60000 /* for the rest of phase 1 */
#define RESPONDER_LIFETIME_DEFAULT 28800

#define DIGEST_LEN 32

/* The last request, by its digest, and its answer. */
struct answered {
	bool present;
	uint8_t digest[DIGEST_LEN];
	uint8_t *reply; /* NULL: it had none */
	size_t reply_len;
};

enum responder_stage {
	RESPONDER_POLICY_SENT, /* message 3 is awaited */
	RESPONDER_KEYS_SENT,
};

struct responder_pull {
	enum responder_stage stage;
	uint32_t message_id, group;
	uint8_t iv[CRYPTO_BLOCK_LEN];
	struct octets nonce_i, nonce_r;
	struct download *download; /* until message 4 is written */
	struct answered last;
};

struct responder_sa {
	uint32_t addr;
	uint64_t expires;
	void *tag;
	bool id_length_2;
	struct phase1 *phase1;
	uint8_t first_digest[DIGEST_LEN]; /* of message 1, which may come late again */
	struct answered last;             /* of phase 1 */
	uint32_t unanswered;              /* message id of the last pull that was met with silence */
	struct responder_pull *pulls[RESPONDER_PULLS_MAX];
	size_t n_pulls;
};

struct responder {
	struct responder_ops ops;
	uint32_t local;
	struct responder_sa *sas[RESPONDER_SAS_MAX];
	size_t n_sas;
};

/* A datagram with where it came from, and where answers go. */
struct responder_in {
	uint64_t now;
	uint32_t addr;
	uint16_t port;
	const uint8_t *data;
	size_t len;
	struct isakmp_header h;
	uint8_t digest[DIGEST_LEN];
	struct ike_out *out;
};

void responder_pull_input(struct responder *r, struct responder_sa *sa, const struct responder_in *in);
void responder_pull_free(struct responder_pull *p);

/* Sends the answer again when this is the request it answered; says whether it was. */
bool answered_again(const struct answered *a, const struct responder_in *in);
/* Takes the reply, sends a copy of it. */
void answered_set(struct answered *a, const struct responder_in *in, uint8_t *reply, size_t reply_len);
void answered_clear(struct answered *a);

#endif
