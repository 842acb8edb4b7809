/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what people paste to what member/config/junos.h reads: prompts and "[edit ...]" lines become whole "set" lines.
 */
#ifndef MEMBER_IMPORT_TEXT_H
#define MEMBER_IMPORT_TEXT_H

#include "member/import/report.h"

/*
 * *RET is a new string, which may hold secrets: the caller wipes and frees it.  In the result a "deactivate" or
 * "delete" line is a statement of that name.  Text without prompts keeps its lines, so that an error names the right
 * one.  Uncertain places go to DOUBTS.  -ENOMEM.
 */
GVPN_MUST_CHECK int import_text_plain(char **ret, size_t *ret_len, const char *text, size_t len,
				      struct import_doubts *doubts);

#endif
