/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The external interfaces: their indices, and the host route through each to the dummy address.  And the kernel's
 * events: of interfaces, of changes that other programs make to what is ours (foreign.h), and of the wall clock.
 */
#ifndef XFRM_LINK_WATCH_H
#define XFRM_LINK_WATCH_H

#include "lib/plan.h"
#include "xfrm/link/expire.h"
#include "xfrm/link/names.h"
#include "xfrm/netlink/socket.h"

struct links;

/* OWN: the netlink ports from which our own changes come.  NAMES is borrowed. */
struct links_ports {
	uint32_t nft, xfrm, route;
};
GVPN_MUST_CHECK int links_new(struct links **ret, const struct links_ports *own, const struct names *names);
void links_free(struct links *l); /* NULL is fine; routes stay */

/* The least MTU that a scope with this external interface asks for: all share one route.  0: none asks. */
uint16_t links_mtu(const struct plan *plan, const char *external);

/* Watches the plan's external interfaces, and sets the route of each that is up.  Routes of other interfaces go. */
GVPN_MUST_CHECK int links_follow(struct links *l, struct netlink *route, const struct plan *plan,
				 const struct link_list *links, char err[static 256]);

/*
 * The device of the carriers, by whatever name; 0: there is none.  TAKEN: it is another one, which has the name that
 * ours would get, and by another name it is in nobody's way.
 */
void links_watch_stamper(struct links *l, uint32_t index, bool taken);

int links_fd(const struct links *l);
bool links_next_expiry(struct links *l, struct expiry *ret); /* false: no more for now */
struct links_news {
	bool interfaces; /* an interface of the plan came, went or changed */
	bool table;      /* somebody else changed our table */
	bool route;      /* somebody else changed a route to the dummy address */
	bool rule;       /* somebody else made a rule of routing */
	bool stamper;    /* the device of the carriers is down or gone, or another one that had its name */
	bool rules;      /* somebody changed nf_tables in any way */
	bool chains;     /* so that chains may have come or gone */
	bool programs;   /* our programs at tc, or others' in their place, may have gone */
	bool links;      /* an interface came that no plan names, or a port became one */
	bool xfrm;       /* somebody else removed states or policies; ours may be among them */
	bool lost;       /* more happened than the kernel could tell */
	bool clock;      /* the wall clock was set */
};
GVPN_MUST_CHECK int links_read(struct links *l, struct links_news *ret);

#endif
