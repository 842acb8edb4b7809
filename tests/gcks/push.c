/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/push.h"

#include "ike/diag.h"
#include "tests/gcks/group_private.h"

#include <inttypes.h>
#include <stdlib.h>

static void free_entry(struct push_entry *e)
{
	if (e->data != NULL)
		explicit_bzero(e->data, e->len);
	free(e->data);
	explicit_bzero(e, sizeof(*e));
	free(e);
}

void push_log_clear(struct push_log *log)
{
	for (size_t i = 0; i < log->n; i++)
		free_entry(log->entries[i]);
	log->first += log->n;
	log->n = 0;
}

static uint64_t log_end(const struct push_log *log)
{
	return log->first + log->n;
}

/* The push that M has to acknowledge next; NULL: none. */
static struct push_entry *find_unacknowledged(const struct gdoi_group *g, const struct member *m)
{
	if (!m->registered || !m->cursor.reachable || m->cursor.next >= log_end(&g->log))
		return NULL;
	return g->log.entries[m->cursor.next - g->log.first];
}

/* Drops the pushes that no member waits for, whether it is registered or in the middle of a pull. */
static void prune_log(struct gdoi_group *g, uint64_t now)
{
	struct push_log *log = &g->log;
	uint64_t needed = log_end(log);
	size_t n;

	if (log->n == 0)
		return;
	for (size_t i = 0; i < g->config.n_members; i++) {
		const struct member *m = &g->members[i];

		if (m->registered && m->cursor.reachable && m->cursor.next < needed)
			needed = m->cursor.next;
		if (now < m->cursor.pull_until && m->cursor.pulled < needed)
			needed = m->cursor.pulled;
	}
	n = (size_t)(needed - log->first);
	for (size_t i = 0; i < n; i++)
		free_entry(log->entries[i]);
	log->n -= n;
	memmove(&log->entries[0], &log->entries[n], log->n * sizeof(log->entries[0]));
	log->first = needed;
}

/* M has the push at its cursor; later pushes that could not be made are skipped. */
static void advance_cursor(struct gdoi_group *g, struct member *m)
{
	struct push_entry *e = find_unacknowledged(g, m);

	do {
		m->cursor.reachable = !e->ends;
		m->cursor.next++;
		m->cursor.sendings = 0;
		e = find_unacknowledged(g, m);
	} while (e != NULL && e->data == NULL);
}

static void give_up_member(struct gdoi_group *g, struct member *m)
{
	if (find_unacknowledged(g, m) != NULL && m->cursor.sendings > 0) {
		m->stats.push_unacknowledged++;
		g->stats.push_unacknowledged++;
	}
	m->cursor.sendings = 0;
}

static struct kek_slot *find_kek(struct gdoi_group *g, const struct kek *k)
{
	for (size_t i = 0; i < g->n_keks; i++) {
		if (memcmp(g->keks[i].kek.spi, k->spi, KEK_SPI_LEN) == 0)
			return &g->keks[i];
	}
	return NULL;
}

/* A push is made */

static int write_push(struct gdoi_group *g, struct push_entry *e)
{
	/* All members get one datagram, so the DST ID of its SA KEK payload cannot name a single member. */
	const struct push_style style = { .server = g->config.members[0].local, .id_length_2 = g->config.id_length_2 };
	struct change *c = &g->change;
	struct kek_slot *slot;
	struct ike_out out = { 0 };
	int r;

	if (!c->has_under)
		return -ENOKEY;
	e->kek = c->under;
	e->seq = c->what->seq = c->under.seq + 1; /* RFC 6407 4.3; 1 for the first under its KEK */
	r = push_make(&c->under, g->signature, c->what, &style, &out);
	if (r == 0 && out.n_datagrams == 1) {
		e->data = out.datagrams[0].data;
		e->len = out.datagrams[0].len;
		out.datagrams[0].data = NULL;
		out.n_datagrams = 0;
		slot = find_kek(g, &c->under);
		if (slot != NULL)
			slot->kek.seq = e->seq;
		g->version++;
	} else if (r == 0) {
		r = -EIO;
	}
	ike_out_clear(&out);
	return r;
}

/* The log is full: the members that wait for its oldest push are given up. */
static void make_log_room(struct gdoi_group *g, uint64_t now)
{
	uint64_t first = g->log.first;

	for (size_t i = 0; i < g->config.n_members; i++) {
		struct member *m = &g->members[i];

		if (m->registered && m->cursor.reachable && m->cursor.next == first) {
			gdoi_group_note(g, IKE_NOTE_WARNING, "%s is removed: it is %d pushes behind",
					g->config.members[i].name, GCKS_PUSHES_MAX);
			gdoi_member_drop(g, m);
		}
		if (m->cursor.pulled == first)
			m->cursor.pull_until = 0;
	}
	prune_log(g, now);
}

static bool has_recipients(const struct gdoi_group *g, uint64_t now)
{
	for (size_t i = 0; i < g->config.n_members; i++) {
		const struct member *m = &g->members[i];

		if ((m->registered && m->cursor.reachable) || now < m->cursor.pull_until)
			return true;
	}
	return false;
}

static size_t count_waiting(const struct gdoi_group *g, uint64_t number)
{
	size_t n = 0;

	for (size_t i = 0; i < g->config.n_members; i++)
		n += g->members[i].registered && g->members[i].cursor.reachable && g->members[i].cursor.next <= number;
	return n;
}

size_t push_log_add(struct gdoi_group *g, uint64_t now)
{
	const struct push *what = g->change.what;
	struct push_log *log = &g->log;
	bool new_kek = what->has_policy && what->download.has_kek;
	struct push_entry *e = NULL;
	int r;

	prune_log(g, now);
	if (log->n == ARRAY_SIZE(log->entries))
		make_log_room(g, now);
	if (has_recipients(g, now))
		e = calloc(1, sizeof(*e));
	if (e ==
	    NULL) { /* nobody holds what has changed; without memory nobody is told, and pulls later put it right */
		push_log_clear(log);
		log->first++;
		for (size_t i = 0; i < g->config.n_members; i++)
			g->members[i].cursor.reachable = false;
		return 0;
	}
	r = write_push(g, e);
	e->made = now;
	e->new_kek = new_kek;
	e->ends = (what->delete_kek && !new_kek) || (r < 0 && (new_kek || r == -ENOKEY));
	log->entries[log->n++] = e;
	if (r == 0)
		return count_waiting(g, log_end(log) - 1);
	gdoi_group_note(g, IKE_NOTE_WARNING,
			"no push could be made: %s; members get the change when they register again",
			r == -ENOKEY ? "the KEK that members hold has ended" : strerror(-r));
	for (size_t i = 0; i < g->config.n_members; i++) {
		if (find_unacknowledged(g, &g->members[i]) == e)
			advance_cursor(g, &g->members[i]);
	}
	return 0;
}

/* Time passes */

static bool is_last_push(const struct gdoi_group *g, const struct member *m)
{
	return m->cursor.sendings > g->config.push.retransmissions;
}

/* Whether M is not sent E again: M is not asked to acknowledge, and another push follows. */
static bool push_gives_way(const struct gdoi_group *g, const struct member *m, const struct push_entry *e)
{
	return e->kek.ack_type == 0 && !e->new_kek && m->cursor.sendings > 0 && m->cursor.next + 1 < log_end(&g->log);
}

static bool has_had_all(const struct gdoi_group *g, const struct member *m, const struct push_entry *e, uint64_t now)
{
	return e->kek.ack_type == 0 && is_last_push(g, m) && now >= m->cursor.due;
}

void push_log_step(struct gdoi_group *g, uint64_t now)
{
	for (size_t i = 0; i < g->config.n_members && g->log.n > 0; i++) {
		struct member *m = &g->members[i];
		const struct push_entry *e = find_unacknowledged(g, m);

		while (e != NULL && (push_gives_way(g, m, e) || has_had_all(g, m, e, now))) {
			advance_cursor(g, m);
			e = find_unacknowledged(g, m);
		}
		if (e == NULL || !is_last_push(g, m) || now < m->cursor.due)
			continue;
		gdoi_group_note(g, IKE_NOTE_WARNING,
				"%s is removed: push %" PRIu32 " was sent %" PRIu32
				" times and not acknowledged; it is back when it registers again",
				g->config.members[i].name, e->seq, m->cursor.sendings);
		gdoi_member_drop(g, m);
	}
	prune_log(g, now);
}

uint64_t push_log_deadline(const struct gdoi_group *g)
{
	uint64_t d = UINT64_MAX;

	for (size_t i = 0; i < g->config.n_members; i++) {
		const struct member *m = &g->members[i];
		const struct push_entry *e = find_unacknowledged(g, m);
		uint64_t t = UINT64_MAX;

		if (m->forget)
			return 0;
		if (e != NULL)
			t = m->cursor.sendings > 0 && !push_gives_way(g, m, e) ? m->cursor.due : e->made;
		if (t < g->hold_until)
			t = g->hold_until;
		d = t < d ? t : d;
	}
	return d;
}

static void send_push_to(struct gdoi_group *g, size_t i, uint64_t now, struct ike_out *out)
{
	struct member *m = &g->members[i];
	const struct push_entry *e = find_unacknowledged(g, m);
	struct kek_slot *k = find_kek(g, &e->kek);

	/* Without memory the push counts as lost on the way. */
	if (out_datagram_copy(out, e->data, e->len, g->config.members[i].addr, e->kek.port) == 0 && k != NULL) {
		k->output_packets++;
		k->output_bytes += e->len;
	}
	gdoi_group_note(g, IKE_NOTE_DEBUG, "push %" PRIu32 " to %s, sending %" PRIu32, e->seq,
			g->config.members[i].name, m->cursor.sendings + 1);
	if (m->cursor.sendings++ == 0) {
		m->stats.push_sent++;
		g->stats.push_sent++;
	}
	m->cursor.due = now + g->config.push.retransmission_period * UINT64_C(1000);
}

void gdoi_group_send(struct gdoi_group *g, uint64_t now, uint32_t local, struct ike_out *out)
{
	if (g->part != GROUP_LEADS || now < g->hold_until)
		return;
	for (size_t i = 0; i < g->config.n_members && out->n_datagrams < IKE_OUT_DATAGRAMS && g->log.n > 0; i++) {
		const struct member *m = &g->members[i];

		if (g->config.members[i].local == local && find_unacknowledged(g, m) != NULL &&
		    (m->cursor.sendings == 0 || (now >= m->cursor.due && !is_last_push(g, m))))
			send_push_to(g, i, now, out);
	}
}

/* Members answer */

static struct member *find_by_address(struct gdoi_group *g, uint32_t local, uint32_t addr, size_t *ret_i)
{
	for (size_t i = 0; i < g->config.n_members; i++) {
		if (g->config.members[i].addr == addr && g->config.members[i].local == local) {
			*ret_i = i;
			return &g->members[i];
		}
	}
	return NULL;
}

static void count_acknowledgement(struct gdoi_group *g, struct member *m, const struct kek *kek, size_t len)
{
	struct kek_slot *k = find_kek(g, kek);

	m->stats.push_acknowledged++;
	g->stats.push_acknowledged++;
	if (k != NULL) {
		k->input_packets++;
		k->input_bytes += len;
	}
}

int gdoi_group_acknowledge(struct gdoi_group *g, uint64_t now, uint32_t local, uint32_t addr, const uint8_t *data,
			   size_t len)
{
	size_t i = 0;
	struct member *m = find_by_address(g, local, addr, &i);
	const struct push_entry *e = m != NULL ? find_unacknowledged(g, m) : NULL;
	int r;

	if (m == NULL)
		return -ENOENT;
	if (len > 0 && len == m->cursor.last_ack_len && memcmp(m->cursor.last_ack, data, len) == 0)
		return -EALREADY;
	if (e == NULL || m->cursor.sendings == 0)
		return -ENOENT;
	r = push_ack_verify(&e->kek, addr, e->seq, data, len);
	if (r < 0)
		return r;
	count_acknowledgement(g, m, &e->kek, len);
	gdoi_group_note(g, IKE_NOTE_DEBUG, "push %" PRIu32 " is acknowledged by %s", e->seq, g->config.members[i].name);
	m->cursor.last_ack_len = 0;
	if (len <= sizeof(m->cursor.last_ack)) {
		memcpy(m->cursor.last_ack, data, len);
		m->cursor.last_ack_len = len;
	}
	m->last_update = now;
	advance_cursor(g, m);
	prune_log(g, now);
	return 0;
}

/* Members register */

void push_cursor_pull(const struct gdoi_group *g, struct member *m, uint64_t now, bool has_kek)
{
	m->cursor.pulled = log_end(&g->log);
	m->cursor.pulled_kek = has_kek;
	m->cursor.pull_until = now + GCKS_RESERVATION_MS;
}

void push_cursor_register(struct gdoi_group *g, struct member *m, uint64_t now)
{
	struct push_cursor *c = &m->cursor;

	if (c->pulled > c->next) {
		give_up_member(g, m);
		c->next = c->pulled;
	}
	/* Pushes between a slow pull and its confirmation may be gone from the log. */
	c->reachable = c->pulled_kek && c->next >= g->log.first;
	c->pull_until = 0;
	while (find_unacknowledged(g, m) != NULL && find_unacknowledged(g, m)->data == NULL)
		advance_cursor(g, m);
	prune_log(g, now);
}

void push_cursor_end(struct gdoi_group *g, struct member *m)
{
	give_up_member(g, m);
	m->cursor.reachable = false;
	m->cursor.pull_until = 0;
}
