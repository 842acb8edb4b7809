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

/*
 * Reading what somebody may have changed: member KEY of the object O, if it is there and has the type.  A number is 0
 * to MAX, an array has at most MAX elements, a string has no zero octet in it; string and array live as long as O.
 */
bool json_take_number(const struct json_object *o, const char *key, uint64_t max, uint64_t *ret);
bool json_take_bool(const struct json_object *o, const char *key, bool *ret);
const char *json_take_string(const struct json_object *o, const char *key);                          /* or NULL */
const struct json_object *json_take_array(const struct json_object *o, const char *key, size_t max); /* or NULL */

static inline void json_putp(struct json_object **o)
{
	json_object_put(*o);
}

#endif
