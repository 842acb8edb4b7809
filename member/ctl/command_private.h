/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files command_*.c, and used nowhere else. */
#ifndef MEMBER_CTL_COMMAND_PRIVATE_H
#define MEMBER_CTL_COMMAND_PRIVATE_H

#include "member/ctl/command.h"

#define COMMAND_FORMS_MAX 4 /* of one verb */
#define COMMAND_CANDIDATES_MAX (COMMAND_FORMS_MAX * 8)

/*
 * The forms of a verb, followed side by side word by word.  Each form has one place, before the token that comes next,
 * and from there the brackets say what else may come.  A form that does not have the word that stands there is out.
 */
struct command_parser {
	const struct verb_token *verb;
	size_t at[COMMAND_FORMS_MAX]; /* of each form, the token that comes next */
	bool out[COMMAND_FORMS_MAX];
	const char *last; /* the word before; NULL: the verb */
	char after[96];   /* the keywords so far, in full, " " before each */
	struct command *command;
	struct command_error *err;
};

/* A token that may come next. */
struct command_candidate {
	const struct token *token;
	size_t form, next; /* the form that has the token, and that form's place behind the token */
	bool optional;     /* the token stands in brackets that open here */
};

/* Begins with WORDS; the number of them that are passed over. */
size_t command_begin(struct command_parser *p, const char *const *words, size_t n_words);
size_t command_candidates(const struct command_parser *p, struct command_candidate ret[static COMMAND_CANDIDATES_MAX]);
/* Whether candidate I has a keyword that no candidate before it has. */
bool command_is_first_of_keyword(const struct command_candidate *c, size_t i);
/* The keyword that TYPED is: the only one that it abbreviates, or the one that it spells out.  Their number. */
size_t command_find_keyword(const char **ret, const struct command_candidate *c, size_t n, const char *typed);
bool command_abbreviates(const char *typed, const char *word, size_t shortest);
/* Goes on behind KEYWORD in the forms that have it here. */
void command_take_keyword(struct command_parser *p, const struct command_candidate *c, size_t n, const char *keyword);
/* The form that is complete here, NULL: none is. */
const struct command_form *command_complete_form(const struct command_parser *p);

/* Takes one word.  -EINVAL with the parser's error. */
GVPN_MUST_CHECK int command_take_word(struct command_parser *p, const char *typed);

/* Whether a value can stand there: ports do not behind an application, which has said the port. */
bool command_takes_value(const struct command_parser *p, const struct token *t);
/* TYPED as the candidate's value.  -EINVAL with the parser's error. */
GVPN_MUST_CHECK int command_take_value(struct command_parser *p, const struct command_candidate *c, const char *typed);
const char *command_last_word(const struct command_parser *p); /* or the verb */
/* A value is missing. */
int command_refuse_missing(struct command_parser *p, const struct token *t);

__attribute__((format(printf, 3, 4))) int command_refuse(struct command_error *err, bool with_usage, const char *fmt,
							 ...);

#endif
