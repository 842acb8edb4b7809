/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of gvpnctl(8), as a table of tokens (command_table.c).  From the table follow: what is taken and how
 * far a word may be abbreviated (command_parse.c), the usage and the help (command_usage.c), the words that the
 * shells offer (command_complete.c), and the synopsis of the man page (tests/unit/ctl/test_command.c holds the page
 * against the table).
 *
 * A command is a verb and, behind the verb, the words of one of the verb's forms.  A form is a row of tokens: keywords,
 * and values that the user chooses.  What stands in brackets may be left out.
 */
#ifndef MEMBER_CTL_COMMAND_H
#define MEMBER_CTL_COMMAND_H

#include "member/api/explain.h"

#include <stdio.h>

enum token_type {
	TOKEN_KEYWORD,
	TOKEN_SOURCE, /* addresses of a packet */
	TOKEN_DESTINATION,
	TOKEN_PROTOCOL,
	TOKEN_SOURCE_PORT,
	TOKEN_DESTINATION_PORT,
	TOKEN_INTERFACE,
	TOKEN_VPN,
	TOKEN_FILE,
};

/* The meaning of a keyword beyond its place. */
enum token_effect { EFFECT_NONE, EFFECT_IN, EFFECT_OUT, EFFECT_DETAIL };

struct token {
	enum token_type type;
	const char *word; /* the keyword, or the value's name in the usage */
	const char *what; /* the value's name in messages: "the source address" */
	size_t shortest;  /* keyword: so many letters an abbreviation has at least; 0: written in full */
	enum token_effect effect;
	unsigned opens, closes; /* brackets before and behind the token */
	bool alternative;       /* the next token may stand in the place of this one */
};

enum show_view {
	SHOW_KEK,
	SHOW_KEK_DETAIL,
	SHOW_IPSEC,
	SHOW_IPSEC_DETAIL,
	SHOW_STATISTICS,
	SHOW_POLICY,
};

struct command_form {
	const struct token *tokens;
	size_t n_tokens;
	enum show_view view; /* of show; the word "detail" stands for the next one */
	const char *help;
};

enum command_option {
	OPTION_SOCKET,
	OPTION_JSON,
	OPTION_KEEP,
	OPTION_MAP,
	OPTION_KEYS,
	OPTION_HELP,
	OPTION_VERSION,
};
#define COMMAND_OPTIONS 7

struct option_token {
	const char *name;
	const char *value; /* the name of its value in the usage; NULL: the option takes none */
	const char *value_in_help;
	const char *help;
	bool repeats;
	bool behind;    /* stands behind the verb's words in the usage */
	bool tolerated; /* means nothing with verbs that do not name it, and is no error */
};

enum command_verb {
	VERB_SHOW,
	VERB_EXPLAIN,
	VERB_MONITOR,
	VERB_METRICS,
	VERB_CLEAR,
	VERB_RELOAD,
	VERB_STOP,
	VERB_IMPORT,
};
#define COMMAND_VERBS 8

/* How a word is refused that cannot stand where it stands. */
enum command_complaint {
	COMPLAINT_WORDS,    /* with the words that could */
	COMPLAINT_SYNOPSIS, /* with the synopsis of the verb's one form */
	COMPLAINT_TAKES,    /* with what the verb takes, in its own words */
};

struct verb_token {
	const char *name;
	size_t shortest; /* a verb that changes something is written in full: 0 */
	const struct command_form *forms;
	size_t n_forms;
	const char *synopsis;       /* stands for the forms in the usage; NULL: they are few and short */
	bool leading_words_in_full; /* the words in the first brackets stand as a whole and in full, or are values */
	unsigned options;           /* bits, 1 << enum command_option */
	enum command_complaint complaint;
	const char *takes, *missing;
	const char *help;
};

extern const struct verb_token command_verbs[COMMAND_VERBS];
extern const struct option_token command_options[COMMAND_OPTIONS];

/* A command line that was read.  The strings are those of the words it was read from. */
struct command {
	enum command_verb verb;
	enum show_view view;           /* show */
	bool detail;                   /* the word stands there; VIEW says so already */
	struct explain_request packet; /* explain */
	const char *vpn;               /* clear; NULL: all */
	const char *file;              /* import */
};

struct command_error {
	char text[512];
	bool with_usage; /* the usage is printed behind the text */
};

/* The verb that WORD names or abbreviates; -EINVAL with ERR. */
GVPN_MUST_CHECK int command_verb_find(enum command_verb *ret, const char *word, struct command_error *err);
/* WORDS are those behind the verb.  RET is written on success only.  -EINVAL with ERR: the word, and what could stand
 * there. */
GVPN_MUST_CHECK int command_parse(struct command *ret, enum command_verb verb, const char *const *words, size_t n_words,
				  struct command_error *err);
/* "'show', 'explain' and 'monitor'": the verbs that take OPTION.  OPTION negative: "show, ... or import", all. */
void command_list_verbs(char *buf, size_t size, int option);

/* "[security group-vpn member] kek security-associations [detail]": tokens FROM and later. */
void command_form_synopsis(FILE *out, const struct command_form *form, size_t from);
/* The first token behind the brackets that FORM begins with, 0 where it begins otherwise. */
size_t command_form_skip_brackets(const struct command_form *form);
/* "[--socket PATH] [--json] show WORDS...": FORM NULL stands for all forms of the verb. */
void command_synopsis(FILE *out, enum command_verb verb, const struct command_form *form);
void command_usage(FILE *out);
void command_help(FILE *out); /* the usage and more */

#define COMMAND_COMPLETE_WORDS_MAX 32
/*
 * Prints the words that may stand in the place of the last of WORDS: "WORD<tab>HELP", one a line, whatever that last
 * word begins with.  WORDS are the words behind the tool's name.  ":vpn", ":interface", ":file" and ":folder" stand for
 * lists that the shell makes.
 */
void command_complete(FILE *out, const char *const *words, size_t n);

#endif
