/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/link/watch.h"

#include "xfrm/link/dummy_route.h"
#include "xfrm/link/foreign.h"
#include "xfrm/plan/check.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define EVENTS_ROOM (2 * 1024 * 1024) /* octets of a socket's buffer */
#define READ_BURST 256                /* datagrams taken from one socket before the loop looks at its other sources */
#define WATCHED_MAX DUMMY_ROUTES_MAX
_Static_assert(WATCHED_MAX >= PLAN_SCOPES_MAX, "each scope may have an external interface of its own");

enum { EVENTS_ROUTE, EVENTS_NFT, EVENTS_XFRM, EVENTS_EXPIRE, EVENTS_N };

static const struct {
	int family;
	int groups[5]; /* 0 ends them */
	int (*filter)(int fd, uint32_t own_port);
} event_sockets[EVENTS_N] = {
	[EVENTS_ROUTE] = { NETLINK_ROUTE,
			   { RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_TC },
			   foreign_filter_route },
	[EVENTS_NFT] = { NETLINK_NETFILTER, { NFNLGRP_NFTABLES }, foreign_filter_table },
	[EVENTS_XFRM] = { NETLINK_XFRM, { XFRMNLGRP_SA, XFRMNLGRP_POLICY }, foreign_filter_xfrm },
	[EVENTS_EXPIRE] = { NETLINK_XFRM, { XFRMNLGRP_EXPIRE }, expire_filter },
};

struct watched {
	char name[GVPN_IFNAME_MAX];
	uint32_t index; /* 0: not there */
	bool up;
	uint16_t mtu;      /* of our route; 0: the interface's */
	uint32_t link_mtu; /* of the interface: how much fits into ESP follows from it */
};

struct links {
	struct mnl_socket *events[EVENTS_N];
	uint32_t own[EVENTS_N]; /* the ports from which our own changes come */
	const struct names *names;
	int clock, epoll;
	struct watched watched[WATCHED_MAX];
	size_t n_watched;
	struct dummy_known known;
	uint32_t stamper; /* index of the device of the carriers, or of one that has its name; 0: not known */
	bool stamper_taken;
};

/*
 * --- the wall clock ---
 *
 * The kernel counts the lifetimes of SAs by the wall clock, so their ends must be given anew when it is set; at once,
 * because one second after an SA was added or changed the kernel looks whether it has ended.
 */

/* The timer never ends; it is cancelled when the clock is set (timerfd_create(2)).  Seconds, a little below the limit
 * of the kernel. */
#define CLOCK_NEVER INT64_C(9000000000)

static int clock_watch(void)
{
	const struct itimerspec never = { .it_value = { .tv_sec = CLOCK_NEVER } };
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	if (timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

static bool clock_was_set(int fd)
{
	uint64_t expirations;

	/* The timer need not be set again: it goes on waiting for the next change. */
	return read(fd, &expirations, sizeof(expirations)) < 0 && errno == ECANCELED;
}

/* --- opening --- */

static int add_events(int epoll, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

static int open_events(struct links *l, size_t which)
{
	struct mnl_socket *s = mnl_socket_open2(event_sockets[which].family, SOCK_CLOEXEC | SOCK_NONBLOCK);
	const int *groups = event_sockets[which].groups;
	int room = EVENTS_ROOM, r;

	if (!s)
		return -errno;
	l->events[which] = s;
	/* Room for the events of a large change by others.  When it is too small, events are lost and the plan is
	 * applied. */
	if (setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	r = event_sockets[which].filter(mnl_socket_get_fd(s), l->own[which]);
	if (r < 0)
		return r;
	if (mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(event_sockets[0].groups) && groups[i]; i++)
		if (mnl_socket_setsockopt(s, NETLINK_ADD_MEMBERSHIP, (void *)&groups[i], sizeof(groups[i])) < 0)
			return -errno;
	return add_events(l->epoll, mnl_socket_get_fd(s));
}

int links_new(struct links **ret, const struct links_ports *own, const struct names *names)
{
	struct links *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	l->names = names;
	l->own[EVENTS_ROUTE] = own->route;
	l->own[EVENTS_NFT] = own->nft;
	l->own[EVENTS_XFRM] = own->xfrm;
	l->clock = clock_watch();
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	r = l->epoll < 0 ? -errno : 0;
	for (size_t i = 0; r == 0 && i < EVENTS_N; i++)
		r = open_events(l, i);
	if (r == 0)
		r = l->clock < 0 ? l->clock : add_events(l->epoll, l->clock);
	if (r < 0) {
		links_free(l);
		return r;
	}
	*ret = l;
	return 0;
}

void links_free(struct links *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < EVENTS_N; i++)
		if (l->events[i])
			mnl_socket_close(l->events[i]);
	if (l->clock >= 0)
		close(l->clock);
	if (l->epoll >= 0)
		close(l->epoll);
	free(l);
}

void links_watch_stamper(struct links *l, uint32_t index, bool taken)
{
	l->stamper = index;
	l->stamper_taken = taken;
}

int links_fd(const struct links *l)
{
	return l->epoll;
}

static bool is_watched(const struct links *l, const char *name)
{
	for (size_t i = 0; i < l->n_watched; i++)
		if (strcmp(l->watched[i].name, name) == 0)
			return true;
	return false;
}

bool links_next_expiry(struct links *l, struct expiry *ret)
{
	return expire_next(l->events[EVENTS_EXPIRE], ret);
}

/* --- following --- */

static int make_routes(struct links *l, struct netlink *route, char err[static 256])
{
	struct dummy_route want[WATCHED_MAX];
	size_t n = 0;

	for (size_t i = 0; i < l->n_watched; i++)
		if (l->watched[i].index != 0)
			want[n++] = (struct dummy_route){ .oif = l->watched[i].index,
							  .mtu = l->watched[i].mtu,
							  .up = l->watched[i].up };
	return dummy_routes(&l->known, route, want, n, err);
}

uint16_t links_mtu(const struct plan *plan, const char *external)
{
	uint16_t least = 0;

	for (size_t i = 0; i < plan->n_scopes; i++) {
		const struct plan_scope *s = &plan->scopes[i];

		if (s->tunnel_mtu > 0 && (least == 0 || s->tunnel_mtu < least) && strcmp(s->external, external) == 0)
			least = s->tunnel_mtu;
	}
	return least;
}

int links_follow(struct links *l, struct netlink *route, const struct plan *plan, const struct link_list *links,
		 char err[static 256])
{
	l->n_watched = 0;
	for (size_t i = 0; i < plan->n_scopes && l->n_watched < WATCHED_MAX; i++) {
		const struct plan_scope *s = &plan->scopes[i];
		const struct link_item *link = link_list_named(links, s->external);
		struct watched *w;

		if (is_watched(l, s->external))
			continue;
		w = &l->watched[l->n_watched++];
		*w = (struct watched){ .mtu = links_mtu(plan, s->external),
				       .index = link ? link->index : 0,
				       .up = link && link->up,
				       .link_mtu = link ? link->mtu : 0 };
		memcpy(w->name, s->external, sizeof(w->name));
	}
	return make_routes(l, route, err);
}

/* --- news --- */

struct reading {
	struct links *l;
	struct links_news news;
};

static void on_address(const struct nlmsghdr *nlh, struct reading *r)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*ifa))
		return;
	for (size_t i = 0; i < r->l->n_watched; i++)
		if (r->l->watched[i].index == ifa->ifa_index)
			r->news.interfaces = true;
}

/* Whether W came, went, was renamed, got another MTU, or changed from up to down or back. */
static bool has_changed(const struct watched *w, const struct link_item *i, uint16_t type)
{
	bool named = strcmp(w->name, i->name) == 0;

	if (w->index == i->index)
		return type == RTM_DELLINK || !named || w->up != i->up || (i->mtu && w->link_mtu != i->mtu);
	return named && type == RTM_NEWLINK;
}

static bool concerns_stamper(const struct links *l, const struct link_item *i, uint16_t type)
{
	bool named = strcmp(i->name, KERNEL_STAMPER) == 0;

	if (i->index != l->stamper && !named)
		return false;
	return type == RTM_DELLINK || !i->up || (l->stamper_taken && !named);
}

static int on_link(const struct nlmsghdr *nlh, void *data)
{
	struct reading *r = data;
	struct link_item item;

	/* With its last address an interface loses its routes, ours among them. */
	if (nlh->nlmsg_type == RTM_NEWADDR || nlh->nlmsg_type == RTM_DELADDR) {
		on_address(nlh, r);
		return MNL_CB_OK;
	}
	if (nlh->nlmsg_type == RTM_NEWROUTE || nlh->nlmsg_type == RTM_DELROUTE) {
		r->news.route |= foreign_changes_route(nlh, r->l->own[EVENTS_ROUTE]);
		return MNL_CB_OK;
	}
	if (nlh->nlmsg_type == RTM_NEWRULE || nlh->nlmsg_type == RTM_DELRULE) {
		r->news.route |= foreign_removes_rule(nlh, r->l->own[EVENTS_ROUTE]);
		r->news.rule |= nlh->nlmsg_type == RTM_NEWRULE && nlh->nlmsg_pid != r->l->own[EVENTS_ROUTE];
		return MNL_CB_OK;
	}
	if (foreign_changes_programs(nlh)) {
		r->news.programs = true;
		return MNL_CB_OK;
	}
	r->news.interfaces |= names_concerned(r->l->names, nlh);
	r->news.links |= nlh->nlmsg_type == RTM_NEWLINK;
	if (link_parse(nlh, &item))
		r->news.stamper |= concerns_stamper(r->l, &item, nlh->nlmsg_type);
	for (size_t i = 0; link_parse(nlh, &item) && i < r->l->n_watched; i++)
		r->news.interfaces |= has_changed(&r->l->watched[i], &item, nlh->nlmsg_type);
	return MNL_CB_OK;
}

static bool changes_chains(const struct nlmsghdr *nlh)
{
	uint16_t type = nlh->nlmsg_type & 0xff;

	return type == NFT_MSG_NEWTABLE || type == NFT_MSG_DELTABLE || type == NFT_MSG_NEWCHAIN ||
	       type == NFT_MSG_DELCHAIN;
}

static int on_nft(const struct nlmsghdr *nlh, void *data)
{
	struct reading *r = data;

	r->news.table |= foreign_changes_table(nlh, r->l->own[EVENTS_NFT]);
	r->news.rules = true;
	r->news.chains |= changes_chains(nlh);
	return MNL_CB_OK;
}

static int on_xfrm(const struct nlmsghdr *nlh, void *data)
{
	struct reading *r = data;

	r->news.xfrm |= foreign_changes_xfrm(nlh, r->l->own[EVENTS_XFRM]);
	return MNL_CB_OK;
}

static int read_all(struct mnl_socket *s, mnl_cb_t cb, struct reading *reading)
{
	_Alignas(uint64_t) uint8_t buf[16384];
	int r = 0;

	for (int i = 0; i < READ_BURST; i++) {
		ssize_t n = mnl_socket_recvfrom(s, buf, sizeof(buf));

		if (n < 0 && errno == ENOBUFS) {
			reading->news.lost = true;
			continue;
		}
		if (n < 0) {
			r = errno == EAGAIN || errno == EINTR ? 0 : -errno;
			break;
		}
		if (mnl_cb_run(buf, (size_t)n, 0, 0, cb, reading) < 0 && errno != EINTR) {
			r = -errno;
			break;
		}
	}
	explicit_bzero(buf, sizeof(buf)); /* news of states carry keys */
	return r;
}

int links_read(struct links *l, struct links_news *ret)
{
	struct reading reading = { .l = l };
	int r = read_all(l->events[EVENTS_ROUTE], on_link, &reading);

	if (r == 0)
		r = read_all(l->events[EVENTS_NFT], on_nft, &reading);
	if (r == 0)
		r = read_all(l->events[EVENTS_XFRM], on_xfrm, &reading);
	reading.news.clock = clock_was_set(l->clock);
	if (reading.news.route || reading.news.lost)
		l->known.read = false;
	*ret = reading.news;
	return r;
}
