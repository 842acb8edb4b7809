/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/late_esp.h"

#include "xfrm/socket_policy.h"
#include "xfrm/sync.h"

#include <arpa/inet.h>
#include <linux/net_tstamp.h>
#include <linux/xfrm.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE 5 /* ms: it is shown before send() returns, but by crypto that is asynchronous */

struct esp_header {
	uint32_t spi, sequence;
};

struct esp_trailer { /* RFC 4303 2.4: two octets of padding bring 14 to 16 */
	uint8_t padding[2], padding_len, next_header;
};

struct witness {
	struct esp_header esp;
	struct udphdr udp;
	uint32_t says;
	struct esp_trailer trailer;
	uint8_t icv[16]; /* of HMAC-SHA-256 (RFC 4868 2.6) */
} __attribute__((packed));

int late_esp_judge(const uint8_t *frame, size_t len)
{
	struct witness w;
	struct iphdr ip;

	if (len != ETHER_HDR_LEN + sizeof(ip) + sizeof(w))
		return -EBADMSG;
	memcpy(&ip, frame + ETHER_HDR_LEN, sizeof(ip));
	memcpy(&w, frame + ETHER_HDR_LEN + sizeof(ip), sizeof(w));
	if (ip.ihl != 5 || ip.protocol != IPPROTO_ESP || w.trailer.padding_len != sizeof(w.trailer.padding) ||
	    w.trailer.next_header != IPPROTO_UDP)
		return -EBADMSG;
	return 0;
}

/* Connected to itself: so it reaches nobody, and nobody's packets are taken for it. */
static int open_socket(int *ret_fd, uint32_t spi)
{
	const struct socket_policy_sa sa = { sa_witness_id(spi), XFRM_MODE_TRANSPORT };
	const int show = SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_SOFTWARE;
	struct sockaddr_in self = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(SA_WITNESS_ADDRESS) };
	socklen_t len = sizeof(self);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;

	if (fd < 0)
		return -errno;
	r = socket_policy_loopback(fd);
	if (r == 0)
		r = socket_policy_set(fd, &sa, 1);
	if (r == 0 && (bind(fd, (const struct sockaddr *)&self, sizeof(self)) < 0 ||
		       getsockname(fd, (struct sockaddr *)&self, &len) < 0 ||
		       connect(fd, (const struct sockaddr *)&self, sizeof(self)) < 0 ||
		       setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &show, sizeof(show)) < 0))
		r = -errno;
	if (r < 0)
		close(fd);
	*ret_fd = fd;
	return r;
}

static int watch(int fd, char err[static 256])
{
	const uint32_t says = 0;
	uint8_t frame[256];
	struct iovec iov = { frame, sizeof(frame) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct pollfd p = { .fd = fd };
	ssize_t n;

	if (send(fd, &says, sizeof(says), 0) < 0 && errno != EPERM && errno != EACCES) {
		snprintf(err, 256, "cannot send a witness of how this kernel encrypts: %s", strerror(errno));
		return -errno;
	}
	n = recvmsg(fd, &m, MSG_ERRQUEUE);
	if (n < 0 && poll(&p, 1, PATIENCE) > 0)
		n = recvmsg(fd, &m, MSG_ERRQUEUE);
	if (n >= 0)
		return late_esp_judge(frame, (size_t)n);
	snprintf(
		err, 256,
		"nobody can see whether this kernel has esp4_offload: let this host's firewall pass ESP from 127.0.0.2 "
		"to itself, and keep the sysctl net.core.tstamp_allow_data at 1");
	return -ENODATA;
}

int late_esp_check(struct netlink *xfrm, uint32_t spi, char err[static 256])
{
	const struct sa_id id = sa_witness_id(spi);
	struct message m;
	int fd = -1, r;

	sync_drop_sa(xfrm, &id); /* after a crash */
	r = sa_build_witness(&m, spi);
	if (r < 0)
		snprintf(err, 256, "cannot make the SA of a witness of how this kernel encrypts: %s", strerror(-r));
	else
		r = netlink_request(xfrm, &m, NULL, NULL, err);
	message_wipe(&m);
	if (r < 0)
		return r == -EBADMSG ? -EPROTO : r;
	r = open_socket(&fd, spi);
	if (r < 0) {
		snprintf(err, 256, "cannot open the socket of a witness of how this kernel encrypts: %s", strerror(-r));
	} else {
		r = watch(fd, err);
		close(fd);
	}
	sync_drop_sa(xfrm, &id);
	return r;
}
