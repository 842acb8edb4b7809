/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration of a Junos member as one of ours: what gvpnd reads is kept word for word, with the names of
 * interfaces mapped, as "set" lines; everything else is listed with the reason why it is left out.
 *
 * Taken are braces, "set" lines, and the guide's form: "[edit HIERARCHY]" with "user@host# set ..." relative to it, run
 * together on one line or not; also what a terminal shows after "show configuration".  Statements of other parts of the
 * device (system, snmp, ...) are counted, not repeated: they hold the device's secrets.
 *
 * What a terminal printed is read as the terminal showed it; mail's and web pages' changes are undone where they are
 * certain.  Where something is left out that may decide what is protected, or is not seen, or may be another statement
 * on the device, the result is not complete.
 */
#ifndef MEMBER_IMPORT_IMPORT_H
#define MEMBER_IMPORT_IMPORT_H

#include "lib/gvpn.h"
#include <stdio.h>

#define IMPORT_SIZE_MAX (1024 * 1024) /* octets of text */
#define IMPORT_MAPS_MAX 64

struct import_options {
	const char *const *maps; /* "ge-0/0/1.0=wan0"; without a unit: unit 0 */
	size_t n_maps;
	const char *keys; /* the folder for files of keys; NULL: none */
};

/*
 * Writes the configuration to OUT and what is to be told to REPORT.  NAME stands for the text in messages.
 * 0: what was printed is a complete configuration.  1: it is not, and REPORT says what is missing.
 * -EINVAL: TEXT is no Junos configuration, or a map is no map; REPORT says where and why, OUT has nothing.  -ENOMEM.
 */
GVPN_MUST_CHECK int import_run(FILE *out, FILE *report, const char *name, const char *text, size_t len,
			       const struct import_options *options);

#endif
