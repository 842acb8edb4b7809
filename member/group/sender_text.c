/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sender store as text, for its file.  A text that is not as sender_store_text() makes it is refused as a whole. */
#include "member/group/sender_store_private.h"

#include "lib/json.h"

#include <stdlib.h>

#define FORMAT 1 /* raised when a name goes, or gets another meaning */
#define KEY_TEXT_LEN (2 * SENDER_KEY_LEN)

/* --- writing --- */

static void add_key(struct json_object *o, const struct sender_key *key)
{
	static const char digits[] = "0123456789abcdef";
	char text[KEY_TEXT_LEN + 1] = "";

	for (size_t i = 0; i < SENDER_KEY_LEN; i++) {
		text[2 * i] = digits[key->octets[i] >> 4];
		text[2 * i + 1] = digits[key->octets[i] & 15];
	}
	json_add_string(o, "key", text);
}

static struct json_object *use_object(const struct sender_use *u)
{
	struct json_object *o = json_object_new_object();

	add_key(o, &u->key);
	json_add_count(o, "bits", u->bits);
	json_add_count(o, "prefix", u->prefix);
	json_add_count(o, "tries", u->tries);
	json_add_count(o, "ends", u->ends);
	json_add_bool(o, "spent", u->spent);
	if (u->held) {
		json_add_count(o, "local", u->sa.local);
		json_add_count(o, "spi", u->sa.spi);
	}
	return o;
}

static struct json_object *owned_object(const struct sender_owned *owned)
{
	struct json_object *o = json_object_new_object(), *ids = json_object_new_array();

	json_add_string(o, "name", owned->owner.name);
	json_add_count(o, "group", owned->owner.group);
	json_add_count(o, "local", owned->owner.local);
	json_add_count(o, "bits", owned->ids.bits);
	for (size_t i = 0; i < owned->ids.n; i++)
		json_object_array_add(ids, json_object_new_uint64(owned->ids.ids[i]));
	json_object_object_add(o, "ids", ids);
	return o;
}

char *sender_store_text(const struct sender_store *s)
{
	struct json_object *o = json_object_new_object(), *vpns = json_object_new_array(),
			   *uses = json_object_new_array();
	const char *text;
	char *ret;

	json_add_count(o, "format", FORMAT);
	for (size_t i = 0; i < s->n_owned; i++)
		json_object_array_add(vpns, owned_object(&s->owned[i]));
	json_object_object_add(o, "vpns", vpns);
	for (size_t i = 0; i < s->n_uses; i++)
		json_object_array_add(uses, use_object(&s->uses[i]));
	json_object_object_add(o, "uses", uses);
	text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
	ret = text ? strdup(text) : NULL;
	json_object_put(o);
	return ret;
}

/* --- reading --- */

static int digit_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool take_key(const struct json_object *o, struct sender_key *ret)
{
	const char *text = json_take_string(o, "key");

	if (!text || strlen(text) != KEY_TEXT_LEN)
		return false;
	for (size_t i = 0; i < SENDER_KEY_LEN; i++) {
		int high = digit_value(text[2 * i]), low = digit_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret->octets[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool take_bits(const struct json_object *o, uint8_t *ret)
{
	uint64_t bits;

	if (!json_take_number(o, "bits", SID_BITS_MAX, &bits) || bits == 0)
		return false;
	*ret = (uint8_t)bits;
	return true;
}

static bool read_ids(const struct json_object *o, struct sender_ids *ret)
{
	const struct json_object *ids = json_take_array(o, "ids", SENDER_IDS_MAX);

	if (!ids || json_object_array_length(ids) == 0 || !take_bits(o, &ret->bits))
		return false;
	for (; ret->n < json_object_array_length(ids); ret->n++) {
		const struct json_object *v = json_object_array_get_idx(ids, ret->n);

		if (!json_object_is_type(v, json_type_int) || json_object_get_int64(v) < 0 ||
		    json_object_get_uint64(v) > UINT32_MAX ||
		    !sender_id_fits(ret->bits, (uint32_t)json_object_get_uint64(v)))
			return false;
		ret->ids[ret->n] = (uint32_t)json_object_get_uint64(v);
	}
	return true;
}

static bool read_owned(const struct json_object *o, struct sender_store *s)
{
	struct sender_owned *owned = &s->owned[s->n_owned];
	uint64_t group, local;
	const char *name = json_take_string(o, "name");

	*owned = (struct sender_owned){ 0 };
	if (!name || !name[0] || strlen(name) >= GVPN_NAME_MAX || !json_take_number(o, "group", UINT32_MAX, &group) ||
	    !json_take_number(o, "local", UINT32_MAX, &local) || !read_ids(o, &owned->ids))
		return false;
	strncpy(owned->owner.name, name, sizeof(owned->owner.name) - 1);
	owned->owner.group = (uint32_t)group;
	owned->owner.local = (uint32_t)local;
	if (sender_store_ids(s, &owned->owner)) /* among those before it */
		return false;
	s->n_owned++;
	return true;
}

/* Both numbers of the SA that holds it, or neither. */
static bool read_holder(const struct json_object *o, struct sender_use *ret)
{
	uint64_t local, spi;
	bool has_local = json_object_object_get_ex(o, "local", NULL),
	     has_spi = json_object_object_get_ex(o, "spi", NULL);

	if (!has_local && !has_spi)
		return true;
	if (!json_take_number(o, "local", UINT32_MAX, &local) || !json_take_number(o, "spi", UINT32_MAX, &spi) ||
	    ret->spent)
		return false;
	ret->held = true;
	ret->sa = (struct sender_sa){ (uint32_t)local, (uint32_t)spi };
	return true;
}

static bool same_prefix(const struct sender_use *a, const struct sender_use *b)
{
	return a->prefix == b->prefix && memcmp(&a->key, &b->key, sizeof(a->key)) == 0;
}

static bool read_use(const struct json_object *o, struct sender_store *s)
{
	struct sender_use u = { 0 };
	uint64_t prefix, tries;

	if (!take_key(o, &u.key) || !take_bits(o, &u.bits) || !json_take_number(o, "prefix", UINT32_MAX, &prefix) ||
	    !json_take_number(o, "tries", UINT32_MAX, &tries) || !json_take_number(o, "ends", INT64_MAX, &u.ends) ||
	    !json_take_bool(o, "spent", &u.spent) || !read_holder(o, &u))
		return false;
	u.prefix = (uint32_t)prefix;
	u.tries = (uint32_t)tries;
	for (size_t i = 0; i < s->n_uses; i++)
		if (same_prefix(&s->uses[i], &u))
			return false;
	if (u.held && sender_store_held(s, &u.sa))
		return false;
	return sender_store_add_use(s, &u) == 0;
}

static bool read_all(const struct json_object *o, struct sender_store *s)
{
	const struct json_object *vpns, *uses;
	uint64_t format;

	if (!json_object_is_type(o, json_type_object) || !json_take_number(o, "format", FORMAT, &format) ||
	    format != FORMAT)
		return false;
	vpns = json_take_array(o, "vpns", CONFIG_VPNS_MAX);
	uses = json_take_array(o, "uses", s->env.max_uses);
	if (!vpns || !uses)
		return false;
	for (size_t i = 0; i < json_object_array_length(vpns); i++)
		if (!read_owned(json_object_array_get_idx(vpns, i), s))
			return false;
	for (size_t i = 0; i < json_object_array_length(uses); i++)
		if (!read_use(json_object_array_get_idx(uses, i), s))
			return false;
	return true;
}

/* TEXT is one object with nothing behind it. */
static struct json_object *parse_all(const char *text)
{
	struct json_tokener *t = json_tokener_new();
	struct json_object *o = t ? json_tokener_parse_ex(t, text, (int)strlen(text)) : NULL;

	if (o && (json_tokener_get_error(t) != json_tokener_success || text[json_tokener_get_parse_end(t)] != '\0')) {
		json_object_put(o);
		o = NULL;
	}
	if (t)
		json_tokener_free(t);
	return o;
}

int sender_store_read(struct sender_store *s, const char *text)
{
	_cleanup_(json_putp) struct json_object *o = strlen(text) <= SENDER_FILE_MAX ? parse_all(text) : NULL;

	if (o && read_all(o, s))
		return 0;
	s->n_owned = s->n_uses = 0;
	return -EINVAL;
}
