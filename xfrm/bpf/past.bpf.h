/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Past the stack: what it would only forward, and no rule of the host wants to see (xfrm/README.md). */
#ifndef XFRM_BPF_PAST_BPF_H
#define XFRM_BPF_PAST_BPF_H

#include "xfrm/bpf/judge.bpf.h"
#include "xfrm/bpf/route.bpf.h"

#define PLAIN_MOST 9216 /* octets, of a large frame; the kernel lets no packet here grow beyond four pages */

static __always_inline int is_vouched(void)
{
	return bpf_ktime_get_ns() < *(volatile __u64 *)&live.vouched;
}

static __always_inline __u16 header_sum(const struct iphdr *ip)
{
	const __u16 *words = (const void *)ip;
	__u32 sum = 0;

#pragma unroll
	for (int i = 0; i < 10; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16) ~((sum & 0xffff) + (sum >> 16));
}

static __always_inline void count_hop(struct iphdr *ip)
{
	__u32 sum = (__u32)ip->check + bpf_htons(0x0100); /* RFC 1624 */

	ip->ttl--;
	ip->check = (__u16)(sum + (sum >= 0xffff));
}

/*
 * Whether the stack would only forward it, of SIZE octets by its header; all else is its to do:
 * options, fragments, what is broken (RFC 1812 5.2.2), what is larger than the kernel lets grow here.
 */
static __always_inline int is_plain(const struct __sk_buff *skb, const struct iphdr *ip, __u32 size)
{
	return !skb->gso_size && skb->pkt_type == 0 /* PACKET_HOST */ && ip->version == 4 && ip->ihl == 5 &&
	       ip->ttl > 1 && !(ip->frag_off & (OFFSET | MORE)) && size >= sizeof(*ip) && size <= PLAIN_MOST &&
	       size + ETH_HLEN <= skb->len && header_sum(ip) == 0;
}

/* What Ethernet, or ESP for the sake of secrecy, has put behind a plain packet goes, as the stack would do. */
static __always_inline int cut_to_size(struct __sk_buff *skb, __u32 size)
{
	return skb->len == ETH_HLEN + size || bpf_skb_change_tail(skb, ETH_HLEN + size, 0) == 0;
}

/* One host's address: not "this network" (0/8), not a group's, not all hosts'. */
static __always_inline int is_unicast(__be32 addr)
{
	__u8 first = *(const __u8 *)&addr;

	return first > 0 && first < 224;
}

/*
 * What the stack would only forward goes on at once, as lan_in stamps at once: to one of the zones that the SA is for,
 * where no policy waits for it.  About once a second the stack does it, so that its neighbour's entry stays true.
 */
static __noinline int pass_on(struct __sk_buff *skb, __u32 generation, __u64 scopes)
{
	struct iphdr *ip = header(skb, ETH_HLEN);
	const struct dp_port *to;
	struct ethhdr *eth;
	struct route *r;
	__u32 size;

	if (!ip)
		return NEXT;
	size = bpf_ntohs(ip->tot_len);
	if (!is_plain(skb, ip, size) || !is_vouched() || !is_unicast(ip->saddr) || !is_unicast(ip->daddr))
		return NEXT;
	r = route_of(skb, ip->saddr, ip->daddr, skb->ifindex, 0);
	if (!r || !r->has_mac || size > r->mtu)
		return NEXT;
	to = port_of(generation, r->oif);
	if (!to || !(to->from & scopes) || to->to || to->external || is_due(r) ||
	    way_of(skb, ip->daddr, ip->saddr, r->oif) != skb->ifindex || !cut_to_size(skb, size))
		return NEXT;
	eth = (void *)(long)skb->data;
	ip = header(skb, ETH_HLEN);
	if (!ip)
		return TC_ACT_SHOT;
	count_hop(ip);
	__builtin_memcpy(eth->h_dest, r->mac, ETH_ALEN);
	__builtin_memcpy(eth->h_source, r->own_mac, ETH_ALEN);
	count(skb, DP_COUNT_ONWARD);
	return bpf_redirect(r->oif, 0);
}

#endif
