/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a statement reads as the device has it, after terminals, mail and web pages. */
#ifndef MEMBER_IMPORT_SURE_H
#define MEMBER_IMPORT_SURE_H

#include "member/config/junos.h"

/*
 * Why the statement of N words may be another on the device; NULL: nothing speaks for it.  KEPT: the result has the
 * statement, so that its values count too.  CUT: it had more words.
 */
const char *import_unsure(const struct junos_word *const *words, size_t n, bool kept, bool cut);

#endif
