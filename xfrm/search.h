/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The search for an SA whose IVs begin with a sender id (RFC 6054 3; README.md): what follows from a try, and when the
 * next one is due.  The kernel is behind search_ops, and the clock comes in, so this is pure.
 *
 * What a try says is believed when the probe was caught once, and opened: no error of a system call, and no silence,
 * counts for an answer.
 */
#ifndef XFRM_SEARCH_H
#define XFRM_SEARCH_H

#include "lib/sender.h"

#define SEARCH_SLICE 16      /* tries, after which others have their turn: about a millisecond */
#define SEARCH_SLICE_US 2000 /* or so much time, when that is over first: no try more is begun */
#define SEARCH_PATIENCE 500  /* ms for a probe that crypto, or a processor that is busy, has taken along */
#define SEARCH_SOON 20       /* ms in which one that comes at all does come, on most machines */
#define SEARCH_LOST_MAX 3    /* probes in a row that a full queue may lose: one more is a firewall's */
#define SEARCH_MENDS_MAX 16  /* of one search: who takes away what is ours more often means it */
#define SEARCH_MEAN_TIMES 64 /* tries, in multiples of what is needed on average: chance misses that once in e^64 */

/* What a probe says when it is opened. */
struct search_probe {
	uint32_t number;   /* the try that it is of */
	uint32_t sequence; /* ESP's */
	uint32_t prefix;   /* of its IV */
};

struct search_ops {
	/* Makes a candidate in place of the one before.  Negative errno, with a sentence in ERR. */
	int (*make)(void *ctx, char err[static 256]);
	/* Sends a probe by it; negative errno: it was not sent, or something on its way refused it. */
	int (*send)(void *ctx, uint32_t number);
	/* How many probes were caught, ever. */
	uint64_t (*caught)(void *ctx);
	/* The prefix of the last one that was caught, as it stands there: nothing is proven by it. */
	uint32_t (*prefix)(void *ctx);
	/*
	 * Opens the last one with the key.  -EBADMSG: it is not what the SA makes of a probe, or the SA's later packets
	 * are encrypted where nobody sees it.  Another negative errno, with a sentence in ERR: nobody can say.
	 */
	int (*open)(void *ctx, struct search_probe *ret, char err[static 256]);
	/* Puts back what brings probes back.  1: something was gone; 0: nothing; negative errno, with a sentence in
	 * ERR. */
	int (*mend)(void *ctx, char err[static 256]);
	uint64_t (*now_us)(void *ctx); /* microseconds of a clock that only goes on */
};

enum search_state {
	SEARCH_ON,      /* another slice is due */
	SEARCH_FOUND,   /* the candidate has the id, and stays until search_pass() */
	SEARCH_STOPPED, /* ERR says why */
};

struct search {
	const struct search_ops *ops;
	void *ctx;
	uint8_t bits;
	uint32_t id;
	uint32_t tries;
	uint32_t prefix; /* that was found */
	/* of search.c */
	enum search_state state;
	uint64_t seen, sent_at;
	int refused;
	unsigned mends, lost;
	bool waiting, opened;
};

void search_start(struct search *s, const struct search_ops *ops, void *ctx, uint8_t bits, uint32_t id);

/*
 * Some tries.  NOW: milliseconds of a clock that only goes on.  *RET_WAIT: milliseconds until the next slice can know
 * more, 0 when at once.
 */
enum search_state search_slice(struct search *s, uint64_t now, uint32_t *ret_wait, char err[static 256]);

/* The prefix that was found is of no use, because the key had it before: the search goes on. */
void search_pass(struct search *s);

#endif
