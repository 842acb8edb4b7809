/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The largest segment that a SYN offers (RFC 9293 3.7.1) is lowered to what fits into ESP. */
#ifndef XFRM_BPF_MSS_BPF_H
#define XFRM_BPF_MSS_BPF_H

#include "xfrm/bpf/packet.bpf.h"

#include <linux/tcp.h>

#define TCP_FLAGS 13 /* octets into the header */
#define TCP_SYN 0x02
#define TCP_CHECK 16
#define OPTION_END 0
#define OPTION_NOP 1
#define OPTION_MSS 2
#define OPTIONS_MAX 40

static __always_inline int is_syn(struct __sk_buff *skb, const struct iphdr *ip, __u32 off)
{
	__u8 flags = 0;

	if (ip->protocol != IPPROTO_TCP || ip->frag_off & OFFSET)
		return 0;
	bpf_skb_load_bytes(skb, off + ip->ihl * 4 + TCP_FLAGS, &flags, 1);
	return (flags & TCP_SYN) != 0;
}

static __always_inline void set_mss(struct __sk_buff *skb, __u32 tcp, __u32 at, __u16 mss)
{
	__be16 old, new = bpf_htons(mss);

	if (bpf_skb_load_bytes(skb, tcp + at, &old, sizeof(old)) < 0 || bpf_ntohs(old) <= mss)
		return;
	if (bpf_skb_store_bytes(skb, tcp + at, &new, sizeof(new), 0) < 0)
		return;
	/* At an odd place each octet is in the other half of a word of the checksum. */
	if (at & 1)
		bpf_l4_csum_replace(skb, tcp + TCP_CHECK, bpf_htons(bpf_ntohs(old) << 8 | bpf_ntohs(old) >> 8),
				    bpf_htons((__u16)(mss << 8 | mss >> 8)), sizeof(new));
	else
		bpf_l4_csum_replace(skb, tcp + TCP_CHECK, old, new, sizeof(new));
	count(skb, DP_COUNT_MSS);
}

struct options {
	struct __sk_buff *skb;
	__u32 tcp, at, end;
	__u16 mss;
};

static long try_option(__u32 unused, void *ctx)
{
	struct options *o = ctx;
	__u8 option[2];

	if (o->at + 4 > o->end || bpf_skb_load_bytes(o->skb, o->tcp + o->at, option, sizeof(option)) < 0)
		return 1;
	if (option[0] == OPTION_NOP) {
		o->at++;
		return 0;
	}
	if (option[0] == OPTION_END || option[1] < 2)
		return 1;
	if (option[0] == OPTION_MSS && option[1] == 4) {
		set_mss(o->skb, o->tcp, o->at + 2, o->mss);
		return 1;
	}
	o->at += option[1];
	return 0;
}

/* TCP: where its header begins.  The packet's pointers are stale afterwards. */
static __noinline int clamp_mss(struct __sk_buff *skb, __u32 tcp, __u32 mss)
{
	struct options o = { .skb = skb, .tcp = tcp, .at = sizeof(struct tcphdr), .mss = (__u16)mss };
	__u8 words = 0;

	if (bpf_skb_load_bytes(skb, tcp + 12, &words, 1) < 0)
		return 0;
	o.end = (words >> 4) * 4;
	bpf_loop(OPTIONS_MAX, try_option, &o, 0);
	return 0;
}

#endif
