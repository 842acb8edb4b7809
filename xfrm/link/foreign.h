/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes that other programs make to what is ours.  The functions judge single messages of the kernel's events, and
 * set socket filters that leave out what does not concern us.  OWN_PORT is the netlink port from which our own changes
 * come.
 */
#ifndef XFRM_LINK_FOREIGN_H
#define XFRM_LINK_FOREIGN_H

#include "xfrm/netlink/message.h"

struct sock_filter;

/* Our nf_tables table was changed. */
bool foreign_changes_table(const struct nlmsghdr *nlh, uint32_t own_port);

/*
 * Filters of clsact, or clsact itself: something in the place of our programs was removed or changed.  Our own changes
 * are told too, so it is to be looked what is there.
 */
bool foreign_changes_programs(const struct nlmsghdr *nlh);

/*
 * FD, the socket of nf_tables' events, leaves out our own transactions.  The events of a large one exceed the socket's
 * buffer, and after an overflow the plan is applied again, which would cause the same events again.
 */
GVPN_MUST_CHECK int foreign_filter_table(int fd, uint32_t own_port);

/* A route of ours to the dummy address, or to carriers, was removed or replaced. */
bool foreign_changes_route(const struct nlmsghdr *nlh, uint32_t own_port);

/* Our rule of routing was removed. */
bool foreign_removes_rule(const struct nlmsghdr *nlh, uint32_t own_port);

/*
 * FD, the socket of links, addresses and routes, leaves out routes to other addresses than the dummy address and the
 * carriers': a router learns a million of them.
 */
GVPN_MUST_CHECK int foreign_filter_route(int fd, uint32_t own_port);

/*
 * XFRM states or policies of ours were removed, or may have been: a flush does not name them.  No such message comes
 * when the lifetime of an SA ends.
 */
bool foreign_changes_xfrm(const struct nlmsghdr *nlh, uint32_t own_port);

/*
 * FD, the socket of XFRM's events, leaves out messages that foreign_changes_xfrm() would refuse.  So the thousands of
 * SAs of another IKE daemon neither wake this one nor overflow its buffer.
 */
GVPN_MUST_CHECK int foreign_filter_xfrm(int fd, uint32_t own_port);

/* Sets a socket filter. */
GVPN_MUST_CHECK int foreign_filter(int fd, struct sock_filter *code, unsigned short n);

#endif
