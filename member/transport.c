/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/transport.h"

#include "ike/ike.h"
#include "member/log_limit.h"
#include "policy/selector.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKETS_MAX 32
/* Datagrams taken from one socket before the loop looks at its other sources. */
#define RECEIVE_BURST 16

struct endpoint {
	struct transport *transport;
	uint32_t local;
	uint16_t port;
	int fd;
	int send_errno; /* of the last sending, so that a lasting failure is logged once */
	sd_event_source *source;
};

struct transport {
	sd_event *event;
	struct log *log;
	struct log_limit limit;
	sd_event_source *limit_timer; /* NULL until a line was not logged */
	transport_receive_fn receive;
	void *ctx;
	struct endpoint endpoints[SOCKETS_MAX];
	size_t n_endpoints;
	uint8_t buffer[IKE_DATAGRAM_MAX];
};

int transport_new(struct transport **ret, sd_event *event, struct log *log, transport_receive_fn receive, void *ctx)
{
	struct transport *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->event = sd_event_ref(event);
	t->log = log;
	t->receive = receive;
	t->ctx = ctx;
	*ret = t;
	return 0;
}

void transport_free(struct transport *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n_endpoints; i++) {
		sd_event_source_disable_unref(t->endpoints[i].source);
		close(t->endpoints[i].fd);
	}
	sd_event_source_disable_unref(t->limit_timer);
	sd_event_unref(t->event);
	free(t);
}

static int on_readable(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct endpoint *e = userdata;
	struct transport *t = e->transport;

	(void)s;
	(void)revents;
	for (int i = 0; i < RECEIVE_BURST; i++) {
		struct sockaddr_in from;
		socklen_t from_len = sizeof(from);
		ssize_t n =
			recvfrom(fd, t->buffer, sizeof(t->buffer), MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);

		if (n < 0) /* nothing more, or an ICMP error that the exchange's own timeout covers */
			return 0;
		if (from_len != sizeof(from) || from.sin_family != AF_INET)
			continue;
		t->receive(t->ctx,
			   &(struct udp_ends){ .local = e->local,
					       .local_port = e->port,
					       .remote = ntohl(from.sin_addr.s_addr),
					       .remote_port = ntohs(from.sin_port) },
			   t->buffer, (size_t)n);
	}
	return 0;
}

static int open_socket(uint32_t local, uint16_t port)
{
	struct sockaddr_in sa = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(local),
	};
	int on = 1, mtu_discover = IP_PMTUDISC_DONT; /* a download may need fragments */
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &mtu_discover, sizeof(mtu_discover)) < 0 ||
	    bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

static void explain_open(uint32_t local, uint16_t port, int r, char err[static 256])
{
	char addr[ADDRESS_TEXT_MAX];

	address_format(local, addr);
	if (r == -EADDRINUSE)
		snprintf(err, 256,
			 "UDP port %d of %s is taken by another program; 'ss -ulpn sport = :%d' shows which, stop it "
			 "first",
			 port, addr, port);
	else if (r == -EACCES || r == -EPERM)
		snprintf(err, 256, "no privilege to open UDP port %d of %s; run as root or with CAP_NET_BIND_SERVICE",
			 port, addr);
	else
		snprintf(err, 256, "cannot open UDP port %d of %s: %s", port, addr, strerror(-r));
}

int transport_add(struct transport *t, uint32_t local, uint16_t port, char err[static 256])
{
	struct endpoint *e;
	int r;

	for (size_t i = 0; i < t->n_endpoints; i++)
		if (t->endpoints[i].local == local && t->endpoints[i].port == port)
			return 0;
	if (t->n_endpoints == SOCKETS_MAX) {
		snprintf(err, 256, "more than %d different local addresses and ports of the gateways", SOCKETS_MAX);
		return -E2BIG;
	}
	e = &t->endpoints[t->n_endpoints];
	*e = (struct endpoint){ .transport = t, .local = local, .port = port };
	e->fd = open_socket(local, port);
	if (e->fd < 0) {
		explain_open(local, port, e->fd, err);
		return e->fd;
	}
	r = sd_event_add_io(t->event, &e->source, e->fd, EPOLLIN, on_readable, e);
	if (r < 0) {
		close(e->fd);
		snprintf(err, 256, "cannot watch UDP port %d: %s", port, strerror(-r));
		return r;
	}
	t->n_endpoints++;
	return 0;
}

static uint64_t boot_ms(const struct transport *t)
{
	uint64_t usec = 0;

	(void)sd_event_now(t->event, CLOCK_BOOTTIME, &usec);
	return usec / 1000;
}

static void tell_missed(struct transport *t)
{
	struct log_limit_missed m;

	while (log_limit_due(&t->limit, boot_ms(t), &m))
		log_write(t->log, m.level, &(struct log_fields){ .server = m.server, .event = m.event },
			  "%u more datagrams were dropped within %d s and not logged", m.lines, LOG_LIMIT_MS / 1000);
}

static int arm_limit(struct transport *t, sd_event_time_handler_t handler)
{
	uint64_t at = log_limit_deadline(&t->limit);
	int r;

	if (at == UINT64_MAX)
		return 0;
	if (!t->limit_timer)
		return sd_event_add_time(t->event, &t->limit_timer, CLOCK_BOOTTIME, at * 1000, 0, handler, t);
	r = sd_event_source_set_time(t->limit_timer, at * 1000);
	return r < 0 ? r : sd_event_source_set_enabled(t->limit_timer, SD_EVENT_ONESHOT);
}

static int on_limit(sd_event_source *s, uint64_t usec, void *userdata)
{
	(void)s;
	(void)usec;
	tell_missed(userdata);
	(void)arm_limit(userdata, on_limit);
	return 0;
}

void transport_dropped(struct transport *t, enum log_level level, const struct udp_ends *ends, const char *why)
{
	char from[ADDRESS_TEXT_MAX], to[ADDRESS_TEXT_MAX];

	tell_missed(t);
	if (log_limit_pass(&t->limit, boot_ms(t), level, EVENT_NONE, ends->remote))
		log_write(t->log, level, &(struct log_fields){ .server = ends->remote },
			  "a datagram from %s to %s is dropped: %s", address_format(ends->remote, from),
			  address_format(ends->local, to), why);
	/* Without the timer the number is told with the next line. */
	(void)arm_limit(t, on_limit);
}

void transport_send(struct transport *t, const struct udp_ends *ends, const uint8_t *data, size_t len)
{
	struct sockaddr_in sa = {
		.sin_family = AF_INET,
		.sin_port = htons(ends->remote_port),
		.sin_addr.s_addr = htonl(ends->remote),
	};

	for (size_t i = 0; i < t->n_endpoints; i++) {
		struct endpoint *e = &t->endpoints[i];
		char from_text[ADDRESS_TEXT_MAX], to_text[ADDRESS_TEXT_MAX];
		int r = 0;

		if (e->local != ends->local || e->port != ends->local_port)
			continue;
		if (sendto(e->fd, data, len, 0, (struct sockaddr *)&sa, sizeof(sa)) < 0)
			r = errno;
		if (r != 0 && r != e->send_errno)
			log_write(t->log, LOG_LEVEL_WARNING, &(struct log_fields){ .server = ends->remote },
				  "cannot send from %s to %s: %s; it is tried again, check that there is a route and "
				  "no filter",
				  address_format(ends->local, from_text), address_format(ends->remote, to_text),
				  strerror(r));
		e->send_errno = r;
	}
}
