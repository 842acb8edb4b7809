/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/engine_world.h"

#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>

static const char zone_from[1][GVPN_IFNAME_MAX] = { "lan0" };
static const char zone_to[2][GVPN_IFNAME_MAX] = { "wan0", "wan1" };

static const struct {
	const char *name;
	uint8_t number;
} protocols[] = {
	{ "any", 0 },           { "ports", 0 },           { "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP }, { "icmp", IPPROTO_ICMP }, { "ospf", 89 },
	{ "esp", IPPROTO_ESP }, { "gre", IPPROTO_GRE },   { "sctp", IPPROTO_SCTP },
};

void engine_world_init(struct engine_world *w, bool filter)
{
	memset(w, 0, sizeof(*w));
	w->scope = (struct engine_scope){
		.vpn = "V",
		.from_zone = filter ? "" : "LAN",
		.to_zone = filter ? "" : "WAN",
		.external = "wan0",
		.filter = filter,
		.reqids = WORLD_REQID,
		.local = 0x0a126501, /* 10.18.101.1 */
		.exclude = w->exclude,
		.fail_open = w->open,
		.output = w->output,
		.input = w->input,
		.policies = w->policies,
		.keys = w->keys,
		.fits = w->fits,
	};
	if (filter)
		return;
	w->scope.from = zone_from;
	w->scope.n_from = ARRAY_SIZE(zone_from);
	w->scope.to = zone_to;
	w->scope.n_to = ARRAY_SIZE(zone_to);
}

const char *engine_world_name(struct engine_world *w, const char *name)
{
	ck_assert_uint_lt(w->n_names, ARRAY_SIZE(w->names));
	snprintf(w->names[w->n_names], WORLD_NAME_MAX, "%s", name);
	return w->names[w->n_names++];
}

void engine_world_keys(struct engine_world *w)
{
	w->scope.n_keys = w->scope.n_fits = 0;
	for (size_t i = 0; i < w->scope.n_policies; i++) {
		if (!w->policies[i].keyed)
			continue;
		w->fits[w->scope.n_fits++] =
			(struct engine_fit){ w->policies[i].reqid, w->policies[i].tunnel_id, w->policies[i].sel };
		w->teks[i] = (struct tek){ .spi = 0x1000 + (uint32_t)i };
		w->keys[w->scope.n_keys++] = (struct engine_key){
			.tek = &w->teks[i], .reqid = w->policies[i].reqid, .in = true, .out = true
		};
	}
}

/* --- reading --- */

struct line {
	const char *whole;
	char copy[160];
	char *rest;
};

static void line_start(struct line *l, const char *text)
{
	l->whole = text;
	ck_assert_msg(strlen(text) < sizeof(l->copy), "too long: %s", text);
	strcpy(l->copy, text);
	l->rest = l->copy;
}

static const char *word(struct line *l)
{
	char *w;

	while ((w = strsep(&l->rest, " ")) && *w == '\0')
		;
	ck_assert_msg(w, "too few words: %s", l->whole);
	return w;
}

static struct ip_prefix read_prefix(struct line *l)
{
	const char *text = word(l);
	struct ip_prefix p = { 0 };

	if (strcmp(text, "any") != 0)
		ck_assert_msg(prefix_parse(&p, text) == 0, "prefix %s: %s", text, l->whole);
	return p;
}

static struct port_range read_ports(const struct line *l, const char *text)
{
	char *end;
	unsigned long min = strtoul(text, &end, 10), max = min;

	if (*end == '-')
		max = strtoul(end + 1, &end, 10);
	ck_assert_msg(*end == '\0' && min <= max && max <= UINT16_MAX, "ports %s: %s", text, l->whole);
	return (struct port_range){ (uint16_t)min, (uint16_t)max };
}

static uint8_t read_protocol(const struct line *l, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if (strcmp(protocols[i].name, name) == 0)
			return protocols[i].number;
	ck_abort_msg("protocol %s: %s", name, l->whole);
}

static struct selector read_selector(struct line *l)
{
	struct selector s = { .sport = { 0, UINT16_MAX }, .dport = { 0, UINT16_MAX } };
	char service[64], *rest = service, *part;

	s.src = read_prefix(l);
	s.dst = read_prefix(l);
	snprintf(service, sizeof(service), "%s", word(l));
	s.protocol = read_protocol(l, strsep(&rest, ","));
	while ((part = strsep(&rest, ","))) {
		ck_assert_msg((part[0] == 's' || part[0] == 'd') && part[1] == '=', "service %s: %s", part, l->whole);
		*(part[0] == 's' ? &s.sport : &s.dport) = read_ports(l, part + 2);
	}
	return s;
}

static uint32_t read_address(struct line *l)
{
	struct ip_prefix p = read_prefix(l);

	ck_assert_msg(p.len == 32, "an address: %s", l->whole);
	return p.addr;
}

struct packet_key engine_world_packet(const char *text)
{
	struct line l;
	struct selector s;

	line_start(&l, text);
	s = read_selector(&l);
	return (struct packet_key){ s.src.addr, s.dst.addr, s.protocol, port_any(s.sport) ? 0 : s.sport.min,
				    port_any(s.dport) ? 0 : s.dport.min };
}

static struct engine_policy *find_policy(struct engine_world *w, struct line *l)
{
	const char *name = word(l);

	for (size_t i = 0; i < w->scope.n_policies; i++)
		if (strcmp(w->policy_names[i], name) == 0)
			return &w->policies[i];
	ck_abort_msg("no policy %s: %s", name, l->whole);
}

static void add_policy(struct engine_world *w, struct line *l)
{
	size_t i = w->scope.n_policies++;

	ck_assert_uint_lt(i, WORLD_MOST);
	snprintf(w->policy_names[i], WORLD_NAME_MAX, "%s", word(l));
	w->policies[i] = (struct engine_policy){ .sel = read_selector(l),
						 .reqid = WORLD_REQID + (uint32_t)i,
						 .tunnel_id = 49152 + (uint32_t)i };
}

static void add_rule(struct engine_world *w, struct engine_rule *rules, size_t *n, struct line *l)
{
	ck_assert_uint_lt(*n, WORLD_MOST);
	rules[*n].name = engine_world_name(w, word(l));
	rules[(*n)++].sel = read_selector(l);
}

static void add_term(struct engine_world *w, struct engine_term *terms, size_t *n, struct line *l)
{
	struct engine_term *t = &terms[*n];
	const char *what;

	ck_assert_uint_lt(*n, WORLD_MOST);
	(*n)++;
	t->name = engine_world_name(w, word(l));
	what = word(l);
	t->service = strcmp(what, "service") == 0;
	ck_assert_msg(t->service || strcmp(what, "skip") == 0, "service or skip: %s", l->whole);
	t->sel = read_selector(l);
}

void engine_world_line(struct engine_world *w, const char *text)
{
	struct engine_scope *s = &w->scope;
	struct line l;
	const char *what;

	line_start(&l, text);
	what = word(&l);
	if (strcmp(what, "zones") == 0 || strcmp(what, "filter") == 0)
		engine_world_init(w, strcmp(what, "filter") == 0);
	else if (strcmp(what, "local") == 0)
		s->local = read_address(&l);
	else if (strcmp(what, "server") == 0)
		s->servers[s->n_servers++] = read_address(&l);
	else if (strcmp(what, "exclude") == 0)
		add_rule(w, w->exclude, &s->n_exclude, &l);
	else if (strcmp(what, "open") == 0)
		add_rule(w, w->open, &s->n_fail_open, &l);
	else if (strcmp(what, "output") == 0)
		add_term(w, w->output, &s->n_output, &l);
	else if (strcmp(what, "input") == 0)
		add_term(w, w->input, &s->n_input, &l);
	else if (strcmp(what, "policy") == 0)
		add_policy(w, &l);
	else if (strcmp(what, "key") == 0)
		find_policy(w, &l)->keyed = true;
	else if (strcmp(what, "lose") == 0)
		find_policy(w, &l)->keyed = false;
	else if (strcmp(what, "downloaded") == 0)
		s->downloaded = true;
	else if (strcmp(what, "forgotten") == 0)
		s->downloaded = false;
	else if (strcmp(what, "closed") == 0)
		s->n_fail_open = 0;
	else
		ck_abort_msg("not a line of a case: %s", text);
}

/* --- printing --- */

static void print_selector(const char *what, const char *name, const struct selector *s, FILE *out)
{
	char text[SELECTOR_TEXT_MAX];

	fprintf(out, "  %-8s %-8s %s\n", what, name, selector_format(s, text));
}

static void print_terms(const char *what, const struct engine_term *t, size_t n, FILE *out)
{
	for (size_t i = 0; i < n; i++)
		print_selector(what, t[i].service ? "service" : "skip", &t[i].sel, out);
}

void engine_world_print(const struct engine_world *w, FILE *out)
{
	const struct engine_scope *s = &w->scope;
	char text[ADDRESS_TEXT_MAX];

	fprintf(out, "%s, policies %s\n", s->filter ? "filter" : "zones", s->downloaded ? "downloaded" : "unknown");
	fprintf(out, "  local    %s\n", address_format(s->local, text));
	for (size_t i = 0; i < s->n_servers; i++)
		fprintf(out, "  server   %s\n", address_format(s->servers[i], text));
	for (size_t i = 0; i < s->n_exclude; i++)
		print_selector("exclude", s->exclude[i].name, &s->exclude[i].sel, out);
	for (size_t i = 0; i < s->n_fail_open; i++)
		print_selector("open", s->fail_open[i].name, &s->fail_open[i].sel, out);
	print_terms("output", s->output, s->n_output, out);
	print_terms("input", s->input, s->n_input, out);
	for (size_t i = 0; i < s->n_policies; i++)
		print_selector("policy", s->policies[i].keyed ? "keyed" : "keyless", &s->policies[i].sel, out);
}

void engine_packet_print(const struct packet_key *p, bool in, FILE *out)
{
	char src[ADDRESS_TEXT_MAX], dst[ADDRESS_TEXT_MAX];

	fprintf(out, "packet %s: %s:%u -> %s:%u protocol %u\n", in ? "in" : "out", address_format(p->src, src),
		p->sport, address_format(p->dst, dst), p->dport, p->protocol);
}

void engine_plan_print(const struct plan_scope *s, FILE *out)
{
	static const char *const ways[] = { "both", "out", "in" }, *const verdicts[] = { "esp", "clear", "block" };

	for (size_t i = 0; i < s->n_rules; i++) {
		const struct plan_rule *r = &s->rules[i];
		char text[SELECTOR_TEXT_MAX];

		fprintf(out, "  %3zu %-4s %-5s reason %d %s %s\n", i, ways[r->way], verdicts[r->verdict],
			(int)r->reason, selector_format(&r->sel, text), r->name);
	}
}

void engine_decision_text(const struct engine_world *w, const struct plan_rule *r, char buf[static DECISION_TEXT_MAX])
{
	static const char *const verdicts[] = { "esp", "clear", "block" };
	static const char *const reasons[] = { "own", "exclude", "", "open", "close", "free" };
	const char *name = r->name;

	if (r->reason == PLAN_GROUP_POLICY)
		name = w->policy_names[(r->reqid - WORLD_REQID) % WORLD_MOST];
	snprintf(buf, DECISION_TEXT_MAX, "%s %s%s%s", verdicts[r->verdict], reasons[r->reason],
		 reasons[r->reason][0] && name[0] ? ":" : "", name);
}
