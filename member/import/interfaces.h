/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device's interfaces and this host's: the names that --map gives, those that it lacks, and those that nothing
 * uses.
 *
 * A name is never taken over by itself: "irb.5" and "all" are no Linux interfaces, "em0" may be another one, and a zone
 * with a name that is not this host's protects nothing.
 */
#ifndef MEMBER_IMPORT_INTERFACES_H
#define MEMBER_IMPORT_INTERFACES_H

#include "member/import/import.h"

struct import_interfaces {
	const struct import_options *options;
	bool used[IMPORT_MAPS_MAX];
	char unmapped[1024]; /* the names, ", " between them; those beyond are dropped */
};

/* -EINVAL with a line on REPORT for a map that is none, or one too many. */
GVPN_MUST_CHECK int import_maps_check(const struct import_options *o, FILE *report);
/*
 * This host's name for NAME.  UNIT is the unit where it stands apart; NULL: the unit is in the name, or is 0.  Returns
 * NULL when no map has the name, which is then remembered as missing.
 */
const char *import_interface_take(struct import_interfaces *i, const char *name, const char *unit);
/* The same without remembering anything. */
const char *import_interface_find(const struct import_interfaces *i, const char *name, const char *unit);
/* Maps that were not used, or that make one interface of two. */
void import_interfaces_warn(const struct import_interfaces *i, FILE *report);
/* Whether there are unmapped names; then REPORT says so. */
bool import_interfaces_missing(const struct import_interfaces *i, FILE *report);

#endif
