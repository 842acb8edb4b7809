/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/import/text_private.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

bool text_begins(const char *p, const char *end, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(end - p) >= n && memcmp(p, word, n) == 0;
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '.';
}

bool text_is_prompt(const char *p, const char *end)
{
	const char *q = p;

	while (q < end && is_name(*q))
		q++;
	if (q == p || q == end || *q++ != '@')
		return false;
	for (p = q; q < end && is_name(*q);)
		q++;
	if (q == p)
		return false;
	if (q < end && *q == ':') /* the logical system's or tenant's name */
		for (q++; q < end && is_name(*q);)
			q++;
	return q < end && (*q == '#' || *q == '>') && q[-1] != ':';
}

/* Whether a prompt with a command stands at P, within a line: an address of mail looks alike. */
static bool prompt_within(const char *p, const char *end)
{
	if (!text_begins(p, end, "user@") || !text_is_prompt(p, end))
		return false;
	while (*p != '#' && *p != '>')
		p++;
	return p + 2 < end && p[1] == ' ' && isalpha((unsigned char)p[2]);
}

size_t text_line_of(const struct text_writer *w, const char *p)
{
	size_t line = 1;

	for (const char *q = w->text; q < p && (q = memchr(q, '\n', (size_t)(p - q))); q++)
		line++;
	return line;
}

const char *text_next_mark(const char *p, const char *end)
{
	for (; p < end; p++) {
		if (text_begins(p, end, "[edit"))
			return p;
		/* A prompt follows a line's end, a bracket, or, run together, the word before: its user's name is then
		 * "user". */
		if ((*p == '\n' || *p == ']') && p + 1 < end && text_is_prompt(p + 1, end))
			return p + 1;
		if (prompt_within(p, end))
			return p;
	}
	return end;
}

struct text_span text_trim(const char *from, const char *to)
{
	if (to < from) /* a prompt at the very end of a line */
		to = from;
	while (from < to && isspace((unsigned char)*from))
		from++;
	while (to > from && isspace((unsigned char)to[-1]))
		to--;
	return (struct text_span){ from, (size_t)(to - from) };
}

/* --- plain configuration --- */

/* Such lines become statements, which the importer knows. */
const char *text_command_verb(struct text_span line)
{
	static const char *const verbs[] = { "deactivate", "delete", "activate", "rename",
					     "replace",    "copy",   "insert",   "wildcard" };

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		size_t n = strlen(verbs[i]);

		if (line.len > n && text_begins(line.at, line.at + line.len, verbs[i]) &&
		    isspace((unsigned char)line.at[n]))
			return verbs[i];
	}
	return NULL;
}

bool text_is_terminal(struct text_span line)
{
	const char *end = line.at + line.len, *p = line.at;

	if (p == end || *p++ != '{')
		return false;
	while (p < end && (is_name(*p) || *p == ':'))
		p++;
	return p > line.at + 1 && p < end && *p == '}' && (p + 1 == end || p[1] == '[');
}

/* A command, and not a statement in braces that begins with the same word. */
static bool is_command(struct text_span line, const char *verb)
{
	return verb && !strchr("{};", line.at[line.len - 1]);
}

bool text_is_open(const struct text_writer *w, const char *end)
{
	if (end > w->text && end[-1] == '\n')
		return false;
	while (end < w->end && (*end == ' ' || *end == '\t'))
		end++;
	return end == w->end;
}

void text_doubt_open(const struct text_writer *w, const char *end)
{
	import_doubt(w->doubts, text_line_of(w, end),
		     "the text ends within this line, which may be cut off; end it with a new line if it is whole");
}

void text_put_lines(const struct text_writer *w, const char *p, const char *end)
{
	FILE *out = w->out;

	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		const char *stop = eol ? eol + 1 : end;
		struct text_span line = text_trim(p, stop);

		if (text_is_terminal(line) ||
		    (text_begins(line.at, line.at + line.len, "protect ") && is_command(line, "protect"))) {
			fputc('\n', out);
		} else {
			bool command = is_command(line, text_command_verb(line));

			if ((command || text_begins(line.at, line.at + line.len, "set ")) && text_is_open(w, stop))
				text_doubt_open(w, stop);
			if (command)
				fprintf(out, "set ");
			fwrite(p, 1, (size_t)(stop - p), out);
		}
		p = stop;
	}
}

bool text_is_configuration(const char *p, const char *end)
{
	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		struct text_span line = text_trim(p, eol ? eol : end);

		p = eol ? eol + 1 : end;
		if (line.len == 0 || text_is_terminal(line))
			continue;
		return strchr("{};", line.at[line.len - 1]) || text_begins(line.at, line.at + line.len, "set ") ||
		       line.at[0] == '#' || text_begins(line.at, line.at + line.len, "/*") || text_command_verb(line);
	}
	return false;
}

void text_doubt_part(const struct text_writer *w, const char *p, const char *end, const char *why)
{
	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		struct text_span line = text_trim(p, eol ? eol : end);

		if (line.len > 0 && !text_is_terminal(line) &&
		    (strchr("{};", line.at[line.len - 1]) || text_begins(line.at, line.at + line.len, "set ") ||
		     text_command_verb(line))) {
			import_doubt(w->doubts, text_line_of(w, line.at), "%s", why);
			return;
		}
		p = eol ? eol + 1 : end;
	}
}

/* A text with prompts, from a mark on: only the text behind prompts counts, the rest is prose. */
static void put_marked(struct text_writer *w, const char *p)
{
	while (p < w->end) {
		const char *stop = text_next_mark(p + 1, w->end), *close;

		if (!text_begins(p, w->end, "[edit")) {
			p = text_put_prompted(w, p);
			continue;
		}
		/* A bracket that is missing ends with the line, or where the first command begins. */
		close = memchr(p, ']', (size_t)(stop - p));
		if (!close)
			close = memchr(p, '\n', (size_t)(stop - p));
		if (text_is_open(w, stop))
			text_doubt_open(w, stop);
		w->hierarchy = text_trim(p + strlen("[edit"), close ? close : stop);
		w->moved = false;
		p = stop;
	}
}

/* The text before the first prompt: configuration, or prose without a line of configuration. */
static void put_first(struct text_writer *w, const char *stop)
{
	if (text_is_configuration(w->text, stop))
		text_put_lines(w, w->text, stop);
	else
		text_doubt_part(w, w->text, stop,
				"before the first prompt stands a part of a configuration, without its beginning");
}

static bool has_commands(const char *p, const char *end)
{
	for (p = text_next_mark(p, end); p < end; p = text_next_mark(p + 1, end))
		if (!text_begins(p, end, "[edit"))
			return true;
	return false;
}

int import_text_plain(char **ret, size_t *ret_len, const char *text, size_t len, struct import_doubts *doubts)
{
	const char *end = text + len;
	struct text_writer w = { .out = open_memstream(ret, ret_len), .text = text, .end = end, .doubts = doubts };

	if (!w.out)
		return -ENOMEM;
	w.hierarchy = (struct text_span){ "", 0 };
	/* A prompt may stand at the very beginning. */
	if (text_is_prompt(text, end)) {
		put_marked(&w, text);
	} else if (has_commands(text, end)) {
		const char *mark = text_next_mark(text, end);

		put_first(&w, mark);
		put_marked(&w, mark);
	} else {
		text_put_lines(&w, text, end);
	}
	if (fclose(w.out) != 0) {
		free(*ret);
		return -ENOMEM;
	}
	return 0;
}
