/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The times of a keyring's keys: soft ends, ends that come forward, renewal (keyring.h). */
#include "member/group/keyring_private.h"

/*
 * The guide's samples: a key of 3600 s has its soft end 139 s before the hard one.  A short one keeps room for a
 * registration with two retransmissions.  Seconds.
 */
#define SOFT_MARGIN_MAX 139
#define SOFT_MARGIN_MIN 8
#define SOFT_LIFE 3600
/*
 * Members register again within a window, so that a fleet spreads over it.  It closes a while before the soft end,
 * because soon after it the new key is sent with and the last member must hold it; it opens after a server has made the
 * new key (510 s before the end in the guide).
 */
#define RENEW_LEAD_MAX 30
#define RENEW_LEAD_PART 8 /* of the lifetime */
#define RENEW_WINDOW_MAX 300
#define RENEW_WINDOW_PART 12
/*
 * A server that does not answer is left after 62 s where there is time (servers.c), so with N of them the window
 * closes N - 1 times that earlier, as far as a twentieth of the lifetime goes; it gives of its own length, so that it
 * does not open before the server has made the new key.
 */
#define SILENCE_SECONDS 62
#define SILENCE_PART 20
/* A cut key is renewed from this part of what it had left on: its server is not asked by all in the same second. */
#define CUT_LEAD_PART 16

/* Times are unsigned: what would be before the clock's beginning is the beginning. */
static uint64_t time_before(uint64_t at, uint64_t ms)
{
	return at > ms ? at - ms : 0;
}

uint64_t keyring_soft_margin(uint32_t life)
{
	uint64_t m = (uint64_t)life * SOFT_MARGIN_MAX / SOFT_LIFE;

	if (m > SOFT_MARGIN_MAX)
		m = SOFT_MARGIN_MAX;
	if (m < SOFT_MARGIN_MIN)
		m = SOFT_MARGIN_MIN;
	return m > life / 3 ? life / 3 : m;
}

void keyring_sa_times(struct keyring_sa *sa, uint64_t hard_at)
{
	sa->cut_at = 0;
	sa->hard_at = hard_at;
	sa->soft_at = time_before(hard_at, keyring_soft_margin(sa->tek.life_seconds) * 1000);
}

/*
 * The rest is treated as a short life of its own, with a soft end in proportion, whether the old soft end has passed or
 * not.
 */
void keyring_sa_cut(struct keyring_sa *sa, uint64_t until, uint64_t now)
{
	uint64_t left = until > now ? (until - now) / 1000 : 0;

	if (until >= sa->hard_at)
		return;
	sa->hard_at = until;
	sa->cut_at = now;
	sa->soft_at = time_before(until, keyring_soft_margin(left > UINT32_MAX ? UINT32_MAX : (uint32_t)left) * 1000);
}

uint64_t keyring_deadline(const struct keyring *k)
{
	uint64_t at = k->activation_at;

	for (size_t i = 0; i < k->n_sas; i++)
		if (k->sas[i]->hard_at < at)
			at = k->sas[i]->hard_at;
	return at;
}

/* Milliseconds. */
static uint64_t part_of_life(uint32_t life, uint64_t part, uint64_t most_seconds)
{
	uint64_t ms = (uint64_t)life * 1000 / part;

	return ms > most_seconds * 1000 ? most_seconds * 1000 : ms;
}

static uint64_t pick_time(uint64_t opens, uint64_t closes, unsigned share)
{
	return opens < closes ? closes - (closes - opens) * (share > 1000 ? 1000 : share) / 1000 : closes;
}

static uint64_t renew_before(uint32_t life, uint64_t soft_at, unsigned share, size_t servers)
{
	uint64_t silence = part_of_life(life, SILENCE_PART, servers > 1 ? (servers - 1) * SILENCE_SECONDS : 0);
	uint64_t window = part_of_life(life, RENEW_WINDOW_PART, RENEW_WINDOW_MAX);
	uint64_t closes = time_before(soft_at, part_of_life(life, RENEW_LEAD_PART, RENEW_LEAD_MAX) + silence);

	window = window > silence ? window - silence : window / 4;
	return pick_time(time_before(closes, window), closes, share);
}

uint64_t keyring_renew_point(uint32_t life, uint64_t hard_at, unsigned share, size_t servers)
{
	return renew_before(life, time_before(hard_at, keyring_soft_margin(life) * 1000), share, servers);
}

static uint64_t renew_sa_at(const struct keyring_sa *newest, unsigned share, size_t servers)
{
	uint64_t left;

	if (newest->worn)
		return newest->received;
	if (newest->cut_at == 0)
		return renew_before(newest->tek.life_seconds, newest->soft_at, share, servers);
	left = time_before(newest->soft_at, newest->cut_at);
	return pick_time(newest->cut_at + left / CUT_LEAD_PART, time_before(newest->soft_at, left / RENEW_LEAD_PART),
			 share);
}

uint64_t keyring_renew_at(const struct keyring *k, unsigned share, size_t servers)
{
	uint64_t at = UINT64_MAX;

	for (size_t i = 0; i < k->n_policies; i++) {
		const struct keyring_policy *p = &k->policies[i];
		uint64_t t = p->n_keys > 0 ? renew_sa_at(p->keys[p->n_keys - 1].sa, share, servers) : UINT64_MAX;

		if (t < at)
			at = t;
	}
	return at;
}
