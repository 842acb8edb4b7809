/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A group's turn at its server (member/group/turns.h). */
#include "member/group/private.h"

void group_turn_comes(struct group *g, bool free)
{
	if (!g->queued)
		return;
	g->turn_free = free;
	g->next_registration = free ? g->next_registration + group_draw(g, RETURN_SPREAD_MS) : 0;
}

bool group_is_turn(struct group *g, uint64_t now)
{
	bool queued = g->queued, is_free = g->turn_free;
	uint64_t at;

	g->queued = g->turn_free = false;
	if (!g->env.turns || is_free ||
	    turns_take(g->env.turns, g, g->gateway->local_address, group_asked(g), now, &at))
		return true;
	g->queued = true;
	g->next_registration = at;
	if (!queued)
		group_enter_for(g, RECORD_ENTERED, group_keys_held(g) ? GROUP_RENEWING : GROUP_REGISTERING, 0,
				REASON_OTHER_GROUP_FIRST, record_address(group_asked(g)));
	return false;
}
