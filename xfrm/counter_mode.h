/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counter modes (AES-GCM, AES-GMAC): what this kernel can send with by a sender id (RFC 6054).
 */
#ifndef XFRM_COUNTER_MODE_H
#define XFRM_COUNTER_MODE_H

#include "lib/algorithm.h"
#include "xfrm/netlink/socket.h"

struct kernel;

/*
 * Bit c: SAs of the counter mode c (enum cipher) can be made to send with the IVs of one sender id, and are there at
 * all.  This is the one place that says so: the member asks here before it takes a key, and refuses the others by name.
 *
 * The kernel's interface has no IV to give.  One that begins with the id is searched for (searcher.h), which needs the
 * programs at tc.  What ESP has of algorithms is asked once, by SAs that nobody can use.
 */
uint32_t kernel_counter_modes(struct kernel *k);
uint32_t counter_modes_of(struct netlink *xfrm); /* algorithms alone */

#endif
