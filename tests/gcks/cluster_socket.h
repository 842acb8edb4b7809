/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The UDP sockets between the servers of a cluster; what goes through them is tests/gcks/cluster.h's. */
#ifndef GCKS_CLUSTER_SOCKET_H
#define GCKS_CLUSTER_SOCKET_H

#include "lib/gvpn.h"
#include "tests/gcks/error.h"

#include <systemd/sd-event.h>

/* A datagram for LOCAL came from the address FROM. */
typedef void (*cluster_receive_fn)(void *ctx, uint32_t local, uint32_t from, const uint8_t *data, size_t len);

struct cluster_sockets;

GVPN_MUST_CHECK int cluster_sockets_new(struct cluster_sockets **ret, sd_event *event, uint16_t port,
					cluster_receive_fn receive, void *ctx);
void cluster_sockets_free(struct cluster_sockets *s); /* NULL is fine */
/* Listens on LOCAL.  Errors, with what to do in ERR: those of the system calls; -E2BIG. */
GVPN_MUST_CHECK int cluster_sockets_add(struct cluster_sockets *s, uint32_t local, struct gcks_error *err);
/* To the same port of TO; what cannot be sent is lost, as on the way. */
void cluster_sockets_send(struct cluster_sockets *s, uint32_t local, uint32_t to, const uint8_t *data, size_t len);

#endif
