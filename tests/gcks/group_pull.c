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

/* Each server of a cluster has a part of the sender ids, because it gives them out without asking the others. */
static unsigned sender_count_bits(const struct gdoi_group *g)
{
	return g->config.clustered ? GCKS_SENDER_ID_BITS - 3 : GCKS_SENDER_ID_BITS;
}

_Static_assert(GCKS_SERVERS_MAX == 1 << 3, "three bits of a sender id are the server's");

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
	if (g->has_gcm) {
		ret->sender_id_bits = GCKS_SENDER_ID_BITS;
		ret->sender_id = (uint32_t)g->config.server_index << sender_count_bits(g) | g->sender_ids++;
	}
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
	if (gdoi_group_delete(g, now, &all, &err) < 0)
		return -EIO;
	g->sender_ids = 0;
	g->sender_generation++;
	memset(g->sender_given, 0, sizeof(g->sender_given));
	return 0;
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
	if (g->has_gcm && g->sender_ids >> sender_count_bits(g) > 0) {
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
