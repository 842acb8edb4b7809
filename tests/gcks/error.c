/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/error.h"

#include <stdarg.h>
#include <stdio.h>

void gcks_error_set(struct gcks_error *err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(err->text, sizeof(err->text), format, ap);
	va_end(ap);
}

int gcks_fail(struct gcks_error *err, int r, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	return r;
}
