/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "member/config/reading.h"

static int check_one_zone(struct config_reading *r, const struct config_zone *zone, const struct statement *interface)
{
	for (const struct config_zone *z = r->c->zones; z < zone; z++) {
		for (size_t i = 0; i < z->n_interfaces; i++) {
			if (strcmp(z->interfaces[i], interface->name->text) == 0)
				return statement_fail(r->s, interface->parent, interface->name,
						      "interface '%s' belongs to security-zone %s already; expected it "
						      "in one zone only",
						      interface->name->text, z->name);
		}
	}
	return 0;
}

static int read_zone(struct config_reading *r, struct config_zone *ret, const struct statement *zone)
{
	const struct statement *interfaces = statement_child(zone, "interfaces");
	int err;

	snprintf(ret->name, sizeof(ret->name), "%s", zone->name->text);
	for (const struct statement *i = statement_child(interfaces, "interface"); i; i = statement_next(i)) {
		err = check_one_zone(r, ret, i);
		if (err < 0)
			return err;
		snprintf(ret->interfaces[ret->n_interfaces++], GVPN_IFNAME_MAX, "%s", i->name->text);
	}
	return 0;
}

int config_zones_read(struct config_reading *r)
{
	const struct statement *zones = statement_child(r->security, "zones");
	int err = 0;

	r->c->zones = calloc(config_count(zones, "security-zone") + 1, sizeof(*r->c->zones));
	if (!r->c->zones)
		return -ENOMEM;
	for (const struct statement *z = statement_child(zones, "security-zone"); z && err >= 0; z = statement_next(z))
		err = read_zone(r, &r->c->zones[r->c->n_zones++], z);
	return err;
}

static int find_zone(struct config_reading *r, size_t *ret, const struct statement *st)
{
	char known[128];

	for (size_t i = 0; i < r->c->n_zones; i++) {
		if (strcmp(r->c->zones[i].name, st->name->text) == 0) {
			*ret = i;
			return 0;
		}
	}
	return statement_fail(r->s, st, st->name, "no security-zone '%s'; expected one of: %s", st->name->text,
			      statement_names(statement_child(r->security, "zones"), "security-zone", known));
}

/* C5: the external interface must belong to the to-zone. */
static int check_external(struct config_reading *r, const struct config_ipsec_policy *p)
{
	const struct config_vpn *vpn = &r->c->vpns[p->vpn];
	const struct config_zone *to = &r->c->zones[p->to];
	const struct statement *st = statement_named(r->ipsec, "vpn", vpn->name);
	const struct statement *external = statement_child(st, "group-vpn-external-interface");

	if (!external)
		return statement_fault(
			r->s, CONFIG_FAULT_LACKING, st, NULL,
			"'group-vpn-external-interface' is missing here, and an ipsec-policy names this vpn; "
			"expected it with an interface of security-zone %s",
			to->name);
	for (size_t i = 0; i < to->n_interfaces; i++) {
		if (strcmp(to->interfaces[i], vpn->external) == 0)
			return 0;
	}
	return statement_fail(
		r->s, external, external->values[0].word,
		"'%s' is not in security-zone %s, the to-zone of the ipsec-policy that names vpn %s; expected "
		"an interface of that zone",
		vpn->external, to->name, vpn->name);
}

/* A pair governs both directions: the same zones the other way round would be a second VPN for one traffic (C5). */
static int check_reverse(struct config_reading *r, const struct config_ipsec_policy *pair, const struct statement *to)
{
	for (const struct config_ipsec_policy *p = r->c->ipsec_policies; p < pair; p++) {
		if (p->from == pair->to && p->to == pair->from)
			return statement_fail(r->s, to, to->name,
					      "vpn %s governs the traffic between these zones already, in both "
					      "directions, from-zone %s to-zone %s; expected one ipsec-policy for them",
					      r->c->vpns[p->vpn].name, r->c->zones[p->from].name,
					      r->c->zones[p->to].name);
	}
	return 0;
}

static int read_pair(struct config_reading *r, struct config_ipsec_policy *ret, const struct statement *from,
		     const struct statement *to)
{
	int err = find_zone(r, &ret->from, from);

	if (err >= 0)
		err = find_zone(r, &ret->to, to);
	if (err < 0)
		return err;
	if (ret->from == ret->to)
		return statement_fail(r->s, to, to->name, "'%s' is the from-zone too; expected two different zones",
				      to->name->text);
	err = check_reverse(r, ret, to);
	if (err >= 0)
		err = config_vpn_find(r, &ret->vpn, statement_child(to, "ipsec-group-vpn"));
	if (err < 0)
		return err;
	r->c->vpns[ret->vpn].used = true;
	if (r->c->zones[ret->from].n_interfaces == 0)
		statement_warn(r->s, from, from->name,
			       "security-zone %s has no interfaces: only what this host itself sends is protected",
			       from->name->text);
	return check_external(r, ret);
}

/* The limits of the kernel's rules.  *N: the number of pairs. */
static int check_pairs(struct config_reading *r, const struct statement *block, size_t *n)
{
	size_t zones = 0, pairs = 0;

	for (const struct statement *f = statement_child(block, "from-zone"); f; f = statement_next(f)) {
		if (++zones > CONFIG_FROM_ZONES_MAX)
			return statement_fail(r->s, f, f->name,
					      "the %dth from-zone, and the kernel's rules tell no more than %d apart; "
					      "expected zones that are protected alike to be one zone",
					      CONFIG_FROM_ZONES_MAX + 1, CONFIG_FROM_ZONES_MAX);
		pairs += config_count(f, "to-zone");
		if (pairs > CONFIG_SCOPES_MAX)
			return statement_fail(r->s, f, f->name, "more than %d pairs of zones; expected at most %d",
					      CONFIG_SCOPES_MAX, CONFIG_SCOPES_MAX);
	}
	*n = pairs;
	return 0;
}

int config_pairs_read(struct config_reading *r)
{
	const struct statement *block = statement_child(r->security, "ipsec-policy");
	size_t n = 0;
	int err = check_pairs(r, block, &n);

	if (err < 0)
		return err;
	r->c->ipsec_policies = calloc(n + 1, sizeof(*r->c->ipsec_policies));
	if (!r->c->ipsec_policies)
		return -ENOMEM;
	for (const struct statement *f = statement_child(block, "from-zone"); f; f = statement_next(f)) {
		for (const struct statement *t = statement_child(f, "to-zone"); t; t = statement_next(t)) {
			err = read_pair(r, &r->c->ipsec_policies[r->c->n_ipsec_policies++], f, t);
			if (err < 0)
				return err;
		}
	}
	return 0;
}
