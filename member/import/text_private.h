/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by text.c and text_prompt.c, and used nowhere else. */
#ifndef MEMBER_IMPORT_TEXT_PRIVATE_H
#define MEMBER_IMPORT_TEXT_PRIVATE_H

#include "member/import/text.h"

struct text_span {
	const char *at;
	size_t len;
};

struct text_writer {
	FILE *out;
	const char *text, *end; /* the whole, for the numbers of lines */
	struct import_doubts *doubts;
	struct text_span hierarchy; /* of the command line */
	bool moved;                 /* by "edit", "up" and the like, and no "[edit ...]" has said where to */
	struct text_span host;      /* of the first prompt */
};

bool text_begins(const char *p, const char *end, const char *word);
/* Whether a prompt "user@host# " or "user@host> " stands at P. */
bool text_is_prompt(const char *p, const char *end);
size_t text_line_of(const struct text_writer *w, const char *p);
/* The place at which the next prompt or "[edit" begins, at P or later; END when there is none. */
const char *text_next_mark(const char *p, const char *end);
struct text_span text_trim(const char *from, const char *to);
/*
 * The command that changes the configuration otherwise than "set": "delete" and the like; NULL: there is no such
 * command.
 */
const char *text_command_verb(struct text_span line);
/* The state of the node, "{primary:node0}", which the terminal of a cluster adds. */
bool text_is_terminal(struct text_span line);
/* The last line of the text, and nothing shows that it is whole. */
bool text_is_open(const struct text_writer *w, const char *end);
void text_doubt_open(const struct text_writer *w, const char *end);
/* Whether this is configuration and not prose, by its first line. */
bool text_is_configuration(const char *p, const char *end);
/* A line of a configuration among what is not taken: WHY is told. */
void text_doubt_part(const struct text_writer *w, const char *p, const char *end, const char *why);
void text_put_lines(const struct text_writer *w, const char *p, const char *end);

/* Takes the text behind the prompt at P (text_prompt.c); gives the place at which that text ends. */
const char *text_put_prompted(struct text_writer *w, const char *p);

#endif
