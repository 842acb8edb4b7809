/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table "ip6 gvpn": no group policy is of IPv6, so none passes between the zones. */
#include "xfrm/nft/chains.h"

#include <linux/netfilter.h>

static const struct base_chain inet6_chains[] = {
	{ CHAIN_FORWARD, "filter", NF_INET_FORWARD, 0, "no IPv6 between the zones" },
	{ CHAIN_OUTPUT, "filter", NF_INET_LOCAL_OUT, 0, "nor of this host, by another interface than its address has" },
	{ CHAIN_INPUT, "filter", NF_INET_LOCAL_IN, 0, "nor to this host, by another interface than its address has" },
};

static void put_pair(struct batch *b, const char *from, const char *to)
{
	struct rule r;

	rule_start(&r, CHAIN_FORWARD);
	rule_iifname(&r, from);
	rule_oifname(&r, to);
	finish_drop(b, &r, COUNT_INET6_DROPPED, NULL);
}

/* Neighbour discovery, and all that has the interface's own address, stays. */
static void put_host(struct batch *b, const char *to)
{
	struct rule r;

	rule_start(&r, CHAIN_OUTPUT);
	rule_oifname(&r, to);
	rule_source_local(&r);
	rule_source_not_of_output(&r);
	finish_drop(b, &r, COUNT_INET6_DROPPED, NULL);

	rule_start(&r, CHAIN_INPUT);
	rule_iifname(&r, to);
	rule_destination_local(&r);
	rule_destination_not_of_input(&r);
	finish_drop(b, &r, COUNT_INET6_DROPPED, NULL);
}

void put_inet6(struct batch *b, const struct plan *plan)
{
	for (size_t i = 0; i < ARRAY_SIZE(inet6_chains); i++)
		batch_base_chain(b, &inet6_chains[i]);
	for (size_t i = 0; i < plan->n_scopes; i++) {
		const struct plan_scope *s = &plan->scopes[i];

		for (size_t k = 0; k < s->n_to; k++) {
			for (size_t j = 0; j < s->n_from; j++) {
				put_pair(b, s->from[j], s->to[k]);
				put_pair(b, s->to[k], s->from[j]);
			}
			if (!s->filter)
				put_host(b, s->to[k]);
		}
	}
}
