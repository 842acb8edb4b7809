/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an operator may ask of a running key server, one line at a time: "show ..." (tests/gcks/show.h).  Pure; the
 * socket is tests/gcks/control.h.
 */
#ifndef GCKS_COMMAND_H
#define GCKS_COMMAND_H

#include "tests/gcks/server.h"

#include <stdio.h>
#include <time.h>

#define GCKS_COMMAND_WORDS_MAX 16

/*
 * Carries out LINE (words apart by blanks, no line end) and writes what it says to OUT.  NOW in milliseconds, WALL the
 * same moment on the wall.  -EINVAL with ERR saying what was not understood and what was expected.
 */
GVPN_MUST_CHECK int gcks_command(struct gcks_server *s, uint64_t now, time_t wall, const char *line, FILE *out,
				 char err[static 256]);

#endif
