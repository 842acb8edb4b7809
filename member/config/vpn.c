/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipsec vpn: a group VPN, its rules, and how many rules all of them come to in the kernel. */
#include "member/config/reading.h"

#include <stdio.h>
#include <stdlib.h>

/* E2: the second sign is 100 packets out and none in for 30 s, more than a one-way stream of reports sends. */
#define PROBE_PACKETS 100
#define PROBE_SECONDS 30

static int find_gateway(struct config_reading *r, size_t *ret, const struct statement *vpn)
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

static int check_group(struct config_reading *r, const struct config_vpn *vpn, const struct statement *st)
{
	const struct statement *group = statement_child(st, "group");
	const struct config_gateway *gateway = &r->c->gateways[vpn->gateway];

	/* The server would get the number in another form than the one that the file shows. */
	if (strchr(group->values[0].word->text, '.') && gateway->group_form != PULL_GROUP_IPV4)
		return statement_fail(r->s, group, group->values[0].word,
				      "a group that is written as an address goes with 'group-identity-form inet' in "
				      "gateway %s; expected that, or the number %u",
				      gateway->name, vpn->group);
	for (const struct config_vpn *v = r->c->vpns; v < vpn; v++) {
		if (v->group == vpn->group && share_server(&r->c->gateways[v->gateway], &r->c->gateways[vpn->gateway]))
			return statement_fail(r->s, group, group->values[0].word,
					      "vpn %s is in group %u of the same server already; expected a group only "
					      "once per server",
					      v->name, v->group);
	}
	return 0;
}

static int read_rules(struct config_reading *r, struct config_vpn *ret, const struct statement *vpn)
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

/* Protected traffic leaves by the external interface, in zones and with a service-set alike. */
static int check_direction(struct config_reading *r, const struct statement *vpn)
{
	const struct statement *leaf = statement_child(vpn, "match-direction");

	if (leaf && leaf->values[0].number == CONFIG_DIRECTION_INPUT)
		return statement_fail(r->s, leaf, leaf->values[0].word,
				      "the interface towards the other members is the one that is named, or carries "
				      "the service-set, and what is to be encrypted leaves by it; expected output");
	return 0;
}

static int read_vpn(struct config_reading *r, struct config_vpn *ret, const struct statement *vpn)
{
	const struct statement_value *external = statement_value(vpn, "group-vpn-external-interface");
	const struct statement *probe = statement_child(vpn, "recovery-probe");
	int err = find_gateway(r, &ret->gateway, vpn);

	if (err >= 0)
		err = check_direction(r, vpn);
	if (err < 0)
		return err;
	snprintf(ret->name, sizeof(ret->name), "%s", vpn->name->text); /* it fits: the schema */
	ret->group = statement_number(vpn, "group", 0);
	snprintf(ret->external, sizeof(ret->external), "%s", external ? external->word->text : "");
	ret->recovery_probe = probe != NULL;
	ret->probe_packets = statement_number(probe, "outbound-threshold-packets", PROBE_PACKETS);
	ret->probe_seconds = statement_number(probe, "outbound-threshold-seconds", PROBE_SECONDS);
	ret->df = (enum config_df)statement_number(vpn, "df-bit", CONFIG_DF_CLEAR);
	ret->tunnel_mtu = (uint16_t)statement_number(vpn, "tunnel-mtu", 0);
	ret->replay_window_ms = statement_number(vpn, "anti-replay-time-window", 0);
	ret->match_direction = (enum config_direction)statement_number(vpn, "match-direction", CONFIG_DIRECTION_NONE);
	ret->max_keys = statement_number(vpn, "max-keys", 4);
	ret->max_policies = statement_number(vpn, "max-policies", 10);
	err = check_group(r, ret, vpn);
	return err < 0 ? err : read_rules(r, ret, vpn);
}

int config_vpns_read(struct config_reading *r)
{
	int err = 0;

	r->c->vpns = calloc(config_count(r->ipsec, "vpn") + 1, sizeof(*r->c->vpns));
	if (!r->c->vpns)
		return -ENOMEM;
	for (const struct statement *v = statement_child(r->ipsec, "vpn"); v && err >= 0; v = statement_next(v))
		err = read_vpn(r, &r->c->vpns[r->c->n_vpns++], v);
	return err;
}

int config_vpn_find(struct config_reading *r, size_t *ret, const struct statement *leaf)
{
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

/* Rules that a scope of VPN has whatever the server sends: its servers, its excludes, and one for the group. */
static size_t least_rules(const struct config *c, size_t vpn)
{
	return c->gateways[c->vpns[vpn].gateway].n_servers + c->vpns[vpn].n_exclude + 1;
}

static size_t count_skips(const struct config_term *t, size_t n)
{
	size_t skips = 0;

	for (size_t i = 0; i < n; i++)
		skips += !t[i].service;
	return skips;
}

/* Rules that the server can make of it beyond these: its policies, both ways round, while fail-open rules stand
 * between. */
static size_t most_rules(const struct config_vpn *vpn)
{
	return (size_t)2 * vpn->max_policies * (1 + vpn->n_fail_open) + vpn->n_fail_open;
}

static size_t count_services(const struct config_service *s)
{
	return s->n_output + s->n_input - count_skips(s->output, s->n_output) - count_skips(s->input, s->n_input);
}

/* How often the rules of VPN stand in a plan: for each pair of zones, or for each term. */
static size_t count_places(const struct config *c, size_t vpn)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_ipsec_policies; i++)
		n += c->ipsec_policies[i].vpn == vpn;
	for (size_t i = 0; i < c->n_services; i++)
		if (c->services[i].vpn == vpn)
			n += count_services(&c->services[i]);
	return n;
}

/* LEAST is what there is in any case.  Not an error: what is too much stays closed (xfrm/plan/shrink.h). */
static void warn_most_rules(struct config_reading *r, size_t least)
{
	const struct config_vpn *worst = NULL;
	size_t all = least, most = 0;

	for (size_t i = 0; i < r->c->n_vpns; i++) {
		const struct config_vpn *v = &r->c->vpns[i];
		size_t n = most_rules(v) * count_places(r->c, i);

		all += n;
		if (v->n_fail_open > 0 && n > most) {
			worst = v;
			most = n;
		}
	}
	if (!worst || all <= CONFIG_RULES_ALL_MAX)
		return;
	statement_warn(
		r->s, statement_child(statement_named(r->ipsec, "vpn", worst->name), "fail-open"), NULL,
		"with max-policies %u this can come to %zu rules, all VPNs to %zu, and the kernel's policies to %d: if "
		"the server sends as many, fail-open stays closed; expected fewer fail-open rules, a lower "
		"max-policies, or fewer pairs of zones",
		worst->max_policies, most, all, CONFIG_RULES_ALL_MAX);
}

int config_check_rules(struct config_reading *r)
{
	const struct config *c = r->c;
	size_t n = 0;

	for (size_t i = 0; i < c->n_ipsec_policies; i++)
		n += least_rules(c, c->ipsec_policies[i].vpn);
	for (size_t i = 0; i < c->n_services; i++)
		n += least_rules(c, c->services[i].vpn) + count_skips(c->services[i].output, c->services[i].n_output) +
		     count_skips(c->services[i].input, c->services[i].n_input);
	if (n > CONFIG_RULES_ALL_MAX)
		return statement_fail(
			r->s, r->ipsec, NULL,
			"the servers, exclude rules and skip terms of all ipsec-policies and service-sets "
			"come to %zu rules, and the kernel's policies to %d; expected fewer of them, or "
			"fewer pairs of zones",
			n, CONFIG_RULES_ALL_MAX);
	warn_most_rules(r, n);
	return 0;
}

void config_warn_unused(struct config_reading *r)
{
	for (size_t i = 0; i < r->c->n_vpns; i++) {
		const char *name = r->c->vpns[i].name;

		if (!r->c->vpns[i].used)
			statement_warn(
				r->s, statement_named(r->ipsec, "vpn", name), NULL,
				"no ipsec-policy names this vpn, and no service-set: it protects nothing and accepts "
				"no keys; expected security ipsec-policy from-zone A to-zone B ipsec-group-vpn %s, or "
				"services service-set S ipsec-group-vpn %s",
				name, name);
	}
}
