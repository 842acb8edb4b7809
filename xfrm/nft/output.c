/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chains of the hooks input and output: this host's own packets, ESP among them. */
#include "xfrm/nft/chains.h"

#include <linux/netfilter.h>

/* ESP that passed the input chains of this host's firewall, all of which stand before ours. */
void put_input(struct batch *b, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_scopes; i++) {
		char set[CHAIN_NAME_MAX];
		struct rule r;

		if (!first_of_uplink(plan, i))
			continue;
		chain_name(set, SET_IN, i);
		rule_start(&r, CHAIN_INPUT);
		rule_iifname(&r, plan->scopes[i].external);
		rule_protocol(&r, IPPROTO_ESP);
		rule_spi_in_set(&r, set, true);
		rule_count(&r, table_counters[COUNT_ESP_DELIVERED]);
		batch_rule(b, &r);
	}
}

/* On packets that leave by these interfaces the bit is ours alone.  The mark of ESP is an address (postrouting.c). */
static void put_mark_cleared(struct batch *b, const char *oifname, uint32_t bits)
{
	struct rule r;

	rule_start(&r, CHAIN_OUTPUT_MARK);
	rule_oifname(&r, oifname);
	rule_mark_any(&r, bits);
	rule_protocol_not(&r, IPPROTO_ESP);
	rule_change_mark(&r, bits, 0);
	rule_comment(&r, "takes our bit off the mark: nobody else may set it");
	batch_rule(b, &r);
}

/*
 * This host's own packets that an SA was chosen for are marked, as chain forward marks those that it passes on.  When
 * something takes a packet from its SA afterwards, a NAT rule for example, the mark stays and postrouting drops it.
 */
static void put_mark(struct batch *b, const struct plan *plan)
{
	struct rule r;

	put_by_uplink(b, plan, put_mark_cleared, KERNEL_MARK_PROTECT);
	rule_start(&r, CHAIN_OUTPUT_MARK);
	rule_out_reqid(&r, KERNEL_REQID_MIN, KERNEL_REQID_MASK, true);
	rule_change_mark(&r, 0, KERNEL_MARK_PROTECT);
	rule_comment(&r, "must leave in ESP");
	batch_rule(b, &r);
}

/*
 * ESP to the dummy address gets the addresses of the hosts inside, which postrouting has put into mark and priority,
 * and is routed again.
 */
static void put_esp(struct batch *b, bool any_df)
{
	struct rule r;

	rule_start(&r, CHAIN_OUTPUT_ESP);
	rule_protocol_not(&r, IPPROTO_ESP);
	finish_rule(b, &r, NF_ACCEPT, NULL, NULL);

	rule_start(&r, CHAIN_OUTPUT_ESP);
	rule_daddr(&r, KERNEL_DUMMY);
	rule_meta_u32(&r, NFT_META_MARK, 0, true);
	finish_rule(b, &r, NF_DROP, NULL, "did not come through postrouting, so its addresses are unknown");

	if (any_df) {
		rule_start(&r, CHAIN_OUTPUT_ESP);
		rule_daddr(&r, KERNEL_DUMMY);
		rule_spi_in_set(&r, SET_DF, true);
		rule_set_df(&r);
		rule_comment(&r, "df-bit set");
		batch_rule(b, &r);
	}

	rule_start(&r, CHAIN_OUTPUT_ESP);
	rule_daddr(&r, KERNEL_DUMMY);
	rule_meta_to_address(&r, NFT_META_PRIORITY, true);
	rule_meta_to_address(&r, NFT_META_MARK, false);
	rule_set_meta(&r, NFT_META_MARK, 0);
	rule_set_meta(&r, NFT_META_PRIORITY, 0);
	rule_notrack(&r);
	rule_count(&r, table_counters[COUNT_ESP_OUT]);
	finish_rule(b, &r, NF_ACCEPT, NULL, "source address from priority, destination from mark");
}

void put_output(struct batch *b, const struct plan *plan, bool any_df)
{
	put_mark(b, plan);
	put_esp(b, any_df);
}
