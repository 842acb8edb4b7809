/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nf_tables table of an earlier run of the daemon, looked at before the first transaction of this one. */
#ifndef XFRM_NFT_ADOPT_H
#define XFRM_NFT_ADOPT_H

#include "xfrm/netlink/socket.h"

/*
 * Whether there is a table with the base chains that table_build() makes, and for how many scopes it has chains.  Such
 * a table is changed in place: a base chain that is replaced is not hooked for a moment, in which packets under way are
 * lost.
 */
bool table_found(struct netlink *nft, size_t *ret_scopes);

#endif
