/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values of a command line. */
#include "member/ctl/command_private.h"

#include "member/config/schema.h"

#include <arpa/inet.h>

int command_refuse_missing(struct command_parser *p, const struct token *t)
{
	if (p->verb->missing)
		return command_refuse(p->err, true, "%s", p->verb->missing);
	return command_refuse(p->err, true, "%s is missing after '%.40s'", t->what, command_last_word(p));
}

/* A value as gvpnd.conf(5) writes it. */
static int read_value(struct command_parser *p, struct statement_value *ret, const struct statement_schema *schema,
		      const char *typed)
{
	const struct junos_word w = { .text = typed, .len = strlen(typed) };
	enum value_fault fault = statement_value_parse(ret, schema, &w);
	char why[VALUE_WORDS_MAX];

	if (fault == VALUE_NONE)
		return 0;
	return command_refuse(p->err, true, "'%.40s': %s", typed, statement_value_words(why, fault, schema, &w));
}

static int read_address(struct command_parser *p, uint32_t *ret, const struct token *t, const char *typed)
{
	struct in_addr a;

	if (inet_pton(AF_INET, typed, &a) != 1)
		return command_refuse(p->err, true, "'%.40s' is not %s; expected an IPv4 address A.B.C.D", typed,
				      t->what);
	*ret = ntohl(a.s_addr);
	return 0;
}

/* TYPED, where a value is expected, is a keyword of the same form: the value was left out. */
static bool is_keyword_of(const struct command_form *f, const char *typed)
{
	for (size_t i = 0; i < f->n_tokens; i++)
		if (f->tokens[i].type == TOKEN_KEYWORD && strcmp(f->tokens[i].word, typed) == 0)
			return true;
	return false;
}

static int read_port(struct command_parser *p, uint16_t *ret, const struct command_candidate *c, const char *typed)
{
	static const struct statement_schema schema = { .type = TYPE_NUMBER, .max = UINT16_MAX };
	struct statement_value v = { 0 };
	int r = 0;

	if (is_keyword_of(&p->verb->forms[c->form], typed))
		return command_refuse_missing(p, c->token);
	if (strcmp(typed, "any") != 0)
		r = read_value(p, &v, &schema, typed);
	if (r == 0)
		*ret = (uint16_t)v.number;
	return r;
}

/* True when TYPED is an application's name, which says the port too if it has one. */
static bool read_application(struct packet_key *ret, const char *typed)
{
	for (const struct statement_choice *c = config_applications; c->name; c++) {
		if (c->value == 0 || strcmp(c->name, typed) != 0) /* "any" is a protocol */
			continue;
		ret->protocol = (uint8_t)(c->value >> 16);
		ret->dport = (uint16_t)c->value;
		return true;
	}
	return false;
}

static int read_protocol(struct command_parser *p, struct packet_key *ret, const char *typed)
{
	static const struct statement_schema schema = { .type = TYPE_PROTOCOL };
	struct statement_value v;
	int r;

	if (read_application(ret, typed))
		return 0;
	r = read_value(p, &v, &schema, typed);
	if (r == 0)
		ret->protocol = (uint8_t)v.number;
	return r;
}

static int read_interface(struct command_parser *p, char ret[static GVPN_IFNAME_MAX], const char *typed)
{
	static const struct statement_schema schema = { .type = TYPE_INTERFACE };
	struct statement_value v;
	int r = read_value(p, &v, &schema, typed);

	if (r == 0)
		snprintf(ret, GVPN_IFNAME_MAX, "%s", typed);
	return r;
}

int command_take_value(struct command_parser *p, const struct command_candidate *c, const char *typed)
{
	struct command *ret = p->command;

	switch (c->token->type) {
	case TOKEN_KEYWORD:
		break;
	case TOKEN_SOURCE:
		return read_address(p, &ret->packet.packet.src, c->token, typed);
	case TOKEN_DESTINATION:
		return read_address(p, &ret->packet.packet.dst, c->token, typed);
	case TOKEN_PROTOCOL:
		return read_protocol(p, &ret->packet.packet, typed);
	case TOKEN_SOURCE_PORT:
		if (!protocol_has_ports(ret->packet.packet.protocol))
			return command_refuse(p->err, true,
					      "'%.40s' is too much: protocol %u has no ports; expected in, out or on",
					      typed, ret->packet.packet.protocol);
		return read_port(p, &ret->packet.packet.sport, c, typed);
	case TOKEN_DESTINATION_PORT:
		return read_port(p, &ret->packet.packet.dport, c, typed);
	case TOKEN_INTERFACE:
		return read_interface(p, ret->packet.inside, typed);
	case TOKEN_VPN:
		ret->vpn = typed;
		return 0;
	case TOKEN_FILE:
		ret->file = typed;
		return 0;
	}
	return 0;
}

bool command_takes_value(const struct command_parser *p, const struct token *t)
{
	if (t->type == TOKEN_SOURCE_PORT)
		return p->command->packet.packet.dport == 0;
	return t->type != TOKEN_KEYWORD;
}
