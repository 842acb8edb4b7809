/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/config/error.h"

#include <stdio.h>

/* So many octets of the file's name are shown; the path of a statement needs room too. */
#define NAME_ALONE_MAX 160
#define NAME_MAX_BESIDE_STATEMENT 120

void config_error_words(struct config_error *err, const char *file, const char *statement, const char *fmt, va_list ap)
{
	char what[400];
	int n = snprintf(err->text, sizeof(err->text),
			 "%.*s:%u:%u: ", statement ? NAME_MAX_BESIDE_STATEMENT : NAME_ALONE_MAX, file, err->line,
			 err->column);

	vsnprintf(what, sizeof(what), fmt, ap);
	err->statement_at = (size_t)n;
	n += snprintf(err->text + n, sizeof(err->text) - (size_t)n, "%s%s%s", statement ? statement : "",
		      statement && statement[0] ? ": " : "", what);
	if ((size_t)n >= sizeof(err->text))
		strcpy(err->text + sizeof(err->text) - 4, "...");
}
