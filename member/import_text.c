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
	if (to < from) /* a prompt at the very end of a line */
		to = from;
	while (from < to && isspace((unsigned char)*from))
		from++;
	while (to > from && isspace((unsigned char)to[-1]))
		to--;
	return (struct span){ from, (size_t)(to - from) };
}

/* --- plain configuration --- */

/* What changes the configuration otherwise than "set": such lines become statements, which the importer knows. */
static const char *command_verb(struct span line)
{
	static const char *const verbs[] = { "deactivate", "delete", "activate", "rename",
					     "replace",    "copy",   "insert",   "wildcard" };

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		size_t n = strlen(verbs[i]);

		if (line.len > n && starts(line.at, line.at + line.len, verbs[i]) && isspace((unsigned char)line.at[n]))
			return verbs[i];
	}
	return NULL;
}

/* What the terminal adds: the pager's mark, and in a cluster the node's state, "{primary:node0}". */
static bool is_terminal(struct span line)
{
	const char *end = line.at + line.len, *p = line.at;

	if (starts(p, end, "---(more"))
		return true;
	if (p == end || *p++ != '{')
		return false;
	while (p < end && (is_name(*p) || *p == ':'))
		p++;
	return p > line.at + 1 && p < end && *p == '}';
}

static void put_lines(FILE *out, const char *p, const char *end)
{
	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		const char *stop = eol ? eol + 1 : end;
		struct span line = trim(p, stop);

		if (is_terminal(line) || starts(line.at, line.at + line.len, "protect ")) {
			fputc('\n', out);
		} else {
			if (command_verb(line))
				fprintf(out, "set ");
			fwrite(p, 1, (size_t)(stop - p), out);
		}
		p = stop;
	}
}

/* Whether this is configuration and not prose, by its first line. */
static bool is_configuration(const char *p, const char *end)
{
	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		struct span line = trim(p, eol ? eol : end);

		p = eol ? eol + 1 : end;
		if (line.len == 0 || is_terminal(line))
			continue;
		return strchr("{};", line.at[line.len - 1]) || starts(line.at, line.at + line.len, "set ") ||
		       line.at[0] == '#' || command_verb(line);
	}
	return false;
}

/* --- what stands behind prompts --- */

/* Where the next line begins with a prompt or "[edit". */
static const char *next_marked_line(const char *p, const char *end)
{
	while (p < end) {
		const char *eol;

		if (starts(p, end, "[edit") || prompt(p, end))
			return p;
		eol = memchr(p, '\n', (size_t)(end - p));
		if (is_terminal(trim(p, eol ? eol : end)))
			for (const char *q = p; q < (eol ? eol : end); q++)
				if (starts(q, end, "[edit"))
					return q;
		p = eol ? eol + 1 : end;
	}
	return end;
}

/* Of "show configuration security | no-more" the words that name a hierarchy; false: it shows something else. */
static bool shows_configuration(struct span command, bool operational, struct span *ret)
{
	const char *end = command.at + command.len, *bar = memchr(command.at, '|', command.len), *p = command.at;

	if (bar)
		end = bar;
	if (!starts(p, end, "show") || (p + 4 < end && !isspace((unsigned char)p[4])))
		return false;
	*ret = trim(p + 4, end);
	if (!operational)
		return true;
	for (p = ret->at; p < end && !isspace((unsigned char)*p);)
		p++;
	/* It may be abbreviated: "sh conf" is not taken, "show conf" is. */
	if (p - ret->at < 4 || strncmp(ret->at, "configuration", (size_t)(p - ret->at)) != 0)
		return false;
	*ret = trim(p, end);
	return true;
}

/* What "show" printed: set lines have the whole hierarchy, braces stand below it. */
static void put_shown(FILE *out, const char *p, const char *end, struct span hierarchy, struct span below)
{
	bool whole = hierarchy.len + below.len == 0;

	for (const char *at = p; at < end && !whole; at++)
		if ((at == p || at[-1] == '\n') && (starts(at, end, "set ") || starts(at, end, "deactivate ")))
			whole = true;
	if (!is_configuration(p, end))
		return;
	if (!whole)
		fprintf(out, "%.*s %.*s {\n", (int)hierarchy.len, hierarchy.at, (int)below.len, below.at);
	put_lines(out, p, end);
	fprintf(out, whole ? "\n" : "\n}\n");
}

/* "set ..." and the like under HIERARCHY. */
static void put_command(FILE *out, struct span line, struct span hierarchy)
{
	const char *verb = command_verb(line);
	size_t n = verb ? strlen(verb) : strlen("set");
	struct span rest;

	if (!verb &&
	    (line.len <= n || !starts(line.at, line.at + line.len, "set") || !isspace((unsigned char)line.at[n])))
		return;
	rest = trim(line.at + n, line.at + line.len);
	fprintf(out, "set %s%s%.*s %.*s\n", verb ? verb : "", verb ? " " : "", (int)hierarchy.len, hierarchy.at,
		(int)rest.len, rest.at);
}

/* At a prompt; where what belongs to it ends. */
static const char *put_prompted(FILE *out, const char *p, const char *end, struct span hierarchy)
{
	const char *mark = p, *stop = next_mark(p + 1, end), *eol;
	struct span line, below;

	while (*mark != '#' && *mark != '>') /* a prompt has one of them */
		mark++;
	eol = memchr(mark, '\n', (size_t)(end - mark));
	line = trim(mark + 1, eol && eol < stop ? eol : stop);
	if (shows_configuration(line, *mark == '>', &below) && eol) {
		stop = next_marked_line(eol + 1, end);
		put_shown(out, eol + 1, stop, *mark == '>' ? (struct span){ "", 0 } : hierarchy, below);
	} else if (*mark == '#') {
		put_command(out, line, hierarchy);
	}
	return stop;
}

/* With prompts, from a mark on: only what stands behind them counts, the rest is prose. */
static void put_marked(FILE *out, const char *p, const char *end)
{
	struct span hierarchy = { "", 0 };

	while (p < end) {
		const char *stop = next_mark(p + 1, end), *close;

		if (!starts(p, end, "[edit")) {
			p = put_prompted(out, p, end, hierarchy);
			continue;
		}
		/* A bracket that is missing ends with the line, or where the first command begins. */
		close = memchr(p, ']', (size_t)(stop - p));
		if (!close)
			close = memchr(p, '\n', (size_t)(stop - p));
		hierarchy = trim(p + strlen("[edit"), close ? close : stop);
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
	if (prompt(text, end)) {
		put_marked(out, text, end);
	} else if (has_commands(text, end)) {
		const char *mark = next_mark(text, end);

		if (is_configuration(text, mark))
			put_lines(out, text, mark);
		put_marked(out, mark, end);
	} else {
		put_lines(out, text, end);
	}
	if (fclose(out) != 0) {
		free(*ret);
		return -ENOMEM;
	}
	return 0;
}
