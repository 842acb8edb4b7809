/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/link/dummy_route.h"

#include "xfrm/plan/ids.h"

#include <arpa/inet.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

static const struct nlattr *part_of(const struct nlmsghdr *nlh, uint16_t type)
{
	return message_find(nlh, sizeof(struct rtmsg), type);
}

static int take_route(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	struct dummy_known *l = data;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*rtm))
		return 0;
	if (nlh->nlmsg_type != RTM_NEWROUTE || rtm->rtm_family != AF_INET || rtm->rtm_protocol != KERNEL_RTPROT ||
	    rtm->rtm_dst_len != 32 || l->n == DUMMY_ROUTES_MAX ||
	    ntohl(message_u32(part_of(nlh, RTA_DST))) != KERNEL_DUMMY)
		return 0;
	l->items[l->n++] = (struct dummy_route){
		.oif = message_u32(part_of(nlh, RTA_OIF)),
		.metric = message_u32(part_of(nlh, RTA_PRIORITY)),
		.mtu = message_u32(message_find_within(part_of(nlh, RTA_METRICS), RTAX_MTU)),
		.via = ntohl(message_u32(part_of(nlh, RTA_GATEWAY))) == KERNEL_DUMMY,
	};
	return 0;
}

/* HOW: NLM_F_REPLACE, NLM_F_EXCL, or 0 to remove it. */
static int change_route(struct netlink *n, const struct dummy_route *r, uint16_t how, char err[static 256])
{
	struct rtmsg *rtm;
	struct message m;

	message_start(&m, how ? RTM_NEWROUTE : RTM_DELROUTE,
		      (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | (how ? NLM_F_CREATE : 0) | how));
	rtm = message_extra(&m, sizeof(*rtm));
	*rtm = (struct rtmsg){
		.rtm_family = AF_INET,
		.rtm_dst_len = 32,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = KERNEL_RTPROT,
		.rtm_scope = RT_SCOPE_UNIVERSE,
		.rtm_flags = RTNH_F_ONLINK,
		.rtm_type = RTN_UNICAST,
	};
	message_put_u32(&m, RTA_DST, htonl(KERNEL_DUMMY));
	message_put_u32(&m, RTA_OIF, r->oif);
	message_put_u32(&m, RTA_PRIORITY, r->metric);
	/* Its own next hop, so that a packet that has other addresses by now still is sent to this neighbour. */
	if (how)
		message_put_u32(&m, RTA_GATEWAY, htonl(KERNEL_DUMMY));
	if (r->mtu > 0 && how) {
		struct nlattr *metrics = message_nest(&m, RTA_METRICS);

		message_put_u32(&m, RTAX_MTU, r->mtu);
		message_nest_end(&m, metrics);
	}
	return netlink_request(n, &m, NULL, NULL, err);
}

static void begin_routes(void *data)
{
	((struct dummy_known *)data)->n = 0;
}

/* Asks for the routes of our protocol in the main table. */
static int dump_routes(struct netlink *n, struct dummy_known *l, char err[static 256])
{
	struct rtmsg *rtm;
	struct message m;

	message_start(&m, RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP);
	rtm = message_extra(&m, sizeof(*rtm));
	rtm->rtm_family = AF_INET;
	rtm->rtm_table = RT_TABLE_MAIN;
	rtm->rtm_protocol = KERNEL_RTPROT;
	return netlink_dump(n, &m, begin_routes, take_route, l, err);
}

static int read_known(struct dummy_known *known, struct netlink *n, char err[static 256])
{
	int r = known->read ? 0 : dump_routes(n, known, err);

	if (r < 0 && r != -ENOENT) /* -ENOENT: there is no main table yet */
		return r;
	known->read = true;
	return 0;
}

/* The route of L through the same interface and with the same metric as R. */
static const struct dummy_route *find_route(const struct dummy_route *l, size_t n, const struct dummy_route *r)
{
	for (size_t i = 0; i < n; i++)
		if (l[i].oif == r->oif && l[i].metric == r->metric)
			return &l[i];
	return NULL;
}

/*
 * A neighbour that nobody has, so that packets to the dummy address come as far as the program at tc that gives them
 * the address of the true next hop.  Where interfaces have no neighbours, they come there without.
 */
static int change_neighbour(struct netlink *n, uint32_t oif, bool is, char err[static 256])
{
	static const uint8_t nobody[] = KERNEL_DUMMY_NEIGHBOUR;
	struct message m;
	struct ndmsg *nd;
	int r;

	message_start(&m, is ? RTM_NEWNEIGH : RTM_DELNEIGH,
		      (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | (is ? NLM_F_CREATE | NLM_F_REPLACE : 0)));
	nd = message_extra(&m, sizeof(*nd));
	nd->ndm_family = AF_INET;
	nd->ndm_ifindex = (int)oif;
	nd->ndm_state = NUD_PERMANENT;
	message_put_u32(&m, NDA_DST, htonl(KERNEL_DUMMY));
	message_put(&m, NDA_LLADDR, nobody, sizeof(nobody));
	r = netlink_request(n, &m, NULL, NULL, err);
	if (!is && r == -ENOENT)
		return 0;
	return r == -EINVAL || r == -ENETDOWN || r == -ENODEV ? 0 : r;
}

/* A route that is known is set again: its interface may have gone down since, and the route with it. */
static int set_route(const struct dummy_known *known, struct netlink *n, const struct dummy_route *r,
		     char err[static 256])
{
	const struct dummy_route *old = find_route(known->items, known->n, r);
	int e;

	if (!r->up)
		return 0;
	e = change_route(n, r, old && old->mtu == r->mtu && old->via ? NLM_F_EXCL : NLM_F_REPLACE, err);
	if (e == -ENETDOWN || e == -ENODEV)
		return 0;
	return e == 0 || e == -EEXIST ? change_neighbour(n, r->oif, true, err) : e;
}

static bool has_metric(const struct dummy_route *l, size_t n, uint32_t metric)
{
	for (size_t i = 0; i < n; i++)
		if (l[i].metric == metric)
			return true;
	return false;
}

void dummy_choose_metrics(const struct dummy_known *known, struct dummy_route *want, size_t n)
{
	uint32_t next = KERNEL_FIRST_METRIC;

	for (size_t i = 0; i < n; i++) {
		want[i].metric = 0;
		for (size_t j = 0; j < known->n && want[i].metric == 0; j++)
			if (known->items[j].oif == want[i].oif)
				want[i].metric = known->items[j].metric;
	}
	for (size_t i = 0; i < n; i++) {
		if (want[i].metric != 0)
			continue;
		while (has_metric(known->items, known->n, next) || has_metric(want, n, next))
			next++;
		want[i].metric = next;
	}
}

int dummy_routes(struct dummy_known *known, struct netlink *route, struct dummy_route *want, size_t n,
		 char err[static 256])
{
	int r = read_known(known, route, err);

	if (r == 0)
		dummy_choose_metrics(known, want, n);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = set_route(known, route, &want[i], err);
	for (size_t i = 0; r == 0 && i < known->n; i++) {
		if (find_route(want, n, &known->items[i]))
			continue;
		r = change_route(route, &known->items[i], 0, err);
		if (r == -ESRCH)
			r = 0;
		if (r == 0)
			r = change_neighbour(route, known->items[i].oif, false, err);
	}
	known->read = r == 0; /* after an error the routes are dumped again */
	known->n = n;
	for (size_t i = 0; i < n; i++) {
		known->items[i] = want[i];
		known->items[i].via = true;
	}
	return r;
}
