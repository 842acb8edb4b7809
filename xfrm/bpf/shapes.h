/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the programs' maps hold: included by the programs (clang -target bpf) and by what fills the maps, so it names
 * the kernel's types alone.
 *
 * Addresses are in network byte order and as wide as IPv6's; an IPv4 address is the first word.  Ports of rules and
 * packets are in host byte order.  "Scope" is the plan's (lib/plan.h), a bit of 64 each.
 *
 * Everything that a plan says stands twice: GENERATION is 0 or 1, and the map "live" says which one holds.
 */
#ifndef XFRM_BPF_SHAPES_H
#define XFRM_BPF_SHAPES_H

#include "xfrm/bpf/d3p.h"

#include <linux/types.h>

#define DP_SCOPES 64                  /* of a plan */
#define DP_RULES 4096                 /* of all scopes together */
#define DP_FITS 16384                 /* selectors of all SAs that receive, both senses counted */
#define DP_REQIDS 65536               /* all that there are of ours: the low half of a reqid is its number */
#define DP_SAS 8192                   /* each direction of each uplink counted */
#define DP_PORTS 4096                 /* interfaces that a plan names */
#define DP_SA_PLACES (2 * DP_SAS)     /* each has the place that its key says, or the next free one: seldom another */
#define DP_PORT_PLACES (2 * DP_PORTS) /* the same */
#define DP_UNKNOWN 256                /* SPIs that nobody here can open, the newest ones */
#define DP_COUNTS 8192                /* counters of rules, for each processor */
#define DP_COUNTERS 32                /* counters by cause, for each processor, whose cache lines are its own */
#define DP_PIECES 1024                /* packets of ESP of which fragments are under way */
#define DP_SLOTS 65536                /* as many as skb->tc_index can tell apart, over all processors */
#define DP_ROUTES 1024                /* of each processor */

#define DP_REQID_FIRST 0x67760000u /* of ours; kernel.h */
#define DP_REQID_MASK 0xffff0000u
#define DP_VPN_MASK 0xffffff80u /* PLAN_REQIDS of each VPN */
#define DP_DUMMY 0xc0000008u    /* 192.0.0.8, host byte order */
/* Carriers, of packets that are to be stamped: ids.h has them too */
#define DP_CARRIERS 0xf7760000u
#define DP_CARRIERS_MASK 0xfffe0000u
/* Ethernet's address of the neighbour that 192.0.0.8 has on every external interface, and that nobody is */
#define DP_NOBODY                                                                                                      \
	{                                                                                                              \
		0x02, 0x00, 0xc0, 0x00, 0x00, 0x08                                                                     \
	}

/* --- of a plan, once for each generation --- */

struct dp_plan {
	__u64 filters;   /* scopes of service filters */
	__u64 early;     /* scopes with policies whose packets lan_in stamps; 0: all are carried */
	__u32 stamper;   /* the device where those are stamped that are carried; 0: nothing is stamped */
	__u32 zone_bits; /* of the mark: all that say "not of this zone" */
	__u16 mss;       /* for SYNs that a group policy covers; 0: as they are */
	__u8 inet6_drop; /* IPv6 does not pass between the zones */
	__u8 onward;     /* what came out of ESP goes on at once, as EARLY's packets are stamped at once */
};

struct dp_live { /* the programs' own data, pinned as "live" */
	__u32 generation;
	__u32 holds; /* a plan: not before the first switch */
	__s64 wall; /* nanoseconds from the monotonic clock to POSIX time: of no plan, and changed when the clock is set
		     */
	/*
	 * Nanoseconds of the monotonic clock: until then the daemon vouches that no rule of the host looks at forwarded
	 * packets, so that they may pass the stack by.  Later the daemon may have ended, and rules have come.
	 */
	__u64 vouched;
	struct dp_plan plans[2];
};

struct dp_port {            /* what an interface is to the scopes: array "ports" */
	__u64 from, to;     /* whose zones it belongs to */
	__u64 external;     /* whose ESP leaves and comes by it */
	__u32 vpn;          /* the reqids of the only VPN with it in a from-zone; 0: none, or several */
	__u32 foreign_bits; /* of the mark, on what comes by it and leaves by an external interface */
	__u32 shown;        /* the interface that packets show after routing: itself, or the VRF's; 0: no entry */
	__u32 local[4];     /* external: where fragments of ESP go whose first one has not come yet */
	__u32 ifindex;
};

struct dp_selector {
	__u32 src[4], src_mask[4], dst[4], dst_mask[4];
	__u16 sport_min, sport_max, dport_min, dport_max;
	__u8 inet6;
	__u8 protocol; /* 0: any */
	__u8 ports;    /* it asks for some, so that a protocol without ports does not fit */
	__u8 pad;
};

enum dp_verdict { DP_ENCRYPT, DP_CLEAR, DP_BLOCK }; /* plan_verdict */
enum dp_reason {                                    /* plan_reason */
		 DP_OWN_IKE,
		 DP_EXCLUDE,
		 DP_GROUP_POLICY,
		 DP_FAIL_OPEN,
		 DP_FAIL_CLOSE,
		 DP_NOT_GOVERNED
};
#define DP_WAY_OUT 1
#define DP_WAY_IN 2

struct dp_rule {                /* array "rules" */
	struct dp_selector sel; /* in the outbound sense */
	__u8 verdict, reason, ways, pad;
	__u32 count;
	__u16 stamp_mtu; /* the largest packet that lan_in stamps; 0: none */
	__u16 carrier;   /* and the low half of the reqid */
};

struct dp_scope { /* array "scopes": rules FIRST to FIRST + N - 1 */
	__u32 first, n;
	__u32 reqids; /* of its VPN, the first */
	__u32 pad;
};

struct dp_sa_key {
	__u32 ifindex; /* the external interface by which it receives; 0: it sends; DP_CARRIES */
	__u32 spi;     /* network byte order */
};
#define DP_CARRIES 0xffffffffu /* the carrier of a reqid, which stands in the place of the SPI */

struct dp_sa {
	__u64 scopes;   /* that it may go to, or come from */
	__u32 local[4]; /* where the kernel looks for it when it receives; of a carrier the external interface */
	__u32 reqid;
	__u32 port;      /* one interface of a from-zone of its VPN: the first look */
	__u32 window_ms; /* its packets have stamps (d3p.h); 0: they have none */
	__u32 iv;        /* of one that sends: what each of its IVs begins with, as in the packet */
	__u32 iv_mask;   /* 0: it is not in counter mode, and any IV may leave */
	__u8 anywhere;   /* its VPN has a service filter, so its packets come from and go to any interface */
	__u8 copy_df;    /* of packets with stamps, whose own DF bit is not outside */
	__u8 pad[2];
};

struct dp_sa_place { /* array "sas"; SPI 0: nobody's */
	struct dp_sa_key key;
	struct dp_sa value;
};

/* The first place to look. */
static inline __u32 dp_sa_place(__u32 ifindex, __u32 spi)
{
	return (spi ^ spi >> 12 ^ spi >> 20 ^ ifindex) & (DP_SA_PLACES - 1);
}

static inline __u32 dp_port_place(__u32 ifindex)
{
	return ifindex & (DP_PORT_PLACES - 1);
}

struct dp_fits { /* array "reqids": what an SA may carry, in array "fits", FIRST to FIRST + N - 1 */
	__u32 first, n;
};

/* --- of a build: array "build", written when it is loaded --- */

#define DP_PROGRAMS 16 /* at most */

struct dp_build {
	__u64 version; /* a hash of the programs */
	__u32 ids[DP_PROGRAMS];
};

/* --- of packets --- */

enum dp_kind {
	DP_NOTHING,
	DP_SENT,    /* as a host sent it, or as it came in clear from outside */
	DP_OUTER,   /* addresses that ESP showed */
	DP_STAMPED, /* as a host sent it, and it was stamped since */
};

/*
 * What a packet was when it came: array "slots".  The slot's number rides along in skb->tc_index, which survives ESP,
 * fragmentation and reassembly.
 */
struct dp_packet {
	__u32 src[4], dst[4];
	__u16 sport, dport; /* 0 without */
	__u8 inet6, protocol;
	__u8 piece; /* a fragment but the first, which shows no ports */
	__u8 kind;
	__u32 ifindex; /* by which it came */
	__u32 oif;     /* of what is stamped and this host's own: by which it leaves */
	__u8 df;       /* of what is stamped */
	__u8 pad[3];
};

enum dp_count { /* array "counters" */
		DP_COUNT_CLEAR_IN,
		DP_COUNT_FAIL_CLOSE_IN,
		DP_COUNT_FAIL_CLOSE_OUT,
		DP_COUNT_UNKNOWN_SPI,
		DP_COUNT_READDRESSED,
		DP_COUNT_MISFIT,
		DP_COUNT_UNPROTECTED_OUT,
		DP_COUNT_ICMP_QUOTED,
		DP_COUNT_ESP_IN,  /* handed to XFRM */
		DP_COUNT_OPENED,  /* and come out of it */
		DP_COUNT_ESP_OUT, /* given its hosts' addresses */
		DP_COUNT_INET6,   /* IPv6 dropped between the zones */
		DP_COUNT_NO_SLOT, /* of UNPROTECTED_OUT and READDRESSED: something took the slot's number away */
		DP_COUNT_MSS,     /* SYNs that were changed */
		DP_COUNT_STAMPED, /* by lan_in */
		DP_COUNT_CARRIED, /* stamped at the device */
		DP_COUNT_FRESH,   /* came with a good stamp, and goes on by the stack */
		DP_COUNT_ONWARD,  /* out of ESP, with a stamp or without, and sent on by wan_in */
		/* dropped by the stamp, in the order of enum dp_d3p_verdict */
		DP_COUNT_D3P_NO_TIMESTAMP,
		DP_COUNT_D3P_UNEXPECTED,
		DP_COUNT_D3P_TYPE,
		DP_COUNT_D3P_LENGTH,
		DP_COUNT_D3P_NEXT_HEADER,
		DP_COUNT_D3P_TOO_OLD,
		DP_COUNT_D3P_TOO_NEW,
		DP_COUNT_WRONG_IV, /* ESP in counter mode whose IV is not known to be this sender's */
		DP_COUNT_N
};

struct dp_counter {
	__u64 packets, bytes;
};

enum { /* why a packet in ESP did not leave */
       DP_REFUSED_NOT,
       DP_REFUSED_IV,
       DP_REFUSED_SPI
};

struct dp_refused { /* the only element of "refused": first fragments, by their number in the IP header */
	__u8 ids[65536];
};

/*
 * The age of the stamps that come by an SA, dropped or not: array "ages", by SPI.  About, because processors do not
 * wait for one another.
 */
#define DP_AGES 256
struct dp_age {
	__u32 spi; /* network byte order; 0: nobody's */
	__u32 pad;
	struct dp_d3p_middle middle;
};
static inline __u32 dp_age_place(__u32 spi)
{
	return (spi ^ spi >> 8 ^ spi >> 16 ^ spi >> 24) & (DP_AGES - 1);
}

struct dp_unknown {    /* LRU hash "unknown", by SPI in network byte order */
	__u64 last;    /* CLOCK_MONOTONIC, nanoseconds; coarse */
	__u64 packets; /* about: processors do not wait for one another */
};

#endif
