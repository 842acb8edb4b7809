/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What json-c lacks. */
#ifndef LIB_JSON_H
#define LIB_JSON_H

#include "lib/gvpn.h"

#include <json-c/json.h>

/* Replaces control characters in every string, in place, so that no text of a peer drives the terminal. */
GVPN_MUST_CHECK int json_make_printable(struct json_object *o);

static inline void json_putp(struct json_object **o)
{
	json_object_put(*o);
}

#endif
