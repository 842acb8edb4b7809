/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/nft/adopt.h"

#include "xfrm/nft/chains.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>

/* The hook and the priority of a base chain are not looked at: the kernel refuses to change them. */
int found_take_chain(const struct nlmsghdr *nlh, void *data)
{
	struct found_table *f = data;
	const char *name;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct nfgenmsg) ||
	    strcmp(message_text(message_find(nlh, sizeof(struct nfgenmsg), NFTA_CHAIN_TABLE)), KERNEL_TABLE) != 0)
		return 0;
	name = message_text(message_find(nlh, sizeof(struct nfgenmsg), NFTA_CHAIN_NAME));
	for (size_t i = 0; i < BASE_CHAINS; i++)
		f->base += strcmp(name, base_chains[i].name) == 0;
	f->unknown |= !table_note_chain(&f->shape, name);
	return 0;
}

static int read_table(struct netlink *nft, struct found_table *f)
{
	int r = -EINTR;

	for (unsigned i = 0; r == -EINTR && i < NETLINK_DUMPS; i++) {
		struct message m;
		char err[256];

		*f = (struct found_table){ 0 };
		nft_message(&m, NFT_MSG_GETCHAIN, NLM_F_DUMP, NFPROTO_IPV4);
		r = netlink_request(nft, &m, found_take_chain, f, err);
	}
	return r;
}

bool table_exists(struct netlink *nft)
{
	struct found_table f;

	return read_table(nft, &f) == 0 && f.base == BASE_CHAINS;
}

bool table_adopt(struct netlink *nft, struct table_shape *ret)
{
	struct found_table f;

	if (read_table(nft, &f) < 0 || f.base < BASE_CHAINS || f.unknown)
		return false;
	*ret = f.shape;
	return true;
}
