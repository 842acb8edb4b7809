/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of a server of a cluster: cluster.c (who leads), cluster_link.c (messages), cluster_view.c (what is told).
 */
#ifndef GCKS_CLUSTER_PRIVATE_H
#define GCKS_CLUSTER_PRIVATE_H

#include "tests/gcks/cluster.h"
#include "tests/gcks/cluster_wire.h"

struct peer {
	uint64_t challenge, their_challenge;
	bool proven; /* it has repeated our challenge: BOOT and COUNTER_IN are its own */
	uint64_t boot;
	uint32_t counter_in, counter_out;
	uint64_t answered_at; /* our latest answer to a message that proved nothing */
	uint64_t heard_at, hello_at;
	bool root, holds, primary; /* as it said last */
	uint32_t term;
	uint64_t version;
	uint32_t events_taken; /* of its own, by us */
	uint64_t state_at;     /* when it was sent a state */
	uint32_t state_term;   /* which one */
	uint64_t state_version;
};

struct gdoi_cluster {
	struct gdoi_cluster_config config;
	struct gdoi_cluster_ops ops;
	struct gdoi_group *group;
	uint64_t period; /* ms */
	uint64_t boot;
	uint64_t started, entered; /* the program, the present role */
	enum cluster_role role;
	uint32_t term;       /* of the state that is held; 0: none */
	uint64_t version;    /* likewise; of a primary: as last announced */
	uint64_t hold_until; /* 0, or pushes wait until the others have the state, but not longer */
	uint64_t stepped;
	uint32_t refused_term;
	uint64_t refused_version;     /* a state that could not be taken: said once */
	struct cluster_event *events; /* not taken by the primary yet, the oldest first; one for each member at most */
	size_t n_events;
	uint32_t last_event;
	uint64_t states_sent, states_taken, refused;
	struct peer peers[GCKS_CLUSTER_PEERS_MAX];
};

/* Twice a period, so that a lossy network does not take a server for gone. */
static inline uint64_t cluster_hello_pause(const struct gdoi_cluster *c)
{
	return c->period / 2;
}

__attribute__((format(printf, 3, 4))) void cluster_note(const struct gdoi_cluster *c, enum ike_note_level level,
							const char *format, ...);
const char *cluster_address(uint32_t addr, char buf[static 16]);

/* cluster.c */
bool cluster_live(const struct gdoi_cluster *c, const struct peer *p, uint64_t now);
/* The live one with the highest term that is not below ours; NULL: none. */
const struct peer *cluster_primary(const struct gdoi_cluster *c, uint64_t now);
bool cluster_up_to_date(const struct gdoi_cluster *c, const struct peer *p);
uint32_t cluster_peer_addr(const struct gdoi_cluster *c, const struct peer *p);
/* An authenticated message of P. */
void cluster_take_hello(struct gdoi_cluster *c, uint64_t now, struct peer *p, const struct cluster_hello *m);

/* cluster_link.c */
bool cluster_needs_state(const struct gdoi_cluster *c, const struct peer *p, uint64_t now); /* and is to be sent it */
/* Sends P a hello; with the group's state, if this is the primary and P needs it. */
void cluster_send_hello(struct gdoi_cluster *c, uint64_t now, struct peer *p);

#endif
