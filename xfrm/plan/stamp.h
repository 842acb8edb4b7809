/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Anti-replay by time (D3P): what of a plan is sent with a stamp, and how much fits. */
#ifndef XFRM_PLAN_STAMP_H
#define XFRM_PLAN_STAMP_H

#include "lib/plan.h"

struct stamp_path { /* a reqid that sends with stamps */
	uint32_t reqid;
	size_t scope; /* gives local address and external interface */
	uint16_t mtu; /* the largest inner packet; 0: none fits */
};

struct stamp_paths {
	struct stamp_path *items;
	size_t n;
};

/* The octets of a packet of ESP that may leave by EXTERNAL; 0: the interface is not there. */
typedef uint32_t (*stamp_room_fn)(void *ctx, const char *external);

/* Each reqid once, with the least of what its SAs admit.  -ENOMEM. */
GVPN_MUST_CHECK int stamp_paths_of(struct stamp_paths *ret, const struct plan *plan, stamp_room_fn room, void *ctx);
void stamp_paths_clear(struct stamp_paths *p);
const struct stamp_path *stamp_path_find(const struct stamp_paths *p, uint32_t reqid); /* NULL: it has none */
uint16_t stamp_paths_least(const struct stamp_paths *p);                               /* MTU; 0: there are none */

/* What fits into ROOM octets of ESP with T's algorithms, with a stamp and without fragments. */
uint16_t stamp_mtu(const struct tek *t, uint32_t room);

/* The MTU of the route to a carrier, by which the kernel finds INNER as that of what goes to it. */
uint16_t stamp_carrier_mtu(uint16_t inner);
#define STAMP_CARRIER_HEADERS (20 + 12) /* IP's, and AH's without a digest */

#endif
