/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/link/carrier_rule.h"

#include "lib/refuse.h"
#include "xfrm/plan/ids.h"

#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

static void start_rule(struct message *m, uint16_t type, uint16_t flags)
{
	const uint8_t protocol = KERNEL_RTPROT;
	struct fib_rule_hdr *h;

	message_start(m, type, (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags));
	h = message_extra(m, sizeof(*h));
	h->family = AF_INET;
	h->dst_len = KERNEL_CARRIERS_LEN;
	h->table = RT_TABLE_MAIN;
	h->action = FR_ACT_TO_TBL;
	message_put_u32(m, FRA_DST, htonl(KERNEL_CARRIERS));
	message_put_u32(m, FRA_PRIORITY, KERNEL_RULE_PRIORITY);
	message_put(m, FRA_PROTOCOL, &protocol, sizeof(protocol));
}

/* Not one of the three that the kernel makes for the tables local, main and default, and not ours. */
static bool is_of_the_host(const struct nlmsghdr *nlh)
{
	const size_t header = sizeof(struct fib_rule_hdr);
	const struct nlattr *attr = message_find(nlh, header, FRA_PROTOCOL);
	uint32_t priority = message_u32(message_find(nlh, header, FRA_PRIORITY));
	uint8_t protocol = attr && mnl_attr_validate(attr, MNL_TYPE_U8) == 0 ? mnl_attr_get_u8(attr) : RTPROT_UNSPEC;

	if (protocol == KERNEL_RTPROT)
		return false;
	return protocol != RTPROT_KERNEL || (priority != 0 && priority != 32766 && priority != 32767);
}

static void begin(void *data)
{
	*(bool *)data = false;
}

static int take_rule(const struct nlmsghdr *nlh, void *data)
{
	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(struct fib_rule_hdr))
		*(bool *)data |= is_of_the_host(nlh);
	return 0;
}

/* When nobody can say, there may be some. */
static bool has_rules(struct netlink *route)
{
	struct fib_rule_hdr *h;
	struct message m;
	char unused[256];
	bool has;

	message_start(&m, RTM_GETRULE, NLM_F_REQUEST | NLM_F_DUMP);
	h = message_extra(&m, sizeof(*h));
	h->family = AF_INET;
	return netlink_dump(route, &m, begin, take_rule, &has, unused) < 0 || has;
}

int carrier_rule_set(struct netlink *route, bool *ret, char err[static 256])
{
	struct message m;
	char why[256];
	int r;

	*ret = has_rules(route);
	if (!*ret)
		return 0;
	start_rule(&m, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL);
	r = netlink_request(route, &m, NULL, NULL, why);
	if (r == 0 || r == -EEXIST)
		return 0;
	return refuse(r, err, "rule of routing for packets that get a time stamp (D3P): %.180s", why);
}

int carrier_rule_remove(struct netlink *route, char err[static 256])
{
	struct message m;
	int r;

	start_rule(&m, RTM_DELRULE, 0);
	r = netlink_request(route, &m, NULL, NULL, err);
	return r == -ENOENT ? 0 : r;
}
