/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/rate_limit.h"

#include <limits.h>

static bool is_over(const struct rate_limit_entry *e, uint64_t now)
{
	return now >= e->since && now - e->since >= RATE_LIMIT_MS;
}

static bool same_key(struct rate_key a, struct rate_key b)
{
	return a.level == b.level && a.event == b.event && a.peer == b.peer;
}

static struct rate_limit_entry *find_entry(struct rate_limit *l, struct rate_key key)
{
	for (size_t i = 0; i < RATE_LIMIT_KEYS; i++)
		if (l->entries[i].used && same_key(l->entries[i].key, key))
			return &l->entries[i];
	return NULL;
}

/* A free entry, or one whose time is over and that has nothing to tell, or the shared one. */
static struct rate_limit_entry *take_entry(struct rate_limit *l, uint64_t now, struct rate_key key)
{
	struct rate_limit_entry *shared = &l->entries[RATE_LIMIT_KEYS];

	for (size_t i = 0; i < RATE_LIMIT_KEYS; i++) {
		struct rate_limit_entry *e = &l->entries[i];

		if (e->used && (!is_over(e, now) || e->missed > 0))
			continue;
		*e = (struct rate_limit_entry){ .used = true, .key = key, .since = now };
		return e;
	}
	if (!shared->used)
		*shared = (struct rate_limit_entry){ .used = true, .key.level = key.level, .since = now };
	if (key.level < shared->key.level)
		shared->key.level = key.level;
	return shared;
}

bool rate_limit_pass(struct rate_limit *l, uint64_t now, struct rate_key key)
{
	struct rate_limit_entry *e = find_entry(l, key);

	if (!e)
		e = take_entry(l, now, key);
	if (is_over(e, now) && e->missed == 0) {
		e->since = now;
		e->passed = 0;
	}
	if (e->passed < RATE_LIMIT_LINES) {
		e->passed++;
		return true;
	}
	if (e->missed < UINT_MAX)
		e->missed++;
	return false;
}

bool rate_limit_due(struct rate_limit *l, uint64_t now, struct rate_limit_missed *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(l->entries); i++) {
		struct rate_limit_entry *e = &l->entries[i];

		if (e->missed == 0 || !is_over(e, now))
			continue;
		*ret = (struct rate_limit_missed){ e->key, e->missed };
		*e = (struct rate_limit_entry){ 0 };
		return true;
	}
	return false;
}

uint64_t rate_limit_deadline(const struct rate_limit *l)
{
	uint64_t at = UINT64_MAX;

	for (size_t i = 0; i < ARRAY_SIZE(l->entries); i++) {
		const struct rate_limit_entry *e = &l->entries[i];

		if (e->missed > 0 && e->since + RATE_LIMIT_MS < at)
			at = e->since + RATE_LIMIT_MS;
	}
	return at;
}
