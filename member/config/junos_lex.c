/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/config/junos_lex.h"

#include <stdarg.h>
#include <stdio.h>

int junos_fail(struct junos_lexer *l, const struct junos_word *at, const char *fmt, ...)
{
	va_list ap;

	*l->err = (struct config_error){ .fault = CONFIG_FAULT_GRAMMAR, .line = at->line, .column = at->column };
	va_start(ap, fmt);
	config_error_words(l->err, l->name, NULL, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static bool at_end(const struct junos_lexer *l)
{
	return l->pos >= l->len;
}

static char peek_octet(const struct junos_lexer *l)
{
	return l->text[l->pos];
}

static void pass_octet(struct junos_lexer *l)
{
	unsigned char c = (unsigned char)l->text[l->pos++];

	if (c == '\n') {
		l->line++;
		l->column = 1;
	} else if ((c & 0xc0) != 0x80) { /* continuation octets belong to the character before */
		l->column++;
	}
}

static struct junos_word place_here(const struct junos_lexer *l)
{
	return (struct junos_word){ .line = l->line, .column = l->column };
}

/* Whether the comment from P to END has a statement behind its text, as where the end of a line is lost. */
static bool holds_statement(const struct junos_lexer *l, const char *p, const char *end)
{
	static const char *const statements[] = { "set security ", "set interfaces ", "set services ", "set firewall ",
						  "deactivate " };
	bool first = true; /* of its line */

	for (const char *q = p; first && q > l->text && q[-1] != '\n'; q--)
		first = q[-1] == ' ' || q[-1] == '\t';
	while (end > p && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	for (size_t i = 0; i < ARRAY_SIZE(statements); i++) {
		const char *at = memmem(p, (size_t)(end - p), statements[i], strlen(statements[i]));

		if (at && at > p + 2) /* what begins with one was made a comment on purpose */
			return true;
	}
	return end > p && strchr(";{}", end[-1]) && (!first || (end - p > 2 && p[1] == '#'));
}

static void skip_line(struct junos_lexer *l)
{
	const char *p = l->text + l->pos, *eol = memchr(p, '\n', l->len - l->pos);

	if (l->tolerant && !l->comment && holds_statement(l, p, eol ? eol : l->text + l->len))
		l->comment = l->line;
	while (!at_end(l) && peek_octet(l) != '\n')
		pass_octet(l);
}

static int skip_comment(struct junos_lexer *l)
{
	struct junos_word start = place_here(l);

	pass_octet(l);
	pass_octet(l);
	while (!at_end(l)) {
		if (peek_octet(l) == '*' && l->pos + 1 < l->len && l->text[l->pos + 1] == '/') {
			pass_octet(l);
			pass_octet(l);
			return 0;
		}
		if (peek_octet(l) == '/' && l->pos + 1 < l->len && l->text[l->pos + 1] == '*' && !l->comment)
			l->comment = l->line;
		pass_octet(l);
	}
	return junos_fail(l, &start, "this comment is never closed; expected '*/'");
}

/* Passes over white space and comments; a newline is left standing when it means something. */
static int skip_space(struct junos_lexer *l, bool newline_matters)
{
	int r;

	while (!at_end(l)) {
		char c = peek_octet(l);

		if (c == '\n' && newline_matters)
			return 0;
		if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
			pass_octet(l);
		} else if (c == '#') {
			skip_line(l);
		} else if (c == '/' && l->pos + 1 < l->len && l->text[l->pos + 1] == '*') {
			r = skip_comment(l);
			if (r < 0)
				return r;
		} else {
			return 0;
		}
	}
	return 0;
}

static bool ends_word(char c)
{
	return c != '\0' && strchr(" \t\r\n;{}[]\"", c) != NULL;
}

static bool is_control(char c)
{
	return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

static void put_octet(struct junos_lexer *l, char c)
{
	l->arena[l->arena_used++] = c; /* text of LEN octets has at most LEN octets of words and zeros, and one more */
}

static int lex_escape(struct junos_lexer *l, struct junos_word *w)
{
	struct junos_word start = place_here(l);

	pass_octet(l);
	if (!at_end(l)) {
		char c = peek_octet(l);

		pass_octet(l);
		switch (c) {
		case '"':
		case '\\':
			put_octet(l, c);
			return 0;
		case 'n':
			put_octet(l, '\n');
			return 0;
		case 't':
			put_octet(l, '\t');
			return 0;
		}
		if (l->tolerant && !is_control(c)) {
			w->odd = true;
			put_octet(l, '\\');
			put_octet(l, c);
			return 0;
		}
	}
	return junos_fail(l, &start, "unknown escape in a quoted string; expected \\\" or \\\\ or \\n or \\t");
}

static int refuse_control(struct junos_lexer *l, const char *in)
{
	struct junos_word at = place_here(l);

	return junos_fail(l, &at, "a control character (octet 0x%02x) in %s", (unsigned char)peek_octet(l), in);
}

static int lex_quoted(struct junos_lexer *l, struct junos_word *start)
{
	int r;

	pass_octet(l);
	while (!at_end(l) && peek_octet(l) != '\n') {
		char c = peek_octet(l);

		if (c == '"') {
			pass_octet(l);
			start->quoted = true;
			return 0;
		}
		if (c == '\\') {
			r = lex_escape(l, start);
			if (r < 0)
				return r;
			continue;
		}
		if (is_control(c) && c != '\r')
			return refuse_control(l, "a quoted string; expected text");
		put_octet(l, c);
		pass_octet(l);
	}
	return junos_fail(l, start, "this quoted string is never closed; expected '\"' on the same line");
}

static int lex_plain(struct junos_lexer *l)
{
	while (!at_end(l) && !ends_word(peek_octet(l))) {
		char c = peek_octet(l);

		if (is_control(c))
			return refuse_control(l, "the text; expected a text file");
		put_octet(l, c);
		pass_octet(l);
	}
	return 0;
}

static int lex_word(struct junos_lexer *l, struct junos_word *w)
{
	size_t start = l->arena_used;
	int r = peek_octet(l) == '"' ? lex_quoted(l, w) : lex_plain(l);

	if (r < 0)
		return r;
	w->text = l->arena + start;
	w->len = l->arena_used - start;
	put_octet(l, '\0');
	if (++l->n_words > JUNOS_WORDS_MAX && !l->tolerant)
		return junos_fail(l, w, "the file has more than %d words", JUNOS_WORDS_MAX);
	return 0;
}

/* Whether a line was broken right before the word at hand, with no blank on either side. */
static bool is_glued(const struct junos_lexer *l)
{
	size_t at = l->pos;

	if (at == 0 || l->text[at - 1] != '\n')
		return false;
	while (at > 0 && (l->text[at - 1] == '\n' || l->text[at - 1] == '\r'))
		at--;
	return at > 0 && !strchr(" \t{};[", l->text[at - 1]);
}

int junos_lex(struct junos_lexer *l, bool newline_matters, struct junos_token *ret)
{
	static const struct {
		char c;
		enum junos_token_kind kind;
	} marks[] = {
		{ '{', TOKEN_OPEN },       { '}', TOKEN_CLOSE },         { '[', TOKEN_LIST_OPEN },
		{ ']', TOKEN_LIST_CLOSE }, { ';', TOKEN_END_STATEMENT }, { '\n', TOKEN_NEWLINE },
	};
	int r = skip_space(l, newline_matters);

	if (r < 0)
		return r;
	*ret = (struct junos_token){ .kind = TOKEN_END, .word = place_here(l) };
	if (at_end(l))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (peek_octet(l) == marks[i].c) {
			ret->kind = marks[i].kind;
			pass_octet(l);
			return 0;
		}
	}
	ret->kind = TOKEN_WORD;
	ret->word.broken = l->tolerant && is_glued(l);
	return lex_word(l, &ret->word);
}
