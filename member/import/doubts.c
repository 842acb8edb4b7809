/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/import/doubts.h"

#include "lib/printable.h"

#include <stdarg.h>

#define TOLD_MAX 20

void import_doubt(struct import_doubts *d, size_t line, const char *fmt, ...)
{
	va_list ap;

	if (d->n++ >= TOLD_MAX)
		return;
	fputs("incomplete: ", d->report);
	printable_put(d->report, d->name);
	fprintf(d->report, ":%zu: ", line);
	va_start(ap, fmt);
	vfprintf(d->report, fmt, ap);
	va_end(ap);
	fputc('\n', d->report);
}

void import_doubts_tell(const struct import_doubts *d)
{
	if (d->n > TOLD_MAX)
		fprintf(d->report, "incomplete: %zu more lines are in doubt as those above are\n", d->n - TOLD_MAX);
}
