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

MAP(live, BPF_MAP_TYPE_ARRAY, 1, __u32, __u32);
MAP(plans, BPF_MAP_TYPE_ARRAY, 2, __u32, struct dp_plan);
MAP(scopes, BPF_MAP_TYPE_ARRAY, 2 * DP_SCOPES, __u32, struct dp_scope);
MAP(rules, BPF_MAP_TYPE_ARRAY, 2 * DP_RULES, __u32, struct dp_rule);
MAP(fits, BPF_MAP_TYPE_ARRAY, 2 * DP_FITS, __u32, struct dp_selector);
MAP(ports, BPF_MAP_TYPE_HASH, 2 * DP_PORTS, struct dp_port_key, struct dp_port);
MAP(sas, BPF_MAP_TYPE_HASH, 2 * DP_SAS, struct dp_sa_key, struct dp_sa);
MAP(near_ports, BPF_MAP_TYPE_ARRAY, 2 * DP_NEAR, __u32, struct dp_port);
MAP(near_sas, BPF_MAP_TYPE_ARRAY, 2 * DP_NEAR, __u32, struct dp_near_sa);
MAP(reqids, BPF_MAP_TYPE_ARRAY, 2 * DP_REQIDS, __u32, struct dp_fits);
MAP(unknown, BPF_MAP_TYPE_LRU_HASH, DP_UNKNOWN, __u32, struct dp_unknown);
MAP(slots, BPF_MAP_TYPE_ARRAY, DP_SLOTS, __u32, struct dp_packet);
MAP(next_slot, BPF_MAP_TYPE_PERCPU_ARRAY, 1, __u32, __u32);
MAP(counters, BPF_MAP_TYPE_PERCPU_ARRAY, DP_COUNT_N, __u32, struct dp_counter);
MAP(counts, BPF_MAP_TYPE_PERCPU_ARRAY, DP_COUNTS, __u32, struct dp_counter);
/* Which rule each of "counts" belongs to: read and written by the daemon alone, kept here over its restarts. */
MAP(owners, BPF_MAP_TYPE_ARRAY, DP_COUNTS, __u32, __u64);

struct now {
	__u32 generation;
	const struct dp_plan *plan;
};

/* False: the maps are not as the loader made them, and the packet goes nowhere. */
static __always_inline int look(struct now *now)
{
	__u32 zero = 0, *generation = bpf_map_lookup_elem(&live, &zero);

	if (!generation)
		return 0;
	now->generation = *(volatile __u32 *)generation & 1;
	now->plan = bpf_map_lookup_elem(&plans, &now->generation);
	return now->plan != NULL;
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
	count_in(bpf_map_lookup_elem(&counters, &which), skb);
}

/* Of a rule; 0: it has none. */
static __always_inline void count_of(struct __sk_buff *skb, __u32 which)
{
	if (which)
		count_in(bpf_map_lookup_elem(&counts, &which), skb);
}

static __always_inline const struct dp_port *port_of(__u32 generation, __u32 ifindex)
{
	struct dp_port_key key = { generation, ifindex };
	__u32 k = (generation & 1) * DP_NEAR + ifindex;
	const struct dp_port *near;

	if (ifindex >= DP_NEAR)
		return bpf_map_lookup_elem(&ports, &key);
	near = bpf_map_lookup_elem(&near_ports, &k);
	return near && near->shown ? near : NULL;
}

static __always_inline const struct dp_sa *sa_of(__u32 generation, __u32 ifindex, __u32 spi)
{
	struct dp_sa_key key = { generation, ifindex, spi };
	__u32 k = (generation & 1) * DP_NEAR + dp_near(ifindex, spi);
	const struct dp_near_sa *near = bpf_map_lookup_elem(&near_sas, &k);

	if (near && near->key.spi == spi && near->key.ifindex == ifindex)
		return &near->value;
	return bpf_map_lookup_elem(&sas, &key);
}

#endif
