/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/snapshot_private.h"

#include "lib/selector.h"

void snapshot_add_string(struct json_object *o, const char *key, const char *value)
{
	json_object_object_add(o, key, json_object_new_string(value));
}

void snapshot_add_count(struct json_object *o, const char *key, uint64_t value)
{
	json_object_object_add(o, key, json_object_new_int64((int64_t)value));
}

void snapshot_add_bool(struct json_object *o, const char *key, bool value)
{
	json_object_object_add(o, key, json_object_new_boolean(value));
}

void snapshot_add_address(struct json_object *o, const char *key, uint32_t addr)
{
	char text[ADDRESS_TEXT_MAX];

	snapshot_add_string(o, key, address_format(addr, text));
}

void snapshot_add_seconds_until(struct json_object *o, const char *key, uint64_t now, uint64_t at)
{
	if (at == UINT64_MAX)
		json_object_object_add(o, key, NULL);
	else
		snapshot_add_count(o, key, at > now ? (at - now) / 1000 : 0);
}
