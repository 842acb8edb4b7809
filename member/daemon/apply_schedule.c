/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/apply_schedule.h"

#include <stdio.h>
#include <string.h>

enum condition_news condition_set(struct condition *c, uint64_t now, const char *why)
{
	bool held = c->holds;
	char text[sizeof(c->why)];

	if (!why) {
		c->holds = false;
		return held ? CONDITION_ENDED : CONDITION_AS_BEFORE;
	}
	snprintf(text, sizeof(text), "%s", why[0] ? why : "unknown");
	if (held && strcmp(c->why, text) == 0)
		return CONDITION_AS_BEFORE;
	if (!held)
		c->since = now;
	c->holds = true;
	memcpy(c->why, text, sizeof(c->why));
	return CONDITION_BEGAN;
}

/* --- repairs --- */

static void want_repair(struct repair *r, uint64_t now)
{
	uint64_t beyond = r->debt > REPAIR_CREDIT_MS ? (r->debt - REPAIR_CREDIT_MS) * REPAIR_SHARE : 0;
	uint64_t earliest = r->ended + (beyond > r->wait_ms ? beyond : r->wait_ms);

	if (r->due != 0)
		return;
	r->wanted = now;
	r->due = earliest > now ? earliest : now;
	if (r->due == 0) /* 0 stands for none */
		r->due = 1;
}

static void end_repair(struct repair *r, uint64_t began, uint64_t ended, uint64_t cost)
{
	uint64_t earned = (ended - r->ended) / REPAIR_SHARE;

	if (r->wait_ms == 0 || began > r->ended + REPAIR_QUIET_MS)
		r->wait_ms = REPAIR_FIRST_MS;
	else
		r->wait_ms *= 2;
	if (r->wait_ms > REPAIR_MAX_MS)
		r->wait_ms = REPAIR_MAX_MS;
	r->debt = (r->debt > earned ? r->debt - earned : 0) + cost;
	r->due = 0;
	r->ended = ended;
}

/* --- the schedule --- */

void apply_want(struct apply_schedule *s)
{
	s->stale = true;
}

void apply_want_repair(struct apply_schedule *s, uint64_t now)
{
	want_repair(&s->repair, now);
}

bool apply_is_due(const struct apply_schedule *s, uint64_t now)
{
	return s->stale || apply_deadline(s) <= now;
}

uint64_t apply_deadline(const struct apply_schedule *s)
{
	uint64_t at = s->again != 0 ? s->again : UINT64_MAX;

	return s->repair.due != 0 && s->repair.due < at ? s->repair.due : at;
}

void apply_begin(struct apply_schedule *s)
{
	s->stale = false;
	s->again = 0;
}

bool apply_end(struct apply_schedule *s, uint64_t began, uint64_t ended, uint64_t cost)
{
	if (s->repair.due == 0)
		return false;
	end_repair(&s->repair, began, ended, cost);
	return true;
}

static uint64_t ever_later(uint64_t ms)
{
	ms = ms == 0 ? RETRY_FIRST_MS : ms * 2;
	return ms < RETRY_MAX_MS ? ms : RETRY_MAX_MS;
}

bool apply_refused(struct apply_schedule *s, uint64_t now, const char *why)
{
	if (!s->refused.holds)
		s->retry_ms = 0;
	s->retry_ms = ever_later(s->retry_ms);
	s->again = now + s->retry_ms;
	return condition_set(&s->refused, now, why) == CONDITION_BEGAN;
}

bool apply_taken(struct apply_schedule *s, uint64_t *ret_since)
{
	*ret_since = s->refused.since;
	return condition_set(&s->refused, 0, NULL) == CONDITION_ENDED;
}

enum condition_news apply_conflict(struct apply_schedule *s, uint64_t now, const char *why)
{
	if (why)
		s->again = now + CONFLICT_AGAIN_MS;
	return condition_set(&s->conflict, now, why);
}

enum condition_news apply_unstamped(struct apply_schedule *s, uint64_t now, const char *why)
{
	if (why) {
		s->unstamped_ms = ever_later(s->unstamped.holds ? s->unstamped_ms : 0);
		if (s->again == 0 || now + s->unstamped_ms < s->again)
			s->again = now + s->unstamped_ms;
	}
	return condition_set(&s->unstamped, now, why);
}

struct plan_holding apply_holding(const struct apply_schedule *s)
{
	if (s->refused.holds)
		return (struct plan_holding){ PLAN_REFUSED, s->refused.since, s->refused.why };
	if (s->repair.due != 0)
		return (struct plan_holding){ PLAN_CHANGED_BY_OTHERS, s->repair.wanted,
					      "another program changed what is ours, see the log; it is made anew" };
	if (s->unstamped.holds)
		return (struct plan_holding){ PLAN_UNSTAMPED, s->unstamped.since, s->unstamped.why };
	if (s->conflict.holds)
		return (struct plan_holding){ PLAN_IN_CONFLICT, s->conflict.since, s->conflict.why };
	return (struct plan_holding){ .is = PLAN_HELD };
}
