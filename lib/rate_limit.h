/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one limiter of log lines whose rate a peer, a client or another program decides.  RATE_LIMIT_LINES lines of each
 * key pass within RATE_LIMIT_MS, counted from the first of them.  Further lines are counted, and one line tells their
 * number when that time is over.  Lines about an operator's commands and about a group's state are never limited.
 *
 * Pure and bounded: when more keys than RATE_LIMIT_KEYS are in use, the further ones share one allowance.  Nobody can
 * use up the allowance of another limiter, so who decides the rate of one kind of line has a limiter apart.  Times are
 * milliseconds of the caller's clock.  All zero is ready for use.
 */
#ifndef LIB_RATE_LIMIT_H
#define LIB_RATE_LIMIT_H

#include "lib/base.h"

#define RATE_LIMIT_LINES 5
#define RATE_LIMIT_MS 30000
#define RATE_LIMIT_KEYS 16

/* Lines of one key have one allowance.  The caller gives the numbers their meaning. */
struct rate_key {
	int level;      /* of the log; a lower one is more severe */
	unsigned event; /* 0: none */
	uint32_t peer;  /* an address; 0: none, or several */
};

struct rate_limit_entry {
	bool used;
	struct rate_key key;
	uint64_t since; /* of the first line */
	unsigned passed, missed;
};

struct rate_limit {
	/* The last entry is the shared one: it keeps the most severe level, and neither event nor peer. */
	struct rate_limit_entry entries[RATE_LIMIT_KEYS + 1];
};

/* Whether a line of KEY may be written.  Call rate_limit_due() first, and tell what it gives. */
GVPN_MUST_CHECK bool rate_limit_pass(struct rate_limit *l, uint64_t now, struct rate_key key);

/* Lines that did not pass and are to be told of at NOW: call until the answer is false. */
struct rate_limit_missed {
	struct rate_key key;
	unsigned lines;
};
GVPN_MUST_CHECK bool rate_limit_due(struct rate_limit *l, uint64_t now, struct rate_limit_missed *ret);
/* When rate_limit_due() has something to tell; UINT64_MAX: every line passed. */
uint64_t rate_limit_deadline(const struct rate_limit *l);

#endif
