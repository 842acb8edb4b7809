/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one message between the servers of a cluster.  It is a protocol of gcks, of no standard, and no other server
 * speaks it.
 *
 *    0                   1                   2                   3
 *   +---------------------------------------------------------------+
 *   | "GCKC"                                                        |
 *   | version 1                                                     |
 *   | group id                                                      |
 *   | sender's address                                              |
 *   | receiver's address                                            |
 *   | boot: drawn when the sender started              (8 octets)   |
 *   | counter: of this sender's messages to this receiver           |
 *   +------------------- all below is encrypted --------------------+
 *   | challenge: the receiver is to repeat it          (8 octets)   |
 *   | echo: the receiver's challenge                   (8 octets)   |
 *   | flags | term | version (8) | sender ids | events | state      |
 *   +---------------------------------------------------------------+
 *   | tag                                              (16 octets)  |
 *
 * AES-256-GCM (SP 800-38D); boot and counter are the nonce and the first 32 octets are authenticated with it.  The key
 * is HMAC-SHA-256 of group and addresses under the pre-shared key, so each direction has its own and no nonce comes
 * twice.
 *
 * Integers are in network order, times in the state are remaining milliseconds.
 */
#ifndef GCKS_CLUSTER_WIRE_H
#define GCKS_CLUSTER_WIRE_H

#include "ike/buf.h"

#define CLUSTER_EVENTS_MAX 64 /* in one message */

struct cluster_header {
	uint32_t group, from, to;
	uint64_t boot;
	uint32_t counter;
};

/* A member has registered at the sender, and its download held all changes before CHANGE (group_cluster.h). */
struct cluster_event {
	uint32_t number, addr;
	uint64_t change;
	bool has_kek;
};

struct cluster_hello {
	uint64_t challenge, echo;
	bool root, holds, primary; /* is the root-server; has the group's state; is the acting primary */
	uint32_t term;             /* of the primary that the state is from */
	uint64_t version;          /* of the state */
	uint32_t sender_generation, sender_ids;
	uint64_t events_boot;  /* of the receiver, */
	uint32_t events_taken; /* and the number of its latest event that the sender has taken */
	struct cluster_event events[CLUSTER_EVENTS_MAX];
	size_t n_events;
	struct chunk state; /* borrowed; empty: none comes with it */
};

/* The clear part alone, to find whom it concerns; nothing of it is proved.  -EBADMSG. */
GVPN_MUST_CHECK int cluster_peek(const void *data, size_t len, struct cluster_header *ret);
/* The message is written to RET, which is empty before.  -EMSGSIZE, -ENOMEM, -EIO. */
GVPN_MUST_CHECK int cluster_seal(const struct secret *psk, const struct cluster_header *header,
				 const struct cluster_hello *hello, struct writer *ret);
/*
 * The reverse.  RET's state points into *RET_PLAIN, which the caller clears with writer_clear().  -EBADMSG: forged or
 * malformed; -ENOMEM, -EIO.
 */
GVPN_MUST_CHECK int cluster_open(const struct secret *psk, const void *data, size_t len,
				 struct cluster_header *ret_header, struct cluster_hello *ret,
				 struct writer *ret_plain);

void write_u64(struct writer *w, uint64_t v);
uint64_t read_u64(struct reader *r);

#endif
