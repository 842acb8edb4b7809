/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The backstop: the nf_tables table "ip gvpn" (xfrm/README.md shows one), and "ip6 gvpn" beside it.  By names of
 * interfaces it drops between the zones what neither an SA protects nor a rule admits, for the time in which the
 * programs at tc are gone; and it is where this host's own packets are seen before ESP.  One batch makes the tables
 * what a plan says; the kernel takes all of the batch or nothing.
 */
#ifndef XFRM_NFT_TABLE_H
#define XFRM_NFT_TABLE_H

#include "lib/plan.h"
#include "xfrm/nft/batch.h"

enum table_inet6 {
	TABLE_INET6_ABSENT, /* this kernel has no IPv6 */
	TABLE_INET6_DROP,
	TABLE_INET6_PASS,
};

struct table_state {
	/*
	 * The chains and sets of the table that is there: it is changed in place, and its counters stay.  NULL: the
	 * table is made anew, whatever is there.
	 */
	const struct table_objects *have;
	bool tracked; /* this host tracks connections: ESP is kept out of that */
	enum table_inet6 inet6;
	uint16_t carrier_mtu; /* D3P: the least of the routes to carriers; 0: there are none */
};

/* -ENOMEM, -EMSGSIZE */
GVPN_MUST_CHECK int table_build(struct batch *b, const struct plan *plan, const struct table_state *state);
/* Removes the table, INET6: that of IPv6 too; no error when there is none. */
GVPN_MUST_CHECK int table_build_delete(struct batch *b, bool inet6);

#endif
