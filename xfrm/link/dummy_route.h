/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The routes to the dummy address 192.0.0.8, through each external interface (RFC 7600 4.8: it is never on the wire).
 */
#ifndef XFRM_LINK_DUMMY_ROUTE_H
#define XFRM_LINK_DUMMY_ROUTE_H

#include "xfrm/netlink/socket.h"

#define DUMMY_ROUTES_MAX 64

struct dummy_route {
	uint32_t oif, mtu; /* mtu 0: the interface's */
	uint32_t metric;   /* tells the routes apart, so that several to one address can stand */
	bool via;          /* has itself as its next hop; those of earlier versions have not */
	bool up;           /* no route can be set through an interface that is down */
};

/*
 * The routes of ours: those that an earlier run left, which are dumped once, then those that this run has set.  A
 * router may have a million other routes, and the kernel goes through all of them for a dump.
 */
struct dummy_known {
	struct dummy_route items[DUMMY_ROUTES_MAX];
	size_t n;
	bool read;
};

/*
 * Makes the routes of our protocol the N that are WANTed, at most DUMMY_ROUTES_MAX; their metrics are chosen here.  New
 * routes come before old ones go.  ROUTE: with netlink_filter_dumps().
 */
GVPN_MUST_CHECK int dummy_routes(struct dummy_known *known, struct netlink *route, struct dummy_route *want, size_t n,
				 char err[static 256]);

/* --- for tests --- */

/* The route of an interface keeps its metric, whatever the order; a new one gets one that nobody has. */
void dummy_choose_metrics(const struct dummy_known *known, struct dummy_route *want, size_t n);

#endif
