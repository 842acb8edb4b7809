/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/nft/query.h"

#include "xfrm/plan/ids.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>

static uint64_t number_of(const struct nlattr *attr)
{
	return mnl_attr_validate(attr, MNL_TYPE_U64) < 0 ? 0 : be64toh(mnl_attr_get_u64(attr));
}

static int take_counter(const struct nlmsghdr *nlh, void *data)
{
	uint64_t *packets = data;
	const struct nlattr *attr, *part;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct nfgenmsg))
		return -EBADMSG;
	message_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) != NFTA_OBJ_DATA)
			continue;
		message_for_each_nested(part, attr)
		{
			if (mnl_attr_get_type(part) == NFTA_COUNTER_PACKETS)
				*packets = number_of(part);
		}
	}
	return 0;
}

int query_packets(struct netlink *n, enum table_counter counter, uint64_t *ret)
{
	struct message m;
	char err[256];

	*ret = 0;
	nft_message(&m, NFT_MSG_GETOBJ, 0, table_counter_family(counter));
	message_put_text(&m, NFTA_OBJ_TABLE, KERNEL_TABLE);
	message_put_text(&m, NFTA_OBJ_NAME, table_counters[counter]);
	message_put_u32(&m, NFTA_OBJ_TYPE, htonl(NFT_OBJECT_COUNTER));
	return netlink_request(n, &m, take_counter, ret, err);
}

int query_nf_tables(struct netlink *n, char err[static 256])
{
	struct message m;

	nft_message(&m, NFT_MSG_GETGEN, NLM_F_ACK, NFPROTO_UNSPEC);
	return netlink_request(n, &m, NULL, NULL, err);
}
