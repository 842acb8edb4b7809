/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chain "postrouting": what goes into ESP, and what would leave in clear. */
#include "xfrm/nft/chains.h"

#include <linux/netfilter.h>

#define ICMP_ECHO_REPLY 0 /* RFC 792: the two that quote nothing and are common */
#define ICMP_ECHO 8

/*
 * The addresses of a packet that is about to be encrypted travel on in mark and priority, which survive encryption.
 * Then the packet comes by once more, as ESP.
 */
static void put_encrypt(struct batch *b)
{
	struct rule r;

	rule_start(&r, CHAIN_POSTROUTING);
	rule_out_reqid(&r, KERNEL_REQID_MIN, KERNEL_REQID_MASK, true);
	rule_address_to_meta(&r, false, NFT_META_MARK);
	rule_address_to_meta(&r, true, NFT_META_PRIORITY);
	finish_rule(b, &r, NF_ACCEPT, NULL, "goes into ESP: destination address into mark, source into priority");

	rule_start(&r, CHAIN_POSTROUTING);
	rule_protocol(&r, IPPROTO_ESP);
	rule_spi_in_set(&r, SET_OUT, true);
	rule_count(&r, table_counters[COUNT_ESP_LEFT]);
	finish_rule(b, &r, NF_ACCEPT, NULL, "ESP of the group");

	rule_start(&r, CHAIN_POSTROUTING);
	rule_rt_ipsec(&r, true);
	finish_rule(b, &r, NF_ACCEPT, NULL, "goes into an SA of another program");

	rule_start(&r, CHAIN_POSTROUTING);
	rule_mark_any(&r, KERNEL_MARK_PROTECT);
	finish_drop(b, &r, COUNT_UNPROTECTED_OUT, "a group SA was chosen for it, and something took it away");
}

/*
 * An ICMP error, most often this host's own, quotes the packet that it is about.  Its source is no address of the
 * group, so no policy protects it, and it must not quote a packet that came out of ESP.  Packets that a rule admits in
 * clear, and errors about them, pass.
 */
static void put_quotes(struct batch *b, const struct plan_scope *s, size_t index)
{
	char chain[CHAIN_NAME_MAX];
	struct rule r;

	chain_name(chain, SCOPE_ICMP_QUOTES, index);
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
		comment_plan_rule(&r, p);
		if (clear)
			finish_rule(b, &r, NFT_RETURN, NULL, NULL);
		else
			finish_drop(b, &r, COUNT_ICMP_QUOTED, NULL);
	}
	jump_by_uplink(b, CHAIN_ICMP_ERRORS, s, chain);
}

static void put_icmp(struct batch *b, const struct plan *plan)
{
	static const uint8_t quote_nothing[] = { ICMP_ECHO_REPLY, ICMP_ECHO };
	struct rule r;

	rule_start(&r, CHAIN_POSTROUTING);
	rule_protocol(&r, IPPROTO_ICMP);
	finish_rule(b, &r, NFT_JUMP, CHAIN_ICMP_ERRORS, NULL);

	for (size_t i = 0; i < ARRAY_SIZE(quote_nothing); i++) {
		rule_start(&r, CHAIN_ICMP_ERRORS);
		rule_icmp_type(&r, quote_nothing[i]);
		finish_rule(b, &r, NFT_RETURN, NULL, "quotes nothing");
	}
	rule_start(&r, CHAIN_ICMP_ERRORS);
	rule_quoted_protocol(&r, IPPROTO_ESP);
	finish_rule(b, &r, NFT_RETURN, NULL, "quotes ESP, which is encrypted");
	for (size_t i = 0; i < plan->n_scopes; i++)
		put_quotes(b, &plan->scopes[i], i);
}

static void put_local_jump(struct batch *b, const char *oifname, uint32_t unused)
{
	struct rule r;

	(void)unused;
	rule_start(&r, CHAIN_POSTROUTING);
	rule_oifname(&r, oifname);
	rule_protocol_not(&r, IPPROTO_ESP); /* other tunnels may begin here */
	rule_source_local(&r);
	finish_rule(b, &r, NFT_JUMP, CHAIN_LOCAL, NULL);
}

/*
 * This host's own packets in clear.  XFRM has already taken those that a group policy protects; a covered packet that
 * is still in clear has lost its SA.  With the address of a protected interface a packet is a part of the traffic
 * between the zones, and fail-close drops it.  With the address of the interface by which it leaves it is this host's
 * own (row D4), and only a group policy can hold it.
 */
static void put_local(struct batch *b, const struct plan *plan)
{
	char as_zone[CHAIN_NAME_MAX], own[CHAIN_NAME_MAX], text[SCOPE_TEXT_MAX];
	struct rule r;

	put_by_uplink(b, plan, put_local_jump, 0);
	for (size_t i = 0; i < plan->n_scopes; i++) {
		const struct plan_scope *s = &plan->scopes[i];

		chain_name(as_zone, SCOPE_LOCAL_AS_ZONE, i);
		chain_name(own, SCOPE_LOCAL_OWN, i);
		scope_text(s, text);
		put_rules(b, own, s, false, COUNT_UNPROTECTED_OUT, false);
		put_rules(b, as_zone, s, false, COUNT_FAIL_CLOSE_OUT, s->filter);
		for (size_t j = 0; j < uplinks(s); j++) {
			rule_start(&r, CHAIN_LOCAL);
			rule_oifname(&r, uplink(s, j));
			rule_source_not_of_output(&r);
			finish_rule(b, &r, NFT_JUMP, as_zone, text);
		}
		jump_by_uplink(b, CHAIN_LOCAL, s, own);
	}
	for (size_t i = 0; i < plan->n_scopes; i++) {
		const struct plan_scope *s = &plan->scopes[i];

		for (size_t j = 0; !s->filter && j < s->n_to; j++) {
			rule_start(&r, CHAIN_LOCAL);
			rule_oifname(&r, s->to[j]);
			rule_source_not_of_output(&r);
			finish_drop(b, &r, COUNT_FAIL_CLOSE_OUT, "fail-close");
		}
	}
}

void put_postrouting(struct batch *b, const struct plan *plan)
{
	put_encrypt(b);
	put_icmp(b, plan);
	put_local(b, plan);
}
