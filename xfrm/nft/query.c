/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/nft/query.h"

#include "xfrm/plan/ids.h"

#include <arpa/inet.h>
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

int query_counter(struct netlink *n, const char *name, uint64_t *ret_packets, uint64_t *ret_bytes)
{
	struct nftnl_obj *o = nftnl_obj_alloc();
	struct counter c = { 0 };
	struct message m;
	char err[256];
	int r;

	if (!o)
		return -ENOMEM;
	nftnl_obj_set_str(o, NFTNL_OBJ_TABLE, KERNEL_TABLE);
	nftnl_obj_set_str(o, NFTNL_OBJ_NAME, name);
	nftnl_obj_set_u32(o, NFTNL_OBJ_TYPE, NFT_OBJECT_COUNTER);
	message_start(&m, 0, 0);
	nftnl_obj_nlmsg_build_payload(nftnl_nlmsg_build_hdr((char *)m.octets, NFT_MSG_GETOBJ, NFPROTO_IPV4, 0, 0), o);
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

int query_match(struct netlink *n, const char *name, char err[static 256])
{
	struct nfgenmsg *header;
	struct message m;

	message_start(&m, (NFNL_SUBSYS_NFT_COMPAT << 8) | NFNL_MSG_COMPAT_GET, NLM_F_REQUEST | NLM_F_ACK);
	header = message_extra(&m, sizeof(*header));
	header->nfgen_family = NFPROTO_IPV4;
	header->version = NFNETLINK_V0;
	message_put(&m, NFTA_COMPAT_NAME, name, strlen(name) + 1);
	message_put_u32(&m, NFTA_COMPAT_REV, htonl(0));
	message_put_u32(&m, NFTA_COMPAT_TYPE, htonl(0)); /* a match, not a target */
	return netlink_request(n, &m, take_nothing, NULL, err);
}

/* --- flowtables --- */

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

int flowtables_take(const struct nlmsghdr *nlh, void *data)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	const char *table = "?", *name = "?";
	struct flowtables *o = data;
	const struct nlattr *attr;

	/* The group's traffic is IPv4. */
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

static int dump_flowtables(struct flowtables *o, struct netlink *nft)
{
	struct nfgenmsg *nfg;
	struct message m;
	char err[256];

	*o = (struct flowtables){ 0 };
	message_start(&m, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETFLOWTABLE, NLM_F_REQUEST | NLM_F_DUMP);
	nfg = message_extra(&m, sizeof(*nfg));
	nfg->nfgen_family = NFPROTO_UNSPEC;
	return netlink_request(nft, &m, flowtables_take, o, err);
}

int flowtables_read(struct flowtables *ret, struct netlink *nft)
{
	struct flowtables o;
	int r = -EINTR;

	for (unsigned i = 0; r == -EINTR && i < NETLINK_DUMPS; i++)
		r = dump_flowtables(&o, nft);
	if (r == 0)
		*ret = o;
	return r;
}
