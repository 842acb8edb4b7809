/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/nft/table.h"

#include "lib/selector.h"
#include "xfrm/nft/chains.h"
#include "xfrm/nft/rule.h"
#include "xfrm/plan/forms.h"
#include "xfrm/plan/ids.h"
#include "xfrm/plan/text.h"

#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>

/* "output" stands behind every chain of others, so that a packet's addresses are those that it will have. */
const struct base_chain base_chains[BASE_CHAINS] = {
	{ CHAIN_FORWARD, "filter", NF_INET_FORWARD, 0,
	  "between the zones of a group VPN: only what an SA protects, and what a rule admits in clear" },
	{ CHAIN_OUTPUT, "filter", NF_INET_LOCAL_OUT, 1000,
	  "this host's own packets: remembers the addresses of those that go into ESP, judges the others" },
};

/* In the order in which a packet meets them; each of them stands behind its base chain in a listing. */
static const struct jump_chain {
	const char *base, *name;
	bool is_scopes; /* one for each scope */
	const char *comment;
} jump_chains[] = {
	{ CHAIN_FORWARD, SCOPE_FORWARD_OUT, true, "one VPN, outbound" },
	{ CHAIN_FORWARD, SCOPE_FORWARD_IN, true, "one VPN, inbound" },
	{ CHAIN_FORWARD, CHAIN_REASSEMBLE, false,
	  "never reached: a rule with tproxy makes the kernel reassemble, so that the first fragment's ports count" },
	{ CHAIN_OUTPUT, CHAIN_LOCAL, false, "this host's own packets that leave in clear" },
	{ CHAIN_OUTPUT, SCOPE_LOCAL_AS_ZONE, true,
	  "own packets with another address than the outgoing interface's: judged as traffic between the zones" },
	{ CHAIN_OUTPUT, SCOPE_LOCAL_OWN, true, "own packets that a group policy covers must not leave in clear" },
};

enum { SET_ID_DF = 1 }; /* within one transaction */

static void spi_add(struct spi_list *l, uint32_t spi)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->items[i] == spi)
			return;
	l->items[l->n++] = spi;
}

static void put_jump_chain(struct batch *b, const struct jump_chain *c, const struct plan *plan)
{
	char name[CHAIN_NAME_MAX];

	if (!c->is_scopes)
		batch_chain(b, c->name, c->comment);
	for (size_t i = 0; c->is_scopes && i < plan->n_scopes; i++) {
		chain_name(name, c->name, i);
		batch_chain(b, name, c->comment);
	}
}

/* A listing shows chains in the order in which they were made: each base chain, then those to which it goes. */
static void put_chains(struct batch *b, const struct plan *plan)
{
	for (size_t i = 0; i < BASE_CHAINS; i++) {
		batch_base_chain(b, &base_chains[i]);
		for (size_t j = 0; j < ARRAY_SIZE(jump_chains); j++)
			if (strcmp(jump_chains[j].base, base_chains[i].name) == 0)
				put_jump_chain(b, &jump_chains[j], plan);
	}
}

/* Makes the set, when it is not there, and replaces its elements.  Returns whether any SA sets the DF bit. */
static bool put_df_set(struct batch *b, const struct plan *plan, const struct table_objects *have,
		       struct spi_list *spis)
{
	for (size_t i = 0; i < plan->n_sas; i++)
		if (plan->sas[i].out && plan->sas[i].df == PLAN_DF_SET)
			spi_add(spis, plan->sas[i].tek.spi);
	batch_set(b, SET_DF, SET_ID_DF, "SPIs whose ESP gets the DF bit (df-bit set)");
	if (have && name_list_has(&have->sets, SET_DF))
		batch_flush_set(b, SET_DF);
	batch_spis(b, SET_DF, spis);
	return spis->n > 0;
}

/* The member's own exchange with its servers aside: XFRM sees it whole. */
static bool needs_ports(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_scopes; i++)
		for (size_t j = 0; j < plan->scopes[i].n_rules; j++)
			if (plan->scopes[i].rules[j].reason != PLAN_OWN_IKE &&
			    selector_asks_ports(&plan->scopes[i].rules[j].sel))
				return true;
	for (size_t i = 0; i < plan->n_fits; i++)
		if (selector_asks_ports(&plan->fits[i].sel))
			return true;
	return false;
}

/* No packet comes to this chain.  Because its rule exists, the kernel reassembles before it forwards. */
static void put_reassemble(struct batch *b)
{
	struct rule r;

	rule_start(&r, CHAIN_REASSEMBLE);
	rule_defragment(&r);
	batch_rule(b, &r);
}

static void put_table_again(struct batch *b, bool fresh)
{
	batch_table(b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	if (fresh) {
		batch_table(b, NFT_MSG_DELTABLE, 0);
		batch_table(b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	} else {
		batch_flush_rules(b);
	}
}

/* The table of IPv6 always has the same chains; its counter stays. */
static void put_inet6_table(struct batch *b, const struct plan *plan, bool drop)
{
	batch_family(b, NFPROTO_IPV6);
	put_table_again(b, false);
	if (drop) {
		batch_counters(b);
		put_inet6(b, plan);
	} else {
		batch_table(b, NFT_MSG_DELTABLE, 0);
	}
	batch_family(b, NFPROTO_IPV4);
}

int table_build(struct batch *b, const struct plan *plan, const struct table_state *state)
{
	struct spi_list spis = { .items = calloc(plan->n_sas + 1, sizeof(uint32_t)) };
	bool df;

	if (!spis.items)
		return -ENOMEM;
	batch_begin(b);
	if (state->inet6 != TABLE_INET6_ABSENT)
		put_inet6_table(b, plan, state->inet6 == TABLE_INET6_DROP);
	put_table_again(b, !state->have);
	batch_counters(b);
	df = put_df_set(b, plan, state->have, &spis);
	free(spis.items);
	put_chains(b, plan);
	if (needs_ports(plan))
		put_reassemble(b);
	if (state->tracked)
		put_notrack(b, plan);
	if (state->carrier_mtu > 0)
		put_stamped(b, state->carrier_mtu);
	put_forward(b, plan);
	put_output(b, plan, df);
	if (state->have)
		batch_drop_others(b, state->have);
	return batch_end(b);
}

int table_build_delete(struct batch *b, bool inet6)
{
	batch_begin(b);
	if (inet6) {
		batch_family(b, NFPROTO_IPV6);
		batch_table(b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
		batch_table(b, NFT_MSG_DELTABLE, 0);
		batch_family(b, NFPROTO_IPV4);
	}
	batch_table(b, NFT_MSG_NEWTABLE, NLM_F_CREATE); /* so that the deletion cannot fail */
	batch_table(b, NFT_MSG_DELTABLE, 0);
	return batch_end(b);
}
