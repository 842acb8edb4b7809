/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text behind prompts: commands that set something, and the output of a device's "show" commands. */
#include "member/import/text_private.h"

#include <ctype.h>
#include <stdio.h>

/* The place at which the next line begins with a prompt or "[edit". */
static const char *next_marked_line(const char *p, const char *end)
{
	while (p < end) {
		const char *eol;

		if (text_begins(p, end, "[edit") || text_is_prompt(p, end))
			return p;
		eol = memchr(p, '\n', (size_t)(end - p));
		if (text_is_terminal(text_trim(p, eol ? eol : end)))
			for (const char *q = p; q < (eol ? eol : end); q++)
				if (text_begins(q, end, "[edit"))
					return q;
		p = eol ? eol + 1 : end;
	}
	return end;
}

/* Whether the word at P, before END, is WORD or begins it with LEAST letters or more. */
static bool abbreviates_word(const char *p, const char *end, const char *word, size_t least, const char **after)
{
	size_t n = 0;

	while (p + n < end && !isspace((unsigned char)p[n]))
		n++;
	if (n < least || n > strlen(word) || memcmp(p, word, n) != 0)
		return false;
	for (p += n; p < end && isspace((unsigned char)*p);)
		p++;
	*after = p;
	return true;
}

/*
 * The words of "show configuration security | no-more" that name a hierarchy; false: the command shows something else.
 */
static bool shows_configuration(struct text_span command, bool operational, struct text_span *ret)
{
	const char *end = command.at + command.len, *bar = memchr(command.at, '|', command.len), *p = command.at;

	if (bar)
		end = bar;
	if (!operational && abbreviates_word(p, end, "run", 3, &p))
		operational = true;
	/* A difference is no configuration, and a number of lines is none. */
	if (memmem(end, (size_t)(command.at + command.len - end), "compare", strlen("compare")) ||
	    memmem(end, (size_t)(command.at + command.len - end), "count", strlen("count")))
		return false;
	if (!abbreviates_word(p, end, "show", 2, &p) ||
	    (operational && !abbreviates_word(p, end, "configuration", 2, &p)))
		return false;
	*ret = text_trim(p, end);
	return true;
}

/* "| no-more | display set": whether each shows the whole. */
static bool shows_all(struct text_span command)
{
	static const char *const whole[] = { "no-more", "display set", "display inheritance", "display detail",
					     "hold" };
	const char *end = command.at + command.len, *bar = memchr(command.at, '|', command.len);

	while (bar) {
		const char *next = memchr(bar + 1, '|', (size_t)(end - bar - 1));
		struct text_span filter = text_trim(bar + 1, next ? next : end);
		bool is_whole = false;

		for (size_t i = 0; i < ARRAY_SIZE(whole); i++)
			is_whole |= text_begins(filter.at, filter.at + filter.len, whole[i]);
		if (!is_whole || memmem(filter.at, filter.len, " relative", strlen(" relative")))
			return false;
		bar = next;
	}
	return true;
}

/* The output of "show": set lines have the whole hierarchy, statements in braces stand below it. */
static void put_shown(struct text_writer *w, const char *p, const char *end, struct text_span hierarchy,
		      struct text_span below)
{
	bool whole = hierarchy.len + below.len == 0;

	for (const char *at = p; at < end && !whole; at++)
		if ((at == p || at[-1] == '\n') &&
		    (text_begins(at, end, "set ") || text_begins(at, end, "deactivate ")))
			whole = true;
	if (!text_is_configuration(p, end)) {
		if (text_trim(p, end).len > 0)
			import_doubt(w->doubts, text_line_of(w, text_trim(p, end).at),
				     "what the device answered here is no configuration");
		return;
	}
	if (!whole)
		fprintf(w->out, "%.*s %.*s {\n", (int)hierarchy.len, hierarchy.at, (int)below.len, below.at);
	text_put_lines(w, p, end);
	fprintf(w->out, whole ? "\n" : "\n}\n");
}

/* "set ..." and the like under the hierarchy; false: it is something else. */
static bool put_command(struct text_writer *w, struct text_span line)
{
	const char *verb = text_command_verb(line);
	size_t n = verb ? strlen(verb) : strlen("set");
	struct text_span rest;

	if (!verb &&
	    (line.len <= n || !text_begins(line.at, line.at + line.len, "set") || !isspace((unsigned char)line.at[n])))
		return false;
	rest = text_trim(line.at + n, line.at + line.len);
	if (w->moved)
		import_doubt(w->doubts, text_line_of(w, line.at),
			     "no line '[edit ...]' says at which hierarchy this command stood");
	if (text_is_open(w, line.at + line.len))
		text_doubt_open(w, line.at + line.len);
	fprintf(w->out, "set %s%s%.*s %.*s\n", verb ? verb : "", verb ? " " : "", (int)w->hierarchy.len,
		w->hierarchy.at, (int)rest.len, rest.at);
	return true;
}

/* Commands of the configuration mode that change no statement. */
static bool is_harmless(struct text_span line, bool *moves)
{
	static const struct {
		const char *word;
		bool moves, alone;
	} commands[] = {
		{ "commit", false, false },  { "exit", true, false },       { "quit", true, false },
		{ "up", true, false },       { "top", true, true },         { "edit", true, false },
		{ "show", false, false },    { "run", false, false },       { "status", false, true },
		{ "help", false, false },    { "save", false, false },      { "annotate", false, false },
		{ "protect", false, false }, { "unprotect", false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		size_t n = strlen(commands[i].word);

		if (!text_begins(line.at, line.at + line.len, commands[i].word) ||
		    (line.len > n && (commands[i].alone || !isspace((unsigned char)line.at[n]))))
			continue;
		*moves = commands[i].moves;
		return true;
	}
	return line.len == 0;
}

/* A command's answer: none, or it was refused, or its line was broken by the terminal. */
static void check_answer(struct text_writer *w, const char *p, const char *end)
{
	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		struct text_span line = text_trim(p, eol ? eol : end);

		if (line.len > 0 && !text_is_terminal(line)) {
			import_doubt(w->doubts, text_line_of(w, line.at),
				     "this line follows a command: the terminal may have broken the command's line, "
				     "or the device refused it");
			return;
		}
		p = eol ? eol + 1 : end;
	}
}

static void take_command(struct text_writer *w, struct text_span line, const char *answer, const char *stop)
{
	bool moves = false;

	if (put_command(w, line)) {
		if (answer < stop)
			check_answer(w, answer, stop);
	} else if (is_harmless(line, &moves)) {
		w->moved |= moves;
	} else {
		import_doubt(w->doubts, text_line_of(w, line.at),
			     "a command whose effect is not followed: export the configuration as it is committed");
	}
}

static void check_host(struct text_writer *w, const char *prompt_at, const char *mark)
{
	const char *at = memchr(prompt_at, '@', (size_t)(mark - prompt_at));
	struct text_span host = { at, (size_t)(mark - at) };

	if (!w->host.at)
		w->host = host;
	if (host.len == w->host.len && memcmp(host.at, w->host.at, host.len) == 0)
		return;
	import_doubt(w->doubts, text_line_of(w, prompt_at), "the prompt is another device's than before");
	w->host = host;
}

const char *text_put_prompted(struct text_writer *w, const char *p)
{
	const char *mark = p, *end = w->end, *stop = text_next_mark(p + 1, end), *eol;
	struct text_span line, below;

	while (*mark != '#' && *mark != '>') /* a prompt has one of them */
		mark++;
	check_host(w, p, mark);
	eol = memchr(mark, '\n', (size_t)(end - mark));
	line = text_trim(mark + 1, eol && eol < stop ? eol : stop);
	if (shows_configuration(line, *mark == '>', &below) && eol) {
		bool from_top = *mark == '>' || text_begins(line.at, line.at + line.len, "run ");

		if (!shows_all(line))
			import_doubt(w->doubts, text_line_of(w, line.at),
				     "the command shows a part: export with '| no-more' or '| display set' alone");
		if (w->moved && !from_top)
			import_doubt(w->doubts, text_line_of(w, line.at),
				     "no line '[edit ...]' says at which hierarchy this command stood");
		stop = next_marked_line(eol + 1, end);
		put_shown(w, eol + 1, stop, from_top ? (struct text_span){ "", 0 } : w->hierarchy, below);
	} else if (line.len == 0) {
		text_doubt_part(
			w, mark + 1, stop,
			"behind a prompt without a command stands a part of a configuration: the command is lost");
	} else if (*mark == '#') {
		take_command(w, line, eol && eol < stop ? eol : stop, stop);
	}
	return stop;
}
