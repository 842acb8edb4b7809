/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nf_tables table of an earlier run of the daemon, of this version or of another one, taken over before the first
 * transaction of this run.
 *
 * Base chains are known by hook, type and priority, whatever they are called: one that another version called otherwise
 * gets its name of today, and stays hooked.  Everything else is known by its name.  What this version does not make
 * goes in the next transaction (batch_drop_others()), which makes what it does.
 */
#ifndef XFRM_NFT_ADOPT_H
#define XFRM_NFT_ADOPT_H

#include "xfrm/netlink/socket.h"
#include "xfrm/nft/batch.h"

/* Whether there is a table with our base chains. */
bool table_exists(struct netlink *nft);

/*
 * True, and *RET says what the table has, when there is one that table_build() can change in place: it has each of our
 * base chains.
 */
bool table_adopt(struct netlink *nft, struct table_objects *ret);

/* --- the parts, for tests --- */

#define FOUND_BASE_MAX 16
struct found_chain {
	char name[TABLE_NAME_MAX];
	uint64_t handle;
	size_t base; /* which of base_chains; BASE_CHAINS: none */
};
struct found_table {
	struct found_chain base[FOUND_BASE_MAX];
	size_t n_base;
	struct table_objects objects; /* base chains too, under the names that they have */
};
/* Takes a message of a dump of chains or of sets into DATA, a struct found_table; passes over other tables. */
int found_take_chain(const struct nlmsghdr *nlh, void *data);
int found_take_set(const struct nlmsghdr *nlh, void *data);
/*
 * False when the table cannot be changed in place.  Else B renames its base chains, unless *RET_N, their number, is 0,
 * and the names in FOUND are those of today.
 */
bool found_rename(struct found_table *found, struct batch *b, size_t *ret_n);

#endif
