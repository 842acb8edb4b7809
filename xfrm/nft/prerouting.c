/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chain "prerouting": ESP, what came out of ESP, marks of zones; its end, cleartext, is in cleartext.c. */
#include "xfrm/nft/chains.h"

#include "lib/selector.h"
#include "xfrm/nft/mark_match.h"
#include "xfrm/plan/forms.h"

#include <linux/netfilter.h>
#include <stdio.h>

/* --- ESP --- */

/*
 * ESP is addressed to a host behind us and must come to us instead.  Its addresses travel on in mark and priority,
 * which survive decryption.
 */
static void put_esp_to_local(struct batch *b, const struct plan_scope *s, const char *chain)
{
	struct rule r;

	rule_start(&r, chain);
	rule_address_to_meta_number(&r, false, NFT_META_MARK);
	rule_address_to_meta_number(&r, true, NFT_META_PRIORITY);
	rule_set_daddr(&r, s->local);
	rule_notrack(&r);
	rule_count(&r, table_counters[COUNT_ESP_IN]);
	finish_rule(b, &r, NF_ACCEPT, NULL, "destination address into mark, source into priority");
}

/* ESP on its way to a from-zone of S is for us; under a filter, ESP on its way to anywhere but back. */
static void put_esp_for_scope(struct batch *b, const struct plan_scope *s, const char *chain, const char *to_local)
{
	char text[SCOPE_TEXT_MAX];
	struct rule r;

	scope_text(s, text);
	if (s->filter) {
		rule_start(&r, chain);
		rule_route_not_out_of(&r, s->external);
		finish_rule(b, &r, NFT_GOTO, to_local, text);
	}
	for (size_t i = 0; i < s->n_from; i++) {
		rule_start(&r, chain);
		rule_route_out_of(&r, s->from[i]);
		finish_rule(b, &r, NFT_GOTO, to_local, text);
	}
}

/*
 * ESP with an SPI of the group.  Other members' ESP that only passes through us goes on as it came, by whatever
 * interface: decrypted, it would leave in clear.
 */
static void put_esp_for_us(struct batch *b, const struct plan *plan, size_t index)
{
	char set[CHAIN_NAME_MAX], for_us[CHAIN_NAME_MAX], to_local[CHAIN_NAME_MAX];
	const struct plan_scope *s = &plan->scopes[index];
	struct rule r;

	if (!first_of_uplink(plan, index))
		return;
	chain_name(set, SET_IN, index);
	chain_name(for_us, SCOPE_ESP_FOR_US, index);
	chain_name(to_local, SCOPE_ESP_TO_LOCAL, index);
	rule_start(&r, CHAIN_PREROUTING);
	rule_iifname(&r, s->external);
	rule_protocol(&r, IPPROTO_ESP);
	rule_spi_in_set(&r, set, true);
	finish_rule(b, &r, NFT_JUMP, for_us, "ESP of the group");

	for (size_t i = index; i < plan->n_scopes; i++)
		if (same_uplink(&plan->scopes[i], s))
			put_esp_for_scope(b, &plan->scopes[i], for_us, to_local);
	rule_start(&r, for_us);
	rule_destination_local(&r);
	finish_rule(b, &r, NFT_GOTO, to_local, "for this host");
	put_esp_to_local(b, s, to_local);
}

/* ESP that a rule lets pass as it is. */
static void put_clear_esp(struct batch *b, const struct plan_scope *s, const struct plan_rule *p)
{
	struct plan_rule esp = *p;

	if (p->sel.protocol != 0 && p->sel.protocol != IPPROTO_ESP)
		return;
	esp.sel.protocol = IPPROTO_ESP;
	put_verdict(b, CHAIN_PREROUTING, s->external, &esp, true, NF_ACCEPT);
}

/* A set that is full ends the rule that adds to it: the next rule counts and drops, however many SPIs come. */
static void put_unknown_spi_chain(struct batch *b)
{
	struct rule r;

	rule_start(&r, CHAIN_UNKNOWN_SPI);
	rule_remember_spi(&r, KERNEL_SET_UNKNOWN_SPI);
	batch_rule(b, &r);
	rule_start(&r, CHAIN_UNKNOWN_SPI);
	finish_drop(b, &r, COUNT_UNKNOWN_SPI, NULL);
}

/* A filter has no zones: ESP is protected traffic when a term or a policy names its addresses and we would pass it on.
 */
static void put_unknown_spi_of_rule(struct batch *b, const struct plan_scope *s, const struct plan_rule *p)
{
	struct selector addresses = { .src = p->sel.dst, .dst = p->sel.src, .sport = { 0, UINT16_MAX } };
	struct rule r;

	addresses.protocol = IPPROTO_ESP;
	addresses.dport = addresses.sport;
	rule_start(&r, CHAIN_PREROUTING);
	rule_iifname(&r, s->external);
	rule_selector(&r, &addresses);
	rule_route_not_out_of(&r, s->external);
	rule_route_unicast(&r);
	finish_rule(b, &r, NFT_GOTO, CHAIN_UNKNOWN_SPI, "ESP with an unknown SPI");
}

/* ESP to protected hosts that no SA can decrypt (row E1), unless a rule lets it pass as it is. */
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
			put_unknown_spi_of_rule(b, s, p);
	}
	for (size_t i = 0; i < s->n_from; i++) {
		rule_start(&r, CHAIN_PREROUTING);
		rule_iifname(&r, s->external);
		rule_protocol(&r, IPPROTO_ESP);
		rule_route_out_of(&r, s->from[i]);
		finish_rule(b, &r, NFT_GOTO, CHAIN_UNKNOWN_SPI, "ESP with an unknown SPI");
	}
}

static void put_other_esp(struct batch *b)
{
	struct rule r;

	rule_start(&r, CHAIN_PREROUTING);
	rule_protocol(&r, IPPROTO_ESP);
	finish_rule(b, &r, NF_ACCEPT, NULL, "ESP of other tunnels, or passing through");
}

/* --- what came out of ESP --- */

static void put_selector(struct batch *b, uint32_t reqid, struct selector sel)
{
	uint8_t protocols[SELECTOR_PROTOCOLS_MAX];
	size_t n = selector_protocols(&sel, protocols);

	for (size_t i = 0; i < n; i++) {
		struct rule r;

		rule_start(&r, CHAIN_DECRYPTED_SELECTORS);
		rule_in_reqid(&r, 0, reqid, UINT32_MAX, true);
		sel.protocol = protocols[i];
		rule_selector(&r, &sel);
		finish_rule(b, &r, NF_ACCEPT, NULL, NULL);
	}
}

/*
 * A packet must fit a policy of the SA that it came by, as the server gave it or turned round, since the SAs are
 * symmetric (RFC 4301 5.2, RFC 6407 5.5.1.1.2).
 */
static void put_selectors(struct batch *b, const struct plan *plan)
{
	struct rule r;

	for (size_t i = 0; i < plan->n_fits; i++) {
		const struct plan_fit *f = &plan->fits[i];
		struct selector back = selector_reverse(&f->sel);

		if (!plan_receives(plan, f->reqid))
			continue;
		put_selector(b, f->reqid, f->sel);
		if (!selector_equal(&f->sel, &back))
			put_selector(b, f->reqid, back);
	}
	rule_start(&r, CHAIN_DECRYPTED_SELECTORS);
	finish_drop(b, &r, COUNT_MISFIT, "no policy of its SA covers it");
}

/* Only packets whose own addresses were those of ESP outside (RFC 5374 5.2). */
static void put_decrypted(struct batch *b, bool untrack)
{
	struct rule r;

	rule_start(&r, CHAIN_PREROUTING);
	rule_secpath(&r, true);
	finish_rule(b, &r, NFT_GOTO, CHAIN_DECRYPTED, "came out of ESP");

	rule_start(&r, CHAIN_DECRYPTED);
	rule_in_reqid(&r, 0, KERNEL_REQID_MIN, KERNEL_REQID_MASK, false);
	finish_rule(b, &r, NFT_GOTO, CHAIN_DECRYPTED_NOT_OURS, NULL);

	rule_start(&r, CHAIN_DECRYPTED);
	rule_mark_is_address(&r, false);
	rule_meta_to_meta(&r, NFT_META_PRIORITY, NFT_META_MARK);
	rule_mark_is_address(&r, true);
	rule_set_meta(&r, NFT_META_MARK, 0);
	rule_set_meta(&r, NFT_META_PRIORITY, 0);
	if (untrack)
		rule_notrack(&r);
	finish_rule(b, &r, NFT_GOTO, CHAIN_DECRYPTED_SELECTORS,
		    "two bpf matches: mark is the destination address, priority the source address");

	/* Another tunnel that ends here: its ESP came through our SA, and was judged here before it was decrypted. */
	rule_start(&r, CHAIN_DECRYPTED);
	rule_in_reqid(&r, 1, KERNEL_REQID_MIN, KERNEL_REQID_MASK, false);
	finish_rule(b, &r, NF_ACCEPT, NULL, "another tunnel within ours");

	rule_start(&r, CHAIN_DECRYPTED);
	finish_drop(b, &r, COUNT_READDRESSED, "ESP showed other addresses");
}

/* --- zones --- */

static bool zone_uses(const struct zones *z, uint32_t bit, const struct plan_scope *s)
{
	return !s->filter && zone_bit(z, s) == bit;
}

/*
 * A packet that leaves by the external interface of a from-zone, and did not come from that zone, gets the zone's bit:
 * the zone's XFRM policies pass over it.
 */
static void put_zone_mark(struct batch *b, const char *chain, const struct plan *plan, const struct zones *z,
			  uint32_t bit)
{
	for (size_t i = 0; i < plan->n_scopes; i++) {
		const struct plan_scope *s = &plan->scopes[i];
		bool done = !zone_uses(z, bit, s);
		char text[80];
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
		snprintf(text, sizeof(text), "not from zone %.60s", s->from_zone);
		rule_comment(&r, text);
		batch_rule(b, &r);
	}
}

static void put_zone_marks(struct batch *b, const char *chain, const struct plan *plan, const struct zones *z)
{
	for (size_t i = 0; i < z->n; i++)
		put_zone_mark(b, chain, plan, z, zone_bit(z, z->of[i]));
}

/* --- flowtables --- */

static void put_notrack_chain(struct batch *b)
{
	struct rule r;

	rule_start(&r, CHAIN_NOTRACK);
	rule_notrack(&r);
	batch_rule(b, &r);
}

/* Traffic of S, but for what a rule admits in clear. */
static void put_notrack_rules(struct batch *b, const struct plan_scope *s, const char *chain)
{
	struct rule r;

	for (size_t i = 0; i < s->n_rules; i++) {
		const struct plan_rule *p = &s->rules[i];

		if (!rule_is_for(p, false))
			continue;
		if (p->verdict == PLAN_CLEAR)
			put_verdict(b, chain, NULL, p, false, NFT_RETURN);
		else if (s->filter)
			put_goto(b, chain, NULL, p, false, CHAIN_NOTRACK);
	}
	if (s->filter)
		return;
	rule_start(&r, chain);
	finish_rule(b, &r, NFT_GOTO, CHAIN_NOTRACK, NULL);
}

/* Traffic that S sends, before connection tracking sees it. */
static void put_notrack(struct batch *b, const struct plan_scope *s, size_t index)
{
	size_t n = s->filter ? 1 : s->n_from;
	char chain[CHAIN_NAME_MAX], text[SCOPE_TEXT_MAX];

	scope_text(s, text);
	chain_name(chain, SCOPE_NOTRACK, index);
	put_notrack_rules(b, s, chain);
	for (size_t i = 0; i < n; i++) {
		struct rule r;

		rule_start(&r, CHAIN_PREROUTING);
		if (s->filter)
			rule_iifname_not(&r, s->external);
		else
			rule_iifname(&r, s->from[i]);
		rule_route_out_of(&r, s->external);
		finish_rule(b, &r, NFT_JUMP, chain, text);
	}
}

void put_prerouting(struct batch *b, const struct plan *plan, const struct zones *z, bool untrack)
{
	put_fragments(b, plan);
	put_decrypted(b, untrack);
	put_selectors(b, plan);
	put_zone_marks(b, CHAIN_DECRYPTED_NOT_OURS, plan, z);
	for (size_t i = 0; i < plan->n_scopes; i++)
		put_esp_for_us(b, plan, i);
	put_zone_marks(b, CHAIN_PREROUTING, plan, z);
	put_unknown_spi_chain(b);
	for (size_t i = 0; i < plan->n_scopes; i++)
		put_unknown_spi(b, &plan->scopes[i]);
	put_other_esp(b);
	if (untrack)
		put_notrack_chain(b);
	for (size_t i = 0; untrack && i < plan->n_scopes; i++)
		put_notrack(b, &plan->scopes[i], i);
	put_cleartext(b, plan);
}
