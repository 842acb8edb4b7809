/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/nft/chains.h"

#include "lib/selector.h"
#include "xfrm/nft/mark_match.h"
#include "xfrm/plan/forms.h"

#include <linux/netfilter.h>

static void put_taken(struct batch *b, const struct plan_scope *s, const char *chain)
{
	struct rule r;

	rule_start(&r, chain);
	rule_address_to_meta_number(&r, false, NFT_META_MARK);
	rule_address_to_meta_number(&r, true, NFT_META_PRIORITY);
	rule_set_daddr(&r, s->local);
	rule_notrack(&r);
	rule_count(&r, "esp_in");
	rule_verdict(&r, NF_ACCEPT, NULL);
	batch_rule(b, &r);
}

/* What goes to a zone of S, or, of a filter, anywhere but back. */
static void put_take(struct batch *b, const struct plan_scope *s, const char *chain, const char *taken)
{
	struct rule r;

	if (s->filter) {
		rule_start(&r, chain);
		rule_route_not_out_of(&r, s->external);
		rule_verdict(&r, NFT_GOTO, taken);
		batch_rule(b, &r);
	}
	for (size_t i = 0; i < s->n_from; i++) {
		rule_start(&r, chain);
		rule_route_out_of(&r, s->from[i]);
		rule_verdict(&r, NFT_GOTO, taken);
		batch_rule(b, &r);
	}
}

/*
 * ESP of ours: it is made to come to us, since it is addressed to a host behind us.  The addresses that it had ride
 * along on the packet, in fields that survive ESP.  ESP that others sent to others and that only passes through us goes
 * on as it came, by whatever interface: opened, it would leave in clear.
 */
static void put_esp_in(struct batch *b, const struct plan *plan, size_t index)
{
	const struct plan_scope *s = &plan->scopes[index];
	char set[32], take[32], taken[32];
	struct rule r;

	for (size_t i = 0; i < index; i++)
		if (same_uplink(&plan->scopes[i], s))
			return;
	chain_name(set, SET_IN, index);
	chain_name(take, "take", index);
	chain_name(taken, "taken", index);
	rule_start(&r, "in");
	rule_iifname(&r, s->external);
	rule_protocol(&r, IPPROTO_ESP);
	rule_spi_in_set(&r, set, true);
	rule_verdict(&r, NFT_JUMP, take);
	batch_rule(b, &r);

	for (size_t i = index; i < plan->n_scopes; i++)
		if (same_uplink(&plan->scopes[i], s))
			put_take(b, &plan->scopes[i], take, taken);
	rule_start(&r, take);
	rule_destination_local(&r);
	rule_verdict(&r, NFT_GOTO, taken);
	batch_rule(b, &r);
	put_taken(b, s, taken);
}

/* What got through the chains input of the host, which stand before this one. */
static void put_delivered(struct batch *b, const struct plan *plan, size_t index)
{
	const struct plan_scope *s = &plan->scopes[index];
	char set[32];
	struct rule r;

	for (size_t i = 0; i < index; i++)
		if (same_uplink(&plan->scopes[i], s))
			return;
	chain_name(set, SET_IN, index);
	rule_start(&r, "delivered");
	rule_iifname(&r, s->external);
	rule_protocol(&r, IPPROTO_ESP);
	rule_spi_in_set(&r, set, true);
	rule_count(&r, table_counters[COUNT_ESP_DELIVERED]);
	batch_rule(b, &r);
}

static void put_fit(struct batch *b, uint32_t reqid, struct selector sel)
{
	uint8_t protocols[SELECTOR_PROTOCOLS_MAX];
	size_t n = selector_protocols(&sel, protocols);

	for (size_t i = 0; i < n; i++) {
		struct rule r;

		rule_start(&r, "fit");
		rule_in_reqid(&r, 0, reqid, UINT32_MAX, true);
		sel.protocol = protocols[i];
		rule_selector(&r, &sel);
		rule_verdict(&r, NF_ACCEPT, NULL);
		batch_rule(b, &r);
	}
}

/* A packet fits the SA that it came by, in either sense, since SAs are symmetric (RFC 4301 5.2, RFC 6407 5.5.1.1.2). */
static void put_fits(struct batch *b, const struct plan *plan)
{
	struct rule r;

	for (size_t i = 0; i < plan->n_fits; i++) {
		const struct plan_fit *f = &plan->fits[i];
		struct selector back = selector_reverse(&f->sel);

		if (!plan_receives(plan, f->reqid))
			continue;
		put_fit(b, f->reqid, f->sel);
		if (!selector_equal(&f->sel, &back))
			put_fit(b, f->reqid, back);
	}
	rule_start(&r, "fit");
	count_and_drop(b, &r, COUNT_MISFIT);
}

/* What came out of ESP: of ours only between the addresses that ESP showed (RFC 5374 5.2). */
static void put_opened(struct batch *b, bool untrack)
{
	struct rule r;

	rule_start(&r, "in");
	rule_secpath(&r, true);
	rule_verdict(&r, NFT_GOTO, "opened");
	batch_rule(b, &r);

	rule_start(&r, "opened");
	rule_in_reqid(&r, 0, KERNEL_REQID_MIN, KERNEL_REQID_MASK, false);
	rule_verdict(&r, NFT_GOTO, "foreign");
	batch_rule(b, &r);

	rule_start(&r, "opened");
	rule_mark_is_address(&r, false);
	rule_meta_to_meta(&r, NFT_META_PRIORITY, NFT_META_MARK);
	rule_mark_is_address(&r, true);
	rule_set_meta(&r, NFT_META_MARK, 0);
	rule_set_meta(&r, NFT_META_PRIORITY, 0);
	if (untrack)
		rule_notrack(&r);
	rule_verdict(&r, NFT_GOTO, "fit");
	batch_rule(b, &r);

	/* Another tunnel that ends here and came through ours: it was looked at before that was opened. */
	rule_start(&r, "opened");
	rule_in_reqid(&r, 1, KERNEL_REQID_MIN, KERNEL_REQID_MASK, false);
	rule_verdict(&r, NF_ACCEPT, NULL);
	batch_rule(b, &r);

	rule_start(&r, "opened");
	count_and_drop(b, &r, COUNT_READDRESSED);
}

static bool zone_uses(const struct zones *z, uint32_t bit, const struct plan_scope *s)
{
	return !s->filter && zone_bit(z, s) == bit;
}

/* What comes from outside of a from-zone and leaves by its external interface is none of the zone's business. */
static void put_zone(struct batch *b, const char *chain, const struct plan *plan, const struct zones *z, uint32_t bit)
{
	for (size_t i = 0; i < plan->n_scopes; i++) {
		const struct plan_scope *s = &plan->scopes[i];
		bool done = !zone_uses(z, bit, s);
		struct rule r;

		for (size_t j = 0; !done && j < i; j++)
			done = zone_uses(z, bit, &plan->scopes[j]) &&
			       strcmp(plan->scopes[j].external, s->external) == 0;
		if (done)
			continue;
		rule_start(&r, chain);
		for (size_t j = 0; j < s->n_from; j++)
			rule_iifname_not(&r, s->from[j]);
		rule_route_out_of(&r, s->external);
		rule_change_mark(&r, 0, bit);
		batch_rule(b, &r);
	}
}

static void put_zones(struct batch *b, const char *chain, const struct plan *plan, const struct zones *z)
{
	for (size_t i = 0; i < z->n; i++)
		put_zone(b, chain, plan, z, zone_bit(z, z->of[i]));
}

/* ESP that a rule lets pass as it is. */
static void put_clear_esp(struct batch *b, const struct plan_scope *s, const struct plan_rule *p)
{
	struct plan_rule esp = *p;

	if (p->sel.protocol != 0 && p->sel.protocol != IPPROTO_ESP)
		return;
	esp.sel.protocol = IPPROTO_ESP;
	put_verdict(b, "in", s->external, &esp, true, NF_ACCEPT);
}

static void put_unknown(struct batch *b, struct rule *r)
{
	rule_verdict(r, NFT_GOTO, "unknown");
	batch_rule(b, r);
}

/* A set that is full ends the rule that adds to it: the next rule counts and drops, however many SPIs come. */
static void put_unknown_chain(struct batch *b)
{
	struct rule r;

	rule_start(&r, "unknown");
	rule_remember_spi(&r, KERNEL_SET_UNKNOWN_SPI);
	batch_rule(b, &r);
	rule_start(&r, "unknown");
	count_and_drop(b, &r, COUNT_UNKNOWN_SPI);
}

/* A filter has no zones: what a term or a policy names, and we would pass on, is protected. */
static void put_unknown_of_filter(struct batch *b, const struct plan_scope *s, const struct plan_rule *p)
{
	struct selector addresses = { .src = p->sel.dst, .dst = p->sel.src, .sport = { 0, UINT16_MAX } };
	struct rule r;

	addresses.protocol = IPPROTO_ESP;
	addresses.dport = addresses.sport;
	rule_start(&r, "in");
	rule_iifname(&r, s->external);
	rule_selector(&r, &addresses);
	rule_route_not_out_of(&r, s->external);
	rule_route_unicast(&r);
	put_unknown(b, &r);
}

/* ESP to what we protect that nobody here can open (E1), unless a rule lets it pass as it is. */
static void put_unknown_spi(struct batch *b, const struct plan_scope *s)
{
	struct rule r;

	for (size_t i = 0; i < s->n_rules; i++) {
		const struct plan_rule *p = &s->rules[i];

		if (p->reason == PLAN_NOT_GOVERNED || !rule_is_for(p, true))
			continue;
		if (p->verdict == PLAN_CLEAR)
			put_clear_esp(b, s, p);
		else if (s->filter)
			put_unknown_of_filter(b, s, p);
	}
	for (size_t i = 0; i < s->n_from; i++) {
		rule_start(&r, "in");
		rule_iifname(&r, s->external);
		rule_protocol(&r, IPPROTO_ESP);
		rule_route_out_of(&r, s->from[i]);
		put_unknown(b, &r);
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

static void put_untracked_chain(struct batch *b)
{
	struct rule r;

	rule_start(&r, "untracked");
	rule_notrack(&r);
	batch_rule(b, &r);
}

/* What S governs and a rule does not admit in clear. */
static void put_untrack_rules(struct batch *b, const struct plan_scope *s, const char *chain)
{
	struct rule r;

	for (size_t i = 0; i < s->n_rules; i++) {
		const struct plan_rule *p = &s->rules[i];

		if (!rule_is_for(p, false))
			continue;
		if (p->verdict == PLAN_CLEAR)
			put_verdict(b, chain, NULL, p, false, NFT_RETURN);
		else if (s->filter)
			put_goto(b, chain, NULL, p, false, "untracked");
	}
	if (s->filter)
		return;
	rule_start(&r, chain);
	rule_verdict(&r, NFT_GOTO, "untracked");
	batch_rule(b, &r);
}

/* What comes to be sent by S, before connection tracking. */
static void put_untrack(struct batch *b, const struct plan_scope *s, size_t index)
{
	size_t n = s->filter ? 1 : s->n_from;
	char chain[32];

	chain_name(chain, "untrack", index);
	put_untrack_rules(b, s, chain);
	for (size_t i = 0; i < n; i++) {
		struct rule r;

		rule_start(&r, "in");
		if (s->filter)
			rule_iifname_not(&r, s->external);
		else
			rule_iifname(&r, s->from[i]);
		rule_route_out_of(&r, s->external);
		rule_verdict(&r, NFT_JUMP, chain);
		batch_rule(b, &r);
	}
}

void put_in(struct batch *b, const struct plan *plan, const struct zones *z, bool untrack)
{
	put_early(b, plan);
	put_opened(b, untrack);
	put_fits(b, plan);
	put_zones(b, "foreign", plan, z);
	for (size_t i = 0; i < plan->n_scopes; i++)
		put_esp_in(b, plan, i);
	for (size_t i = 0; i < plan->n_scopes; i++)
		put_delivered(b, plan, i);
	put_zones(b, "in", plan, z);
	put_unknown_chain(b);
	for (size_t i = 0; i < plan->n_scopes; i++)
		put_unknown_spi(b, &plan->scopes[i]);
	put_esp_rest(b);
	if (untrack)
		put_untracked_chain(b);
	for (size_t i = 0; untrack && i < plan->n_scopes; i++)
		put_untrack(b, &plan->scopes[i], i);
	put_clear_in(b, plan);
}
