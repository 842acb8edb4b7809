/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SAs whose lifetime in kilobytes nears its end, or is over: the kernel counts what each protects, and says so
 * (XFRM_MSG_EXPIRE).  Lifetimes in seconds are the daemon's own affair, and are left out.
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

/* Whether the message says it of one of ours. */
bool expire_parse(const struct nlmsghdr *nlh, struct expiry *ret);
/* Lets the kernel leave out, on the socket FD, what expire_parse() would say no to for its type, reqid or want of a
 * limit. */
GVPN_MUST_CHECK int expire_filter(int fd);

#endif
