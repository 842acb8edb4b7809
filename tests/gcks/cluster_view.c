/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/cluster_private.h"

#include <inttypes.h>

const char *cluster_role_name(enum cluster_role r)
{
	switch (r) {
	case CLUSTER_WAITING:
		return "waiting";
	case CLUSTER_FOLLOWING:
		return "following";
	case CLUSTER_PRIMARY:
		return "primary";
	}
	return "?";
}

void gdoi_cluster_view(const struct gdoi_cluster *c, uint64_t now, struct cluster_view *ret)
{
	const struct peer *primary = cluster_primary(c, now);

	*ret = (struct cluster_view){
		.config = &c->config,
		.group = gdoi_group_config(c->group),
		.role = c->role,
		.term = c->term,
		.version = c->version,
		.primary = c->role == CLUSTER_PRIMARY ? c->config.local
			   : primary                  ? cluster_peer_addr(c, primary)
						      : 0,
		.unacknowledged = c->n_events,
		.states_sent = c->states_sent,
		.states_taken = c->states_taken,
		.refused = c->refused,
	};
	for (size_t i = 0; i < c->config.n_peers; i++) {
		const struct peer *p = &c->peers[i];

		ret->peers[i] = (struct cluster_peer_view){
			.config = &c->config.peers[i],
			.heard = p->proven,
			.live = cluster_live(c, p, now),
			.root = p->root,
			.holds = p->holds,
			.primary = p->primary,
			.up_to_date = cluster_up_to_date(c, p),
			.seconds_ago = (uint32_t)((now - p->heard_at) / 1000),
		};
	}
}

static void print_peer(FILE *out, const struct cluster_peer_view *v)
{
	char addr[16], ago[24] = "never";

	if (v->heard)
		snprintf(ago, sizeof(ago), "%" PRIu32 " s ago", v->seconds_ago);
	fprintf(out, "  %-24s %-15s %-12s %-10s %-12s %s\n", v->config->name, cluster_address(v->config->addr, addr),
		!v->heard ? "unknown"
		: v->root ? "root-server"
			  : "sub-server",
		!v->heard    ? "unknown"
		: !v->live   ? "silent"
		: v->primary ? "primary"
		: v->holds   ? "following"
			     : "waiting",
		ago, v->live && v->up_to_date ? "yes" : "no");
}

void gdoi_cluster_show(FILE *out, const struct gdoi_cluster *c, uint64_t now)
{
	struct cluster_view v;
	char addr[16];

	gdoi_cluster_view(c, now, &v);
	fprintf(out, "  Server: %s, %s, %s\n", cluster_address(v.config->local, addr),
		v.config->root ? "root-server" : "sub-server", cluster_role_name(v.role));
	fprintf(out, "  Primary: %s\n", v.primary != 0 ? cluster_address(v.primary, addr) : "none");
	fprintf(out, "  Term: %" PRIu32 ", State: %" PRIu64 ", Retransmission Period: %" PRIu32 "\n", v.term, v.version,
		v.config->period_seconds);
	fprintf(out, "  States sent: %" PRIu64 ", States taken: %" PRIu64 ", Messages refused: %" PRIu64 "\n",
		v.states_sent, v.states_taken, v.refused);
	fprintf(out, "  Registrations the primary has not taken: %zu\n", v.unacknowledged);
	fprintf(out, "  %-24s %-15s %-12s %-10s %-12s %s\n", "Server Gateway", "Server IP", "Role", "Part",
		"Last heard", "Up to date");
	for (size_t i = 0; i < v.config->n_peers; i++)
		print_peer(out, &v.peers[i]);
}
