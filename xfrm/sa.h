/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XFRM states: the SAs of a TEK in the kernel (RFC 4303; datapath: README.md).
 *
 * Inbound: any source -> local address.  Outbound: local address -> the dummy address, in whose place wan_out
 * puts the hosts' own addresses.  Neither has a window of sequence numbers, because many senders share the SA (RFC
 * 4303 2.2).
 *
 * With an anti-replay window (D3P) both are in mode BEET, and the outbound one is that of the device at which packets
 * are stamped.  The way there is an SA of AH without a digest for each reqid, to the address of its carrier
 * (ids.h): it puts as many octets before a packet as IP and a stamp need.
 */
#ifndef XFRM_SA_H
#define XFRM_SA_H

#include "lib/plan.h"
#include "xfrm/netlink/message.h"
#include "xfrm/plan/ids.h"

struct sa_id {             /* one direction of a TEK */
	uint32_t src, dst; /* outer; src 0: any */
	uint32_t spi, reqid;
};

/* An SA of ours in the kernel.  Wipe it: it carries keys. */
struct sa_seen {
	struct sa_id id;
	uint64_t added;        /* wall clock, seconds */
	uint64_t hard_seconds; /* counted from then; 0: none */
	uint64_t packets, bytes;
	uint64_t hard_bytes;   /* XFRM_INF: none */
	uint64_t hard_packets; /* the same */
	bool counter_mode;
	struct secret material; /* algorithms, keys and flags, as sa_build_add() writes them */
	bool redacted;          /* a locked-down kernel shows zeros for keys */
	bool beet;              /* its packets have stamps */
	bool larval;            /* the kernel's own note of a packet that waits for an SA (XFRM_STATE_ACQ) */
};

struct sa_id sa_id_of(const struct plan_sa *sa, uint32_t local, bool out);
bool sa_id_equal(const struct sa_id *a, const struct sa_id *b);

/*
 * -EPROTONOSUPPORT for algorithms that the kernel is not asked for, -EINVAL for keys that do not fit them, -EMSGSIZE.
 * UPDATE, when not NULL, is the running SA of the same key whose hard lifetime is to be changed; NOW is the wall clock.
 */
GVPN_MUST_CHECK int sa_build_add(struct message *m, const struct plan_sa *sa, uint32_t local, bool out,
				 const struct sa_seen *update, uint64_t now);
/*
 * An SA of a search (search.h): as the one that sends, but nothing is acknowledged, and it ends with the second packet,
 * so that its probe is the only one that it can ever carry.  sa_build_add() with it for UPDATE makes it the SA of SA.
 */
GVPN_MUST_CHECK int sa_build_candidate(struct message *m, const struct plan_sa *sa, uint32_t local);
bool sa_is_candidate(const struct sa_seen *s);

/*
 * The second SA of a probe, around the candidate's ESP: it encrypts nothing, and its packets are UDP (RFC 3948) from
 * PORT of 127.0.0.1 to the same, so that a probe comes back to the socket that waits for it, and has no way to a wire.
 * Its key of integrity is drawn here and kept nowhere, so that nothing else comes in by it.  -EIO: no random octets.
 */
#define SA_RETURN_ADDRESS 0x7f000001u
#define SA_RETURN_REQID KERNEL_REQID_MAX
#define SA_RETURN_HEADER 8 /* octets of its ESP before what it carries: no IV */
GVPN_MUST_CHECK int sa_build_return(struct message *m, uint32_t spi, uint16_t port);
struct sa_id sa_return_id(uint32_t spi);

/*
 * The SA of a witness (late_esp.h): from 127.0.0.2 to itself, in transport mode; it encrypts nothing, and nobody knows
 * its key of integrity.  -EIO as above.
 */
#define SA_WITNESS_ADDRESS 0x7f000002u
GVPN_MUST_CHECK int sa_build_witness(struct message *m, uint32_t spi);
struct sa_id sa_witness_id(uint32_t spi);

/* XFRM_MSG_DELSA or XFRM_MSG_GETSA */
GVPN_MUST_CHECK int sa_build_id(struct message *m, uint16_t type, const struct sa_id *s);
/* The SA to a carrier, from LOCAL, and which SA that is. */
struct sa_id sa_carrier_id(uint32_t reqid, uint32_t local);
GVPN_MUST_CHECK int sa_build_carrier(struct message *m, const struct sa_id *carrier);
static inline bool sa_is_carrier(const struct sa_id *s)
{
	return (s->dst & KERNEL_CARRIERS_MASK) == KERNEL_CARRIERS;
}

/*
 * Makes of ANSWER, an XFRM_MSG_NEWSA, the request that this SA ends by itself SA_RETIREMENT seconds after NOW.  1,
 * and no message, when it ends by then anyway.
 */
#define SA_RETIREMENT 3
GVPN_MUST_CHECK int sa_build_retire(struct message *m, const struct nlmsghdr *answer, uint64_t now);

/* A state of a dump or an answer; false when it is not ours. */
bool sa_parse(const struct nlmsghdr *nlh, struct sa_seen *ret);

/* Whether M, built by sa_build_add(), asks for the SA that is there: the same keys, algorithms and flags. */
bool sa_is_same(const struct sa_seen *have, const struct message *m);
/*
 * The octets that each direction of a TEK may protect (hard), and after which a new key is due (soft; RFC 2407 4.5).
 * XFRM_INF: no limit.
 */
uint64_t sa_hard_bytes(const struct tek *t);
uint64_t sa_soft_bytes(const struct tek *t);

/* The same in packets, for an SA that sends: in counter mode its sequence numbers end (RFC 4303 3.3.3). */
uint64_t sa_hard_packets(const struct tek *t, bool out);
uint64_t sa_soft_packets(const struct tek *t, bool out);

/* Whether HAVE ends when SA is to end, give or take SA_LIFETIME_SLACK seconds, and after as many octets. */
#define SA_LIFETIME_SLACK 2
bool sa_ends_as(const struct sa_seen *have, const struct plan_sa *sa, uint64_t now);

#endif
