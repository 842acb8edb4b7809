/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads Junos configuration text, braces and "set" lines mixed freely, into a tree of statements.  The reader knows the
 * grammar and no statement: the meaning of the words is the caller's to find (member/config/statement.h).
 *
 *   statement = {"inactive:" | "protect:"} word... [list] ( ";" | "{" statement... "}" )
 *             | "set" word... [list] end-of-line		(not inside braces)
 *   list      = "[" word... "]"
 *   word      = run of other characters | '"' with \" \\ \n \t inside '"'
 *
 * "#" to the end of the line and slash-star comments are skipped.  A "set" line is one statement without a block.
 * Lines and columns count from 1; a column is a character (a UTF-8 sequence, a tab), not an octet.
 *
 * The text may hold secrets: the copies made here are wiped by junos_free(), and no message repeats a word.
 */
#ifndef MEMBER_CONFIG_JUNOS_H
#define MEMBER_CONFIG_JUNOS_H

#include "member/config/error.h"
#include <stdio.h>
#include <sys/types.h>

struct junos_word {
	const char *text; /* unescaped, zero-terminated; has no zero inside */
	size_t len;
	uint32_t line, column;
	bool quoted;
	bool listed; /* stood in [ ]; then so did every later word of the statement */
	/* Set by a tolerant reading alone: */
	bool odd;    /* a backslash in it stands before another character than junos_parse() takes */
	bool broken; /* a line ends before it, within its statement; in a list, only where a word may be broken too */
};

struct junos_node {
	const struct junos_word *words;
	size_t n_words; /* at least 1 */
	bool inactive;  /* "inactive:" stood before it: it and its block are to be passed over */
	bool block;     /* had braces, perhaps with nothing inside */
	bool cut;       /* of a tolerant reading: it had more than JUNOS_STATEMENT_MAX words */
	struct junos_node *child, *next;
};

struct junos;

/*
 * NAME stands for the file in messages.  Errors: -EINVAL with ERR for text that is not of the grammar or exceeds a
 * bound above; -ENOMEM.
 */
GVPN_MUST_CHECK int junos_parse(struct junos **ret, const char *name, const char *text, size_t len,
				struct config_error *err);
/*
 * The same for the text of a device, of which most is not ours: reads over an unknown escape, a statement of too many
 * words, and any number of words, and marks them in the tree.  *COMMENT is the line of a comment that may hold a
 * statement, because a line's or a comment's end is lost; 0: none.
 */
GVPN_MUST_CHECK int junos_parse_tolerant(struct junos **ret, const char *name, const char *text, size_t len,
					 uint32_t *comment, struct config_error *err);
void junos_free(struct junos *j); /* wipes; NULL is fine */
static inline void junos_freep(struct junos **j)
{
	junos_free(*j);
}

const struct junos_node *junos_first(const struct junos *j); /* the first statement, NULL when there is none */
const char *junos_name(const struct junos *j);

/* TEXT as a word in quotes, which junos_parse() reads back as it was; in quotes no word is a tag or a command. */
void junos_put_quoted(FILE *out, const char *text);

/* The content of a file, read whole.  Wipe with junos_file_free(). */
struct junos_file {
	char *text;
	size_t len;
	uint32_t mode; /* permission bits */
	gid_t gid;
};

/*
 * Errors: what open() and read() say, -EISDIR or -EINVAL for what is no regular file, -EFBIG above MAX octets; each
 * with ERR: "PATH: ...".
 */
GVPN_MUST_CHECK int junos_file_read(struct junos_file *ret, const char *path, size_t max, struct config_error *err);
void junos_file_free(struct junos_file *f);

#endif
