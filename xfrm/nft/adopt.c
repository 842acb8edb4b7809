/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/nft/adopt.h"

#include "xfrm/plan/ids.h"

#include <libnftnl/chain.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdio.h>

struct found {
	unsigned base;   /* base chains that are as they should be */
	size_t n_scopes; /* by the highest "in_N" */
};

static void look_at(const struct nftnl_chain *c, struct found *f)
{
	static const char *const base[] = { "early", "in", "delivered", "gate", "out", "seal" };
	const char *name = nftnl_chain_get_str(c, NFTNL_CHAIN_NAME);
	unsigned scope;
	char end;

	if (!name)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(base); i++)
		if (strcmp(name, base[i]) == 0 && nftnl_chain_is_set(c, NFTNL_CHAIN_HOOKNUM))
			f->base |= 1u << i;
	if (sscanf(name, "in_%u%c", &scope, &end) == 1 && scope + 1u > f->n_scopes)
		f->n_scopes = scope + 1u;
}

static int take_chain(const struct nlmsghdr *nlh, void *data)
{
	struct nftnl_chain *c = nftnl_chain_alloc();
	const char *table;

	if (!c)
		return -ENOMEM;
	if (nftnl_chain_nlmsg_parse(nlh, c) == 0) {
		table = nftnl_chain_get_str(c, NFTNL_CHAIN_TABLE);
		if (table && strcmp(table, KERNEL_TABLE) == 0)
			look_at(c, data);
	}
	nftnl_chain_free(c);
	return 0;
}

static int dump_chains(struct netlink *nft, struct found *f)
{
	struct nfgenmsg *nfg;
	struct message m;
	char err[256];

	*f = (struct found){ 0 };
	message_start(&m, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN, NLM_F_REQUEST | NLM_F_DUMP);
	nfg = message_extra(&m, sizeof(*nfg));
	nfg->nfgen_family = NFPROTO_IPV4;
	return netlink_request(nft, &m, take_chain, f, err);
}

bool table_found(struct netlink *nft, size_t *ret_scopes)
{
	struct found f;
	int r = -EINTR;

	for (unsigned i = 0; r == -EINTR && i < NETLINK_DUMPS; i++)
		r = dump_chains(nft, &f);
	if (r < 0 || f.base != 0x3f)
		return false;
	*ret_scopes = f.n_scopes;
	return true;
}
