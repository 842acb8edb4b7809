/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/json.h"

#include "lib/printable.h"
#include "lib/selector.h"

#include <json-c/json_visit.h>
#include <stdlib.h>

static bool mask_controls(char *s)
{
	bool changed = false;
	size_t next;

	for (; *s; s += next) {
		size_t bad = printable_bad(s, &next);

		memset(s, '?', bad);
		changed |= bad > 0;
	}
	return changed;
}

static int visit_value(struct json_object *o, int flags, struct json_object *parent, const char *key, size_t *idx,
		       void *data)
{
	(void)parent, (void)key, (void)idx, (void)data;

	if (flags == JSON_C_VISIT_SECOND || !json_object_is_type(o, json_type_string))
		return JSON_C_VISIT_RETURN_CONTINUE;
	char *copy = strdup(json_object_get_string(o));
	if (!copy)
		return JSON_C_VISIT_RETURN_ERROR;
	bool failed = mask_controls(copy) && json_object_set_string(o, copy) == 0;
	free(copy);
	return failed ? JSON_C_VISIT_RETURN_ERROR : JSON_C_VISIT_RETURN_CONTINUE;
}

int json_make_printable(struct json_object *o)
{
	return json_c_visit(o, 0, visit_value, NULL) < 0 ? -ENOMEM : 0;
}

void json_add_string(struct json_object *o, const char *key, const char *value)
{
	json_object_object_add(o, key, json_object_new_string(value));
}

void json_add_string_or_null(struct json_object *o, const char *key, const char *value)
{
	json_object_object_add(o, key, value && value[0] ? json_object_new_string(value) : NULL);
}

void json_add_count(struct json_object *o, const char *key, uint64_t value)
{
	json_object_object_add(o, key, json_object_new_int64((int64_t)value));
}

void json_add_bool(struct json_object *o, const char *key, bool value)
{
	json_object_object_add(o, key, json_object_new_boolean(value));
}

void json_add_address(struct json_object *o, const char *key, uint32_t addr)
{
	char text[ADDRESS_TEXT_MAX];

	json_add_string(o, key, address_format(addr, text));
}

static struct json_object *member_of(const struct json_object *o, const char *key, enum json_type type)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) && json_object_is_type(v, type) ? v : NULL;
}

bool json_take_number(const struct json_object *o, const char *key, uint64_t max, uint64_t *ret)
{
	struct json_object *v = member_of(o, key, json_type_int);

	if (!v || json_object_get_int64(v) < 0)
		return false;
	*ret = json_object_get_uint64(v);
	return *ret <= max;
}

bool json_take_bool(const struct json_object *o, const char *key, bool *ret)
{
	struct json_object *v = member_of(o, key, json_type_boolean);

	if (v)
		*ret = json_object_get_boolean(v);
	return v;
}

const char *json_take_string(const struct json_object *o, const char *key)
{
	struct json_object *v = member_of(o, key, json_type_string);
	const char *text = v ? json_object_get_string(v) : NULL;

	return text && strlen(text) == (size_t)json_object_get_string_len(v) ? text : NULL;
}

const struct json_object *json_take_array(const struct json_object *o, const char *key, size_t max)
{
	struct json_object *v = member_of(o, key, json_type_array);

	return v && json_object_array_length(v) <= max ? v : NULL;
}
