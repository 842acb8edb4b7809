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

#define QUERY_CHAIN_MAX 128
struct query_chains { /* of other programs, for IPv4 */
	/* A base chain at ingress, prerouting, forward or postrouting, whose rules may want to see what is forwarded.
	 */
	bool see_forwarded;
	/*
	 * A chain at output that drops what its rules do not accept, "chain c of table ip t"; the last, if there are
	 * several; "": none.  Whether its rules accept a packet nobody can ask.
	 */
	char closed_output[QUERY_CHAIN_MAX];
};
/* When the kernel does not tell, there may be some that want to see. */
void query_chains(struct netlink *n, struct query_chains *ret);

#endif
