/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When the kernel is brought back to the plan because other programs changed what is ours, or may have: at once after a
 * quiet time, and ever later, up to REPAIR_MAX_MS, while they go on.  Repairs of a large plan take long: all of them
 * together take a tenth of the processor, with REPAIR_CREDIT_MS ahead.  Pure: times are milliseconds.
 */
#ifndef MEMBER_DAEMON_REPAIR_H
#define MEMBER_DAEMON_REPAIR_H

#include <stdbool.h>
#include <stdint.h>

#define REPAIR_FIRST_MS 100
#define REPAIR_MAX_MS 1500
#define REPAIR_QUIET_MS 30000 /* so long without a change, and the next repair is the first one again */
#define REPAIR_SHARE 10       /* one of so many milliseconds is for repairs */
#define REPAIR_CREDIT_MS 2000

struct repair {           /* all zero: none is wanted, and there was none */
	uint64_t due;     /* 0: none is wanted */
	uint64_t wanted;  /* since when */
	uint64_t ended;   /* the last one */
	uint64_t wait_ms; /* after it */
	uint64_t debt;    /* what repairs took beyond their share, when the last one ended */
};

/* Something of ours was changed: one is due, now or later. */
void repair_want(struct repair *r, uint64_t now);
/* Whether one is due at NOW. */
bool repair_is_due(const struct repair *r, uint64_t now);
/* The kernel was brought to the plan, for this cause or for another one, from BEGAN to ENDED; COST: of the processor.
 */
void repair_done(struct repair *r, uint64_t began, uint64_t ended, uint64_t cost);
static inline bool repair_wanted(const struct repair *r)
{
	return r->due != 0;
}

#endif
