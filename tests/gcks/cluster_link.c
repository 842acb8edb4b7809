/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The messages of a cluster: which ones count, and what they contain. */
#include "tests/gcks/cluster_private.h"

#define ANSWER_PAUSE_MS 100

bool cluster_needs_state(const struct gdoi_cluster *c, const struct peer *p, uint64_t now)
{
	if (c->role != CLUSTER_PRIMARY || !cluster_live(c, p, now) || cluster_up_to_date(c, p))
		return false;
	return p->state_term != c->term || p->state_version != c->version || now >= p->state_at + c->period;
}

static void add_events(const struct gdoi_cluster *c, struct cluster_hello *m)
{
	m->n_events = c->n_events < CLUSTER_EVENTS_MAX ? c->n_events : CLUSTER_EVENTS_MAX;
	memcpy(m->events, c->events, m->n_events * sizeof(m->events[0]));
}

static int add_state(const struct gdoi_cluster *c, uint64_t now, struct cluster_hello *m, struct writer *state)
{
	gdoi_group_export(c->group, now, state);
	if (state->err < 0)
		return state->err;
	m->state = (struct chunk){ state->data, state->len };
	return 0;
}

static void seal_and_send(struct gdoi_cluster *c, struct peer *p, const struct cluster_hello *m)
{
	const struct gdoi_cluster_peer *config = &c->config.peers[p - c->peers];
	const struct cluster_header h = {
		.group = gdoi_group_config(c->group)->id,
		.from = c->config.local,
		.to = config->addr,
		.boot = c->boot,
		.counter = p->counter_out + 1,
	};
	struct writer w = { 0 };
	int r = p->counter_out == UINT32_MAX ? -EOVERFLOW : cluster_seal(&config->psk, &h, m, &w);

	if (r < 0) {
		cluster_note(c, IKE_NOTE_WARNING, "no message to %s could be made: %s", config->name, strerror(-r));
		return;
	}
	p->counter_out++;
	c->ops.send(c->ops.ctx, c->config.local, config->addr, w.data, w.len);
	writer_clear(&w);
}

void cluster_send_hello(struct gdoi_cluster *c, uint64_t now, struct peer *p)
{
	struct cluster_hello m = {
		.challenge = p->challenge,
		.echo = p->their_challenge,
		.root = c->config.root,
		.holds = c->term > 0,
		.primary = c->role == CLUSTER_PRIMARY,
		.term = c->term,
		.version = c->version,
		.events_boot = p->boot,
		.events_taken = p->events_taken,
	};
	struct writer state = { 0 };

	gdoi_group_sender_ids(c->group, &m.sender_generation, &m.sender_ids);
	if (p == cluster_primary(c, now))
		add_events(c, &m);
	if (cluster_needs_state(c, p, now)) {
		int r = add_state(c, now, &m, &state);

		if (r < 0)
			cluster_note(c, IKE_NOTE_WARNING, "the group's state cannot be sent: %s", strerror(-r));
		else
			c->states_sent++;
		p->state_at = now;
		p->state_term = c->term;
		p->state_version = c->version;
	}
	seal_and_send(c, p, &m);
	writer_clear(&state);
	p->hello_at = now + cluster_hello_pause(c);
}

static struct peer *find_peer(struct gdoi_cluster *c, uint32_t from)
{
	for (size_t i = 0; i < c->config.n_peers; i++) {
		if (c->config.peers[i].addr == from)
			return &c->peers[i];
	}
	return NULL;
}

/*
 * Whether a message counts.  A peer that repeats our challenge is alive and not a recording; from then on its messages
 * have rising counters.  A challenge is good for one start of the peer: no message of an earlier start can repeat it.
 */
static bool is_believed(struct gdoi_cluster *c, struct peer *p, const struct cluster_header *h,
			const struct cluster_hello *m)
{
	uint64_t next;

	if (p->proven && h->boot == p->boot) {
		if (h->counter <= p->counter_in)
			return false;
		p->counter_in = h->counter;
		return true;
	}
	if (m->echo != p->challenge || c->ops.random(c->ops.ctx, &next, sizeof(next)) < 0)
		return false;
	*p = (struct peer){
		.challenge = next,
		.proven = true,
		.boot = h->boot,
		.counter_in = h->counter,
		.counter_out = p->counter_out,
	};
	return true;
}

/* The answer tells the peer our challenge, with which the peer can prove itself. */
static void answer_hello(struct gdoi_cluster *c, uint64_t now, struct peer *p)
{
	if (p->answered_at > 0 && now < p->answered_at + ANSWER_PAUSE_MS)
		return;
	p->answered_at = now;
	cluster_send_hello(c, now, p);
}

/* Logged at first, and then seldom: the peer may have another key, or somebody sends noise. */
static void refuse_message(struct gdoi_cluster *c, uint32_t from, int r)
{
	char addr[16];

	if ((c->refused++ & 63) != 0)
		return;
	cluster_note(c, IKE_NOTE_WARNING,
		     "a message from %s is refused: %s; do both servers have the same pre-shared key?",
		     cluster_address(from, addr), r == -EBADMSG ? "it is not authentic" : strerror(-r));
}

void gdoi_cluster_input(struct gdoi_cluster *c, uint64_t now, uint32_t from, const uint8_t *data, size_t len)
{
	struct peer *p = find_peer(c, from);
	struct cluster_header h;
	struct cluster_hello m;
	struct writer plain = { 0 };
	bool known;
	int r;

	if (p == NULL) {
		c->refused++;
		return;
	}
	r = cluster_open(&c->config.peers[p - c->peers].psk, data, len, &h, &m, &plain);
	if (r == 0 && (h.from != from || h.to != c->config.local || h.group != gdoi_group_config(c->group)->id))
		r = -EBADMSG;
	if (r < 0) {
		refuse_message(c, from, r);
		writer_clear(&plain);
		return;
	}
	known = p->proven && h.boot == p->boot;
	if (is_believed(c, p, &h, &m)) {
		p->their_challenge = m.challenge;
		p->heard_at = now;
		cluster_take_hello(c, now, p, &m);
		if (!known)
			cluster_send_hello(c, now, p);
	} else if (!known) {
		p->their_challenge = m.challenge;
		answer_hello(c, now, p);
	} else {
		c->refused++;
	}
	writer_clear(&plain);
}
