/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The grammar of Junos text: words and marks into a tree of statements. */
#include "member/config/junos_lex.h"

#include <ctype.h>
#include <stdlib.h>

struct block_level {
	struct junos_word open;    /* where its brace stood */
	struct junos_node *parent; /* NULL at the top */
	struct junos_node *last;   /* of its statements so far */
};

struct parser {
	struct junos_node *first; /* of the text */
	struct junos_lexer lexer;
	struct block_level levels[JUNOS_DEPTH_MAX + 1];
	size_t depth;
	struct junos_word words[JUNOS_STATEMENT_MAX]; /* of the statement being read */
	size_t n_statement;
	bool cut; /* the statement being read is longer */
};

static bool word_is(const struct junos_word *w, const char *text)
{
	return !w->quoted && strcmp(w->text, text) == 0;
}

static int take_word(struct parser *p, const struct junos_word *w)
{
	if (p->n_statement == JUNOS_STATEMENT_MAX && p->lexer.tolerant) {
		p->cut = true;
		return 0;
	}
	if (p->n_statement == JUNOS_STATEMENT_MAX)
		return junos_fail(&p->lexer, w, "more than %d words in one statement; is a ';' missing?",
				  JUNOS_STATEMENT_MAX);
	p->words[p->n_statement] = *w;
	/* A device prints a statement on one line: else a line is broken, or a brace is lost. */
	if (p->lexer.tolerant && p->n_statement > 0 && !w->listed)
		p->words[p->n_statement].broken = w->line != p->words[p->n_statement - 1].line;
	p->n_statement++;
	return 0;
}

static int read_list(struct parser *p, const struct junos_word *open)
{
	size_t before = p->n_statement;
	struct junos_token t;
	int r;

	if (p->n_statement == 0)
		return junos_fail(
			&p->lexer, open,
			"a list cannot stand before a statement's name; lines such as [edit security] are the "
			"command line's prompt; expected each statement from the top, without them");
	for (;;) {
		r = junos_lex(&p->lexer, false, &t);
		if (r < 0)
			return r;
		if (t.kind == TOKEN_LIST_CLOSE)
			break;
		if (t.kind != TOKEN_WORD)
			return junos_fail(&p->lexer, open,
					  "this list is never closed; expected ']' after its last word");
		t.word.listed = true;
		r = take_word(p, &t.word);
		if (r < 0)
			return r;
	}
	if (p->n_statement == before && !p->cut)
		return junos_fail(&p->lexer, open, "an empty list; expected at least one word between '[' and ']'");
	return 0;
}

static int add_node(struct parser *p, bool inactive, bool block)
{
	struct block_level *l = &p->levels[p->depth];
	struct junos_node *n = calloc(1, sizeof(*n));
	struct junos_word *words = calloc(p->n_statement, sizeof(*words));

	if (!n || !words) {
		free(n);
		free(words);
		return -ENOMEM;
	}
	memcpy(words, p->words, p->n_statement * sizeof(*words));
	*n = (struct junos_node){
		.words = words, .n_words = p->n_statement, .inactive = inactive, .block = block, .cut = p->cut
	};
	if (l->last)
		l->last->next = n;
	else if (l->parent)
		l->parent->child = n;
	else
		p->first = n;
	l->last = n;
	return 0;
}

static int open_block(struct parser *p, const struct junos_word *brace)
{
	struct junos_node *parent = p->levels[p->depth].last;

	if (p->depth == JUNOS_DEPTH_MAX)
		return junos_fail(&p->lexer, brace, "more than %d braces within one another", JUNOS_DEPTH_MAX);
	p->levels[++p->depth] = (struct block_level){ .open = *brace, .parent = parent };
	return 0;
}

/* The rest of a statement whose words so far are in p->words. */
static int read_braces(struct parser *p, bool inactive)
{
	struct junos_token t;
	int r;

	for (;;) {
		const struct junos_word *last = &p->words[p->n_statement - 1];

		r = junos_lex(&p->lexer, false, &t);
		if (r < 0)
			return r;
		switch (t.kind) {
		case TOKEN_WORD:
			if (last->listed)
				return junos_fail(&p->lexer, &t.word, "words after a list; expected ';'");
			r = take_word(p, &t.word);
			break;
		case TOKEN_LIST_OPEN:
			if (last->listed)
				return junos_fail(&p->lexer, &t.word, "a second list in one statement; expected ';'");
			r = read_list(p, &t.word);
			break;
		case TOKEN_END_STATEMENT:
			return add_node(p, inactive, false);
		case TOKEN_OPEN:
			r = add_node(p, inactive, true);
			return r < 0 ? r : open_block(p, &t.word);
		case TOKEN_LIST_CLOSE:
			return junos_fail(&p->lexer, &t.word, "']' without '['");
		case TOKEN_CLOSE:
		case TOKEN_END:
		case TOKEN_NEWLINE:
			return junos_fail(&p->lexer, last,
					  "the statement does not end here; expected ';' or '{' after this word");
		}
		if (r < 0)
			return r;
	}
}

static int read_set_line(struct parser *p, const struct junos_word *set)
{
	struct junos_token t;
	int r;

	if (p->depth > 0)
		return junos_fail(&p->lexer, set, "a set line inside braces; expected set lines outside of any block");
	for (;;) {
		bool after_list = p->n_statement > 0 && p->words[p->n_statement - 1].listed;

		r = junos_lex(&p->lexer, true, &t);
		if (r < 0)
			return r;
		switch (t.kind) {
		case TOKEN_WORD:
			if (after_list)
				return junos_fail(&p->lexer, &t.word,
						  "words after a list; expected the end of the line");
			r = take_word(p, &t.word);
			break;
		case TOKEN_LIST_OPEN:
			if (after_list)
				return junos_fail(&p->lexer, &t.word,
						  "a second list in one statement; expected the end of the line");
			r = read_list(p, &t.word);
			break;
		case TOKEN_NEWLINE:
		case TOKEN_END:
			if (p->n_statement == 0)
				return junos_fail(&p->lexer, set,
						  "set without a statement; expected 'set HIERARCHY STATEMENT VALUE'");
			return add_node(p, false, false);
		case TOKEN_END_STATEMENT:
		case TOKEN_OPEN:
		case TOKEN_CLOSE:
		case TOKEN_LIST_CLOSE:
			return junos_fail(&p->lexer, &t.word,
					  "a set line ends with its line; expected no ';', brace or ']' in it");
		}
		if (r < 0)
			return r;
	}
}

/* "replace:" and the like: what stands before the colon is letters. */
static bool is_tag(const struct junos_word *w)
{
	for (size_t i = 0; i + 1 < w->len; i++)
		if (!isalpha((unsigned char)w->text[i]))
			return false;
	return true;
}

/* Two forms in a device's text that is read tolerantly: "<*>" in a group, and an address that ends with a colon. */
static bool may_begin(const struct parser *p, const struct junos_word *w)
{
	if (!p->lexer.tolerant || p->depth == 0)
		return false;
	return w->text[w->len - 1] == ':' ? !is_tag(w) : !memchr(w->text, '@', w->len);
}

static int refuse_command(struct parser *p, const struct junos_word *w)
{
	static const char *const commands[] = { "delete",   "activate", "deactivate", "edit",   "top",     "up",
						"exit",     "quit",     "commit",     "rename", "replace", "insert",
						"copy",     "annotate", "run",        "show",   "protect", "unprotect",
						"rollback", "load",     "wildcard" };

	if (w->quoted || w->len == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (p->depth == 0 && word_is(w, commands[i]))
			return junos_fail(
				&p->lexer, w,
				"%s is not supported in a file; expected the configuration as it shall be, in braces "
				"or as set lines",
				commands[i]);
	}
	if (may_begin(p, w))
		return 0;
	if (w->text[w->len - 1] == ':')
		return junos_fail(&p->lexer, w, "this tag is not supported; expected none, inactive: or protect:");
	if (strchr("#>%", w->text[w->len - 1]))
		return junos_fail(
			&p->lexer, w,
			"this looks like the command line's prompt; expected a statement or a set line without it");
	return 0;
}

static int read_statement(struct parser *p, const struct junos_word *first)
{
	struct junos_token t = { .kind = TOKEN_WORD, .word = *first };
	bool inactive = false;
	int r;

	p->n_statement = 0;
	p->cut = false;
	t.word.broken = false; /* the text before it belongs to another statement */
	/* "protect:" keeps the device's operators from changing what follows; to a reader it says nothing. */
	while (word_is(&t.word, "inactive:") || word_is(&t.word, "protect:")) {
		inactive |= word_is(&t.word, "inactive:");
		r = junos_lex(&p->lexer, false, &t);
		if (r < 0)
			return r;
		if (t.kind != TOKEN_WORD)
			return junos_fail(&p->lexer, first, "%s without a statement; expected a statement after it",
					  first->text);
	}
	if (word_is(&t.word, "set")) {
		if (inactive)
			return junos_fail(
				&p->lexer, first,
				"inactive: before a set line; expected the line to be left out or commented out");
		return read_set_line(p, first);
	}
	r = refuse_command(p, &t.word);
	if (r < 0)
		return r;
	p->words[p->n_statement++] = t.word;
	return read_braces(p, inactive);
}

static int read_statements(struct parser *p)
{
	struct junos_token t;
	int r;

	if (p->lexer.len >= 3 && memcmp(p->lexer.text, "\xef\xbb\xbf", 3) == 0)
		p->lexer.pos = 3; /* a byte order mark is no character */
	for (;;) {
		r = junos_lex(&p->lexer, false, &t);
		if (r < 0)
			return r;
		switch (t.kind) {
		case TOKEN_WORD:
			r = read_statement(p, &t.word);
			break;
		case TOKEN_LIST_OPEN:
			p->n_statement = 0;
			r = read_list(p, &t.word);
			break;
		case TOKEN_CLOSE:
			if (p->depth == 0)
				return junos_fail(&p->lexer, &t.word, "'}' without '{'");
			p->depth--;
			break;
		case TOKEN_END:
			if (p->depth > 0)
				return junos_fail(&p->lexer, &p->levels[p->depth].open,
						  "this block is never closed; expected '}'");
			return 0;
		case TOKEN_OPEN:
			return junos_fail(&p->lexer, &t.word, "'{' without a statement before it");
		case TOKEN_LIST_CLOSE:
			return junos_fail(&p->lexer, &t.word, "']' without '['");
		case TOKEN_END_STATEMENT:
			return junos_fail(&p->lexer, &t.word,
					  "';' without a statement before it; none belongs after '}'");
		case TOKEN_NEWLINE:
			break;
		}
		if (r < 0)
			return r;
	}
}

int junos_parse_text(struct junos_node **ret, struct junos_lexer *lexer)
{
	struct parser *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	p->lexer = *lexer;
	r = read_statements(p);
	*ret = p->first;
	*lexer = p->lexer;
	free(p);
	return r;
}
