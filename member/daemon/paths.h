/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ways to servers that this host does not have now: the local address, the link or the route is missing.  When a way is
 * there again, the exchange that uses the way sends at once, and does not wait for its next retransmission.
 *
 * The daemon listens to the kernel's news of links, addresses and routes only while a way is missing, and looks no more
 * often than every PATHS_SETTLE_MS: a router may have thousands of news a second.
 */
#ifndef MEMBER_DAEMON_PATHS_H
#define MEMBER_DAEMON_PATHS_H

#include "lib/gvpn.h"

#include <systemd/sd-event.h>

#define PATHS_SETTLE_MS 200
/* When nothing was sent for so long by a missing way, the way is forgotten. */
#define PATHS_FORGET_MS 600000

struct paths;
typedef void (*paths_up_fn)(void *ctx, uint32_t local, uint32_t remote);

GVPN_MUST_CHECK int paths_new(struct paths **ret, sd_event *event, paths_up_fn up, void *ctx);
void paths_free(struct paths *p); /* NULL is fine */

/* Something was sent from LOCAL to REMOTE, or the kernel refused that: looks up whether there is a way. */
void paths_sent(struct paths *p, uint32_t local, uint32_t remote);

#endif
