/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When the kernel is brought to the plan, and whether it holds the plan.  There are four causes, each with a pace of
 * its own:
 *
 *   the plan is made from something that has changed    at once
 *   the kernel has refused the plan                     2 s after the first time, then ever later, up to a minute
 *   another program has changed what is ours            at once after a quiet time, else ever later, up to 1.5 s: a
 * repair another program has the place of something of ours  every 30 s, as nobody tells when that ends: a conflict
 *   packets cannot be stamped (D3P)                     as after a refusal, and the other groups go on meanwhile
 *
 * Repairs of a large plan take long: all of them together take a tenth of the processor, with REPAIR_CREDIT_MS ahead.
 *
 * Pure: times are milliseconds of one clock.
 */
#ifndef MEMBER_DAEMON_APPLY_SCHEDULE_H
#define MEMBER_DAEMON_APPLY_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#define RETRY_FIRST_MS 2000
#define RETRY_MAX_MS 60000
#define CONFLICT_AGAIN_MS 30000
#define REPAIR_FIRST_MS 100
#define REPAIR_MAX_MS 1500
#define REPAIR_QUIET_MS 30000 /* so long without a change, and the next repair is the first one again */
#define REPAIR_SHARE 10       /* one of so many milliseconds is for repairs */
#define REPAIR_CREDIT_MS 2000

/* Something that lasts, is told when it begins or gets another cause, and may be told when it ends. */
struct condition {
	bool holds;
	uint64_t since; /* while it holds */
	char why[256];
};
enum condition_news { CONDITION_AS_BEFORE, CONDITION_BEGAN, CONDITION_ENDED }; /* began: or got another cause */
/* WHY: why it holds now; NULL: it does not hold. */
enum condition_news condition_set(struct condition *c, uint64_t now, const char *why);

struct repair {           /* all zero: none is wanted, and there was none */
	uint64_t due;     /* 0: none is wanted */
	uint64_t wanted;  /* since when */
	uint64_t ended;   /* the last one */
	uint64_t wait_ms; /* after it */
	uint64_t debt;    /* what repairs took beyond their share, when the last one ended */
};

struct apply_schedule {           /* all zero: nothing is to be done */
	bool stale;               /* what the plan is made from has changed */
	uint64_t again;           /* the next attempt after a refusal or a conflict; 0: none is planned */
	uint64_t retry_ms;        /* after the last refusal */
	struct repair repair;     /* of what other programs changed */
	struct condition refused; /* the kernel does not take the plan */
	struct condition conflict;
	struct condition unstamped; /* packets cannot be stamped with the time (D3P): such keys are left out */
	uint64_t unstamped_ms;      /* after the last time that they could not */
	struct condition trimmed;   /* the kernel has no room for all that the VPNs come to */
};

/* Causes. */
void apply_want(struct apply_schedule *s);                      /* something that the plan is made from has changed */
void apply_want_repair(struct apply_schedule *s, uint64_t now); /* another program changed what is ours */

bool apply_is_due(const struct apply_schedule *s, uint64_t now);
uint64_t apply_deadline(const struct apply_schedule *s); /* UINT64_MAX: none */

/* The kernel is brought to the plan now, whatever the cause. */
void apply_begin(struct apply_schedule *s);
/* That took from BEGAN to ENDED, and COST of the processor.  Whether a repair was wanted, and is done. */
bool apply_end(struct apply_schedule *s, uint64_t began, uint64_t ended, uint64_t cost);

/* Results.  The kernel has refused the plan: whether to tell it, because the cause is another than before. */
bool apply_refused(struct apply_schedule *s, uint64_t now, const char *why);
/* The kernel has taken the plan: whether it had refused the plan before, and since when. */
bool apply_taken(struct apply_schedule *s, uint64_t *ret_since);
/* The kernel has taken the plan but for that of which others have the place; WHY NULL: but for nothing. */
enum condition_news apply_conflict(struct apply_schedule *s, uint64_t now, const char *why);
/* The kernel has taken the plan without what is sent with stamps; WHY NULL: with all of it.  After apply_conflict(). */
enum condition_news apply_unstamped(struct apply_schedule *s, uint64_t now, const char *why);

/* Whether the kernel holds the plan at this moment. */
enum plan_held { PLAN_HELD, PLAN_REFUSED, PLAN_CHANGED_BY_OTHERS, PLAN_UNSTAMPED, PLAN_IN_CONFLICT };
struct plan_holding {
	enum plan_held is;
	uint64_t since;  /* when it is not held */
	const char *why; /* the same, for an operator; lives as long as the schedule, unchanged */
};
struct plan_holding apply_holding(const struct apply_schedule *s);

#endif
