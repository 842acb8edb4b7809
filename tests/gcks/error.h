/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why something cannot be done, in the words that the operator sees: one sentence that says what to do about it. */
#ifndef GCKS_ERROR_H
#define GCKS_ERROR_H

struct gcks_error {
	char text[256];
};

__attribute__((format(printf, 2, 3))) void gcks_error_set(struct gcks_error *err, const char *format, ...);
/* The same; returns R, a negative errno. */
__attribute__((format(printf, 3, 4))) int gcks_fail(struct gcks_error *err, int r, const char *format, ...);

#endif
