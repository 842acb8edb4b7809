/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/explain.h"

#include "lib/json.h"
#include "member/daemon/interfaces.h"
#include "policy/explain.h"

#include <stdio.h>

struct end { /* one end of the packet's path through this host */
	struct route route;
	bool found;
	char why[256]; /* not found: the kernel's words */
};

struct path {
	struct end src, dst;
};

static bool has_name(const char (*list)[GVPN_IFNAME_MAX], size_t n, const char *interface)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], interface) == 0)
			return true;
	return false;
}

static bool plan_has_interface(const struct plan *plan, const char *interface)
{
	for (size_t i = 0; i < plan->n_scopes; i++) {
		const struct plan_scope *s = &plan->scopes[i];

		if (strcmp(s->external, interface) == 0 || has_name(s->from, s->n_from, interface) ||
		    has_name(s->to, s->n_to, interface))
			return true;
	}
	return false;
}

static bool is_external(const struct plan *plan, const char *interface)
{
	for (size_t i = 0; i < plan->n_scopes; i++)
		if (strcmp(plan->scopes[i].external, interface) == 0)
			return true;
	return false;
}

/* Whether a scope governs what goes between INSIDE and OUTSIDE, seen from INSIDE. */
static bool plan_governs(const struct plan *plan, const char *inside, const char *outside)
{
	for (size_t i = 0; i < plan->n_scopes; i++) {
		const struct plan_scope *s = &plan->scopes[i];

		if (s->filter ? strcmp(s->external, outside) == 0
			      : has_name(s->from, s->n_from, inside) && has_name(s->to, s->n_to, outside))
			return true;
	}
	return false;
}

/* --- the path --- */

static bool is_own_end(const struct end *e)
{
	return e->found && e->route.kind != ROUTE_UNICAST;
}

static void find_end(struct end *ret, explain_route_fn route, uint32_t dst, uint32_t src, const char *interface)
{
	struct end e = { 0 };
	char ignored[256];

	e.found = route(&e.route, dst, src, interface, e.why) == 0;
	/* A host that does not forward, or that checks the source, refuses the lookup of a packet that passes through.
	 * The route of such a packet is known all the same. */
	if (!e.found && (src != 0 || interface[0]))
		e.found = route(&e.route, dst, 0, "", ignored) == 0;
	*ret = e;
}

/* The interface that the packet comes by, by the route back to its source, and the one that it leaves by. */
static void find_path(struct path *p, const struct explain_request *q, explain_route_fn route)
{
	const char *from = "";

	find_end(&p->src, route, q->packet.src, 0, "");
	if (q->way == EXPLAIN_WAY_OUT && q->inside[0])
		from = q->inside;
	else if (p->src.found && !is_own_end(&p->src))
		from = p->src.route.interface;
	find_end(&p->dst, route, q->packet.dst, q->packet.src, from);
}

/* The way that the routes show: EXPLAIN_WAY_ANY when they show none. */
static enum explain_way find_way(const struct plan *plan, const struct explain_request *q, const struct path *p)
{
	const char *src = p->src.route.interface, *dst = p->dst.route.interface;

	if (q->way != EXPLAIN_WAY_ANY)
		return q->way;
	if (q->inside[0]) {
		bool comes =
			p->dst.found && strcmp(dst, q->inside) == 0 && !(p->src.found && strcmp(src, q->inside) == 0);

		return comes || (p->src.found && !plan_governs(plan, q->inside, dst) &&
				 plan_governs(plan, q->inside, src))
			       ? EXPLAIN_WAY_IN
			       : EXPLAIN_WAY_OUT;
	}
	if (!p->src.found || !p->dst.found || (is_own_end(&p->src) && p->dst.route.kind == ROUTE_LOCAL))
		return EXPLAIN_WAY_ANY;
	if (plan_governs(plan, src, dst) && p->dst.route.kind != ROUTE_LOCAL)
		return EXPLAIN_WAY_OUT;
	if (plan_governs(plan, dst, src) && !is_own_end(&p->src))
		return EXPLAIN_WAY_IN;
	/* This host's own traffic by an external interface, whichever address it has. */
	if (is_own_end(&p->src) && is_external(plan, dst))
		return EXPLAIN_WAY_OUT;
	if (is_own_end(&p->dst) && is_external(plan, src))
		return EXPLAIN_WAY_IN;
	return EXPLAIN_WAY_ANY;
}

/* A packet to several hosts (multicast, broadcast) is taken at the interface that it comes by. */
static void fill_question(struct explain_question *ret, const struct explain_request *q, const struct path *p, bool in)
{
	const struct end *inside = in ? &p->dst : &p->src, *outside = in ? &p->src : &p->dst;
	struct explain_question w = { .packet = q->packet, .in = in };

	memcpy(w.outside, outside->route.interface, sizeof(w.outside));
	if (q->inside[0]) {
		memcpy(w.inside, q->inside, sizeof(w.inside));
	} else {
		bool group = inside->route.kind == ROUTE_MULTICAST || q->packet.dst == UINT32_MAX;

		memcpy(w.inside, in && group ? w.outside : inside->route.interface, sizeof(w.inside));
		w.local = is_own_end(inside);
	}
	*ret = w;
}

/* --- why no plan is asked --- */

static const char *end_text(const struct end *e, char buf[static 48])
{
	if (is_own_end(e))
		snprintf(buf, 48, "this host's own %s (%.15s)", e->route.kind == ROUTE_LOCAL ? "address" : "network",
			 e->route.interface);
	else
		snprintf(buf, 48, "reached by %.15s", e->route.interface);
	return buf;
}

static void explain_no_route(uint32_t addr, const struct end *e, char text[static EXPLAIN_TEXT_MAX])
{
	char a[ADDRESS_TEXT_MAX];

	snprintf(text, EXPLAIN_TEXT_MAX, "this host has no route to %s (%.80s), so the packet has no path through it",
		 address_format(addr, a), e->why);
}

static void explain_neither(const struct plan *plan, const struct explain_request *q, const struct path *p,
			    char text[static EXPLAIN_TEXT_MAX])
{
	const char *si = p->src.route.interface, *di = p->dst.route.interface;
	char s[48], d[48], src[ADDRESS_TEXT_MAX], dst[ADDRESS_TEXT_MAX];
	const char *what = "no ipsec-policy and no service filter governs what passes between them";

	if (is_own_end(&p->src) && p->dst.route.kind == ROUTE_LOCAL)
		what = "the packet does not leave this host";
	else if (strcmp(si, di) == 0)
		what = is_external(plan, si) ? "both ends are outside" : "both ends are on the same side";
	snprintf(text, EXPLAIN_TEXT_MAX, "%s is %s and %s %s: %s", address_format(q->packet.src, src),
		 end_text(&p->src, s), address_format(q->packet.dst, dst), end_text(&p->dst, d), what);
}

/* Asks the plan if the packet's path is one that the plan governs; else the answer's text says why not. */
static void decide_packet(struct explain_answer *ret, struct explain_question *asked, bool *ret_asked,
			  const struct plan *plan, const struct explain_request *q, const struct path *p)
{
	struct explain_answer a = { .verdict = EXPLAIN_OTHER };
	enum explain_way way = find_way(plan, q, p);
	bool need_src = !q->inside[0] || way == EXPLAIN_WAY_IN, need_dst = !q->inside[0] || way == EXPLAIN_WAY_OUT;

	*ret_asked = false;
	if (need_src && !p->src.found) {
		explain_no_route(q->packet.src, &p->src, a.text);
	} else if (need_dst && !p->dst.found) {
		explain_no_route(q->packet.dst, &p->dst, a.text);
	} else if (way == EXPLAIN_WAY_ANY) {
		explain_neither(plan, q, p, a.text);
	} else {
		fill_question(asked, q, p, way == EXPLAIN_WAY_IN);
		plan_explain(plan, asked, &a);
		*ret_asked = true;
	}
	*ret = a;
}

/* --- as JSON --- */

static struct json_object *packet_json(const struct packet_key *k)
{
	struct json_object *o = json_object_new_object();

	json_add_address(o, "source", k->src);
	json_add_address(o, "destination", k->dst);
	json_add_count(o, "protocol", k->protocol);
	json_add_count(o, "source_port", k->sport);
	json_add_count(o, "destination_port", k->dport);
	return o;
}

static struct json_object *rule_json(const struct plan_rule *rule)
{
	struct json_object *o = json_object_new_object();
	char text[SELECTOR_TEXT_MAX];

	json_add_string(o, "type", plan_reason_name(rule->reason));
	json_add_string(o, "name", rule->name);
	json_object_object_add(o, "tunnel_id",
			       rule->reason == PLAN_GROUP_POLICY ? json_object_new_int64((int64_t)rule->tunnel_id)
								 : NULL);
	json_add_string(o, "selector", selector_format(&rule->sel, text));
	return o;
}

static void add_decision(struct json_object *o, const struct explain_answer *a)
{
	struct json_object *zones = NULL, *spis = json_object_new_array();
	bool stamped = false;
	char spi[16];

	if (a->scope && !a->scope->filter) {
		zones = json_object_new_object();
		json_add_string(zones, "from", a->scope->from_zone);
		json_add_string(zones, "to", a->scope->to_zone);
	}
	for (size_t i = 0; i < a->n_spis && i < EXPLAIN_SPIS_MAX; i++) {
		snprintf(spi, sizeof(spi), "%08x", a->spis[i]);
		json_object_array_add(spis, json_object_new_string(spi));
		stamped |= a->windows[i] > 0;
	}
	json_add_string_or_null(o, "vpn", a->scope ? a->scope->vpn : NULL);
	json_object_object_add(o, "zones", zones);
	json_object_object_add(o, "rule", a->rule ? rule_json(a->rule) : NULL);
	json_object_object_add(o, "spis", spis);
	json_add_bool(o, "stamped", stamped);
	json_add_string(o, "verdict", explain_verdict_name(a->verdict));
	json_add_string(o, "because", a->text);
}

/* W: NULL when the plan was not asked. */
static struct json_object *make_json(const struct explain_request *q, const struct explain_question *w,
				     const struct explain_answer *a)
{
	struct json_object *o = json_object_new_object(), *inside = json_object_new_object(),
			   *outside = json_object_new_object();

	json_add_string_or_null(inside, "interface", w ? w->inside : NULL);
	json_add_bool(inside, "local", w && w->local);
	json_add_string_or_null(outside, "interface", w ? w->outside : NULL);
	json_object_object_add(o, "packet", packet_json(&q->packet));
	json_add_string_or_null(o, "direction", w ? w->in ? "in" : "out" : NULL);
	json_object_object_add(o, "inside", inside);
	json_object_object_add(o, "outside", outside);
	add_decision(o, a);
	return o;
}

static int check_request(const struct explain_request *q, const struct plan *plan, struct record *why)
{
	const struct packet_key *k = &q->packet;

	if (k->src >> 24 == 0 || k->src >> 28 >= 0xe) {
		record_set(why, ERROR_NO_SOURCE, record_address(k->src));
		return -EINVAL;
	}
	if (k->dst >> 24 == 0) {
		record_set(why, ERROR_NO_DESTINATION, record_address(k->dst));
		return -EINVAL;
	}
	if ((k->sport != 0 || k->dport != 0) && !protocol_has_ports(k->protocol)) {
		record_set(why, ERROR_NO_PORTS, record_number(k->protocol));
		return -EINVAL;
	}
	if (q->inside[0] && !plan_has_interface(plan, q->inside) && !interface_is_present(q->inside)) {
		record_set(why, ERROR_NO_INTERFACE, record_text(q->inside));
		return -ENODEV;
	}
	return 0;
}

int explain_make(struct json_object **ret, const struct plan *plan, const struct explain_request *q,
		 explain_route_fn route, struct record *why)
{
	struct explain_question asked;
	struct explain_answer answer;
	struct json_object *o;
	struct path path;
	bool was_asked;
	int r = check_request(q, plan, why);

	if (r < 0)
		return r;
	find_path(&path, q, route);
	decide_packet(&answer, &asked, &was_asked, plan, q, &path);
	o = make_json(q, was_asked ? &asked : NULL, &answer);
	if (!o) {
		record_set(why, ERROR_MEMORY);
		return -ENOMEM;
	}
	*ret = o;
	return 0;
}
