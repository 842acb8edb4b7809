/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Places of the text that an import read without being sure: each is told, and with any of them the result is not
 * complete.
 */
#ifndef MEMBER_IMPORT_DOUBTS_H
#define MEMBER_IMPORT_DOUBTS_H

#include "lib/gvpn.h"

#include <stdio.h>

struct import_doubts {
	FILE *report;
	const char *name; /* of the text, for messages */
	size_t n;
};

/* LINE counts from 1.  Of very many doubts the first are told; the others are counted. */
__attribute__((format(printf, 3, 4))) void import_doubt(struct import_doubts *d, size_t line, const char *fmt, ...);
/* Says how many were not told. */
void import_doubts_tell(const struct import_doubts *d);

#endif
