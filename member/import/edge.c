/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/import/edge.h"

#include <stdlib.h>

static const char set[] = "set ", deactivate[] = "set deactivate ";

static bool starts(const char *p, size_t len, const char *word)
{
	return len >= strlen(word) && memcmp(p, word, strlen(word)) == 0;
}

/* Of a line as the terminal had it: "set" stands before "deactivate" by import_text.c. */
static size_t width(const char *p, size_t len)
{
	return starts(p, len, deactivate) ? len - strlen(set) : len;
}

static size_t widest(const char *text, size_t len, size_t *lines)
{
	const char *p = text, *end = text + len;
	size_t most = 0;

	for (*lines = 0; p < end; *lines += 1) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t w = width(p, (size_t)((eol ? eol : end) - p));

		most = w > most ? w : most;
		p = eol ? eol + 1 : end;
	}
	return most;
}

int import_edge_find(struct import_edge *ret, const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	size_t lines, most = widest(text, len, &lines);

	*ret = (struct import_edge){ 0 };
	if (most != 80 && most != 132)
		return 0;
	ret->at = calloc(lines + 1, sizeof(*ret->at));
	if (!ret->at)
		return -ENOMEM;
	ret->n = lines + 1;
	for (size_t i = 1; p < end; i++) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((eol ? eol : end) - p);

		ret->at[i] = starts(p, n, set) && width(p, n) == most;
		p = eol ? eol + 1 : end;
	}
	return 0;
}

bool import_edge_cuts(const struct import_edge *e, const struct junos_word *last)
{
	return last->line < e->n && e->at[last->line];
}

void import_edge_free(struct import_edge *e)
{
	free(e->at);
	*e = (struct import_edge){ 0 };
}
