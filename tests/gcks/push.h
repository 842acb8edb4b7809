/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pushes of a group (RFC 6407 4, RFC 8263): for group.c and its parts alone.
 *
 * A push is made once, signed once, and is the same datagram for every member.  All of a group stand in a log, in the
 * order of their sequence numbers; each member has a cursor in it, and is sent the one at its cursor until it has
 * acknowledged it, and only then the next one: a member refuses a push that is older than one it has taken.  Where
 * members are not asked to acknowledge, the next one follows at once, and ends the repetitions, but for those of a new
 * KEK.  A pull puts the cursor after everything that the download already holds.
 */
#ifndef GCKS_PUSH_H
#define GCKS_PUSH_H

#include "ike/download.h"
#include "ike/ike.h"

#define GCKS_PUSHES_MAX 64   /* in the log; a member that is so many behind is removed */
#define GCKS_ACK_LEN_MAX 128 /* RFC 8263 3: 28 for the header, 4 + 64 for the HASH, 8 for the SEQ, 12 for the ID */

struct push_entry {
	struct kek kek; /* that protects it: kept for its acknowledgements also when the group has it no more */
	uint32_t seq;
	uint64_t made; /* ms */
	bool new_kek;  /* the push brings a KEK: a member that has not got this push can read none of the next ones */
	bool ends;     /* a member that has taken this push holds no KEK any more: no push reaches it until it registers
			  again */
	uint8_t *data; /* NULL: it could not be made; members pass it by */
	size_t len;
};

struct push_log {
	struct push_entry *entries[GCKS_PUSHES_MAX];
	uint64_t first; /* the number of entries[0], counted from the group's first change on */
	size_t n;
};

struct push_cursor {
	bool reachable;                     /* registered and with a KEK */
	uint64_t next;                      /* number of the push that it has to acknowledge next */
	uint32_t sendings;                  /* of that one */
	uint64_t due;                       /* ms: its next sending, or, after the last one, the removal */
	uint64_t pulled;                    /* number of the first push that its latest download does not hold */
	bool pulled_kek;                    /* and whether a KEK is in the download */
	uint64_t pull_until;                /* ms: until then that pull may be confirmed */
	uint8_t last_ack[GCKS_ACK_LEN_MAX]; /* RFC 8263 5: repeated ones are told apart before any cryptography */
	size_t last_ack_len;
};

struct gdoi_group;
struct member;

/* The change that is under way becomes a push.  Returns to how many members it goes. */
size_t push_log_add(struct gdoi_group *g, uint64_t now);
void push_log_step(struct gdoi_group *g, uint64_t now); /* removes members that have not answered the last sending */
uint64_t push_log_deadline(const struct gdoi_group *g);
void push_log_clear(struct push_log *log);

/* M was given all that there is, a KEK in it or not; and it has confirmed. */
void push_cursor_pull(const struct gdoi_group *g, struct member *m, uint64_t now, bool has_kek);
void push_cursor_register(struct gdoi_group *g, struct member *m, uint64_t now);
void push_cursor_end(struct gdoi_group *g, struct member *m); /* M is removed */

#endif
