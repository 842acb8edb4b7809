/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pulls that go on beside the group's: while it is urgent a server that has not proved itself is left for the next one,
 * but what was sent to it may still be answered, by a slow server or by one that comes back.  An answer before the end
 * of phase 1 may be anybody's: it decides nothing, and the pull that proves its server first takes the place.
 */
#include "member/group/private.h"

void group_late_drop(struct group *g, size_t server)
{
	pull_free(g->late[server]);
	g->late[server] = NULL;
}

void group_late_drop_all(struct group *g)
{
	for (size_t i = 0; i < CONFIG_SERVERS_MAX; i++)
		group_late_drop(g, i);
}

void group_late_keep(struct group *g)
{
	group_late_drop(g, g->server);
	g->late[g->server] = g->pull;
	g->pull = NULL;
	group_pull_drop(g);
}

bool group_late_resume(struct group *g)
{
	if (!g->late[g->server])
		return false;
	g->pull = g->late[g->server];
	g->late[g->server] = NULL;
	return true;
}

void group_late_tick(struct group *g, uint64_t now)
{
	if (g->state == GROUP_REGISTERED) /* a push has brought what they were for */
		group_late_drop_all(g);
	for (size_t i = 0; i < g->gateway->n_servers; i++) {
		const struct udp_ends ends = group_ends(g, i);
		struct ike_out out = { 0 };

		if (!g->late[i] || pull_deadline(g->late[i]) > now)
			continue;
		pull_step(g->late[i], now, NULL, 0, &out);
		group_put_out(g, now, &out, &ends);
		if (pull_state(g->late[i]) != PULL_RUNNING) /* it was counted when its server was left */
			group_late_drop(g, i);
	}
}

uint64_t group_late_deadline(const struct group *g)
{
	uint64_t at = UINT64_MAX;

	for (size_t i = 0; i < CONFIG_SERVERS_MAX; i++)
		if (g->late[i] && pull_deadline(g->late[i]) < at)
			at = pull_deadline(g->late[i]);
	return at;
}

/* The present pull has not proved its server, or there is none: this one's place is better. */
static void choose(struct group *g, size_t server)
{
	struct pull *p = g->late[server];

	g->late[server] = NULL;
	if (g->pull)
		group_late_keep(g);
	group_pull_drop(g);
	g->pull = p;
	g->server = server;
	g->leave_at = UINT64_MAX;
	g->next_registration = UINT64_MAX;
	group_enter_for(g, RECORD_ENTERED, group_keys_held(g) ? GROUP_RENEWING : GROUP_REGISTERING, 0,
			REASON_ANSWERS_AFTER_ALL, record_address(g->gateway->servers[server]));
}

bool group_late_datagram(struct group *g, uint64_t now, const struct udp_ends *ends, const uint8_t *data, size_t len,
			 struct ike_out *out, bool *ret)
{
	size_t i = 0;

	*ret = false;
	while (i < g->gateway->n_servers &&
	       (!g->late[i] || g->gateway->servers[i] != ends->remote || !pull_owns(g->late[i], data, len)))
		i++;
	if (i == g->gateway->n_servers)
		return false;
	if (g->pull && pull_authenticated(g->pull)) /* it is repeated if it is wanted later */
		return true;
	pull_step(g->late[i], now, data, len, out);
	if (!pull_authenticated(g->late[i])) {
		group_put_out(g, now, out, ends);
		if (pull_state(g->late[i]) != PULL_RUNNING)
			group_late_drop(g, i);
		return true;
	}
	choose(g, i);
	*ret = true;
	return true;
}

/* What is unanswered goes out at once: 30 s and more may be left to its next repetition. */
static void send_again(struct group *g, uint64_t now, struct pull *p, size_t server)
{
	const struct udp_ends ends = group_ends(g, server);
	uint64_t leave_at = g->leave_at;
	struct pull_timing timing;
	struct ike_out out = { 0 };

	group_set_times(g, now, &timing);
	if (p != g->pull)
		g->leave_at = leave_at;
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
	if (g->pull && g->server == i && !pull_authenticated(g->pull))
		send_again(g, now, g->pull, i);
	else if (g->late[i] && !(g->pull && pull_authenticated(g->pull)))
		send_again(g, now, g->late[i], i);
	else if (g->state == GROUP_WAITING)
		g->next_registration = now + group_draw(g, RETURN_SPREAD_MS);
}
