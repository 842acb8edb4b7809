/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pulls that go on beside the group's: while it is urgent a server that has not proved itself is left for the next one,
 * but what was sent to it may still be answered, by a slow server or by one that comes back.  An answer before the end
 * of phase 1 may be anybody's: it decides nothing, and the pull that proves its server first takes the place.
 */
#include "member/group/private.h"

void group_late_drop(struct group *g, size_t server)
{
	pull_free(g->late.pulls[server]);
	g->late.pulls[server] = NULL;
}

void group_late_drop_all(struct group *g)
{
	for (size_t i = 0; i < CONFIG_SERVERS_MAX; i++)
		group_late_drop(g, i);
}

void group_late_keep(struct group *g)
{
	group_late_drop(g, g->servers.asked);
	g->late.pulls[g->servers.asked] = group_pull_give(g);
	group_pull_drop(g);
}

bool group_late_resume(struct group *g)
{
	if (!g->late.pulls[g->servers.asked])
		return false;
	group_pull_take(g, TAKE(g->late.pulls[g->servers.asked]));
	return true;
}

void group_late_tick(struct group *g, uint64_t now)
{
	if (g->life.state == GROUP_REGISTERED) /* a push has brought what they were for */
		group_late_drop_all(g);
	for (size_t i = 0; i < g->gateway->n_servers; i++) {
		const struct udp_ends ends = group_ends(g, i);
		struct ike_out out = { 0 };

		if (!g->late.pulls[i] || pull_deadline(g->late.pulls[i]) > now)
			continue;
		pull_step(g->late.pulls[i], now, NULL, 0, &out);
		group_put_out(g, now, &out, &ends);
		if (pull_state(g->late.pulls[i]) != PULL_RUNNING) /* it was counted when its server was left */
			group_late_drop(g, i);
	}
}

uint64_t group_late_deadline(const struct group *g)
{
	uint64_t at = UINT64_MAX;

	for (size_t i = 0; i < CONFIG_SERVERS_MAX; i++)
		if (g->late.pulls[i] && pull_deadline(g->late.pulls[i]) < at)
			at = pull_deadline(g->late.pulls[i]);
	return at;
}

/* The present pull has not proved its server, or there is none: this one's place is better. */
static void choose_pull(struct group *g, size_t server)
{
	struct pull *p = g->late.pulls[server];

	g->late.pulls[server] = NULL;
	if (g->registration.pull)
		group_late_keep(g);
	group_pull_drop(g);
	group_pull_take(g, p);
	group_choose_server(g, server);
	schedule_nothing(g);
	group_enter_for(g, RECORD_ENTERED, group_keys_held(g) ? GROUP_RENEWING : GROUP_REGISTERING, 0,
			REASON_ANSWERS_AFTER_ALL, record_address(g->gateway->servers[server]));
}

bool group_late_datagram(struct group *g, uint64_t now, const struct udp_ends *ends, const uint8_t *data, size_t len,
			 struct ike_out *out, bool *ret)
{
	size_t i = 0;

	*ret = false;
	while (i < g->gateway->n_servers &&
	       (!g->late.pulls[i] || g->gateway->servers[i] != ends->remote || !pull_owns(g->late.pulls[i], data, len)))
		i++;
	if (i == g->gateway->n_servers)
		return false;
	if (g->registration.pull && pull_authenticated(g->registration.pull)) /* it is repeated if it is wanted later */
		return true;
	pull_step(g->late.pulls[i], now, data, len, out);
	if (!pull_authenticated(g->late.pulls[i])) {
		group_put_out(g, now, out, ends);
		if (pull_state(g->late.pulls[i]) != PULL_RUNNING)
			group_late_drop(g, i);
		return true;
	}
	choose_pull(g, i);
	*ret = true;
	return true;
}

/* The unanswered message is sent at once: 30 s and more may be left until its next repetition. */
static void send_again(struct group *g, uint64_t now, struct pull *p, size_t server)
{
	const struct udp_ends ends = group_ends(g, server);
	struct pull_timing timing;
	struct ike_out out = { 0 };

	if (p == g->registration.pull)
		group_set_times(g, now, &timing);
	else
		group_set_times_only(g, now, &timing);
	pull_retime(p, now, &timing, true, &out);
	group_put_out(g, now, &out, &ends);
}

void group_path_up(struct group *g, uint64_t now, uint32_t local, uint32_t server)
{
	size_t i = 0;

	while (i < g->gateway->n_servers && g->gateway->servers[i] != server)
		i++;
	if (i == g->gateway->n_servers || g->gateway->local_address != local)
		return;
	if (g->registration.pull && g->servers.asked == i && !pull_authenticated(g->registration.pull))
		send_again(g, now, g->registration.pull, i);
	else if (g->late.pulls[i] && !(g->registration.pull && pull_authenticated(g->registration.pull)))
		send_again(g, now, g->late.pulls[i], i);
	else if (g->life.state == GROUP_WAITING)
		schedule_soon(g, now);
}
