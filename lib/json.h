/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions that json-c lacks, and shorter calls for those that it has. */
#ifndef LIB_JSON_H
#define LIB_JSON_H

#include "lib/base.h"

#include <json-c/json.h>

/* Replaces control characters in every string, in place, so that no text of a peer drives the terminal. */
GVPN_MUST_CHECK int json_make_printable(struct json_object *o);

/* Members of the object O; an address is a string. */
void json_add_string(struct json_object *o, const char *key, const char *value);
void json_add_string_or_null(struct json_object *o, const char *key, const char *value); /* NULL or "": null */
void json_add_count(struct json_object *o, const char *key, uint64_t value);
void json_add_bool(struct json_object *o, const char *key, bool value);
void json_add_address(struct json_object *o, const char *key, uint32_t addr);

static inline void json_putp(struct json_object **o)
{
	json_object_put(*o);
}

#endif
