/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/nft/flowtable.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdio.h>

static const char *family_name(uint8_t family)
{
	switch (family) {
	case NFPROTO_INET:
		return "inet";
	case NFPROTO_IPV4:
		return "ip";
	default:
		return "ip6";
	}
}

int offload_take(const struct nlmsghdr *nlh, void *data)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	const char *table = "?", *name = "?";
	struct offload *o = data;
	const struct nlattr *attr;

	/* Ours carry IPv4 alone. */
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*nfg) || nfg->nfgen_family == NFPROTO_IPV6)
		return 0;
	message_for_each(attr, nlh, sizeof(*nfg))
	{
		uint16_t type = mnl_attr_get_type(attr);

		if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
			continue;
		if (type == NFTA_FLOWTABLE_TABLE)
			table = mnl_attr_get_str(attr);
		else if (type == NFTA_FLOWTABLE_NAME)
			name = mnl_attr_get_str(attr);
	}
	if (o->n++ == 0)
		snprintf(o->first, sizeof(o->first), "%s %.40s %.40s", family_name(nfg->nfgen_family), table, name);
	return 0;
}

static int dump(struct offload *o, struct netlink *nft)
{
	struct nfgenmsg *nfg;
	struct message m;
	char err[256];

	*o = (struct offload){ 0 };
	message_start(&m, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETFLOWTABLE, NLM_F_REQUEST | NLM_F_DUMP);
	nfg = message_extra(&m, sizeof(*nfg));
	nfg->nfgen_family = NFPROTO_UNSPEC;
	return netlink_request(nft, &m, offload_take, o, err);
}

int offload_read(struct offload *ret, struct netlink *nft)
{
	struct offload o;
	int r = -EINTR;

	for (unsigned i = 0; r == -EINTR && i < NETLINK_DUMPS; i++)
		r = dump(&o, nft);
	if (r == 0)
		*ret = o;
	return r;
}
