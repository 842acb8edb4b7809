/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by server.c (life, questions of the responder) and server_step.c. */
#ifndef GCKS_SERVER_PRIVATE_H
#define GCKS_SERVER_PRIVATE_H

#include "ike/responder.h"
#include "lib/rate_limit.h"
#include "tests/gcks/server.h"

struct local {
	struct gcks_server *server;
	uint32_t addr;
	struct responder_ops ops; /* lives as long as the responder */
	struct responder *responder;
};

struct gcks_server {
	const struct gcks_config *config;
	struct gcks_server_ops ops;
	uint64_t now; /* of the step that is under way */
	struct local locals[GCKS_LOCALS_MAX];
	size_t n_locals;
	struct gdoi_group *groups[GCKS_GROUPS_MAX];
	struct gdoi_cluster *clusters[GCKS_GROUPS_MAX]; /* of the groups; NULL: it has none */
	size_t n_groups;
	enum gcks_answer answer;
	size_t garbled; /* datagrams */
	struct rate_limit limit;
};

void gcks_server_log(const struct gcks_server *s, enum ike_note_level level, const char *text);
struct gdoi_cluster *gcks_server_find_cluster(const struct gcks_server *s, uint32_t id); /* of a group; NULL: none */

#endif
