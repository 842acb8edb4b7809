/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What marks kernel state and packets as ours.  The daemon changes and removes what carries these marks, and nothing
 * else:
 *
 * - XFRM states, and the templates of policies: a reqid in [KERNEL_REQID_MIN, KERNEL_REQID_MAX] (lib/plan.h)
 * - XFRM policies: a priority in one of the two ranges below
 * - nf_tables: the tables "ip gvpn" and "ip6 gvpn"
 * - tc: filters of clsact with our priority and handle
 * - routes: protocol KERNEL_RTPROT, to the dummy address and to the carriers
 * - rules of routing: KERNEL_RULE_PRIORITY and protocol KERNEL_RTPROT, to the carriers
 * - interfaces: the XFRM interface with KERNEL_STAMPER_IF_ID, also when somebody has renamed it
 */
#ifndef XFRM_PLAN_IDS_H
#define XFRM_PLAN_IDS_H

#include "lib/plan.h"

/* Reqids: all of ours have these bits in common. */
#define KERNEL_REQID_MASK ((uint32_t) ~(KERNEL_REQID_MAX - KERNEL_REQID_MIN))
/* Those of one VPN have these. */
#define KERNEL_REQID_VPN_MASK ((uint32_t) ~(PLAN_REQIDS - 1))

/*
 * Priorities of XFRM policies; lower is stronger.  On the way out ours stand before every policy of the usual IKE
 * daemons.  On the way in, where a policy cannot name an interface, they stand behind every policy of other programs,
 * so that these judge what they cover as if ours were not there.
 */
#define KERNEL_PRIORITIES 2048 /* each rule of a plan has one */
#define KERNEL_PRIORITY_MIN 0x6700u
#define KERNEL_PRIORITY_MAX (KERNEL_PRIORITY_MIN + KERNEL_PRIORITIES - 1)
#define KERNEL_PRIORITY_IN_MIN 0xff670000u
#define KERNEL_PRIORITY_IN_MAX (KERNEL_PRIORITY_IN_MIN + (KERNEL_PRIORITY_MAX - KERNEL_PRIORITY_MIN))

/* Routes. */
#define KERNEL_DUMMY 0xc0000008u /* 192.0.0.8, the IPv4 dummy address (RFC 7600), never on the wire */
#define KERNEL_RTPROT 214
#define KERNEL_FIRST_METRIC 0x6776
#define KERNEL_RULE_PRIORITY 1 /* behind the table local, before every rule of an administrator */

/*
 * Anti-replay by time (D3P).  The packets of a reqid whose SAs have a window go to the address of its carrier, on their
 * way to the programs that stamp them: 247.118.0.0/15 is of a block that is reserved (RFC 1112 4) and never on the
 * wire.  What is larger than the route to it admits goes to the same address with another bit.
 */
#define KERNEL_CARRIERS 0xf7760000u
#define KERNEL_CARRIERS_LEN 15
#define KERNEL_CARRIER_LARGE 0x00010000u
#define KERNEL_CARRIERS_MASK 0xfffe0000u
static inline uint32_t kernel_carrier(uint32_t reqid)
{
	return KERNEL_CARRIERS | (reqid & (KERNEL_REQID_MAX - KERNEL_REQID_MIN));
}
#define KERNEL_STAMPER "gvpn-d3p"        /* the device at which they are stamped, when it is made */
#define KERNEL_STAMPER_IF_ID 0x67760000u /* of its policies and SAs */

/* nf_tables. */
#define KERNEL_TABLE "gvpn"

/* tc: the place of our programs on each interface, before everybody else's. */
#define KERNEL_TC_PRIORITY 1
#define KERNEL_TC_HANDLE 0x6776

/* The neighbour of the dummy address on each external interface, which nobody is; xfrm/bpf/shapes.h has it too. */
#define KERNEL_DUMMY_NEIGHBOUR                                                                                         \
	{                                                                                                              \
		0x02, 0x00, 0xc0, 0x00, 0x00, 0x08                                                                     \
	}

/* Bits of a packet's mark. */
#define KERNEL_MARK_ZONES 0xfe000000u /* "does not come from this from-zone", a bit each: forms.h */

#endif
