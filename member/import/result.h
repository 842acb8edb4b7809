/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The result of an import, read as gvpnd will read it: one run reports everything that gvpnd would complain of. */
#ifndef MEMBER_IMPORT_RESULT_H
#define MEMBER_IMPORT_RESULT_H

#include "member/import/checks.h"

struct import_result {
	char *text; /* "set" lines; changed in place */
	size_t len;
	bool unmapped; /* interfaces in it are the device's: that has been told, and what follows from it is not */
};

/*
 * Takes out the lines that gvpnd does not know, where the protected traffic stays the same without them.  Other lines
 * that gvpnd refuses stay: gvpnd then refuses the whole configuration, and does not take a rule for a wider one.  0:
 * gvpnd accepts the text, and no line was taken out; 1: something is missing, and REPORT says what.  -ENOMEM.
 */
GVPN_MUST_CHECK int import_result_check(struct import_result *result, FILE *report,
					const struct import_addresses *addresses);

#endif
