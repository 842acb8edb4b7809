/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/engine_reference.h"

static bool bit(uint32_t v, unsigned n)
{
	return (v >> (31 - n)) & 1;
}

static bool address_in(uint32_t a, struct ip_prefix p)
{
	for (unsigned n = 0; n < p.len; n++)
		if (bit(a, n) != bit(p.addr, n))
			return false;
	return true;
}

static bool says_ports(struct port_range r)
{
	return r.min > 0 || r.max < 65535;
}

static bool port_in(uint16_t port, struct port_range r)
{
	for (unsigned n = r.min; n <= r.max; n++)
		if (n == port)
			return true;
	return false;
}

/* TCP, UDP, DCCP, SCTP and UDP-Lite */
static bool carries_ports(uint8_t protocol)
{
	return protocol == 6 || protocol == 17 || protocol == 33 || protocol == 132 || protocol == 136;
}

static bool names(const struct selector *s, const struct packet_key *p)
{
	if (!address_in(p->src, s->src) || !address_in(p->dst, s->dst))
		return false;
	if (s->protocol && s->protocol != p->protocol)
		return false;
	if (says_ports(s->sport) && !(carries_ports(p->protocol) && port_in(p->sport, s->sport)))
		return false;
	if (says_ports(s->dport) && !(carries_ports(p->protocol) && port_in(p->dport, s->dport)))
		return false;
	return true;
}

static struct packet_key turned(const struct packet_key *p)
{
	return (struct packet_key){
		.src = p->dst, .dst = p->src, .protocol = p->protocol, .sport = p->dport, .dport = p->sport
	};
}

/* D4.  OUT: the packet in the outbound sense, the member's end first. */
static bool own_gdoi(const struct engine_scope *s, const struct packet_key *out)
{
	if (out->src != s->local || out->protocol != 17 || out->sport != 848)
		return false;
	for (size_t i = 0; i < s->n_servers; i++)
		if (out->dst == s->servers[i])
			return true;
	return false;
}

static const struct engine_rule *first_rule(const struct engine_rule *rules, size_t n, const struct packet_key *out)
{
	for (size_t i = 0; i < n; i++)
		if (names(&rules[i].sel, out))
			return &rules[i];
	return NULL;
}

/* A term sees the packet as it is on the wire. */
static const struct engine_term *first_term(const struct engine_scope *s, const struct packet_key *packet, bool in)
{
	const struct engine_term *terms = in ? s->input : s->output;

	for (size_t i = 0; i < (in ? s->n_input : s->n_output); i++)
		if (names(&terms[i].sel, packet))
			return &terms[i];
	return NULL;
}

/* The SA concerned: the first of the server's that speaks of this packet, seen from either end. */
static const struct engine_policy *concerned(const struct engine_scope *s, const struct packet_key *out)
{
	struct packet_key other = turned(out);

	for (size_t i = 0; i < s->n_policies; i++)
		if (names(&s->policies[i].sel, out) || names(&s->policies[i].sel, &other))
			return &s->policies[i];
	return NULL;
}

/* D1 after the excludes, for what is governed: TERM is the name of the service term that governs it, or "". */
static struct reference_decision governed(const struct engine_scope *s, const struct packet_key *out, const char *term)
{
	const struct engine_policy *policy = concerned(s, out);
	const struct engine_rule *open = first_rule(s->fail_open, s->n_fail_open, out);

	if (policy && policy->keyed)
		return (struct reference_decision){ PLAN_ENCRYPT, PLAN_GROUP_POLICY, policy->reqid, "" };
	/* Before the first download each SA may be the one concerned; after it, none is where no policy speaks. */
	if (open && (policy || !s->downloaded))
		return (struct reference_decision){ PLAN_CLEAR, PLAN_FAIL_OPEN, 0, open->name };
	if (policy)
		return (struct reference_decision){ PLAN_BLOCK, PLAN_GROUP_POLICY, policy->reqid, "" };
	return (struct reference_decision){ PLAN_BLOCK, PLAN_FAIL_CLOSE, 0, term };
}

struct reference_decision reference_decide(const struct engine_scope *s, const struct packet_key *packet, bool in)
{
	struct packet_key out = in ? turned(packet) : *packet;
	const struct engine_rule *exclude = first_rule(s->exclude, s->n_exclude, &out);
	const struct engine_term *term;

	if (own_gdoi(s, &out))
		return (struct reference_decision){ PLAN_CLEAR, PLAN_OWN_IKE, 0, "" };
	if (exclude)
		return (struct reference_decision){ PLAN_CLEAR, PLAN_EXCLUDE, 0, exclude->name };
	if (!s->filter)
		return governed(s, &out, "");
	term = first_term(s, packet, in);
	if (!term)
		return (struct reference_decision){ PLAN_CLEAR, PLAN_NOT_GOVERNED, 0, "" };
	if (!term->service)
		return (struct reference_decision){ PLAN_CLEAR, PLAN_EXCLUDE, 0, term->name };
	return governed(s, &out, term->name);
}
