/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/engine_random.h"

/* splitmix64 */
static uint64_t next(struct engine_random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint32_t engine_random_below(struct engine_random *r, uint32_t n)
{
	return (uint32_t)(next(r) >> 33) % n;
}

static bool chance(struct engine_random *r, uint32_t percent)
{
	return engine_random_below(r, 100) < percent;
}

static uint32_t address(struct engine_random *r)
{
	static const uint32_t nets[] = { 0x0a000000, 0xac100000, 0xac1f0000, 0xe0000000 };
	uint32_t a = nets[engine_random_below(r, chance(r, 90) ? 2 : 4)];

	a |= engine_random_below(r, 2) << 16 | engine_random_below(r, 2) << 8;
	return a | (chance(r, 5) ? 255 : engine_random_below(r, 3));
}

static struct ip_prefix prefix(struct engine_random *r)
{
	static const uint8_t lengths[] = { 0, 0, 8, 12, 15, 16, 16, 24, 24, 31, 32 };
	struct ip_prefix p = { .len = lengths[engine_random_below(r, ARRAY_SIZE(lengths))] };

	p.addr = p.len == 0 ? 0 : address(r) & (UINT32_MAX << (32 - p.len));
	return p;
}

static uint8_t protocol(struct engine_random *r)
{
	static const uint8_t all[] = { 6, 6, 6, 17, 17, 1, 89, 50, 132, 136, 33, 47 };

	return all[engine_random_below(r, ARRAY_SIZE(all))];
}

static uint16_t port(struct engine_random *r)
{
	static const uint16_t all[] = { 0, 1, 22, 53, 80, 179, 848, 1024, 40000, 65534, 65535 };

	return all[engine_random_below(r, ARRAY_SIZE(all))];
}

static struct port_range ports(struct engine_random *r)
{
	uint16_t a = port(r), b = port(r);

	if (chance(r, 65))
		return (struct port_range){ 0, UINT16_MAX };
	if (chance(r, 50))
		return (struct port_range){ a, a };
	return a < b ? (struct port_range){ a, b } : (struct port_range){ b, a };
}

static struct selector selector(struct engine_random *r)
{
	struct selector s = { .src = prefix(r), .dst = prefix(r), .sport = ports(r), .dport = ports(r) };

	if (chance(r, 40))
		s.dst = s.src;
	if (chance(r, 60))
		s.protocol = protocol(r);
	if (chance(r, 20)) {
		s.protocol = 0;
		s.sport = s.dport = (struct port_range){ 0, UINT16_MAX };
	}
	return s;
}

/* Mostly few, now and then as many as can be. */
static size_t number(struct engine_random *r, uint32_t usual, uint32_t most)
{
	return engine_random_below(r, chance(r, 4) ? most + 1 : usual + 1);
}

static const char *name(struct engine_world *w, const char *what, size_t i)
{
	char text[WORLD_NAME_MAX];

	snprintf(text, sizeof(text), "%s%zu", what, i);
	return engine_world_name(w, text);
}

static void make_rules(struct engine_random *r, struct engine_world *w, struct engine_rule *rules, size_t n,
		       const char *what)
{
	for (size_t i = 0; i < n; i++)
		rules[i] = (struct engine_rule){ name(w, what, i), selector(r) };
}

static void make_terms(struct engine_random *r, struct engine_world *w, struct engine_term *terms, size_t n,
		       const char *what)
{
	for (size_t i = 0; i < n; i++)
		terms[i] = (struct engine_term){ name(w, what, i), chance(r, 65), selector(r) };
}

static void make_filter(struct engine_random *r, struct engine_world *w)
{
	struct engine_scope *s = &w->scope;

	s->n_output = number(r, 4, 8);
	make_terms(r, w, w->output, s->n_output, "o");
	s->n_input = number(r, 4, 8);
	make_terms(r, w, w->input, s->n_input, "i");
	if (chance(r, 30)) { /* the guide's way: one filter for both */
		s->n_input = s->n_output;
		memcpy(w->input, w->output, sizeof(w->output));
	}
}

static void make_policies(struct engine_random *r, struct engine_world *w)
{
	struct engine_scope *s = &w->scope;

	s->downloaded = chance(r, 80);
	s->n_policies = s->downloaded ? number(r, 4, 10) : 0;
	for (size_t i = 0; i < s->n_policies; i++) {
		w->policies[i] = (struct engine_policy){ .sel = selector(r),
							 .reqid = WORLD_REQID + (uint32_t)i,
							 .tunnel_id = 49152 + (uint32_t)i,
							 .keyed = chance(r, 55) };
		snprintf(w->policy_names[i], WORLD_NAME_MAX, "p%zu", i);
		if (i > 0 && chance(r, 10)) /* the same once more, or its other sense */
			w->policies[i].sel =
				chance(r, 50) ? w->policies[i - 1].sel : selector_reverse(&w->policies[i - 1].sel);
	}
	engine_world_keys(w);
}

void engine_random_world(struct engine_random *r, struct engine_world *w)
{
	struct engine_scope *s = &w->scope;

	engine_world_init(w, chance(r, 50));
	s->local = address(r);
	s->n_servers = engine_random_below(r, ENGINE_SERVERS_MAX + 1);
	for (size_t i = 0; i < s->n_servers; i++)
		s->servers[i] = address(r);
	s->n_exclude = number(r, 2, 10);
	make_rules(r, w, w->exclude, s->n_exclude, "e");
	s->n_fail_open = number(r, 3, 10);
	make_rules(r, w, w->open, s->n_fail_open, "f");
	if (s->filter)
		make_filter(r, w);
	make_policies(r, w);
}

/* --- packets --- */

static uint32_t address_near(struct engine_random *r, struct ip_prefix p)
{
	uint32_t any = address(r), mask = p.len == 0 ? 0 : UINT32_MAX << (32 - p.len);
	uint32_t a = p.addr | (any & ~mask);

	if (chance(r, 5)) /* the first address, the last, and one beyond */
		return chance(r, 50) ? p.addr : p.addr | ~mask;
	if (chance(r, 3))
		return (p.addr | ~mask) + 1;
	return a;
}

static uint16_t port_near(struct engine_random *r, struct port_range range)
{
	if (range.min == 0 && range.max == UINT16_MAX)
		return port(r);
	if (chance(r, 10))
		return (uint16_t)(chance(r, 50) ? range.min - 1 : range.max + 1);
	return chance(r, 50) ? range.min : range.max;
}

/* What the selector names, or nearly; in the outbound sense. */
static struct packet_key near(struct engine_random *r, const struct selector *s)
{
	struct packet_key p = {
		.src = address_near(r, s->src),
		.dst = address_near(r, s->dst),
		.protocol = s->protocol && chance(r, 95) ? s->protocol : protocol(r),
		.sport = port_near(r, s->sport),
		.dport = port_near(r, s->dport),
	};

	return p;
}

static struct packet_key turned(struct packet_key p)
{
	return (struct packet_key){ p.dst, p.src, p.protocol, p.dport, p.sport };
}

static struct packet_key own(struct engine_random *r, const struct engine_scope *s)
{
	uint32_t server = s->n_servers > 0 ? s->servers[engine_random_below(r, (uint32_t)s->n_servers)] : address(r);
	struct packet_key p = { s->local, server, 17, 848, port(r) };

	if (chance(r, 10))
		p.sport = 849;
	if (chance(r, 10))
		p.protocol = 6;
	return p;
}

static struct packet_key somewhere(struct engine_random *r)
{
	return (struct packet_key){ address(r), address(r), protocol(r), port(r), port(r) };
}

/* In the outbound sense. */
static struct packet_key pick(struct engine_random *r, const struct engine_world *w, bool in)
{
	const struct engine_scope *s = &w->scope;
	size_t n_terms = in ? s->n_input : s->n_output;
	const struct engine_term *terms = in ? s->input : s->output;
	uint32_t what = engine_random_below(r, 100);

	if (what < 6)
		return own(r, s);
	if (what < 16 && s->n_exclude > 0)
		return near(r, &s->exclude[engine_random_below(r, (uint32_t)s->n_exclude)].sel);
	if (what < 36 && s->n_fail_open > 0)
		return near(r, &s->fail_open[engine_random_below(r, (uint32_t)s->n_fail_open)].sel);
	if (what < 55 && n_terms > 0) {
		struct packet_key p = near(r, &terms[engine_random_below(r, (uint32_t)n_terms)].sel);

		return in ? turned(p) : p;
	}
	if (what < 88 && s->n_policies > 0) {
		struct packet_key p = near(r, &s->policies[engine_random_below(r, (uint32_t)s->n_policies)].sel);

		return chance(r, 30) ? turned(p) : p;
	}
	return somewhere(r);
}

struct packet_key engine_random_packet(struct engine_random *r, const struct engine_world *w, bool in)
{
	struct packet_key p = pick(r, w, in);

	if (chance(r, 3))
		p = turned(p);
	if (!protocol_has_ports(p.protocol))
		p.sport = p.dport = 0;
	return in ? turned(p) : p;
}
