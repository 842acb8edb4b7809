/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/link/expire.h"

#include "xfrm/link/foreign.h"
#include "xfrm/plan/ids.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/xfrm.h>
#include <netinet/in.h>

/* A filter loads in network byte order, and netlink's fields are in host byte order: so constants are converted. */
#define AT(field) ((uint32_t)(sizeof(struct nlmsghdr) + offsetof(struct xfrm_user_expire, field)))

#define LOW_HALF (htonl(1) == 1 ? 4 : 0)

int expire_filter(int fd, uint32_t own_port)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(XFRM_MSG_EXPIRE), 0, 8),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT(state.reqid)),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, htonl(KERNEL_REQID_MASK)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(KERNEL_REQID_MIN), 0, 5),
		/*
		 * "No limit" is all ones.  A limit is a whole number of kilobytes, or four fifths of all sequence
		 * numbers, so its lower half never is.
		 */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT(state.lft.hard_byte_limit) + LOW_HALF),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, UINT32_MAX, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT(state.lft.soft_packet_limit) + LOW_HALF),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, UINT32_MAX, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	(void)own_port; /* such messages come from the kernel alone */
	return foreign_filter(fd, code, ARRAY_SIZE(code));
}

static bool bytes_are_used(const struct xfrm_user_expire *e)
{
	const struct xfrm_lifetime_cfg *limit = &e->state.lft;

	return limit->hard_byte_limit != XFRM_INF &&
	       e->state.curlft.bytes >= (e->hard ? limit->hard_byte_limit : limit->soft_byte_limit);
}

/* Candidates of a search have a hard limit alone. */
static bool sequence_is_used(const struct xfrm_user_expire *e)
{
	const struct xfrm_lifetime_cfg *limit = &e->state.lft;

	return limit->soft_packet_limit != XFRM_INF &&
	       e->state.curlft.packets >= (e->hard ? limit->hard_packet_limit : limit->soft_packet_limit);
}

bool expire_parse(const struct nlmsghdr *nlh, struct expiry *ret)
{
	struct xfrm_user_expire e;

	if (nlh->nlmsg_type != XFRM_MSG_EXPIRE || mnl_nlmsg_get_payload_len(nlh) < sizeof(e))
		return false;
	memcpy(&e, mnl_nlmsg_get_payload(nlh), sizeof(e)); /* a copy: it may not be aligned */
	if (e.state.family != AF_INET || e.state.id.proto != IPPROTO_ESP || e.state.reqid < KERNEL_REQID_MIN ||
	    e.state.reqid > KERNEL_REQID_MAX || !(bytes_are_used(&e) || sequence_is_used(&e)))
		return false;
	*ret = (struct expiry){ .spi = ntohl(e.state.id.spi), .hard = e.hard, .sequence = !bytes_are_used(&e) };
	ret->local = ntohl(e.state.id.daddr.a4) == KERNEL_DUMMY ? ntohl(e.state.saddr.a4) : ntohl(e.state.id.daddr.a4);
	return true;
}

bool expire_next(struct mnl_socket *socket, struct expiry *ret)
{
	_Alignas(uint64_t) uint8_t buf[4096];

	for (;;) {
		ssize_t n =
			mnl_socket_recvfrom(socket, buf, sizeof(buf)); /* the kernel puts one message into a datagram */

		if (n < 0 && errno != ENOBUFS)
			return false;
		if (n >= (ssize_t)sizeof(struct nlmsghdr) && mnl_nlmsg_ok((struct nlmsghdr *)buf, (int)n) &&
		    expire_parse((struct nlmsghdr *)buf, ret))
			return true;
	}
}
