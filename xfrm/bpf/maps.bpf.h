/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The maps, and what every program begins with: the generation that holds, looked up once a packet. */
#ifndef XFRM_BPF_MAPS_BPF_H
#define XFRM_BPF_MAPS_BPF_H

#include "xfrm/bpf/shapes.h"

#include <bpf/bpf_helpers.h>
#include <linux/bpf.h>

#define MAP(name, kind, entries, key_type, value_type)                                                                 \
	struct {                                                                                                       \
		__uint(type, kind);                                                                                    \
		__uint(max_entries, entries);                                                                          \
		__type(key, key_type);                                                                                 \
		__type(value, value_type);                                                                             \
	} name SEC(".maps")

/* What the daemon writes and reads, in memory that it shares with the programs: it needs no bpf(2) for that. */
#define SHARED(name, entries, value_type)                                                                              \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                                      \
		__uint(map_flags, BPF_F_MMAPABLE);                                                                     \
		__uint(max_entries, entries);                                                                          \
		__type(key, __u32);                                                                                    \
		__type(value, value_type);                                                                             \
	} name SEC(".maps")

SHARED(scopes, 2 * DP_SCOPES, struct dp_scope);
SHARED(rules, 2 * DP_RULES, struct dp_rule);
SHARED(fits, 2 * DP_FITS, struct dp_selector);
SHARED(ports, 2 * DP_PORT_PLACES, struct dp_port);
SHARED(sas, 2 * DP_SA_PLACES, struct dp_sa_place);
SHARED(reqids, 2 * DP_REQIDS, struct dp_fits);
/* The daemon alone reads it. */
SHARED(build, 1, struct dp_build);
/* For one processor here; the loader makes room for all. */
SHARED(counters, DP_COUNTERS, struct dp_counter);
SHARED(counts, DP_COUNTS, struct dp_counter);
/* Which rule each of "counts" belongs to: read and written by the daemon alone, kept here over its restarts. */
SHARED(owners, DP_COUNTS, __u64);
MAP(refused, BPF_MAP_TYPE_ARRAY, 1, __u32, struct dp_refused);
SHARED(ages, DP_AGES, struct dp_age);
MAP(unknown, BPF_MAP_TYPE_LRU_HASH, DP_UNKNOWN, __u32, struct dp_unknown);
MAP(slots, BPF_MAP_TYPE_ARRAY, DP_SLOTS, __u32, struct dp_packet);
MAP(next_slot, BPF_MAP_TYPE_PERCPU_ARRAY, 1, __u32, __u32);

struct now {
	__u32 generation;
	const struct dp_plan *plan;
};

/* At a fixed address, so that no packet has to look it up. */
struct dp_live live SEC(".data.live") = { 0 };

static __always_inline const struct dp_plan *plan_of(__u32 generation)
{
	return &live.plans[generation & 1];
}

static __always_inline void look(struct now *now)
{
	now->generation = *(volatile __u32 *)&live.generation & 1;
	now->plan = plan_of(now->generation);
}

static __always_inline void count_in(struct dp_counter *c, struct __sk_buff *skb)
{
	if (!c)
		return;
	c->packets++;
	c->bytes += skb->len;
}

static __always_inline void count(struct __sk_buff *skb, __u32 which)
{
	__u32 k = bpf_get_smp_processor_id() * DP_COUNTERS + which;

	count_in(bpf_map_lookup_elem(&counters, &k), skb);
}

/* --- interfaces and SAs: the first place is nearly always the right one --- */

struct search {
	__u32 base, at;
	__u32 ifindex, spi;
	__u32 found; /* the number in the map and 1; 0: none */
};

static long try_port(__u32 unused, void *ctx)
{
	struct search *s = ctx;
	__u32 k = s->base + (s->at++ & (DP_PORT_PLACES - 1));
	const struct dp_port *p = bpf_map_lookup_elem(&ports, &k);

	if (p && p->shown && p->ifindex != s->ifindex)
		return 0;
	s->found = p && p->shown ? k + 1 : 0;
	return 1;
}

static __noinline __u32 find_port(__u32 generation, __u32 ifindex)
{
	struct search s = { .base = (generation & 1) * DP_PORT_PLACES, .at = ifindex + 1, .ifindex = ifindex };

	bpf_loop(DP_PORT_PLACES, try_port, &s, 0);
	return s.found;
}

static __always_inline const struct dp_port *port_of(__u32 generation, __u32 ifindex)
{
	__u32 k = (generation & 1) * DP_PORT_PLACES + dp_port_place(ifindex);
	const struct dp_port *p = bpf_map_lookup_elem(&ports, &k);

	if (!p || !p->shown)
		return NULL;
	if (p->ifindex == ifindex)
		return p;
	k = find_port(generation, ifindex);
	if (!k--)
		return NULL;
	return bpf_map_lookup_elem(&ports, &k);
}

static long try_sa(__u32 unused, void *ctx)
{
	struct search *s = ctx;
	__u32 k = s->base + (s->at++ & (DP_SA_PLACES - 1));
	const struct dp_sa_place *p = bpf_map_lookup_elem(&sas, &k);

	if (p && p->key.spi && (p->key.spi != s->spi || p->key.ifindex != s->ifindex))
		return 0;
	s->found = p && p->key.spi ? k + 1 : 0;
	return 1;
}

static __noinline __u32 find_sa(__u32 generation, __u32 ifindex, __u32 spi)
{
	struct search s = { .base = (generation & 1) * DP_SA_PLACES,
			    .at = dp_sa_place(ifindex, spi) + 1,
			    .ifindex = ifindex,
			    .spi = spi };

	bpf_loop(DP_SA_PLACES, try_sa, &s, 0);
	return s.found;
}

static __always_inline const struct dp_sa *sa_of(__u32 generation, __u32 ifindex, __u32 spi)
{
	__u32 k = (generation & 1) * DP_SA_PLACES + dp_sa_place(ifindex, spi);
	const struct dp_sa_place *p = bpf_map_lookup_elem(&sas, &k);

	if (!p || !p->key.spi)
		return NULL;
	if (p->key.spi == spi && p->key.ifindex == ifindex)
		return &p->value;
	k = find_sa(generation, ifindex, spi);
	if (!k--)
		return NULL;
	p = bpf_map_lookup_elem(&sas, &k);
	return p ? &p->value : NULL;
}

#endif
