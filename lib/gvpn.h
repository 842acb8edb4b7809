/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plain data that the rooms of the house hand to each other, and what every file may use.  ike/, policy/ and
 * xfrm/ include lib/ and never one another.
 */
#ifndef LIB_GVPN_H
#define LIB_GVPN_H

#include "lib/base.h"
#include "lib/limits.h"
#include "lib/secret.h"
#include "lib/selector.h"
#include "lib/tek.h"

#define GDOI_PORT 848 /* RFC 6407 2 */

/* The two ends of a datagram: ours, and the one it goes to or comes from. */
struct udp_ends {
	uint32_t local, remote;
	uint16_t local_port, remote_port;
};

#endif
