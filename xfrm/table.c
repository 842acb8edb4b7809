/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/table.h"

#include "xfrm/batch.h"
#include "xfrm/kernel.h"
#include "xfrm/ports.h"
#include "xfrm/rule.h"

#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>

/* Before connection tracking and the raw tables, after reassembly (-400); and last of all. */
#define PRIORITY_FIRST (-310)
#define PRIORITY_GATE 0
#define PRIORITY_LAST 1000

#define SET_IN "spi_in" /* one for each scope: SPIs that come to its local address through its external interface */
#define SET_OUT "spi_out"
#define SET_DF "spi_df" /* of SET_OUT those whose packets get the DF bit */
#define SET_UNKNOWN "unknown"

enum { SET_ID_UNKNOWN = 1, SET_ID_OUT, SET_ID_DF, SET_ID_IN }; /* within one transaction */

static void spi_add(struct spi_list *l, uint32_t spi)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->items[i] == spi)
			return;
	l->items[l->n++] = spi;
}

static void scope_name(char name[static 32], const char *what, size_t i)
{
	snprintf(name, 32, "%s_%zu", what, i);
}

static void count_and_drop(struct batch *b, struct rule *r, enum table_counter counter)
{
	static const char *const names[COUNT_N] = TABLE_COUNTERS;

	rule_count(r, names[counter]);
	rule_verdict(r, NF_DROP, NULL);
	batch_rule(b, r);
}

/* The rule's packets, as they leave (IN false) or as they come back, on CHAIN: dropped and counted, or let pass. */
static void put_plan_rule(struct batch *b, const char *chain, const char *iifname, const struct plan_rule *p, bool in,
			  const enum table_counter *drop)
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
		if (drop) {
			count_and_drop(b, &r, *drop);
			continue;
		}
		rule_verdict(&r, NF_ACCEPT, NULL);
		batch_rule(b, &r);
	}
}

/* What is about to be transformed: both addresses ride along on the packet, in fields that survive ESP. */
static void put_seal(struct batch *b)
{
	struct rule r;

	rule_start(&r, "seal");
	rule_out_reqid(&r, KERNEL_REQID_MIN, ~(KERNEL_REQID_MAX - KERNEL_REQID_MIN));
	rule_address_to_meta(&r, false, NFT_META_MARK);
	rule_address_to_meta(&r, true, NFT_META_PRIORITY);
	rule_verdict(&r, NF_ACCEPT, NULL);
	batch_rule(b, &r);

	/* It comes by once more, as ESP. */
	rule_start(&r, "seal");
	rule_protocol(&r, IPPROTO_ESP);
	rule_spi_in_set(&r, SET_OUT, true);
	rule_verdict(&r, NF_ACCEPT, NULL);
	batch_rule(b, &r);
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

static bool same_uplink(const struct plan_scope *a, const struct plan_scope *b)
{
	return a->local == b->local && strcmp(a->external, b->external) == 0;
}

static void put_esp_in(struct batch *b, const struct plan *plan, size_t index)
{
	const struct plan_scope *s = &plan->scopes[index];
	char set[32];
	struct rule r;

	for (size_t i = 0; i < index; i++)
		if (same_uplink(&plan->scopes[i], s))
			return;
	scope_name(set, SET_IN, index);
	rule_start(&r, "in");
	rule_iifname(&r, s->external);
	rule_protocol(&r, IPPROTO_ESP);
	rule_spi_in_set(&r, set, true);
	rule_route_not_out_of(&r, s->external); /* else it is others' traffic that passes through us */
	rule_set_daddr(&r, s->local);
	rule_notrack(&r);
	rule_count(&r, "esp_in");
	rule_verdict(&r, NF_ACCEPT, NULL);
	batch_rule(b, &r);
}

/* ESP to what we protect that nobody here can open (E1), unless a rule lets it pass as it is. */
static void put_unknown_spi(struct batch *b, const struct plan_scope *s)
{
	struct rule r;

	for (size_t i = 0; i < s->n_rules; i++) {
		const struct plan_rule *p = &s->rules[i];

		if (p->verdict == PLAN_CLEAR && (p->sel.protocol == 0 || p->sel.protocol == IPPROTO_ESP))
			put_plan_rule(b, "in", s->external, p, true, NULL);
	}
	for (size_t i = 0; i < s->n_from; i++) {
		rule_start(&r, "in");
		rule_iifname(&r, s->external);
		rule_protocol(&r, IPPROTO_ESP);
		rule_route_out_of(&r, s->from[i]);
		rule_remember_spi(&r, SET_UNKNOWN);
		count_and_drop(b, &r, COUNT_UNKNOWN_SPI);
	}
}

/* Cleartext from outside that a group policy covers (D3). */
static void put_clear_in(struct batch *b, const struct plan_scope *s)
{
	static const enum table_counter counter = COUNT_CLEAR_IN;

	for (size_t i = 0; i < s->n_rules; i++) {
		const struct plan_rule *p = &s->rules[i];

		if (p->reason != PLAN_FAIL_CLOSE)
			put_plan_rule(b, "in", s->external, p, true, p->verdict == PLAN_CLEAR ? NULL : &counter);
	}
}

/* From here on ESP is either another tunnel's or others' traffic. */
static void put_esp_rest(struct batch *b)
{
	struct rule r;

	rule_start(&r, "in");
	rule_protocol(&r, IPPROTO_ESP);
	rule_verdict(&r, NF_ACCEPT, NULL);
	batch_rule(b, &r);
}

/* The plan's rules in their order, for what is not protected: a rule that protects has not done so here. */
static void put_scope_rules(struct batch *b, const char *chain, const struct plan_scope *s, bool in,
			    enum table_counter counter)
{
	for (size_t i = 0; i < s->n_rules; i++)
		if (s->rules[i].reason != PLAN_FAIL_CLOSE)
			put_plan_rule(b, chain, NULL, &s->rules[i], in,
				      s->rules[i].verdict == PLAN_CLEAR ? NULL : &counter);
}

/* A packet that leaves with the address of a protected interface is this host's part of the traffic between the zones.
 */
static void put_local_gate(struct batch *b, const struct plan_scope *s, size_t index)
{
	char chain[32];
	struct rule r;

	scope_name(chain, "local", index);
	put_scope_rules(b, chain, s, false, COUNT_FAIL_CLOSE_OUT);
	for (size_t i = 0; i < s->n_to; i++) {
		rule_start(&r, "seal");
		rule_oifname(&r, s->to[i]);
		rule_rt_ipsec(&r, false);
		rule_source_local(&r);
		rule_source_not_of_output(&r);
		rule_verdict(&r, NFT_JUMP, "local");
		batch_rule(b, &r);

		rule_start(&r, "local");
		rule_oifname(&r, s->to[i]);
		rule_verdict(&r, NFT_JUMP, chain);
		batch_rule(b, &r);
	}
}

/* Fail-close: the end of a chain. */
static void put_end(struct batch *b, const char *chain, enum table_counter counter)
{
	struct rule r;

	rule_start(&r, chain);
	count_and_drop(b, &r, counter);
}

static void put_jumps(struct batch *b, const char from[][GVPN_IFNAME_MAX], size_t n_from,
		      const char to[][GVPN_IFNAME_MAX], size_t n_to, const char *chain)
{
	for (size_t i = 0; i < n_from; i++)
		for (size_t j = 0; j < n_to; j++) {
			struct rule r;

			rule_start(&r, "gate");
			rule_iifname(&r, from[i]);
			rule_oifname(&r, to[j]);
			rule_verdict(&r, NFT_JUMP, chain);
			batch_rule(b, &r);
		}
}

/* One direction between the zones: what is protected passes, what a rule admits in clear passes, the rest is dropped.
 */
static void put_gate(struct batch *b, const struct plan_scope *s, size_t index, bool in)
{
	enum table_counter counter = in ? COUNT_FAIL_CLOSE_IN : COUNT_FAIL_CLOSE_OUT;
	char chain[32];
	struct rule r;

	scope_name(chain, in ? "in" : "out", index);
	if (in)
		put_jumps(b, s->to, s->n_to, s->from, s->n_from, chain);
	else
		put_jumps(b, s->from, s->n_from, s->to, s->n_to, chain);
	rule_start(&r, chain);
	if (in)
		rule_secpath(&r, true);
	else
		rule_rt_ipsec(&r, true);
	rule_verdict(&r, NF_ACCEPT, NULL);
	batch_rule(b, &r);
	put_scope_rules(b, chain, s, in, counter);
	put_end(b, chain, counter);
}

static const char *const scope_chains[] = { "in", "out", "local" };

static void put_scope_chains(struct batch *b, size_t n_scopes, size_t old_scopes)
{
	char name[32];

	for (size_t i = 0; i < n_scopes || i < old_scopes; i++)
		for (size_t j = 0; j < ARRAY_SIZE(scope_chains); j++) {
			scope_name(name, scope_chains[j], i);
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
		scope_name(name, SET_IN, i);
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
	batch_base_chain(b, "in", "filter", NF_INET_PRE_ROUTING, PRIORITY_FIRST);
	batch_base_chain(b, "gate", "filter", NF_INET_FORWARD, PRIORITY_GATE);
	batch_base_chain(b, "out", "route", NF_INET_LOCAL_OUT, PRIORITY_FIRST);
	batch_base_chain(b, "seal", "filter", NF_INET_POST_ROUTING, PRIORITY_LAST);
	batch_chain(b, NFT_MSG_NEWCHAIN, "local");
}

static void put_in(struct batch *b, const struct plan *plan)
{
	struct rule r;

	rule_start(&r, "in");
	rule_secpath(&r, true);
	rule_verdict(&r, NF_ACCEPT, NULL);
	batch_rule(b, &r);
	for (size_t i = 0; i < plan->n_scopes; i++)
		put_esp_in(b, plan, i);
	for (size_t i = 0; i < plan->n_scopes; i++)
		put_unknown_spi(b, &plan->scopes[i]);
	put_esp_rest(b);
	for (size_t i = 0; i < plan->n_scopes; i++)
		put_clear_in(b, &plan->scopes[i]);
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

int table_build(struct batch *b, const struct plan *plan, const uint32_t *sending, size_t n_sending, bool fresh,
		size_t old_scopes)
{
	struct spi_list spis = { .items = calloc(plan->n_sas + n_sending + 1, sizeof(uint32_t)) };
	bool df;

	if (!spis.items)
		return -ENOMEM;
	if (fresh)
		old_scopes = 0;
	batch_begin(b);
	put_table_again(b, fresh);
	batch_counters(b);
	batch_set(b, SET_UNKNOWN, SET_ID_UNKNOWN, true);
	put_in_sets(b, plan, old_scopes, &spis);
	df = put_out_sets(b, plan, sending, n_sending, !fresh, &spis);
	free(spis.items);
	put_base_chains(b);
	put_scope_chains(b, plan->n_scopes, old_scopes);
	put_fragments(b);
	put_in(b, plan);
	put_seal(b);
	put_out(b, df);
	for (size_t i = 0; i < plan->n_scopes; i++) {
		put_gate(b, &plan->scopes[i], i, false);
		put_gate(b, &plan->scopes[i], i, true);
		put_local_gate(b, &plan->scopes[i], i);
	}
	put_end(b, "local", COUNT_FAIL_CLOSE_OUT);
	return batch_end(b);
}

int table_build_delete(struct batch *b)
{
	batch_begin(b);
	batch_table(b, NFT_MSG_NEWTABLE, NLM_F_CREATE); /* so that the deletion cannot fail */
	batch_table(b, NFT_MSG_DELTABLE, 0);
	return batch_end(b);
}
