/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of a group, why it is in that state, and the one place where both change. */
#include "member/group/private.h"

void group_begin_state(struct group *g)
{
	g->life.state = GROUP_IDLE;
	record_set(&g->life.reason, g->vpn->used ? REASON_NOT_STARTED : REASON_UNUSED);
}

void group_enter(struct group *g, enum record_id line, enum group_state state, uint64_t seconds,
		 const struct record *why)
{
	enum group_state old = g->life.state;

	g->life.reason = *why;
	g->life.state = state;
	group_tell(g, 0, line, record_state(old), record_state(state), record_clause(why), record_number(seconds));
}

void group_stay_because(struct group *g, const struct record *why)
{
	g->life.reason = *why;
}

enum group_state group_state(const struct group *g)
{
	return g->life.state;
}

const struct record *group_reason(const struct group *g)
{
	return &g->life.reason;
}
