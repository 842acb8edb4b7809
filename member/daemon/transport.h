/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UDP port 848 (RFC 6407 2): one socket for each local address of the gateways, and one for each port beside it that a
 * server sends its pushes to (the DST ID of the SA KEK payload, RFC 6407 5.3).
 *
 * A socket is bound before its address exists (IP_FREEBIND), so that a member can start before its network does.
 */
#ifndef MEMBER_DAEMON_TRANSPORT_H
#define MEMBER_DAEMON_TRANSPORT_H

#include "lib/gvpn.h"
#include "member/config/config.h"
#include "member/group/group.h"
#include "member/log/record.h"

#include <systemd/sd-event.h>

typedef void (*transport_receive_fn)(void *ctx, const struct udp_ends *ends, const uint8_t *data, size_t len);

struct transport;

/* Each gateway has a local address of its own, and each VPN's servers may choose ports of their own. */
#define TRANSPORT_SOCKETS_MAX (CONFIG_GATEWAYS_MAX + CONFIG_VPNS_MAX * GROUP_PORTS_MAX)

GVPN_MUST_CHECK int transport_new(struct transport **ret, sd_event *event, struct log *log,
				  transport_receive_fn receive, void *ctx);
void transport_free(struct transport *t); /* NULL is fine */

/* Opens the socket of LOCAL and PORT if it is not open yet.  On an error WHY says why and what to do. */
GVPN_MUST_CHECK int transport_add(struct transport *t, uint32_t local, uint16_t port, struct record *why);

struct transport_end {
	uint32_t local;
	uint16_t port;
};
/* Closes all sockets but those of ENDS.  The socket whose datagram is handled at this moment may be closed too. */
void transport_keep(struct transport *t, const struct transport_end *ends, size_t n);

/* A failure is logged once for each server and cause; the caller sends again, as after a lost datagram. */
void transport_send(struct transport *t, const struct udp_ends *ends, const uint8_t *data, size_t len);

#endif
