/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/transport.h"

#include "ike/ike.h"
#include "lib/selector.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Holds a thousand datagrams, so that a burst of forged ones does not push out the server's own. */
#define RECEIVE_BUFFER (1 << 20)
/* Datagrams taken from one socket before the loop looks at its other sources. */
#define RECEIVE_BURST 16

struct endpoint {
	struct transport *transport;
	uint32_t local;
	uint16_t port;
	int fd; /* -1: the place is free; a place in use never moves, because its event source points to it */
	sd_event_source *source;
};

/* How the last attempt to send to a server failed, so that a lasting failure is logged once. */
#define FAILURES_MAX (CONFIG_GATEWAYS_MAX * CONFIG_SERVERS_MAX)
struct failure {
	uint32_t local, remote;
	int error; /* 0: the attempt did not fail */
};

struct transport {
	sd_event *event;
	struct log *log;
	transport_receive_fn receive;
	void *ctx;
	struct endpoint endpoints[TRANSPORT_SOCKETS_MAX];
	struct failure failures[FAILURES_MAX];
	size_t next_failure;
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
	for (size_t i = 0; i < TRANSPORT_SOCKETS_MAX; i++)
		t->endpoints[i].fd = -1;
	*ret = t;
	return 0;
}

static void endpoint_close(struct endpoint *e)
{
	e->source = sd_event_source_disable_unref(e->source);
	close(e->fd);
	e->fd = -1;
}

void transport_keep(struct transport *t, const struct transport_end *ends, size_t n)
{
	for (size_t i = 0; i < TRANSPORT_SOCKETS_MAX; i++) {
		struct endpoint *e = &t->endpoints[i];
		bool kept = e->fd < 0;

		for (size_t j = 0; j < n && !kept; j++)
			kept = ends[j].local == e->local && ends[j].port == e->port;
		if (!kept)
			endpoint_close(e);
	}
}

void transport_free(struct transport *t)
{
	if (!t)
		return;
	transport_keep(t, NULL, 0);
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

		if (n < 0) /* nothing more came, or an ICMP error did, which the timeout of the exchange covers */
			return 0;
		if (from_len != sizeof(from) || from.sin_family != AF_INET)
			continue;
		t->receive(t->ctx,
			   &(struct udp_ends){ .local = e->local,
					       .local_port = e->port,
					       .remote = ntohl(from.sin_addr.s_addr),
					       .remote_port = ntohs(from.sin_port) },
			   t->buffer, (size_t)n);
		if (e->fd != fd) /* the receiver has closed this socket */
			return 0;
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
	int buffer = RECEIVE_BUFFER;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r;

	if (fd < 0)
		return -errno;
	/* With CAP_NET_ADMIN the size may go beyond net.core.rmem_max, without it only up to that. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	if (setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &mtu_discover, sizeof(mtu_discover)) < 0 ||
	    bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

static void explain_open(struct record *why, uint32_t local, uint16_t port, int r)
{
	enum record_id id = ERROR_PORT;

	if (r == -EADDRINUSE)
		id = ERROR_PORT_TAKEN;
	else if (r == -EACCES || r == -EPERM)
		id = ERROR_PORT_PRIVILEGE;
	record_set(why, id, record_number(port), record_address(local), record_text(strerror(-r)));
}

static struct endpoint *find_endpoint(struct transport *t, uint32_t local, uint16_t port)
{
	for (size_t i = 0; i < TRANSPORT_SOCKETS_MAX; i++)
		if (t->endpoints[i].fd >= 0 && t->endpoints[i].local == local && t->endpoints[i].port == port)
			return &t->endpoints[i];
	return NULL;
}

static struct endpoint *find_free_endpoint(struct transport *t)
{
	for (size_t i = 0; i < TRANSPORT_SOCKETS_MAX; i++)
		if (t->endpoints[i].fd < 0)
			return &t->endpoints[i];
	return NULL;
}

int transport_add(struct transport *t, uint32_t local, uint16_t port, struct record *why)
{
	struct endpoint *e;
	int fd, r;

	if (find_endpoint(t, local, port))
		return 0;
	e = find_free_endpoint(t);
	if (!e) {
		record_set(why, ERROR_PORTS_MAX, record_number(TRANSPORT_SOCKETS_MAX));
		return -E2BIG;
	}
	fd = open_socket(local, port);
	if (fd < 0) {
		explain_open(why, local, port, fd);
		return fd;
	}
	*e = (struct endpoint){ .transport = t, .local = local, .port = port, .fd = fd };
	r = sd_event_add_io(t->event, &e->source, e->fd, EPOLLIN, on_readable, e);
	if (r < 0) {
		endpoint_close(e);
		explain_open(why, local, port, r);
		return r;
	}
	return 0;
}

/* Whether the last attempt between these two ended otherwise than with ERROR; 0: without an error. */
static bool failure_is_news(struct transport *t, const struct udp_ends *ends, int error)
{
	struct failure *f = NULL;

	for (size_t i = 0; i < FAILURES_MAX && !f; i++)
		if (t->failures[i].local == ends->local && t->failures[i].remote == ends->remote)
			f = &t->failures[i];
	if (!f && error == 0)
		return false;
	if (!f) {
		f = &t->failures[t->next_failure];
		t->next_failure = (t->next_failure + 1) % FAILURES_MAX;
		*f = (struct failure){ .local = ends->local, .remote = ends->remote };
	}
	if (f->error == error)
		return false;
	f->error = error;
	return true;
}

/* By the errors of sendto() a missing address looks like a missing route. */
static bool address_missing(uint32_t local)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(local) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool missing = fd >= 0 && bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 && errno == EADDRNOTAVAIL;

	if (fd >= 0)
		close(fd);
	return missing;
}

static void log_failure(struct transport *t, const struct udp_ends *ends, int error)
{
	struct record r;

	record_set(&r, address_missing(ends->local) ? RECORD_CANNOT_SEND_WITHOUT_ADDRESS : RECORD_CANNOT_SEND,
		   record_address(ends->local), record_address(ends->remote), record_text(strerror(error)));
	r.server = ends->remote;
	record_log(t->log, NULL, 0, &r);
}

void transport_send(struct transport *t, const struct udp_ends *ends, const uint8_t *data, size_t len)
{
	struct sockaddr_in sa = {
		.sin_family = AF_INET,
		.sin_port = htons(ends->remote_port),
		.sin_addr.s_addr = htonl(ends->remote),
	};
	struct endpoint *e = find_endpoint(t, ends->local, ends->local_port);
	int error;

	if (!e)
		return;
	error = sendto(e->fd, data, len, 0, (struct sockaddr *)&sa, sizeof(sa)) < 0 ? errno : 0;
	if (failure_is_news(t, ends, error) && error != 0)
		log_failure(t, ends, error);
}
