/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/route.h"

#include "lib/refuse.h"
#include "xfrm/netlink/socket.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>

struct route_answer {
	uint8_t type;
	uint32_t oif;
	bool seen;
};

static int take_route(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	struct route_answer *f = data;

	if (nlh->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(nlh) < sizeof(*rtm))
		return -EBADMSG;
	f->type = rtm->rtm_type;
	f->oif = message_u32(message_find(nlh, sizeof(*rtm), RTA_OIF));
	f->seen = true;
	return 0;
}

static int ask_route(struct route_answer *ret, struct netlink *n, uint32_t dst, uint32_t src, uint32_t iif,
		     uint32_t flags, char err[static 256])
{
	struct route_answer f = { 0 };
	struct rtmsg *rtm;
	struct message m;
	int r;

	message_start(&m, RTM_GETROUTE, NLM_F_REQUEST);
	rtm = message_extra(&m, sizeof(*rtm));
	rtm->rtm_family = AF_INET;
	rtm->rtm_dst_len = 32;
	rtm->rtm_src_len = src ? 32 : 0;
	rtm->rtm_flags = flags;
	message_put_u32(&m, RTA_DST, htonl(dst));
	if (src)
		message_put_u32(&m, RTA_SRC, htonl(src));
	if (iif)
		message_put_u32(&m, RTA_IIF, iif);
	r = netlink_request(n, &m, take_route, &f, err);
	if (r == 0 && (!f.seen || f.oif == 0))
		r = refuse(-EBADMSG, err, "the kernel's answer names no interface");
	if (r == 0)
		*ret = f;
	return r;
}

/* The refusals of fib_lookup(): no route, unreachable, prohibit, blackhole; and a source that is not valid here. */
static bool no_route(int r)
{
	return r == -ENETUNREACH || r == -EHOSTUNREACH || r == -EACCES || r == -EINVAL || r == -EXDEV;
}

static enum route_kind kind_of(uint8_t type)
{
	switch (type) {
	case RTN_LOCAL:
		return ROUTE_LOCAL;
	case RTN_BROADCAST:
		return ROUTE_BROADCAST;
	case RTN_MULTICAST:
		return ROUTE_MULTICAST;
	default:
		return ROUTE_UNICAST;
	}
}

static int look_up_route(struct route *ret, struct netlink *n, uint32_t dst, uint32_t src, uint32_t iif,
			 char err[static 256])
{
	struct route route = { 0 };
	struct route_answer f, entry;
	char ignored[256];
	int r = ask_route(&f, n, dst, src, iif, 0, err);

	if (r < 0)
		return no_route(r) ? -ENETUNREACH : r;
	route.kind = kind_of(f.type);
	/* The answer for an address of ours names the loopback; the entry of the table has the interface. */
	if (f.type == RTN_LOCAL && ask_route(&entry, n, dst, 0, 0, RTM_F_FIB_MATCH, ignored) == 0)
		f.oif = entry.oif;
	if (!if_indextoname(f.oif, route.interface))
		return refuse(-ENETUNREACH, err, "the interface of the route is gone");
	*ret = route;
	return 0;
}

int route_lookup(struct route *ret, uint32_t dst, uint32_t src, const char *interface, char err[static 256])
{
	uint32_t iif = interface[0] ? if_nametoindex(interface) : 0;
	struct netlink *n = NULL;
	int r;

	if (interface[0] && iif == 0)
		return refuse(-ENODEV, err, "there is no interface %.15s", interface);
	r = netlink_open(&n, NETLINK_ROUTE);
	if (r < 0)
		return refuse(r, err, "cannot ask the kernel for routes: %s", strerror(-r));
	r = look_up_route(ret, n, dst, src, iif, err);
	netlink_close(n);
	return r;
}
