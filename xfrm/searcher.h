/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The searches that a plan asks for (plan_sa_searched()), one after the other, in this kernel: search.h with XFRM and
 * two sockets behind it.
 */
#ifndef XFRM_SEARCHER_H
#define XFRM_SEARCHER_H

#include "xfrm/kernel.h"
#include "xfrm/netlink/socket.h"

struct searcher;

/* XFRM is borrowed.  Its own events must be filtered where others of this process listen: each try makes two. */
GVPN_MUST_CHECK int searcher_new(struct searcher **ret, struct netlink *xfrm);
void searcher_free(struct searcher *s); /* NULL is fine; a candidate stays, and the next apply removes it */

/*
 * Searches for what PLAN, which is about to be applied, asks for, and for nothing else.  A search that goes on and is
 * still wanted does so; of another one the candidate is the apply's to remove, or to make an SA of.  -ENOMEM.
 */
GVPN_MUST_CHECK int searcher_want(struct searcher *s, const struct plan *plan);
uint32_t searcher_spi(const struct searcher *s);                     /* whose candidate there is; 0: none */
bool searcher_found(const struct searcher *s, uint32_t *ret_prefix); /* that candidate has the id */

/* kernel_search(), kernel_search_pass() */
enum kernel_search searcher_slice(struct searcher *s, uint64_t now, struct kernel_found *ret, uint32_t *ret_wait,
				  char err[static 256]);
void searcher_pass(struct searcher *s);

#endif
