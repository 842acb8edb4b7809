/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What other programs do to what is ours, as the kernel tells it: judges single messages of its nf_tables and XFRM
 * events.  OWN_PORT is the netlink port that our own changes come from.
 */
#ifndef XFRM_LINK_FOREIGN_H
#define XFRM_LINK_FOREIGN_H

#include "xfrm/netlink/message.h"

/* A change of our nf_tables table. */
bool foreign_changes_table(const struct nlmsghdr *nlh, uint32_t own_port);

/* A flowtable of anybody's, see nft/query.h. */
bool foreign_changes_flowtable(const struct nlmsghdr *nlh);
/*
 * Lets the kernel leave out, on the socket FD of nf_tables' events, what our own transactions tell: one of a large plan
 * is more than the socket's buffer, and what overflows must be looked at again, which would be told again.
 */
GVPN_MUST_CHECK int foreign_filter_table(int fd, uint32_t own_port);

/* A route of ours to the dummy address was removed or replaced. */
bool foreign_changes_route(const struct nlmsghdr *nlh, uint32_t own_port);
/*
 * Lets the kernel leave out, on the socket FD of links, addresses and routes, all routes to elsewhere: a router learns
 * a million of them.
 */
GVPN_MUST_CHECK int foreign_filter_route(int fd, uint32_t own_port);

/*
 * XFRM states or policies of ours were removed, or may have been: a flush names none.  SAs that end by their lifetime
 * are not told by these messages.
 */
bool foreign_changes_xfrm(const struct nlmsghdr *nlh, uint32_t own_port);

/*
 * Lets the kernel leave out, on the socket FD of XFRM's events, what foreign_changes_xfrm() would say no to in any
 * case: another IKE daemon's thousands of SAs then neither wake this one nor overflow its buffer.
 */
GVPN_MUST_CHECK int foreign_filter_xfrm(int fd, uint32_t own_port);

#endif
