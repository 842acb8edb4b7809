/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SAs whose lifetime in kilobytes nears its end, or is over: the kernel counts what each protects, and says so
 * (XFRM_MSG_EXPIRE).  Lifetimes in seconds are the daemon's own affair, and are left out.
 */
#ifndef XFRM_EXPIRE_H
#define XFRM_EXPIRE_H

#include "xfrm/kernel.h"
#include "xfrm/message.h"

struct worn;

/* Its descriptor becomes readable in EPOLL. */
GVPN_MUST_CHECK int worn_new(struct worn **ret, int epoll);
void worn_free(struct worn *w);                          /* NULL is fine */
bool worn_next(struct worn *w, struct kernel_worn *ret); /* false: no more for now */

/* Whether the message says it of one of ours. */
bool worn_parse(const struct nlmsghdr *nlh, struct kernel_worn *ret);
/* Lets the kernel leave out, on the socket FD, what worn_parse() would say no to for its type, reqid or want of a
 * limit. */
GVPN_MUST_CHECK int worn_filter(int fd);

#endif
