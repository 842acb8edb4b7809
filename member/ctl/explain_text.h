/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The answer of "gvpnctl explain" as text; gvpn-json(5) says what its keys are.
 */
#ifndef MEMBER_CTL_EXPLAIN_TEXT_H
#define MEMBER_CTL_EXPLAIN_TEXT_H

#include <json-c/json.h>

#include <stdio.h>

/* ANSWER after json_make_printable(); what is missing in it is printed as "-". */
void explain_print(FILE *out, struct json_object *answer);

#endif
