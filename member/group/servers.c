/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long each server of a round is waited for.  A round has the time until others begin to send with the next key
 * (the soft end), or if that is too short for it, until this one's own last key ends: its servers share what is left,
 * so that all of them can be dead but the last one and traffic does not stop (rows A3, A7).
 */
#include "member/group/private.h"

#define RETRANSMITS_MAX 4

static unsigned all_servers(const struct group *g)
{
	return (1u << g->gateway->n_servers) - 1;
}

static bool has_server(unsigned set, size_t server)
{
	return set >> server & 1;
}

/* UINT64_MAX: no key is held, or none ends. */
static void newest_ends(const struct group *g, uint64_t *soft, uint64_t *hard)
{
	*soft = *hard = UINT64_MAX;
	for (size_t i = 0; i < keyring_policies(g->keys); i++) {
		const struct keyring_policy *p = keyring_policy(g->keys, i);
		const struct keyring_sa *newest = p->n_keys > 0 ? p->keys[p->n_keys - 1].sa : NULL;

		if (newest && newest->soft_at < *soft)
			*soft = newest->soft_at;
		if (newest && newest->hard_at < *hard)
			*hard = newest->hard_at;
	}
}

uint64_t group_keys_left(const struct group *g, uint64_t now)
{
	uint64_t soft, hard;

	newest_ends(g, &soft, &hard);
	if (hard == UINT64_MAX)
		return hard;
	return hard > now ? hard - now : 0;
}

bool group_urgent(const struct group *g, uint64_t now)
{
	return !group_keys_held(g) || group_keyless(g) > 0 || group_keys_left(g, now) <= URGENT_LEFT_MS;
}

uint64_t group_urgent_at(const struct group *g)
{
	uint64_t soft, hard;

	newest_ends(g, &soft, &hard);
	if (!group_keys_held(g) || group_keyless(g) > 0)
		return 0;
	return hard == UINT64_MAX ? hard : hard < URGENT_LEFT_MS ? 0 : hard - URGENT_LEFT_MS;
}

static uint64_t silence_ms(const struct group *g, uint64_t now)
{
	uint64_t left = (uint64_t)__builtin_popcount(all_servers(g) & ~g->servers.tried) + 1, soft, hard, ms;

	if (has_server(g->servers.failed,
		       g->servers.asked)) /* it is most likely still dead; that it is back shows at once */
		return SILENCE_LEAST_MS;
	newest_ends(g, &soft, &hard);
	if (hard == UINT64_MAX || hard <= now)
		return SILENCE_MS;
	ms = (soft < hard && soft >= now + left * SILENCE_LEAST_MS ? soft - now : hard - now) / left;
	if (ms < SILENCE_LEAST_MS)
		return SILENCE_LEAST_MS;
	return ms > SILENCE_MS ? SILENCE_MS : ms;
}

/* Times for a pull when there is time: the server that is asked has its share of the time. */
static void patient_times(struct group *g, uint64_t now, struct pull_timing *ret)
{
	uint64_t ms = g->gateway->n_servers > 1 ? silence_ms(g, now) : SILENCE_MS;
	unsigned n = RETRANSMITS_MAX;

	while (n > 1 && ms / ((2u << n) - 1) < SILENCE_INTERVAL_LEAST_MS)
		n--;
	*ret = (struct pull_timing){
		.first_ms = (uint32_t)(ms / ((2u << n) - 1)),
		.retransmits = (uint8_t)n,
		.answered_longest_ms = RESEND_ANSWERED_MS,
		.answered_retransmits = RESEND_ANSWERED,
		.answered_fresh_after = RESEND_FRESH_AFTER,
		.total_ms = (uint32_t)(2 * ms), /* five answers are awaited, and none may come late for ever */
	};
	g->servers.leave_at = UINT64_MAX;
}

/*
 * Times for a pull when there is no time: a lost datagram is repeated soon, and the member does not wait for a silent
 * server while there are others.
 */
static void urgent_times(struct group *g, uint64_t now, struct pull_timing *ret)
{
	uint64_t untried = (uint64_t)__builtin_popcount(all_servers(g) & ~g->servers.tried) + 1;
	uint64_t left = group_keys_left(g, now); /* 0 and more than enough: traffic is blocked as it is */
	bool others = g->gateway->n_servers > 1;
	uint64_t leave = others ? LEAVE_MS : LEAVE_ONLY_MS;

	if (others && left > 0 && left / untried < leave)
		leave = left / untried > LEAVE_LEAST_MS ? left / untried : LEAVE_LEAST_MS;
	*ret = (struct pull_timing){
		.first_ms = RESEND_MS + group_draw(g, RESEND_MS / 10),
		.even = RESEND_EVEN,
		.longest_ms = RESEND_LONGEST_MS + group_draw(g, RESEND_MS),
		.retransmits = RESEND_URGENT,
		.quick_ms = RESEND_QUICK_MS,
		.answered_longest_ms = RESEND_ANSWERED_URGENT_MS,
		.answered_retransmits = RESEND_ANSWERED,
		.answered_fresh_after = RESEND_FRESH_AFTER,
		.total_ms = UINT32_MAX,
		.answered_total_ms = others ? ANSWERED_TOTAL_MS : ANSWERED_TOTAL_ONLY_MS,
	};
	g->servers.leave_at = now + leave;
}

void group_set_times_only(struct group *g, uint64_t now, struct pull_timing *ret)
{
	uint64_t leave_at = g->servers.leave_at;

	group_set_times(g, now, ret);
	g->servers.leave_at = leave_at;
}

void group_set_times(struct group *g, uint64_t now, struct pull_timing *ret)
{
	g->servers.urgent = group_urgent(g, now);
	(g->servers.urgent ? urgent_times : patient_times)(g, now, ret);
}

/* The first from FROM on, and around, that is not in NOT; all are: n_servers. */
static size_t first_not_in(const struct group *g, size_t from, unsigned not )
{
	size_t n = g->gateway->n_servers;

	for (size_t i = 0; i < n; i++)
		if (!has_server(not, (from + i) % n))
			return (from + i) % n;
	return n;
}

/* Close to the end there is no time for servers that are most likely dead. */
static bool is_hurried(const struct group *g, uint64_t now)
{
	return group_keys_left(g, now) < 3 * SILENCE_LEAST_MS;
}

static void ask_server(struct group *g, size_t server)
{
	g->servers.asked = server;
	g->servers.tried |= 1u << server;
}

void group_first_server(struct group *g, uint64_t now)
{
	g->servers.tried = 0;
	g->servers.answered = false;
	g->servers.unusable = false;
	ask_server(g, g->servers.spare_failed || is_hurried(g, now) ? first_not_in(g, 0, g->servers.failed) : 0);
}

bool group_next_server(struct group *g, uint64_t now)
{
	size_t next = g->gateway->n_servers;

	g->servers.failed |= 1u << g->servers.asked;
	if (g->servers.failed == all_servers(g)) /* which is the better one is not known any more */
		g->servers.failed = 0;
	if (is_hurried(g, now))
		next = first_not_in(g, g->servers.asked, g->servers.tried | g->servers.failed);
	if (next == g->gateway->n_servers)
		next = first_not_in(g, g->servers.asked, g->servers.tried);
	if (next == g->gateway->n_servers)
		return false;
	ask_server(g, next);
	return true;
}

void group_server_good(struct group *g, bool newer)
{
	g->servers.failed &= ~(1u << g->servers.asked);
	g->servers.spare_failed = !newer && !g->servers.spare_failed;
}

void group_server_first(struct group *g)
{
	g->servers.asked = 0;
}

void group_server_answered(struct group *g)
{
	g->servers.answered = true;
}

void group_server_unusable(struct group *g)
{
	g->servers.unusable = true;
}

void group_server_has_doi(struct group *g, uint16_t doi)
{
	g->servers.learnt_doi[g->servers.asked] = doi;
}

void group_server_registered(struct group *g)
{
	g->servers.registered = group_asked(g);
	g->servers.registered_once = true;
}

void group_choose_server(struct group *g, size_t server)
{
	g->servers.asked = server;
	g->servers.leave_at = UINT64_MAX;
}

void group_begin_servers(struct group *g)
{
	g->servers.leave_at = UINT64_MAX;
}

void group_forget_servers(struct group *g)
{
	memset(g->servers.learnt_doi, 0, sizeof(g->servers.learnt_doi));
	g->servers.failed = 0;
}

uint32_t group_server(const struct group *g)
{
	return g->servers.registered_once ? g->servers.registered : g->gateway->servers[g->servers.asked];
}
