/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/config_cluster.h"

static bool is_member(const struct gcks_group *g, size_t gateway)
{
	for (size_t i = 0; i < g->n_gateways; i++) {
		if (g->gateways[i] == gateway)
			return true;
	}
	return false;
}

static int read_peer(struct gcks_group *ret, const struct gcks_config *c, struct statements *s,
		     const struct statement *ike, const struct statement *names, const struct junos_word *w)
{
	struct gcks_cluster *cluster = &ret->cluster;
	const struct gcks_gateway *first = cluster->n_gateways > 0 ? &c->gateways[cluster->gateways[0]] : NULL;
	char known[128];
	size_t g = 0;

	while (g < c->n_gateways && strcmp(c->gateways[g].name, w->text) != 0)
		g++;
	if (g == c->n_gateways)
		return statement_fail(s, names, w, "no ike gateway '%s'; expected one of: %s", w->text,
				      statement_names(ike, "gateway", known));
	if (is_member(ret, g))
		return statement_fail(s, names, w,
				      "'%s' is a member of the group; expected an ike gateway for another server",
				      w->text);
	if (first != NULL && first->local_address != c->gateways[g].local_address)
		return statement_fail(
			s, names, w,
			"'%s' has another local-address than %s; expected this server to have one address "
			"in the cluster",
			w->text, first->name);
	cluster->gateways[cluster->n_gateways++] = g;
	return 0;
}

/* Servers know members by address alone, because each has gateways of its own for them. */
static int check_members(const struct gcks_group *g, const struct gcks_config *c, struct statements *s,
			 const struct statement *st)
{
	for (size_t i = 0; i < g->n_gateways; i++) {
		const struct gcks_gateway *a = &c->gateways[g->gateways[i]];

		for (size_t j = 0; j < i; j++) {
			const struct gcks_gateway *b = &c->gateways[g->gateways[j]];

			if (a->address == b->address)
				return statement_fail(s, st, NULL,
						      "ike gateways %s and %s of the group have the same address; "
						      "expected each member once in a group with a server-cluster",
						      b->name, a->name);
		}
	}
	return 0;
}

int gcks_cluster_read(struct gcks_group *ret, const struct gcks_config *c, struct statements *s,
		      const struct statement *ike, const struct statement *group)
{
	const struct statement *st = statement_child(group, "server-cluster");
	const struct statement *names = statement_child(st, "ike-gateway");
	int r = 0;

	if (st == NULL)
		return 0;
	ret->cluster.configured = true;
	ret->cluster.root = statement_number(st, "server-role", GCKS_SUB_SERVER) == GCKS_ROOT_SERVER;
	ret->cluster.period = statement_number(st, "retransmission-period", 10);
	for (size_t i = 0; i < names->n_values && r == 0; i++)
		r = read_peer(ret, c, s, ike, names, names->values[i].word);
	return r < 0 ? r : check_members(ret, c, s, st);
}
