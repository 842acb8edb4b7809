/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words that the shells offer, made from the table of tokens: see completions/. */
#include "member/ctl/command_private.h"

static void offer_word(FILE *out, const char *prefix, const char *word, const char *help)
{
	fprintf(out, "%s%s\t%.*s\n", prefix, word, help ? (int)strcspn(help, "\n") : 0, help ? help : "");
}

/* The words that may stand in the place of a value, or ":" and the name of a list that the shell itself makes. */
static const char *const value_words[][5] = {
	[TOKEN_PROTOCOL] = { "tcp", "udp", "icmp", "ospf" },
	[TOKEN_INTERFACE] = { ":interface" },
	[TOKEN_VPN] = { ":vpn" },
	[TOKEN_FILE] = { ":file" },
};

static void offer_token(FILE *out, const struct token *t)
{
	if (t->type == TOKEN_KEYWORD) {
		offer_word(out, "", t->word, NULL);
		return;
	}
	for (size_t i = 0; t->type < ARRAY_SIZE(value_words) && value_words[t->type][i]; i++)
		offer_word(out, "", value_words[t->type][i], NULL);
}

/* Optional words stand behind the others. */
static void offer_candidates(FILE *out, const struct command_parser *p)
{
	struct command_candidate c[COMMAND_CANDIDATES_MAX];
	size_t n = command_candidates(p, c);

	for (int optional = 0; optional <= 1; optional++)
		for (size_t i = 0; i < n; i++)
			if (c[i].optional == (optional == 1) &&
			    (c[i].token->type != TOKEN_KEYWORD || command_is_first_of_keyword(c, i)))
				offer_token(out, c[i].token);
}

static void offer_options(FILE *out, const struct verb_token *verb)
{
	for (size_t i = 0; i < COMMAND_OPTIONS; i++) {
		const struct option_token *o = &command_options[i];

		if (verb ? verb->options >> i & 1 : !o->behind)
			offer_word(out, "--", o->name, o->help);
	}
}

static const struct option_token *find_option(const char *typed)
{
	for (size_t i = 0; strncmp(typed, "--", 2) == 0 && i < COMMAND_OPTIONS; i++)
		if (strcmp(command_options[i].name, typed + 2) == 0)
			return &command_options[i];
	return NULL;
}

/* The value of an option that stands before. */
static void offer_option_value(FILE *out, const struct option_token *o)
{
	if (strcmp(o->value, "PATH") == 0)
		offer_word(out, "", ":file", NULL);
	else if (strcmp(o->value, "DIR") == 0)
		offer_word(out, "", ":folder", NULL);
}

/*
 * The words of a command line without its options.  *VALUE_OF: the option whose value would come next; NULL: none. Bash
 * makes a word of its own of each "=": the value goes on behind it.
 */
static size_t pick_words(const char **ret, const char *const *words, size_t n, const struct option_token **value_of)
{
	const struct option_token *last = NULL;
	size_t found = 0;

	*value_of = NULL;
	for (size_t i = 0; i < n; i++) {
		const struct option_token *o = find_option(words[i]);

		if (last && strcmp(words[i], "=") == 0)
			*value_of = last;
		else if (*value_of)
			*value_of = NULL;
		else if (o && o->value)
			*value_of = last = o;
		else if (words[i][0] != '-' && found < COMMAND_COMPLETE_WORDS_MAX)
			ret[found++] = words[i];
	}
	return found;
}

static void offer_words(FILE *out, enum command_verb verb, const char *const *words, size_t n)
{
	struct command command = { .verb = verb };
	struct command_error err;
	struct command_parser p = { .verb = &command_verbs[verb], .command = &command, .err = &err };

	for (size_t i = command_begin(&p, words, n); i < n; i++)
		if (command_take_word(&p, words[i]) < 0)
			return;
	offer_candidates(out, &p);
}

void command_complete(FILE *out, const char *const *words, size_t n)
{
	const char *picked[COMMAND_COMPLETE_WORDS_MAX], *current = n > 0 ? words[n - 1] : "";
	const struct option_token *value_of;
	struct command_error err;
	enum command_verb verb;
	size_t n_picked = pick_words(picked, words, n > 0 ? n - 1 : 0, &value_of);
	bool known = n_picked > 0 && command_verb_find(&verb, picked[0], &err) == 0;

	if (value_of) {
		offer_option_value(out, value_of);
	} else if (current[0] == '-') {
		if (known || n_picked == 0)
			offer_options(out, known ? &command_verbs[verb] : NULL);
	} else if (n_picked == 0) {
		for (size_t i = 0; i < COMMAND_VERBS; i++)
			offer_word(out, "", command_verbs[i].name, command_verbs[i].help);
	} else if (known) {
		offer_words(out, verb, picked + 1, n_picked - 1);
	}
}
