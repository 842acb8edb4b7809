/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The time of a group's next registration: before its keys and its KEK end, or after a delay when the servers have
 * failed.  A pull that is under way has no entry here: it has its own deadline.
 */
#include "member/group/private.h"

void schedule_at(struct group *g, uint64_t at)
{
	g->schedule.at = at;
}

void schedule_nothing(struct group *g)
{
	g->schedule.at = UINT64_MAX;
}

void schedule_no_later(struct group *g, uint64_t at)
{
	if (at < g->schedule.at)
		g->schedule.at = at;
}

void schedule_soon(struct group *g, uint64_t now)
{
	g->schedule.at = now + group_draw(g, RETURN_SPREAD_MS);
}

void group_register_soon(struct group *g, uint64_t now)
{
	uint64_t at = now + group_draw(g, RETURN_SPREAD_MS);

	if (!group_pulling(g) && g->life.state == GROUP_REGISTERED)
		schedule_no_later(g, at);
}

void schedule_first(struct group *g)
{
	g->schedule = (struct group_schedule){ .at = UINT64_MAX, .again_ms = STALE_FIRST_MS };
}

void schedule_without_delay(struct group *g)
{
	g->schedule.wait_ms = 0;
}

void schedule_draw_share(struct group *g)
{
	g->schedule.share = group_draw(g, 1001);
}

void schedule_succeeded(struct group *g)
{
	g->schedule.wait_ms = 0;
	g->schedule.again_ms = STALE_FIRST_MS;
	schedule_draw_share(g);
}

/* --- after a registration that did not succeed --- */

static uint64_t doubled_wait(uint64_t ms)
{
	return ms * 2 > WAIT_MAX_MS ? WAIT_MAX_MS : ms * 2;
}

/* No longer than until the registration becomes urgent, unless it is urgent already. */
void schedule_after_round(struct group *g, uint64_t now)
{
	bool urgent = group_urgent(g, now), unusable = g->servers.unusable;
	uint64_t most = urgent && !unusable ? WAIT_URGENT_MS : WAIT_MAX_MS, at = group_urgent_at(g), ms, tenth;

	if (g->schedule.wait_ms == 0)
		g->schedule.wait_ms = g->servers.answered && !unusable ? WAIT_ANSWERED_MS : WAIT_FIRST_MS;
	ms = g->schedule.wait_ms < most ? g->schedule.wait_ms : most;
	g->schedule.wait_ms = doubled_wait(g->schedule.wait_ms);
	tenth = ms / 10;
	ms = ms - tenth + group_draw(g, (uint32_t)(2 * tenth + 1));
	g->schedule.at = !urgent && at > now && at - now < ms ? at : now + ms;
}

/* When keys and KEK are there, the push may have done what the pull was for: the renewal is planned anew. */
void schedule_after_stale(struct group *g, uint64_t now, bool renewal)
{
	uint64_t half = g->schedule.again_ms / 2, soon = now + half + group_draw(g, (uint32_t)(half + 1));

	g->schedule.again_ms = doubled_wait(g->schedule.again_ms);
	g->schedule.at = soon;
	if (!renewal)
		return;
	schedule_renewal(g, now, false);
	if (g->schedule.at < soon)
		g->schedule.at = soon;
}

/* --- before keys and KEK end --- */

/*
 * Before the KEK ends, spread as for keys.  A server may make the successor only then, or say it by push: when the
 * window has passed, the member asks after half of what remains, a few times and not every RENEW_AGAIN_MS.
 */
static uint64_t renew_kek_at(const struct group *g, uint64_t now)
{
	uint64_t at, half;

	if (!g->keks.sa || g->keks.ends == UINT64_MAX)
		return UINT64_MAX;
	at = keyring_renew_point(g->keks.life, g->keks.ends, g->schedule.share, g->gateway->n_servers);
	if (at > now)
		return at;
	half = g->keks.ends > now ? (g->keks.ends - now) / 2 : 0;
	return now + (half > RENEW_AGAIN_MS ? half : RENEW_AGAIN_MS);
}

static uint64_t renew_again(const struct group *g, uint64_t now)
{
	uint64_t left = group_keys_left(g, now), ms = RENEW_AGAIN_MS;

	if (left != UINT64_MAX && left / RENEW_AGAIN_PART > ms)
		ms = left / RENEW_AGAIN_PART;
	return now + ms + group_draw(g, (uint32_t)(ms / 4 + 1));
}

void schedule_renewal(struct group *g, uint64_t now, bool newer)
{
	uint64_t at = keyring_renew_at(g->keys, g->schedule.share, g->gateway->n_servers);
	uint64_t kek_at = renew_kek_at(g, now);

	/* A new key that is as old as the present one brought nothing either. */
	if (at <= now || (!newer && at < now + RENEW_AGAIN_MS))
		at = renew_again(g, now);
	if (kek_at < at)
		at = kek_at;
	if (at == UINT64_MAX) /* no keys, no KEK that ends: ask again rather than wait for ever */
		at = now + WAIT_MAX_MS;
	g->schedule.at = at < now ? now : at;
}
