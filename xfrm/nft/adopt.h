/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nf_tables table of an earlier run of the daemon, looked at before the first transaction of this run.  One with a
 * chain that this version does not make is another version's, and is made anew.
 */
#ifndef XFRM_NFT_ADOPT_H
#define XFRM_NFT_ADOPT_H

#include "xfrm/netlink/socket.h"
#include "xfrm/nft/table.h"

/* Whether there is a table with our base chains. */
bool table_exists(struct netlink *nft);

/* True, and *RET says what the table has, when there is one that table_build() can change in place. */
bool table_adopt(struct netlink *nft, struct table_shape *ret);

/* --- for tests --- */

struct found_table {
	unsigned base; /* how many of our base chains it has */
	bool unknown;  /* and a chain that this version does not make */
	struct table_shape shape;
};
/* Takes a message of a dump of chains into DATA, a struct found_table; passes over other tables. */
int found_take_chain(const struct nlmsghdr *nlh, void *data);

#endif
