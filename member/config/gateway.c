/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ike gateway: the key servers of a VPN, and how to speak with them. */
#include "member/config/reading.h"

#include "member/config/ike.h"

#include <stdio.h>
#include <stdlib.h>

static int read_servers(struct config_reading *r, struct config_gateway *ret, const struct statement *gateway)
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

static int read_ike(struct config_reading *r, struct config_gateway *ret, const struct statement *gateway)
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

static int read_gateway(struct config_reading *r, struct config_gateway *ret, const struct statement *gateway)
{
	int err;

	snprintf(ret->name, sizeof(ret->name), "%s", gateway->name->text); /* it fits: the schema */
	ret->local_address = statement_number(gateway, "local-address", 0);
	ret->doi = (uint16_t)statement_number(gateway, "doi", 0);
	ret->has_situation = statement_child(gateway, "situation") != NULL;
	ret->situation = statement_number(gateway, "situation", 0);
	ret->allow_sha1_signatures = statement_child(gateway, "allow-sha1-signatures") != NULL;
	ret->group_form = (enum pull_group_form)statement_number(gateway, "group-identity-form", PULL_GROUP_KEY_ID);
	err = read_servers(r, ret, gateway);
	if (err >= 0)
		err = read_ike(r, ret, gateway);
	if (err >= 0)
		err = config_identity_read(&ret->local_identity, r->s, gateway, "local-identity");
	if (err >= 0)
		err = config_identity_read(&ret->remote_identity, r->s, gateway, "remote-identity");
	if (err >= 0)
		err = config_d3p_numbers_read(&ret->gap_numbers, r->s, gateway);
	return err;
}

int config_gateways_read(struct config_reading *r)
{
	int err = 0;

	r->c->gateways = calloc(config_count(r->ike, "gateway") + 1, sizeof(*r->c->gateways));
	if (!r->c->gateways)
		return -ENOMEM;
	for (const struct statement *g = statement_child(r->ike, "gateway"); g && err >= 0; g = statement_next(g))
		err = read_gateway(r, &r->c->gateways[r->c->n_gateways++], g);
	return err;
}
