/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Forms of a verb followed along the words: what may come next, and which keyword a word is.
 */
#include "member/ctl/command_private.h"

/* Behind the bracket that closes the innermost DEPTH brackets that token AT opens. */
static size_t behind_brackets(const struct command_form *f, size_t at, unsigned depth)
{
	int open = (int)depth - (int)f->tokens[at].closes;

	while (open > 0) {
		at++;
		open += (int)f->tokens[at].opens - (int)f->tokens[at].closes;
	}
	return at + 1;
}

/* The index behind token AT and behind the tokens that could have stood in its place. */
static size_t behind_token(const struct command_form *f, size_t at)
{
	while (f->tokens[at].alternative)
		at++;
	return at + 1;
}

/* SET gets a bit for each token that may come next at AT; n_tokens stands for the end. */
static void mark_next(const struct command_form *f, size_t at, uint32_t *set)
{
	if (*set & UINT32_C(1) << at)
		return;
	*set |= UINT32_C(1) << at;
	if (at == f->n_tokens)
		return;
	if (f->tokens[at].alternative)
		mark_next(f, at + 1, set);
	for (unsigned depth = 1; depth <= f->tokens[at].opens; depth++)
		mark_next(f, behind_brackets(f, at, depth), set);
}

/* The tokens that may come next in form number I, as mark_next() sets them; 0 when the words are not of that form. */
static uint32_t next_tokens(const struct command_parser *p, size_t i)
{
	uint32_t set = 0;

	if (!p->out[i])
		mark_next(&p->verb->forms[i], p->at[i], &set);
	return set;
}

/* Whether token T, which may come next at AT, stands in brackets that open there. */
static bool is_in_brackets(const struct command_form *f, size_t at, size_t t)
{
	unsigned open = f->tokens[t].opens;

	for (size_t i = at; i < t; i++)
		open += f->tokens[i].opens - f->tokens[i].closes;
	return (int)open > 0;
}

size_t command_candidates(const struct command_parser *p, struct command_candidate ret[static COMMAND_CANDIDATES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < p->verb->n_forms; i++) {
		const struct command_form *f = &p->verb->forms[i];
		uint32_t set = next_tokens(p, i);

		for (size_t t = 0; t < f->n_tokens && n < COMMAND_CANDIDATES_MAX; t++)
			if (set >> t & 1)
				ret[n++] = (struct command_candidate){
					.token = &f->tokens[t],
					.form = i,
					.next = behind_token(f, t),
					.optional = is_in_brackets(f, p->at[i], t),
				};
	}
	return n;
}

const struct command_form *command_complete_form(const struct command_parser *p)
{
	for (size_t i = 0; i < p->verb->n_forms; i++) {
		const struct command_form *f = &p->verb->forms[i];
		uint32_t set = next_tokens(p, i);

		if (set >> f->n_tokens & 1)
			return f;
	}
	return NULL;
}

bool command_is_first_of_keyword(const struct command_candidate *c, size_t i)
{
	if (c[i].token->type != TOKEN_KEYWORD)
		return false;
	for (size_t j = 0; j < i; j++)
		if (c[j].token->type == TOKEN_KEYWORD && strcmp(c[j].token->word, c[i].token->word) == 0)
			return false;
	return true;
}

bool command_abbreviates(const char *typed, const char *word, size_t shortest)
{
	size_t n = strlen(typed);

	return n >= (shortest > 0 ? shortest : strlen(word)) && strncmp(word, typed, n) == 0;
}

size_t command_find_keyword(const char **ret, const struct command_candidate *c, size_t n, const char *typed)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		if (!command_is_first_of_keyword(c, i) ||
		    !command_abbreviates(typed, c[i].token->word, c[i].token->shortest))
			continue;
		*ret = c[i].token->word;
		if (strcmp(*ret, typed) == 0)
			return 1;
		found++;
	}
	return found;
}

void command_take_keyword(struct command_parser *p, const struct command_candidate *c, size_t n, const char *keyword)
{
	size_t used = strlen(p->after);

	snprintf(p->after + used, sizeof(p->after) - used, " %s", keyword);
	for (size_t i = 0; i < p->verb->n_forms; i++)
		p->out[i] = true;
	for (size_t i = 0; i < n; i++) {
		const struct token *t = c[i].token;

		if (t->type != TOKEN_KEYWORD || strcmp(t->word, keyword) != 0)
			continue;
		p->out[c[i].form] = false;
		p->at[c[i].form] = c[i].next;
		switch (t->effect) {
		case EFFECT_NONE:
			break;
		case EFFECT_IN:
			p->command->packet.way = EXPLAIN_WAY_IN;
			break;
		case EFFECT_OUT:
			p->command->packet.way = EXPLAIN_WAY_OUT;
			break;
		case EFFECT_DETAIL:
			p->command->detail = true;
			break;
		}
	}
}

/* The words in the brackets that a form begins with, which stand as a whole and in full or are values.  Their number.
 */
static size_t count_leading_words(const struct command_form *f, const char *const *words, size_t n_words)
{
	size_t n = command_form_skip_brackets(f);

	if (n_words < n)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], f->tokens[i].word) != 0)
			return 0;
	return n;
}

size_t command_begin(struct command_parser *p, const char *const *words, size_t n_words)
{
	if (!p->verb->leading_words_in_full)
		return 0;
	p->at[0] = command_form_skip_brackets(&p->verb->forms[0]);
	return count_leading_words(&p->verb->forms[0], words, n_words);
}
