/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/nft/chains.h"

#include "lib/selector.h"
#include "xfrm/nft/mark_match.h"

#include <linux/netfilter.h>

/*
 * Cleartext from outside is held against the rules twice: a fragment before reassembly, so that it cannot become a part
 * of what came out of ESP, and the whole packet after it.
 */
struct stage {
	const char *base, *scope, *to; /* chains */
	bool pieces;
};

/* Later fragments show no ports: a rule that names some says nothing certain, so it lets pass and does not drop. */
static void put_piece(struct batch *b, const char *chain, const char *iifname, const struct plan_rule *p, bool pass,
		      const char *to)
{
	struct selector sel = selector_reverse(&p->sel);
	struct rule r;

	if (!pass && !(port_any(sel.sport) && port_any(sel.dport)))
		return;
	sel.sport = sel.dport = (struct port_range){ 0, UINT16_MAX };
	rule_start(&r, chain);
	if (iifname)
		rule_iifname(&r, iifname);
	rule_selector(&r, &sel);
	rule_verdict(&r, pass ? NF_ACCEPT : NFT_GOTO, pass ? NULL : to);
	batch_rule(b, &r);
}

static void put_clear_rule(struct batch *b, const struct stage *g, const char *chain, const char *iifname,
			   const struct plan_rule *p, bool pass, const char *to)
{
	if (g->pieces)
		put_piece(b, chain, iifname, p, pass, to);
	else if (pass)
		put_verdict(b, chain, iifname, p, true, NF_ACCEPT);
	else
		put_goto(b, chain, iifname, p, true, to);
}

static void put_shut(struct batch *b, const struct stage *g, struct rule *r)
{
	if (!g->pieces) {
		count_and_drop(b, r, COUNT_CLEAR_IN);
		return;
	}
	rule_verdict(r, NFT_GOTO, "shut");
	batch_rule(b, r);
}

/* Where what a scope covers ends: dropped on its way to the scope's zone, or to this host; others' zones are not its.
 */
static void put_clear_to(struct batch *b, const struct stage *g, const struct plan_scope *s, const char *chain)
{
	struct rule r;

	for (size_t i = 0; i < s->n_from; i++) {
		rule_start(&r, chain);
		rule_route_out_of(&r, s->from[i]);
		put_shut(b, g, &r);
	}
	rule_start(&r, chain);
	if (!s->filter)
		rule_destination_local(&r);
	put_shut(b, g, &r);
}

/* Cleartext from outside that a group policy covers (D3).  Whether the rest passes is the gate's to say. */
static void put_clear_rules(struct batch *b, const struct stage *g, const char *chain, const char *iifname,
			    const struct plan_scope *s, const char *to)
{
	for (size_t i = 0; i < s->n_rules; i++) {
		const struct plan_rule *p = &s->rules[i];

		if (!rule_is_for(p, true))
			continue;
		switch (p->reason) {
		case PLAN_NOT_GOVERNED:
			break;
		case PLAN_FAIL_CLOSE:
			if (s->filter)
				put_clear_rule(b, g, chain, iifname, p, true, to);
			break;
		case PLAN_OWN_IKE:
		case PLAN_EXCLUDE:
		case PLAN_GROUP_POLICY:
		case PLAN_FAIL_OPEN:
			put_clear_rule(b, g, chain, iifname, p, p->verdict == PLAN_CLEAR, to);
			break;
		}
	}
}

/* Whether another scope has the same external interface. */
static bool shares_external(const struct plan *plan, size_t index)
{
	for (size_t i = 0; i < plan->n_scopes; i++)
		if (i != index && strcmp(plan->scopes[i].external, plan->scopes[index].external) == 0)
			return true;
	return false;
}

/* Of several scopes behind one external interface, the one to whose zone the packet goes says what it covers. */
static void put_clear_jumps(struct batch *b, const struct stage *g, const struct plan_scope *s, const char *chain)
{
	for (size_t i = 0; i < s->n_from; i++) {
		struct rule r;

		rule_start(&r, g->base);
		rule_iifname(&r, s->external);
		rule_route_out_of(&r, s->from[i]);
		rule_verdict(&r, NFT_GOTO, chain);
		batch_rule(b, &r);
	}
}

static void put_clears(struct batch *b, const struct stage *g, const struct plan *plan)
{
	char chain[32], to[32];
	struct rule r;

	for (size_t i = 0; i < plan->n_scopes; i++) {
		const struct plan_scope *s = &plan->scopes[i];

		chain_name(to, g->to, i);
		put_clear_to(b, g, s, to);
		if (!shares_external(plan, i)) {
			put_clear_rules(b, g, g->base, s->external, s, to);
			continue;
		}
		chain_name(chain, g->scope, i);
		put_clear_rules(b, g, chain, NULL, s, to);
		put_clear_jumps(b, g, s, chain);
	}
	/* To this host's own addresses: what any of them covers. */
	for (size_t i = 0; i < plan->n_scopes; i++) {
		if (!shares_external(plan, i))
			continue;
		chain_name(chain, g->scope, i);
		rule_start(&r, g->base);
		rule_iifname(&r, plan->scopes[i].external);
		rule_verdict(&r, NFT_JUMP, chain);
		batch_rule(b, &r);
	}
}

static void put_accept(struct batch *b, struct rule *r)
{
	rule_verdict(r, NF_ACCEPT, NULL);
	batch_rule(b, r);
}

/* A fragment that was made before ESP, by the same measure as a whole packet; its mark stays for that. */
static void put_opened_piece(struct batch *b)
{
	struct rule r;

	rule_start(&r, "piece");
	rule_in_reqid(&r, 0, KERNEL_REQID_MIN, KERNEL_REQID_MASK, false);
	put_accept(b, &r);

	rule_start(&r, "piece");
	rule_mark_is_address(&r, false);
	rule_meta_to_meta(&r, NFT_META_PRIORITY, NFT_META_MARK);
	rule_mark_is_address(&r, true);
	rule_address_to_meta_number(&r, false, NFT_META_MARK);
	put_accept(b, &r);

	rule_start(&r, "piece");
	rule_in_reqid(&r, 1, KERNEL_REQID_MIN, KERNEL_REQID_MASK, false);
	put_accept(b, &r);

	rule_start(&r, "piece");
	count_and_drop(b, &r, COUNT_READDRESSED);
}

void put_early(struct batch *b, const struct plan *plan)
{
	static const struct stage stage = { "early", "early", "early_to", true };
	struct rule r;

	rule_start(&r, "early");
	rule_fragment(&r, false);
	put_accept(b, &r);

	rule_start(&r, "early");
	rule_secpath(&r, true);
	rule_verdict(&r, NFT_GOTO, "piece");
	batch_rule(b, &r);

	/* ESP in fragments: its ICV is over the whole. */
	rule_start(&r, "early");
	rule_protocol(&r, IPPROTO_ESP);
	put_accept(b, &r);

	put_opened_piece(b);
	put_clears(b, &stage, plan);

	/* A packet is counted once. */
	rule_start(&r, "shut");
	rule_offset_zero(&r);
	rule_count(&r, table_counters[COUNT_CLEAR_IN]);
	batch_rule(b, &r);

	rule_start(&r, "shut");
	rule_verdict(&r, NF_DROP, NULL);
	batch_rule(b, &r);
}

void put_clear_in(struct batch *b, const struct plan *plan)
{
	static const struct stage stage = { "in", "clear", "clear_to", false };

	put_clears(b, &stage, plan);
}
