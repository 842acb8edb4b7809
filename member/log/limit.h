/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines whose rate a peer decides are limited: of each level, event and server LOG_LIMIT_LINES are logged in
 * LOG_LIMIT_MS from the first one; those beyond are counted, and told as one number when that time is over.  What an
 * operator does and what a group's state becomes is never passed through here.
 *
 * Pure and bounded: when more servers and events than LOG_LIMIT_KEYS are told apart, the others share one allowance.
 * Times are milliseconds of the boot time clock.  Zero is ready for use.
 */
#ifndef MEMBER_LOG_LIMIT_H
#define MEMBER_LOG_LIMIT_H

#include "member/log/event.h"
#include "member/log/log.h"

#define LOG_LIMIT_LINES 5
#define LOG_LIMIT_MS 30000
#define LOG_LIMIT_KEYS 16

struct log_limit_entry {
	bool used;
	enum log_level level;
	enum event event;
	uint32_t server;
	uint64_t since; /* of the first line */
	unsigned logged, missed;
};

struct log_limit {
	struct log_limit_entry entries[LOG_LIMIT_KEYS + 1]; /* the last is the shared one: of no event and server */
};

/* Whether the line may be logged.  Tell what log_limit_due() has first. */
GVPN_MUST_CHECK bool log_limit_pass(struct log_limit *l, uint64_t now, enum log_level level, enum event event,
				    uint32_t server);

/* What was not logged and is to be told at NOW: call until it is false. */
struct log_limit_missed {
	enum log_level level;
	enum event event;
	uint32_t server; /* 0: of several */
	unsigned lines;
};
GVPN_MUST_CHECK bool log_limit_due(struct log_limit *l, uint64_t now, struct log_limit_missed *ret);
uint64_t log_limit_deadline(const struct log_limit *l); /* of log_limit_due(); UINT64_MAX: nothing was missed */

#endif
