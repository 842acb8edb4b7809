/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/nft/table.h"

#include "xfrm/nft/chains.h"
#include "xfrm/nft/rule.h"
#include "xfrm/plan/forms.h"
#include "xfrm/plan/ids.h"
#include "xfrm/plan/text.h"

#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Priorities: "prerouting" stands behind reassembly (-400) and before connection tracking (-200) and the raw tables
 * (-300), "prerouting_fragments" before reassembly; "output_mark" before "output_esp", which routes again what it
 * marks; "input" and "postrouting" behind every chain of others.
 */
const struct base_chain base_chains[BASE_CHAINS] = {
	{ CHAIN_FRAGMENTS, "filter", NF_INET_PRE_ROUTING, -450,
	  "before reassembly: no fragment in clear may join those that came out of ESP" },
	{ CHAIN_PREROUTING, "filter", NF_INET_PRE_ROUTING, -310,
	  "takes ESP of the group for decryption, checks what came out of it, drops cleartext that must be in ESP" },
	{ CHAIN_INPUT, "filter", NF_INET_LOCAL_IN, 1000,
	  "counts ESP that this host's own input rules have let through" },
	{ CHAIN_FORWARD, "filter", NF_INET_FORWARD, 0,
	  "between the zones of a group VPN: only what its SAs protect, and what a rule admits in clear" },
	{ CHAIN_OUTPUT_MARK, "filter", NF_INET_LOCAL_OUT, -311,
	  "marks this host's own packets that a group SA was chosen for" },
	{ CHAIN_OUTPUT_ESP, "route", NF_INET_LOCAL_OUT, -310,
	  "gives ESP the addresses of the hosts inside (RFC 6407 5.5.1.1.1), in place of the dummy address 192.0.0.8" },
	{ CHAIN_POSTROUTING, "filter", NF_INET_POST_ROUTING, 1000,
	  "remembers the hosts' addresses before encryption, and drops what would leave in clear and must not" },
};

enum chain_for {
	FOR_TABLE,        /* one */
	FOR_FLOWTABLES,   /* one, when the host has flowtables */
	FOR_SCOPE,        /* one for each scope */
	FOR_SCOPE_UPLINK, /* one for each pair of a local address and an external interface, with its first scope's
			     number */
	FOR_SCOPE_SHARED, /* one for each scope whose external interface another scope has too */
	FOR_SCOPE_FLOWTABLES,
};

/* In the order in which a packet meets them; each of them stands behind its base chain in a listing. */
static const struct jump_chain {
	const char *base, *name;
	enum chain_for is_for;
	const char *comment;
} jump_chains[] = {
	{ CHAIN_FRAGMENTS, CHAIN_FRAGMENTS_DECRYPTED, FOR_TABLE,
	  "a fragment that came out of ESP must have the addresses that were outside" },
	{ CHAIN_FRAGMENTS, SCOPE_FRAGMENTS_CLEAR, FOR_SCOPE_SHARED, "the rules of one VPN for fragments in clear" },
	{ CHAIN_FRAGMENTS, SCOPE_FRAGMENTS_COVERED, FOR_SCOPE,
	  "a fragment in clear that a group policy covers: dropped on its way to the VPN's zone or this host" },
	{ CHAIN_FRAGMENTS, CHAIN_FRAGMENTS_DROP, FOR_TABLE,
	  "drops a fragment; a packet is counted once, by its first one" },
	{ CHAIN_PREROUTING, CHAIN_DECRYPTED, FOR_TABLE,
	  "what came out of ESP must have the addresses that were outside (RFC 5374 5.2)" },
	{ CHAIN_PREROUTING, CHAIN_DECRYPTED_NOT_OURS, FOR_TABLE, "what came out of an SA of another program" },
	{ CHAIN_PREROUTING, CHAIN_DECRYPTED_SELECTORS, FOR_TABLE,
	  "what came out of ESP must fit a policy of its SA (RFC 4301 5.2)" },
	{ CHAIN_PREROUTING, SCOPE_ESP_FOR_US, FOR_SCOPE_UPLINK,
	  "ESP with an SPI of the group: is it for a zone behind us, or passing through" },
	{ CHAIN_PREROUTING, SCOPE_ESP_TO_LOCAL, FOR_SCOPE_UPLINK,
	  "remembers the outer addresses in mark and priority, and sends ESP to the local address for decryption" },
	{ CHAIN_PREROUTING, CHAIN_UNKNOWN_SPI, FOR_TABLE, "ESP for a zone behind us that no SA can decrypt" },
	{ CHAIN_PREROUTING, SCOPE_NOTRACK, FOR_SCOPE_FLOWTABLES, "what is sent in ESP must not come into a flowtable" },
	{ CHAIN_PREROUTING, CHAIN_NOTRACK, FOR_FLOWTABLES, "keeps a packet out of connection tracking" },
	{ CHAIN_PREROUTING, SCOPE_CLEAR, FOR_SCOPE_SHARED, "the rules of one VPN for cleartext from outside" },
	{ CHAIN_PREROUTING, SCOPE_COVERED, FOR_SCOPE,
	  "cleartext that a group policy covers: dropped on its way to the VPN's zone or this host" },
	{ CHAIN_PREROUTING, CHAIN_REASSEMBLE, FOR_TABLE,
	  "never reached: a rule with tproxy makes the kernel reassemble before chain prerouting" },
	{ CHAIN_FORWARD, SCOPE_FORWARD_OUT, FOR_SCOPE, "one VPN, outbound" },
	{ CHAIN_FORWARD, SCOPE_FORWARD_IN, FOR_SCOPE, "one VPN, inbound" },
	{ CHAIN_POSTROUTING, CHAIN_ICMP_ERRORS, FOR_TABLE, "no ICMP error in clear may quote what came out of ESP" },
	{ CHAIN_POSTROUTING, SCOPE_ICMP_QUOTES, FOR_SCOPE,
	  "the quoted packet against the policies of one VPN, turned round" },
	{ CHAIN_POSTROUTING, CHAIN_LOCAL, FOR_TABLE, "this host's own packets that leave in clear" },
	{ CHAIN_POSTROUTING, SCOPE_LOCAL_AS_ZONE, FOR_SCOPE,
	  "own packets with another address than the outgoing interface's: judged as traffic between the zones" },
	{ CHAIN_POSTROUTING, SCOPE_LOCAL_OWN, FOR_SCOPE,
	  "own packets that a group policy covers must not leave in clear" },
};

enum { SET_ID_UNKNOWN = 1, SET_ID_OUT, SET_ID_DF, SET_ID_IN }; /* within one transaction */

static void spi_add(struct spi_list *l, uint32_t spi)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->items[i] == spi)
			return;
	l->items[l->n++] = spi;
}

static bool scope_has(const struct plan *plan, size_t index, const struct jump_chain *c, bool untrack)
{
	switch (c->is_for) {
	case FOR_TABLE:
	case FOR_FLOWTABLES:
		return false;
	case FOR_SCOPE:
		return true;
	case FOR_SCOPE_UPLINK:
		return first_of_uplink(plan, index);
	case FOR_SCOPE_SHARED:
		return shares_external(plan, index);
	case FOR_SCOPE_FLOWTABLES:
		return untrack;
	}
	return false;
}

static void put_jump_chain(struct batch *b, const struct jump_chain *c, const struct plan *plan, bool untrack)
{
	char name[CHAIN_NAME_MAX];

	if (c->is_for == FOR_TABLE || (c->is_for == FOR_FLOWTABLES && untrack))
		batch_chain(b, c->name, c->comment);
	for (size_t i = 0; i < plan->n_scopes; i++) {
		if (!scope_has(plan, i, c, untrack))
			continue;
		chain_name(name, c->name, i);
		batch_chain(b, name, c->comment);
	}
}

/* A listing shows chains in the order in which they were made: each base chain, then those to which it goes. */
static void put_chains(struct batch *b, const struct plan *plan, bool untrack)
{
	for (size_t i = 0; i < BASE_CHAINS; i++) {
		batch_base_chain(b, &base_chains[i]);
		for (size_t j = 0; j < ARRAY_SIZE(jump_chains); j++)
			if (strcmp(jump_chains[j].base, base_chains[i].name) == 0)
				put_jump_chain(b, &jump_chains[j], plan, untrack);
	}
}

/* Makes the set, when it is not there, and replaces its elements. */
static void renew_set(struct batch *b, const char *name, uint32_t id, const struct table_objects *have,
		      const struct spi_list *spis, const char *comment)
{
	batch_set(b, name, id, false, comment);
	if (have && name_list_has(&have->sets, name))
		batch_flush_set(b, name);
	batch_spis(b, name, spis);
}

static void put_in_sets(struct batch *b, const struct plan *plan, const struct table_objects *have,
			struct spi_list *spis)
{
	char name[CHAIN_NAME_MAX];

	for (size_t i = 0; i < plan->n_scopes; i++) {
		spis->n = 0;
		for (size_t j = 0; j < plan->n_sas; j++)
			if (plan->sas[j].in && same_uplink(&plan->scopes[plan->sas[j].scope], &plan->scopes[i]))
				spi_add(spis, plan->sas[j].tek.spi);
		chain_name(name, SET_IN, i);
		renew_set(b, name, (uint32_t)(SET_ID_IN + i), have, spis, "SPIs with which this host receives");
	}
}

/* Returns whether any SA sets the DF bit. */
static bool put_out_sets(struct batch *b, const struct plan *plan, const struct table_state *state,
			 struct spi_list *spis)
{
	spis->n = 0;
	for (size_t i = 0; i < plan->n_sas; i++)
		if (plan->sas[i].out)
			spi_add(spis, plan->sas[i].tek.spi);
	for (size_t i = 0; i < state->n_sending; i++)
		spi_add(spis, state->sending[i]);
	renew_set(b, SET_OUT, SET_ID_OUT, state->have, spis, "SPIs with which this host sends");
	spis->n = 0;
	for (size_t i = 0; i < plan->n_sas; i++)
		if (plan->sas[i].out && plan->sas[i].df == PLAN_DF_SET)
			spi_add(spis, plan->sas[i].tek.spi);
	renew_set(b, SET_DF, SET_ID_DF, state->have, spis, "of spi_out, those whose ESP gets the DF bit (df-bit set)");
	return spis->n > 0;
}

/* No packet comes to this chain.  Because its rule exists, the kernel reassembles before the chain "prerouting". */
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

int table_build(struct batch *b, const struct plan *plan, const struct table_state *state)
{
	struct spi_list spis = { .items = calloc(plan->n_sas + state->n_sending + 1, sizeof(uint32_t)) };
	struct zones zones;
	bool df;
	int r;

	if (!spis.items)
		return -ENOMEM;
	r = zones_of(plan, &zones);
	if (r < 0) {
		free(spis.items);
		return r;
	}
	batch_begin(b);
	put_table_again(b, !state->have);
	batch_counters(b);
	batch_set(b, KERNEL_SET_UNKNOWN_SPI, SET_ID_UNKNOWN, true, "SPIs of the last minute that no SA could decrypt");
	put_in_sets(b, plan, state->have, &spis);
	df = put_out_sets(b, plan, state, &spis);
	free(spis.items);
	put_chains(b, plan, state->untrack);
	put_reassemble(b);
	put_prerouting(b, plan, &zones, state->untrack);
	put_input(b, plan);
	put_forward(b, plan, &zones);
	put_output(b, plan, df);
	put_postrouting(b, plan);
	if (state->have)
		batch_drop_others(b, state->have);
	return batch_end(b);
}

int table_build_delete(struct batch *b)
{
	batch_begin(b);
	batch_table(b, NFT_MSG_NEWTABLE, NLM_F_CREATE); /* so that the deletion cannot fail */
	batch_table(b, NFT_MSG_DELTABLE, 0);
	return batch_end(b);
}
