/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words and marks of Junos text (junos_lex.c) and its grammar (junos_parse.c), for junos.c alone.  Text of LEN
 * octets makes at most LEN + 1 octets of words, each with its zero: a word is followed by a mark, or by white space, or
 * stood in two quotes.
 */
#ifndef MEMBER_CONFIG_JUNOS_LEX_H
#define MEMBER_CONFIG_JUNOS_LEX_H

#include "member/config/junos.h"

enum junos_token_kind {
	TOKEN_WORD,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_LIST_OPEN,
	TOKEN_LIST_CLOSE,
	TOKEN_END_STATEMENT,
	TOKEN_NEWLINE,
	TOKEN_END
};

struct junos_token {
	enum junos_token_kind kind;
	struct junos_word word; /* its place, and for TOKEN_WORD its text */
};

struct junos_lexer {
	const char *name;
	const char *text;
	size_t len, pos;
	uint32_t line, column;
	char *arena; /* LEN + 1 octets, the words' */
	size_t arena_used, n_words;
	struct config_error *err;
	bool tolerant;
	uint32_t comment; /* the line of one that may hold a statement, 0: none; of a tolerant reading */
};

/* A newline is a token only where it matters.  -EINVAL with the lexer's ERR. */
GVPN_MUST_CHECK int junos_lex(struct junos_lexer *l, bool newline_matters, struct junos_token *ret);

/*
 * Reads the statements of the whole text.  After an error, too, the caller frees the statements that were read so far.
 * -EINVAL, -ENOMEM.
 */
GVPN_MUST_CHECK int junos_parse_text(struct junos_node **ret, struct junos_lexer *lexer);

/* Sets ERR, for the place of AT; returns -EINVAL. */
__attribute__((format(printf, 3, 4))) int junos_fail(struct junos_lexer *l, const struct junos_word *at,
						     const char *fmt, ...);

#endif
