/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/group_cluster.h"

#include "tests/gcks/group_private.h"

#include <inttypes.h>
#include <openssl/evp.h>

bool gdoi_group_leads(const struct gdoi_group *g)
{
	return g->part == GROUP_LEADS;
}

uint64_t gdoi_group_version(const struct gdoi_group *g)
{
	return g->version;
}

void gdoi_group_hold(struct gdoi_group *g, uint64_t until)
{
	g->hold_until = until;
}

void gdoi_group_follow(struct gdoi_group *g)
{
	for (size_t i = 0; i < g->config.n_members; i++)
		push_cursor_end(g, &g->members[i]);
	push_log_clear(&g->log);
	g->retry_at = g->hold_until = 0;
	if (g->part == GROUP_LEADS)
		g->part = GROUP_FOLLOWS;
}

static int make_signature(struct gdoi_group *g)
{
	if (!g->config.has_push || g->signature != NULL)
		return 0;
	return g->ops.signature != NULL ? g->ops.signature(g->ops.ctx, g->config.push.sig_algorithm, &g->signature)
					: gcks_keys_signature(&g->signature, g->config.push.sig_algorithm);
}

/* The first leader: there is no state anywhere. */
static int lead_anew(struct gdoi_group *g, uint64_t now)
{
	int r;

	change_begin(g, now, false);
	r = gdoi_keys_renew(g, now);
	change_end(g, now);
	if (r == 0) {
		g->sender_generation++;
		return 0;
	}
	for (size_t i = 0; i < g->config.n_policies; i++) {
		while (g->policies[i].n_teks > 0)
			gdoi_keys_drop_tek(&g->policies[i], 0);
	}
	while (g->n_keks > 0)
		gdoi_keys_drop_oldest_kek(g);
	return r;
}

static void take_over(struct gdoi_group *g, uint64_t now)
{
	gdoi_keys_end(g, now);
	for (size_t i = 0; i < g->n_keks; i++)
		g->keks[i].kek.seq += GCKS_SEQ_MARGIN;
	for (size_t i = 0; i < g->config.n_members; i++) {
		struct member *m = &g->members[i];

		m->cursor.reachable = m->registered && g->n_keks > 0;
		m->cursor.next = g->log.first;
		m->cursor.sendings = 0;
	}
	change_begin(g, now, true);
	gdoi_keys_tell_all(g, now);
	g->retry_at = gdoi_keys_renew(g, now) == 0 ? 0 : now + GCKS_RETRY_MS;
	change_end(g, now);
}

int gdoi_group_lead(struct gdoi_group *g, uint64_t now)
{
	int r = make_signature(g);

	if (r < 0)
		return r;
	if (g->part == GROUP_WAITS)
		r = lead_anew(g, now);
	else if (g->part == GROUP_FOLLOWS)
		take_over(g, now);
	if (r < 0)
		return r;
	g->part = GROUP_LEADS;
	g->version++;
	return 0;
}

static struct member *find_member(const struct gdoi_group *g, const char *name)
{
	for (size_t i = 0; i < g->config.n_members; i++) {
		if (strcmp(g->config.members[i].name, name) == 0)
			return &g->members[i];
	}
	return NULL;
}

int gdoi_group_pulled(const struct gdoi_group *g, const char *member, uint64_t *ret_change, bool *ret_has_kek)
{
	const struct member *m = find_member(g, member);

	if (m == NULL)
		return -ENOENT;
	*ret_change = m->cursor.pulled;
	*ret_has_kek = m->cursor.pulled_kek;
	return 0;
}

void gdoi_group_registered_at(struct gdoi_group *g, uint64_t now, uint32_t addr, uint64_t change, bool has_kek,
			      const char *where)
{
	for (size_t i = 0; i < g->config.n_members; i++) {
		struct member *m = &g->members[i];

		if (g->config.members[i].addr != addr)
			continue;
		m->registered = true;
		m->reserved_until = 0;
		m->last_update = now;
		if (g->part != GROUP_LEADS)
			return;
		g->version++;
		m->cursor.pulled = change < g->log.first + g->log.n ? change : g->log.first + g->log.n;
		m->cursor.pulled_kek = has_kek;
		push_cursor_register(g, m, now);
		gdoi_group_note(g, IKE_NOTE_INFO, "%s has registered at %s", g->config.members[i].name, where);
		return;
	}
	gdoi_group_note(g, IKE_NOTE_WARNING,
			"%s tells of a member %u.%u.%u.%u that has no ike-gateway here; it is left out", where,
			addr >> 24, addr >> 16 & 255, addr >> 8 & 255, addr & 255);
}

void gdoi_group_sender_ids(const struct gdoi_group *g, uint32_t *ret_generation, uint32_t *ret_given)
{
	*ret_generation = g->sender_generation;
	*ret_given = g->sender_ids;
}

void gdoi_group_note_sender_ids(struct gdoi_group *g, size_t index, uint32_t generation, uint32_t given)
{
	if (generation == g->sender_generation && index < GCKS_SERVERS_MAX && given > g->sender_given[index])
		g->sender_given[index] = given;
}
