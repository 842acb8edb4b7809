/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "gvpnctl explain" on the tool's side: the words of the command line, and the answer (member/api/explain.h) as text.
 */
#ifndef MEMBER_CTL_EXPLAIN_TEXT_H
#define MEMBER_CTL_EXPLAIN_TEXT_H

#include "member/api/explain.h"

#include <json-c/json.h>

#include <stdio.h>

/*
 * SRC DST [PROTOCOL [SPORT DPORT]] [in|out] [on INTERFACE].  PROTOCOL is a number or a name, as in a rule of
 * gvpnd.conf(5), or an application's name, which says the destination port too.  A port is a number or "any", which is
 * 0.  -EINVAL with ERR: the word, what is wrong with it and what could stand there.
 */
GVPN_MUST_CHECK int explain_words(struct explain_request *ret, char *const *words, size_t n, char err[static 400]);

/* ANSWER after json_make_printable(); what is missing in it is printed as "-". */
void explain_print(FILE *out, struct json_object *answer);

#endif
