/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chain "forward": what passes between the zones of a group VPN, or through the interface of a service filter. */
#include "xfrm/nft/chains.h"

#include <linux/netfilter.h>
#include <stdio.h>

static enum table_counter fail_close_counter(bool in)
{
	return in ? COUNT_FAIL_CLOSE_IN : COUNT_FAIL_CLOSE_OUT;
}

static void put_jump(struct batch *b, const struct plan_scope *s, const char *iifname, const char *oifname,
		     const char *chain)
{
	char text[SCOPE_TEXT_MAX];
	struct rule r;

	rule_start(&r, CHAIN_FORWARD);
	if (iifname)
		rule_iifname(&r, iifname);
	if (oifname)
		rule_oifname(&r, oifname);
	scope_text(s, text);
	finish_rule(b, &r, NFT_JUMP, chain, text);
}

static void put_jumps(struct batch *b, const struct plan_scope *s, bool in, const char *chain)
{
	if (s->filter)
		put_jump(b, s, in ? s->external : NULL, in ? NULL : s->external, chain);
	for (size_t i = 0; i < s->n_from; i++)
		for (size_t j = 0; j < s->n_to; j++)
			put_jump(b, s, in ? s->to[j] : s->from[i], in ? s->from[i] : s->to[j], chain);
}

static void match_reqid(struct rule *r, bool in, uint32_t value, uint32_t mask, bool equal)
{
	if (in)
		rule_in_reqid(r, 0, value, mask, equal);
	else
		rule_out_reqid(r, value, mask, equal);
}

/*
 * Packets that this VPN's SAs protect pass.  Packets of another group VPN do not belong between these zones; under a
 * filter they may pass, if none of its rules names them.  Other programs judge what their SAs protect.
 */
static void put_protected(struct batch *b, const char *chain, const struct plan_scope *s, bool in)
{
	struct rule r;

	rule_start(&r, chain);
	match_reqid(&r, in, s->reqids, KERNEL_REQID_VPN_MASK, true);
	if (!in)
		rule_change_mark(&r, 0, KERNEL_MARK_PROTECT);
	finish_rule(b, &r, NF_ACCEPT, NULL, in ? "came by an SA of this VPN" : "must leave by an SA of this VPN");

	rule_start(&r, chain);
	match_reqid(&r, in, KERNEL_REQID_MIN, KERNEL_REQID_MASK, false);
	finish_rule(b, &r, NF_ACCEPT, NULL, "an SA of another program");

	if (s->filter)
		return;
	rule_start(&r, chain);
	match_reqid(&r, in, KERNEL_REQID_MIN, KERNEL_REQID_MASK, true);
	finish_drop(b, &r, in ? COUNT_MISFIT : COUNT_FAIL_CLOSE_OUT, "an SA of another group VPN");
}

/* One direction: protected packets pass, packets that a rule admits in clear pass, all others are dropped. */
static void put_direction(struct batch *b, const struct plan_scope *s, size_t index, bool in)
{
	char chain[CHAIN_NAME_MAX];
	struct rule r;

	chain_name(chain, in ? SCOPE_FORWARD_IN : SCOPE_FORWARD_OUT, index);
	put_jumps(b, s, in, chain);
	put_protected(b, chain, s, in);
	/* Between zones the chain ends with fail-close, whatever the plan says. */
	put_rules(b, chain, s, in, fail_close_counter(in), s->filter);
	if (s->filter)
		return;
	rule_start(&r, chain);
	finish_drop(b, &r, fail_close_counter(in), "fail-close");
}

/*
 * Routing is over and XFRM's policies have been looked up, so the bits of the zones are not needed any more.  Nobody
 * else may set the bit that says "protect".
 */
static void put_mark_cleared(struct batch *b, const char *oifname, uint32_t bits)
{
	struct rule r;

	rule_start(&r, CHAIN_FORWARD);
	rule_oifname(&r, oifname);
	rule_mark_any(&r, bits);
	rule_change_mark(&r, bits, 0);
	rule_comment(&r, "takes our bits off the mark: routing is done");
	batch_rule(b, &r);
}

/* Packets that came out of this VPN's SAs and do not go to one of its zones; prerouting does not decrypt such ESP. */
static void put_strays(struct batch *b, const struct plan *plan, size_t index)
{
	const struct plan_scope *s = &plan->scopes[index];
	char text[SCOPE_TEXT_MAX];
	struct rule r;

	if (s->filter)
		return;
	for (size_t i = 0; i < index; i++)
		if (plan->scopes[i].reqids == s->reqids && !plan->scopes[i].filter)
			return;
	rule_start(&r, CHAIN_FORWARD);
	rule_in_reqid(&r, 0, s->reqids, KERNEL_REQID_VPN_MASK, true);
	snprintf(text, sizeof(text), "came by an SA of VPN %.40s and does not go to its zones", s->vpn);
	finish_drop(b, &r, COUNT_MISFIT, text);
}

void put_forward(struct batch *b, const struct plan *plan, const struct zones *z)
{
	put_by_uplink(b, plan, put_mark_cleared, zones_bits(z) | KERNEL_MARK_PROTECT);
	/* Pairs of zones first: they are more precise than a filter, which names an interface alone. */
	for (int filter = 0; filter < 2; filter++)
		for (size_t i = 0; i < plan->n_scopes; i++) {
			const struct plan_scope *s = &plan->scopes[i];

			if (s->filter != (filter == 1))
				continue;
			put_direction(b, s, i, false);
			put_direction(b, s, i, true);
		}
	for (size_t i = 0; i < plan->n_scopes; i++)
		put_strays(b, plan, i);
}
