/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the octets of a file or a terminal's log to the lines that the terminal showed: carriage returns, backspaces and
 * escape sequences (ECMA-48) do what they do on a screen, the pager's marks go, so do the ">" of quoted mail, a byte
 * order mark, UTF-16, and characters that have no width.  Line N of the result is line N of the text.
 */
#ifndef MEMBER_IMPORT_SCREEN_H
#define MEMBER_IMPORT_SCREEN_H

#include "member/import/report.h"

/*
 * *RET is a new string, which may hold secrets: the caller wipes and frees it.  Uncertain places go to DOUBTS.
 * -ENOMEM.
 */
GVPN_MUST_CHECK int import_screen(char **ret, size_t *ret_len, const char *text, size_t len,
				  struct import_doubts *doubts);

#endif
