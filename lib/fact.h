/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The arguments of a fact.  A fact is an id of its owner's enum, and arguments.  Rooms hand facts to each other and
 * decide by the id; the owner's table has the words, and whoever writes a line for a reader makes them, last of all.
 *
 * Words are printf formats of %s, %d, %u, %zu and %x, the latter with a width.  An owner checks its calls with
 * FACT_CHECK, so that the compiler compares the arguments of each with the words of the id.
 */
#ifndef LIB_FACT_H
#define LIB_FACT_H

#include "lib/base.h"

#include <stdarg.h>

#define FACT_ARGS_MAX 6
#define FACT_TEXT_MAX 320 /* of all text arguments with their zeros; what is longer is cut */

struct fact {
	uint64_t number[FACT_ARGS_MAX]; /* of a text: where it begins in TEXT */
	uint8_t n;
	uint16_t text_len;
	char text[FACT_TEXT_MAX]; /* peers' among it: printable ASCII */
};

/* Copies the arguments that WORDS name.  A character of a text that is not printable ASCII becomes '?'. */
void fact_take(struct fact *ret, const char *words, va_list ap);
/* WORDS with the arguments, at most SIZE - 1 octets of it; gives RET. */
const char *fact_format(const struct fact *f, const char *words, char *ret, size_t size);
bool fact_equal(const struct fact *a, const struct fact *b);

/* Never run: the compiler looks at it. */
__attribute__((format(printf, 1, 2))) static inline void fact_check(const char *words, ...)
{
	(void)words;
}
#define FACT_CHECK(...) (0 ? fact_check(__VA_ARGS__) : (void)0)

#endif
