/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SAs whose lifetime in kilobytes is nearly used, or used: the kernel counts the octets of each SA, and says so
 * (XFRM_MSG_EXPIRE).  Lifetimes in seconds are left out; the daemon has timers for these.
 */
#ifndef XFRM_LINK_EXPIRE_H
#define XFRM_LINK_EXPIRE_H

#include "xfrm/netlink/message.h"

struct expire;

struct expiry {
	uint32_t local, spi; /* the SA, of either direction */
	bool hard;           /* its lifetime is over, and the kernel has removed it */
};

/* Its descriptor becomes readable in EPOLL. */
GVPN_MUST_CHECK int expire_new(struct expire **ret, int epoll);
void expire_free(struct expire *w);                     /* NULL is fine */
bool expire_next(struct expire *w, struct expiry *ret); /* false: no more for now */

/* Whether the message says so of an SA of ours. */
bool expire_parse(const struct nlmsghdr *nlh, struct expiry *ret);
/* A socket filter on FD: the kernel leaves out messages that expire_parse() refuses by type, reqid or limit. */
GVPN_MUST_CHECK int expire_filter(int fd);

#endif
