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

int carrier_rule_set(struct netlink *route, char err[static 256])
{
	struct message m;
	char why[256];
	int r;

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
