/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of the two configurations share: a good file, spoilt in one place, must give its error at the right
 * line and column with the right words, and the same file as set lines must mean the same.
 */
#ifndef TESTS_UNIT_SUPPORT_CONFIG_CASES_H
#define TESTS_UNIT_SUPPORT_CONFIG_CASES_H

#include <stdbool.h>
#include <stddef.h>

#define CONFIG_SAYS_MAX 4

/*
 * FIND, which stands once in the good file, becomes REPLACE (FIND NULL: REPLACE is the whole file).  The error is
 * expected at the '~' in REPLACE, which is taken out, or else where AT begins, which stands once in the result.
 */
struct config_case {
	const char *find, *replace, *at;
	const char *says[CONFIG_SAYS_MAX];
};

/* The loader under test: 0, or negative with the error's text in ERR; nothing is kept. */
typedef int (*config_load_fn)(const char *name, const char *text, size_t len, char err[static 512]);

char *config_file(const char *path); /* its text; the caller frees it */

void config_case_check(const struct config_case *c, const char *good, config_load_fn load);

/*
 * Every statement of GOOD that takes values, in turn misspelt, doubled, and without its values.  MULTIPLE names those
 * that may stand several times ("BLOCK/STATEMENT": those in such a block), NULL at its end.  Returns how many spoilt
 * files were tried.
 */
size_t config_spoil_leaves(const char *good, const char *const *multiple, config_load_fn load);

/*
 * TEXT as set lines only; the caller frees it.  Statements in braces become one line each.
 */
char *config_as_set_lines(const char *text);

/* COUNT times GOOD with octets changed, left out, doubled and cut off, from SEED: it loads or is refused with a place.
 */
void config_mutate(const char *good, unsigned seed, unsigned count, config_load_fn load);

#endif
