/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What leaves: ESP is given its hosts' addresses; clear text passes by a rule or not at all. */
#ifndef XFRM_BPF_OUTBOUND_BPF_H
#define XFRM_BPF_OUTBOUND_BPF_H

#include "xfrm/bpf/inbound.bpf.h"

/* RFC 792; <linux/icmp.h> asks for the C library's headers */
#define ICMP_HEADER 8
#define ICMP_DEST_UNREACH 3
#define ICMP_SOURCE_QUENCH 4
#define ICMP_REDIRECT 5
#define ICMP_TIME_EXCEEDED 11
#define ICMP_PARAMETERPROB 12

/* --- ESP --- */

/*
 * The route to the dummy address has said by which interface it leaves, and a neighbour that does not exist; the true
 * next hop takes its place.
 */
static __noinline int by_neighbour(struct __sk_buff *skb, const struct route *r)
{
	struct bpf_redir_neigh next = { .nh_family = AF_INET };

	if (!r)
		return TC_ACT_SHOT;
	if (r->gateway_inet6)
		next.nh_family = AF_INET6;
	__builtin_memcpy(next.ipv6_nh, r->gateway, sizeof(next.ipv6_nh));
	skb->tc_index = PASSED;
	return bpf_redirect_neigh(r->oif, &next, sizeof(next), 0);
}

/* IIF: by which it came; 0: it is this host's own, and leaves by OIF. */
static __always_inline int to_next_hop(struct __sk_buff *skb, __u32 off, struct iphdr *ip, __u32 iif, __u32 oif)
{
	struct route *r = route_of(skb, ip->saddr, ip->daddr, iif ? iif : oif, iif ? 0 : BPF_FIB_LOOKUP_OUTPUT);
	struct ethhdr *eth = (void *)(long)skb->data;

	if (!r || r->oif == NOWHERE)
		return TC_ACT_SHOT;
	if (r->oif == HERE) /* the route has changed since */
		return TC_ACT_SHOT;
	if (r->oif == skb->ifindex && off == 0)
		return NEXT;
	if (r->oif != skb->ifindex || !r->has_mac || is_due(r))
		return by_neighbour(skb, r);
	if ((void *)(eth + 1) > (void *)(long)skb->data_end)
		return TC_ACT_SHOT;
	__builtin_memcpy(eth->h_dest, r->mac, ETH_ALEN);
	return NEXT;
}

/* It went by its neighbour's entry, and that had to be asked for first: then it is sent to nobody once more. */
static __always_inline int is_to_nobody(struct __sk_buff *skb)
{
	const __u8 nobody[ETH_ALEN] = DP_NOBODY;
	const struct ethhdr *eth = (const void *)(long)skb->data;

	if ((const void *)(eth + 1) > (const void *)(long)skb->data_end)
		return 0;
#pragma unroll
	for (int i = 0; i < ETH_ALEN; i++)
		if (eth->h_dest[i] != nobody[i])
			return 0;
	return 1;
}

static __always_inline int write_addresses(struct __sk_buff *skb, __u32 off, struct iphdr *ip, __be32 src, __be32 dst,
					   __u32 iif, __u32 oif)
{
	fix_header(ip, change(ip->saddr, src) + change(ip->daddr, dst));
	ip->saddr = src;
	ip->daddr = dst;
	count(skb, DP_COUNT_ESP_OUT);
	return to_next_hop(skb, off, ip, iif, oif);
}

/* This host's own: nf_tables (chain output) has kept the addresses in mark and priority. */
static __always_inline int own_esp(struct __sk_buff *skb, __u32 off, struct iphdr *ip)
{
	__be32 dst = skb->mark, src = skb->priority;

	if (!dst || !src)
		DROP(DP_COUNT_UNPROTECTED_OUT);
	skb->mark = 0;
	skb->priority = 0;
	return write_addresses(skb, off, ip, src, dst, 0, skb->ifindex);
}

/*
 * What was stamped has its addresses in the slot, whoever sent it; its way through the device has made it this host's
 * own.
 */
static __always_inline int stamped_esp(struct __sk_buff *skb, __u32 off, struct iphdr *ip, const struct dp_sa *sa,
				       const struct dp_packet *s)
{
	__u32 old;

	if (sa && !sa->window_ms)
		DROP(DP_COUNT_UNPROTECTED_OUT);
	if (sa && sa->copy_df && s->df) {
		old = ((const __u32 *)ip)[1];
		ip->frag_off |= DONT;
		fix_header(ip, change(old, ((const __u32 *)ip)[1]));
	}
	return write_addresses(skb, off, ip, s->src[0], s->dst[0], s->ifindex, s->oif ? s->oif : skb->ifindex);
}

static __noinline int of_zone(const struct dp_sa *sa, __u32 generation, __u32 iif)
{
	const struct dp_port *port = port_of(generation, iif);

	return sa && port && (port->from & sa->scopes);
}

/*
 * The guarantee of counter mode: under one key no two packets of the group have the same IV (RFC 4106 3.1, RFC 6054 3),
 * because each begins with what belongs to this sender alone.
 */
static __noinline int wrong_iv(struct __sk_buff *skb, __u32 off, __u32 iv, __u32 mask)
{
	struct iphdr *ip = header(skb, off);

	return !ip || ((word_behind(skb, ip, off, 2) ^ iv) & mask) != 0; /* behind SPI and sequence number */
}

/*
 * Of a packet in fragments the first one says what becomes of the others, which leave behind it: kept by their number.
 */
static __noinline int keep_judgement(__u32 id, __u32 judgement)
{
	struct dp_refused *r;
	__u32 zero = 0;

	r = bpf_map_lookup_elem(&refused, &zero);
	if (!r)
		return DP_REFUSED_IV;
	r->ids[id & 0xffff] = (__u8)judgement;
	return judgement;
}

static __noinline int kept_judgement(__u32 id)
{
	const struct dp_refused *r;
	__u32 zero = 0;

	r = bpf_map_lookup_elem(&refused, &zero);
	return r ? r->ids[id & 0xffff] : DP_REFUSED_IV;
}

/* SA: of the first fragment, or of the whole packet. */
static __always_inline int judge_esp(struct __sk_buff *skb, __u32 off, const struct iphdr *ip, const struct dp_sa *sa)
{
	__u32 judgement = DP_REFUSED_NOT;

	if (ip->frag_off & OFFSET)
		return kept_judgement(ip->id);
	if (!sa)
		judgement = DP_REFUSED_SPI;
	else if (sa->iv_mask && wrong_iv(skb, off, sa->iv, sa->iv_mask))
		judgement = DP_REFUSED_IV;
	return ip->frag_off & MORE ? keep_judgement(ip->id, judgement) : judgement;
}

static __always_inline int esp_out(struct __sk_buff *skb, __u32 off, const struct now *now, struct iphdr *ip)
{
	const struct dp_packet *inner;
	__u32 iif = skb->ingress_ifindex;
	const struct dp_sa *sa = NULL;
	int judgement;

	if (!(ip->frag_off & OFFSET)) /* fragments of it have their addresses from the same slot */
		sa = sa_of(now->generation, 0, first_word(skb, ip, off));
	judgement = judge_esp(skb, off, ip, sa);
	if (judgement == DP_REFUSED_IV)
		DROP(DP_COUNT_WRONG_IV);
	if (judgement != DP_REFUSED_NOT)
		DROP(DP_COUNT_UNPROTECTED_OUT);
	if (iif == 0) {
		inner = stamped_slot(skb);
		if (inner)
			return stamped_esp(skb, off, ip, sa, inner);
		if (sa && sa->window_ms) {
			count(skb, DP_COUNT_NO_SLOT);
			DROP(DP_COUNT_UNPROTECTED_OUT);
		}
		return own_esp(skb, off, ip);
	}
	if (sa && iif != sa->port && !sa->anywhere && !of_zone(sa, now->generation, iif))
		DROP(DP_COUNT_FAIL_CLOSE_OUT);
	inner = slot_of(skb, now->generation, DP_SENT, iif);
	if (!inner) {
		count(skb, DP_COUNT_NO_SLOT);
		DROP(DP_COUNT_UNPROTECTED_OUT);
	}
	return write_addresses(skb, off, ip, inner->src[0], inner->dst[0], iif, skb->ifindex);
}

/* --- errors that quote --- */

static __always_inline int quotes(__u8 type)
{
	return type == ICMP_DEST_UNREACH || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
	       type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB;
}

/*
 * An error about what came out of ESP, most often this host's own: it quotes what it is about, and its source is no
 * address of the group's, so that no policy protects it.
 */
static __noinline int quoting(struct __sk_buff *skb, __u32 off, __u32 generation, __u64 scopes)
{
	struct question q = { .scopes = scopes, .generation = generation };
	struct dp_packet quoted = { 0 };
	struct iphdr *ip = inet(skb, off), inner;
	__u32 icmp, ports = 0;
	__u8 type;

	if (!ip || ip->frag_off & OFFSET)
		return NEXT;
	icmp = off + ip->ihl * 4;
	read_packet(skb, ip, off, &q.p);
	if (bpf_skb_load_bytes(skb, icmp, &type, 1) < 0 || !quotes(type) ||
	    bpf_skb_load_bytes(skb, icmp + ICMP_HEADER, &inner, sizeof(inner)) < 0)
		return NEXT;
	if (inner.protocol == IPPROTO_ESP) /* others' that pass through, or what a host sent in ESP of its own */
		return NEXT;
	quoted.src[0] = inner.saddr;
	quoted.dst[0] = inner.daddr;
	quoted.protocol = inner.protocol;
	q.quote = inner.ihl == 5 && !(inner.frag_off & OFFSET);
	if (q.quote && has_ports(inner.protocol) &&
	    bpf_skb_load_bytes(skb, icmp + ICMP_HEADER + sizeof(inner), &ports, sizeof(ports)) == 0)
		read_ports(&quoted, ports);
	turn_round(&q.came, &quoted);
	judge_quote(&q);
	if (q.reason == DP_GROUP_POLICY)
		DROP(DP_COUNT_ICMP_QUOTED);
	return NEXT;
}

/* --- in clear --- */

/*
 * This host's own, and what has this host's address since a NAT rule gave it one: a group policy is all that can hold
 * it here.  Fail-close for the address of a protected interface is chain output's to say.
 */
static __noinline int own_clear(struct __sk_buff *skb, __u32 off, __u32 generation, __u64 scopes)
{
	/* Of a packet in fragments the first one has been judged with its ports: XFRM has looked at the whole. */
	struct question q = { .scopes = scopes, .generation = generation, .ways = DP_WAY_OUT, .doubt = DOUBT_OPENS };
	struct iphdr *ip = inet(skb, off);

	if (!ip)
		return TC_ACT_SHOT;
	if (ip->protocol == IPPROTO_ESP || !ip->saddr)
		return NEXT;
	/* Its addresses were kept for ESP, and then a NAT rule took it from its SA. */
	if (skb->mark && skb->mark == ip->daddr && !skb->ingress_ifindex)
		DROP(DP_COUNT_UNPROTECTED_OUT);
	read_packet(skb, ip, off, &q.p);
	judge(&q);
	if (q.verdict == DP_CLEAR && skb->ingress_ifindex) /* gate_out() has counted it */
		return NEXT;
	count_of(skb, off, q.count);
	if (q.verdict == DP_CLEAR)
		return NEXT;
	DROP(DP_COUNT_UNPROTECTED_OUT);
}

/* Another program's XFRM policy has put it into a tunnel of its own: that is its to judge. */
static __always_inline int is_others_tunnel(const struct dp_packet *was, const struct dp_packet *is)
{
	int natt = is->protocol == IPPROTO_UDP && (is->sport == 4500 || is->dport == 4500);

	return (is->protocol == IPPROTO_ESP || is->protocol == IPPROTO_AH || natt) && is->dst[0] != was->dst[0];
}

static __always_inline int same_ends(const struct dp_packet *a, const struct dp_packet *b)
{
	return a->src[0] == b->src[0] && a->dst[0] == b->dst[0];
}

#define CHANGED 100 /* it may pass as it came, and a NAT rule has changed it since */

/* Between the zones of ZONE, or by a filter's interface. */
static __noinline int gate_out(struct __sk_buff *skb, __u32 off, __u32 generation, __u64 zone, __u64 uplink)
{
	struct question q = { .generation = generation, .ways = DP_WAY_OUT, .doubt = DOUBT_CLOSES };
	__u32 iif = skb->ingress_ifindex;
	const struct dp_plan *of = plan_of(generation);
	const struct dp_packet *was = slot_of(skb, generation, DP_SENT, iif);
	struct iphdr *ip = inet(skb, off);
	struct dp_packet is = { 0 };
	int changed;

	if (!ip)
		return TC_ACT_SHOT;
	read_packet(skb, ip, off, &is);
	if (was && is_others_tunnel(was, &is))
		return NEXT;
	if (was)
		q.p = *was;
	else
		q.p = is;
	changed = !same_ends(&q.p, &is);
	q.scopes = zone ? zone : uplink & of->filters;
	q.closing = q.scopes;
	judge(&q);
	count_of(skb, off, q.count);
	if (q.verdict == DP_CLEAR && (q.reason != DP_NOT_GOVERNED || !zone))
		return changed ? CHANGED : NEXT;
	if (q.verdict == DP_ENCRYPT && changed)
		DROP(DP_COUNT_UNPROTECTED_OUT);
	DROP(DP_COUNT_FAIL_CLOSE_OUT);
}

static __noinline int gate_in(struct __sk_buff *skb, __u32 off, __u32 generation, __u64 zone)
{
	struct question q = { .generation = generation, .ways = DP_WAY_IN, .doubt = DOUBT_CLOSES };
	const struct dp_packet *was = slot_of(skb, generation, DP_SENT, skb->ingress_ifindex);
	struct iphdr *ip = inet(skb, off);
	struct dp_packet is = { 0 };

	if (!ip)
		return TC_ACT_SHOT;
	read_packet(skb, ip, off, &is);
	/* By its addresses as they are now: a NAT rule may have given it a host's; the ports of a fragment are kept. */
	if (is.piece && was && !was->piece && same_ends(was, &is)) {
		is.piece = 0;
		is.sport = was->sport;
		is.dport = was->dport;
	}
	turn_round(&q.p, &is);
	q.scopes = zone;
	q.closing = zone;
	judge(&q);
	count_of(skb, off, q.count);
	if (q.verdict == DP_CLEAR && q.reason != DP_NOT_GOVERNED)
		return NEXT;
	DROP(DP_COUNT_FAIL_CLOSE_IN);
}

/* What came out of ESP and goes on by an interface of a from-zone: of the VPN whose zone it is. */
static __noinline int opened_to(struct __sk_buff *skb, __u32 generation, __u32 reqid, __u64 zone)
{
	__u32 k = (generation & 1) * DP_SCOPES + bit_number(zone & -zone);
	const struct dp_scope *s = bpf_map_lookup_elem(&scopes, &k);

	if (!is_ours(reqid) || !zone || (s && s->reqids == (reqid & DP_VPN_MASK)))
		return NEXT;
	DROP(DP_COUNT_MISFIT);
}

/* The first of the scopes decides: a pair of zones says more than the interface alone. */
static __always_inline __u64 first_of(__u64 all)
{
	return all & -all;
}

/*
 * By which interface it came.  A flowtable on the interface below a VLAN, or on a port of a bridge, takes packets of
 * its connections before the zone's interface has them: no scope names the one that they show, and no program has seen
 * them come.  The way back to the sender says then which it was.
 */
static __noinline __u32 came_by(struct __sk_buff *skb, __u32 off, __u32 generation)
{
	__u32 iif = skb->ingress_ifindex;
	struct iphdr *ip;

	if (port_of(generation, iif) || slot_of(skb, generation, DP_SENT, iif))
		return iif;
	ip = inet(skb, off);
	return ip ? way_of(skb, ip->daddr, ip->saddr, skb->ifindex) : NOWHERE;
}

/* IPv6 does not pass between the zones. */
static __noinline int inet6_out(struct __sk_buff *skb)
{
	const struct dp_port *to, *from;
	struct now now;

	if (!skb->ingress_ifindex)
		return NEXT;
	look(&now);
	if (!now.plan->inet6_drop)
		return NEXT;
	to = port_of(now.generation, skb->ifindex);
	from = port_of(now.generation, skb->ingress_ifindex);
	if (to && from && ((from->from & to->to) | (from->to & to->from)))
		DROP(DP_COUNT_INET6);
	return NEXT;
}

/* What came out of our ESP and goes to no zone: under a service filter it may. */
static __noinline int stray(struct __sk_buff *skb, int filters)
{
	struct bpf_xfrm_state xs;

	if (filters || bpf_skb_get_xfrm_state(skb, 0, &xs, sizeof(xs), 0) < 0 || !is_ours(xs.reqid))
		return NEXT;
	DROP(DP_COUNT_MISFIT);
}

/* By an interface that is no external one, and of no to-zone. */
static __always_inline int to_inside(struct __sk_buff *skb, __u32 off)
{
	const struct dp_port *to, *from;
	struct bpf_xfrm_state xs;
	struct now now;
	__u64 zone;

	if (is_inet6(skb))
		return inet6_out(skb);
	if (!is_inet(skb) || !skb->ingress_ifindex)
		return NEXT;
	look(&now);
	to = port_of(now.generation, skb->ifindex);
	if (!to || !to->from)
		return stray(skb, now.plan->filters != 0);
	if (bpf_skb_get_xfrm_state(skb, 0, &xs, sizeof(xs), 0) == 0) {
		if (to->vpn && (xs.reqid & DP_VPN_MASK) == to->vpn)
			return NEXT;
		from = port_of(now.generation, skb->ingress_ifindex);
		zone = from ? first_of(from->to & to->from) : 0;
		return opened_to(skb, now.generation, xs.reqid, zone ? zone : to->from);
	}
	from = port_of(now.generation, came_by(skb, off, now.generation));
	zone = from ? first_of(from->to & to->from) : 0;
	return zone ? gate_in(skb, off, now.generation, zone) : NEXT;
}

/* By an external interface, or one of a to-zone. */
static __noinline int clear_out(struct __sk_buff *skb, __u32 off, __u32 generation)
{
	const struct dp_port *to = port_of(generation, skb->ifindex), *from;
	__u32 iif = skb->ingress_ifindex;
	const struct dp_plan *of = plan_of(generation);
	struct iphdr *ip = inet(skb, off);
	struct bpf_xfrm_state xs;
	__u64 zone = 0, uplink;
	int r, own = iif == 0;

	if (!ip)
		return TC_ACT_SHOT;
	if ((ip->daddr & bpf_htonl(DP_CARRIERS_MASK)) == bpf_htonl(DP_CARRIERS)) /* nobody has stamped it */
		DROP(DP_COUNT_UNPROTECTED_OUT);
	if (!to)
		return NEXT;
	if (iif && of->zone_bits && skb->mark & of->zone_bits)
		skb->mark &= ~of->zone_bits;
	uplink = (to->to & ~of->filters) | (to->external & of->filters);
	if (!own && bpf_skb_get_xfrm_state(skb, 0, &xs, sizeof(xs), 0) == 0) {
		from = port_of(generation, iif);
		zone = from ? first_of(from->to & to->from) : 0;
		if (zone || !is_ours(xs.reqid) || to->external & of->filters)
			return opened_to(skb, generation, xs.reqid, zone);
		DROP(DP_COUNT_MISFIT);
	}
	if (ip->protocol == IPPROTO_ICMP) {
		r = quoting(skb, off, generation, uplink);
		if (r != NEXT)
			return r;
	}
	if (own)
		return own_clear(skb, off, generation, uplink);
	from = port_of(generation, came_by(skb, off, generation));
	zone = from ? first_of(from->from & to->to) : 0;
	if (zone || uplink & of->filters) {
		r = gate_out(skb, off, generation, zone, uplink);
		if (r == CHANGED)
			r = own_clear(skb, off, generation, uplink);
		if (r != NEXT)
			return r;
	}
	zone = from ? first_of(from->to & to->from) : 0;
	return zone ? gate_in(skb, off, generation, zone) : NEXT;
}

static __always_inline int to_outside(struct __sk_buff *skb, __u32 off)
{
	struct iphdr *ip;
	struct now now;

	if (is_inet6(skb))
		return inet6_out(skb);
	if (!is_inet(skb))
		return NEXT;
	look(&now);
	ip = inet(skb, off);
	if (!ip)
		return TC_ACT_SHOT;
	if (ip->protocol == IPPROTO_ESP) {
		if (ip->daddr == bpf_htonl(DP_DUMMY))
			return esp_out(skb, off, &now, ip);
		if (skb->tc_index == PASSED) /* by_neighbour() */
			return off && is_to_nobody(skb) ? to_next_hop(skb, off, ip, skb->ingress_ifindex, skb->ifindex)
							: NEXT;
	}
	return clear_out(skb, off, now.generation);
}

/* --- to be stamped --- */

/* Whether the slot that came with a carried packet is its own, and the packet of a zone of its reqid. */
static __always_inline struct dp_packet *slot_of_carried(struct __sk_buff *skb, __u32 generation,
							 const struct iphdr *ip, const struct dp_sa *sa)
{
	__u32 iif = skb->ingress_ifindex, k = skb->tc_index & (DP_SLOTS - 1);
	struct dp_packet *s = k ? bpf_map_lookup_elem(&slots, &k) : NULL;

	if (!s || (s->kind != DP_SENT && s->kind != DP_STAMPED) || s->src[0] != ip->saddr || s->dst[0] != ip->daddr)
		return NULL;
	if (iif != sa->port && !sa->anywhere && !of_zone(sa, generation, iif))
		return NULL;
	return s;
}

/* This host's own have none. */
static __always_inline struct dp_packet *slot_of_own(struct __sk_buff *skb, const struct iphdr *ip)
{
	struct dp_packet *s;
	__u32 k;

	s = new_slot(&k);
	if (!s)
		return NULL;
	keep(s, ip, 0, DP_STAMPED, 0);
	skb->tc_index = k;
	skb->mark = 0; /* of chain "output" */
	skb->priority = 0;
	return s;
}

/* The headers of the carrier's SA become an IP header and a stamp, in the same octets. */
static __always_inline int stamp_carried(struct __sk_buff *skb, struct iphdr *ip)
{
	const struct iphdr *inner = (void *)ip + CARRIER_HEADERS;
	__u32 carrier = bpf_ntohl(ip->daddr) & 0xffff, size;
	struct built b = { 0 };
	const struct dp_sa *sa;
	struct dp_packet *s;
	struct now now;

	look(&now);
	size = bpf_ntohs(inner->tot_len);
	sa = sa_of(now.generation, DP_CARRIES, bpf_htonl(DP_REQID_FIRST | carrier));
	if (ip->frag_off & (OFFSET | MORE) || ip->ihl != 5 || inner->version != 4 || inner->ihl < 5 ||
	    size + CARRIER_HEADERS != skb->len || !sa)
		DROP(DP_COUNT_UNPROTECTED_OUT);
	s = skb->ingress_ifindex ? slot_of_carried(skb, now.generation, inner, sa) : slot_of_own(skb, inner);
	if (!s) {
		count(skb, DP_COUNT_NO_SLOT);
		DROP(DP_COUNT_UNPROTECTED_OUT);
	}
	s->df = (inner->frag_off & DONT) != 0;
	s->oif = sa->local[0];
	s->kind = DP_STAMPED;
	count(skb, DP_COUNT_CARRIED);
	build_header(&b, inner, carrier);
	__builtin_memcpy(ip, &b, sizeof(b));
	return NEXT;
}

/* At the device of the carriers, egress: nothing passes without a stamp. */
static __always_inline int to_stamper(struct __sk_buff *skb)
{
	void *data;
	struct iphdr *ip;

	if (!is_inet(skb))
		return TC_ACT_SHOT;
	data = (void *)(long)skb->data;
	if (data + CARRIER_HEADERS + sizeof(*ip) > (void *)(long)skb->data_end) {
		if (bpf_skb_pull_data(skb, CARRIER_HEADERS + sizeof(*ip)) < 0)
			return TC_ACT_SHOT;
		data = (void *)(long)skb->data;
	}
	ip = data;
	if (data + CARRIER_HEADERS + sizeof(*ip) > (void *)(long)skb->data_end ||
	    (ip->daddr & bpf_htonl(DP_CARRIERS_MASK)) != bpf_htonl(DP_CARRIERS))
		return TC_ACT_SHOT;
	if (ip->protocol == DP_D3P_PROTOCOL && stamped_slot(skb)) /* by lan_in */
		return NEXT;
	if (ip->protocol != IPPROTO_AH)
		DROP(DP_COUNT_UNPROTECTED_OUT);
	return stamp_carried(skb, ip);
}

#endif
