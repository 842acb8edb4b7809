/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/nft/query.h"

#include "xfrm/plan/ids.h"

#include <arpa/inet.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/object.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdio.h>

/* --- counters --- */

struct counter {
	uint64_t packets, bytes;
};

static int take_counter(const struct nlmsghdr *nlh, void *data)
{
	struct nftnl_obj *o = nftnl_obj_alloc();
	struct counter *c = data;
	int r = o ? nftnl_obj_nlmsg_parse(nlh, o) : -1;

	if (r >= 0) {
		c->packets = nftnl_obj_get_u64(o, NFTNL_OBJ_CTR_PKTS);
		c->bytes = nftnl_obj_get_u64(o, NFTNL_OBJ_CTR_BYTES);
	}
	nftnl_obj_free(o);
	return r < 0 ? -EBADMSG : 0;
}

int query_counter(struct netlink *n, enum table_counter counter, uint64_t *ret_packets, uint64_t *ret_bytes)
{
	struct nftnl_obj *o = nftnl_obj_alloc();
	struct counter c = { 0 };
	struct message m;
	char err[256];
	int r;

	if (!o)
		return -ENOMEM;
	nftnl_obj_set_str(o, NFTNL_OBJ_TABLE, KERNEL_TABLE);
	nftnl_obj_set_str(o, NFTNL_OBJ_NAME, table_counters[counter]);
	nftnl_obj_set_u32(o, NFTNL_OBJ_TYPE, NFT_OBJECT_COUNTER);
	message_start(&m, 0, 0);
	nftnl_obj_nlmsg_build_payload(
		nftnl_nlmsg_build_hdr((char *)m.octets, NFT_MSG_GETOBJ, table_counter_family(counter), 0, 0), o);
	nftnl_obj_free(o);
	r = netlink_request(n, &m, take_counter, &c, err);
	if (r < 0)
		return r;
	*ret_packets = c.packets;
	*ret_bytes = c.bytes;
	return 0;
}

/* --- what the kernel can do --- */

static int take_nothing(const struct nlmsghdr *nlh, void *data)
{
	(void)nlh;
	(void)data;
	return 0;
}

int query_nf_tables(struct netlink *n, char err[static 256])
{
	struct message m;

	message_start(&m, 0, 0);
	nftnl_nlmsg_build_hdr((char *)m.octets, NFT_MSG_GETGEN, NFPROTO_UNSPEC, 0, 0);
	return netlink_request(n, &m, take_nothing, NULL, err);
}

/* --- other programs' rules --- */

static bool sees_forwarded(const struct nftnl_chain *c, uint8_t family)
{
	const char *table = nftnl_chain_get_str(c, NFTNL_CHAIN_TABLE);
	uint32_t hook = nftnl_chain_get_u32(c, NFTNL_CHAIN_HOOKNUM);

	if (!nftnl_chain_is_set(c, NFTNL_CHAIN_HOOKNUM))
		return false;
	if (family == NFPROTO_NETDEV) /* behind tc */
		return hook == NF_NETDEV_INGRESS;
	if (family != NFPROTO_IPV4 && family != NFPROTO_INET)
		return false;
	if (family == NFPROTO_IPV4 && table && strcmp(table, KERNEL_TABLE) == 0)
		return false;
	return hook == NF_INET_PRE_ROUTING || hook == NF_INET_FORWARD || hook == NF_INET_POST_ROUTING ||
	       (family == NFPROTO_INET && hook == NF_INET_INGRESS);
}

/* Ours accept by default. */
static bool closes_output(const struct nftnl_chain *c, uint8_t family)
{
	return nftnl_chain_is_set(c, NFTNL_CHAIN_HOOKNUM) && nftnl_chain_is_set(c, NFTNL_CHAIN_POLICY) &&
	       (family == NFPROTO_IPV4 || family == NFPROTO_INET) &&
	       nftnl_chain_get_u32(c, NFTNL_CHAIN_HOOKNUM) == NF_INET_LOCAL_OUT &&
	       nftnl_chain_get_u32(c, NFTNL_CHAIN_POLICY) == NF_DROP;
}

static void name_chain(char text[static QUERY_CHAIN_MAX], const struct nftnl_chain *c, uint8_t family)
{
	const char *name = nftnl_chain_get_str(c, NFTNL_CHAIN_NAME);
	const char *table = nftnl_chain_get_str(c, NFTNL_CHAIN_TABLE);

	snprintf(text, QUERY_CHAIN_MAX, "chain %.40s of table %s %.40s", name ? name : "",
		 family == NFPROTO_INET ? "inet" : "ip", table ? table : "");
}

static void begin_chains(void *data)
{
	*(struct query_chains *)data = (struct query_chains){ 0 };
}

static int take_chain(const struct nlmsghdr *nlh, void *data)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	struct nftnl_chain *c = nftnl_chain_alloc();
	struct query_chains *chains = data;
	int r = c ? nftnl_chain_nlmsg_parse(nlh, c) : -1;

	if (r == 0) {
		chains->see_forwarded |= sees_forwarded(c, nfg->nfgen_family);
		if (closes_output(c, nfg->nfgen_family))
			name_chain(chains->closed_output, c, nfg->nfgen_family);
	}
	nftnl_chain_free(c);
	return r < 0 ? -EBADMSG : 0;
}

void query_chains(struct netlink *n, struct query_chains *ret)
{
	struct message m;
	char err[256];

	message_start(&m, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN), NLM_F_REQUEST | NLM_F_DUMP);
	message_extra(&m, sizeof(struct nfgenmsg));
	if (netlink_dump(n, &m, begin_chains, take_chain, ret, err) < 0)
		*ret = (struct query_chains){ .see_forwarded = true };
}
