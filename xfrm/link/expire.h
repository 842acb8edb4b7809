/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SAs whose lifetime in kilobytes is nearly used, or used: the kernel counts the octets of each SA, and says so
 * (XFRM_MSG_EXPIRE).  Lifetimes in seconds are left out; the daemon has timers for these.
 */
#ifndef XFRM_LINK_EXPIRE_H
#define XFRM_LINK_EXPIRE_H

#include "xfrm/netlink/message.h"

struct expiry {
	uint32_t local, spi; /* the SA, of either direction */
	bool hard;           /* its lifetime is over, and the kernel has removed it */
	bool sequence;       /* its sequence numbers are used, nearly or HARD: up, and not its kilobytes */
};

/* From a socket of the group XFRMNLGRP_EXPIRE, which does not block; false: no more for now. */
bool expire_next(struct mnl_socket *socket, struct expiry *ret);

/* Whether the message says so of an SA of ours. */
bool expire_parse(const struct nlmsghdr *nlh, struct expiry *ret);
/* A socket filter on FD: the kernel leaves out messages that expire_parse() refuses by type, reqid or limit. */
GVPN_MUST_CHECK int expire_filter(int fd, uint32_t own_port);

#endif
