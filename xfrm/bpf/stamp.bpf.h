/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Anti-replay by time: stamps are put before packets, and looked at (d3p.h; xfrm/README.md). */
#ifndef XFRM_BPF_STAMP_BPF_H
#define XFRM_BPF_STAMP_BPF_H

#include "xfrm/bpf/d3p.h"
#include "xfrm/bpf/judge.bpf.h"
#include "xfrm/bpf/past.bpf.h"
#include "xfrm/bpf/route.bpf.h"

#define STAMPED_TTL 64            /* outside, whatever it is inside (RFC 4301 5.1.2.1) */
#define CARRIER_HEADERS (20 + 12) /* IP's, and AH's without a digest: as much as struct built */
#define ECN 3                     /* of iphdr.tos (RFC 3168 5) */
#define ECN_ECT0 2
#define ECN_CE 3

struct built { /* what stands before a packet that goes into an SA in mode BEET, and what comes out of one */
	struct iphdr ip;
	struct dp_d3p d3p;
};

static __always_inline struct dp_d3p_time wall_clock(void)
{
	return dp_d3p_time_of(bpf_ktime_get_ns() + *(volatile __s64 *)&live.wall);
}

/* The slot of a packet that was stamped; NULL: it was not. */
static __always_inline const struct dp_packet *stamped_slot(const struct __sk_buff *skb)
{
	__u32 k = skb->tc_index & (DP_SLOTS - 1);
	const struct dp_packet *s = k ? bpf_map_lookup_elem(&slots, &k) : NULL;

	return s && s->kind == DP_STAMPED ? s : NULL;
}

/* Congestion that it met before is not shown again (RFC 3168 9.1.1). */
static __always_inline __u8 outer_tos(__u8 tos)
{
	return (tos & ECN) == ECN_CE ? (tos & ~ECN) | ECN_ECT0 : tos;
}

/* What stands before INNER when it goes to CARRIER now. */
static __always_inline void build_header(struct built *b, const struct iphdr *inner, __u32 carrier)
{
	const struct dp_d3p_time now = wall_clock();

	b->ip.version = 4;
	b->ip.ihl = 5;
	b->ip.tos = outer_tos(inner->tos);
	b->ip.tot_len = bpf_htons((__u16)(bpf_ntohs(inner->tot_len) + sizeof(*b)));
	b->ip.id = (__u16)bpf_get_prandom_u32();
	b->ip.ttl = STAMPED_TTL;
	b->ip.protocol = DP_D3P_PROTOCOL;
	b->ip.saddr = inner->saddr;
	b->ip.daddr = bpf_htonl(DP_CARRIERS | carrier);
	b->ip.check = header_sum(&b->ip);
	dp_d3p_stamp(&b->d3p, DP_D3P_INET, &now);
}

/* --- early --- */

/* As XFRM's policies would choose; slot K has what the packet is. */
static __noinline int stamp_early(struct __sk_buff *skb, __u32 generation, __u32 k)
{
	struct question q = { .generation = generation, .ways = DP_WAY_OUT };
	const struct dp_plan *of = plan_of(generation);
	const struct dp_port *from, *to;
	struct iphdr *ip = header(skb, ETH_HLEN);
	struct built b = { 0 };
	struct dp_packet *s;
	void *data;
	__u32 oif, df, size, stamper = of->stamper;

	k &= DP_SLOTS - 1;
	s = bpf_map_lookup_elem(&slots, &k);
	if (!ip || !s)
		return TC_ACT_SHOT;
	size = bpf_ntohs(ip->tot_len);
	if (!is_plain(skb, ip, size) || !is_vouched())
		return NEXT;
	df = (ip->frag_off & DONT) != 0;
	oif = way_of(skb, s->src[0], s->dst[0], skb->ifindex);
	from = port_of(generation, skb->ifindex);
	to = port_of(generation, oif);
	if (!from || !to)
		return NEXT;
	q.scopes = to->external & (from->from | of->filters);
	if (!(q.scopes & of->early))
		return NEXT;
	q.p = *s;
	judge(&q);
	if (q.verdict != DP_ENCRYPT || !q.stamp_mtu || (df && size > q.stamp_mtu))
		return NEXT;
	/* From where its answers would not go: whether it may come from there, the stack says (rp_filter). */
	if (way_of(skb, q.p.dst[0], q.p.src[0], oif) != skb->ifindex || !cut_to_size(skb, size))
		return NEXT;
	ip = header(skb, ETH_HLEN);
	if (!ip)
		return TC_ACT_SHOT;
	s->kind = DP_STAMPED;
	s->df = df;
	count_hop(ip);
	count(skb, DP_COUNT_STAMPED);
	build_header(&b, ip, q.carrier);
	if (bpf_skb_adjust_room(skb, sizeof(b), BPF_ADJ_ROOM_MAC, 0) < 0)
		return TC_ACT_SHOT;
	data = (void *)(long)skb->data;
	if (data + ETH_HLEN + sizeof(b) > (void *)(long)skb->data_end)
		return TC_ACT_SHOT;
	__builtin_memcpy(data + ETH_HLEN, &b, sizeof(b));
	return bpf_redirect(stamper, 0);
}

/* --- on receipt --- */

static __always_inline void note_age(__u32 spi, __s64 age)
{
	__u32 k = dp_age_place(spi);
	struct dp_age *a = bpf_map_lookup_elem(&ages, &k);

	if (!a)
		return;
	if (a->spi != spi)
		*a = (struct dp_age){ .spi = spi };
	dp_d3p_middle_add(&a->middle, age);
}

/* Congestion that it met outside (RFC 6040 4.2, as tunnel mode does it). */
static __always_inline void take_congestion(struct iphdr *inner, __u8 tos)
{
	__u32 old = *(const __u32 *)inner;

	if ((tos & ECN) != ECN_CE || !(inner->tos & ECN) || (inner->tos & ECN) == ECN_CE)
		return;
	inner->tos |= ECN_CE;
	fix_header(inner, change(old, *(const __u32 *)inner));
}

/* The header that mode BEET made and the stamp go, when it is a good one. */
static __noinline int fresh(struct __sk_buff *skb, __u32 off, __u32 window_ms, __u32 spi)
{
	const struct dp_d3p_time now = wall_clock();
	const __u32 all = off + sizeof(struct built) + sizeof(struct iphdr);
	enum dp_d3p_verdict v;
	struct iphdr *ip, *inner;
	struct built *b;
	int whole;

	if ((void *)(long)skb->data + all > (void *)(long)skb->data_end)
		bpf_skb_pull_data(skb, all); /* when there is so much */
	ip = header(skb, off);
	if (!ip)
		return TC_ACT_SHOT;
	b = (void *)ip;
	inner = (void *)(b + 1);
	whole = (void *)(inner + 1) <= (void *)(long)skb->data_end;
	if (!whole || ip->protocol != DP_D3P_PROTOCOL || ip->ihl != 5) {
		v = ip->protocol == DP_D3P_PROTOCOL && ip->ihl == 5 ? DP_D3P_LENGTH_ERROR : DP_D3P_NO_TIMESTAMP;
	} else {
		v = dp_d3p_judge(window_ms, DP_D3P_PROTOCOL, &b->d3p, inner->version == 4 ? DP_D3P_INET : 0, &now);
		if (v == DP_D3P_TAKEN || v == DP_D3P_TOO_OLD || v == DP_D3P_TOO_NEW)
			note_age(spi, dp_d3p_age(&b->d3p, &now));
		if (v == DP_D3P_TAKEN)
			take_congestion(inner, ip->tos);
	}
	if (v != DP_D3P_TAKEN)
		DROP(DP_COUNT_D3P_NO_TIMESTAMP + v - DP_D3P_NO_TIMESTAMP);
	return bpf_skb_adjust_room(skb, -(__s32)sizeof(*b), BPF_ADJ_ROOM_MAC, 0) < 0 ? TC_ACT_SHOT : NEXT;
}

#endif
