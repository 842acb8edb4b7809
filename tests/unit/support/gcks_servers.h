/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The servers of a cluster in memory, with a network between them that loses and cuts, and members that hold what
 * pulls and pushes bring.  Time is a number.
 */
#ifndef TESTS_UNIT_SUPPORT_GCKS_SERVERS_H
#define TESTS_UNIT_SUPPORT_GCKS_SERVERS_H

#include "ike/push.h"
#include "tests/gcks/cluster.h"
#include "tests/gcks/group_change.h"

#define SECOND UINT64_C(1000)
#define START (UINT64_C(500) * SECOND)
#define SERVERS 4
#define SERVER_ADDR(i) (0x0a0a6401u + (uint32_t)(i)) /* 10.10.100.1 on */
#define GMS 3
#define GM_ADDR(i) (0x0a126501u + ((uint32_t)(i) << 8))
#define PERIOD (2 * SECOND)
#define SILENT (GCKS_CLUSTER_SILENT * PERIOD)

struct server {
	struct servers *world;
	struct gdoi_group *group;
	struct gdoi_cluster *cluster;
	struct gdoi_group_config config;
	struct gdoi_member_config members[GMS];
	struct gdoi_policy_config policies[GCKS_POLICIES_MAX];
	bool mute; /* to the members */
};

struct group_member {
	struct rekey_sa *sa;
	uint32_t spis[16];
	size_t n_spis;
	unsigned accepted, refused;
	uint32_t last_seq, last_server;
	uint64_t last_push;
};

struct letter {
	uint32_t from, to;
	uint8_t *data;
	size_t len;
};

struct servers {
	size_t n;
	struct gdoi_policy_config policy;
	struct gdoi_push_config push;
	bool has_push[SERVERS];
	struct server servers[SERVERS];
	bool cut[SERVERS][SERVERS]; /* nothing goes from one to the other */
	struct group_member gms[GMS];
	uint64_t now;
	uint32_t next_random, dice;
	unsigned loss_percent;
	struct letter queue[256];
	size_t n_queue, warnings, letters;
	struct letter last; /* the latest that was sent */
	const char *psk[SERVERS];
};

struct servers *servers_new(size_t n); /* none of them runs */
void servers_free(struct servers *w);
struct servers *servers_running(size_t n); /* N servers that run for a second */
void servers_start(struct servers *w, size_t i);
void servers_kill(struct servers *w, size_t i);
void servers_run(struct servers *w, uint64_t seconds); /* from deadline to deadline */
void servers_run_ms(struct servers *w, uint64_t ms);
void servers_deliver(struct servers *w);

enum cluster_role servers_role(const struct servers *w, size_t i);
uint32_t servers_newest(const struct servers *w, size_t i); /* SPI of its newest TEK; 0: it has none */
/* The member GM registers at SERVER: 0, or what gdoi_group_pull() says. */
int servers_pull(struct servers *w, size_t server, size_t gm);
bool servers_gm_holds(const struct servers *w, size_t gm, uint32_t spi);
size_t servers_registered(const struct servers *w, size_t i);

#endif
