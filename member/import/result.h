/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The result of an import as gvpnd will read it: all that it would complain of is told in one run. */
#ifndef MEMBER_IMPORT_RESULT_H
#define MEMBER_IMPORT_RESULT_H

#include "member/import/checks.h"

struct import_result {
	char *text; /* "set" lines; changed in place */
	size_t len;
	bool unmapped; /* interfaces in it are the device's: that has been told, and what follows from it is not */
};

/*
 * Takes out the lines that gvpnd does not know and that can go without changing what is protected.  Others that it
 * refuses stay, so that it refuses the whole rather than taking a rule for a wider one.  0: it accepts what is left as
 * it was; 1: something is missing, and REPORT says what.  -ENOMEM.
 */
GVPN_MUST_CHECK int import_result_check(struct import_result *result, FILE *report,
					const struct import_addresses *addresses);

#endif
