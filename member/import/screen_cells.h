/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of a terminal, as its cells look after all that was sent to it (ECMA-48). */
#ifndef MEMBER_IMPORT_SCREEN_CELLS_H
#define MEMBER_IMPORT_SCREEN_CELLS_H

#include "lib/gvpn.h"

struct cells {
	char *text; /* what the line shows; of LEN octets */
	size_t len;
	const char *why; /* NULL, or why it may not be what the device printed */
};

/* Whether anything between P and END moves the cursor: other lines show what they say. */
bool cells_needed(const char *p, const char *end);
/* RET is freed, and wiped, with cells_free().  -ENOMEM. */
GVPN_MUST_CHECK int cells_show(struct cells *ret, const char *p, const char *end);
void cells_free(struct cells *c);

#endif
