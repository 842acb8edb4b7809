/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/groups.h"

#include <stdio.h>
#include <stdlib.h>

static struct group *same_group(const struct groups *old, const struct config *config, size_t index)
{
	for (size_t i = 0; old && i < old->n; i++)
		if (group_is(old->items[i], config, index))
			return old->items[i];
	return NULL;
}

/* A slot names a group's state in the kernel.  The state of the old groups is still there, so none of their slots is
 * free, not even that of a group which a reload takes away. */
static bool slot_taken(const struct groups *g, const struct groups *old, size_t slot)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->items[i] && group_slot(g->items[i]) == slot)
			return true;
	for (size_t i = 0; old && i < old->n; i++)
		if (group_slot(old->items[i]) == slot)
			return true;
	return false;
}

static bool slot_promised(const struct saved *saved, size_t slot)
{
	for (size_t i = 0; saved && i < saved->n_vpns; i++)
		if (saved->vpns[i].slot == slot)
			return true;
	return false;
}

static size_t choose_slot(const struct groups *g, const struct groups *old, const struct saved *saved,
			  const struct saved_vpn *own)
{
	size_t slot = 0;

	if (own && !slot_taken(g, old, own->slot))
		return own->slot;
	while (slot < GROUP_SLOTS_MAX && (slot_taken(g, old, slot) || slot_promised(saved, slot)))
		slot++;
	return slot;
}

static int make_group(struct groups *g, size_t i, const struct groups *old, const struct saved *saved,
		      const struct group_env *env)
{
	size_t slot = choose_slot(g, old, saved, saved ? saved_find(saved, g->config, i) : NULL);
	int r;

	if (slot == GROUP_SLOTS_MAX)
		return -E2BIG;
	r = group_new(&g->items[i], g->config, i, slot, env);
	g->is_new[i] = r == 0;
	return r;
}

int groups_make(struct groups *ret, const struct config *config, const struct groups *old, const struct saved *saved,
		const struct group_env *env)
{
	struct groups g = { .config = config, .n = config->n_vpns };
	int r = 0;

	g.items = calloc(g.n + 1, sizeof(struct group *));
	g.is_new = calloc(g.n + 1, sizeof(bool));
	if (!g.items || !g.is_new)
		r = -ENOMEM;
	for (size_t i = 0; r == 0 && i < g.n; i++)
		g.items[i] = same_group(old, config, i);
	for (size_t i = 0; r == 0 && i < g.n; i++)
		if (!g.items[i])
			r = make_group(&g, i, old, saved, env);
	if (r < 0) {
		groups_drop(&g);
		return r;
	}
	*ret = g;
	return 0;
}

void groups_explain(struct record *why, int r)
{
	if (r == -E2BIG)
		record_set(why, ERROR_TOO_MANY_VPNS, record_number(GROUP_SLOTS_MAX));
	else
		record_set(why, RECORD_PLAIN, record_text(strerror(-r)));
}

static bool has_group(const struct groups *g, const struct group *item)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->items[i] == item)
			return true;
	return false;
}

static void clear_groups(struct groups *g)
{
	free(g->items);
	free(g->is_new);
	*g = (struct groups){ 0 };
}

void groups_replace(struct groups *old, struct groups *groups, uint64_t now)
{
	struct groups before = *old;

	*old = *groups;
	*groups = (struct groups){ 0 };
	for (size_t i = 0; i < old->n; i++)
		if (!old->is_new[i])
			group_rebind(old->items[i], old->config, i, now);
	for (size_t i = 0; i < before.n; i++)
		if (!has_group(old, before.items[i]))
			group_free(before.items[i]);
	clear_groups(&before);
}

void groups_drop(struct groups *groups)
{
	for (size_t i = 0; groups->items && groups->is_new && i < groups->n; i++)
		if (groups->is_new[i])
			group_free(groups->items[i]);
	clear_groups(groups);
}

void groups_free(struct groups *groups)
{
	for (size_t i = 0; groups->items && i < groups->n; i++)
		group_free(groups->items[i]);
	clear_groups(groups);
}

void groups_start_new(struct groups *groups, uint64_t now)
{
	for (size_t i = 0; i < groups->n; i++)
		if (groups->is_new[i]) {
			groups->is_new[i] = false;
			group_start(groups->items[i], now);
		}
}
