/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/link/stamper.h"

#include "xfrm/link/carrier_rule.h"
#include "xfrm/link/list.h"
#include "xfrm/plan/ids.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/lwtunnel.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define MTU_MOST 65535
#define METRIC_UNREACHABLE (KERNEL_FIRST_METRIC + 0x10000) /* behind the route through the device */

void stamper_clear(struct stamper *s)
{
	free(s->routes);
	*s = (struct stamper){ 0 };
}

/* --- the device --- */

struct device { /* ours is the XFRM interface with our if_id, by whatever name: the kernel has one of each if_id */
	uint32_t index;
	bool up;
	bool taken; /* another interface has the name that ours gets */
};

static bool is_ours(const struct nlmsghdr *nlh)
{
	const struct nlattr *info = message_find(nlh, sizeof(struct ifinfomsg), IFLA_LINKINFO), *data, *if_id;

	if (strcmp(message_text(message_find_within(info, IFLA_INFO_KIND)), "xfrm") != 0)
		return false;
	data = message_find_within(info, IFLA_INFO_DATA);
	if_id = message_find_within(data, IFLA_XFRM_IF_ID);
	return if_id && mnl_attr_validate(if_id, MNL_TYPE_U32) >= 0 && mnl_attr_get_u32(if_id) == KERNEL_STAMPER_IF_ID;
}

static void begin_device(void *data)
{
	*(struct device *)data = (struct device){ 0 };
}

static int take_device(const struct nlmsghdr *nlh, void *data)
{
	struct device *d = data;
	struct link_item item;

	if (nlh->nlmsg_type != RTM_NEWLINK || !link_parse(nlh, &item))
		return 0;
	if (is_ours(nlh)) {
		d->index = item.index;
		d->up = item.up;
	} else if (strcmp(item.name, KERNEL_STAMPER) == 0) {
		d->taken = true;
	}
	return 0;
}

static struct ifinfomsg *link_message(struct message *m, uint16_t type, uint16_t flags, uint32_t index)
{
	struct ifinfomsg *ifi;

	message_start(m, type, (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags));
	ifi = message_extra(m, sizeof(*ifi));
	ifi->ifi_index = (int)index;
	return ifi;
}

/* Index 0 in *D: it is not there. */
static int find_device(struct netlink *route, struct device *d, char err[static 256])
{
	struct message m;

	message_start(&m, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP);
	message_extra(&m, sizeof(struct ifinfomsg));
	return netlink_dump(route, &m, begin_device, take_device, d, err);
}

/* The same, when its index is known. */
static int look_at_device(struct netlink *route, uint32_t index, struct device *d, char err[static 256])
{
	struct message m;
	int r;

	if (index == 0)
		return find_device(route, d, err);
	*d = (struct device){ 0 };
	link_message(&m, RTM_GETLINK, 0, index);
	r = netlink_request(route, &m, take_device, d, err);
	if (r == -ENODEV || (r == 0 && d->index == 0))
		return find_device(route, d, err);
	return r;
}

static int make_device(struct netlink *route, char err[static 256])
{
	struct nlattr *info, *data;
	struct message m;
	char why[256];
	int r;

	link_message(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	message_put(&m, IFLA_IFNAME, KERNEL_STAMPER, sizeof(KERNEL_STAMPER));
	message_put_u32(&m, IFLA_MTU, MTU_MOST);
	info = message_nest(&m, IFLA_LINKINFO);
	message_put(&m, IFLA_INFO_KIND, "xfrm", sizeof("xfrm"));
	data = message_nest(&m, IFLA_INFO_DATA);
	message_put_u32(&m, IFLA_XFRM_IF_ID, KERNEL_STAMPER_IF_ID);
	message_nest_end(&m, data);
	message_nest_end(&m, info);
	r = netlink_request(route, &m, NULL, NULL, why);
	if (r == -EOPNOTSUPP)
		snprintf(err, 256,
			 "this kernel cannot make the interface " KERNEL_STAMPER
			 " (%.60s); it needs the module xfrm_interface (CONFIG_XFRM_INTERFACE)",
			 why);
	else if (r < 0)
		snprintf(err, 256, "cannot make the interface " KERNEL_STAMPER ": %.180s", why);
	return r;
}

/* IPv6 would give it an address and talk by it. */
static void without_inet6(struct netlink *route, uint32_t index)
{
	struct nlattr *families, *inet6;
	uint8_t none = IN6_ADDR_GEN_MODE_NONE;
	struct message m;
	char unused[256];

	link_message(&m, RTM_SETLINK, 0, index);
	families = message_nest(&m, IFLA_AF_SPEC);
	inet6 = message_nest(&m, AF_INET6);
	message_put(&m, IFLA_INET6_ADDR_GEN_MODE, &none, sizeof(none));
	message_nest_end(&m, inet6);
	message_nest_end(&m, families);
	if (netlink_request(route, &m, NULL, NULL, unused) < 0)
		return; /* a kernel without IPv6 */
}

static int set_up(struct netlink *route, uint32_t index, char err[static 256])
{
	struct ifinfomsg *ifi;
	struct message m;
	char why[256];
	int r;

	ifi = link_message(&m, RTM_SETLINK, 0, index);
	ifi->ifi_flags = ifi->ifi_change = IFF_UP;
	r = netlink_request(route, &m, NULL, NULL, why);
	if (r < 0)
		snprintf(err, 256, "cannot set the interface " KERNEL_STAMPER " up: %.180s", why);
	return r;
}

static int make_found(struct netlink *route, struct device *d, char err[static 256])
{
	int r;

	if (d->taken) {
		snprintf(err, 256,
			 "another program's interface has the name " KERNEL_STAMPER
			 "; rename it ('ip link set " KERNEL_STAMPER " name NAME') or remove it");
		return -EBUSY;
	}
	r = make_device(route, err);
	if (r == 0)
		r = find_device(route, d, err);
	if (r == 0 && d->index == 0) {
		snprintf(err, 256, "the interface " KERNEL_STAMPER " was removed as soon as it was made");
		r = -ENODEV;
	}
	if (r == 0)
		without_inet6(route, d->index);
	return r;
}

/* When the device is new, or was down, so must be all routes. */
static int raise_device(struct stamper *s, struct netlink *route, char err[static 256])
{
	struct device d;
	int r = look_at_device(route, s->index, &d, err);

	if (r == 0 && d.index == 0)
		r = make_found(route, &d, err);
	if (r == 0 && !d.up)
		r = set_up(route, d.index, err);
	if (r < 0)
		return r;
	if (s->index != d.index || !d.up)
		stamper_clear(s);
	s->index = d.index;
	s->raised |= !d.up;
	return 0;
}

static int remove_device(struct netlink *route, char err[static 256])
{
	struct device d;
	struct message m;
	int r = find_device(route, &d, err);

	if (r < 0 || d.index == 0)
		return r;
	link_message(&m, RTM_DELLINK, 0, d.index);
	r = netlink_request(route, &m, NULL, NULL, err);
	return r == -ENODEV ? 0 : r;
}

bool stamper_probe(struct netlink *route)
{
	struct device d;
	char unused[256];

	/* Whatever else stands in the way may go again. */
	if (find_device(route, &d, unused) < 0 || d.index != 0 || d.taken)
		return true;
	if (make_device(route, unused) == -EOPNOTSUPP)
		return false;
	return remove_device(route, unused) == 0;
}

uint32_t stamper_index(struct stamper *s, struct netlink *route)
{
	struct device d;
	char unused[256];

	if (s->index == 0 && !s->read && find_device(route, &d, unused) == 0)
		s->index = d.index;
	return s->index;
}

bool stamper_own_news(struct stamper *s, struct netlink *route)
{
	struct device d;
	char unused[256];
	bool raised = s->raised;

	s->raised = false;
	return raised && s->index != 0 && look_at_device(route, s->index, &d, unused) == 0 && d.index == s->index &&
	       d.up;
}

/* --- routes --- */

struct any_route {
	uint32_t dst, oif, metric;
	uint8_t len, type;
};

static void start_route(struct message *m, uint16_t type, uint16_t flags, const struct any_route *r)
{
	struct rtmsg *rtm;

	message_start(m, type, (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags));
	rtm = message_extra(m, sizeof(*rtm));
	rtm->rtm_family = AF_INET;
	rtm->rtm_dst_len = r->len;
	rtm->rtm_table = RT_TABLE_MAIN;
	rtm->rtm_protocol = KERNEL_RTPROT;
	rtm->rtm_scope = r->type == RTN_UNICAST ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	rtm->rtm_type = r->type;
	message_put_u32(m, RTA_DST, htonl(r->dst));
	message_put_u32(m, RTA_PRIORITY, r->metric);
	if (r->oif)
		message_put_u32(m, RTA_OIF, r->oif);
}

/* Locked: the device would lower it to what fits into ESP whenever a larger packet comes by. */
static void put_mtu(struct message *m, uint32_t mtu)
{
	struct nlattr *metrics = message_nest(m, RTA_METRICS);

	message_put_u32(m, RTAX_MTU, mtu);
	message_put_u32(m, RTAX_LOCK, 1 << RTAX_MTU);
	message_nest_end(m, metrics);
}

/*
 * The kernel tells two programs apart by the name that the route gives them, and takes a route whose program has the
 * same name for the one that is there (net/core/lwt_bpf.c).  So the name says which program it is: another build's must
 * not stay.
 */
static void put_program(struct message *m, const struct stamper_program *program)
{
	char name[32];
	uint16_t type = LWTUNNEL_ENCAP_BPF;
	struct nlattr *encap, *xmit;

	message_put(m, RTA_ENCAP_TYPE, &type, sizeof(type));
	encap = message_nest(m, RTA_ENCAP);
	xmit = message_nest(m, LWT_BPF_XMIT);
	snprintf(name, sizeof(name), "gvpn-%" PRIu32, program->id);
	message_put_u32(m, LWT_BPF_PROG_FD, (uint32_t)program->fd);
	message_put_text(m, LWT_BPF_PROG_NAME, name);
	message_nest_end(m, xmit);
	message_nest_end(m, encap);
}

static struct any_route network_route(uint32_t device)
{
	return (struct any_route){ KERNEL_CARRIERS, device, KERNEL_FIRST_METRIC, KERNEL_CARRIERS_LEN, RTN_UNICAST };
}

static struct any_route carrier_route(const struct stamper_route *r)
{
	return (struct any_route){ kernel_carrier(r->reqid), r->oif, KERNEL_FIRST_METRIC, 32, RTN_UNICAST };
}

static int set_networks(const struct stamper *s, struct netlink *route, char err[static 256])
{
	struct any_route through = network_route(s->index),
			 none = { KERNEL_CARRIERS, 0, METRIC_UNREACHABLE, KERNEL_CARRIERS_LEN, RTN_UNREACHABLE };
	struct message m;
	int r;

	start_route(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &none);
	r = netlink_request(route, &m, NULL, NULL, err);
	if (r < 0)
		return r;
	start_route(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &through);
	put_mtu(&m, MTU_MOST);
	return netlink_request(route, &m, NULL, NULL, err);
}

static bool has_route(const struct stamper_route *l, size_t n, const struct stamper_route *r)
{
	for (size_t i = 0; i < n; i++)
		if (l[i].reqid == r->reqid && l[i].oif == r->oif && l[i].mtu == r->mtu)
			return true;
	return false;
}

static int set_route(const struct stamper *s, struct netlink *route, const struct stamper_program *program,
		     const struct stamper_route *want, char err[static 256])
{
	struct any_route a = carrier_route(want);
	struct message m;
	int r;

	/* One that is known is asked for as well: its interface may have gone down since, and the route with it. */
	start_route(&m, RTM_NEWROUTE,
		    (uint16_t)(NLM_F_CREATE | (has_route(s->routes, s->n, want) ? NLM_F_EXCL : NLM_F_REPLACE)), &a);
	put_mtu(&m, want->mtu);
	put_program(&m, program);
	r = netlink_request(route, &m, NULL, NULL, err);
	return r == -EEXIST || r == -ENETDOWN || r == -ENODEV ? 0 : r;
}

static int note_route(struct stamper *s, const struct stamper_route *r)
{
	struct stamper_route *all;

	for (size_t i = 0; i < s->n; i++)
		if (s->routes[i].reqid == r->reqid && s->routes[i].oif == r->oif) {
			s->routes[i].mtu = r->mtu;
			return 0;
		}
	all = reallocarray(s->routes, s->n + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	s->routes = all;
	all[s->n++] = *r;
	return 0;
}

static int set_routes(struct stamper *s, struct netlink *route, const struct stamper_program *program,
		      const struct stamper_route *want, size_t n, char err[static 256])
{
	char why[256] = "out of memory";
	int r = set_networks(s, route, why);

	for (size_t i = 0; r == 0 && i < n; i++) {
		r = set_route(s, route, program, &want[i], why);
		if (r == 0)
			r = note_route(s, &want[i]);
	}
	if (r < 0)
		snprintf(err, 256, "cannot set the routes to the interface " KERNEL_STAMPER ": %.180s", why);
	return r;
}

int stamper_raise(struct stamper *s, struct netlink *route, const struct stamper_program *program,
		  const struct stamper_route *want, size_t n, char err[static 256])
{
	int r = raise_device(s, route, err);

	if (r == 0)
		r = carrier_rule_set(route, &s->ruled, err);
	if (r == 0)
		r = set_routes(s, route, program, want, n, err);
	if (r < 0)
		stamper_clear(s);
	return r;
}

/* --- removing --- */

static bool is_wanted(const struct stamper_route *want, size_t n, const struct any_route *r)
{
	if (r->len != 32)
		return n > 0;
	for (size_t i = 0; i < n; i++)
		if (kernel_carrier(want[i].reqid) == r->dst && want[i].oif == r->oif)
			return true;
	return false;
}

static int remove_route(struct netlink *route, const struct any_route *a, char err[static 256])
{
	struct message m;
	int r;

	start_route(&m, RTM_DELROUTE, 0, a);
	r = netlink_request(route, &m, NULL, NULL, err);
	return r == -ESRCH ? 0 : r;
}

#define FOUND_MAX 256 /* at once; when there are more, it is looked again */
struct found {
	const struct stamper_route *want;
	size_t n_want;
	struct any_route items[FOUND_MAX];
	size_t n;
};

static void begin_routes(void *data)
{
	((struct found *)data)->n = 0;
}

static int take_route(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	struct any_route r = { 0 };
	struct found *f = data;
	const struct nlattr *attr;

	if (nlh->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(nlh) < sizeof(*rtm) ||
	    rtm->rtm_family != AF_INET || rtm->rtm_protocol != KERNEL_RTPROT)
		return 0;
	r.len = rtm->rtm_dst_len;
	r.type = rtm->rtm_type;
	message_for_each(attr, nlh, sizeof(*rtm))
	{
		if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
			continue;
		if (mnl_attr_get_type(attr) == RTA_OIF)
			r.oif = mnl_attr_get_u32(attr);
		else if (mnl_attr_get_type(attr) == RTA_PRIORITY)
			r.metric = mnl_attr_get_u32(attr);
		else if (mnl_attr_get_type(attr) == RTA_DST)
			r.dst = ntohl(mnl_attr_get_u32(attr));
	}
	if ((r.dst & KERNEL_CARRIERS_MASK) == KERNEL_CARRIERS && !is_wanted(f->want, f->n_want, &r) && f->n < FOUND_MAX)
		f->items[f->n++] = r;
	return 0;
}

static int find_routes(struct found *f, struct netlink *route, char err[static 256])
{
	struct rtmsg *rtm;
	struct message m;
	int r;

	message_start(&m, RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP);
	rtm = message_extra(&m, sizeof(*rtm));
	rtm->rtm_family = AF_INET;
	rtm->rtm_table = RT_TABLE_MAIN;
	rtm->rtm_protocol = KERNEL_RTPROT;
	r = netlink_dump(route, &m, begin_routes, take_route, f, err);
	return r == -ENOENT ? 0 : r; /* there is no main table yet */
}

/* Of an earlier run, and all others that are not wanted. */
static int remove_others(struct netlink *route, const struct stamper_route *want, size_t n, char err[static 256])
{
	struct found *f = calloc(1, sizeof(*f));
	int r = f ? 0 : -ENOMEM;

	do {
		if (r < 0)
			break;
		f->want = want;
		f->n_want = n;
		r = find_routes(f, route, err);
		for (size_t i = 0; r == 0 && i < f->n; i++)
			r = remove_route(route, &f->items[i], err);
	} while (r == 0 && f->n == FOUND_MAX);
	free(f);
	return r;
}

/* Of those that are known */
static int remove_known(struct stamper *s, struct netlink *route, const struct stamper_route *want, size_t n,
			char err[static 256])
{
	for (size_t i = s->n; i-- > 0;) {
		struct any_route a = carrier_route(&s->routes[i]);
		int r;

		if (is_wanted(want, n, &a))
			continue;
		r = remove_route(route, &a, err);
		if (r < 0)
			return r;
		s->routes[i] = s->routes[--s->n];
	}
	return 0;
}

int stamper_lower(struct stamper *s, struct netlink *route, const struct stamper_route *want, size_t n,
		  char err[static 256])
{
	int r = 0;

	if (s->read && n > 0)
		return remove_known(s, route, want, n, err);
	if (s->read && s->index == 0)
		return 0;
	r = remove_others(route, want, n, err);
	if (r == 0)
		r = remove_known(s, route, want, n, err);
	if (r == 0 && n == 0) {
		stamper_clear(s);
		r = remove_device(route, err);
		if (r == 0)
			r = carrier_rule_remove(route, err);
	}
	s->read = r == 0;
	return r;
}
