/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names under which the kernel shows packets of the interfaces that a plan names.  Rules match names.  An interface
 * that the kernel calls otherwise than the configuration does would belong to no zone, and its traffic would pass.  So
 * its zone gets the other name too:
 *
 * - An interface that is renamed keeps its index.  It is followed under its new name until another interface takes the
 *   configured name, or the configuration does not name it any more.
 * - Packets of a port of a bridge or bond show the name of the master.
 * - Packets of an interface in a VRF show the name of the VRF at some hooks.
 */
#ifndef XFRM_LINK_NAMES_H
#define XFRM_LINK_NAMES_H

#include "xfrm/link/list.h"

struct named;

struct names {
	struct named *items;
	size_t n;
};
void names_clear(struct names *n);

/* Tells the operator of an interface, once when it becomes so. */
typedef void (*names_say_fn)(void *ctx, bool unsupported, const char *text);

/*
 * Looks for the interfaces of PLAN among LINKS and makes *RET, the same plan in the kernel's names.  It borrows
 * everything but its scopes: free RET->scopes.  -E2BIG: a zone would have more interfaces than a plan holds.
 */
GVPN_MUST_CHECK int names_view(struct names *n, const struct link_list *links, const struct plan *plan,
			       struct plan *ret, names_say_fn say, void *ctx, char err[static 256]);

/* Whether an interface of S, a scope in the kernel's names, is in a VRF. */
bool names_in_vrf(const struct names *n, const struct plan_scope *s);

/* Whether the change of a link that NLH tells (RTM_NEWLINK, RTM_DELLINK) makes other names. */
bool names_concerned(const struct names *n, const struct nlmsghdr *nlh);

/* --- the parts, for tests --- */

struct named {
	char name[GVPN_IFNAME_MAX]; /* as the plan has it */
	struct link_item seen;      /* index 0: it is not there */
	struct link_item told;      /* as the operator was told last */
};

/* S in the kernel's names. */
GVPN_MUST_CHECK int names_rewrite(const struct names *n, struct plan_scope *s);

#endif
