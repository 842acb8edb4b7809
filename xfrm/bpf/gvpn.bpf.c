/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The programs at tc, and one on a route (xfrm/README.md).  Each stands twice: for interfaces with Ethernet's header,
 * and for those whose packets begin with IP's.
 */
#include "xfrm/bpf/outbound.bpf.h"

#define PROGRAM(name, call)                                                                                            \
	SEC("tc") int name(struct __sk_buff *skb)                                                                      \
	{                                                                                                              \
		return call;                                                                                           \
	}

PROGRAM(lan_in, from_inside(skb, ETH_HLEN, 0))
PROGRAM(lan_in_bare, from_inside(skb, 0, 0))
PROGRAM(other_in, from_inside(skb, ETH_HLEN, 1))
PROGRAM(other_in_bare, from_inside(skb, 0, 1))
PROGRAM(lan_out, to_inside(skb, ETH_HLEN))
PROGRAM(lan_out_bare, to_inside(skb, 0))
PROGRAM(wan_in, from_outside(skb, ETH_HLEN))
PROGRAM(wan_in_bare, from_outside(skb, 0))
PROGRAM(wan_out, to_outside(skb, ETH_HLEN))
PROGRAM(wan_out_bare, to_outside(skb, 0))
PROGRAM(stamp_out, to_stamper(skb))

/* On the route to a carrier: what goes there goes to the device where it is stamped, and never to the wire. */
SEC("lwt_xmit") int stamp_way(struct __sk_buff *skb)
{
	struct now now;

	look(&now);
	return now.plan->stamper ? bpf_redirect(now.plan->stamper, 0) : BPF_DROP;
}

char _license[] SEC("license") = "GPL";
