/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands of an operator to a running key server, one line at a time: "show ..." (tests/gcks/show.h), and the
 * commands of tests/gcks/operate.h.  Pure; the socket is tests/gcks/control.h.
 */
#ifndef GCKS_COMMAND_H
#define GCKS_COMMAND_H

#include "tests/gcks/server.h"

#include <stdio.h>
#include <time.h>

#define GCKS_COMMAND_WORDS_MAX 24

/*
 * Carries out LINE (words apart by blanks, no line end) and writes what it says to OUT.  NOW in milliseconds, WALL the
 * same moment on the wall.  A negative errno with ERR saying what was not understood or could not be done, and what was
 * expected.  After it gcks_server_deadline() may be earlier than before.
 */
GVPN_MUST_CHECK int gcks_command(struct gcks_server *s, uint64_t now, time_t wall, const char *line, FILE *out,
				 struct gcks_error *err);

#endif
