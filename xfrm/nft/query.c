/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/nft/query.h"

#include "xfrm/plan/ids.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>

static int take_packets(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *packets;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct nfgenmsg))
		return -EBADMSG;
	packets = message_find_within(message_find(nlh, sizeof(struct nfgenmsg), NFTA_OBJ_DATA), NFTA_COUNTER_PACKETS);
	if (!packets || mnl_attr_validate(packets, MNL_TYPE_U64) < 0)
		return -EBADMSG;
	*(uint64_t *)data = be64toh(mnl_attr_get_u64(packets));
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
	return netlink_request(n, &m, take_packets, ret, err);
}

int query_nf_tables(struct netlink *n, char err[static 256])
{
	struct message m;

	nft_message(&m, NFT_MSG_GETGEN, NLM_F_ACK, NFPROTO_UNSPEC);
	return netlink_request(n, &m, NULL, NULL, err);
}
