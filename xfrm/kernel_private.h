/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files behind kernel.h share: kernel.c (a plan into the kernel), kernel_open.c, kernel_counters.c,
 * kernel_events.c and kernel_search.c.
 */
#ifndef XFRM_KERNEL_PRIVATE_H
#define XFRM_KERNEL_PRIVATE_H

#include "xfrm/bpf/datapath.h"
#include "xfrm/host_rules.h"
#include "xfrm/kernel.h"
#include "xfrm/link/list.h"
#include "xfrm/link/watch.h"
#include "xfrm/nft/table.h"
#include "xfrm/stamps.h"
#include "xfrm/sync.h"

struct kernel {
	kernel_log_fn log;
	void *ctx;
	struct netlink *xfrm, *nft, *route; /* requests */
	struct links *links;                /* events, and the routes to the dummy address */
	struct names names;                 /* of the interfaces */
	bool have_table;                    /* the table is as our last transaction left it, and has this: */
	struct table_objects table;
	bool tracked;                      /* this host tracks connections, as at the last look */
	struct stamps stamps;              /* anti-replay by time (D3P) */
	struct host_rules rules;           /* of other programs */
	char told_output[QUERY_CHAIN_MAX]; /* the chain of them that was told of (D3P) */
	bool unstamped;                    /* this change ended because packets cannot be stamped */
	struct datapath *datapath;         /* NULL: blocks alone */
	struct searcher *searcher;         /* NULL with it */
	bool counter_modes_known;
	uint32_t counter_modes;   /* counter_mode.h */
	struct kernel_lost *lost; /* of the last plan */
	size_t n_lost;
};

void kernel_say(struct kernel *k, int level, enum kernel_news news, const char *text);
/* Whether programs were taken from interfaces, and are attached again. */
void kernel_say_programs(struct kernel *k);
/* A chain output that drops by default, and by which packets come on their way to a stamp: told of once. */
void kernel_say_closed_output(struct kernel *k);
/* Whether connections are tracked here; not only that the module is loaded. */
bool kernel_tracks(void);

/*
 * What sends in counter mode and is not there cannot be made by a plan.  VIEW does without it: its policies block, and
 * the daemon hears of it.
 */
int kernel_leave_out_lost(struct kernel *k, const struct plan *plan, struct plan *view, struct installed *have,
			  char err[static 256]);
/* Before anything changes: a candidate that no search needs any more goes with this change. */
int kernel_follow_searches(struct kernel *k, const struct plan *view, struct installed *have, char err[static 256]);

#endif
