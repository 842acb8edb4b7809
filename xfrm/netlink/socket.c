/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/netlink/socket.h"

#include "lib/refuse.h"

#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define SEND_BUFFER (16 * 1024 * 1024) /* an nf_tables transaction is one datagram; the kernel doubles it */
#define ANSWER_MAX (64 * 1024)

struct netlink {
	struct mnl_socket *s;
	uint32_t seq;
	_Alignas(uint64_t) uint8_t answer[ANSWER_MAX]; /* wiped after each request: dumps of states carry keys */
};

int netlink_open(struct netlink **ret, int family)
{
	struct netlink *n = calloc(1, sizeof(*n));
	int on = 1, size = SEND_BUFFER, fd, r = 0;

	if (!n)
		return -ENOMEM;
	n->s = mnl_socket_open2(family, SOCK_CLOEXEC);
	if (!n->s || mnl_socket_bind(n->s, 0, MNL_SOCKET_AUTOPID) < 0) {
		r = -errno;
		netlink_close(n);
		return r;
	}
	fd = mnl_socket_get_fd(n->s);
	/* These make errors more readable and batches larger; everything works without them. */
	mnl_socket_setsockopt(n->s, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(n->s, NETLINK_CAP_ACK, &on, sizeof(on));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	n->seq = (uint32_t)time(NULL);
	*ret = n;
	return 0;
}

void netlink_close(struct netlink *n)
{
	if (!n)
		return;
	if (n->s)
		mnl_socket_close(n->s);
	explicit_bzero(n, sizeof(*n));
	free(n);
}

void netlink_filter_dumps(struct netlink *n)
{
	int on = 1;

	mnl_socket_setsockopt(n->s, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
}

uint32_t netlink_port(const struct netlink *n)
{
	return mnl_socket_get_portid(n->s);
}

/* The kernel's words on an error, when it has any (NLMSGERR_ATTR_MSG). */
static int error_of(const struct nlmsghdr *nlh, char err[static 256])
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
	size_t header = sizeof(*e);
	const char *words = "";

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*e))
		return refuse(-EBADMSG, err, "malformed answer");
	if (e->error == 0)
		return 0;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED) && e->msg.nlmsg_len >= sizeof(e->msg) &&
	    e->msg.nlmsg_len <= nlh->nlmsg_len)
		header += (size_t)MNL_ALIGN((int)e->msg.nlmsg_len) - sizeof(e->msg);
	if ((nlh->nlmsg_flags & NLM_F_ACK_TLVS) && header <= mnl_nlmsg_get_payload_len(nlh))
		words = message_text(message_find(nlh, header, NLMSGERR_ATTR_MSG));
	if (words[0])
		return refuse(e->error, err, "%s (%.150s)", strerror(-e->error), words);
	return refuse(e->error, err, "%s", strerror(-e->error));
}

static int fail_with(int r, const char *what, char err[static 256])
{
	return refuse(r, err, "%s: %s", what, strerror(-r));
}

struct answer {
	uint32_t last_seq;
	int (*take)(const struct nlmsghdr *, void *);
	void *data;
	bool done, interrupted;
	int r; /* the first error */
};

/* Netlink aligns messages to 4 octets, some of XFRM's structures need 8: then the rest of the datagram is moved up. */
static const struct nlmsghdr *next_message(const struct nlmsghdr *nlh, int *len)
{
	uint8_t *at = (uint8_t *)mnl_nlmsg_next(nlh, len);

	if (*len <= 0 || (uintptr_t)at % _Alignof(uint64_t) == 0)
		return (const void *)at;
	memmove(at - NLMSG_ALIGNTO, at, (size_t)*len);
	return (const void *)(at - NLMSG_ALIGNTO);
}

/* One datagram of the answer, aligned to 8 octets. */
static void read_answer(struct answer *a, uint8_t *data, int len, char err[static 256])
{
	for (const struct nlmsghdr *nlh = (const void *)data; mnl_nlmsg_ok(nlh, len); nlh = next_message(nlh, &len)) {
		int r = 0;

		a->interrupted |= (nlh->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
		if (nlh->nlmsg_type == NLMSG_ERROR) {
			char words[256] = "";

			r = error_of(nlh, words);
			if (r < 0 && a->r == 0)
				snprintf(err, 256, "%s", words);
			a->done |= nlh->nlmsg_seq == a->last_seq;
		} else if (nlh->nlmsg_type == NLMSG_DONE) {
			a->done = true;
		} else if (a->take) {
			r = a->take(nlh, a->data);
			if (r < 0 && a->r == 0)
				snprintf(err, 256, "%s", strerror(-r));
			/* A request without NLM_F_ACK has one message for an answer. */
			a->done |= !(nlh->nlmsg_flags & NLM_F_MULTI);
		}
		if (r < 0 && a->r == 0)
			a->r = r;
	}
}

/* One datagram from the kernel.  Datagrams that other processes send to our port are passed over. */
static ssize_t receive_datagram(struct netlink *n)
{
	struct sockaddr_nl from = { 0 };
	struct iovec iov = { .iov_base = n->answer, .iov_len = sizeof(n->answer) };
	struct msghdr msg = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t len;

	do
		len = recvmsg(mnl_socket_get_fd(n->s), &msg, MSG_DONTWAIT);
	while ((len < 0 && errno == EINTR) || (len >= 0 && from.nl_pid != 0));
	if (len < 0)
		return -errno;
	return msg.msg_flags & MSG_TRUNC ? -EMSGSIZE : len;
}

/*
 * The kernel answers before send() returns, so there is nothing to wait for.  The answer to a batch that is refused as
 * a whole has no end, only the one error that says why.
 */
static int read_answers(struct netlink *n, struct answer *a, char err[static 256])
{
	while (!a->done) {
		ssize_t len = receive_datagram(n);

		if (len == -EAGAIN && a->r < 0)
			break;
		if (len < 0)
			return fail_with(len == -EAGAIN ? -EIO : (int)len, "no answer from the kernel", err);
		read_answer(a, n->answer, (int)len, err);
	}
	return a->r;
}

/* Leftovers of an answer that was given up must not be taken for the next one. */
static void drain_socket(struct netlink *n)
{
	ssize_t len;

	do
		len = receive_datagram(n);
	while (len >= 0 || len == -EMSGSIZE || len == -ENOBUFS);
}

static int exchange_messages(struct netlink *n, const void *data, size_t len, struct answer *a, char err[static 256])
{
	int r;

	err[0] = '\0';
	drain_socket(n);
	if (mnl_socket_sendto(n->s, data, len) < 0)
		r = fail_with(-errno, "cannot send to the kernel", err);
	else
		r = read_answers(n, a, err);
	explicit_bzero(n->answer, sizeof(n->answer));
	return r == 0 && a->interrupted ? fail_with(-EINTR, "it changed while it was read", err) : r;
}

int netlink_request(struct netlink *n, struct message *m, int (*take)(const struct nlmsghdr *, void *), void *data,
		    char err[static 256])
{
	struct answer a = { .take = take, .data = data };

	if (m->err < 0)
		return fail_with(m->err, "cannot build the request", err);
	m->hdr.nlmsg_seq = a.last_seq = ++n->seq;
	/* XFRM puts this port into its events, not the port from which the request came. */
	m->hdr.nlmsg_pid = netlink_port(n);
	/* A get without a dump is answered by its object alone; the acknowledgement is dropped with the next request.
	 */
	return exchange_messages(n, m->octets, m->hdr.nlmsg_len, &a, err);
}

int netlink_dump(struct netlink *n, struct message *m, void (*begin)(void *data),
		 int (*take)(const struct nlmsghdr *, void *), void *data, char err[static 256])
{
	int r = -EINTR;

	for (unsigned i = 0; r == -EINTR && i < NETLINK_DUMPS; i++) {
		begin(data);
		r = netlink_request(n, m, take, data, err);
	}
	return r;
}

/* The first refusal in a datagram of the kernel's. */
static int read_refusals(const uint8_t *data, int len, uint16_t quiet, char err[static 256])
{
	for (const struct nlmsghdr *nlh = (const void *)data; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
		const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);

		if (nlh->nlmsg_type != NLMSG_ERROR || mnl_nlmsg_get_payload_len(nlh) < sizeof(*e) || e->error == 0 ||
		    e->msg.nlmsg_type == quiet)
			continue;
		return error_of(nlh, err);
	}
	return 0;
}

int netlink_tell(struct netlink *n, const void *data, size_t len, uint16_t quiet, char err[static 256])
{
	int r = 0;

	if (mnl_socket_sendto(n->s, data, len) < 0)
		return fail_with(-errno, "cannot send to the kernel", err);
	for (;;) {
		ssize_t got = receive_datagram(n);
		char more[256];
		int refused;

		if (got == -EAGAIN)
			break;
		if (got < 0)
			return fail_with((int)got, "no answer from the kernel", err);
		refused = read_refusals(n->answer, (int)got, quiet, r < 0 ? more : err);
		r = r < 0 ? r : refused;
	}
	return r;
}

int netlink_batch(struct netlink *n, const void *data, size_t len, uint32_t last_seq, char err[static 256])
{
	struct answer a = { .last_seq = last_seq };

	return exchange_messages(n, data, len, &a, err);
}
