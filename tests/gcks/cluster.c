/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/cluster.h"

#include "tests/gcks/cluster_private.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define RETRY_MS 1000 /* after making the first keys has failed */

void cluster_note(const struct gdoi_cluster *c, enum ike_note_level level, const char *format, ...)
{
	char text[400];
	va_list ap;
	int n;

	if (c->ops.log == NULL)
		return;
	n = snprintf(text, sizeof(text), "group %s (%" PRIu32 "): cluster: ", gdoi_group_config(c->group)->name,
		     gdoi_group_config(c->group)->id);
	va_start(ap, format);
	vsnprintf(text + n, sizeof(text) - (size_t)n, format, ap);
	va_end(ap);
	c->ops.log(c->ops.ctx, level, text);
}

const char *cluster_address(uint32_t a, char buf[static 16])
{
	snprintf(buf, 16, "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
	return buf;
}

__attribute__((format(printf, 4, 5))) static void enter(struct gdoi_cluster *c, uint64_t now, enum cluster_role role,
							const char *format, ...)
{
	char why[200];
	va_list ap;

	va_start(ap, format);
	vsnprintf(why, sizeof(why), format, ap);
	va_end(ap);
	cluster_note(c, IKE_NOTE_INFO, "%s -> %s, term %" PRIu32 ": %s", cluster_role_name(c->role),
		     cluster_role_name(role), c->term, why);
	c->role = role;
	c->entered = now;
}

static uint64_t silence_limit(const struct gdoi_cluster *c)
{
	return GCKS_CLUSTER_SILENT * c->period;
}

bool cluster_live(const struct gdoi_cluster *c, const struct peer *p, uint64_t now)
{
	return p->proven && now < p->heard_at + silence_limit(c);
}

bool cluster_up_to_date(const struct gdoi_cluster *c, const struct peer *p)
{
	return p->holds && p->term == c->term && p->version == c->version;
}

static bool ranks_before(bool root_a, uint32_t addr_a, bool root_b, uint32_t addr_b)
{
	return root_a != root_b ? root_a : addr_a < addr_b;
}

uint32_t cluster_peer_addr(const struct gdoi_cluster *c, const struct peer *p)
{
	return c->config.peers[p - c->peers].addr;
}

static bool we_rank_before(const struct gdoi_cluster *c, const struct peer *p)
{
	return ranks_before(c->config.root, c->config.local, p->root, cluster_peer_addr(c, p));
}

const struct peer *cluster_primary(const struct gdoi_cluster *c, uint64_t now)
{
	const struct peer *best = NULL;

	for (size_t i = 0; i < c->config.n_peers; i++) {
		const struct peer *p = &c->peers[i];

		if (!cluster_live(c, p, now) || !p->primary || p->term < c->term)
			continue;
		if (best == NULL || p->term > best->term ||
		    (p->term == best->term &&
		     ranks_before(p->root, cluster_peer_addr(c, p), best->root, cluster_peer_addr(c, best))))
			best = p;
	}
	return best;
}

/* Claims */

/* The newest state wins; a server without one has term 0. */
static bool we_are_before(const struct gdoi_cluster *c, const struct peer *p)
{
	if (c->term != p->term)
		return c->term > p->term;
	if (c->version != p->version)
		return c->version > p->version;
	return we_rank_before(c, p);
}

static bool is_our_turn(const struct gdoi_cluster *c, uint64_t now)
{
	bool all = true, state = c->term > 0;

	for (size_t i = 0; i < c->config.n_peers; i++) {
		const struct peer *p = &c->peers[i];
		bool live = cluster_live(c, p, now);

		all &= live;
		state |= live && p->holds;
		if (live && !we_are_before(c, p))
			return false;
	}
	/* This server has no keys: another one may have them and be heard soon.  When all servers start, no server has
	 * them. */
	return c->term > 0 || (all && !state) || now >= c->started + silence_limit(c);
}

static void claim_primary(struct gdoi_cluster *c, uint64_t now, const char *why)
{
	uint32_t highest = c->term;
	int r = gdoi_group_lead(c->group, now);

	if (r < 0) {
		cluster_note(c, IKE_NOTE_WARNING, "no keys could be made: %s; it is tried again", strerror(-r));
		c->started = now + RETRY_MS - silence_limit(c);
		return;
	}
	for (size_t i = 0; i < c->config.n_peers; i++)
		highest = c->peers[i].term > highest ? c->peers[i].term : highest;
	c->term = highest + 1;
	c->version = 0; /* the next step announces it */
	c->n_events = 0;
	enter(c, now, CLUSTER_PRIMARY, "%s", why);
}

static void step_down(struct gdoi_cluster *c, uint64_t now, const struct peer *p)
{
	char addr[16];

	gdoi_group_follow(c->group);
	c->hold_until = 0;
	c->version = gdoi_group_version(c->group);
	enter(c, now, CLUSTER_FOLLOWING, "%s is the primary, term %" PRIu32,
	      cluster_address(cluster_peer_addr(c, p), addr), p->term);
}

static void decide_primary(struct gdoi_cluster *c, uint64_t now)
{
	const struct peer *p = cluster_primary(c, now);

	if (c->role == CLUSTER_PRIMARY) {
		if (p != NULL && (p->term > c->term || !we_rank_before(c, p)))
			step_down(c, now, p);
		return;
	}
	if (p == NULL) {
		if (is_our_turn(c, now))
			claim_primary(c, now,
				      c->term > 0 ? "no primary is there"
						  : "no server has keys, so they are made anew");
		return;
	}
	if (c->role == CLUSTER_FOLLOWING && we_rank_before(c, p) && p->term == c->term && p->version == c->version &&
	    now >= c->entered + silence_limit(c))
		claim_primary(c, now, "this server is before the primary in order, and has its state");
}

/* Messages of the others */

static size_t server_index(const struct gdoi_cluster_config *c, uint32_t addr)
{
	size_t n = c->local < addr;

	for (size_t i = 0; i < c->n_peers; i++)
		n += c->peers[i].addr < addr;
	return n;
}

size_t gdoi_cluster_server_index(const struct gdoi_cluster_config *c)
{
	return server_index(c, c->local);
}

static void drop_events(struct gdoi_cluster *c, uint32_t taken)
{
	size_t n = 0;

	while (n < c->n_events && c->events[n].number <= taken)
		n++;
	c->n_events -= n;
	memmove(c->events, c->events + n, c->n_events * sizeof(c->events[0]));
}

static void take_events(struct gdoi_cluster *c, uint64_t now, struct peer *p, const struct cluster_hello *m)
{
	char addr[16];

	for (size_t i = 0; i < m->n_events; i++) {
		const struct cluster_event *e = &m->events[i];

		if (e->number <= p->events_taken)
			continue;
		p->events_taken = e->number;
		gdoi_group_registered_at(c->group, now, e->addr, e->change, e->has_kek,
					 cluster_address(cluster_peer_addr(c, p), addr));
	}
}

static void take_state(struct gdoi_cluster *c, uint64_t now, struct peer *p, const struct cluster_hello *m)
{
	struct gcks_error err;
	char addr[16];
	int r = gdoi_group_import(c->group, now, m->version, m->state.data, m->state.len, &err);

	cluster_address(cluster_peer_addr(c, p), addr);
	if (r < 0) {
		if (c->refused_term != m->term || c->refused_version != m->version)
			cluster_note(c, IKE_NOTE_WARNING, "the state of %s cannot be taken: %s", addr, err.text);
		c->refused_term = m->term;
		c->refused_version = m->version;
		return;
	}
	c->states_taken++;
	if (m->term != c->term)
		c->entered = now; /* of a primary that was not followed before */
	c->term = m->term;
	c->version = m->version;
	for (size_t i = 0; i < c->n_events; i++)
		gdoi_group_registered_at(c->group, now, c->events[i].addr, c->events[i].change, c->events[i].has_kek,
					 addr);
	if (c->role != CLUSTER_FOLLOWING)
		enter(c, now, CLUSTER_FOLLOWING, "the state of %s has come", addr);
	cluster_send_hello(c, now, p); /* the hello names the new role */
}

void cluster_take_hello(struct gdoi_cluster *c, uint64_t now, struct peer *p, const struct cluster_hello *m)
{
	p->root = m->root;
	p->holds = m->holds;
	p->primary = m->primary;
	p->term = m->term;
	p->version = m->version;
	gdoi_group_note_sender_ids(c->group, server_index(&c->config, cluster_peer_addr(c, p)), m->sender_generation,
				   m->sender_ids);
	decide_primary(c, now);
	if (c->role == CLUSTER_PRIMARY) {
		take_events(c, now, p, m);
		gdoi_cluster_step(c, now);
		if (m->n_events > 0 && p->hello_at != now + cluster_hello_pause(c))
			cluster_send_hello(
				c, now, p); /* nothing is new, but the peer does not know that its events were taken */
		return;
	}
	if (p != cluster_primary(c, now))
		return;
	if (m->events_boot == c->boot)
		drop_events(c, m->events_taken);
	if (m->state.len > 0 && (m->term != c->term || m->version != c->version))
		take_state(c, now, p, m);
}

/* Time passes */

static void hold_pushes(struct gdoi_cluster *c, uint64_t now)
{
	bool wait = false;

	for (size_t i = 0; i < c->config.n_peers; i++)
		wait |= cluster_live(c, &c->peers[i], now) && !cluster_up_to_date(c, &c->peers[i]);
	if (wait && c->hold_until == 0)
		c->hold_until = now + c->period;
	if (!wait)
		c->hold_until = 0;
	gdoi_group_hold(c->group, c->hold_until);
}

void gdoi_cluster_step(struct gdoi_cluster *c, uint64_t now)
{
	c->stepped = now;
	decide_primary(c, now);
	if (c->role == CLUSTER_PRIMARY && c->version != gdoi_group_version(c->group)) {
		c->version = gdoi_group_version(c->group);
		c->hold_until = now < c->hold_until ? c->hold_until : 0;
	}
	for (size_t i = 0; i < c->config.n_peers; i++) {
		if (now >= c->peers[i].hello_at || cluster_needs_state(c, &c->peers[i], now))
			cluster_send_hello(c, now, &c->peers[i]);
	}
	if (c->role == CLUSTER_PRIMARY)
		hold_pushes(c, now);
}

void gdoi_cluster_registered(struct gdoi_cluster *c, uint64_t now, uint32_t addr, uint64_t change, bool has_kek)
{
	const struct peer *primary = cluster_primary(c, now);
	size_t n = 0;

	if (c->role == CLUSTER_PRIMARY)
		return; /* the group has a new version */
	for (size_t i = 0; i < c->n_events; i++) {
		if (c->events[i].addr != addr)
			c->events[n++] = c->events[i];
	}
	c->n_events = n;
	if (n < gdoi_group_config(c->group)->n_members)
		c->events[c->n_events++] = (struct cluster_event){
			.number = ++c->last_event, .addr = addr, .change = change, .has_kek = has_kek
		};
	if (primary != NULL)
		cluster_send_hello(c, now, &c->peers[primary - c->peers]);
}

/* The earlier of A and B; B counts only when the last step has not seen it. */
static uint64_t earlier_unseen(const struct gdoi_cluster *c, uint64_t a, uint64_t b)
{
	return b > c->stepped && b < a ? b : a;
}

uint64_t gdoi_cluster_deadline(const struct gdoi_cluster *c)
{
	uint64_t d = UINT64_MAX;

	if (c->role == CLUSTER_PRIMARY && c->version != gdoi_group_version(c->group))
		return 0;
	for (size_t i = 0; i < c->config.n_peers; i++) {
		const struct peer *p = &c->peers[i];

		d = p->hello_at < d ? p->hello_at : d;
		if (p->proven)
			d = earlier_unseen(c, d, p->heard_at + silence_limit(c));
	}
	if (c->role != CLUSTER_PRIMARY)
		d = earlier_unseen(c, d, c->started + silence_limit(c));
	if (c->role == CLUSTER_FOLLOWING)
		d = earlier_unseen(c, d, c->entered + silence_limit(c));
	return c->hold_until > 0 ? earlier_unseen(c, d, c->hold_until) : d;
}

/* Life */

int gdoi_cluster_new(struct gdoi_cluster **ret, struct gdoi_group *group, const struct gdoi_cluster_config *config,
		     const struct gdoi_cluster_ops *ops, uint64_t now)
{
	_cleanup_(gdoi_cluster_freep) struct gdoi_cluster *c = calloc(1, sizeof(*c));
	int r;

	if (c == NULL)
		return -ENOMEM;
	c->config = *config;
	c->ops = *ops;
	c->group = group;
	c->period = config->period_seconds * UINT64_C(1000);
	c->started = c->entered = now;
	c->events = calloc(gdoi_group_config(group)->n_members, sizeof(*c->events));
	if (c->events == NULL)
		return -ENOMEM;
	r = ops->random(ops->ctx, &c->boot, sizeof(c->boot));
	for (size_t i = 0; i < config->n_peers && r == 0; i++) {
		c->peers[i].hello_at = now;
		r = ops->random(ops->ctx, &c->peers[i].challenge, sizeof(c->peers[i].challenge));
	}
	if (r < 0)
		return r;
	*ret = TAKE(c);
	return 0;
}

void gdoi_cluster_free(struct gdoi_cluster *c)
{
	if (c == NULL)
		return;
	free(c->events);
	explicit_bzero(c, sizeof(*c));
	free(c);
}
