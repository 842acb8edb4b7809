/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/config_member.h"

#include <stdio.h>
#include <stdlib.h>

#include "member/config_ike.h"

struct reading {
	struct config *c;
	struct statements *s;
	const struct statement *security, *ike, *ipsec;
};

static size_t count(const struct statement *block, const char *keyword)
{
	size_t n = 0;

	for (const struct statement *st = statement_child(block, keyword); st; st = statement_next(st))
		n++;
	return n;
}

/* Schema has checked that it fits. */
static void copy_name(char ret[static GVPN_NAME_MAX], const char *text)
{
	snprintf(ret, GVPN_NAME_MAX, "%s", text);
}

static int check_one_zone(struct reading *r, const struct config_zone *zone, const struct statement *interface)
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

static int read_zone(struct reading *r, struct config_zone *ret, const struct statement *zone)
{
	const struct statement *interfaces = statement_child(zone, "interfaces");
	int err;

	copy_name(ret->name, zone->name->text);
	for (const struct statement *i = statement_child(interfaces, "interface"); i; i = statement_next(i)) {
		err = check_one_zone(r, ret, i);
		if (err < 0)
			return err;
		snprintf(ret->interfaces[ret->n_interfaces++], GVPN_IFNAME_MAX, "%s", i->name->text);
	}
	return 0;
}

static int read_zones(struct reading *r)
{
	const struct statement *zones = statement_child(r->security, "zones");
	int err = 0;

	r->c->zones = calloc(count(zones, "security-zone") + 1, sizeof(*r->c->zones));
	if (!r->c->zones)
		return -ENOMEM;
	for (const struct statement *z = statement_child(zones, "security-zone"); z && err >= 0; z = statement_next(z))
		err = read_zone(r, &r->c->zones[r->c->n_zones++], z);
	return err;
}

static int read_servers(struct reading *r, struct config_gateway *ret, const struct statement *gateway)
{
	const struct statement *servers = statement_child(gateway, "server-address");

	for (size_t i = 0; i < servers->n_values; i++) {
		if (servers->values[i].number == ret->local_address)
			return statement_fail(
				r->s, servers, servers->values[i].word,
				"'%s' is the local-address of the same gateway; expected the key server's",
				servers->values[i].word->text);
		ret->servers[i] = servers->values[i].number;
	}
	ret->n_servers = servers->n_values;
	return 0;
}

static int read_ike(struct reading *r, struct config_gateway *ret, const struct statement *gateway)
{
	struct config_ike ike = { 0 };
	int err = config_ike_resolve(&ike, r->s, r->ike, gateway);

	if (err >= 0) {
		ret->mode = ike.mode;
		memcpy(ret->proposals, ike.proposals, sizeof(ret->proposals));
		ret->n_proposals = ike.n_proposals;
		ret->psk = ike.psk;
	}
	secret_wipe(&ike.psk);
	return err;
}

static int read_gateway(struct reading *r, struct config_gateway *ret, const struct statement *gateway)
{
	int err;

	copy_name(ret->name, gateway->name->text);
	ret->local_address = statement_number(gateway, "local-address", 0);
	ret->doi = (uint16_t)statement_number(gateway, "doi", 0);
	ret->situation = statement_number(gateway, "situation", 1);
	ret->allow_sha1_signatures = statement_child(gateway, "allow-sha1-signatures") != NULL;
	ret->group_form = (enum pull_group_form)statement_number(gateway, "group-identity-form", PULL_GROUP_KEY_ID);
	err = read_servers(r, ret, gateway);
	if (err >= 0)
		err = read_ike(r, ret, gateway);
	if (err >= 0)
		err = config_identity_read(&ret->local_identity, r->s, gateway, "local-identity");
	if (err >= 0)
		err = config_identity_read(&ret->remote_identity, r->s, gateway, "remote-identity");
	return err;
}

static int read_gateways(struct reading *r)
{
	int err = 0;

	r->c->gateways = calloc(count(r->ike, "gateway") + 1, sizeof(*r->c->gateways));
	if (!r->c->gateways)
		return -ENOMEM;
	for (const struct statement *g = statement_child(r->ike, "gateway"); g && err >= 0; g = statement_next(g))
		err = read_gateway(r, &r->c->gateways[r->c->n_gateways++], g);
	return err;
}

static int find_gateway(struct reading *r, size_t *ret, const struct statement *vpn)
{
	const struct statement *leaf = statement_child(vpn, "ike-gateway");
	const struct junos_word *w = leaf->values[0].word;
	char known[128];

	for (size_t i = 0; i < r->c->n_gateways; i++) {
		if (strcmp(r->c->gateways[i].name, w->text) == 0) {
			*ret = i;
			return 0;
		}
	}
	return statement_fail(r->s, leaf, w, "no ike gateway '%s'; expected one of: %s", w->text,
			      statement_names(r->ike, "gateway", known));
}

static bool share_server(const struct config_gateway *a, const struct config_gateway *b)
{
	for (size_t i = 0; i < a->n_servers; i++) {
		for (size_t j = 0; j < b->n_servers; j++) {
			if (a->servers[i] == b->servers[j])
				return true;
		}
	}
	return false;
}

static int check_group(struct reading *r, const struct config_vpn *vpn, const struct statement *st)
{
	const struct statement *group = statement_child(st, "group");

	for (const struct config_vpn *v = r->c->vpns; v < vpn; v++) {
		if (v->group == vpn->group && share_server(&r->c->gateways[v->gateway], &r->c->gateways[vpn->gateway]))
			return statement_fail(r->s, group, group->values[0].word,
					      "vpn %s is in group %u of the same server already; expected a group only "
					      "once per server",
					      v->name, v->group);
	}
	return 0;
}

static int read_rules(struct reading *r, struct config_vpn *ret, const struct statement *vpn)
{
	ssize_t n = config_rules_read(ret->exclude, r->s, statement_child(vpn, "exclude"));

	if (n < 0)
		return (int)n;
	ret->n_exclude = (size_t)n;
	n = config_rules_read(ret->fail_open, r->s, statement_child(vpn, "fail-open"));
	if (n < 0)
		return (int)n;
	ret->n_fail_open = (size_t)n;
	return 0;
}

static int read_vpn(struct reading *r, struct config_vpn *ret, const struct statement *vpn)
{
	const struct statement_value *external = statement_value(vpn, "group-vpn-external-interface");
	int err = find_gateway(r, &ret->gateway, vpn);

	if (err < 0)
		return err;
	copy_name(ret->name, vpn->name->text);
	ret->group = statement_number(vpn, "group", 0);
	snprintf(ret->external, sizeof(ret->external), "%s", external ? external->word->text : "");
	ret->recovery_probe = statement_child(vpn, "recovery-probe") != NULL;
	ret->df = (enum config_df)statement_number(vpn, "df-bit", CONFIG_DF_CLEAR);
	ret->tunnel_mtu = (uint16_t)statement_number(vpn, "tunnel-mtu", 0);
	ret->match_direction = (enum config_direction)statement_number(vpn, "match-direction", CONFIG_DIRECTION_NONE);
	ret->max_keys = statement_number(vpn, "max-keys", 4);
	ret->max_policies = statement_number(vpn, "max-policies", 10);
	err = check_group(r, ret, vpn);
	return err < 0 ? err : read_rules(r, ret, vpn);
}

static int read_vpns(struct reading *r)
{
	int err = 0;

	r->c->vpns = calloc(count(r->ipsec, "vpn") + 1, sizeof(*r->c->vpns));
	if (!r->c->vpns)
		return -ENOMEM;
	for (const struct statement *v = statement_child(r->ipsec, "vpn"); v && err >= 0; v = statement_next(v))
		err = read_vpn(r, &r->c->vpns[r->c->n_vpns++], v);
	return err;
}

static int find_zone(struct reading *r, size_t *ret, const struct statement *st)
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

static int find_vpn(struct reading *r, size_t *ret, const struct statement *pair)
{
	const struct statement *leaf = statement_child(pair, "ipsec-group-vpn");
	const struct junos_word *w = leaf->values[0].word;
	char known[128];

	for (size_t i = 0; i < r->c->n_vpns; i++) {
		if (strcmp(r->c->vpns[i].name, w->text) == 0) {
			*ret = i;
			return 0;
		}
	}
	return statement_fail(r->s, leaf, w, "no group-vpn member ipsec vpn '%s'; expected one of: %s", w->text,
			      statement_names(r->ipsec, "vpn", known));
}

/* C5: the external interface must belong to the to-zone. */
static int check_external(struct reading *r, const struct config_ipsec_policy *p)
{
	const struct config_vpn *vpn = &r->c->vpns[p->vpn];
	const struct config_zone *to = &r->c->zones[p->to];
	const struct statement *st = statement_named(r->ipsec, "vpn", vpn->name);
	const struct statement *external = statement_child(st, "group-vpn-external-interface");

	if (!external)
		return statement_fail(
			r->s, st, NULL,
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

static int read_pair(struct reading *r, struct config_ipsec_policy *ret, const struct statement *from,
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
	err = find_vpn(r, &ret->vpn, to);
	if (err < 0)
		return err;
	if (r->c->zones[ret->from].n_interfaces == 0)
		statement_warn(r->s, from, from->name,
			       "security-zone %s has no interfaces: only what this host itself sends is protected",
			       from->name->text);
	return check_external(r, ret);
}

static int read_ipsec_policies(struct reading *r)
{
	const struct statement *block = statement_child(r->security, "ipsec-policy");
	size_t n = 0;
	int err;

	for (const struct statement *f = statement_child(block, "from-zone"); f; f = statement_next(f))
		n += count(f, "to-zone");
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

static void warn_unused(struct reading *r)
{
	for (size_t i = 0; i < r->c->n_vpns; i++) {
		const char *name = r->c->vpns[i].name;
		bool used = false;

		for (size_t j = 0; j < r->c->n_ipsec_policies; j++)
			used = used || r->c->ipsec_policies[j].vpn == i;
		if (!used)
			statement_warn(
				r->s, statement_named(r->ipsec, "vpn", name), NULL,
				"no ipsec-policy names this vpn: it protects nothing and accepts no keys; expected "
				"security ipsec-policy from-zone A to-zone B ipsec-group-vpn %s",
				name);
	}
}

int config_member_read(struct config *c, struct statements *s)
{
	const struct statement *security = statement_child(statements_root(s), "security");
	const struct statement *member = statement_child(statement_child(security, "group-vpn"), "member");
	struct reading r = {
		.c = c,
		.s = s,
		.security = security,
		.ike = statement_child(member, "ike"),
		.ipsec = statement_child(member, "ipsec"),
	};
	int err = config_ike_check(s, r.ike);

	c->on_stop = (enum config_on_stop)statement_number(member, "on-stop", CONFIG_STOP_FAIL_CLOSE);
	if (err >= 0)
		err = read_zones(&r);
	if (err >= 0)
		err = read_gateways(&r);
	if (err >= 0)
		err = read_vpns(&r);
	if (err >= 0)
		err = read_ipsec_policies(&r);
	if (err >= 0)
		warn_unused(&r);
	return err;
}
