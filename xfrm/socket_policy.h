/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An XFRM policy of one socket (IP_XFRM_POLICY, ip(7)): the kernel asks it before the host's policies, and it survives
 * their flush.  Nothing but that socket's packets can use the SAs that it names.
 */
#ifndef XFRM_SOCKET_POLICY_H
#define XFRM_SOCKET_POLICY_H

#include "xfrm/sa.h"

#define SOCKET_POLICY_SAS_MAX 2

struct socket_policy_sa {
	struct sa_id id;
	uint8_t mode; /* XFRM_MODE_ */
};

/* What FD sends goes into SAS[0], what that makes into SAS[1], and so on.  Negative errno. */
GVPN_MUST_CHECK int socket_policy_set(int fd, const struct socket_policy_sa *sas, size_t n);

/*
 * Every route that the kernel looks up for what FD sends is by the loopback device then: those of all SAs, and those
 * after a rule of this host has given the packet a mark or another address.  What is routed nowhere else cannot leave.
 */
GVPN_MUST_CHECK int socket_policy_loopback(int fd);

#endif
