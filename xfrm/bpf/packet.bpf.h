/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and changing packets.  OFF is where the network header begins: behind Ethernet's header, or at once. */
#ifndef XFRM_BPF_PACKET_BPF_H
#define XFRM_BPF_PACKET_BPF_H

#include "xfrm/bpf/maps.bpf.h"

#include <bpf/bpf_endian.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#define NEXT TC_ACT_UNSPEC /* filters of other programs go on */
#define DROP(which)                                                                                                    \
	do {                                                                                                           \
		count(skb, which);                                                                                     \
		return TC_ACT_SHOT;                                                                                    \
	} while (0)

#define OFFSET bpf_htons(0x1fff) /* of iphdr.frag_off */
#define MORE bpf_htons(0x2000)
#define DONT bpf_htons(0x4000)

/* A VLAN's packet is judged on the VLAN's interface. */
static __always_inline int is_inet(const struct __sk_buff *skb)
{
	return skb->protocol == bpf_htons(ETH_P_IP) && !skb->vlan_present;
}

static __always_inline int is_inet6(const struct __sk_buff *skb)
{
	return skb->protocol == bpf_htons(ETH_P_IPV6) && !skb->vlan_present;
}

/* The fixed part of the IP header, or NULL: then it is not in the first octets, or not there. */
static __always_inline struct iphdr *header(struct __sk_buff *skb, __u32 off)
{
	void *data = (void *)(long)skb->data;

	return data + off + sizeof(struct iphdr) <= (void *)(long)skb->data_end ? data + off : NULL;
}

/* The same, pulled there when it has to be. */
static __always_inline struct iphdr *inet(struct __sk_buff *skb, __u32 off)
{
	struct iphdr *ip = header(skb, off);

	if (ip)
		return ip;
	if (bpf_skb_pull_data(skb, off + sizeof(*ip)) < 0)
		return NULL;
	return header(skb, off);
}

static __always_inline int has_ports(__u8 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE ||
	       protocol == IPPROTO_SCTP || protocol == IPPROTO_DCCP;
}

/* Four octets, N words behind the header at OFF, as they are; 0 when there are none. */
static __always_inline __u32 word_behind(struct __sk_buff *skb, const struct iphdr *ip, __u32 off, __u32 n)
{
	__u32 word = 0;

	if (ip->ihl == 5) {
		const __u32 *at = (const __u32 *)(ip + 1) + n;

		if ((const void *)(at + 1) <= (const void *)(long)skb->data_end)
			return *at;
	}
	bpf_skb_load_bytes(skb, off + ip->ihl * 4 + n * sizeof(word), &word, sizeof(word));
	return word;
}

static __always_inline __u32 first_word(struct __sk_buff *skb, const struct iphdr *ip, __u32 off)
{
	return word_behind(skb, ip, off, 0);
}

static __always_inline void read_ports(struct dp_packet *p, __u32 word)
{
	p->sport = bpf_ntohs(((const __u16 *)&word)[0]);
	p->dport = bpf_ntohs(((const __u16 *)&word)[1]);
}

static __always_inline void read_packet(struct __sk_buff *skb, const struct iphdr *ip, __u32 off, struct dp_packet *p)
{
	p->src[0] = ip->saddr;
	p->dst[0] = ip->daddr;
	p->protocol = ip->protocol;
	p->inet6 = 0;
	p->piece = (ip->frag_off & OFFSET) != 0;
	p->sport = p->dport = 0;
	if (!p->piece && has_ports(ip->protocol))
		read_ports(p, first_word(skb, ip, off));
}

/* RFC 1624: what a changed word of the header adds to its checksum. */
static __always_inline __u64 change(__u32 from, __u32 to)
{
	return (__u64)(__u32)~from + to;
}

/* CHANGES: the sum of at most a few. */
static __always_inline void fix_header(struct iphdr *ip, __u64 changes)
{
	__u64 sum = changes + (__u16)~ip->check;

	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	ip->check = (__u16) ~((sum & 0xffff) + (sum >> 16));
}

/* --- what a rule has decided --- */

#define UDP_HEADER 8
#define TCP_LENGTH 12 /* octets into the header, in the upper half: its words */

/* Of the headers that each segment of a packet has. */
static __always_inline __u32 headers_len(struct __sk_buff *skb, __u32 off)
{
	const struct iphdr *ip = header(skb, off);
	__u8 words = 0;
	__u32 len;

	if (!ip)
		return 0;
	len = ip->ihl * 4;
	if (ip->protocol != IPPROTO_TCP)
		return len + UDP_HEADER;
	bpf_skb_load_bytes(skb, off + len + TCP_LENGTH, &words, 1);
	return len + (words >> 4) * 4;
}

/*
 * As on the wire, in octets of IP: the kernel carries segments of a connection as one packet with one header, until
 * they leave.  WHICH 0: the rule has no counter.
 */
static __noinline int count_of(struct __sk_buff *skb, __u32 off, __u32 which)
{
	__u32 k = bpf_get_smp_processor_id() * DP_COUNTS + which;
	__u32 segments = skb->gso_segs;
	struct dp_counter *c;

	if (!which || which >= DP_COUNTS)
		return 0;
	c = bpf_map_lookup_elem(&counts, &k);
	if (!c)
		return 0;
	c->packets += segments > 1 ? segments : 1;
	c->bytes += skb->len - off;
	if (segments > 1)
		c->bytes += (__u64)(segments - 1) * headers_len(skb, off);
	return 0;
}

/* --- slots --- */

#define PASSED (DP_SLOTS - 1) /* in place of a slot's number: it has its addresses, and comes by once more */

const volatile __u32 slots_of_cpu = 1024; /* a power of two; the loader says how many a processor has */

/*
 * The next slot of this processor.  Number 0 is nobody's: it is what tc_index says when nothing was written, or when
 * another program's filter has taken the number away.
 */
static __always_inline struct dp_packet *new_slot(__u32 *ret)
{
	__u32 zero = 0, k, *n = bpf_map_lookup_elem(&next_slot, &zero);

	if (!n)
		return NULL;
	k = ++*n & (slots_of_cpu - 1);
	k |= bpf_get_smp_processor_id() * slots_of_cpu;
	k &= DP_SLOTS - 1;
	if (k == 0 || k == PASSED)
		k ^= 1;
	*ret = k;
	return bpf_map_lookup_elem(&slots, &k);
}

/* What the packet was when it came by IFINDEX; NULL when that was not written down. */
static __always_inline const struct dp_packet *slot_of(const struct __sk_buff *skb, __u32 generation, __u8 kind,
						       __u32 ifindex)
{
	__u32 k = skb->tc_index & (DP_SLOTS - 1);
	const struct dp_packet *s = k ? bpf_map_lookup_elem(&slots, &k) : NULL;
	const struct dp_port *port;

	if (!s || s->kind != kind)
		return NULL;
	if (s->ifindex == ifindex)
		return s;
	port = port_of(generation, s->ifindex);
	return port && port->shown == ifindex ? s : NULL;
}

/* Every octet is written: the slot was another packet's. */
static __always_inline void keep(struct dp_packet *s, const struct iphdr *ip, __u32 word, __u8 kind, __u32 ifindex)
{
	s->src[0] = ip->saddr;
	s->dst[0] = ip->daddr;
	s->inet6 = 0;
	s->protocol = ip->protocol;
	s->piece = (ip->frag_off & OFFSET) != 0;
	s->kind = kind;
	s->ifindex = ifindex;
	s->sport = s->dport = 0;
	if (!s->piece && has_ports(ip->protocol))
		read_ports(s, word);
}

#endif
