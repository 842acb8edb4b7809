/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nf_tables rules, an expression a line, over libnftnl.  A builder keeps its first error; callers see no registers.
 */
#ifndef XFRM_NFT_RULE_H
#define XFRM_NFT_RULE_H

#include "lib/gvpn.h"

#include <libnftnl/rule.h>
#include <linux/netfilter/nf_tables.h>

struct rule {
	struct nftnl_rule *r;
	int err;
};

void rule_start(struct rule *b, const char *chain);

/* What nft shows as the rule's comment: at most 127 octets of TEXT. */
void rule_comment(struct rule *b, const char *text);

/* Matches.  Each is an equality unless it says else. */
void rule_iifname(struct rule *b, const char *name);
void rule_oifname(struct rule *b, const char *name);
void rule_secpath(struct rule *b, bool exists); /* the packet came out of ESP */
/*
 * The reqid of an SA that the packet came by; NTH counts from 0, the SA that was first.  A packet without such an SA
 * matches neither way.
 */
void rule_in_reqid(struct rule *b, uint32_t nth, uint32_t value, uint32_t mask, bool equal);
void rule_rt_ipsec(struct rule *b, bool exists); /* the packet is about to go into an SA, anybody's */
/* The reqid of the SA into which the packet is about to go. */
void rule_out_reqid(struct rule *b, uint32_t value, uint32_t mask, bool equal);
void rule_protocol(struct rule *b, uint8_t protocol);
void rule_daddr(struct rule *b, uint32_t addr);
void rule_destination_in(struct rule *b, struct ip_prefix p);
void rule_nexthop_in(struct rule *b, struct ip_prefix p); /* that of its route, or itself where that has none */
void rule_longer(struct rule *b, uint16_t octets);        /* the whole IP packet, than so many */
void rule_selector(struct rule *b, const struct selector *s);
void rule_spi(struct rule *b, uint32_t spi);
void rule_iv_begins(struct rule *b, uint32_t prefix, bool equal); /* ESP's IV: its first 32 bits */
void rule_spi_in_set(struct rule *b, const char *set, bool in);
void rule_source_local(struct rule *b);             /* fib saddr type local */
void rule_destination_local(struct rule *b);        /* the destination is an address of this host */
void rule_source_not_of_output(struct rule *b);     /* fib saddr . oif type != local */
void rule_destination_not_of_input(struct rule *b); /* fib daddr . iif type != local */

/* Statements. */
void rule_address_to_meta(struct rule *b, bool source, enum nft_meta_keys key);
void rule_set_df(struct rule *b);
void rule_destination_or(struct rule *b, uint32_t bits); /* bits of the address that are set */
void rule_notrack(struct rule *b);
void rule_count(struct rule *b, const char *counter);
void rule_defragment(struct rule *b); /* never reached; its presence enables IPv4 reassembly before our chains */
void rule_verdict(struct rule *b, int verdict, const char *chain); /* chain: for NFT_JUMP */

#endif
