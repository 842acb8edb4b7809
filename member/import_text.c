/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/import_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

struct span {
	const char *at;
	size_t len;
};

static bool starts(const char *p, const char *end, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(end - p) >= n && memcmp(p, word, n) == 0;
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '.';
}

/* Whether a prompt "user@host# " or "user@host> " stands at P. */
static bool prompt(const char *p, const char *end)
{
	const char *q = p;

	while (q < end && is_name(*q))
		q++;
	if (q == p || q == end || *q++ != '@')
		return false;
	for (p = q; q < end && is_name(*q);)
		q++;
	return q != p && q < end && (*q == '#' || *q == '>');
}

/* Where the next prompt or "[edit" begins, at P or later; END when there is none. */
static const char *next_mark(const char *p, const char *end)
{
	for (; p < end; p++) {
		if (starts(p, end, "[edit"))
			return p;
		/* A prompt follows a line's end, a bracket, or, run together, the word before: its user's name is then
		 * "user". */
		if ((*p == '\n' || *p == ']') && p + 1 < end && prompt(p + 1, end))
			return p + 1;
		if (starts(p, end, "user@") && prompt(p, end))
			return p;
	}
	return end;
}

static struct span trim(const char *from, const char *to)
{
	while (from < to && isspace((unsigned char)*from))
		from++;
	while (to > from && isspace((unsigned char)to[-1]))
		to--;
	return (struct span){ from, (size_t)(to - from) };
}

/* "user@host# set ..." under HIERARCHY. */
static void put_command(FILE *out, const char *p, const char *end, struct span hierarchy)
{
	static const char *const verbs[] = { "set", "deactivate", "delete" };
	const char *mark = memchr(p, '#', (size_t)(end - p)), *eol;
	struct span line;

	if (!mark)
		return; /* an operational command */
	eol = memchr(mark, '\n', (size_t)(end - mark));
	line = trim(mark + 1, eol ? eol : end);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		size_t n = strlen(verbs[i]);

		if (line.len <= n || !starts(line.at, line.at + line.len, verbs[i]) ||
		    !isspace((unsigned char)line.at[n]))
			continue;
		struct span rest = trim(line.at + n, line.at + line.len);
		fprintf(out, "set %s%s%.*s %.*s\n", i > 0 ? verbs[i] : "", i > 0 ? " " : "", (int)hierarchy.len,
			hierarchy.at, (int)rest.len, rest.at);
	}
}

/* With prompts, from a mark on: only what stands behind them counts, the rest is prose. */
static void put_marked(FILE *out, const char *p, const char *end)
{
	struct span hierarchy = { "", 0 };

	for (const char *stop; p < end; p = stop) {
		stop = next_mark(p + 1, end);

		if (starts(p, end, "[edit")) {
			const char *close = memchr(p, ']', (size_t)(stop - p));

			/* A bracket that is missing ends with the line, or where the first command begins. */
			if (!close)
				close = memchr(p, '\n', (size_t)(stop - p));
			hierarchy = trim(p + strlen("[edit"), close ? close : stop);
		} else {
			put_command(out, p, stop, hierarchy);
		}
	}
}

/* Whole lines: those that take something back become statements, which the reader of the result knows. */
static void put_lines(FILE *out, const char *p, const char *end)
{
	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		const char *stop = eol ? eol + 1 : end;
		struct span line = trim(p, stop);

		if (starts(line.at, line.at + line.len, "deactivate ") ||
		    starts(line.at, line.at + line.len, "delete "))
			fprintf(out, "set ");
		fwrite(p, 1, (size_t)(stop - p), out);
		p = stop;
	}
}

static bool has_commands(const char *p, const char *end)
{
	for (p = next_mark(p, end); p < end; p = next_mark(p + 1, end))
		if (!starts(p, end, "[edit"))
			return true;
	return false;
}

int import_text_plain(char **ret, size_t *ret_len, const char *text, size_t len)
{
	FILE *out = open_memstream(ret, ret_len);
	const char *end = text + len;

	if (!out)
		return -ENOMEM;
	/* A prompt may stand at the very beginning. */
	if (prompt(text, end))
		put_marked(out, text, end);
	else if (has_commands(text, end))
		put_marked(out, next_mark(text, end), end);
	else
		put_lines(out, text, end);
	if (fclose(out) != 0) {
		free(*ret);
		return -ENOMEM;
	}
	return 0;
}
