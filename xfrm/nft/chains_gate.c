/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/nft/chains.h"

#include <linux/netfilter.h>

static enum table_counter fail_close(bool in)
{
	return in ? COUNT_FAIL_CLOSE_IN : COUNT_FAIL_CLOSE_OUT;
}

void put_rules(struct batch *b, const char *chain, const struct plan_scope *s, bool in, enum table_counter protected,
	       bool fail_close)
{
	for (size_t i = 0; i < s->n_rules; i++) {
		const struct plan_rule *p = &s->rules[i];

		if (!rule_is_for(p, in) || (p->reason == PLAN_FAIL_CLOSE && !fail_close))
			continue;
		if (p->reason == PLAN_NOT_GOVERNED)
			put_verdict(b, chain, NULL, p, in, NFT_RETURN); /* another filter may govern it */
		else if (p->verdict == PLAN_CLEAR)
			put_verdict(b, chain, NULL, p, in, NF_ACCEPT);
		else
			put_drop(b, chain, NULL, p, in, protected);
	}
}

/* Fail-close: the end of a chain. */
static void put_end(struct batch *b, const char *chain, enum table_counter counter)
{
	struct rule r;

	rule_start(&r, chain);
	count_and_drop(b, &r, counter);
}

static void put_jump(struct batch *b, const char *iifname, const char *oifname, const char *chain)
{
	struct rule r;

	rule_start(&r, "gate");
	if (iifname)
		rule_iifname(&r, iifname);
	if (oifname)
		rule_oifname(&r, oifname);
	rule_verdict(&r, NFT_JUMP, chain);
	batch_rule(b, &r);
}

static void put_jumps(struct batch *b, const struct plan_scope *s, bool in, const char *chain)
{
	if (s->filter)
		put_jump(b, in ? s->external : NULL, in ? NULL : s->external, chain);
	for (size_t i = 0; i < s->n_from; i++)
		for (size_t j = 0; j < s->n_to; j++)
			put_jump(b, in ? s->to[j] : s->from[i], in ? s->from[i] : s->to[j], chain);
}

static void match_reqid(struct rule *r, bool in, uint32_t value, uint32_t mask, bool equal)
{
	if (in)
		rule_in_reqid(r, 0, value, mask, equal);
	else
		rule_out_reqid(r, value, mask, equal);
}

/*
 * What this VPN's SAs protect passes.  What another VPN of ours protects does not belong between these zones; under a
 * filter it may, if none of its rules names it.  What other programs protect is theirs to judge.
 */
static void put_protected(struct batch *b, const char *chain, const struct plan_scope *s, bool in)
{
	struct rule r;

	rule_start(&r, chain);
	match_reqid(&r, in, s->reqids, KERNEL_REQID_VPN_MASK, true);
	if (!in)
		rule_change_mark(&r, 0, KERNEL_MARK_PROTECT);
	rule_verdict(&r, NF_ACCEPT, NULL);
	batch_rule(b, &r);

	rule_start(&r, chain);
	match_reqid(&r, in, KERNEL_REQID_MIN, KERNEL_REQID_MASK, false);
	rule_verdict(&r, NF_ACCEPT, NULL);
	batch_rule(b, &r);

	if (s->filter)
		return;
	rule_start(&r, chain);
	match_reqid(&r, in, KERNEL_REQID_MIN, KERNEL_REQID_MASK, true);
	count_and_drop(b, &r, in ? COUNT_MISFIT : COUNT_FAIL_CLOSE_OUT);
}

/* One direction: what is protected passes, what a rule admits in clear passes, the rest is dropped. */
static void put_gate(struct batch *b, const struct plan_scope *s, size_t index, bool in)
{
	char chain[32];

	chain_name(chain, in ? "in" : "out", index);
	put_jumps(b, s, in, chain);
	put_protected(b, chain, s, in);
	/* Between zones fail-close is what the chain ends with, whatever the plan says. */
	put_rules(b, chain, s, in, fail_close(in), s->filter);
	if (!s->filter)
		put_end(b, chain, fail_close(in));
}

/* Routing is over: the bits of the zones have done their part.  And the bit of the seal is ours alone. */
static void put_bits_end(struct batch *b, const char *oifname, uint32_t bits)
{
	struct rule r;

	rule_start(&r, "gate");
	rule_oifname(&r, oifname);
	rule_mark_any(&r, bits);
	rule_change_mark(&r, bits, 0);
	batch_rule(b, &r);
}

/* What came out of this VPN's SAs and does not go to one of its zones: chain "in" does not take such ESP. */
static void put_strays(struct batch *b, const struct plan *plan, size_t index)
{
	const struct plan_scope *s = &plan->scopes[index];
	struct rule r;

	if (s->filter)
		return;
	for (size_t i = 0; i < index; i++)
		if (plan->scopes[i].reqids == s->reqids && !plan->scopes[i].filter)
			return;
	rule_start(&r, "gate");
	rule_in_reqid(&r, 0, s->reqids, KERNEL_REQID_VPN_MASK, true);
	count_and_drop(b, &r, COUNT_MISFIT);
}

void put_gates(struct batch *b, const struct plan *plan, const struct zones *z)
{
	put_by_uplink(b, plan, put_bits_end, zones_bits(z) | KERNEL_MARK_PROTECT);
	/* A pair of zones says more than the interface alone. */
	for (int filter = 0; filter < 2; filter++)
		for (size_t i = 0; i < plan->n_scopes; i++) {
			const struct plan_scope *s = &plan->scopes[i];

			if (s->filter != (filter == 1))
				continue;
			put_gate(b, s, i, false);
			put_gate(b, s, i, true);
		}
	for (size_t i = 0; i < plan->n_scopes; i++)
		put_strays(b, plan, i);
}
