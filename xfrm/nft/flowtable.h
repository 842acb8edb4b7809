/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flowtables of the host: what they hold is forwarded before any chain sees it, in either direction, protected or not.
 * A flow comes into one by a rule of the host's firewall, from its entry of connection tracking.  So while there is a
 * flowtable, what a group VPN governs is not tracked (chains "untrack_N"), and none of it comes into one.
 */
#ifndef XFRM_NFT_FLOWTABLE_H
#define XFRM_NFT_FLOWTABLE_H

#include "xfrm/socket.h"

struct offload {
	size_t n;       /* flowtables */
	char first[96]; /* "inet filter ft" */
};

/* Looks at those of all tables.  Errors: as netlink_request(). */
GVPN_MUST_CHECK int offload_read(struct offload *ret, struct netlink *nft);

/* --- for tests --- */

/* Takes a message of the dump into DATA, a struct offload. */
int offload_take(const struct nlmsghdr *nlh, void *data);

#endif
