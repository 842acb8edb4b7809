/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/log/limit.h"

#include <limits.h>

static bool is_over(const struct log_limit_entry *e, uint64_t now)
{
	return now >= e->since && now - e->since >= LOG_LIMIT_MS;
}

static struct log_limit_entry *find(struct log_limit *l, enum log_level level, enum event event, uint32_t server)
{
	for (size_t i = 0; i < LOG_LIMIT_KEYS; i++) {
		struct log_limit_entry *e = &l->entries[i];

		if (e->used && e->level == level && e->event == event && e->server == server)
			return e;
	}
	return NULL;
}

/* A free entry, one whose time is over without a line to tell of, or the shared one. */
static struct log_limit_entry *take(struct log_limit *l, uint64_t now, enum log_level level, enum event event,
				    uint32_t server)
{
	struct log_limit_entry *shared = &l->entries[LOG_LIMIT_KEYS];

	for (size_t i = 0; i < LOG_LIMIT_KEYS; i++) {
		struct log_limit_entry *e = &l->entries[i];

		if (e->used && (!is_over(e, now) || e->missed > 0))
			continue;
		*e = (struct log_limit_entry){ .used = true, .level = level, .event = event, .server = server };
		e->since = now;
		return e;
	}
	if (!shared->used)
		*shared = (struct log_limit_entry){ .used = true, .level = level, .since = now };
	if (level < shared->level)
		shared->level = level;
	return shared;
}

bool log_limit_pass(struct log_limit *l, uint64_t now, enum log_level level, enum event event, uint32_t server)
{
	struct log_limit_entry *e = find(l, level, event, server);

	if (!e)
		e = take(l, now, level, event, server);
	if (is_over(e, now) && e->missed == 0) {
		e->since = now;
		e->logged = 0;
	}
	if (e->logged < LOG_LIMIT_LINES) {
		e->logged++;
		return true;
	}
	if (e->missed < UINT_MAX)
		e->missed++;
	return false;
}

bool log_limit_due(struct log_limit *l, uint64_t now, struct log_limit_missed *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(l->entries); i++) {
		struct log_limit_entry *e = &l->entries[i];

		if (e->missed == 0 || !is_over(e, now))
			continue;
		*ret = (struct log_limit_missed){ e->level, e->event, e->server, e->missed };
		*e = (struct log_limit_entry){ 0 };
		return true;
	}
	return false;
}

uint64_t log_limit_deadline(const struct log_limit *l)
{
	uint64_t at = UINT64_MAX;

	for (size_t i = 0; i < ARRAY_SIZE(l->entries); i++) {
		const struct log_limit_entry *e = &l->entries[i];

		if (e->missed > 0 && e->since + LOG_LIMIT_MS < at)
			at = e->since + LOG_LIMIT_MS;
	}
	return at;
}
