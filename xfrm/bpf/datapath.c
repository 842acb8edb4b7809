/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/bpf/datapath.h"

#include "lib/refuse.h"
#include "xfrm/bpf/attach.h"
#include "xfrm/bpf/load.h"
#include "xfrm/bpf/owners.h"

#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>

struct datapath {
	struct maps *maps;
	char folder[DATAPATH_PATH_MAX];
	struct tables *tables; /* of the plan that holds, or is about to; of the next links its roles are asked */
	struct attached *attached;
	size_t n;
	struct netlink *route;
	bool robbed;
};

int datapath_open(struct datapath **ret, const char *folder, struct netlink *route, char err[static 256])
{
	struct datapath *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return refuse_memory(err);
	snprintf(d->folder, sizeof(d->folder), "%s", folder);
	d->route = route;
	r = maps_open(&d->maps, folder, err);
	if (r < 0) {
		datapath_close(d);
		return r;
	}
	*ret = d;
	return 0;
}

void datapath_close(struct datapath *d)
{
	if (!d)
		return;
	maps_close(d->maps);
	tables_free(d->tables);
	free(d->attached);
	free(d);
}

const struct maps *datapath_maps(const struct datapath *d)
{
	return d->maps;
}

int datapath_count(const struct datapath *d, const struct plan_scope *scope, const struct plan_rule *rule,
		   struct dp_counter *ret)
{
	uint32_t at = d->tables ? owners_place(d->tables->owners, owners_name(scope, rule)) : 0;

	if (!at)
		return -ENOENT;
	maps_count(d->maps, at, ret);
	return 0;
}

bool datapath_was_robbed(struct datapath *d)
{
	bool was = d->robbed;

	d->robbed = false;
	return was;
}

/* --- interfaces --- */

static struct attached *find_attached(struct datapath *d, uint32_t ifindex)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->attached[i].ifindex == ifindex)
			return &d->attached[i];
	return NULL;
}

static void forget_attached(struct datapath *d, struct attached *a)
{
	*a = d->attached[--d->n];
}

/*
 * An interface that no scope names may bring what must say that it is not a zone's, or, under a service filter, what is
 * protected.  Ports of bridges and bonds show their packets under the master's name.
 */
static enum attach_role role_of(const struct tables *t, const struct link_item *i)
{
	enum attach_role role;

	if (!t || t->n_scopes == 0 || i->type == ARPHRD_LOOPBACK || link_is_port(i))
		return ATTACH_NONE;
	role = attach_role_of(t, i->index);
	return role == ATTACH_NONE ? ATTACH_OTHER : role;
}

/* ROLE at least: what it needs more for the plan before it keeps. */
static int raise_role(struct datapath *d, const struct link_item *i, enum attach_role role, bool lower,
		      char err[static 256])
{
	struct attached *a = find_attached(d, i->index),
			want = { .ifindex = i->index, .role = role, .bare = i->type != ARPHRD_ETHER };
	bool missing = false;
	int r;

	if (a && a->role > role && !lower)
		want.role = a->role;
	r = attach(d->maps, d->route, &want, &missing, err);
	if (r < 0)
		return r == -ENODEV ? 0 : r;
	if (a) {
		d->robbed |= missing;
		*a = want;
		return 0;
	}
	a = reallocarray(d->attached, d->n + 1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	d->attached = a;
	a[d->n++] = want;
	return 0;
}

static int attach_all(struct datapath *d, const struct link_list *links, bool lower, char err[static 256])
{
	int r = 0;

	for (size_t i = 0; i < d->n;) /* the index may be another's some day */
		if (link_list_find(links, d->attached[i].ifindex))
			i++;
		else
			forget_attached(d, &d->attached[i]);
	for (size_t i = 0; r == 0 && i < links->n; i++) {
		enum attach_role role = role_of(d->tables, &links->items[i]);

		if (role != ATTACH_NONE)
			r = raise_role(d, &links->items[i], role, lower, err);
	}
	return r;
}

/* --- a plan --- */

#define ESP_BLOCK 16         /* AES-CBC's, and its IV */
#define ESP_HEADERS (20 + 8) /* IP's outside, and ESP's */
#define TCP_HEADERS (20 + 20)
#define ICV_MOST 32 /* HMAC-SHA-512-256 */
#define STAMP 12

/* What fits into ESP of the external interface with the least room, whatever the cipher of the next key. */
static uint16_t mss_of(const struct plan *plan, const struct link_list *links)
{
	uint32_t least = UINT16_MAX;

	if (plan->mss != PLAN_MSS_AUTO)
		return plan->mss;
	for (size_t i = 0; i < plan->n_scopes; i++) {
		const struct plan_scope *s = &plan->scopes[i];
		const struct link_item *link = link_list_find(links, link_list_index(links, s->external));
		uint32_t mtu = s->tunnel_mtu ? s->tunnel_mtu : link ? link->mtu : 0;

		if (mtu > 0 && mtu < least)
			least = mtu;
	}
	if (least <= ESP_HEADERS + ESP_BLOCK + ICV_MOST + ESP_BLOCK + TCP_HEADERS)
		return 0;
	/* In whole blocks, with two octets of ESP's trailer (RFC 4303 2.4) */
	least = ((least - ESP_HEADERS - ESP_BLOCK - ICV_MOST) & ~(ESP_BLOCK - 1u)) - 2;
	return (uint16_t)(least - (plan_has_window(plan) ? STAMP : 0) - TCP_HEADERS);
}

static int make_tables(struct datapath *d, const struct plan *plan, const struct tables_world *host,
		       struct tables **ret, char err[static 256])
{
	uint64_t *owners = calloc(DP_COUNTS, sizeof(*owners));
	struct tables_world world = *host;
	int r;

	if (!owners)
		return refuse_memory(err);
	maps_owners(d->maps, owners);
	world.owners = owners;
	world.mss = mss_of(plan, host->links);
	r = tables_of(ret, plan, &world, err);
	free(owners);
	return r;
}

/*
 * The first plan of a build holds at once.  None of its programs is attached yet: they are about to take the places of
 * another build's, under traffic, and must judge their first packet by a plan.
 */
static int write_tables(struct datapath *d, const struct tables *t, char err[static 256])
{
	int r = 0;

	maps_write(d->maps, t);
	if (!maps_hold(d->maps)) {
		r = maps_switch(d->maps, err);
		maps_write(d->maps, t);
	}
	return r;
}

int datapath_prepare(struct datapath *d, const struct plan *plan, const struct tables_world *host, char err[static 256])
{
	struct tables *t = NULL;
	int r = make_tables(d, plan, host, &t, err);

	if (r == 0)
		r = write_tables(d, t, err);
	if (r < 0) {
		tables_free(t);
		return r;
	}
	tables_free(d->tables);
	d->tables = t;
	return attach_all(d, host->links, false, err);
}

void datapath_set_wall(struct datapath *d, int64_t wall)
{
	maps_set_wall(d->maps, wall);
}

void datapath_vouch(struct datapath *d, uint64_t until)
{
	maps_vouch(d->maps, until);
}

int datapath_switch(struct datapath *d, char err[static 256])
{
	return maps_switch(d->maps, err);
}

int datapath_settle(struct datapath *d, const struct link_list *links, char err[static 256])
{
	for (size_t i = 0; i < d->n;) {
		const struct link_item *item = link_list_find(links, d->attached[i].ifindex);

		if (item && role_of(d->tables, item) != ATTACH_NONE) {
			i++;
			continue;
		}
		detach(d->route, d->attached[i].ifindex);
		forget_attached(d, &d->attached[i]);
	}
	datapath_unpin_others(d->folder);
	return attach_all(d, links, true, err);
}

int datapath_follow(struct datapath *d, const struct link_list *links, char err[static 256])
{
	return d->tables ? attach_all(d, links, false, err) : 0;
}

int datapath_remove(struct datapath *d, const struct link_list *links, char err[static 256])
{
	int r;

	for (size_t i = 0; i < links->n; i++) {
		detach(d->route, links->items[i].index);
		detach_clsact(d->route, links->items[i].index);
	}
	r = datapath_unpin(d->folder, err);
	datapath_close(d);
	return r;
}
