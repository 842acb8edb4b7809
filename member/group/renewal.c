/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a group that is registered asks again: before its keys and its KEK end. */
#include "member/group/private.h"

/*
 * Before the KEK ends, spread as for keys.  A server may make the successor only then, or say it by push: when the
 * window has passed, the member asks after half of what remains, a few times and not every RENEW_AGAIN_MS.
 */
static uint64_t renew_kek_at(const struct group *g, uint64_t now)
{
	uint64_t at, half;

	if (!g->rekey || g->kek_ends == UINT64_MAX)
		return UINT64_MAX;
	at = keyring_renew_point(g->kek_life, g->kek_ends, g->share, g->gateway->n_servers);
	if (at > now)
		return at;
	half = g->kek_ends > now ? (g->kek_ends - now) / 2 : 0;
	return now + (half > RENEW_AGAIN_MS ? half : RENEW_AGAIN_MS);
}

static uint64_t renew_again(const struct group *g, uint64_t now)
{
	uint64_t left = group_keys_left(g, now), ms = RENEW_AGAIN_MS;

	if (left != UINT64_MAX && left / RENEW_AGAIN_PART > ms)
		ms = left / RENEW_AGAIN_PART;
	return now + ms + group_draw(g, (uint32_t)(ms / 4 + 1));
}

void group_plan_renewal(struct group *g, uint64_t now, bool newer)
{
	uint64_t at = keyring_renew_at(g->keys, g->share, g->gateway->n_servers);
	uint64_t kek_at = renew_kek_at(g, now);

	/* A new key that is as old as the present one brought nothing either. */
	if (at <= now || (!newer && at < now + RENEW_AGAIN_MS))
		at = renew_again(g, now);
	if (kek_at < at)
		at = kek_at;
	if (at == UINT64_MAX) /* no keys, no KEK that ends: ask again rather than wait for ever */
		at = now + WAIT_MAX_MS;
	g->next_registration = at < now ? now : at;
}
