/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One server of a cluster (row G), for one group: who of the servers is the primary, and the group's state on its way
 * between them.  The protocol is gcks's own (cluster_wire.h).
 *
 *   WAITING --(a state came)--> FOLLOWING --(claims)--> PRIMARY
 *      |                            ^                     |
 *      +--(nobody has a state)------|---> PRIMARY         |
 *                                   +--(another one leads)+
 *
 * Every server sends each other one a hello twice a period; one that was not heard for GCKS_CLUSTER_SILENT periods
 * counts as gone.  The primary makes keys and pushes.  When the group's state has changed it sends the state to the
 * others, and again each period until they have it.  It pushes to members only when all servers that are heard have the
 * state, or a period has passed.  The others give keys to members that pull, and tell the primary which members have
 * registered.
 *
 * When there is no primary, the server with the newest state claims the place; among equals the root-server, then the
 * lowest address.  Each claim has a higher term, and a primary with a lower term steps down.  A server that ranks
 * before the primary (the old root, when it is back) first takes the state.  It claims the place when it has followed
 * for GCKS_CLUSTER_SILENT periods.
 *
 * Two parts of a cluster that cannot reach each other have a primary each.  When they meet again, the state of the
 * higher term stands and the other state is lost.
 *
 * Pure: times are milliseconds, datagrams come in and go out.
 */
#ifndef GCKS_CLUSTER_H
#define GCKS_CLUSTER_H

#include "tests/gcks/group_cluster.h"

#include <stdio.h>

#define GCKS_CLUSTER_PORT 8848
#define GCKS_CLUSTER_PEERS_MAX (GCKS_SERVERS_MAX - 1)
#define GCKS_CLUSTER_SILENT 3 /* periods */

struct gdoi_cluster_config {
	bool root;
	uint32_t local;
	uint32_t period_seconds; /* at least 1 */
	struct gdoi_cluster_peer {
		char name[GVPN_NAME_MAX]; /* of its ike gateway */
		uint32_t addr;
		struct secret psk;
	} peers[GCKS_CLUSTER_PEERS_MAX];
	size_t n_peers;
};

struct gdoi_cluster_ops {
	gcks_random_fn random;
	void (*send)(void *ctx, uint32_t local, uint32_t to, const uint8_t *data, size_t len); /* it may get lost */
	void (*log)(void *ctx, enum ike_note_level level, const char *text); /* NULL: nobody listens */
	void *ctx;
};

enum cluster_role { CLUSTER_WAITING, CLUSTER_FOLLOWING, CLUSTER_PRIMARY };

struct gdoi_cluster;

/* GROUP is borrowed, clustered and waiting, and outlives the result.  C is copied.  -ENOMEM, and the random function's.
 */
GVPN_MUST_CHECK int gdoi_cluster_new(struct gdoi_cluster **ret, struct gdoi_group *group,
				     const struct gdoi_cluster_config *c, const struct gdoi_cluster_ops *ops,
				     uint64_t now);
void gdoi_cluster_free(struct gdoi_cluster *c); /* wipes; NULL is fine */
static inline void gdoi_cluster_freep(struct gdoi_cluster **c)
{
	gdoi_cluster_free(*c);
}
size_t gdoi_cluster_server_index(const struct gdoi_cluster_config *c); /* by addresses, the same on all servers */

/* Time has passed, or the group has changed; after the group's own step, before gdoi_group_send(). */
void gdoi_cluster_step(struct gdoi_cluster *c, uint64_t now);
uint64_t gdoi_cluster_deadline(const struct gdoi_cluster *c);
/* A datagram came from the address FROM.  Unless it is authentic it changes nothing. */
void gdoi_cluster_input(struct gdoi_cluster *c, uint64_t now, uint32_t from, const uint8_t *data, size_t len);
/* The member with ADDR has registered here; CHANGE and HAS_KEK as from gdoi_group_pulled(). */
void gdoi_cluster_registered(struct gdoi_cluster *c, uint64_t now, uint32_t addr, uint64_t change, bool has_kek);

struct cluster_peer_view {
	const struct gdoi_cluster_peer *config;
	bool heard, live, root, holds, primary, up_to_date;
	uint32_t seconds_ago; /* when HEARD */
};
struct cluster_view {
	const struct gdoi_cluster_config *config;
	const struct gdoi_group_config *group;
	enum cluster_role role;
	uint32_t term;
	uint64_t version;
	uint32_t primary;                            /* address; 0: none is known */
	size_t unacknowledged;                       /* registrations that the primary has not taken yet */
	uint64_t states_sent, states_taken, refused; /* messages; REFUSED: forged, malformed, repeated */
	struct cluster_peer_view peers[GCKS_CLUSTER_PEERS_MAX];
};
void gdoi_cluster_view(const struct gdoi_cluster *c, uint64_t now, struct cluster_view *ret);
void gdoi_cluster_show(FILE *out, const struct gdoi_cluster *c, uint64_t now); /* below the group's own line */
const char *cluster_role_name(enum cluster_role r);

#endif
