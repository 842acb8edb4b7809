/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chain "forward": what passes between the zones of a group VPN, or through the interface of a service filter. */
#include "xfrm/nft/chains.h"

#include <linux/netfilter.h>

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

/*
 * Packets that are about to go into an SA pass, and so do those that came out of one.  Whose SA it is, and whether it
 * is for this zone, the programs at tc judge; without them no ESP is opened that is for a host behind us.
 */
static void put_protected(struct batch *b)
{
	struct rule r;

	/* First the match that costs less: each of them sees half of the group's packets. */
	rule_start(&r, CHAIN_FORWARD);
	rule_secpath(&r, true);
	finish_rule(b, &r, NF_ACCEPT, NULL, "came out of ESP");
	rule_start(&r, CHAIN_FORWARD);
	rule_rt_ipsec(&r, true);
	finish_rule(b, &r, NF_ACCEPT, NULL, "will be in ESP");
}

/* One direction, in clear: packets that a rule admits pass, all others are dropped. */
static void put_direction(struct batch *b, const struct plan_scope *s, size_t index, bool in)
{
	char chain[CHAIN_NAME_MAX];
	struct rule r;

	chain_name(chain, in ? SCOPE_FORWARD_IN : SCOPE_FORWARD_OUT, index);
	put_jumps(b, s, in, chain);
	/* Between zones the chain ends with fail-close, whatever the plan says. */
	put_rules(b, chain, s, in, fail_close_counter(in), s->filter);
	if (s->filter)
		return;
	rule_start(&r, chain);
	finish_drop(b, &r, fail_close_counter(in), "fail-close");
}

/* Nobody forwards to a carrier: what a host sends there is no packet with a stamp. */
static void put_carriers(struct batch *b)
{
	struct rule r;

	rule_start(&r, CHAIN_FORWARD);
	rule_destination_in(&r, (struct ip_prefix){ KERNEL_CARRIERS, KERNEL_CARRIERS_LEN });
	finish_drop(b, &r, COUNT_FAIL_CLOSE_OUT, "for packets on their way to a stamp");
}

void put_forward(struct batch *b, const struct plan *plan)
{
	if (plan_has_window(plan))
		put_carriers(b);
	put_protected(b);
	/* Pairs of zones first: they are more precise than a filter, which names an interface alone. */
	for (int filter = 0; filter < 2; filter++)
		for (size_t i = 0; i < plan->n_scopes; i++) {
			const struct plan_scope *s = &plan->scopes[i];

			if (s->filter != (filter == 1))
				continue;
			put_direction(b, s, i, false);
			put_direction(b, s, i, true);
		}
}
