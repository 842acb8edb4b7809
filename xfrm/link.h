/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The external interfaces: their indices, the host route through each to the dummy address, and the kernel's news about
 * them, about our nf_tables table and about the wall clock.
 */
#ifndef XFRM_LINK_H
#define XFRM_LINK_H

#include "plan.h"
#include "xfrm/socket.h"

struct links;

/* OWN_PORT: changes of the table that come from this netlink port are ours. */
GVPN_MUST_CHECK int links_new(struct links **ret, uint32_t own_port);
void links_free(struct links *l); /* NULL is fine; routes stay */

uint32_t links_index(const struct links *l, const char *name); /* 0: does not exist */

/* Watches the plan's external interfaces from now on, and gives each that is up its route; routes of ours that no scope
 * uses go. */
GVPN_MUST_CHECK int links_follow(struct links *l, struct netlink *route, const struct plan *plan, char err[static 256]);
GVPN_MUST_CHECK int links_forget(struct links *l, struct netlink *route,
				 char err[static 256]); /* all routes of ours go */

int links_fd(const struct links *l);
GVPN_MUST_CHECK int links_read(struct links *l, bool *ret_interfaces, bool *ret_table, bool *ret_clock);

#endif
