/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/config/statement.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>

#include "lib/selector.h"

/* IANA protocol numbers under the names that Junos uses. */
static const struct statement_choice protocols[] = {
	{ "any", 0 },    { "icmp", 1 },   { "igmp", 2 },   { "ipip", 4 },      { "tcp", 6 },
	{ "egp", 8 },    { "udp", 17 },   { "dccp", 33 },  { "rsvp", 46 },     { "gre", 47 },
	{ "esp", 50 },   { "ah", 51 },    { "eigrp", 88 }, { "ospf", 89 },     { "pim", 103 },
	{ "vrrp", 112 }, { "l2tp", 115 }, { "sctp", 132 }, { "udplite", 136 }, { NULL, 0 },
};

const char *statement_show(const struct junos_word *w, char buf[static 68])
{
	size_t n = w->len > 60 ? 60 : w->len;

	for (size_t i = 0; i < n; i++)
		buf[i] = isprint((unsigned char)w->text[i]) ? w->text[i] : '?';
	strcpy(buf + n, w->len > 60 ? "..." : "");
	return buf;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	a = a < b ? a : b;
	return a < c ? a : c;
}

/* Restricted Damerau-Levenshtein distance: letters added, left out, changed, and neighbours exchanged. */
static size_t spelling_distance(const char *a, size_t n, const char *b, size_t m)
{
	size_t rows[3][GVPN_NAME_MAX + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= m; j++)
		above[j] = before[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *free_row = before;

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		before = above;
		above = row;
		row = free_row;
	}
	return above[m];
}

const char *statement_nearest(const char *word, const char *const *names, size_t n)
{
	size_t len = strlen(word), best_distance = SIZE_MAX;
	const char *best = NULL;

	if (len == 0 || len > GVPN_NAME_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t m = strlen(names[i]), d;

		if (m > GVPN_NAME_MAX)
			continue;
		d = spelling_distance(word, len, names[i], m);
		if (d < best_distance && d <= 1 + m / 4 && d < m) {
			best_distance = d;
			best = names[i];
		}
	}
	return best;
}

static int number_parse(uint32_t *ret, const char *text, size_t len, uint32_t min, uint32_t max)
{
	uint64_t v = 0;

	if (len == 0 || len > 10)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		v = v * 10 + (uint64_t)(text[i] - '0');
	}
	if (v < min || v > max)
		return -ERANGE;
	*ret = (uint32_t)v;
	return 0;
}

static int choice_parse(uint32_t *ret, const struct statement_choice *choices, const struct junos_word *w)
{
	for (const struct statement_choice *c = choices; c->name; c++) {
		if (strcmp(c->name, w->text) == 0) {
			*ret = c->value;
			return 0;
		}
	}
	return -EINVAL;
}

static const char *choice_nearest(const struct statement_choice *choices, const struct junos_word *w)
{
	const char *names[64];
	size_t n = 0;

	for (const struct statement_choice *c = choices; c->name && n < ARRAY_SIZE(names); c++)
		names[n++] = c->name;
	return statement_nearest(w->text, names, n);
}

static int address_parse(uint32_t *ret, const struct junos_word *w)
{
	struct in_addr a;
	uint32_t v;

	if (inet_pton(AF_INET, w->text, &a) != 1)
		return -EINVAL;
	v = ntohl(a.s_addr);
	if (v >> 24 == 0 || v >> 28 >= 0xe) /* "this network", multicast and reserved: none is a host */
		return -ERANGE;
	*ret = v;
	return 0;
}

/* An address stands for the number of its four octets, and need not be a host's. */
static int group_parse(uint32_t *ret, const struct statement_schema *schema, const struct junos_word *w)
{
	struct in_addr a;
	uint32_t v;

	if (!strchr(w->text, '.'))
		return number_parse(ret, w->text, w->len, schema->min, schema->max);
	if (inet_pton(AF_INET, w->text, &a) != 1)
		return -EINVAL;
	v = ntohl(a.s_addr);
	if (v < schema->min || v > schema->max)
		return -ERANGE;
	*ret = v;
	return 0;
}

static int ports_parse(struct port_range *ret, const struct junos_word *w)
{
	const char *dash = strchr(w->text, '-');
	size_t first_len = dash ? (size_t)(dash - w->text) : w->len;
	uint32_t min, max;

	if (number_parse(&min, w->text, first_len, 0, UINT16_MAX) < 0)
		return -EINVAL;
	max = min;
	if (dash && number_parse(&max, dash + 1, w->len - first_len - 1, 0, UINT16_MAX) < 0)
		return -EINVAL;
	if (max < min)
		return -ERANGE;
	if (max == 0)
		max = UINT16_MAX;
	*ret = (struct port_range){ (uint16_t)min, (uint16_t)max };
	return 0;
}

static int protocol_parse(uint32_t *ret, const struct junos_word *w)
{
	if (choice_parse(ret, protocols, w) == 0)
		return 0;
	return number_parse(ret, w->text, w->len, 0, 255);
}

/*
 * The names that the kernel's dev_valid_name() admits, less those with '*', '+' or control characters, and less two
 * words.
 */
static enum value_fault interface_check(const struct junos_word *w)
{
	/* "all" and "any" are Junos' words for every interface. */
	if (strchr(w->text, '*') || strchr(w->text, '+') || strcmp(w->text, "all") == 0 || strcmp(w->text, "any") == 0)
		return VALUE_INTERFACE_WILDCARD;
	if (strchr(w->text, '/'))
		return VALUE_INTERFACE_SLASH;
	for (size_t i = 0; i < w->len; i++)
		if (!isgraph((unsigned char)w->text[i]) || w->text[i] == ':')
			return VALUE_INTERFACE_CHARACTER;
	if (w->len == 0 || w->len >= GVPN_IFNAME_MAX || strcmp(w->text, ".") == 0 || strcmp(w->text, "..") == 0)
		return VALUE_INTERFACE_LENGTH;
	return VALUE_NONE;
}

static enum value_fault name_check(const struct junos_word *w)
{
	if (w->len == 0 || w->len >= GVPN_NAME_MAX)
		return VALUE_NAME_LENGTH;
	for (size_t i = 0; i < w->len; i++)
		if (!isgraph((unsigned char)w->text[i]) || strchr("\"\\", w->text[i]))
			return VALUE_NAME_CHARACTER;
	return VALUE_NONE;
}

void statement_list_add(char *list, size_t size, const char *name)
{
	static const char more[] = ", ...";
	size_t used = strlen(list);

	if (used + strlen(name) + 2 + sizeof(more) <= size)
		snprintf(list + used, size - used, "%s%s", used ? ", " : "", name);
	else if (used < strlen(more) || strcmp(list + used - strlen(more), more) != 0)
		snprintf(list + used, size - used, more);
}

static void list_choices(const struct statement_choice *choices, char *buf, size_t size)
{
	buf[0] = '\0';
	for (const struct statement_choice *c = choices; c->name; c++)
		statement_list_add(buf, size, c->name);
}

const char *statement_expected(const struct statement_schema *schema, char buf[static 200])
{
	char choices[160];

	switch (schema->type) {
	case TYPE_FLAG:
		return "no value";
	case TYPE_NAME:
		return "a name";
	case TYPE_TEXT:
		return "text";
	case TYPE_SECRET:
		return "a key";
	case TYPE_NUMBER:
		snprintf(buf, 200, "a number from %u to %u", schema->min, schema->max);
		return buf;
	case TYPE_GROUP:
		snprintf(buf, 200, "a number from %u to %u, or with group-identity-form inet an address A.B.C.D",
			 schema->min, schema->max);
		return buf;
	case TYPE_ADDRESS:
		return "an IPv4 host address A.B.C.D";
	case TYPE_PREFIX:
		return "an IPv4 address A.B.C.D, a prefix A.B.C.D/LENGTH with no bits set below its length, or any";
	case TYPE_PORTS:
		return "a port N or a range N-M of ports from 0 to 65535, N not above M";
	case TYPE_PROTOCOL:
		return "a protocol number from 0 to 255 or a name such as tcp, udp, icmp, ospf, any";
	case TYPE_INTERFACE:
		return "the name of a Linux interface";
	case TYPE_CHOICE:
		list_choices(schema->choices, choices, sizeof(choices));
		snprintf(buf, 200, "%s%s", schema->choices[1].name ? "one of " : "", choices);
		return buf;
	}
	return "a value";
}

static int prefix_value(struct ip_prefix *ret, const struct junos_word *w)
{
	if (strcmp(w->text, "any") == 0) {
		*ret = (struct ip_prefix){ 0 };
		return 0;
	}
	return prefix_parse(ret, w->text);
}

enum value_fault statement_value_parse(struct statement_value *ret, const struct statement_schema *schema,
				       const struct junos_word *w)
{
	enum value_fault fault = VALUE_NONE;
	struct statement_value v = { .word = w };
	int r = 0;

	switch (schema->type) {
	case TYPE_FLAG:
	case TYPE_TEXT:
	case TYPE_SECRET:
		break;
	case TYPE_NAME:
		fault = name_check(w);
		break;
	case TYPE_INTERFACE:
		fault = interface_check(w);
		break;
	case TYPE_NUMBER:
		r = number_parse(&v.number, w->text, w->len, schema->min, schema->max);
		break;
	case TYPE_GROUP:
		r = group_parse(&v.number, schema, w);
		break;
	case TYPE_ADDRESS:
		r = address_parse(&v.number, w);
		break;
	case TYPE_PREFIX:
		r = prefix_value(&v.prefix, w);
		break;
	case TYPE_PORTS:
		r = ports_parse(&v.ports, w);
		break;
	case TYPE_PROTOCOL:
		r = protocol_parse(&v.number, w);
		break;
	case TYPE_CHOICE:
		r = choice_parse(&v.number, schema->choices, w);
		break;
	}
	if (fault != VALUE_NONE)
		return fault;
	if (r < 0)
		return r == -ERANGE ? VALUE_OUT_OF_RANGE : VALUE_OF_OTHER_FORM;
	*ret = v;
	return VALUE_NONE;
}

static const char *near_value(const struct statement_schema *schema, const struct junos_word *w)
{
	if (schema->type == TYPE_PROTOCOL)
		return choice_nearest(protocols, w);
	return schema->type == TYPE_CHOICE ? choice_nearest(schema->choices, w) : NULL;
}

const char *statement_value_words(char buf[static VALUE_WORDS_MAX], enum value_fault fault,
				  const struct statement_schema *schema, const struct junos_word *w)
{
	char expected[200];
	const char *near;

	switch (fault) {
	case VALUE_NONE:
		return "";
	case VALUE_OF_OTHER_FORM:
	case VALUE_OUT_OF_RANGE:
		break;
	case VALUE_NAME_LENGTH:
		snprintf(buf, VALUE_WORDS_MAX, "a name of %zu characters; expected 1 to %d", w->len, GVPN_NAME_MAX - 1);
		return buf;
	case VALUE_NAME_CHARACTER:
		return "not a name; expected printable characters without space, '\"' or '\\'";
	case VALUE_INTERFACE_WILDCARD:
		return "wildcards are not supported; expected the name of one Linux interface";
	case VALUE_INTERFACE_SLASH:
		return "no Linux interface name has a '/'; expected a name as ip link shows it (gvpnctl import --map "
		       "brings over a Junos file)";
	case VALUE_INTERFACE_CHARACTER:
		return "not an interface name; expected printable characters without space or ':'";
	case VALUE_INTERFACE_LENGTH:
		snprintf(buf, VALUE_WORDS_MAX, "not an interface name; expected 1 to %d characters",
			 GVPN_IFNAME_MAX - 1);
		return buf;
	}
	near = near_value(schema, w);
	snprintf(buf, VALUE_WORDS_MAX, "%sexpected %s%s%s%s", fault == VALUE_OUT_OF_RANGE ? "out of range; " : "",
		 statement_expected(schema, expected), near ? "; did you mean '" : "", near ? near : "",
		 near ? "'?" : "");
	return buf;
}

enum config_fault statement_value_config_fault(enum value_fault fault)
{
	switch (fault) {
	case VALUE_NONE:
		return CONFIG_FAULT_NONE;
	case VALUE_INTERFACE_WILDCARD:
	case VALUE_INTERFACE_SLASH:
	case VALUE_INTERFACE_CHARACTER:
	case VALUE_INTERFACE_LENGTH:
		return CONFIG_FAULT_INTERFACE;
	case VALUE_OF_OTHER_FORM:
	case VALUE_OUT_OF_RANGE:
	case VALUE_NAME_LENGTH:
	case VALUE_NAME_CHARACTER:
		break;
	}
	return CONFIG_FAULT_VALUE;
}
