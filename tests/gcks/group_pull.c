/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The members of a group, and the download for a pull. */
#include "tests/gcks/group_change.h"
#include "tests/gcks/group_private.h"

#include <inttypes.h>
#include <stdio.h>

static struct member *find_member(struct gdoi_group *g, const char *name)
{
	for (size_t i = 0; i < g->config.n_members; i++) {
		if (strcmp(g->config.members[i].name, name) == 0)
			return &g->members[i];
	}
	return NULL;
}

static bool is_group_full(const struct gdoi_group *g, uint64_t now)
{
	size_t n = 0;

	if (g->config.member_threshold == 0)
		return false;
	for (size_t i = 0; i < g->config.n_members; i++) {
		if (g->members[i].registered || now < g->members[i].reserved_until)
			n++;
	}
	return n >= g->config.member_threshold;
}

/* There may be no key: one has ended, and its successor could not be made yet. */
static bool group_has_keys(const struct gdoi_group *g, uint64_t now)
{
	for (size_t i = 0; i < g->config.n_policies; i++) {
		struct gcks_tek_view v;

		if (g->policies[i].n_teks == 0)
			return false;
		gdoi_group_tek(g, now, i, g->policies[i].n_teks - 1, &v);
		if (v.remaining == 0)
			return false;
	}
	return true;
}

static void fill_kek(const struct gdoi_group *g, uint64_t now, struct download *ret)
{
	struct gcks_kek_view v;

	gdoi_group_kek(g, now, g->n_keks - 1, &v);
	if (v.remaining == 0) /* on the wire 0 would mean that the key never ends */
		return;
	ret->has_kek = true;
	ret->kek = *v.kek;
	ret->kek.life_seconds = v.remaining;
	ret->has_seq = true;
	ret->seq = v.kek->seq;
}

static unsigned sender_id_bits(const struct gdoi_group *g)
{
	return g->config.sender_id_bits > 0 ? g->config.sender_id_bits : GCKS_SENDER_ID_BITS;
}

/* Each server of a cluster has a part of the sender ids, because it gives them out without asking the others. */
static unsigned sender_count_bits(const struct gdoi_group *g)
{
	return g->config.clustered ? sender_id_bits(g) - GCKS_SERVER_BITS : sender_id_bits(g);
}

static uint64_t sender_ids_left(const struct gdoi_group *g)
{
	uint64_t all = UINT64_C(1) << sender_count_bits(g);

	return g->sender_ids < all ? all - g->sender_ids : 0;
}

bool gdoi_group_sender_id_counts(const struct gdoi_group *g, unsigned *ret_bits, uint64_t *ret_given, uint64_t *ret_all)
{
	*ret_bits = sender_id_bits(g);
	*ret_all = UINT64_C(1) << sender_count_bits(g);
	*ret_given = *ret_all - sender_ids_left(g);
	return g->has_gcm;
}

_Static_assert(GCKS_SERVERS_MAX == 1 << GCKS_SERVER_BITS, "these bits of a sender id are the server's");

static void fill_download(struct gdoi_group *g, uint64_t now, struct download *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->key_packets = g->config.key_packets;
	for (size_t i = 0; i < g->config.n_policies; i++) {
		for (size_t j = 0; j < gdoi_group_n_teks(g, i); j++) {
			struct gcks_tek_view v;

			gdoi_group_tek(g, now, i, j, &v);
			if (v.remaining > 0)
				gdoi_keys_offer(g, ret, v.tek, v.remaining);
		}
	}
	if (g->n_keks > 0)
		fill_kek(g, now, ret);
	gdoi_group_fill_gap(&g->config, ret);
}

/*
 * RFC 6407 3.5, points 5 and 6: the last sender id is given.  All keys are deleted before the count starts again, and a
 * push tells the members, which register again and get new ids.
 */
static int restart_sender_ids(struct gdoi_group *g, uint64_t now)
{
	const struct gdoi_delete all = { .teks = true, .kek = g->config.has_push };
	struct gcks_error err;

	gdoi_group_note(g, IKE_NOTE_WARNING,
			"all sender ids are given out; all keys are replaced and every member must register again");
	return gdoi_group_delete(g, now, &all, &err) < 0 ? -EIO : 0;
}

/* M is NULL for strangers, which share one allowance. */
static bool may_log_pull(struct gdoi_group *g, struct member *m, uint64_t now, const char *name)
{
	struct member *who = m != NULL ? m : &g->strangers;

	if (now - who->told_since >= GCKS_TOLD_MS) {
		if (who->untold > 0)
			gdoi_group_note(g, IKE_NOTE_INFO, "%u more pulls of %s were not logged", who->untold,
					m != NULL ? name : "strangers");
		who->told_since = now;
		who->told = who->untold = 0;
	}
	if (who->told >= GCKS_TOLD_MAX) {
		who->untold++;
		return false;
	}
	who->told++;
	return true;
}

static int refuse_pull(struct gdoi_group *g, struct member *m, uint64_t now, const char *name, const char *why)
{
	g->stats.pull_failed++;
	if (m != NULL)
		m->stats.pull_failed++;
	if (may_log_pull(g, m, now, name))
		gdoi_group_note(g, IKE_NOTE_WARNING, "pull of %s refused: %s", name, why);
	return -EACCES;
}

static int leave_unanswered(struct gdoi_group *g, struct member *m, uint64_t now, const char *name, const char *why)
{
	if (may_log_pull(g, m, now, name))
		gdoi_group_note(g, IKE_NOTE_WARNING, "pull of %s not answered: %s", name, why);
	return -EAGAIN;
}

int gdoi_group_pull(struct gdoi_group *g, uint64_t now, const char *name, struct download *ret)
{
	struct member *m = find_member(g, name);

	if (m == NULL)
		return refuse_pull(g, NULL, now, name, "it is no ike-gateway of this group");
	if (g->part == GROUP_WAITS)
		return leave_unanswered(g, m, now, name, "this server waits for the keys of its cluster");
	if (!m->registered && now >= m->reserved_until && is_group_full(g, now)) {
		m->turned_away = true;
		if (may_log_pull(g, m, now, name))
			gdoi_group_note(g, IKE_NOTE_WARNING,
					"pull of %s not answered: the member-threshold of %" PRIu32 " is reached", name,
					g->config.member_threshold);
		return -EAGAIN;
	}
	gdoi_group_step(g, now);
	if (g->has_gcm && sender_ids_left(g) == 0) {
		if (g->config.sender_ids_refuse)
			return refuse_pull(g, m, now, name, "all sender ids are given out (RFC 6054 4)");
		if (g->part != GROUP_LEADS)
			return leave_unanswered(g, m, now, name, "the sender ids of this server are all given out");
		if (restart_sender_ids(g, now) < 0)
			return refuse_pull(g, m, now, name, "no key could be made");
	}
	if (g->part == GROUP_FOLLOWS && !group_has_keys(g, now))
		return leave_unanswered(g, m, now, name, "the keys have ended, and the primary has sent no new ones");
	if (!group_has_keys(g, now))
		return refuse_pull(g, m, now, name, "there is no key to give");
	fill_download(g, now, ret);
	if (!m->registered)
		m->reserved_until = now + GCKS_RESERVATION_MS;
	m->forget = false; /* its ISAKMP SA is the one of this pull */
	push_cursor_pull(g, m, now, ret->has_kek);
	return 0;
}

/* What D names may have been replaced since it was filled: then the count of the sender ids has begun anew. */
static bool still_holds(const struct gdoi_group *g, const struct download *d, bool *ret_counter_mode)
{
	*ret_counter_mode = false;
	for (size_t i = 0; i < d->n_teks; i++) {
		if (!cipher_is_counter_mode(d->teks[i].cipher))
			continue;
		*ret_counter_mode = true;
		if (!gdoi_group_has_spi(g, d->teks[i].spi))
			return false;
	}
	return true;
}

/* A line for each id, so that whoever looks into captures can tell whose IVs there are. */
static void note_sender_ids(struct gdoi_group *g, const char *name, const struct download *d)
{
	for (size_t i = 0; i < d->n_sender_ids; i++)
		gdoi_group_note(g, IKE_NOTE_DEBUG, "sender id %" PRIu32 " of %u bits is given to %s", d->sender_ids[i],
				d->sender_id_bits, name);
}

int gdoi_group_give_sender_ids(struct gdoi_group *g, uint64_t now, const char *name, uint16_t wanted,
			       struct download *d)
{
	struct member *m = find_member(g, name);
	uint64_t left = sender_ids_left(g);
	bool counter_mode;

	if (!still_holds(g, d, &counter_mode))
		return leave_unanswered(g, m, now, name, "its keys were replaced while it asked for them");
	if (!counter_mode)
		return 0;
	if (left == 0)
		return refuse_pull(g, m, now, name, "all sender ids are given out (RFC 6054 4)");
	d->sender_id_bits = (uint16_t)sender_id_bits(g);
	d->n_sender_ids = wanted == 0 ? 1 : wanted < SENDER_IDS_MAX ? wanted : SENDER_IDS_MAX;
	if (d->n_sender_ids > left)
		d->n_sender_ids = left;
	for (size_t i = 0; i < d->n_sender_ids; i++)
		d->sender_ids[i] =
			(uint32_t)((uint64_t)g->config.server_index << sender_count_bits(g)) | g->sender_ids++;
	note_sender_ids(g, name, d);
	return 0;
}

void gdoi_group_unanswered(struct gdoi_group *g, const char *name)
{
	struct member *m = find_member(g, name);

	if (m == NULL || !m->turned_away)
		return;
	m->turned_away = false;
	g->stats.pull_exceed_threshold++;
}

void gdoi_group_registered(struct gdoi_group *g, uint64_t now, const char *name)
{
	struct member *m = find_member(g, name);
	uint32_t addr;

	if (m == NULL)
		return;
	addr = g->config.members[m - g->members].addr;
	if (!m->registered || may_log_pull(g, m, now, name))
		gdoi_group_note(g, IKE_NOTE_INFO, "%s (%u.%u.%u.%u) %s", name, addr >> 24, addr >> 16 & 255,
				addr >> 8 & 255, addr & 255, m->registered ? "has registered again" : "is registered");
	m->registered = true;
	m->reserved_until = 0;
	m->last_update = now;
	g->version++;
	m->stats.pull_succeeded++;
	g->stats.pull_succeeded++;
	push_cursor_register(g, m, now);
	if (m->cursor.pulled_kek && !m->cursor.reachable)
		gdoi_group_note(g, IKE_NOTE_WARNING,
				"%s took so long that its keys are not the latest; it is sent no push before it "
				"registers again",
				name);
}

void gdoi_member_drop(struct gdoi_group *g, struct member *m)
{
	push_cursor_end(g, m);
	m->registered = false;
	m->reserved_until = 0;
	m->forget = true;
	g->version++;
}

bool gdoi_group_removed(struct gdoi_group *g, struct gdoi_member_config *ret)
{
	for (size_t i = 0; i < g->config.n_members; i++) {
		if (!g->members[i].forget)
			continue;
		g->members[i].forget = false;
		*ret = g->config.members[i];
		return true;
	}
	return false;
}

int gdoi_group_remove(struct gdoi_group *g, const char *name)
{
	struct member *m = find_member(g, name);

	if (m == NULL || !m->registered)
		return -ENOENT;
	gdoi_member_drop(g, m);
	gdoi_group_note(g, IKE_NOTE_INFO, "%s is removed", name);
	return 0;
}
