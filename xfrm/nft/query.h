/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions to nf_tables: counters of our table, what this kernel can do, and other programs' flowtables. */
#ifndef XFRM_NFT_QUERY_H
#define XFRM_NFT_QUERY_H

#include "xfrm/netlink/socket.h"

/* A named counter of our table: -ENOENT when it is not there. */
GVPN_MUST_CHECK int query_counter(struct netlink *n, const char *name, uint64_t *ret_packets, uint64_t *ret_bytes);

/* Whether this kernel has nf_tables.  Errors: as netlink_request(). */
GVPN_MUST_CHECK int query_nf_tables(struct netlink *n, char err[static 256]);
/* Whether nf_tables can use the first revision of the xtables match NAME; the kernel loads its module for the answer.
 */
GVPN_MUST_CHECK int query_match(struct netlink *n, const char *name, char err[static 256]);

/*
 * Flowtables of the host: packets of the flows in them are forwarded before any chain sees them, in either direction,
 * protected or not.  A rule of the host's firewall puts a flow there, from its entry of connection tracking.  So while
 * there is a flowtable, traffic that a group VPN governs is not tracked (SCOPE_NOTRACK), and does not come into it.
 */
struct flowtables {
	size_t n;       /* flowtables */
	char first[96]; /* "inet filter ft" */
};

/* Looks at those of all tables.  Errors: as netlink_request(). */
GVPN_MUST_CHECK int flowtables_read(struct flowtables *ret, struct netlink *nft);

/* --- for tests --- */

/* Takes a message of the dump into DATA, a struct flowtables. */
int flowtables_take(const struct nlmsghdr *nlh, void *data);

#endif
