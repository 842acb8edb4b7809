/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Under which names the kernel shows the packets of the interfaces that a plan names.  Rules match names, so an
 * interface that has another one than the configuration gives it would be no zone's, and what it carries would pass.
 * Its zone has the other name too, therefore:
 *
 * - Renamed while it is there: it keeps its index, and is followed under its new name until another interface takes the
 *   configured one, or the configuration names it no more.
 * - A port of a bridge, bond or the like: its packets show the master.
 * - In a VRF: its packets show the VRF at times.
 */
#ifndef XFRM_LINK_NAMES_H
#define XFRM_LINK_NAMES_H

#include "lib/plan.h"
#include "xfrm/netlink/socket.h"

struct named;

struct names {
	struct named *items;
	size_t n;
};
void names_clear(struct names *n);

/* What an operator should know of an interface: told when it becomes so. */
typedef void (*names_say_fn)(void *ctx, bool unsupported, const char *text);

/*
 * Looks at the interfaces of PLAN, and makes of it the plan in the kernel's names, which borrows the rest: free
 * RET->scopes.  -E2BIG: a zone would have more interfaces than a plan holds.
 */
GVPN_MUST_CHECK int names_view(struct names *n, struct netlink *route, const struct plan *plan, struct plan *ret,
			       names_say_fn say, void *ctx, char err[static 256]);

/* Whether an interface of S, which is of a view, is in a VRF. */
bool names_in_vrf(const struct names *n, const struct plan_scope *s);

/* Whether what NLH, RTM_NEWLINK or RTM_DELLINK, tells of a link makes another view. */
bool names_concerned(const struct names *n, const struct nlmsghdr *nlh);

/* --- the parts, for tests --- */

struct link_seen {
	uint32_t index, master;                                                          /* 0: none */
	char name[GVPN_IFNAME_MAX], master_name[GVPN_IFNAME_MAX], kind[GVPN_IFNAME_MAX]; /* of the master */
};

struct named {
	char name[GVPN_IFNAME_MAX]; /* as the plan has it */
	struct link_seen seen;      /* index 0: it is not there */
	struct link_seen told;      /* what of this the operator knows */
};

/* A link as the kernel tells it, but for the master's name; false when NLH is no news of a link. */
bool link_parse(const struct nlmsghdr *nlh, struct link_seen *ret);
/* S in the kernel's names. */
GVPN_MUST_CHECK int names_rewrite(const struct names *n, struct plan_scope *s);

#endif
