/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a statement reads as the device has it, after terminals, mail and web pages. */
#ifndef MEMBER_IMPORT_DAMAGE_H
#define MEMBER_IMPORT_DAMAGE_H

#include "member/config/junos.h"

/*
 * Why the statement of N words may be another on the device; NULL: nothing speaks for that.  KEPT: the result has the
 * statement, so that its values count too.  CUT: the statement had more words.
 */
const char *import_damage_of(const struct junos_word *const *words, size_t n, bool kept, bool cut);

/*
 * Set lines that end at the edge of a terminal.  When the longest line of a text is just as wide as a terminal, words
 * beyond the edge may have been cut off, and the shorter line is a statement as well ("10.2.0.0/16" becomes
 * "10.2.0.0/1").
 */
struct import_cut_lines {
	bool *at; /* for each line, from 1: a set line that ends at the edge; NULL: no line does */
	size_t n;
};

/* -ENOMEM. */
GVPN_MUST_CHECK int import_cut_lines_find(struct import_cut_lines *ret, const char *text, size_t len);
/* Whether the last word of a statement ends such a line. */
bool import_is_cut_line(const struct import_cut_lines *c, const struct junos_word *last);
void import_cut_lines_free(struct import_cut_lines *c);

#endif
