/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chain "output": what this host sends.  No program at tc sees it before ESP. */
#include "xfrm/nft/chains.h"

#include <linux/netfilter.h>

/* Forwarded packets come by here as ESP, and none of them otherwise. */
static void put_esp(struct batch *b, bool any_df)
{
	struct rule r;

	if (any_df) {
		rule_start(&r, CHAIN_OUTPUT);
		rule_protocol(&r, IPPROTO_ESP);
		rule_daddr(&r, KERNEL_DUMMY);
		rule_spi_in_set(&r, SET_DF, true);
		rule_set_df(&r);
		rule_comment(&r, "df-bit set");
		batch_rule(b, &r);
	}
	rule_start(&r, CHAIN_OUTPUT);
	rule_protocol(&r, IPPROTO_ESP);
	finish_rule(b, &r, NF_ACCEPT, NULL, NULL);
}

/*
 * Behind wan_out, which drops the same: for the time in which it is gone.  A chain of its own, so that others' ESP is
 * asked nothing.
 */
static void put_ivs(struct batch *b, const struct plan *plan)
{
	bool any = false;
	struct rule r;

	for (size_t i = 0; i < plan->n_sas; i++) {
		const struct plan_sa *sa = &plan->sas[i];

		if (!plan_sa_ready(sa) || !cipher_is_counter_mode(sa->tek.cipher))
			continue;
		if (!any)
			batch_chain(b, CHAIN_IV, "ESP in counter mode with an IV that is not this sender's");
		any = true;
		rule_start(&r, CHAIN_IV);
		rule_spi(&r, sa->tek.spi);
		rule_iv_begins(&r, sa->sender.prefix, false);
		finish_drop(b, &r, COUNT_WRONG_IV, NULL);
	}
	if (!any)
		return;
	rule_start(&r, CHAIN_OUTPUT);
	rule_protocol(&r, IPPROTO_ESP);
	rule_daddr(&r, KERNEL_DUMMY);
	finish_rule(b, &r, NFT_JUMP, CHAIN_IV, NULL);
}

static void put_sealed(struct batch *b)
{
	struct rule r;

	rule_start(&r, CHAIN_OUTPUT);
	rule_out_reqid(&r, KERNEL_REQID_MIN, KERNEL_REQID_MASK, true);
	rule_address_to_meta(&r, false, NFT_META_MARK);
	rule_address_to_meta(&r, true, NFT_META_PRIORITY);
	finish_rule(b, &r, NF_ACCEPT, NULL, "the addresses, for the program at tc that gives them to ESP");

	rule_start(&r, CHAIN_OUTPUT);
	rule_rt_ipsec(&r, true);
	finish_rule(b, &r, NF_ACCEPT, NULL, "an SA of another program");
}

static void put_local_jump(struct batch *b, const char *oifname)
{
	struct rule r;

	rule_start(&r, CHAIN_OUTPUT);
	rule_oifname(&r, oifname);
	rule_source_local(&r);
	finish_rule(b, &r, NFT_JUMP, CHAIN_LOCAL, NULL);
}

static void put_fail_close(struct batch *b, const struct plan_scope *s)
{
	struct rule r;

	for (size_t j = 0; !s->filter && j < s->n_to; j++) {
		rule_start(&r, CHAIN_LOCAL);
		rule_oifname(&r, s->to[j]);
		rule_source_not_of_output(&r);
		finish_drop(b, &r, COUNT_FAIL_CLOSE_OUT, "fail-close");
	}
}

/*
 * In clear.  With the address of a protected interface a packet is a part of the traffic between the zones, so
 * fail-close ends it.  With the address of the interface by which it leaves it is the host's own (row D4), and a group
 * policy is all that can hold it: XFRM has protected what a policy covers, and what is in clear here has lost that.
 */
static void put_local(struct batch *b, const struct plan_scope *s, size_t index)
{
	char as_zone[CHAIN_NAME_MAX], own[CHAIN_NAME_MAX];

	chain_name(as_zone, SCOPE_LOCAL_AS_ZONE, index);
	chain_name(own, SCOPE_LOCAL_OWN, index);
	put_rules(b, own, s, false, COUNT_UNPROTECTED_OUT, false);
	put_rules(b, as_zone, s, false, COUNT_FAIL_CLOSE_OUT, s->filter);
	for (size_t j = 0; j < uplinks(s); j++) {
		struct rule r;

		rule_start(&r, CHAIN_LOCAL);
		rule_oifname(&r, uplink(s, j));
		rule_source_not_of_output(&r);
		finish_rule(b, &r, NFT_JUMP, as_zone, NULL);
	}
	jump_by_uplink(b, CHAIN_LOCAL, s, own);
}

/* What its group's policy has sent there: our own routes lead to the stamp, and others, by a gateway, to the wire. */
static void put_to_carriers(struct batch *b)
{
	const struct ip_prefix carriers = { KERNEL_CARRIERS, KERNEL_CARRIERS_LEN };
	struct rule r;

	rule_start(&r, CHAIN_OUTPUT);
	rule_destination_in(&r, carriers);
	rule_nexthop_in(&r, carriers);
	finish_rule(b, &r, NF_ACCEPT, NULL, "on its way to a stamp");
	rule_start(&r, CHAIN_OUTPUT);
	rule_destination_in(&r, carriers);
	finish_drop(b, &r, COUNT_UNPROTECTED_OUT, "not on its way to a stamp");
}

void put_output(struct batch *b, const struct plan *plan, bool any_df)
{
	put_ivs(b, plan);
	put_esp(b, any_df);
	if (plan_has_window(plan))
		put_to_carriers(b);
	put_sealed(b);
	put_by_uplink(b, plan, put_local_jump);
	for (size_t i = 0; i < plan->n_scopes; i++)
		put_local(b, &plan->scopes[i], i);
	for (size_t i = 0; i < plan->n_scopes; i++)
		put_fail_close(b, &plan->scopes[i]);
}

/*
 * What goes to a carrier would be fragmented by the MTU of its route, before it is stamped: what is larger goes to the
 * address whose route has none.
 */
void put_stamped(struct batch *b, uint16_t mtu)
{
	static const struct base_chain large = { CHAIN_OUTPUT_STAMPED, "route", NF_INET_LOCAL_OUT, 1001,
						 "packets that are stamped later stay whole until then" };
	struct rule r;

	batch_base_chain(b, &large);
	rule_start(&r, CHAIN_OUTPUT_STAMPED);
	rule_destination_in(&r, (struct ip_prefix){ KERNEL_CARRIERS, KERNEL_CARRIERS_LEN });
	rule_longer(&r, mtu);
	rule_destination_or(&r, KERNEL_CARRIER_LARGE);
	finish_rule(b, &r, NF_ACCEPT, NULL, "larger than what fits into ESP");
}

void put_notrack(struct batch *b, const struct plan *plan)
{
	static const struct base_chain in = {
		CHAIN_PREROUTING_NOTRACK,
		"filter",
		NF_INET_PRE_ROUTING,
		-310,
		"ESP is not tracked: an entry for each pair of hosts would grow with the traffic",
	};
	static const struct base_chain out = { CHAIN_OUTPUT_NOTRACK, "filter", NF_INET_LOCAL_OUT, -310,
					       "nor is ESP that this host makes" };
	struct rule r;

	batch_base_chain(b, &in);
	batch_base_chain(b, &out);
	for (size_t i = 0; i < plan->n_scopes; i++) {
		rule_start(&r, CHAIN_PREROUTING_NOTRACK);
		/* The name last: it is copied for the comparison, and every packet of the host comes by here. */
		rule_protocol(&r, IPPROTO_ESP);
		rule_daddr(&r, plan->scopes[i].local);
		rule_iifname(&r, plan->scopes[i].external);
		rule_notrack(&r);
		finish_rule(b, &r, NF_ACCEPT, NULL, NULL);
	}
	rule_start(&r, CHAIN_OUTPUT_NOTRACK);
	rule_daddr(&r, KERNEL_DUMMY);
	rule_notrack(&r);
	batch_rule(b, &r);
	if (!plan_has_window(plan))
		return;
	rule_start(&r, CHAIN_OUTPUT_NOTRACK);
	rule_destination_in(&r, (struct ip_prefix){ KERNEL_CARRIERS, KERNEL_CARRIERS_LEN });
	rule_notrack(&r);
	batch_rule(b, &r);
}
