/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anti-replay by time (D3P) on the kernel side: what a plan with windows needs beside its SAs and policies (the
 * design: xfrm/README.md).  That is the device at which packets are stamped with the routes to it (link/stamper.h),
 * and the clock of the programs.  kernel.c calls this in the order of a change.
 */
#ifndef XFRM_STAMPS_H
#define XFRM_STAMPS_H

#include "xfrm/bpf/datapath.h"
#include "xfrm/link/list.h"
#include "xfrm/link/stamper.h"
#include "xfrm/link/watch.h"
#include "xfrm/plan/stamp.h"
#include "xfrm/sync.h"

struct stamps {                       /* all zero: nothing is stamped */
	struct netlink *xfrm, *route; /* borrowed */
	struct stamper stamper;
	uint32_t taken; /* index of another program's interface that has the name of ours; 0: none */
	bool can;       /* this kernel can stamp packets */
	bool wanted;    /* the plan has an SA with a window */
	bool failed; /* what stamping needs could not be made; a change without such SAs follows, and then another try
		      */
	/*
	 * Packets with a stamp that came by an SA without a window.  Only such an SA, in tunnel mode, has them: while
	 * there is one, TUNNELS, the kernel's count beyond NOT_IP is theirs; UNEXPECTED are those before.
	 */
	bool tunnels;
	uint64_t not_ip, unexpected;
};

void stamps_open(struct stamps *s, struct netlink *xfrm, struct netlink *route);
void stamps_probe(struct stamps *s); /* finds out whether this kernel can stamp packets */
/* What is there of the device and its routes is looked for again with the next change; nothing is held afterwards. */
void stamps_forget(struct stamps *s);

/* What PLAN sends with stamps, and how much fits.  -ENOMEM. */
GVPN_MUST_CHECK int stamps_paths(struct stamp_paths *ret, const struct plan *plan, const struct link_list *links);
/* Whether the carriers of all PATHS have their SAs already, so that lan_in may pass them by. */
bool stamps_has_carriers(const struct installed *have, const struct stamp_paths *paths);

/* A change begins that has PATHS. */
void stamps_begin(struct stamps *s, const struct stamp_paths *paths);
/*
 * Before a change: makes the device and the routes that PATHS need, and reads LINKS again when the device is new.
 * After it: removes what PATHS do not need.
 */
GVPN_MUST_CHECK int stamps_raise(struct stamps *s, struct datapath *d, const struct plan *plan,
				 const struct stamp_paths *paths, struct link_list *links, char err[static 256]);
GVPN_MUST_CHECK int stamps_lower(struct stamps *s, const struct plan *plan, const struct stamp_paths *paths,
				 const struct link_list *links, char err[static 256]);

/* Which interface L tells of from here on. */
void stamps_watch(const struct stamps *s, struct links *l);
/* Whether it matters that the device has gone or is down, or that another one with its name has gone. */
bool stamps_concern(struct stamps *s);

/*
 * The kernel holds PLAN from here on; NOT_IP: xfrm_refused_not_ip() now.  And the packets with a stamp that came by an
 * SA without a window, as far as the kernel's count tells them.
 */
void stamps_count_unexpected(struct stamps *s, const struct plan *plan, uint64_t not_ip);
uint64_t stamps_unexpected(const struct stamps *s, uint64_t not_ip);

/* Gives the programs the clock.  D NULL: there are none. */
void stamps_tell_clock(struct datapath *d);

#endif
