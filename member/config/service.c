/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/config/service.h"

#include "member/config/schema.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/selector.h"

struct service_set { /* that names a VPN of ours */
	const struct statement *set;
	size_t vpn;
	const struct statement *interface, *unit; /* that carry it; NULL: none so far */
	const struct statement *input, *output;   /* how: the service-set's blocks there */
};

struct services {
	struct config_reading *r;
	struct config *c;
	struct statements *s;
	const struct statement *sets, *filters; /* blocks */
	struct service_set of_ours[CONFIG_SERVICES_MAX];
	size_t n;
};

/* One service-set that a unit of an interface carries in one direction. */
struct carried {
	const struct statement *interface, *unit, *set;
	bool output;
};

typedef int (*carried_fn)(void *ctx, const struct carried *c);

static int each_of_unit(const struct statement *interface, const struct statement *unit, carried_fn fn, void *ctx)
{
	static const char *const ways[] = { "input", "output" };
	const struct statement *inet = statement_child(statement_child(unit, "family"), "inet");
	const struct statement *service = statement_child(inet, "service");
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		const struct statement *set = statement_child(statement_child(service, ways[i]), "service-set");

		for (; set && r >= 0; set = statement_next(set))
			r = fn(ctx, &(struct carried){ interface, unit, set, i == 1 });
	}
	return r;
}

/* Stops at the first answer below 0, and returns it. */
static int each_carried(const struct statements *s, carried_fn fn, void *ctx)
{
	const struct statement *interfaces = statement_child(statements_root(s), "interfaces");
	int r = 0;

	for (const struct statement *i = statement_child(interfaces, "interface"); i && r >= 0; i = statement_next(i)) {
		for (const struct statement *u = statement_child(i, "unit"); u && r >= 0; u = statement_next(u))
			r = each_of_unit(i, u, fn, ctx);
	}
	return r;
}

static int check_vpn_free(struct services *x, const struct statement *leaf, size_t vpn)
{
	const struct junos_word *w = leaf->values[0].word;

	for (size_t i = 0; i < x->n; i++) {
		if (x->of_ours[i].vpn == vpn)
			return statement_fail(x->s, leaf, w,
					      "service-set %s names vpn %s already; expected one service-set for a vpn",
					      x->of_ours[i].set->name->text, w->text);
	}
	if (x->c->vpns[vpn].used) /* by an ipsec-policy, for these are read before */
		return statement_fail(x->s, leaf, w,
				      "an ipsec-policy names vpn %s too; expected either zones or a service-set to "
				      "say what a vpn governs",
				      w->text);
	return 0;
}

static int read_set(struct services *x, const struct statement *set)
{
	const struct statement *leaf = statement_child(set, "ipsec-group-vpn");
	const struct statement *next_hop = statement_child(set, "next-hop-service");
	size_t vpn = 0;
	int r;

	if (!leaf)
		return 0; /* another service's */
	if (next_hop)
		return statement_fail(x->s, next_hop, NULL,
				      "cannot be honoured for a group vpn: gvpnd takes what an interface carries; "
				      "expected interface-service");
	r = config_vpn_find(x->r, &vpn, leaf);
	if (r >= 0)
		r = check_vpn_free(x, leaf, vpn);
	if (r < 0)
		return r;
	x->of_ours[x->n++] = (struct service_set){ .set = set, .vpn = vpn };
	return 0;
}

static int check_filter(struct services *x, const struct statement *carried)
{
	const struct statement *leaf = statement_child(carried, "service-filter");
	char known[128];

	if (!leaf || statement_named(x->filters, "service-filter", leaf->values[0].word->text))
		return 0;
	return statement_fail(x->s, leaf, leaf->values[0].word,
			      "no firewall family inet service-filter '%s'; expected one of: %s",
			      leaf->values[0].word->text, statement_names(x->filters, "service-filter", known));
}

static int attach_set(void *ctx, const struct carried *c)
{
	struct services *x = ctx;
	struct service_set *mine = NULL;
	char known[128];
	int r = check_filter(x, c->set);

	if (r < 0)
		return r;
	if (!statement_named(x->sets, "service-set", c->set->name->text))
		return statement_fail(x->s, c->set, c->set->name, "no services service-set '%s'; expected one of: %s",
				      c->set->name->text, statement_names(x->sets, "service-set", known));
	for (size_t i = 0; i < x->n; i++) {
		if (strcmp(x->of_ours[i].set->name->text, c->set->name->text) == 0)
			mine = &x->of_ours[i];
	}
	if (!mine) {
		statement_warn(x->s, c->set, c->set->name,
			       "ignored: service-set %s names no ipsec-group-vpn, and gvpnd has no other services",
			       c->set->name->text);
		return 0;
	}
	if (mine->unit && mine->unit != c->unit)
		return statement_fail(x->s, c->set, c->set->name,
				      "service-set %s is on interface %s unit %s already, and a group vpn has one "
				      "external interface; expected it on one interface",
				      c->set->name->text, mine->interface->name->text, mine->unit->name->text);
	for (size_t i = 0; i < x->n; i++) {
		if (x->of_ours[i].unit == c->unit && &x->of_ours[i] != mine)
			return statement_fail(x->s, c->set, c->set->name,
					      "this interface carries service-set %s already; expected one "
					      "service-set with an ipsec-group-vpn on an interface",
					      x->of_ours[i].set->name->text);
	}
	mine->interface = c->interface;
	mine->unit = c->unit;
	*(c->output ? &mine->output : &mine->input) = c->set;
	return 0;
}

/* Junos' unit 0 of an interface is the Linux interface itself, any other one its VLAN of that number. */
static int interface_name(struct services *x, char ret[static GVPN_IFNAME_MAX], const struct service_set *set)
{
	static const struct statement_schema a_name = { .type = TYPE_INTERFACE };
	static const struct statement_schema a_unit = { .type = TYPE_NUMBER, .min = 0, .max = 16385 };
	const struct junos_word *name = set->interface->name, *unit = set->unit->name;
	struct statement_value v;
	char why[VALUE_WORDS_MAX], text[GVPN_NAME_MAX + 16];
	enum value_fault fault = statement_value_parse(&v, &a_name, name);

	if (fault != VALUE_NONE)
		return statement_fault_word(x->s, CONFIG_FAULT_INTERFACE, set->interface, name, "'%s': %s", name->text,
					    statement_value_words(why, fault, &a_name, name));
	fault = statement_value_parse(&v, &a_unit, unit);
	if (fault != VALUE_NONE)
		return statement_fault_word(x->s, CONFIG_FAULT_VALUE, set->unit, unit, "'%s': %s", unit->text,
					    statement_value_words(why, fault, &a_unit, unit));
	snprintf(text, sizeof(text), "%s.%u", name->text, v.number);
	if (v.number == 0)
		text[name->len] = '\0';
	if (strlen(text) >= GVPN_IFNAME_MAX)
		return statement_fail(x->s, set->unit, unit,
				      "the Linux interface of this unit would be %s; expected at most %d characters",
				      text, GVPN_IFNAME_MAX - 1);
	memcpy(ret, text, strlen(text) + 1);
	return 0;
}

static int check_zones(struct services *x, const struct service_set *set, const char *name)
{
	const struct config *c = x->c;

	for (size_t i = 0; i < c->n_ipsec_policies; i++) {
		const struct config_ipsec_policy *p = &c->ipsec_policies[i];
		const struct config_zone *const zones[] = { &c->zones[p->from], &c->zones[p->to] };

		for (size_t z = 0; z < ARRAY_SIZE(zones); z++) {
			for (size_t k = 0; k < zones[z]->n_interfaces; k++) {
				if (strcmp(zones[z]->interfaces[k], name) == 0)
					return statement_fail(
						x->s, set->unit, NULL,
						"carries service-set %s, and interface %s is in security-zone %s of an "
						"ipsec-policy too; expected either of the two to say what is governed",
						set->set->name->text, name, zones[z]->name);
			}
		}
	}
	return 0;
}

static int check_external(struct services *x, const struct service_set *set, const char *name)
{
	const struct config_vpn *vpn = &x->c->vpns[set->vpn];
	const struct statement *st = statement_named(x->r->ipsec, "vpn", vpn->name);
	const struct statement *leaf = statement_child(st, "group-vpn-external-interface");

	if (leaf && strcmp(vpn->external, name) != 0)
		return statement_fail(x->s, leaf, leaf->values[0].word,
				      "'%s' is not the interface that carries service-set %s of this vpn; expected %s, "
				      "or this statement left out",
				      vpn->external, set->set->name->text, name);
	for (size_t i = 0; i < x->c->n_services; i++) {
		if (strcmp(x->c->vpns[x->c->services[i].vpn].external, name) == 0)
			return statement_fail(x->s, set->unit, NULL,
					      "is the Linux interface %s, which carries service-set %s already; "
					      "expected one service-set with an ipsec-group-vpn on an interface",
					      name, x->c->services[i].name);
	}
	return check_zones(x, set, name);
}

/* A service-set without a filter governs all traffic. */
static int read_terms(struct services *x, struct config_term ret[static CONFIG_TERMS_MAX], size_t *ret_n,
		      char name[static GVPN_NAME_MAX], const struct statement *carried)
{
	const struct statement_value *filter = statement_value(carried, "service-filter");
	int n = 1;

	if (!filter) {
		ret[0] = (struct config_term){ .name = "any", .service = true, .sel = selector_any };
	} else {
		n = config_filter_read(ret, x->s, statement_named(x->filters, "service-filter", filter->word->text));
		snprintf(name, GVPN_NAME_MAX, "%s", filter->word->text);
	}
	if (n < 0)
		return n;
	*ret_n = (size_t)n;
	return 0;
}

static size_t reverse_terms(struct config_term ret[static CONFIG_TERMS_MAX], const struct config_term *terms, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		ret[i] = terms[i];
		ret[i].sel = selector_reverse(&terms[i].sel);
	}
	return n;
}

static int make_service(struct services *x, const struct service_set *set)
{
	struct config_service *s = &x->c->services[x->c->n_services];
	struct config_vpn *vpn = &x->c->vpns[set->vpn];
	const struct statement *st = statement_named(x->r->ipsec, "vpn", vpn->name);
	char name[GVPN_IFNAME_MAX];
	int r;

	if (!set->unit)
		return statement_fail(
			x->s, set->set, NULL,
			"no interface carries this service-set; expected interfaces IF unit U family inet "
			"service output service-set %s",
			set->set->name->text);
	r = interface_name(x, name, set);
	if (r >= 0)
		r = check_external(x, set, name);
	if (r >= 0 && set->output)
		r = read_terms(x, s->output, &s->n_output, s->output_filter, set->output);
	if (r >= 0 && set->input)
		r = read_terms(x, s->input, &s->n_input, s->input_filter, set->input);
	if (r < 0)
		return r;
	if (!set->output)
		s->n_output = reverse_terms(s->output, s->input, s->n_input);
	if (!set->input)
		s->n_input = reverse_terms(s->input, s->output, s->n_output);
	snprintf(s->name, sizeof(s->name), "%s", set->set->name->text);
	s->vpn = set->vpn;
	memcpy(vpn->external, name, sizeof(name));
	vpn->used = true;
	vpn->max_policies = statement_number(st, "max-policies", 1); /* A6 */
	x->c->n_services++;
	return 0;
}

static int names_filter(void *ctx, const struct carried *c)
{
	const struct statement_value *v = statement_value(c->set, "service-filter");
	const struct statement *filter = ctx;

	return v && strcmp(v->word->text, filter->name->text) == 0 ? -EEXIST : 0;
}

/* A filter that nothing uses was meant to protect something, and does not. */
static int check_filters(struct services *x)
{
	const struct statement *f = statement_child(x->filters, "service-filter");

	for (; f; f = statement_next(f)) {
		struct config_term terms[CONFIG_TERMS_MAX];
		int r = config_filter_read(terms, x->s, f);

		if (r < 0)
			return r;
		if (each_carried(x->s, names_filter, (void *)f) != -EEXIST)
			return statement_fail(x->s, f, NULL,
					      "no interface uses this service-filter; expected interfaces IF unit U "
					      "family inet service output service-set S service-filter %s",
					      f->name->text);
	}
	return 0;
}

int config_services_read(struct config_reading *reading)
{
	struct config *c = reading->c;
	struct statements *s = reading->s;
	const struct statement *root = statements_root(s);
	struct services x = {
		.r = reading,
		.c = c,
		.s = s,
		.sets = statement_child(root, "services"),
		.filters = statement_child(statement_child(statement_child(root, "firewall"), "family"), "inet"),
	};
	int r = 0;

	for (const struct statement *set = statement_child(x.sets, "service-set"); set && r >= 0;
	     set = statement_next(set))
		r = read_set(&x, set);
	if (r < 0)
		return r;
	if (c->n_ipsec_policies + x.n > CONFIG_SCOPES_MAX)
		return statement_fail(s, x.sets, NULL,
				      "%zu service-sets beside %zu ipsec-policies; expected at most %d together", x.n,
				      c->n_ipsec_policies, CONFIG_SCOPES_MAX);
	c->services = calloc(x.n + 1, sizeof(*c->services));
	if (!c->services)
		return -ENOMEM;
	r = each_carried(s, attach_set, &x);
	if (r >= 0)
		r = check_filters(&x);
	for (size_t i = 0; i < x.n && r >= 0; i++)
		r = make_service(&x, &x.of_ours[i]);
	return r;
}
