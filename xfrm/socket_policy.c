/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/socket_policy.h"

#include <arpa/inet.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <sys/socket.h>

static void put_template(struct xfrm_user_tmpl *t, const struct socket_policy_sa *sa)
{
	t->id.daddr.a4 = htonl(sa->id.dst);
	t->id.spi = htonl(sa->id.spi);
	t->id.proto = IPPROTO_ESP;
	t->family = AF_INET;
	t->saddr.a4 = htonl(sa->id.src);
	t->reqid = sa->id.reqid;
	t->mode = sa->mode;
	t->aalgos = t->ealgos = t->calgos = UINT32_MAX;
}

int socket_policy_set(int fd, const struct socket_policy_sa *sas, size_t n)
{
	struct {
		struct xfrm_userpolicy_info info;
		struct xfrm_user_tmpl tmpl[SOCKET_POLICY_SAS_MAX];
	} p = { 0 };

	if (n > SOCKET_POLICY_SAS_MAX)
		return -E2BIG;
	p.info.sel.family = AF_INET;
	p.info.dir = XFRM_POLICY_OUT;
	p.info.action = XFRM_POLICY_ALLOW;
	p.info.lft.soft_byte_limit = p.info.lft.hard_byte_limit = XFRM_INF;
	p.info.lft.soft_packet_limit = p.info.lft.hard_packet_limit = XFRM_INF;
	for (size_t i = 0; i < n; i++)
		put_template(&p.tmpl[i], &sas[i]);
	return setsockopt(fd, IPPROTO_IP, IP_XFRM_POLICY, &p, (socklen_t)(sizeof(p.info) + n * sizeof(p.tmpl[0]))) < 0
		       ? -errno
		       : 0;
}

int socket_policy_loopback(int fd)
{
	static const char loopback[] = "lo";

	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, loopback, sizeof(loopback)) < 0 ? -errno : 0;
}
