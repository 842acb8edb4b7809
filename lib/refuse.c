/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/refuse.h"

#include <stdarg.h>
#include <stdio.h>

int refuse(int r, char err[static 256], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, 256, fmt, ap);
	va_end(ap);
	return r;
}

int refuse_memory(char err[static 256])
{
	return refuse(-ENOMEM, err, "out of memory");
}
