/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands that change something in a running key server (man/gcks.8): rekey, delete, policy, member, anti-replay.
 * For command.c alone.
 */
#ifndef GCKS_OPERATE_H
#define GCKS_OPERATE_H

#include "tests/gcks/server.h"

#include <stdio.h>

struct operation {
	struct gcks_server *server;
	uint64_t now;             /* ms */
	const char *const *words; /* after the verb */
	size_t n_words;
};

/* Each writes to OUT what was done.  A negative errno: ERR says which word is wrong, why, and what is expected. */
GVPN_MUST_CHECK int gcks_rekey(const struct operation *op, FILE *out, struct gcks_error *err);
GVPN_MUST_CHECK int gcks_delete(const struct operation *op, FILE *out, struct gcks_error *err);
GVPN_MUST_CHECK int gcks_policy(const struct operation *op, FILE *out, struct gcks_error *err);
GVPN_MUST_CHECK int gcks_member(const struct operation *op, FILE *out, struct gcks_error *err);
GVPN_MUST_CHECK int gcks_anti_replay(const struct operation *op, FILE *out, struct gcks_error *err);

#endif
