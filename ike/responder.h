/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The key server's half: phase 1 as responder and GROUPKEY-PULL (RFC 6407 3), for any number of members.  Used by
 * tests/gcks and by the in-memory tests.  The number of half-open and open ISAKMP SAs is bounded.
 */
#ifndef IKE_RESPONDER_H
#define IKE_RESPONDER_H

#include "ike/download.h"
#include "ike/ike.h"

/* How a peer is treated, as the owner's configuration has it. */
struct responder_peer {
	struct ike_proposal proposals[IKE_PROPOSALS_MAX];
	size_t n_proposals;
	struct secret psk;
	struct ike_id local_id, remote_id; /* type 0: the addresses */
	bool main_mode, aggressive_mode;
	uint16_t doi_only; /* 0: 1 and 2 are accepted; else only this one, the other gets a clear notify 2 (a peer seen)
			    */
	bool d3p;          /* some group of this peer has D3P: phase 1 says so by VENDOR_D3P */
	bool id_length_2;  /* send 2 octet id lengths in SAK and SAT (a commercial server seen) */
	void *tag;         /* the owner's; handed back in pull() */
};

struct responder_ops {
	/* Phase 1 from this address: 0, or negative to stay silent. */
	int (*peer)(void *ctx, uint32_t addr, struct responder_peer *ret);
	/*
	 * An authenticated member asks for GROUP.  0: *RET was filled.  -EACCES: a protected notify 18 is sent.
	 * -EAGAIN: silence (member threshold, A8).
	 */
	int (*pull)(void *ctx, void *tag, uint32_t addr, uint32_t group, struct download *ret);
	/* pull() chose silence: once for each exchange, however often the member repeats its request (optional). */
	void (*unanswered)(void *ctx, void *tag, uint32_t addr, uint32_t group);
	/*
	 * The member has confirmed and gets its keys now, D, whose policy it has been told before.  It asks for WANTED
	 * sender ids, 0 when it does not ask; the ids go into D (RFC 6407 3.5, optional).  Negative: no keys are given,
	 * and a protected notify 18 says no.
	 */
	int (*sender_ids)(void *ctx, void *tag, uint32_t addr, uint32_t group, uint16_t wanted, struct download *d);
	/* The member has confirmed: it is registered (optional). */
	void (*registered)(void *ctx, void *tag, uint32_t addr, uint32_t group);
	void *ctx;
};

struct responder;

GVPN_MUST_CHECK int responder_new(struct responder **ret, const struct responder_ops *ops, uint32_t local);
void responder_free(struct responder *r);
void responder_step(struct responder *r, uint64_t now, uint32_t addr, uint16_t port, const uint8_t *data, size_t len,
		    struct ike_out *out); /* DATA NULL: time has passed */
uint64_t responder_deadline(const struct responder *r);
/* Forget the ISAKMP SAs that this member has pulled under (it was removed); one that it just makes is its way back. */
void responder_forget(struct responder *r, uint32_t addr);

#endif
