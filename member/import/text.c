/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/import/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

struct span {
	const char *at;
	size_t len;
};

struct writer {
	FILE *out;
	const char *text, *end; /* the whole, for the numbers of lines */
	struct import_doubts *doubts;
	struct span hierarchy; /* of the command line */
	bool moved;            /* by "edit", "up" and the like, and no "[edit ...]" has said where to */
	struct span host;      /* of the first prompt */
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
	if (!starts(p, end, "user@") || !prompt(p, end))
		return false;
	while (*p != '#' && *p != '>')
		p++;
	return p + 2 < end && p[1] == ' ' && isalpha((unsigned char)p[2]);
}

static size_t line_of(const struct writer *w, const char *p)
{
	size_t line = 1;

	for (const char *q = w->text; q < p && (q = memchr(q, '\n', (size_t)(p - q))); q++)
		line++;
	return line;
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
		if (prompt_within(p, end))
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

/* What the terminal adds in a cluster: the node's state, "{primary:node0}". */
static bool is_terminal(struct span line)
{
	const char *end = line.at + line.len, *p = line.at;

	if (p == end || *p++ != '{')
		return false;
	while (p < end && (is_name(*p) || *p == ':'))
		p++;
	return p > line.at + 1 && p < end && *p == '}' && (p + 1 == end || p[1] == '[');
}

/* A command, and not a statement in braces that begins with the same word. */
static bool is_command(struct span line, const char *verb)
{
	return verb && !strchr("{};", line.at[line.len - 1]);
}

/* The last line of the text, and nothing shows that it is whole. */
static bool is_open(const struct writer *w, const char *end)
{
	if (end > w->text && end[-1] == '\n')
		return false;
	while (end < w->end && (*end == ' ' || *end == '\t'))
		end++;
	return end == w->end;
}

static void doubt_open(const struct writer *w, const char *end)
{
	import_doubt(w->doubts, line_of(w, end),
		     "the text ends within this line, which may be cut off; end it with a new line if it is whole");
}

static void put_lines(const struct writer *w, const char *p, const char *end)
{
	FILE *out = w->out;

	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		const char *stop = eol ? eol + 1 : end;
		struct span line = trim(p, stop);

		if (is_terminal(line) ||
		    (starts(line.at, line.at + line.len, "protect ") && is_command(line, "protect"))) {
			fputc('\n', out);
		} else {
			bool command = is_command(line, command_verb(line));

			if ((command || starts(line.at, line.at + line.len, "set ")) && is_open(w, stop))
				doubt_open(w, stop);
			if (command)
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
		       line.at[0] == '#' || starts(line.at, line.at + line.len, "/*") || command_verb(line);
	}
	return false;
}

/* A line of a configuration among what is not taken. */
static void doubt_part(const struct writer *w, const char *p, const char *end, const char *why)
{
	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		struct span line = trim(p, eol ? eol : end);

		if (line.len > 0 && !is_terminal(line) &&
		    (strchr("{};", line.at[line.len - 1]) || starts(line.at, line.at + line.len, "set ") ||
		     command_verb(line))) {
			import_doubt(w->doubts, line_of(w, line.at), "%s", why);
			return;
		}
		p = eol ? eol + 1 : end;
	}
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

/* Whether the word at P, before END, is WORD or begins it with LEAST letters or more. */
static bool abbreviates(const char *p, const char *end, const char *word, size_t least, const char **after)
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

/* Of "show configuration security | no-more" the words that name a hierarchy; false: it shows something else. */
static bool shows_configuration(struct span command, bool operational, struct span *ret)
{
	const char *end = command.at + command.len, *bar = memchr(command.at, '|', command.len), *p = command.at;

	if (bar)
		end = bar;
	if (!operational && abbreviates(p, end, "run", 3, &p))
		operational = true;
	/* A difference is no configuration, and a number of lines is none. */
	if (memmem(end, (size_t)(command.at + command.len - end), "compare", strlen("compare")) ||
	    memmem(end, (size_t)(command.at + command.len - end), "count", strlen("count")))
		return false;
	if (!abbreviates(p, end, "show", 2, &p) || (operational && !abbreviates(p, end, "configuration", 2, &p)))
		return false;
	*ret = trim(p, end);
	return true;
}

/* "| no-more | display set": whether each shows the whole. */
static bool shows_all(struct span command)
{
	static const char *const whole[] = { "no-more", "display set", "display inheritance", "display detail",
					     "hold" };
	const char *end = command.at + command.len, *bar = memchr(command.at, '|', command.len);

	while (bar) {
		const char *next = memchr(bar + 1, '|', (size_t)(end - bar - 1));
		struct span filter = trim(bar + 1, next ? next : end);
		bool is_whole = false;

		for (size_t i = 0; i < ARRAY_SIZE(whole); i++)
			is_whole |= starts(filter.at, filter.at + filter.len, whole[i]);
		if (!is_whole || memmem(filter.at, filter.len, " relative", strlen(" relative")))
			return false;
		bar = next;
	}
	return true;
}

/* What "show" printed: set lines have the whole hierarchy, braces stand below it. */
static void put_shown(struct writer *w, const char *p, const char *end, struct span hierarchy, struct span below)
{
	bool whole = hierarchy.len + below.len == 0;

	for (const char *at = p; at < end && !whole; at++)
		if ((at == p || at[-1] == '\n') && (starts(at, end, "set ") || starts(at, end, "deactivate ")))
			whole = true;
	if (!is_configuration(p, end)) {
		if (trim(p, end).len > 0)
			import_doubt(w->doubts, line_of(w, trim(p, end).at),
				     "what the device answered here is no configuration");
		return;
	}
	if (!whole)
		fprintf(w->out, "%.*s %.*s {\n", (int)hierarchy.len, hierarchy.at, (int)below.len, below.at);
	put_lines(w, p, end);
	fprintf(w->out, whole ? "\n" : "\n}\n");
}

/* "set ..." and the like under the hierarchy; false: it is something else. */
static bool put_command(struct writer *w, struct span line)
{
	const char *verb = command_verb(line);
	size_t n = verb ? strlen(verb) : strlen("set");
	struct span rest;

	if (!verb &&
	    (line.len <= n || !starts(line.at, line.at + line.len, "set") || !isspace((unsigned char)line.at[n])))
		return false;
	rest = trim(line.at + n, line.at + line.len);
	if (w->moved)
		import_doubt(w->doubts, line_of(w, line.at),
			     "no line '[edit ...]' says at which hierarchy this command stood");
	if (is_open(w, line.at + line.len))
		doubt_open(w, line.at + line.len);
	fprintf(w->out, "set %s%s%.*s %.*s\n", verb ? verb : "", verb ? " " : "", (int)w->hierarchy.len,
		w->hierarchy.at, (int)rest.len, rest.at);
	return true;
}

/* Commands of the configuration mode that change no statement. */
static bool is_harmless(struct span line, bool *moves)
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

		if (!starts(line.at, line.at + line.len, commands[i].word) ||
		    (line.len > n && (commands[i].alone || !isspace((unsigned char)line.at[n]))))
			continue;
		*moves = commands[i].moves;
		return true;
	}
	return line.len == 0;
}

/* A command's answer: none, or it was refused, or its line was broken by the terminal. */
static void check_answer(struct writer *w, const char *p, const char *end)
{
	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		struct span line = trim(p, eol ? eol : end);

		if (line.len > 0 && !is_terminal(line)) {
			import_doubt(w->doubts, line_of(w, line.at),
				     "this line follows a command: the terminal may have broken the command's line, "
				     "or the device refused it");
			return;
		}
		p = eol ? eol + 1 : end;
	}
}

static void take_command(struct writer *w, struct span line, const char *answer, const char *stop)
{
	bool moves = false;

	if (put_command(w, line)) {
		if (answer < stop)
			check_answer(w, answer, stop);
	} else if (is_harmless(line, &moves)) {
		w->moved |= moves;
	} else {
		import_doubt(w->doubts, line_of(w, line.at),
			     "a command whose effect is not followed: export the configuration as it is committed");
	}
}

static void check_host(struct writer *w, const char *prompt_at, const char *mark)
{
	const char *at = memchr(prompt_at, '@', (size_t)(mark - prompt_at));
	struct span host = { at, (size_t)(mark - at) };

	if (!w->host.at)
		w->host = host;
	if (host.len == w->host.len && memcmp(host.at, w->host.at, host.len) == 0)
		return;
	import_doubt(w->doubts, line_of(w, prompt_at), "the prompt is another device's than before");
	w->host = host;
}

/* At a prompt; where what belongs to it ends. */
static const char *put_prompted(struct writer *w, const char *p)
{
	const char *mark = p, *end = w->end, *stop = next_mark(p + 1, end), *eol;
	struct span line, below;

	while (*mark != '#' && *mark != '>') /* a prompt has one of them */
		mark++;
	check_host(w, p, mark);
	eol = memchr(mark, '\n', (size_t)(end - mark));
	line = trim(mark + 1, eol && eol < stop ? eol : stop);
	if (shows_configuration(line, *mark == '>', &below) && eol) {
		bool from_top = *mark == '>' || starts(line.at, line.at + line.len, "run ");

		if (!shows_all(line))
			import_doubt(w->doubts, line_of(w, line.at),
				     "the command shows a part: export with '| no-more' or '| display set' alone");
		if (w->moved && !from_top)
			import_doubt(w->doubts, line_of(w, line.at),
				     "no line '[edit ...]' says at which hierarchy this command stood");
		stop = next_marked_line(eol + 1, end);
		put_shown(w, eol + 1, stop, from_top ? (struct span){ "", 0 } : w->hierarchy, below);
	} else if (line.len == 0) {
		doubt_part(w, mark + 1, stop,
			   "behind a prompt without a command stands a part of a configuration: the command is lost");
	} else if (*mark == '#') {
		take_command(w, line, eol && eol < stop ? eol : stop, stop);
	}
	return stop;
}

/* With prompts, from a mark on: only what stands behind them counts, the rest is prose. */
static void put_marked(struct writer *w, const char *p)
{
	while (p < w->end) {
		const char *stop = next_mark(p + 1, w->end), *close;

		if (!starts(p, w->end, "[edit")) {
			p = put_prompted(w, p);
			continue;
		}
		/* A bracket that is missing ends with the line, or where the first command begins. */
		close = memchr(p, ']', (size_t)(stop - p));
		if (!close)
			close = memchr(p, '\n', (size_t)(stop - p));
		if (is_open(w, stop))
			doubt_open(w, stop);
		w->hierarchy = trim(p + strlen("[edit"), close ? close : stop);
		w->moved = false;
		p = stop;
	}
}

/* What stands before the first prompt: configuration, or prose without a line of it. */
static void put_first(struct writer *w, const char *stop)
{
	if (is_configuration(w->text, stop))
		put_lines(w, w->text, stop);
	else
		doubt_part(w, w->text, stop,
			   "before the first prompt stands a part of a configuration, without its beginning");
}

static bool has_commands(const char *p, const char *end)
{
	for (p = next_mark(p, end); p < end; p = next_mark(p + 1, end))
		if (!starts(p, end, "[edit"))
			return true;
	return false;
}

int import_text_plain(char **ret, size_t *ret_len, const char *text, size_t len, struct import_doubts *doubts)
{
	const char *end = text + len;
	struct writer w = { .out = open_memstream(ret, ret_len), .text = text, .end = end, .doubts = doubts };

	if (!w.out)
		return -ENOMEM;
	w.hierarchy = (struct span){ "", 0 };
	/* A prompt may stand at the very beginning. */
	if (prompt(text, end)) {
		put_marked(&w, text);
	} else if (has_commands(text, end)) {
		const char *mark = next_mark(text, end);

		put_first(&w, mark);
		put_marked(&w, mark);
	} else {
		put_lines(&w, text, end);
	}
	if (fclose(w.out) != 0) {
		free(*ret);
		return -ENOMEM;
	}
	return 0;
}
