/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A group's turn at its server (member/group/turns.h). */
#include "member/group/private.h"

void group_turn_comes(struct group *g, bool free)
{
	if (!g->turn.queued)
		return;
	g->turn.free = free;
	schedule_at(g, free ? g->schedule.at + group_draw(g, RETURN_SPREAD_MS) : 0);
}

void group_turn_leave(struct group *g)
{
	g->turn.queued = false;
	if (g->env.turns)
		turns_leave(g->env.turns, g);
}

void group_turn_answered(struct group *g, bool proved)
{
	if (g->env.turns)
		turns_answered(g->env.turns, g, proved);
}

bool group_is_turn(struct group *g, uint64_t now)
{
	bool queued = g->turn.queued, is_free = g->turn.free;
	uint64_t at;

	g->turn.queued = g->turn.free = false;
	if (!g->env.turns || is_free ||
	    turns_take(g->env.turns, g, g->gateway->local_address, group_asked(g), now, &at))
		return true;
	g->turn.queued = true;
	schedule_at(g, at);
	if (!queued)
		group_enter_for(g, RECORD_ENTERED, group_keys_held(g) ? GROUP_RENEWING : GROUP_REGISTERING, 0,
				REASON_OTHER_GROUP_FIRST, record_address(group_asked(g)));
	return false;
}
