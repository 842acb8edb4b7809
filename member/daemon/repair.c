/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/repair.h"

void repair_want(struct repair *r, uint64_t now)
{
	uint64_t beyond = r->debt > REPAIR_CREDIT_MS ? (r->debt - REPAIR_CREDIT_MS) * REPAIR_SHARE : 0;
	uint64_t earliest = r->ended + (beyond > r->wait_ms ? beyond : r->wait_ms);

	if (repair_wanted(r))
		return;
	r->wanted = now;
	r->due = earliest > now ? earliest : now;
	if (r->due == 0) /* which says that none is */
		r->due = 1;
}

bool repair_is_due(const struct repair *r, uint64_t now)
{
	return repair_wanted(r) && r->due <= now;
}

void repair_done(struct repair *r, uint64_t began, uint64_t ended, uint64_t cost)
{
	uint64_t earned = (ended - r->ended) / REPAIR_SHARE;

	if (!repair_wanted(r))
		return;
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
