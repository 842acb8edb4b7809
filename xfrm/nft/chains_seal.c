/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/nft/chains.h"

#include <linux/netfilter.h>

#define ICMP_ECHO_REPLY 0 /* RFC 792: the two that quote nothing and are common */
#define ICMP_ECHO 8

static void put_return(struct batch *b, struct rule *r)
{
	rule_verdict(r, NFT_RETURN, NULL);
	batch_rule(b, r);
}

/* The number of interfaces by which what S governs leaves, and their names. */
static size_t uplinks(const struct plan_scope *s)
{
	return s->filter ? 1 : s->n_to;
}

static const char *uplink(const struct plan_scope *s, size_t i)
{
	return s->filter ? s->external : s->to[i];
}

static bool is_uplink(const struct plan_scope *s, const char *name)
{
	for (size_t i = 0; i < uplinks(s); i++)
		if (strcmp(uplink(s, i), name) == 0)
			return true;
	return false;
}

void put_by_uplink(struct batch *b, const struct plan *plan, put_by_uplink_fn put, uint32_t bits)
{
	for (size_t i = 0; i < plan->n_scopes; i++)
		for (size_t j = 0; j < uplinks(&plan->scopes[i]); j++) {
			const char *name = uplink(&plan->scopes[i], j);
			bool done = false;

			for (size_t k = 0; !done && k < i; k++)
				done = is_uplink(&plan->scopes[k], name);
			if (!done)
				put(b, name, bits);
		}
}

/* The bit is ours alone, on what leaves by these interfaces.  ESP's mark is an address, see put_sealed(). */
static void put_own_bit_end(struct batch *b, const char *oifname, uint32_t bits)
{
	struct rule r;

	rule_start(&r, "own");
	rule_oifname(&r, oifname);
	rule_mark_any(&r, bits);
	rule_protocol_not(&r, IPPROTO_ESP);
	rule_change_mark(&r, bits, 0);
	batch_rule(b, &r);
}

/*
 * What this host sends and an SA was chosen for is marked, as the gate marks what it passes on: whatever takes it from
 * its SA afterwards, a NAT rule say, does not take the mark.
 */
static void put_own(struct batch *b, const struct plan *plan)
{
	struct rule r;

	put_by_uplink(b, plan, put_own_bit_end, KERNEL_MARK_PROTECT);
	rule_start(&r, "own");
	rule_out_reqid(&r, KERNEL_REQID_MIN, KERNEL_REQID_MASK, true);
	rule_change_mark(&r, 0, KERNEL_MARK_PROTECT);
	batch_rule(b, &r);
}

/* What is about to be transformed: both addresses ride along on the packet, in fields that survive ESP. */
static void put_sealed(struct batch *b)
{
	struct rule r;

	rule_start(&r, "seal");
	rule_out_reqid(&r, KERNEL_REQID_MIN, KERNEL_REQID_MASK, true);
	rule_address_to_meta(&r, false, NFT_META_MARK);
	rule_address_to_meta(&r, true, NFT_META_PRIORITY);
	rule_verdict(&r, NF_ACCEPT, NULL);
	batch_rule(b, &r);

	/* It comes by once more, as ESP. */
	rule_start(&r, "seal");
	rule_protocol(&r, IPPROTO_ESP);
	rule_spi_in_set(&r, SET_OUT, true);
	rule_count(&r, table_counters[COUNT_ESP_LEFT]);
	rule_verdict(&r, NF_ACCEPT, NULL);
	batch_rule(b, &r);

	rule_start(&r, "seal");
	rule_rt_ipsec(&r, true); /* others' SAs */
	rule_verdict(&r, NF_ACCEPT, NULL);
	batch_rule(b, &r);

	rule_start(&r, "seal");
	rule_mark_any(&r, KERNEL_MARK_PROTECT);
	count_and_drop(b, &r, COUNT_UNPROTECTED_OUT);
}

static void jump_by_uplink(struct batch *b, const char *from, const struct plan_scope *s, const char *to)
{
	for (size_t i = 0; i < uplinks(s); i++) {
		struct rule r;

		rule_start(&r, from);
		rule_oifname(&r, uplink(s, i));
		rule_verdict(&r, NFT_JUMP, to);
		batch_rule(b, &r);
	}
}

/*
 * An error about what came out of ESP, most often this host's own: it quotes what it is about, and its source is no
 * address of the group's, so that no policy protects it.  What a rule admits in clear, or quotes of it, passes.
 */
static void put_quote(struct batch *b, const struct plan_scope *s, size_t index)
{
	char chain[32];
	struct rule r;

	chain_name(chain, "quote", index);
	for (size_t i = 0; i < s->n_rules; i++) {
		const struct plan_rule *p = &s->rules[i];
		struct selector came = selector_reverse(&p->sel);
		bool clear = p->verdict == PLAN_CLEAR && p->reason != PLAN_NOT_GOVERNED;

		if (clear && rule_is_for(p, false))
			put_verdict(b, chain, NULL, p, false, NFT_RETURN);
		if (!rule_is_for(p, true) || (!clear && p->reason != PLAN_GROUP_POLICY))
			continue;
		rule_start(&r, chain);
		rule_quoted(&r, &came, clear);
		if (clear)
			put_return(b, &r);
		else
			count_and_drop(b, &r, COUNT_ICMP_QUOTED);
	}
	jump_by_uplink(b, "icmp", s, chain);
}

static void put_icmp(struct batch *b, const struct plan *plan)
{
	static const uint8_t quote_nothing[] = { ICMP_ECHO_REPLY, ICMP_ECHO };
	struct rule r;

	rule_start(&r, "seal");
	rule_protocol(&r, IPPROTO_ICMP);
	rule_verdict(&r, NFT_JUMP, "icmp");
	batch_rule(b, &r);

	for (size_t i = 0; i < ARRAY_SIZE(quote_nothing); i++) {
		rule_start(&r, "icmp");
		rule_icmp_type(&r, quote_nothing[i]);
		put_return(b, &r);
	}
	/* Others' packets that pass through, or what a host sent in ESP of its own. */
	rule_start(&r, "icmp");
	rule_quoted_protocol(&r, IPPROTO_ESP);
	put_return(b, &r);
	for (size_t i = 0; i < plan->n_scopes; i++)
		put_quote(b, &plan->scopes[i], i);
}

static void put_local_jump(struct batch *b, const char *oifname, uint32_t unused)
{
	struct rule r;

	(void)unused;
	rule_start(&r, "seal");
	rule_oifname(&r, oifname);
	rule_protocol_not(&r, IPPROTO_ESP); /* of other tunnels that begin here */
	rule_source_local(&r);
	rule_verdict(&r, NFT_JUMP, "local");
	batch_rule(b, &r);
}

/*
 * This host's own packets.  With the address of a protected interface they are a part of the traffic between the zones,
 * so fail-close ends it; with the address of the interface by which they leave they are its own (D4), and a group
 * policy is all that can hold them.  XFRM has protected what it covers; what is still in clear here has lost that.
 */
static void put_local(struct batch *b, const struct plan *plan)
{
	char local[32], own[32];
	struct rule r;

	put_by_uplink(b, plan, put_local_jump, 0);
	for (size_t i = 0; i < plan->n_scopes; i++) {
		const struct plan_scope *s = &plan->scopes[i];

		chain_name(local, "local", i);
		chain_name(own, "own", i);
		put_rules(b, own, s, false, COUNT_UNPROTECTED_OUT, false);
		put_rules(b, local, s, false, COUNT_FAIL_CLOSE_OUT, s->filter);
		for (size_t j = 0; j < uplinks(s); j++) {
			rule_start(&r, "local");
			rule_oifname(&r, uplink(s, j));
			rule_source_not_of_output(&r);
			rule_verdict(&r, NFT_JUMP, local);
			batch_rule(b, &r);
		}
		jump_by_uplink(b, "local", s, own);
	}
	for (size_t i = 0; i < plan->n_scopes; i++) {
		const struct plan_scope *s = &plan->scopes[i];

		for (size_t j = 0; !s->filter && j < s->n_to; j++) {
			rule_start(&r, "local");
			rule_oifname(&r, s->to[j]);
			rule_source_not_of_output(&r);
			count_and_drop(b, &r, COUNT_FAIL_CLOSE_OUT);
		}
	}
}

void put_seal(struct batch *b, const struct plan *plan)
{
	put_own(b, plan);
	put_sealed(b);
	put_icmp(b, plan);
	put_local(b, plan);
}
