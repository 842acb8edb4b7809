/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The external interfaces: their indices, the host route through each to the dummy address, and the kernel's news about
 * them, about what others do to what is ours (foreign.h) and about the wall clock.
 */
#ifndef XFRM_LINK_WATCH_H
#define XFRM_LINK_WATCH_H

#include "lib/plan.h"
#include "xfrm/link/names.h"
#include "xfrm/netlink/socket.h"

struct links;

/* OWN: changes that come from these netlink ports are ours.  NAMES is borrowed. */
struct links_ports {
	uint32_t nft, xfrm, route;
};
GVPN_MUST_CHECK int links_new(struct links **ret, const struct links_ports *own, const struct names *names);
void links_free(struct links *l); /* NULL is fine; routes stay */

/* The least that a scope with this external interface asks for, since all share its route; 0: none does. */
uint16_t links_mtu(const struct plan *plan, const char *external);

uint32_t links_index(const struct links *l, const char *name); /* 0: does not exist */

/* Watches the plan's external interfaces from now on, and gives each that is up its route; routes of ours that no scope
 * uses go. */
GVPN_MUST_CHECK int links_follow(struct links *l, struct netlink *route, const struct plan *plan, char err[static 256]);
GVPN_MUST_CHECK int links_forget(struct links *l, struct netlink *route,
				 char err[static 256]); /* all routes of ours go */

int links_fd(const struct links *l);
struct links_news {
	bool interfaces; /* one of ours came, went or changed */
	bool table;      /* somebody else changed our table */
	bool route;      /* or our routes to the dummy address */
	bool rules;      /* somebody changed nf_tables in any way */
	bool offload;    /* a flowtable came or went */
	bool xfrm;       /* somebody else removed states or policies, ours may be among them */
	bool lost;       /* more happened than the kernel could tell */
	bool clock;      /* the wall clock was set */
};
GVPN_MUST_CHECK int links_read(struct links *l, struct links_news *ret);

#endif
