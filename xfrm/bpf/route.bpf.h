/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a packet goes by the host's routes, looked up once for many packets: each processor keeps an answer for a
 * sixteenth to two thirds of a second, as long as 64 ticks of its clock last.
 */
#ifndef XFRM_BPF_ROUTE_BPF_H
#define XFRM_BPF_ROUTE_BPF_H

#include "xfrm/bpf/packet.bpf.h"

#define NOWHERE 0
#define HERE 0xffffffffu /* it is for this host */
#define AF_INET 2
#define AF_INET6 10

struct route {
	__u32 src, dst;
	__u32 iif;
	__u32 oif;
	__u32 stamp;
	__u32 told; /* when a packet last went by the neighbour's entry; stays when the place is another's */
	__u32 gateway[4];
	__u8 gateway_inet6;
	__u8 has_mac;
	__u8 mac[ETH_ALEN], own_mac[ETH_ALEN]; /* of the next hop, and of the interface */
	__u16 mtu;                             /* where the next hop has a MAC; 0 without */
};
MAP(routes, BPF_MAP_TYPE_PERCPU_ARRAY, DP_ROUTES, __u32, struct route);

static __noinline int look_up_route(struct __sk_buff *skb, struct route *r, __u32 flags)
{
	struct bpf_fib_lookup f = { .family = AF_INET, .ifindex = r->iif };
	long e;

	f.ipv4_src = r->src;
	f.ipv4_dst = r->dst;
	f.tot_len = 1; /* so that it says the route's MTU */
	e = bpf_fib_lookup(skb, &f, sizeof(f), flags);
	r->has_mac = 0;
	r->mtu = 0;
	r->oif = NOWHERE;
	switch (e) {
	case BPF_FIB_LKUP_RET_SUCCESS:
		r->mtu = f.mtu_result;
		__builtin_memcpy(r->own_mac, f.smac, ETH_ALEN);
		__builtin_memcpy(r->mac, f.dmac, ETH_ALEN);
		r->has_mac = (r->mac[0] | r->mac[1] | r->mac[2] | r->mac[3] | r->mac[4] | r->mac[5]) != 0;
		r->oif = f.ifindex;
		break;
	case BPF_FIB_LKUP_RET_NO_NEIGH:
	case BPF_FIB_LKUP_RET_FRAG_NEEDED:
		r->oif = f.ifindex;
		break;
	case BPF_FIB_LKUP_RET_NOT_FWDED:
	case BPF_FIB_LKUP_RET_FWD_DISABLED: /* so all that comes is for this host, or for nobody */
		r->oif = HERE;
		break;
	default:
		break;
	}
	r->gateway_inet6 = f.family == AF_INET6;
	__builtin_memcpy(r->gateway, f.ipv6_dst, sizeof(r->gateway));
	return 0;
}

/* The route of what comes by IIF; with FLAGS for what leaves by it (BPF_FIB_LOOKUP_OUTPUT). */
static __always_inline struct route *route_of(struct __sk_buff *skb, __u32 src, __u32 dst, __u32 iif, __u32 flags)
{
	__u32 stamp = (__u32)(bpf_jiffies64() >> 6) << 1 | (flags != 0);
	__u32 k = (dst ^ dst >> 11 ^ dst >> 22) & (DP_ROUTES - 1);
	struct route *r = bpf_map_lookup_elem(&routes, &k);

	if (!r || (r->dst == dst && r->src == src && r->iif == iif && r->stamp == stamp))
		return r;
	r->src = src;
	r->dst = dst;
	r->iif = iif;
	r->stamp = stamp;
	look_up_route(skb, r, flags);
	return r;
}

/* By which interface; HERE, NOWHERE. */
static __always_inline __u32 way_of(struct __sk_buff *skb, __u32 src, __u32 dst, __u32 iif)
{
	const struct route *r = route_of(skb, src, dst, iif, 0);

	return r ? r->oif : NOWHERE;
}

/*
 * About once a second a packet goes by the neighbour's entry, so that the kernel finds out when the next hop is gone.
 */
static __always_inline int is_due(struct route *r)
{
	__u32 now = r->stamp >> 3; /* 256 ticks */

	if (r->told == now)
		return 0;
	r->told = now;
	return 1;
}

#endif
