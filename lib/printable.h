/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text of others on an operator's terminal: what would command the terminal, or show the text as another than it is.
 */
#ifndef LIB_PRINTABLE_H
#define LIB_PRINTABLE_H

#include "lib/base.h"
#include <stdio.h>

/*
 * How many octets at TEXT are not to be printed as they are, 0: the character is printable.  Not printable are the
 * control characters C0, DEL and C1, the latter as UTF-8 and as a single octet carries it; what is no UTF-8; ends of
 * lines (U+2028, U+2029); and what changes the direction of writing (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066
 * to U+2069).  *NEXT (may be NULL): the octets of the character, printable or not, at least 1.
 */
size_t printable_bad(const char *text, size_t *next);
/* TEXT with '?' for each octet that is not printable. */
void printable_put(FILE *out, const char *text);
/* The same of several lines of LEN octets: their ends stay. */
void printable_put_lines(FILE *out, const char *text, size_t len);

#endif
