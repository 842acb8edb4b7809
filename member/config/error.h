/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fault of a configuration: its kind, its place, and the words for the user. */
#ifndef MEMBER_CONFIG_ERROR_H
#define MEMBER_CONFIG_ERROR_H

#include "lib/gvpn.h"

#include <stdarg.h>

enum config_fault {
	CONFIG_FAULT_NONE,
	CONFIG_FAULT_FILE,      /* a file cannot be read; has no place in a text */
	CONFIG_FAULT_GRAMMAR,   /* the text is not of the grammar */
	CONFIG_FAULT_UNKNOWN,   /* a statement that there is not */
	CONFIG_FAULT_REFUSED,   /* a statement that there is on a device, and cannot be honoured */
	CONFIG_FAULT_VALUE,     /* a word that is no value of its statement */
	CONFIG_FAULT_INTERFACE, /* the same, of the name of a Linux interface */
	CONFIG_FAULT_LACKING,   /* a statement that must stand does not, or has no value */
	CONFIG_FAULT_SENSE,     /* words and statements that do not go together */
};

struct config_error {
	/* "FILE:LINE:COLUMN: STATEMENT: what is wrong; what was expected", as the user sees it */
	char text[512];
	size_t statement_at; /* where in TEXT the statement begins, behind the place */
	enum config_fault fault;
	uint32_t line, column; /* of the word at fault, from 1; 0: of no word */
	bool repeats_word;     /* TEXT has the word at fault, whole and in quotes */
};

/*
 * Makes the words.  STATEMENT is the path of the statement, "" for none, NULL where statements are not known yet.  The
 * caller sets the rest of ERR: the place goes in, the text comes out.
 */
__attribute__((format(printf, 4, 0))) void config_error_words(struct config_error *err, const char *file,
							      const char *statement, const char *fmt, va_list ap);

#endif
