/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions to nf_tables: counters of our table, whether this kernel has it, and what others have there. */
#ifndef XFRM_NFT_QUERY_H
#define XFRM_NFT_QUERY_H

#include "xfrm/netlink/socket.h"
#include "xfrm/nft/batch.h"

/* A named counter of our tables: -ENOENT when it is not there. */
GVPN_MUST_CHECK int query_counter(struct netlink *n, enum table_counter counter, uint64_t *ret_packets,
				  uint64_t *ret_bytes);

/* Whether this kernel has nf_tables.  Errors: as netlink_request(). */
GVPN_MUST_CHECK int query_nf_tables(struct netlink *n, char err[static 256]);

/*
 * Whether other programs' rules may want to see what this host forwards: a base chain of theirs at ingress, prerouting,
 * forward or postrouting.  True also when that cannot be found out.
 */
bool query_others_forward(struct netlink *n);

/*
 * Whether a chain at output drops what its rules do not accept.  RET: which one, in words, "chain c of table ip t"; the
 * last, if there are several.  Whether its rules accept a packet nobody can ask.
 */
#define QUERY_CHAIN_MAX 128
bool query_closed_output(struct netlink *n, char ret[static QUERY_CHAIN_MAX]);

#endif
