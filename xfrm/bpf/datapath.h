/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The datapath of a plan: its tables in the programs' maps, and the programs on the interfaces of the host.
 *
 * A change is datapath_prepare(), which nothing sees, datapath_switch(), from which on the plan holds for every packet,
 * and datapath_settle(), which takes programs from interfaces that need them no more.
 */
#ifndef XFRM_BPF_DATAPATH_H
#define XFRM_BPF_DATAPATH_H

#include "xfrm/bpf/maps.h"
#include "xfrm/link/list.h"

struct datapath;

/* -ENOENT: this build is not loaded in FOLDER (gvpnd --load).  ROUTE is borrowed: a socket of NETLINK_ROUTE. */
GVPN_MUST_CHECK int datapath_open(struct datapath **ret, const char *folder, struct netlink *route,
				  char err[static 256]);
void datapath_close(struct datapath *d); /* NULL is fine; programs and maps stay */

/*
 * Writes the tables of PLAN, and gives the interfaces that it names the programs that it and the plan before it need.
 * HOST: its interfaces, and what it sends with.  On an error the plan before holds.  Before the first plan of a
 * build, none of whose programs is attached yet, there is none: it holds when this returns.
 */
GVPN_MUST_CHECK int datapath_prepare(struct datapath *d, const struct plan *plan, const struct tables_world *host,
				     char err[static 256]);
GVPN_MUST_CHECK int datapath_switch(struct datapath *d, char err[static 256]);
GVPN_MUST_CHECK int datapath_settle(struct datapath *d, const struct link_list *links, char err[static 256]);

/* The clock was set: the distance of POSIX time from the monotonic clock, nanoseconds. */
void datapath_set_wall(struct datapath *d, int64_t wall);
void datapath_vouch(struct datapath *d, uint64_t until); /* maps.h */

/* The interfaces that came since get their programs. */
GVPN_MUST_CHECK int datapath_follow(struct datapath *d, const struct link_list *links, char err[static 256]);

/* Whether somebody has taken a program away that this process had attached; asking answers it. */
bool datapath_was_robbed(struct datapath *d);

/* All programs leave the interfaces, and all pins the folder; D is closed. */
GVPN_MUST_CHECK int datapath_remove(struct datapath *d, const struct link_list *links, char err[static 256]);

/* What a rule of the plan that holds has decided in clear; -ENOENT: the programs know no such rule. */
GVPN_MUST_CHECK int datapath_count(const struct datapath *d, const struct plan_scope *scope,
				   const struct plan_rule *rule, struct dp_counter *ret);

const struct maps *datapath_maps(const struct datapath *d);

#endif
