/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the man pages share.  Run them from the root of the tree. */
#ifndef TESTS_UNIT_SUPPORT_MAN_PAGE_H
#define TESTS_UNIT_SUPPORT_MAN_PAGE_H

#include "lib/gvpn.h"

#define MAN_PAGE_MAX 131072

char *man_read_page(const char *name); /* the caller frees it */
/* The next display of a page at *AT, as text: a literal block, or one line; NULL: no more.  The caller frees it. */
char *man_next_display(const char **at);
/* In place, as a reader sees the text: "\e" is a backslash, "\-" a minus, "\&" nothing. */
void man_unescape(char *text);
/* Whether the page has the word, whole. */
bool man_has_word(const char *page, const char *word);

#endif
