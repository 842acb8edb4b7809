/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nf_tables table "ip gvpn": the gate between the zones, and the two ends of the way through ESP.  One batch makes
 * the table hold what a plan says; the kernel takes all of it or nothing.
 */
#ifndef XFRM_NFT_TABLE_H
#define XFRM_NFT_TABLE_H

#include "lib/plan.h"
#include "xfrm/nft/batch.h"

struct table_state {
	const uint32_t *sending; /* SPIs with which this host sends already; their packets stay admitted */
	size_t n_sending;
	/*
	 * What the table that is there has: it is changed in place, and its counters stay.  NULL: the table is made
	 * anew, whatever it was.
	 */
	const struct table_objects *have;
	bool untrack; /* the host has a flowtable: see query.h */
};

/* -ENOMEM, -EMSGSIZE; -E2BIG: more from-zones than forms.h has bits for. */
GVPN_MUST_CHECK int table_build(struct batch *b, const struct plan *plan, const struct table_state *state);
/* The whole table goes, also when it is not there. */
GVPN_MUST_CHECK int table_build_delete(struct batch *b);

#endif
