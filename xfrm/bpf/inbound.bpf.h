/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What comes: from a zone, or from outside in ESP, out of ESP, or in clear. */
#ifndef XFRM_BPF_INBOUND_BPF_H
#define XFRM_BPF_INBOUND_BPF_H

#include "xfrm/bpf/judge.bpf.h"
#include "xfrm/bpf/mss.bpf.h"
#include "xfrm/bpf/past.bpf.h"
#include "xfrm/bpf/route.bpf.h"
#include "xfrm/bpf/stamp.bpf.h"

static __always_inline int is_ours(__u32 reqid)
{
	return (reqid & DP_REQID_MASK) == DP_REQID_FIRST;
}

/*
 * What comes by another interface than those of a zone and leaves by the zone's external one is not the zone's: it
 * says so in the mark, and XFRM's policies for the zone pass it over.
 */
static __always_inline void mark_foreign(struct __sk_buff *skb, const struct now *now, __u32 src, __u32 dst)
{
	const struct dp_port *port, *out;
	__u32 bits, oif;

	if (!now->plan->zone_bits)
		return;
	port = port_of(now->generation, skb->ifindex);
	bits = port ? port->foreign_bits : now->plan->zone_bits;
	if (!bits)
		return;
	oif = way_of(skb, src, dst, skb->ifindex);
	if (oif == NOWHERE || oif == HERE)
		return;
	out = port_of(now->generation, oif);
	if (out && out->external)
		skb->mark |= bits;
}

/* A SYN that leaves through an SA. */
static __noinline int clamp_outgoing(struct __sk_buff *skb, __u32 generation, __u32 mss, __u32 off)
{
	struct question q = { .generation = generation, .ways = DP_WAY_OUT };
	const struct dp_port *from, *to;
	struct iphdr *ip = inet(skb, off);
	__u32 oif;

	if (!ip || !is_syn(skb, ip, off))
		return 0;
	read_packet(skb, ip, off, &q.p);
	oif = way_of(skb, q.p.src[0], q.p.dst[0], skb->ifindex);
	from = port_of(generation, skb->ifindex);
	to = port_of(generation, oif);
	if (!to)
		return 0;
	q.scopes = to->external | (from ? from->from & to->to : 0);
	judge(&q);
	if (q.verdict == DP_ENCRYPT)
		clamp_mss(skb, off + ip->ihl * 4, mss);
	return 0;
}

/* By an interface that is no external one. */
static __always_inline int from_inside(struct __sk_buff *skb, __u32 off, int foreign)
{
	struct dp_packet *s;
	struct iphdr *ip;
	struct now now;
	__u32 k;

	if (!is_inet(skb))
		return NEXT;
	look(&now);
	ip = inet(skb, off);
	s = ip ? new_slot(&k) : NULL;
	if (!s)
		return TC_ACT_SHOT;
	keep(s, ip, first_word(skb, ip, off), DP_SENT, skb->ifindex);
	skb->tc_index = k;
	if (foreign)
		mark_foreign(skb, &now, ip->saddr, ip->daddr);
	if (now.plan->mss && ip->protocol == IPPROTO_TCP)
		clamp_outgoing(skb, now.generation, now.plan->mss, off);
	if (!foreign && off == ETH_HLEN && now.plan->early)
		return stamp_early(skb, now.generation, k);
	return NEXT;
}

/* --- ESP --- */

struct piece_key {
	__u32 src, dst;
	__u32 ifindex;
	__u32 id;
};
MAP(pieces, BPF_MAP_TYPE_LRU_HASH, DP_PIECES, struct piece_key, __u32);

/* Where the first fragment of it went; 0: it has not come, or is no SA's of ours. */
static __noinline __u32 local_of_piece(struct __sk_buff *skb, __u32 off)
{
	struct iphdr *ip = header(skb, off);
	struct piece_key key = { 0 };
	__u32 *local;

	if (!ip)
		return 0;
	key = (struct piece_key){ ip->saddr, ip->daddr, skb->ifindex, ip->id };
	local = bpf_map_lookup_elem(&pieces, &key);
	return local ? *local : 0;
}

static __noinline int remember_piece(struct __sk_buff *skb, __u32 off, __u32 local)
{
	struct iphdr *ip = header(skb, off);
	struct piece_key key = { 0 };

	if (!ip)
		return 0;
	key = (struct piece_key){ ip->saddr, ip->daddr, skb->ifindex, ip->id };
	bpf_map_update_elem(&pieces, &key, &local, BPF_ANY);
	return 0;
}

/*
 * To all hosts behind us it comes with our address, so reassembly no longer tells them apart: what it has of the
 * address goes into the number of the packet.
 */
static __always_inline void mix_id(struct iphdr *ip, __be32 dst)
{
	__be16 old = ip->id;

	ip->id = old ^ (__u16)dst ^ (__u16)(dst >> 16);
	fix_header(ip, change(old, ip->id));
}

/* It is made to come to us, since it is addressed to a host behind us; its addresses stay in the slot. */
static __always_inline int take(struct __sk_buff *skb, __u32 off, __be32 local)
{
	struct iphdr *ip = header(skb, off);
	struct dp_packet *s;
	__u32 k;

	s = ip ? new_slot(&k) : NULL;
	if (!s)
		return TC_ACT_SHOT;
	keep(s, ip, 0, DP_OUTER, skb->ifindex);
	skb->tc_index = k;
	if (ip->frag_off & (OFFSET | MORE))
		mix_id(ip, ip->daddr);
	fix_header(ip, change(ip->daddr, local));
	ip->daddr = local;
	if (!s->piece)
		count(skb, DP_COUNT_ESP_IN);
	return NEXT;
}

static __noinline int drop_unknown(struct __sk_buff *skb, __u32 spi)
{
	struct dp_unknown *seen = bpf_map_lookup_elem(&unknown, &spi);
	struct dp_unknown first = { .last = bpf_ktime_get_coarse_ns(), .packets = 1 };

	if (seen) {
		seen->last = first.last;
		seen->packets++;
	} else {
		bpf_map_update_elem(&unknown, &spi, &first, BPF_ANY);
	}
	DROP(DP_COUNT_UNKNOWN_SPI);
}

/*
 * ESP to what we protect that nobody here can open (E1), or not for that zone, unless a rule lets it pass as it is; and
 * all other ESP.
 */
static __noinline int other_esp(struct __sk_buff *skb, __u32 off, __u32 generation, __u32 oif, __u32 spi)
{
	struct question q = { .generation = generation, .ways = DP_WAY_IN };
	const struct dp_port *port = port_of(generation, skb->ifindex), *out;
	struct iphdr *ip = header(skb, off);
	const struct dp_plan *of = plan_of(generation);
	__u64 zones;

	if (!ip)
		return TC_ACT_SHOT;
	if (!port || oif == HERE || oif == NOWHERE || oif == skb->ifindex)
		return NEXT;
	out = port_of(generation, oif);
	zones = out ? port->external & out->from : 0;
	q.scopes = zones | (port->external & of->filters);
	if (!q.scopes)
		return NEXT;
	q.closing = q.scopes;
	q.esp = !zones;
	/* In the outbound sense */
	q.p.src[0] = ip->daddr;
	q.p.dst[0] = ip->saddr;
	q.p.protocol = IPPROTO_ESP;
	judge(&q);
	if (q.verdict == DP_CLEAR && (q.reason != DP_NOT_GOVERNED || !zones))
		return NEXT;
	if (ip->frag_off & OFFSET) /* ahead of the first fragment: reassembly puts it where the most go */
		return zones ? take(skb, off, port->local[0]) : TC_ACT_SHOT;
	if (sa_of(generation, skb->ifindex, spi)) /* of another VPN than the zone that it goes to */
		DROP(DP_COUNT_MISFIT);
	return drop_unknown(skb, spi);
}

static __always_inline int goes_to(const struct dp_sa *sa, __u32 generation, __u32 oif, __u32 iif)
{
	const struct dp_port *out;

	if (oif == HERE || oif == sa->port)
		return 1;
	if (oif == NOWHERE || oif == iif)
		return 0;
	if (sa->anywhere)
		return 1;
	out = port_of(generation, oif);
	return out && (out->from & sa->scopes);
}

static __always_inline int esp_in(struct __sk_buff *skb, __u32 off, const struct now *now, struct iphdr *ip)
{
	__u32 spi;
	__u32 oif = way_of(skb, ip->saddr, ip->daddr, skb->ifindex);
	const struct dp_sa *sa;
	__be32 local;

	if (ip->frag_off & OFFSET) { /* it shows no SPI, and follows the first one */
		local = local_of_piece(skb, off);
		return local ? take(skb, off, local) : other_esp(skb, off, now->generation, oif, 0);
	}
	spi = first_word(skb, ip, off);
	sa = sa_of(now->generation, skb->ifindex, spi);
	if (!sa || !goes_to(sa, now->generation, oif, skb->ifindex))
		return other_esp(skb, off, now->generation, oif, spi);
	local = sa->local[0];
	if (ip->frag_off & MORE)
		remember_piece(skb, off, local);
	return take(skb, off, local);
}

/* --- out of ESP --- */

/* Another tunnel that ends here and came through ours was looked at before that was opened. */
static __noinline int readdressed(struct __sk_buff *skb, __u32 no_slot)
{
	struct bpf_xfrm_state xs;

	if (bpf_skb_get_xfrm_state(skb, 1, &xs, sizeof(xs), 0) == 0 && !is_ours(xs.reqid))
		return NEXT;
	if (no_slot)
		count(skb, DP_COUNT_NO_SLOT);
	DROP(DP_COUNT_READDRESSED);
}

static __noinline int fits_slowly(struct __sk_buff *skb, __u32 off, __u32 at, __u32 n)
{
	struct fitting f = { .at = at, .end = at + n };
	struct iphdr *ip = inet(skb, off);

	if (!ip)
		return 0;
	read_packet(skb, ip, off, &f.p);
	return fits_any(&f);
}

/* A packet fits the SA that it came by (RFC 4301 5.2). */
static __always_inline int fits_its_sa(struct __sk_buff *skb, __u32 off, __u32 generation, struct iphdr *ip,
				       __u32 reqid)
{
	__u32 k = (generation & 1) * DP_REQIDS + (reqid & ~DP_REQID_MASK);
	const struct dp_fits *of = bpf_map_lookup_elem(&reqids, &k);
	const struct dp_selector *first;

	if (!of || of->n == 0)
		return 0;
	k = (generation & 1) * DP_FITS + of->first;
	first = bpf_map_lookup_elem(&fits, &k);
	if (first && !first->inet6 && !first->protocol && !first->ports &&
	    (ip->saddr & first->src_mask[0]) == first->src[0] && (ip->daddr & first->dst_mask[0]) == first->dst[0])
		return 1;
	return fits_slowly(skb, off, k, of->n);
}

/* The rest of what came out of ESP and is where it belongs. */
static __always_inline int taken(struct __sk_buff *skb, __u32 off, __u32 mss)
{
	struct iphdr *ip;

	count(skb, DP_COUNT_OPENED);
	if (mss) {
		ip = inet(skb, off);
		if (ip && is_syn(skb, ip, off))
			clamp_mss(skb, off + ip->ihl * 4, mss);
	}
	return NEXT;
}

/*
 * What an SA in mode BEET gave shows no addresses.  Its header goes, and the stamp, when that is fresh; then it is a
 * packet like others.
 */
static __noinline int opened_stamped(struct __sk_buff *skb, __u32 off, __u32 generation, __u32 spi)
{
	const struct dp_packet *outer = slot_of(skb, generation, DP_OUTER, skb->ifindex);
	const struct dp_sa *sa = sa_of(generation, skb->ifindex, spi);
	struct iphdr *ip;
	int r;

	if (!outer || !sa || !sa->window_ms)
		return readdressed(skb, !outer);
	r = fresh(skb, off, sa->window_ms, spi);
	if (r != NEXT)
		return r;
	ip = inet(skb, off);
	if (!ip)
		return TC_ACT_SHOT;
	if (outer->src[0] != ip->saddr || outer->dst[0] != ip->daddr)
		return readdressed(skb, 0);
	if (!fits_its_sa(skb, off, generation, ip, sa->reqid))
		DROP(DP_COUNT_MISFIT);
	taken(skb, off, plan_of(generation)->mss);
	r = off == ETH_HLEN && plan_of(generation)->onward ? pass_on(skb, generation, sa->scopes) : NEXT;
	if (r == NEXT)
		count(skb, DP_COUNT_FRESH);
	return r;
}

/* What came out of ESP of ours: between the addresses that ESP showed (RFC 5374 5.2), and only what its SA is for. */
static __always_inline int opened(struct __sk_buff *skb, __u32 off, const struct now *now, struct iphdr *ip,
				  const struct bpf_xfrm_state *xs)
{
	const struct dp_packet *outer;
	const struct dp_sa *sa;

	if (!(ip->saddr | ip->daddr))
		return opened_stamped(skb, off, now->generation, xs->spi);
	outer = slot_of(skb, now->generation, DP_OUTER, skb->ifindex);
	if (!outer || outer->src[0] != ip->saddr || outer->dst[0] != ip->daddr)
		return readdressed(skb, !outer);
	if (!fits_its_sa(skb, off, now->generation, ip, xs->reqid))
		DROP(DP_COUNT_MISFIT);
	taken(skb, off, now->plan->mss);
	if (off != ETH_HLEN || !now->plan->onward)
		return NEXT;
	sa = sa_of(now->generation, skb->ifindex, xs->spi);
	return sa ? pass_on(skb, now->generation, sa->scopes) : NEXT;
}

/* --- in clear --- */

/* Whether it may go on, as far as group policies are asked (D3).  The gate has the last word. */
static __noinline int clear_in(struct __sk_buff *skb, __u32 off, __u32 generation)
{
	struct question q = { .generation = generation, .ways = DP_WAY_IN, .doubt = DOUBT_OPENS };
	const struct dp_port *port = port_of(generation, skb->ifindex), *out;
	struct iphdr *ip = inet(skb, off);
	__u32 oif;
	const struct dp_plan *of = plan_of(generation);
	struct dp_packet p = { 0 };
	__u64 zones;

	if (!ip)
		return TC_ACT_SHOT;
	if (!port || !port->external)
		return NEXT;
	read_packet(skb, ip, off, &p);
	turn_round(&q.p, &p);
	oif = way_of(skb, p.src[0], p.dst[0], skb->ifindex);
	if (oif == HERE) {
		q.scopes = port->external;
	} else {
		out = port_of(generation, oif);
		zones = out ? port->external & out->from & ~of->filters : 0;
		q.scopes = (zones & -zones) | (port->external & of->filters);
		q.closing = of->filters;
	}
	judge(&q);
	if (q.verdict == DP_CLEAR && oif != HERE) /* counted when it leaves */
		return NEXT;
	count_of(skb, off, q.count);
	if (q.verdict == DP_CLEAR)
		return NEXT;
	if (q.p.piece) /* a packet is counted once */
		return TC_ACT_SHOT;
	if (q.reason == DP_FAIL_CLOSE)
		DROP(DP_COUNT_FAIL_CLOSE_IN);
	DROP(DP_COUNT_CLEAR_IN);
}

/* By an external interface, or one of a to-zone. */
static __always_inline int from_outside(struct __sk_buff *skb, __u32 off)
{
	struct bpf_xfrm_state xs;
	struct iphdr *ip;
	struct now now;
	int r;

	if (!is_inet(skb))
		return NEXT;
	look(&now);
	ip = inet(skb, off);
	if (!ip)
		return TC_ACT_SHOT;
	if (bpf_skb_get_xfrm_state(skb, 0, &xs, sizeof(xs), 0) < 0) {
		if (ip->protocol == IPPROTO_ESP) {
			skb->tc_index = 0;
			r = esp_in(skb, off, &now, ip);
			if (r != NEXT || skb->tc_index)
				return r;
		} else {
			r = clear_in(skb, off, now.generation);
			if (r != NEXT)
				return r;
		}
	} else if (is_ours(xs.reqid)) {
		return opened(skb, off, &now, ip, &xs);
	}
	return from_inside(skb, off, 1);
}

#endif
