/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/nft/table.h"

#include "xfrm/nft/chains.h"
#include "xfrm/nft/rule.h"
#include "xfrm/plan/forms.h"
#include "xfrm/plan/ids.h"

#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>

/* Before connection tracking and the raw tables, after reassembly (-400), and before it; and last of all. */
#define PRIORITY_FIRST (-310)
#define PRIORITY_EARLY (-450)
#define PRIORITY_OWN (-311) /* before the chain "out", which would route again what is marked in it */
#define PRIORITY_GATE 0
#define PRIORITY_LAST 1000

enum { SET_ID_UNKNOWN = 1, SET_ID_OUT, SET_ID_DF, SET_ID_IN }; /* within one transaction */

static void spi_add(struct spi_list *l, uint32_t spi)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->items[i] == spi)
			return;
	l->items[l->n++] = spi;
}

void chain_name(char name[static 32], const char *what, size_t scope)
{
	snprintf(name, 32, "%s_%zu", what, scope);
}

void count_and_drop(struct batch *b, struct rule *r, enum table_counter counter)
{
	rule_count(r, table_counters[counter]);
	rule_verdict(r, NF_DROP, NULL);
	batch_rule(b, r);
}

bool rule_is_for(const struct plan_rule *p, bool in)
{
	switch (p->way) {
	case PLAN_BOTH:
		return true;
	case PLAN_OUT:
		return !in;
	case PLAN_IN:
		return in;
	}
	return true;
}

/* Rules with the matches of P alone, one for each protocol that it takes. */
static void put_plan_rule(struct batch *b, const char *chain, const char *iifname, const struct plan_rule *p, bool in,
			  int verdict, const char *to, const enum table_counter *counter)
{
	struct selector sel = in ? selector_reverse(&p->sel) : p->sel;
	uint8_t protocols[SELECTOR_PROTOCOLS_MAX];
	size_t n = selector_protocols(&sel, protocols);

	for (size_t i = 0; i < n; i++) {
		struct rule r;

		rule_start(&r, chain);
		if (iifname)
			rule_iifname(&r, iifname);
		sel.protocol = protocols[i];
		rule_selector(&r, &sel);
		if (counter) {
			count_and_drop(b, &r, *counter);
			continue;
		}
		rule_verdict(&r, verdict, to);
		batch_rule(b, &r);
	}
}

void put_drop(struct batch *b, const char *chain, const char *iifname, const struct plan_rule *p, bool in,
	      enum table_counter counter)
{
	put_plan_rule(b, chain, iifname, p, in, NF_DROP, NULL, &counter);
}

void put_goto(struct batch *b, const char *chain, const char *iifname, const struct plan_rule *p, bool in,
	      const char *to)
{
	put_plan_rule(b, chain, iifname, p, in, NFT_GOTO, to, NULL);
}

void put_verdict(struct batch *b, const char *chain, const char *iifname, const struct plan_rule *p, bool in,
		 int verdict)
{
	put_plan_rule(b, chain, iifname, p, in, verdict, NULL, NULL);
}

bool same_uplink(const struct plan_scope *a, const struct plan_scope *b)
{
	return a->local == b->local && strcmp(a->external, b->external) == 0;
}

/* ESP to the dummy address: the hosts' own addresses take their place outside, and the packet is routed again. */
static void put_out(struct batch *b, bool any_df)
{
	struct rule r;

	rule_start(&r, "out");
	rule_protocol_not(&r, IPPROTO_ESP);
	rule_verdict(&r, NF_ACCEPT, NULL);
	batch_rule(b, &r);

	rule_start(&r, "out");
	rule_daddr(&r, KERNEL_DUMMY);
	rule_meta_u32(&r, NFT_META_MARK, 0, true); /* it did not come through "seal" */
	rule_verdict(&r, NF_DROP, NULL);
	batch_rule(b, &r);

	if (any_df) {
		rule_start(&r, "out");
		rule_daddr(&r, KERNEL_DUMMY);
		rule_spi_in_set(&r, SET_DF, true);
		rule_set_df(&r);
		batch_rule(b, &r);
	}

	rule_start(&r, "out");
	rule_daddr(&r, KERNEL_DUMMY);
	rule_meta_to_address(&r, NFT_META_PRIORITY, true);
	rule_meta_to_address(&r, NFT_META_MARK, false);
	rule_set_meta(&r, NFT_META_MARK, 0);
	rule_set_meta(&r, NFT_META_PRIORITY, 0);
	rule_notrack(&r);
	rule_count(&r, "esp_out");
	rule_verdict(&r, NF_ACCEPT, NULL);
	batch_rule(b, &r);
}

static void put_chains(struct batch *b, size_t n_scopes, size_t old_scopes)
{
	static const char *const plain_chains[] = PLAIN_CHAINS, *const scope_chains[] = SCOPE_CHAINS;
	char name[32];

	for (size_t i = 0; i < ARRAY_SIZE(plain_chains); i++)
		batch_chain(b, NFT_MSG_NEWCHAIN, plain_chains[i]);
	for (size_t i = 0; i < n_scopes || i < old_scopes; i++)
		for (size_t j = 0; j < ARRAY_SIZE(scope_chains); j++) {
			chain_name(name, scope_chains[j], i);
			batch_chain(b, i < n_scopes ? NFT_MSG_NEWCHAIN : NFT_MSG_DELCHAIN, name);
		}
}

/* The set of a number, with its elements in place of what it had; or its end. */
static void renew_set(struct batch *b, const char *name, uint32_t id, bool had, const struct spi_list *spis)
{
	batch_set(b, name, id, false);
	if (had)
		batch_flush_set(b, name);
	batch_spis(b, name, spis);
}

static void put_in_sets(struct batch *b, const struct plan *plan, size_t old_scopes, struct spi_list *spis)
{
	char name[32];

	for (size_t i = 0; i < plan->n_scopes || i < old_scopes; i++) {
		chain_name(name, SET_IN, i);
		if (i >= plan->n_scopes) {
			batch_drop_set(b, name);
			continue;
		}
		spis->n = 0;
		for (size_t j = 0; j < plan->n_sas; j++)
			if (plan->sas[j].in && same_uplink(&plan->scopes[plan->sas[j].scope], &plan->scopes[i]))
				spi_add(spis, plan->sas[j].tek.spi);
		renew_set(b, name, (uint32_t)(SET_ID_IN + i), i < old_scopes, spis);
	}
}

/* Returns whether any SA sets the DF bit. */
static bool put_out_sets(struct batch *b, const struct plan *plan, const uint32_t *sending, size_t n_sending, bool had,
			 struct spi_list *spis)
{
	spis->n = 0;
	for (size_t i = 0; i < plan->n_sas; i++)
		if (plan->sas[i].out)
			spi_add(spis, plan->sas[i].tek.spi);
	for (size_t i = 0; i < n_sending; i++)
		spi_add(spis, sending[i]);
	renew_set(b, SET_OUT, SET_ID_OUT, had, spis);
	spis->n = 0;
	for (size_t i = 0; i < plan->n_sas; i++)
		if (plan->sas[i].out && plan->sas[i].df == PLAN_DF_SET)
			spi_add(spis, plan->sas[i].tek.spi);
	renew_set(b, SET_DF, SET_ID_DF, had, spis);
	return spis->n > 0;
}

/* Nothing comes to this chain: that the rule exists makes the kernel reassemble before the chain "in". */
static void put_fragments(struct batch *b)
{
	struct rule r;

	batch_chain(b, NFT_MSG_NEWCHAIN, "fragments");
	rule_start(&r, "fragments");
	rule_defragment(&r);
	batch_rule(b, &r);
}

static void put_base_chains(struct batch *b)
{
	batch_base_chain(b, "early", "filter", NF_INET_PRE_ROUTING, PRIORITY_EARLY);
	batch_base_chain(b, "in", "filter", NF_INET_PRE_ROUTING, PRIORITY_FIRST);
	batch_base_chain(b, "delivered", "filter", NF_INET_LOCAL_IN, PRIORITY_LAST);
	batch_base_chain(b, "gate", "filter", NF_INET_FORWARD, PRIORITY_GATE);
	batch_base_chain(b, "own", "filter", NF_INET_LOCAL_OUT, PRIORITY_OWN);
	batch_base_chain(b, "out", "route", NF_INET_LOCAL_OUT, PRIORITY_FIRST);
	batch_base_chain(b, "seal", "filter", NF_INET_POST_ROUTING, PRIORITY_LAST);
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
	size_t old_scopes = state->fresh ? 0 : state->old_scopes;
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
	put_table_again(b, state->fresh);
	batch_counters(b);
	batch_set(b, KERNEL_SET_UNKNOWN_SPI, SET_ID_UNKNOWN, true);
	put_in_sets(b, plan, old_scopes, &spis);
	df = put_out_sets(b, plan, state->sending, state->n_sending, !state->fresh, &spis);
	free(spis.items);
	put_base_chains(b);
	put_chains(b, plan->n_scopes, old_scopes);
	put_fragments(b);
	put_in(b, plan, &zones, state->untrack);
	put_out(b, df);
	put_gates(b, plan, &zones);
	put_seal(b, plan);
	return batch_end(b);
}

int table_build_delete(struct batch *b)
{
	batch_begin(b);
	batch_table(b, NFT_MSG_NEWTABLE, NLM_F_CREATE); /* so that the deletion cannot fail */
	batch_table(b, NFT_MSG_DELTABLE, 0);
	return batch_end(b);
}
