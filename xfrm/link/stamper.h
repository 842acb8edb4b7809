/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anti-replay by time (D3P): the device at which packets are stamped, an XFRM interface which is known by its if_id,
 * whatever its name, and the routes to it.  The
 * network of the carriers leads there; each carrier in use has a route of its own by its external interface, so that
 * the host's rules see packets on their way to that interface, and with the MTU of what fits.  A program on that route
 * gives them to the device.  Without the device the network is unreachable.
 */
#ifndef XFRM_LINK_STAMPER_H
#define XFRM_LINK_STAMPER_H

#include "xfrm/netlink/socket.h"

/* On the routes, and its number in the kernel. */
struct stamper_program {
	int fd;
	uint32_t id;
};

struct stamper_route {
	uint32_t reqid, oif;
	uint16_t mtu;
};

/*
 * What this process has set, or has found, which begins as zeros.  Cleared, it is looked for again: a router may have a
 * million other routes, through all of which the kernel goes for that.
 */
struct stamper {
	uint32_t index; /* of the device; 0: not known */
	struct stamper_route *routes;
	size_t n;
	bool read;   /* there are no others of ours; with INDEX 0 no device either */
	bool raised; /* the device was made or set up here since the last news of it */
	bool ruled;  /* the rule of routing is there (carrier_rule.h) */
};
void stamper_clear(struct stamper *s);

/* Whether this kernel has such devices, by one that is gone again; the one that is there stays. */
bool stamper_probe(struct netlink *route);
/*
 * Makes the device and the routes of WANT, with PROGRAM on them, and leaves others as they are.  -EBUSY: somebody
 * else's interface has the name.  ERR says what cannot be made, why, and how to mend that.
 */
GVPN_MUST_CHECK int stamper_raise(struct stamper *s, struct netlink *route, const struct stamper_program *program,
				  const struct stamper_route *want, size_t n, char err[static 256]);
/* Removes routes that WANT does not have; with N 0 all of them, and the device. */
GVPN_MUST_CHECK int stamper_lower(struct stamper *s, struct netlink *route, const struct stamper_route *want, size_t n,
				  char err[static 256]);

uint32_t stamper_index(struct stamper *s, struct netlink *route); /* of the device; 0: it is not there */
/* Whether news that the device is down are of what was done here, and it is up now. */
bool stamper_own_news(struct stamper *s, struct netlink *route);

#endif
