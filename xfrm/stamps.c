/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/stamps.h"

#include "lib/refuse.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* --- opening --- */

/* An SA to a carrier, which ends by being deleted at once. */
static bool probe_carrier(struct netlink *xfrm)
{
	struct sa_id s = sa_carrier_id(KERNEL_REQID_MAX, KERNEL_DUMMY);
	struct message m;
	char unused[256];
	int r = sa_build_carrier(&m, &s);

	if (r == 0)
		r = netlink_request(xfrm, &m, NULL, NULL, unused);
	if (r < 0)
		return r == -EEXIST;
	return sa_build_id(&m, XFRM_MSG_DELSA, &s) == 0 && netlink_request(xfrm, &m, NULL, NULL, unused) == 0;
}

void stamps_open(struct stamps *s, struct netlink *xfrm, struct netlink *route)
{
	s->xfrm = xfrm;
	s->route = route;
}

void stamps_probe(struct stamps *s)
{
	s->can = probe_carrier(s->xfrm) && stamper_probe(s->route);
}

void stamps_forget(struct stamps *s)
{
	stamper_clear(&s->stamper);
}

/* --- what is sent with stamps --- */

struct room {
	const struct plan *plan;
	const struct link_list *links;
};

/* All scopes with this interface share a route, so the least of their MTUs counts. */
static uint32_t room_of(void *ctx, const char *external)
{
	const struct room *r = ctx;
	const struct link_item *link = link_list_find(r->links, link_list_index(r->links, external));
	uint32_t least = links_mtu(r->plan, external);

	if (!link)
		return 0;
	return least > 0 && least < link->mtu ? least : link->mtu;
}

int stamps_paths(struct stamp_paths *ret, const struct plan *plan, const struct link_list *links)
{
	struct room room = { plan, links };

	return stamp_paths_of(ret, plan, room_of, &room);
}

bool stamps_has_carriers(const struct installed *have, const struct stamp_paths *paths)
{
	for (size_t i = 0; i < paths->n; i++) {
		bool has = false;

		for (size_t j = 0; !has && j < have->sas.n; j++)
			has = have->sas.items[j].id.reqid == paths->items[i].reqid &&
			      sa_is_carrier(&have->sas.items[j].id);
		if (!has)
			return false;
	}
	return true;
}

/* A change without windows may be the one that follows a failure, and leaves them out. */
void stamps_begin(struct stamps *s, const struct stamp_paths *paths)
{
	if (paths->n > 0 || !s->wanted)
		s->failed = false;
	s->wanted = paths->n > 0;
}

/* --- the device and its routes --- */

static struct stamper_route *routes_of(const struct plan *plan, const struct stamp_paths *paths,
				       const struct link_list *links)
{
	struct stamper_route *all = calloc(paths->n + 1, sizeof(*all));

	for (size_t i = 0; all && i < paths->n; i++)
		all[i] = (struct stamper_route){
			.reqid = paths->items[i].reqid,
			.oif = link_list_index(links, plan->scopes[paths->items[i].scope].external),
			.mtu = stamp_carrier_mtu(paths->items[i].mtu),
		};
	return all;
}

int stamps_raise(struct stamps *s, struct datapath *d, const struct plan *plan, const struct stamp_paths *paths,
		 struct link_list *links, char err[static 256])
{
	struct stamper_program way;
	struct stamper_route *want;
	int r;

	if (paths->n == 0)
		return 0;
	want = routes_of(plan, paths, links);
	if (!want)
		return refuse_memory(err);
	s->taken = 0;
	way = (struct stamper_program){ maps_program(datapath_maps(d), DP_PROGRAM_STAMP_WAY),
					maps_program_id(datapath_maps(d), DP_PROGRAM_STAMP_WAY) };
	r = stamper_raise(&s->stamper, s->route, &way, want, paths->n, err);
	free(want);
	if (r == -EBUSY)
		s->taken = link_list_index(links, KERNEL_STAMPER);
	if (r == 0 && !link_list_find(links, s->stamper.index)) {
		link_list_clear(links);
		r = link_list_read(links, s->route, err);
	}
	return r;
}

int stamps_lower(struct stamps *s, const struct plan *plan, const struct stamp_paths *paths,
		 const struct link_list *links, char err[static 256])
{
	struct stamper_route *want = routes_of(plan, paths, links);
	int r;

	if (!want)
		return refuse_memory(err);
	r = stamper_lower(&s->stamper, s->route, want, paths->n, err);
	free(want);
	return r;
}

/* --- stamps that nobody asked for --- */

void stamps_count_unexpected(struct stamps *s, const struct plan *plan, uint64_t not_ip)
{
	bool tunnels = false;

	for (size_t i = 0; i < plan->n_sas; i++)
		tunnels |= plan->sas[i].in && plan->sas[i].window_ms == 0;
	s->unexpected = stamps_unexpected(s, not_ip);
	s->tunnels = tunnels;
	s->not_ip = not_ip;
}

uint64_t stamps_unexpected(const struct stamps *s, uint64_t not_ip)
{
	return s->unexpected + (s->tunnels ? not_ip - s->not_ip : 0);
}

/* --- news --- */

void stamps_watch(const struct stamps *s, struct links *l)
{
	if (s->stamper.index != 0)
		links_watch_stamper(l, s->stamper.index, false);
	else if (s->taken != 0)
		links_watch_stamper(l, s->taken, true);
}

bool stamps_concern(struct stamps *s)
{
	return (s->wanted || s->failed) && !stamper_own_news(&s->stamper, s->route);
}

/* --- the clock --- */

static int64_t nanoseconds(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

/* The clock may have been set before this runs, or is set meanwhile: the event comes, and this runs again. */
void stamps_tell_clock(struct datapath *d)
{
	struct timespec before, now, after;

	clock_gettime(CLOCK_MONOTONIC, &before);
	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_MONOTONIC, &after);
	if (d)
		datapath_set_wall(d, nanoseconds(&now) - (nanoseconds(&before) + nanoseconds(&after)) / 2);
}
