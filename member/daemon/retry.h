/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Something that failed and is tried again: since when and why it fails, and when the next attempt is, 2 s after the
 * first failure and then ever later, up to a minute.  Pure: times are milliseconds.
 */
#ifndef MEMBER_DAEMON_RETRY_H
#define MEMBER_DAEMON_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#define RETRY_FIRST_MS 2000
#define RETRY_MAX_MS 60000

struct retry { /* all zero: it does not fail */
	uint64_t since, wait_ms;
	char why[256]; /* empty: it does not fail */
};

/* It failed: after how many milliseconds the next attempt is due; TELL: for another cause than before, or anew. */
uint64_t retry_failed(struct retry *r, uint64_t now, const char *why, bool *tell);
/* It succeeded: true when it had failed before. */
bool retry_succeeded(struct retry *r);
static inline bool retry_failing(const struct retry *r)
{
	return r->why[0] != '\0';
}

#endif
