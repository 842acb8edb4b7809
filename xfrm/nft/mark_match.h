/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The comparison that nf_tables cannot make: of a packet's mark with one of its addresses (RFC 5374 5.2).  Classic BPF
 * in an xt_bpf match, which nf_tables takes through nft_compat; neither CAP_BPF nor the bpf() system call is needed.
 */
#ifndef XFRM_NFT_MARK_MATCH_H
#define XFRM_NFT_MARK_MATCH_H

#include "xfrm/nft/rule.h"

/* True when the mark is the source or the destination address, as a number in host byte order. */
void rule_mark_is_address(struct rule *b, bool source);

#endif
