/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The route that the kernel would choose for a packet now: one look-up (RTM_GETROUTE), which needs no privilege.
 */
#ifndef XFRM_ROUTE_H
#define XFRM_ROUTE_H

#include "lib/gvpn.h"

enum route_kind {
	ROUTE_UNICAST,
	ROUTE_LOCAL, /* an address of this host */
	ROUTE_BROADCAST,
	ROUTE_MULTICAST,
};

struct route {
	enum route_kind kind;
	char interface[GVPN_IFNAME_MAX]; /* by which it leaves; LOCAL and BROADCAST: the one that has the address */
};

/*
 * The route to DST.  SRC and INTERFACE: a packet from SRC that came by INTERFACE and is passed on; INTERFACE "": one of
 * this host's own, from SRC if that is not 0.  -ENETUNREACH when there is no route, or one that refuses (blackhole,
 * unreachable, prohibit); -ENODEV when there is no INTERFACE.  ERR has the kernel's words.
 */
GVPN_MUST_CHECK int route_lookup(struct route *ret, uint32_t dst, uint32_t src, const char *interface,
				 char err[static 256]);

#endif
