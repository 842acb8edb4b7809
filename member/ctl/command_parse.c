/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words against the table of tokens, and what is said of a word that cannot stand where it stands. */
#include "member/ctl/command_private.h"

#include <stdarg.h>

int command_refuse(struct command_error *err, bool with_usage, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	err->with_usage = with_usage;
	return -EINVAL;
}

const char *command_last_word(const struct command_parser *p)
{
	return p->last ? p->last : p->verb->name;
}

/* --- lists of words --- */

/* "a, b or c", one word after another. */
struct word_list {
	char *buf;
	size_t size, n, total;
	const char *last;  /* before the last word: " or " */
	const char *quote; /* around each word */
};

static void add_word(struct word_list *l, const char *word)
{
	size_t used = strlen(l->buf);

	l->n++;
	snprintf(l->buf + used, l->size - used, "%s%s%s%s",
		 l->n == 1          ? ""
		 : l->n == l->total ? l->last
				    : ", ",
		 l->quote, word, l->quote);
}

/* The keywords that begin with PREFIX. */
static void list_keywords(char *buf, size_t size, const struct command_candidate *c, size_t n, const char *prefix)
{
	struct word_list l = { .buf = buf, .size = size, .last = " or ", .quote = "" };

	buf[0] = '\0';
	for (size_t i = 0; i < n; i++)
		l.total += command_is_first_of_keyword(c, i) && strncmp(c[i].token->word, prefix, strlen(prefix)) == 0;
	for (size_t i = 0; i < n; i++)
		if (command_is_first_of_keyword(c, i) && strncmp(c[i].token->word, prefix, strlen(prefix)) == 0)
			add_word(&l, c[i].token->word);
}

void command_list_verbs(char *buf, size_t size, int option)
{
	struct word_list l = {
		.buf = buf, .size = size, .last = option < 0 ? " or " : " and ", .quote = option < 0 ? "" : "'"
	};

	buf[0] = '\0';
	for (size_t i = 0; i < COMMAND_VERBS; i++)
		l.total += option < 0 || (command_verbs[i].options >> option & 1);
	for (size_t i = 0; i < COMMAND_VERBS; i++)
		if (option < 0 || (command_verbs[i].options >> option & 1))
			add_word(&l, command_verbs[i].name);
}

/* --- words --- */

static void show_word(char *buf, size_t size, const char *typed)
{
	size_t i;

	for (i = 0; typed[i] && i < size - 1; i++)
		buf[i] = typed[i] < ' ' || typed[i] > '~' ? '?' : typed[i];
	buf[i] = '\0';
}

/* TYPED cannot stand there; it abbreviates MATCHES keywords. */
static int refuse_word(struct command_parser *p, const struct command_candidate *c, size_t n, const char *typed,
		       size_t matches)
{
	char expected[128], shown[41];
	FILE *f;

	switch (p->verb->complaint) {
	case COMPLAINT_TAKES:
		return command_refuse(p->err, true, "'%.40s' is too much after '%s': %s", typed, p->verb->name,
				      p->verb->takes);
	case COMPLAINT_SYNOPSIS:
		expected[0] = '\0';
		f = fmemopen(expected, sizeof(expected), "w");
		if (f) {
			command_form_synopsis(f, &p->verb->forms[0], 0);
			fclose(f);
		}
		return command_refuse(p->err, true, "'%.40s' is too much after '%.40s'; expected %s", typed,
				      command_last_word(p), expected);
	case COMPLAINT_WORDS:
		break;
	}
	show_word(shown, sizeof(shown), typed);
	if (n == 0)
		return command_refuse(p->err, false, "'%s' is too much: nothing can follow '%s%s'", shown,
				      p->verb->name, p->after);
	list_keywords(expected, sizeof(expected), c, n, matches > 1 ? typed : "");
	if (matches > 1)
		return command_refuse(p->err, false, "'%s' after '%s%s' is ambiguous: %s", shown, p->verb->name,
				      p->after, expected);
	return command_refuse(p->err, false, "'%s' is unknown after '%s%s'; expected %s", shown, p->verb->name,
			      p->after, expected);
}

int command_take_word(struct command_parser *p, const char *typed)
{
	struct command_candidate c[COMMAND_CANDIDATES_MAX];
	const char *keyword;
	size_t n = command_candidates(p, c), matches = command_find_keyword(&keyword, c, n, typed);
	int r;

	if (matches == 1) {
		command_take_keyword(p, c, n, keyword);
		p->last = typed;
		return 0;
	}
	for (size_t i = 0; matches == 0 && i < n; i++) {
		if (!command_takes_value(p, c[i].token))
			continue;
		r = command_take_value(p, &c[i], typed);
		p->at[c[i].form] = c[i].next;
		p->last = typed;
		return r;
	}
	return refuse_word(p, c, n, typed, matches);
}

/* The words end here, and no form is complete. */
static int refuse_end(struct command_parser *p)
{
	struct command_candidate c[COMMAND_CANDIDATES_MAX];
	char expected[128];
	size_t n = command_candidates(p, c);

	if (c[0].token->type != TOKEN_KEYWORD)
		return command_refuse_missing(p, c[0].token);
	list_keywords(expected, sizeof(expected), c, n, "");
	return command_refuse(p->err, false, "a word is missing after '%s%s'; expected %s", p->verb->name, p->after,
			      expected);
}

int command_parse(struct command *ret, enum command_verb verb, const char *const *words, size_t n_words,
		  struct command_error *err)
{
	struct command command = { .verb = verb };
	struct command_parser p = { .verb = &command_verbs[verb], .command = &command, .err = err };
	const struct command_form *form;
	int r = 0;

	for (size_t i = command_begin(&p, words, n_words); r == 0 && i < n_words; i++)
		r = command_take_word(&p, words[i]);
	if (r < 0)
		return r;
	form = command_complete_form(&p);
	if (!form)
		return refuse_end(&p);
	command.view = command.detail ? form->view + 1 : form->view;
	*ret = command;
	return 0;
}

int command_verb_find(enum command_verb *ret, const char *word, struct command_error *err)
{
	char expected[128];

	for (size_t i = 0; i < COMMAND_VERBS; i++) {
		if (!command_abbreviates(word, command_verbs[i].name, command_verbs[i].shortest))
			continue;
		*ret = (enum command_verb)i;
		return 0;
	}
	command_list_verbs(expected, sizeof(expected), -1);
	return command_refuse(err, true, "'%.40s' is unknown; expected %s", word, expected);
}
