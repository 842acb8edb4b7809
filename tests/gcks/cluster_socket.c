/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/cluster_socket.h"

#include "ike/ike.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKETS_MAX 32
#define DATAGRAMS_PER_WAKE 32

struct cluster_sockets {
	sd_event *event;
	uint16_t port;
	cluster_receive_fn receive;
	void *ctx;
	struct endpoint {
		struct cluster_sockets *all;
		uint32_t local;
		int fd;
		sd_event_source *source;
	} endpoints[SOCKETS_MAX];
	size_t n;
	uint8_t datagram[IKE_DATAGRAM_MAX];
};

int cluster_sockets_new(struct cluster_sockets **ret, sd_event *event, uint16_t port, cluster_receive_fn receive,
			void *ctx)
{
	struct cluster_sockets *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	s->event = sd_event_ref(event);
	s->port = port;
	s->receive = receive;
	s->ctx = ctx;
	*ret = s;
	return 0;
}

void cluster_sockets_free(struct cluster_sockets *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++) {
		sd_event_source_disable_unref(s->endpoints[i].source);
		close(s->endpoints[i].fd);
	}
	sd_event_unref(s->event);
	explicit_bzero(s, sizeof(*s));
	free(s);
}

static int on_datagram(sd_event_source *source, int fd, uint32_t revents, void *ctx)
{
	struct endpoint *e = ctx;
	struct cluster_sockets *s = e->all;

	(void)source;
	(void)revents;
	for (int i = 0; i < DATAGRAMS_PER_WAKE; i++) {
		struct sockaddr_in from = { 0 };
		socklen_t len = sizeof(from);
		ssize_t n =
			recvfrom(fd, s->datagram, sizeof(s->datagram), MSG_DONTWAIT, (struct sockaddr *)&from, &len);

		if (n < 0) /* nothing left, or the error of a message that nobody took */
			break;
		if (from.sin_family == AF_INET)
			s->receive(s->ctx, e->local, ntohl(from.sin_addr.s_addr), s->datagram, (size_t)n);
	}
	return 0;
}

static int open_socket(uint32_t local, uint16_t port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = { htonl(local) } };
	int r, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

int cluster_sockets_add(struct cluster_sockets *s, uint32_t local, struct gcks_error *err)
{
	struct endpoint *e = &s->endpoints[s->n];
	char addr[INET_ADDRSTRLEN] = "";
	int r;

	if (s->n == SOCKETS_MAX) {
		return gcks_fail(err, -E2BIG, "more than %d different local addresses of clusters; use fewer",
				 SOCKETS_MAX);
	}
	*e = (struct endpoint){ .all = s, .local = local, .fd = open_socket(local, s->port) };
	if (e->fd < 0) {
		inet_ntop(AF_INET, &(struct in_addr){ htonl(local) }, addr, sizeof(addr));
		gcks_error_set(
			err,
			"cannot listen for the other servers of the cluster on %s, UDP port %u: %s; free the port and "
			"the "
			"address, or choose another --cluster-port on all of them",
			addr, s->port, strerror(-e->fd));
		return e->fd;
	}
	r = sd_event_add_io(s->event, &e->source, e->fd, EPOLLIN, on_datagram, e);
	if (r < 0) {
		close(e->fd);
		return gcks_fail(err, r, "no event source for a cluster socket: %s", strerror(-r));
	}
	s->n++;
	return 0;
}

void cluster_sockets_send(struct cluster_sockets *s, uint32_t local, uint32_t to, const uint8_t *data, size_t len)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(s->port), .sin_addr = { htonl(to) } };

	for (size_t i = 0; i < s->n; i++) {
		if (s->endpoints[i].local == local &&
		    sendto(s->endpoints[i].fd, data, len, 0, (struct sockaddr *)&sa, sizeof(sa)) < 0)
			return; /* the other server will count as gone */
	}
}
