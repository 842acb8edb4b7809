/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket of a running key server: a stream socket in the file system.  A client sends one line; the answer
 * is "ok LENGTH" or "error LENGTH", a line end, and that many octets; then the connection is closed.
 */
#ifndef GCKS_CONTROL_H
#define GCKS_CONTROL_H

#include "lib/gvpn.h"
#include "tests/gcks/error.h"

#include <stdio.h>
#include <systemd/sd-event.h>

#define GCKS_CONTROL_PATH "/run/gcks.sock"
#define GCKS_CONTROL_CLIENTS 8
#define GCKS_CONTROL_LINE_MAX 1024
#define GCKS_CONTROL_ANSWER_MAX (16u << 20)

/* Carries out LINE; 0 with OUT written, or a negative errno with ERR. */
typedef int (*gcks_control_fn)(void *ctx, const char *line, FILE *out, struct gcks_error *err);

struct gcks_control;

/*
 * Listens at PATH, for its owner's user only.  A socket that a dead server left there is replaced.  Errors with ERR:
 * -EADDRINUSE when a live one answers there, -EEXIST when PATH is something else, and those of the system calls.
 */
GVPN_MUST_CHECK int gcks_control_new(struct gcks_control **ret, sd_event *event, const char *path, gcks_control_fn run,
				     void *ctx, struct gcks_error *err);
void gcks_control_free(struct gcks_control *c); /* removes PATH; NULL is fine */

/*
 * The client's side: sends LINE to the server at PATH, writes its answer to OUT.  -EREMOTEIO with the server's own
 * words in ERR when it refuses; other errors with what was wrong with the connection.
 */
GVPN_MUST_CHECK int gcks_control_ask(const char *path, const char *line, FILE *out, struct gcks_error *err);

#endif
