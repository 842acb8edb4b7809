/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nf_tables table "ip gvpn" (xfrm/README.md shows one).  One batch makes it what a plan says; the kernel takes all
 * of the batch or nothing.
 */
#ifndef XFRM_NFT_TABLE_H
#define XFRM_NFT_TABLE_H

#include "lib/plan.h"
#include "xfrm/nft/batch.h"

struct table_state {
	const uint32_t *sending; /* SPIs with which this host sends now; their ESP is ours until they go */
	size_t n_sending;
	/*
	 * The chains and sets of the table that is there: it is changed in place, and its counters stay.  NULL: the
	 * table is made anew, whatever is there.
	 */
	const struct table_objects *have;
	bool untrack; /* the host has a flowtable: see query.h */
};

/* -ENOMEM, -EMSGSIZE; -E2BIG: more from-zones than forms.h has bits for. */
GVPN_MUST_CHECK int table_build(struct batch *b, const struct plan *plan, const struct table_state *state);
/* Removes the table; no error when there is none. */
GVPN_MUST_CHECK int table_build_delete(struct batch *b);

#endif
