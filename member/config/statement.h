/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the words of Junos statements (member/config/junos.h) by a table that says which statements there are, what
 * value each takes, and how often it may stand.  The result knows the place of each word, so that errors of sense point
 * there too.
 *
 * Blocks of the same name that stand apart, in braces or in set lines, are one block, as in Junos.
 */
#ifndef MEMBER_CONFIG_STATEMENT_H
#define MEMBER_CONFIG_STATEMENT_H

#include "member/config/junos.h"

enum statement_kind {
	STATEMENT_LEAF,  /* takes one value, or none (TYPE_FLAG) */
	STATEMENT_BLOCK, /* holds other statements */
	/*
	 * Stands in pasted files and means nothing here: a warning that says `help`.  Without a help of its own, the
	 * nearest block around it that has one is said to be ignored in part, once.
	 */
	STATEMENT_IGNORED,
	STATEMENT_REFUSED, /* known, and cannot be honoured: an error that says `help` */
};

enum statement_type {
	TYPE_FLAG,
	TYPE_NAME,      /* up to GVPN_NAME_MAX - 1 printable characters without space */
	TYPE_TEXT,      /* any text */
	TYPE_SECRET,    /* any text; never repeated in a message */
	TYPE_NUMBER,    /* schema's min to max */
	TYPE_GROUP,     /* the same, or written as an IPv4 address: the form is the reader's to judge */
	TYPE_ADDRESS,   /* an IPv4 unicast address */
	TYPE_PREFIX,    /* an IPv4 address or prefix, or any */
	TYPE_PORTS,     /* N or N-M; 0 is any */
	TYPE_PROTOCOL,  /* a number or a name; 0 is any */
	TYPE_INTERFACE, /* a Linux interface name */
	TYPE_CHOICE,    /* one of schema's choices */
};

#define STATEMENT_MANDATORY (1u << 0) /* its block must have it */
#define STATEMENT_NAMED (1u << 1)     /* block: a name follows the keyword */
#define STATEMENT_ONE_OF (1u << 2)    /* block: exactly one of its statements stands in it */
/*
 * Named block: no keyword, every other word is such a name (interfaces { NAME; }).  Ignored: every word that is none of
 * its neighbours, unless it looks like one misspelt.
 */
#define STATEMENT_ANY_NAME (1u << 3)
/*
 * Block: no message repeats a word of the block, nor a word that the block around it does not know: a key with a ';'
 * that is not in quotes goes on in the block around.
 */
#define STATEMENT_SECRETS (1u << 4)
#define STATEMENT_VALUE_BLOCK (1u << 5) /* leaf with a limit: its values may stand in braces too ({ A; B; }) */

struct statement_choice {
	const char *name; /* NULL ends the list */
	uint32_t value;
};

struct statement_schema {
	const char *name;  /* NULL ends the list */
	const char *alias; /* another spelling, or NULL */
	enum statement_kind kind;
	enum statement_type type;
	unsigned flags;
	uint32_t min, max; /* TYPE_NUMBER */
	size_t limit;      /* leaf: so many values, written in a list or one by one; 0: a single value.
			      named block: so many names */
	const struct statement_choice *choices;  /* TYPE_CHOICE */
	const struct statement_schema *children; /* block */
	const char *help;
};

/* Entries of a schema.  The last one ends the list. */
#define SCHEMA_BLOCK(keyword, its_flags, statements)                                                                   \
	{                                                                                                              \
		.name = (keyword), .kind = STATEMENT_BLOCK, .flags = (its_flags), .children = (statements)             \
	}
/* Blocks of one keyword, each with a name behind the keyword, at most MOST of them. */
#define SCHEMA_NAMED_BLOCKS(keyword, its_flags, most, statements)                                                      \
	{                                                                                                              \
		.name = (keyword), .kind = STATEMENT_BLOCK, .flags = STATEMENT_NAMED | (its_flags), .limit = (most),   \
		.children = (statements)                                                                               \
	}
#define SCHEMA_IGNORED(keyword, why)                                                                                   \
	{                                                                                                              \
		.name = (keyword), .kind = STATEMENT_IGNORED, .help = (why)                                            \
	}
#define SCHEMA_REFUSED(keyword, why)                                                                                   \
	{                                                                                                              \
		.name = (keyword), .kind = STATEMENT_REFUSED, .help = (why)                                            \
	}
#define SCHEMA_END                                                                                                     \
	{                                                                                                              \
		.name = NULL                                                                                           \
	}

struct statement_value {
	const struct junos_word *word;
	uint32_t number; /* number, address, protocol, choice's value */
	struct ip_prefix prefix;
	struct port_range ports;
};

struct statement {
	const struct statement_schema *schema;
	const struct junos_word *keyword; /* at its first appearance */
	const struct junos_word *name;    /* of a named block */
	struct statement *parent;
	struct statement *child, *last, *next;
	struct statement_value *values;
	size_t n_values;
	bool noted; /* it was said that some of it is ignored */
};

#define STATEMENT_WARNINGS_MAX 64 /* those beyond are dropped */

struct statements;

/*
 * ROOT is the schema of the whole file; J is borrowed and must outlive the result, as must ERR, into which every later
 * statement_fail() writes.  -EINVAL with ERR; -ENOMEM.
 */
GVPN_MUST_CHECK int statements_read(struct statements **ret, const struct junos *j, const struct statement_schema *root,
				    struct config_error *err);
/* The same, but the words in blocks of STATEMENT_SECRETS are passed over: they need not be valid. */
GVPN_MUST_CHECK int statements_read_unkeyed(struct statements **ret, const struct junos *j,
					    const struct statement_schema *root, struct config_error *err);
bool statements_unkeyed(const struct statements *s); /* read so */
void statements_free(struct statements *s);          /* NULL is fine */
static inline void statements_freep(struct statements **s)
{
	statements_free(*s);
}

const struct statement *statements_root(const struct statements *s);

/* Stands for a key in a text without keys, and is a valid one. */
#define STATEMENTS_UNKEYED_KEY "left-out"
/*
 * The statements of S as text again, in braces.  A block of STATEMENT_SECRETS holds STATEMENTS_UNKEYED_KEY in place of
 * its key.  Comments, inactive statements and ignored ones are left out, as they mean nothing and may hold secrets.
 * The caller frees *RET.  -ENOMEM.
 */
GVPN_MUST_CHECK int statements_unkeyed_text(char **ret, const struct statements *s);

/* The block's first statement of that name, NULL when there is none or BLOCK is NULL. */
const struct statement *statement_child(const struct statement *block, const char *name);
/* The next one with the same keyword in the same block. */
const struct statement *statement_next(const struct statement *st);
/* The block NAMED so, among those with the keyword. */
const struct statement *statement_named(const struct statement *block, const char *keyword, const char *name);
/* The first value of the block's leaf of that name, NULL when it does not stand there. */
const struct statement_value *statement_value(const struct statement *block, const char *name);
/* Its number, or FALLBACK. */
uint32_t statement_number(const struct statement *block, const char *name, uint32_t fallback);
/*
 * "a, b, c": the names of the blocks with that keyword, for "expected one of"; "none is defined" when there are none.
 */
const char *statement_names(const struct statement *block, const char *keyword, char buf[static 128]);

/*
 * Writes "NAME:LINE:COLUMN: STATEMENT: what is wrong; what was expected" to the reader's ERR; returns -EINVAL.
 * ST may be NULL.  AT may be NULL: ST's keyword, or the file's beginning.
 */
__attribute__((format(printf, 4, 5))) int statement_fail(struct statements *s, const struct statement *st,
							 const struct junos_word *at, const char *fmt, ...);
/* The same for a fault that a program may want to tell from others. */
__attribute__((format(printf, 5, 6))) int statement_fault(struct statements *s, enum config_fault fault,
							  const struct statement *st, const struct junos_word *at,
							  const char *fmt, ...);
/* The same where the words repeat AT in quotes, by statement_show(). */
__attribute__((format(printf, 5, 6))) int statement_fault_word(struct statements *s, enum config_fault fault,
							       const struct statement *st, const struct junos_word *at,
							       const char *fmt, ...);
/* The same as a warning. */
__attribute__((format(printf, 4, 5))) void statement_warn(struct statements *s, const struct statement *st,
							  const struct junos_word *at, const char *fmt, ...);
size_t statement_warnings(const struct statements *s);
const char *statement_warning(const struct statements *s, size_t i);

/* The fault of a word that is no value. */
enum value_fault {
	VALUE_NONE,
	VALUE_OF_OTHER_FORM,
	VALUE_OUT_OF_RANGE,
	VALUE_NAME_LENGTH,
	VALUE_NAME_CHARACTER,
	VALUE_INTERFACE_WILDCARD,
	VALUE_INTERFACE_SLASH,
	VALUE_INTERFACE_CHARACTER,
	VALUE_INTERFACE_LENGTH,
};

#define VALUE_WORDS_MAX 300

/* Reads the value of one word; RET is written where nothing is wrong. */
GVPN_MUST_CHECK enum value_fault
statement_value_parse(struct statement_value *ret, const struct statement_schema *schema, const struct junos_word *w);
/* The fault of W and the expected value, without the word itself. */
const char *statement_value_words(char buf[static VALUE_WORDS_MAX], enum value_fault fault,
				  const struct statement_schema *schema, const struct junos_word *w);
/* The fault of a statement whose value has FAULT. */
enum config_fault statement_value_config_fault(enum value_fault fault);
/* The form of a schema's value, in words ("a number from 1 to 10"). */
const char *statement_expected(const struct statement_schema *schema, char buf[static 200]);
/* The word of the list that an unknown word most likely means: the nearest spelling, or NULL when none is near. */
const char *statement_nearest(const char *word, const char *const *names, size_t n);
/* Adds a name to a list, ", " between them; one for which there is no room, and those after it, are ", ...". */
void statement_list_add(char *list, size_t size, const char *name);
/* A word for a message: printable, shortened. */
const char *statement_show(const struct junos_word *w, char buf[static 68]);

#endif
