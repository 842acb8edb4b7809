/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The usage and the help, from the table of tokens. */
#include "member/ctl/command.h"

#include <stdlib.h>

#define LINE_MAX_CHARACTERS 96 /* of the usage */
#define VERB_COLUMN 16         /* where the help of a verb begins, and of an option */
#define FORM_COLUMN 40         /* where the help of a form begins */

void command_form_synopsis(FILE *out, const struct command_form *form, size_t from)
{
	for (size_t i = from; i < form->n_tokens; i++) {
		const struct token *t = &form->tokens[i];

		for (unsigned n = 0; n < t->opens; n++)
			fputc('[', out);
		fputs(t->word, out);
		for (unsigned n = 0; n < t->closes; n++)
			fputc(']', out);
		if (i + 1 < form->n_tokens)
			fputc(t->alternative ? '|' : ' ', out);
	}
}

size_t command_form_skip_brackets(const struct command_form *form)
{
	size_t i = 0;

	if (form->n_tokens == 0 || form->tokens[0].opens == 0)
		return 0;
	while (form->tokens[i].closes == 0)
		i++;
	return i + 1;
}

static void put_option(FILE *out, const struct option_token *o)
{
	fprintf(out, "[--%s%s%s]%s", o->name, o->value ? " " : "", o->value ? o->value : "", o->repeats ? "..." : "");
}

static void put_options(FILE *out, const struct verb_token *v, bool behind)
{
	for (size_t i = 0; i < COMMAND_OPTIONS; i++) {
		const struct option_token *o = &command_options[i];

		if (!(v->options & 1U << i) || o->behind != behind)
			continue;
		fputs(behind ? " " : "", out);
		put_option(out, o);
		fputs(behind ? "" : " ", out);
	}
}

void command_synopsis(FILE *out, enum command_verb verb, const struct command_form *form)
{
	const struct verb_token *v = &command_verbs[verb];

	put_options(out, v, false);
	fputs(v->name, out);
	if (!form && v->synopsis) {
		fprintf(out, " %s", v->synopsis);
	} else {
		form = form ? form : &v->forms[0];
		fputs(form->n_tokens > 0 ? " " : "", out);
		command_form_synopsis(out, form, 0);
	}
	put_options(out, v, true);
}

/* TEXT behind what LEAD has, on as many lines as it takes; it is broken before a bracket. */
static void put_usage_line(FILE *out, const char *lead, const char *text)
{
	const size_t room = LINE_MAX_CHARACTERS - strlen(lead);
	size_t n = strlen(text);

	if (n > room) {
		for (n = room; n > 0 && (text[n] != '[' || text[n - 1] != ' ');)
			n--;
	}
	if (n == 0 || !text[n]) {
		fprintf(out, "%s%s\n", lead, text);
		return;
	}
	fprintf(out, "%s%.*s\n%*s%s\n", lead, (int)n - 1, text, VERB_COLUMN - 1, "", text + n);
}

void command_usage(FILE *out)
{
	for (size_t i = 0; i < COMMAND_VERBS; i++) {
		char *text = NULL;
		size_t size;
		FILE *f = open_memstream(&text, &size);

		if (!f)
			return;
		command_synopsis(f, (enum command_verb)i, NULL);
		if (fclose(f) == 0)
			put_usage_line(out, i == 0 ? "usage: gvpnctl " : "       gvpnctl ", text);
		free(text);
	}
	fputs("       gvpnctl --help | --version\n", out);
}

/* "clear [VPN]     delete ..."; words that would not fit in their column are left to the usage. */
static void put_verb_help(FILE *out, const struct verb_token *v)
{
	char words[64] = "", name[80];
	const char *second = strchr(v->help, '\n');
	FILE *f = fmemopen(words, sizeof(words), "w");

	if (f) {
		if (v->synopsis)
			fputs(v->synopsis, f);
		else
			command_form_synopsis(f, &v->forms[0], 0);
		fclose(f);
	}
	snprintf(name, sizeof(name), "%s %s", v->name, words);
	if (strlen(name) >= VERB_COLUMN)
		snprintf(name, sizeof(name), "%s", v->name);
	fprintf(out, "%-*s%.*s\n", VERB_COLUMN, name, (int)(second ? second - v->help : INT32_MAX), v->help);
	if (second)
		fprintf(out, "%*s%s\n", VERB_COLUMN, "", second + 1);
}

static void put_form_help(FILE *out, const struct command_form *form)
{
	char words[64] = "";
	FILE *f = fmemopen(words, sizeof(words), "w");

	if (f) {
		command_form_synopsis(f, form, command_form_skip_brackets(form));
		fclose(f);
	}
	fprintf(out, "  %-*s%s\n", FORM_COLUMN - 2, words, form->help);
}

void command_help(FILE *out)
{
	const struct verb_token *show = &command_verbs[VERB_SHOW];
	const struct command_form leading = { .tokens = show->forms[0].tokens,
					      .n_tokens = command_form_skip_brackets(&show->forms[0]) };

	command_usage(out);
	fprintf(out, "\n%s ", show->name);
	command_form_synopsis(out, &leading, 0);
	fputs(" WORDS, each word abbreviated at will:\n", out);
	for (size_t i = 0; i < show->n_forms; i++)
		put_form_help(out, &show->forms[i]);
	for (size_t i = 0; i < COMMAND_VERBS; i++)
		if (i != VERB_SHOW) /* its forms stand there already */
			put_verb_help(out, &command_verbs[i]);
	fputc('\n', out);
	for (size_t i = 0; i < COMMAND_OPTIONS; i++) {
		const struct option_token *o = &command_options[i];
		const char *value = o->value_in_help ? o->value_in_help : o->value;
		char name[32];

		if (!o->help)
			continue;
		snprintf(name, sizeof(name), "--%s%s%s", o->name, value ? " " : "", value ? value : "");
		fprintf(out, "  %-*s%s\n", VERB_COLUMN - 1, name, o->help);
	}
	fputs("\nExit status: 0 done, 1 the daemon refused or failed, 2 wrong usage, 3 no daemon answers.\n", out);
}
