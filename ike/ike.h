/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protocol room: ISAKMP, IKEv1 with pre-shared keys and GDOI, for a group member and for a key server.
 *
 * Nothing here has a socket, a clock or a log.  A caller gives octets and times, and takes datagrams, notes, results
 * and the time of the next call.  Times are milliseconds of a clock that never goes back.  So a whole registration
 * runs in a unit test, and the key server of the tests is made of the same files.
 *
 * THE OBJECTS
 *
 * A struct pull (pull.h) is one registration of a member: phase 1 as initiator, then GROUPKEY-PULL under the ISAKMP
 * SA, then a Delete of that SA.  Every registration has a phase 1 of its own.  The result is a struct download
 * (download.h): the TEKs with their policies and keys, the KEK, and what was refused.
 *
 * A struct phase1 (phase1.h) is one ISAKMP SA in the making, of either side.  A pull may have several at a time
 * (openings, pull_state.h), each with a cookie of its own: with the other DOI, or with a fresh cookie.  The
 * initiator's phase 1 may follow several answers at a time (candidates, phase1_answers.h).  Nothing of phase 1 is
 * authentic before its last message, so none of them is given up until one has proved itself.
 *
 * A struct rekey_sa (push.h) is a KEK as a member holds it.  It judges GROUPKEY-PUSH datagrams, and makes and repeats
 * their acknowledgements.  push_make() is the server's half.
 *
 * A struct responder (responder.h) is the server's half of phase 1 and of the pull, for all of its members.
 *
 * A struct ike_out is what a step puts out: datagrams to send, and notes (note.h).  A struct ike_diag (diag.h) goes
 * with every decoder: it has the ike_out, and keeps the cause (cause.h) of a failure.  Notes and causes are ids with
 * arguments; whoever writes a line for a reader makes the words.
 *
 * WHO CALLS WHAT
 *
 *  member/group                     tests/gcks
 *    pull_step, rekey_sa_receive      responder_step, push_make, push_ack_verify
 *       |                                |
 *    pull_phase1, pull_exchange       responder, responder_pull      the exchanges
 *       |                                |
 *    phase1_initiator                 phase1                         phase 1, and the parts of its messages
 *       |                                |
 *    gdoi_*, message, informational, ident, notify                   payloads, one file each
 *       |
 *    isakmp, buf, keys, crypto, dh, signature                        framing, octets, OpenSSL
 *
 * A message that is not authentic changes nothing, IVs included: its handler works on a copy of the state.  An
 * authentic message that cannot be accepted ends the exchange.  A single TEK that cannot be used is refused alone,
 * and the download says so.  No number of a peer decides how much memory is taken, beyond one datagram.
 *
 * KNOWN RACES
 *
 * - A datagram is lost, in either direction.  The member sends its last message again until an answer comes; a
 *   responder sends an answer again when the same request comes again, octet by octet, and at no other time.
 * - An answer comes twice or late.  The digest of each message that was taken is kept, and a copy of it is ignored.
 * - Somebody on the path answers first, in the server's name.  The initiator follows a few answers, at a bounded
 *   cost in derivations, and asks again for those that it has put aside (phase1_answers.h).
 * - The server has forgotten its ISAKMP SA, or never got the last message of phase 1.  After some sendings the pull
 *   begins a new exchange under the same SA, and an owner that gives up begins a new pull.
 * - A notify in the clear claims that the server knows another DOI.  It may be forged, so the pull tries the other
 *   DOI beside the first one, once.
 * - A push overtakes the one before it.  The later one has the higher number and is taken; the earlier one is then a
 *   replay.  What it deleted or brought comes again with the next pull.
 * - The acknowledgement of a push is lost.  The server repeats the push, and the same acknowledgement is sent again.
 * - A push replaces the KEK while another push under the old KEK is on its way.  The old rekey SA is retired and
 *   takes nothing new, but it still acknowledges copies of what it had taken.
 *
 * STANDARDS
 *
 * RFC 2407 (DOI, attributes of SA TEK), RFC 2408 (ISAKMP), RFC 2409 (IKE, main and aggressive mode with pre-shared
 * keys), RFC 3526, RFC 5114 and RFC 5903 (groups), RFC 3602 and RFC 4106 (ciphers), RFC 4868 (HMACs), RFC 4754
 * (ECDSA), RFC 8017 (RSA), RFC 6407 (GDOI), RFC 6054 (sender ids), RFC 8263 (acknowledgements).  What other servers
 * do otherwise is in doc/gdoi-wire.md.
 */
#ifndef IKE_IKE_H
#define IKE_IKE_H

#include "ike/note.h"

#include "lib/gvpn.h"

enum ike_mode { IKE_MAIN = 2, IKE_AGGRESSIVE = 4 }; /* exchange types, RFC 2408 3.1 */

#define IKE_DOI_IPSEC 1
#define IKE_DOI_GDOI 2

/* One transform that we offer or accept.  Authentication is by pre-shared key. */
struct ike_proposal {
	enum ike_hash hash; /* also the prf, as HMAC */
	enum ike_group group;
	enum cipher cipher; /* AES-CBC only */
	uint32_t lifetime_seconds;
};

#define IKE_ID_IPV4_ADDR 1
#define IKE_ID_FQDN 2
#define IKE_ID_USER_FQDN 3
#define IKE_ID_IPV6_ADDR 5
#define IKE_ID_DER_ASN1_DN 9
#define IKE_ID_DER_ASN1_GN 10
#define IKE_ID_KEY_ID 11

struct ike_id {
	uint8_t type;
	uint8_t len;
	uint8_t data[IKE_ID_MAX]; /* an address is 4 octets in network order; a name has no terminating zero */
};

struct ike_datagram {
	uint8_t *data; /* owned by the ike_out */
	size_t len;
	uint32_t addr; /* where to; the initiator leaves both 0: its server */
	uint16_t port;
};

/*
 * The output of a step.  Set the struct to zero, pass it to a step, take datagrams and notes out of it, and call
 * ike_out_clear() before the next step.
 */
struct ike_out {
	struct ike_datagram datagrams[IKE_OUT_DATAGRAMS];
	size_t n_datagrams;
	struct ike_note notes[IKE_OUT_NOTES]; /* notes beyond this are dropped and counted */
	size_t n_notes, n_notes_dropped;
};

void ike_out_clear(struct ike_out *out); /* wipes and frees the datagrams */

#endif
