/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/group_private.h"

const struct gdoi_group_config *gdoi_group_config(const struct gdoi_group *g)
{
	return &g->config;
}

const struct gcks_stats *gdoi_group_stats(const struct gdoi_group *g)
{
	return &g->stats;
}

static uint32_t seconds_until(uint64_t then, uint64_t now)
{
	return then > now ? (uint32_t)((then - now) / 1000) : 0;
}

size_t gdoi_group_n_teks(const struct gdoi_group *g, size_t policy)
{
	return g->policies[policy].n_teks;
}

void gdoi_group_tek(const struct gdoi_group *g, uint64_t now, size_t policy, size_t i, struct gcks_tek_view *ret)
{
	const struct policy *p = &g->policies[policy];
	const struct tek_slot *s = &p->teks[i];

	*ret = (struct gcks_tek_view){
		.tek = &s->tek,
		.remaining = seconds_until(s->life.ends, now),
		.rekey_in = seconds_until(s->life.rekey_at, now),
		.replaced = i + 1 < p->n_teks,
	};
}

size_t gdoi_group_n_keks(const struct gdoi_group *g)
{
	return g->n_keks;
}

void gdoi_group_kek(const struct gdoi_group *g, uint64_t now, size_t i, struct gcks_kek_view *ret)
{
	const struct kek_slot *s = &g->keks[i];

	*ret = (struct gcks_kek_view){
		.kek = &s->kek,
		.index = s->index,
		.remaining = seconds_until(s->life.ends, now),
		.rekey_in = seconds_until(s->life.rekey_at, now),
		.replaced = i + 1 < g->n_keks,
		.input_bytes = s->input_bytes,
		.output_bytes = s->output_bytes,
		.input_packets = s->input_packets,
		.output_packets = s->output_packets,
	};
}

size_t gdoi_group_n_registered(const struct gdoi_group *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->config.n_members; i++)
		n += g->members[i].registered;
	return n;
}

size_t gdoi_group_n_pushes(const struct gdoi_group *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->config.n_members; i++) {
		const struct member *m = &g->members[i];

		n += m->registered && m->cursor.reachable && m->cursor.next < g->log.first + g->log.n;
	}
	return n;
}

void gdoi_group_member(const struct gdoi_group *g, size_t i, struct gcks_member_view *ret)
{
	*ret = (struct gcks_member_view){
		.config = &g->config.members[i],
		.stats = &g->members[i].stats,
		.registered = g->members[i].registered,
		.last_update = g->members[i].last_update,
	};
}
