/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Set lines that end where a terminal does: when the longest line of a text has just a terminal's width, what stood
 * beyond may have been cut off, and a shorter line is a statement as well ("10.2.0.0/16" becomes "10.2.0.0/1").
 */
#ifndef MEMBER_IMPORT_EDGE_H
#define MEMBER_IMPORT_EDGE_H

#include "member/config/junos.h"

struct import_edge {
	bool *at; /* for each line, from 1: it is a set line that ends at the edge; NULL: no line does */
	size_t n;
};

/* -ENOMEM. */
GVPN_MUST_CHECK int import_edge_find(struct import_edge *ret, const char *text, size_t len);
/* Whether the last word of a statement ends such a line. */
bool import_edge_cuts(const struct import_edge *e, const struct junos_word *last);
void import_edge_free(struct import_edge *e);

#endif
