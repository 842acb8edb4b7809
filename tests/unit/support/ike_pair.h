/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A member and a key server in memory: every datagram of either passes a gate that may lose, repeat, hold back or
 * change it.  Time is a number that moves when nothing is on the way.
 */
#ifndef TESTS_UNIT_SUPPORT_IKE_PAIR_H
#define TESTS_UNIT_SUPPORT_IKE_PAIR_H

#include "ike/pull.h"
#include "ike/responder.h"

#define PAIR_MEMBER 0x0a126501u /* 10.18.101.1 */
#define PAIR_SERVER 0x0a0a6401u /* 10.10.100.1 */
#define PAIR_MEMBER_PORT 20848
#define PAIR_GROUP 1234
#define PAIR_QUEUE_MAX 64

struct pair_datagram {
	bool to_server;
	uint8_t *data;
	size_t len;
};

struct pair;
/* A datagram, the INDEXth of all, is sent: the gate queues what shall arrive with pair_queue(). */
typedef void (*pair_gate)(struct pair *p, size_t index, const struct pair_datagram *d);

struct pair {
	struct pull_params params;
	struct responder_peer peer;
	struct download offered; /* what the server hands out */
	int pull_result;         /* of the server's pull(), when not 0 */
	pair_gate gate;          /* NULL: all arrives once */
	/* For the gates. */
	size_t target, until, octet;
	uint8_t flip;
	struct pair_datagram held;

	struct pull *pull;
	struct responder *responder;
	uint64_t now;
	struct pair_datagram queue[PAIR_QUEUE_MAX];
	size_t n_queued, n_sent;
	unsigned asked, registered;
	int sender_ids_result; /* of the server's sender_ids(), when not 0 */
	int wanted;            /* sender ids, as the member asked for them; -1: message 3 has not come */
	unsigned confirmed;    /* messages 3 that were taken */
	bool show_notes;
	size_t notes;    /* of both */
	char log[16384]; /* these notes, a line each */
	size_t log_len;
};

/* Main mode, ECP256, SHA-256, AES-128, one TEK. */
void pair_init(struct pair *p);
void pair_offer_tek(struct pair *p, uint32_t spi, enum cipher cipher, enum auth auth);
void pair_offer_kek(struct pair *p);
/* Runs until the pull has ended and nothing is on the way. */
enum pull_state pair_run(struct pair *p);
/* Only the beginning: pair_run() goes on. */
void pair_start(struct pair *p);
void pair_queue(struct pair *p, const struct pair_datagram *d);
void pair_free(struct pair *p);

/* The member has exactly what the server offered. */
bool pair_same(const struct pair *p);

#endif
