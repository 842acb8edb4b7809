/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs of gvpnctl(8) that have a file of their own, and what they share with member/ctl/ctl.c.
 */
#ifndef MEMBER_CTL_VERBS_H
#define MEMBER_CTL_VERBS_H

#include "member/ctl/command.h"
#include "member/ctl/ctl.h"
#include "member/ctl/output.h"
#include "member/import/import.h"

#include <stdbool.h>
#include <stddef.h>

/* One run of the tool. */
struct ctl {
	unsigned given; /* options, bits: 1 << enum command_option */
	const char *socket;
	bool keep;
	const struct output *output;       /* text, unless the verb or --json says otherwise */
	const char *maps[IMPORT_MAPS_MAX]; /* --map, as typed */
	size_t n_maps;
	const char *keys; /* --keys */
	struct command command;
	FILE *out, *err;
};

/* TEXT on stderr; CTL_REFUSED when R is the daemon's own answer (-EREMOTEIO), else CTL_UNREACHABLE. */
enum ctl_exit ctl_complain(struct ctl *c, int r, const char *text);
/* Flushes OUT: CTL_OK, or CTL_REFUSED when what was printed could not be written. */
enum ctl_exit ctl_finish(struct ctl *c);

/* import FILE [--map JUNOS=LINUX]... [--keys DIR]: member/import/import.h */
enum ctl_exit ctl_import(struct ctl *c);
/* monitor: events and counters as they come, until interrupted */
enum ctl_exit ctl_monitor(struct ctl *c);

#endif
