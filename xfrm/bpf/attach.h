/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs on interfaces: filters of clsact at one priority and handle, before everybody else's there.  What is there
 * is replaced in place, so that no packet passes without a program, and none meets two.
 *
 * No tcx links (Linux 6.6): the kernel tells nobody when one goes, but tells when a filter of clsact does.
 */
#ifndef XFRM_BPF_ATTACH_H
#define XFRM_BPF_ATTACH_H

#include "xfrm/bpf/maps.h"
#include "xfrm/netlink/socket.h"

/* Which programs an interface has. */
enum attach_role {
	ATTACH_NONE,
	ATTACH_LAN,   /* of a from-zone, and of no other's business */
	ATTACH_OTHER, /* its packets may have to say that they are not of a zone */
	ATTACH_WAN,   /* external, or of a to-zone; it may be of a from-zone as well */
	ATTACH_STAMP, /* the device of the carriers: nothing comes by it */
};

struct attached {
	uint32_t ifindex;
	enum attach_role role;
	bool bare; /* its packets begin with IP's header */
};

/*
 * Gives an interface its programs, replacing those of ours that are there, of whatever build.  *RET_MISSING says that
 * one was missing.  -EBUSY, with a sentence in ERR: somebody else has our place.  -ENODEV: the interface is gone.
 */
GVPN_MUST_CHECK int attach(const struct maps *m, struct netlink *route, const struct attached *to, bool *ret_missing,
			   char err[static 256]);
/* Takes ours away from it; that there is none, or no such interface, is fine. */
void detach(struct netlink *route, uint32_t ifindex);
/* clsact goes too, when nobody has a filter in it. */
void detach_clsact(struct netlink *route, uint32_t ifindex);

/*
 * The names of all interfaces that have tcx links, none of which is ours, as far as there is room; false: none.  Such
 * links run before clsact, and a packet for which one answers anything but "next" is not seen by our programs.
 */
bool attach_tcx_names(char *ret, size_t size);

/* What a plan makes of an interface; NONE: no scope names it. */
enum attach_role attach_role_of(const struct tables *t, uint32_t ifindex);

#endif
