/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cleartext from outside that a group policy covers (row D3).  Such a packet is judged twice by the same rules: each of
 * its fragments before reassembly, so that none can become a part of a packet that came out of ESP, and the whole
 * packet after it.  Chain forward judges whatever is left.
 */
#include "xfrm/nft/chains.h"

#include "lib/selector.h"
#include "xfrm/nft/mark_match.h"

#include <linux/netfilter.h>

struct stage {
	const char *base;            /* chain of the hook */
	const char *clear, *covered; /* chains of a scope */
	bool fragments;
};

/* Later fragments show no ports: a rule that names some is not certain to match, so it lets pass and does not drop. */
static void put_fragment_rule(struct batch *b, const char *chain, const char *iifname, const struct plan_rule *p,
			      bool pass, const char *covered)
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
	comment_plan_rule(&r, p);
	finish_rule(b, &r, pass ? NF_ACCEPT : NFT_GOTO, pass ? NULL : covered, NULL);
}

static void put_clear_rule(struct batch *b, const struct stage *g, const char *chain, const char *iifname,
			   const struct plan_rule *p, bool pass, const char *covered)
{
	if (g->fragments)
		put_fragment_rule(b, chain, iifname, p, pass, covered);
	else if (pass)
		put_verdict(b, chain, iifname, p, true, NF_ACCEPT);
	else
		put_goto(b, chain, iifname, p, true, covered);
}

static void finish_clear_drop(struct batch *b, const struct stage *g, struct rule *r, const char *comment)
{
	if (g->fragments)
		finish_rule(b, r, NFT_GOTO, CHAIN_FRAGMENTS_DROP, comment);
	else
		finish_drop(b, r, COUNT_CLEAR_IN, comment);
}

/*
 * A covered packet is dropped when it goes to one of the scope's own zones, or to this host.  When it goes to the zone
 * of another VPN, that VPN's rules decide.
 */
static void put_covered_chain(struct batch *b, const struct stage *g, const struct plan_scope *s, const char *chain)
{
	char text[SCOPE_TEXT_MAX];
	struct rule r;

	scope_text(s, text);
	for (size_t i = 0; i < s->n_from; i++) {
		rule_start(&r, chain);
		rule_route_out_of(&r, s->from[i]);
		finish_clear_drop(b, g, &r, text);
	}
	rule_start(&r, chain);
	if (!s->filter)
		rule_destination_local(&r);
	finish_clear_drop(b, g, &r, s->filter ? text : "to this host");
}

static void put_clear_rules(struct batch *b, const struct stage *g, const char *chain, const char *iifname,
			    const struct plan_scope *s, const char *covered)
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
				put_clear_rule(b, g, chain, iifname, p, true, covered);
			break;
		case PLAN_OWN_IKE:
		case PLAN_EXCLUDE:
		case PLAN_GROUP_POLICY:
		case PLAN_FAIL_OPEN:
			put_clear_rule(b, g, chain, iifname, p, p->verdict == PLAN_CLEAR, covered);
			break;
		}
	}
}

/* When several scopes share an external interface, the scope to whose zone a packet goes decides. */
static void put_clear_jumps(struct batch *b, const struct stage *g, const struct plan_scope *s, const char *chain)
{
	char text[SCOPE_TEXT_MAX];

	scope_text(s, text);
	for (size_t i = 0; i < s->n_from; i++) {
		struct rule r;

		rule_start(&r, g->base);
		rule_iifname(&r, s->external);
		rule_route_out_of(&r, s->from[i]);
		finish_rule(b, &r, NFT_GOTO, chain, text);
	}
}

static void put_stage(struct batch *b, const struct stage *g, const struct plan *plan)
{
	char chain[CHAIN_NAME_MAX], covered[CHAIN_NAME_MAX];
	struct rule r;

	for (size_t i = 0; i < plan->n_scopes; i++) {
		const struct plan_scope *s = &plan->scopes[i];

		chain_name(covered, g->covered, i);
		put_covered_chain(b, g, s, covered);
		if (!shares_external(plan, i)) {
			put_clear_rules(b, g, g->base, s->external, s, covered);
			continue;
		}
		chain_name(chain, g->clear, i);
		put_clear_rules(b, g, chain, NULL, s, covered);
		put_clear_jumps(b, g, s, chain);
	}
	/* Packets to this host's own addresses: any of these scopes may cover them. */
	for (size_t i = 0; i < plan->n_scopes; i++) {
		if (!shares_external(plan, i))
			continue;
		chain_name(chain, g->clear, i);
		rule_start(&r, g->base);
		rule_iifname(&r, plan->scopes[i].external);
		finish_rule(b, &r, NFT_JUMP, chain, "to this host, or to no zone");
	}
}

/*
 * A fragment that came out of ESP, because its packet was fragmented before ESP: it must have the addresses that were
 * outside, like a whole packet.  The mark stays for the judgement of the whole packet.
 */
static void put_decrypted_fragment(struct batch *b)
{
	struct rule r;

	rule_start(&r, CHAIN_FRAGMENTS_DECRYPTED);
	rule_in_reqid(&r, 0, KERNEL_REQID_MIN, KERNEL_REQID_MASK, false);
	finish_rule(b, &r, NF_ACCEPT, NULL, "an SA of another program");

	rule_start(&r, CHAIN_FRAGMENTS_DECRYPTED);
	rule_mark_is_address(&r, false);
	rule_meta_to_meta(&r, NFT_META_PRIORITY, NFT_META_MARK);
	rule_mark_is_address(&r, true);
	rule_address_to_meta_number(&r, false, NFT_META_MARK);
	finish_rule(b, &r, NF_ACCEPT, NULL,
		    "two bpf matches: mark is the destination address, priority the source address");

	rule_start(&r, CHAIN_FRAGMENTS_DECRYPTED);
	rule_in_reqid(&r, 1, KERNEL_REQID_MIN, KERNEL_REQID_MASK, false);
	finish_rule(b, &r, NF_ACCEPT, NULL, "another tunnel within ours");

	rule_start(&r, CHAIN_FRAGMENTS_DECRYPTED);
	finish_drop(b, &r, COUNT_READDRESSED, "ESP showed other addresses");
}

void put_fragments(struct batch *b, const struct plan *plan)
{
	static const struct stage stage = { CHAIN_FRAGMENTS, SCOPE_FRAGMENTS_CLEAR, SCOPE_FRAGMENTS_COVERED, true };
	struct rule r;

	rule_start(&r, CHAIN_FRAGMENTS);
	rule_fragment(&r, false);
	finish_rule(b, &r, NF_ACCEPT, NULL, "no fragment");

	rule_start(&r, CHAIN_FRAGMENTS);
	rule_secpath(&r, true);
	finish_rule(b, &r, NFT_GOTO, CHAIN_FRAGMENTS_DECRYPTED, "came out of ESP");

	rule_start(&r, CHAIN_FRAGMENTS);
	rule_protocol(&r, IPPROTO_ESP);
	finish_rule(b, &r, NF_ACCEPT, NULL, "the ICV of ESP covers the whole packet");

	put_decrypted_fragment(b);
	put_stage(b, &stage, plan);

	rule_start(&r, CHAIN_FRAGMENTS_DROP);
	rule_offset_zero(&r);
	rule_count(&r, table_counters[COUNT_CLEAR_IN]);
	batch_rule(b, &r);

	rule_start(&r, CHAIN_FRAGMENTS_DROP);
	finish_rule(b, &r, NF_DROP, NULL, NULL);
}

void put_cleartext(struct batch *b, const struct plan *plan)
{
	static const struct stage stage = { CHAIN_PREROUTING, SCOPE_CLEAR, SCOPE_COVERED, false };

	put_stage(b, &stage, plan);
}
