/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/paths.h"

#include "xfrm/route.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define MISSING_MAX                                                                                                    \
	64 /* when there are more, the oldest is forgotten: its exchange waits for its next retransmission */

struct missing {
	uint32_t local, remote;
	uint64_t sent_at; /* microseconds of the boot time clock */
};

struct paths {
	sd_event *event;
	paths_up_fn up;
	void *ctx;
	struct missing list[MISSING_MAX];
	size_t n;
	int fd; /* of the kernel's news; -1: no way is missing */
	sd_event_source *io, *timer;
};

int paths_new(struct paths **ret, sd_event *event, paths_up_fn up, void *ctx)
{
	struct paths *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->event = sd_event_ref(event);
	p->up = up;
	p->ctx = ctx;
	p->fd = -1;
	*ret = p;
	return 0;
}

static void stop_listening(struct paths *p)
{
	p->io = sd_event_source_disable_unref(p->io);
	p->timer = sd_event_source_disable_unref(p->timer);
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

void paths_free(struct paths *p)
{
	if (!p)
		return;
	stop_listening(p);
	sd_event_unref(p->event);
	free(p);
}

/* Whether the link is up, and has a carrier if its kind has one. */
static bool link_runs(const char *interface)
{
	struct ifreq ifr = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool runs;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", interface);
	runs = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &ifr) == 0 && (ifr.ifr_flags & IFF_UP) &&
	       (ifr.ifr_flags & IFF_RUNNING);
	if (fd >= 0)
		close(fd);
	return runs;
}

static bool has_path(uint32_t local, uint32_t remote)
{
	struct route route;
	char unused[256];

	return route_lookup(&route, remote, local, "", unused) == 0 &&
	       (route.kind == ROUTE_LOCAL || link_runs(route.interface));
}

static uint64_t now_usec(const struct paths *p)
{
	uint64_t usec = 0;

	(void)sd_event_now(p->event, CLOCK_BOOTTIME, &usec);
	return usec;
}

static void drop_missing(struct paths *p, size_t i)
{
	p->n--;
	memmove(&p->list[i], &p->list[i + 1], (p->n - i) * sizeof(p->list[0]));
}

static void drain_news(const struct paths *p)
{
	char buffer[8192];

	while (recv(p->fd, buffer, sizeof(buffer), MSG_DONTWAIT) > 0 || errno == ENOBUFS)
		errno = 0;
}

/* A way leaves the list before the receiver is told: the receiver may send at once, and find the way missing again. */
static int on_settled(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct paths *p = userdata;

	(void)s;
	drain_news(p);
	for (size_t i = p->n; i-- > 0;) {
		struct missing m = p->list[i];

		if (m.sent_at + PATHS_FORGET_MS * UINT64_C(1000) < usec) {
			drop_missing(p, i);
		} else if (has_path(m.local, m.remote)) {
			drop_missing(p, i);
			p->up(p->ctx, m.local, m.remote);
			i = i < p->n ? i : p->n;
		}
	}
	if (p->n == 0)
		stop_listening(p);
	else
		(void)sd_event_source_set_enabled(p->io, SD_EVENT_ON);
	return 0;
}

static int look_soon(struct paths *p)
{
	uint64_t at = now_usec(p) + PATHS_SETTLE_MS * UINT64_C(1000);
	int r;

	if (!p->timer)
		return sd_event_add_time(p->event, &p->timer, CLOCK_BOOTTIME, at, 0, on_settled, p);
	r = sd_event_source_set_time(p->timer, at);
	return r < 0 ? r : sd_event_source_set_enabled(p->timer, SD_EVENT_ONESHOT);
}

/* News come in bursts: the first starts the timer, and the others are looked at together with the first. */
static int on_news(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct paths *p = userdata;

	(void)fd;
	(void)revents;
	(void)sd_event_source_set_enabled(s, SD_EVENT_OFF);
	return look_soon(p);
}

static int listen_to_news(struct paths *p)
{
	struct sockaddr_nl sa = { .nl_family = AF_NETLINK,
				  .nl_groups =
					  RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV4_RULE };
	int r = 0;

	if (p->fd >= 0)
		return 0;
	p->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (p->fd < 0 || bind(p->fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		r = -errno;
	if (r == 0)
		r = sd_event_add_io(p->event, &p->io, p->fd, EPOLLIN, on_news, p);
	if (r == 0) /* the way may have come before the socket was there */
		r = look_soon(p);
	if (r < 0)
		stop_listening(p);
	return r;
}

void paths_sent(struct paths *p, uint32_t local, uint32_t remote)
{
	bool there = has_path(local, remote);
	size_t i = 0;

	while (i < p->n && (p->list[i].local != local || p->list[i].remote != remote))
		i++;
	if (i < p->n)
		drop_missing(p, i);
	if (there)
		return;
	if (p->n == MISSING_MAX)
		drop_missing(p, 0);
	/* Without the kernel's news the next retransmission finds the way. */
	if (listen_to_news(p) < 0)
		return;
	p->list[p->n++] = (struct missing){ .local = local, .remote = remote, .sent_at = now_usec(p) };
}
