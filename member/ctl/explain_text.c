/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/ctl/explain_text.h"

#include "member/config/member.h"
#include "member/ctl/show_render.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>

struct reader {
	char *const *words;
	size_t n, at;
	char *err; /* 400 octets */
};

static const char *next(const struct reader *r)
{
	return r->at < r->n ? r->words[r->at] : NULL;
}

static bool next_is(const struct reader *r, const char *word)
{
	return next(r) && strcmp(next(r), word) == 0;
}

static bool next_is_keyword(const struct reader *r)
{
	return next_is(r, "in") || next_is(r, "out") || next_is(r, "on");
}

static int missing(const struct reader *r, const char *what)
{
	snprintf(r->err, 400, "%s is missing after '%.40s'", what, r->at > 0 ? r->words[r->at - 1] : "explain");
	return -EINVAL;
}

/* A value as gvpnd.conf(5) writes it. */
static int value(struct statement_value *ret, struct reader *r, const struct statement_schema *schema)
{
	const struct junos_word w = { .text = next(r), .len = strlen(next(r)) };
	char why[300];
	int e = statement_value_parse(ret, schema, &w, why);

	if (e < 0) {
		snprintf(r->err, 400, "'%.40s': %s", w.text, why);
		return e;
	}
	r->at++;
	return 0;
}

static int address(uint32_t *ret, struct reader *r, const char *what)
{
	struct in_addr a;

	if (!next(r))
		return missing(r, what);
	if (inet_pton(AF_INET, next(r), &a) != 1) {
		snprintf(r->err, 400, "'%.40s' is not %s; expected an IPv4 address A.B.C.D", next(r), what);
		return -EINVAL;
	}
	*ret = ntohl(a.s_addr);
	r->at++;
	return 0;
}

static int port(uint16_t *ret, struct reader *r, const char *what)
{
	static const struct statement_schema schema = { .type = TYPE_NUMBER, .max = UINT16_MAX };
	struct statement_value v;
	int e;

	if (!next(r) || next_is_keyword(r))
		return missing(r, what);
	if (next_is(r, "any")) {
		*ret = 0;
		r->at++;
		return 0;
	}
	e = value(&v, r, &schema);
	if (e == 0)
		*ret = (uint16_t)v.number;
	return e;
}

/* True when the next word is an application's, which says the port too if it has one. */
static bool application(struct packet_key *ret, struct reader *r)
{
	for (const struct statement_choice *c = config_applications; c->name; c++) {
		if (c->value == 0 || !next_is(r, c->name)) /* "any" is a protocol */
			continue;
		ret->protocol = (uint8_t)(c->value >> 16);
		ret->dport = (uint16_t)c->value;
		r->at++;
		return true;
	}
	return false;
}

static int protocol(struct packet_key *ret, struct reader *r)
{
	static const struct statement_schema schema = { .type = TYPE_PROTOCOL };
	struct statement_value v;
	int e;

	if (!application(ret, r)) {
		e = value(&v, r, &schema);
		if (e < 0)
			return e;
		ret->protocol = (uint8_t)v.number;
	}
	if (!next(r) || next_is_keyword(r) || ret->dport != 0)
		return 0;
	if (!protocol_has_ports(ret->protocol)) {
		snprintf(r->err, 400, "'%.40s' is too much: protocol %u has no ports; expected in, out or on", next(r),
			 ret->protocol);
		return -EINVAL;
	}
	e = port(&ret->sport, r, "the source port");
	return e < 0 ? e : port(&ret->dport, r, "the destination port");
}

static int interface(char ret[static GVPN_IFNAME_MAX], struct reader *r)
{
	static const struct statement_schema schema = { .type = TYPE_INTERFACE };
	struct statement_value v;
	int e;

	if (!next(r))
		return missing(r, "the name of an interface");
	e = value(&v, r, &schema);
	if (e == 0)
		snprintf(ret, GVPN_IFNAME_MAX, "%s", v.word->text);
	return e;
}

int explain_words(struct explain_request *ret, char *const *words, size_t n, char err[static 400])
{
	struct reader r = { .words = words, .n = n, .err = err };
	struct explain_request q = { 0 };
	int e = address(&q.packet.src, &r, "the source address");

	if (e == 0)
		e = address(&q.packet.dst, &r, "the destination address");
	if (e == 0 && next(&r) && !next_is_keyword(&r))
		e = protocol(&q.packet, &r);
	if (e == 0 && (next_is(&r, "in") || next_is(&r, "out"))) {
		q.way = next_is(&r, "in") ? EXPLAIN_WAY_IN : EXPLAIN_WAY_OUT;
		r.at++;
	}
	if (e == 0 && next_is(&r, "on")) {
		r.at++;
		e = interface(q.inside, &r);
	}
	if (e < 0)
		return e;
	if (next(&r)) {
		snprintf(err, 400,
			 "'%.40s' is too much after '%.40s'; expected SRC DST [PROTOCOL [SPORT DPORT]] [in|out] "
			 "[on INTERFACE]",
			 next(&r), words[r.at - 1]);
		return -EINVAL;
	}
	*ret = q;
	return 0;
}

/* --- the answer --- */

static void label(FILE *out, const char *name)
{
	fprintf(out, "  %-11s: ", name);
}

static const char *port_text(struct json_object *packet, const char *key, char buf[static 24])
{
	int64_t v = show_int(packet, key);

	if (v == 0)
		return "any";
	snprintf(buf, 24, "%" PRId64, v);
	return buf;
}

static void print_packet(FILE *out, struct json_object *packet)
{
	int64_t proto = show_int(packet, "protocol");
	char sport[24], dport[24];

	label(out, "Packet");
	fprintf(out, "%s -> %s, ", show_string(packet, "source"), show_string(packet, "destination"));
	switch (proto) {
	case 0:
		fprintf(out, "of a protocol that no rule names");
		break;
	case IPPROTO_ICMP:
		fprintf(out, "icmp");
		break;
	case IPPROTO_TCP:
		fprintf(out, "tcp");
		break;
	case IPPROTO_UDP:
		fprintf(out, "udp");
		break;
	default:
		fprintf(out, "protocol %" PRId64, proto);
	}
	if (proto > 0 && proto <= UINT8_MAX && protocol_has_ports((uint8_t)proto))
		fprintf(out, ", port %s -> %s", port_text(packet, "source_port", sport),
			port_text(packet, "destination_port", dport));
	fprintf(out, "\n");
}

static void print_path(FILE *out, struct json_object *answer)
{
	struct json_object *inside = show_get(answer, "inside"), *outside = show_get(answer, "outside");

	label(out, "Direction");
	fprintf(out, "%s\n", show_get(answer, "direction") ? show_string(answer, "direction") : "-");
	label(out, "Interfaces");
	if (show_get(inside, "interface") || show_get(outside, "interface"))
		fprintf(out, "inside %s%s, outside %s\n",
			show_get(inside, "interface") ? show_string(inside, "interface") : "-",
			json_object_get_boolean(show_get(inside, "local")) ? " (this host itself)" : "",
			show_get(outside, "interface") ? show_string(outside, "interface") : "-");
	else
		fprintf(out, "-\n");
}

static void print_rule(FILE *out, struct json_object *rule)
{
	label(out, "Rule");
	if (!rule) {
		fprintf(out, "-\n");
		return;
	}
	fprintf(out, "%s", show_string(rule, "type"));
	if (show_string(rule, "name")[0])
		fprintf(out, " %s", show_string(rule, "name"));
	if (show_get(rule, "tunnel_id"))
		fprintf(out, ", Tunnel-id: %" PRId64, show_int(rule, "tunnel_id"));
	fprintf(out, ", %s\n", show_string(rule, "selector"));
}

void explain_print(FILE *out, struct json_object *answer)
{
	struct json_object *zones = show_get(answer, "zones");
	size_t n = show_count(answer, "spis");

	show_render_failure(out, answer);
	print_packet(out, show_get(answer, "packet"));
	print_path(out, answer);
	label(out, "VPN");
	fprintf(out, "%s\n", show_get(answer, "vpn") ? show_string(answer, "vpn") : "-");
	label(out, "Zones");
	if (zones)
		fprintf(out, "from %s to %s\n", show_string(zones, "from"), show_string(zones, "to"));
	else
		fprintf(out, "%s\n", show_get(answer, "vpn") ? "none, a service filter" : "-");
	print_rule(out, show_get(answer, "rule"));
	label(out, "SPI");
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s%s", i > 0 ? ", " : "", json_object_get_string(show_nth(answer, "spis", i)));
	fprintf(out, "%s\n", n > 0 ? "" : "-");
	label(out, "Verdict");
	fprintf(out, "%s\n", show_string(answer, "verdict"));
	label(out, "Because");
	fprintf(out, "%s\n", show_string(answer, "because"));
}
