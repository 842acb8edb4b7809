/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The initiator's phase 1: several answers are followed until one proves itself.
 *
 * Nothing in the answers to messages 1 and 3 of main mode, nor in the answer of aggressive mode before its HASH was
 * computed, tells the server's own from that of somebody on the path.  So the first one is not the only one: a few
 * answers to each message are kept as candidates, each with the message that follows it, and the candidate whose
 * message 6 (message 2 in aggressive mode) verifies is the ISAKMP SA.
 *
 * What that costs is bounded.  Of each message PHASE1_FOLLOWED candidates are followed at first sight; others are put
 * aside, which takes 16 octets.  Our messages are then sent again (the owner asks phase1_contested() and calls
 * phase1_repeat()), and a server repeats its answer octet by octet: an answer that comes again after that is followed
 * as well.  So a flood of forged answers, each of them new, keeps the server's own out for one repetition.  Diffie-
 * Hellman, the costly part, has a budget a second and a pull.
 */
#ifndef IKE_PHASE1_ANSWERS_H
#define IKE_PHASE1_ANSWERS_H

#include "ike/phase1_state.h"

#define ANSWER_TAG_LEN 8
#define ANSWERS_SEEN 2048 /* answers that are remembered: two seconds of a thousand a second */

struct answer_seen {
	uint8_t tag[ANSWER_TAG_LEN];
	uint32_t round; /* 0: the place is free */
	bool tried;     /* it was of no use: its repetition will be of none */
};

/* An answer that is followed, with the message that it was answered by. */
struct candidate {
	uint8_t tag[ANSWER_TAG_LEN];
	struct phase1 *state; /* NULL: the place is free */
	uint8_t *sent;
	size_t sent_len;
	uint64_t order;
};

enum candidate_class { CANDIDATE_FIRST, CANDIDATE_AGAIN, CANDIDATE_CLASSES };
struct candidates {
	struct candidate list[CANDIDATE_CLASSES][PHASE1_FOLLOWED];
};

struct phase1_answers {
	uint8_t *first; /* message 1 */
	size_t first_len;
	struct dh *values[IKE_GROUPS_MAX]; /* our private values, one a group; all states borrow them */
	struct octets nonce;
	struct candidates answered,
		keyed; /* messages 2 and 4 that were taken; only the first in use is aggressive mode's */
	uint64_t order;
	uint32_t round; /* from 1; one more with each repetition of ours */
	bool contested;
	struct answer_seen *seen; /* ANSWERS_SEEN of them; NULL: nothing was put aside yet */
	size_t next_seen;
	uint64_t budget_since; /* milliseconds */
	unsigned dh_first, dh_again, dh_total;
};

GVPN_MUST_CHECK int phase1_answers_new(struct phase1_answers **ret);
void phase1_answers_free(struct phase1_answers *a); /* wipes; NULL is fine */
/* Our value for GROUP, made when it is not there yet.  Borrowed. */
GVPN_MUST_CHECK int phase1_answers_value(struct phase1_answers *a, enum ike_group group, struct dh **ret);

enum answer_verdict {
	ANSWER_FOLLOW,    /* CLASS says where it is kept */
	ANSWER_REPEATED,  /* it is followed already, or was of no use */
	ANSWER_PUT_ASIDE, /* it may come again */
};
/*
 * Decides over an answer with TAG that would be kept in AMONG; NOW in milliseconds when the answer costs a derivation.
 */
enum answer_verdict phase1_answers_judge(struct phase1_answers *a, const uint8_t tag[static ANSWER_TAG_LEN],
					 const struct candidates *among, const uint64_t *now,
					 enum candidate_class *ret);
void phase1_answers_tried(struct phase1_answers *a, const uint8_t tag[static ANSWER_TAG_LEN]);
/* STATE and SENT become A's.  The oldest of its class makes room. */
void phase1_answers_keep(struct phase1_answers *a, struct candidates *among, enum candidate_class class,
			 const struct candidate *c);
void candidate_clear(struct candidate *c);
size_t candidates_count(const struct candidates *c);
struct candidate *candidates_newest(struct candidates *c); /* NULL: there is none */

#define FOR_EACH_CANDIDATE(c, among)                                                                                   \
	for (struct candidate *c = &(among)->list[0][0];                                                               \
	     c < &(among)->list[0][0] + CANDIDATE_CLASSES * PHASE1_FOLLOWED; c++)                                      \
		if (c->state)

#endif
