/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What both halves of an ISAKMP exchange share: negotiable parameters, identities, and the output of a step.
 *
 * An exchange is an object that does no I/O and reads no clock: datagrams and times come in, datagrams, notes and a
 * deadline come out.  Times are milliseconds of a clock that never goes back.
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
#define IKE_PROPOSALS_MAX 16

#define IKE_ID_IPV4_ADDR 1
#define IKE_ID_FQDN 2
#define IKE_ID_USER_FQDN 3
#define IKE_ID_IPV6_ADDR 5
#define IKE_ID_DER_ASN1_DN 9
#define IKE_ID_DER_ASN1_GN 10
#define IKE_ID_KEY_ID 11
#define IKE_ID_MAX 255

struct ike_id {
	uint8_t type;
	uint8_t len;
	uint8_t data[IKE_ID_MAX]; /* an address is 4 octets in network order; a name has no terminating zero */
};

#define IKE_DATAGRAM_MAX 65507
#define IKE_OUT_DATAGRAMS 24
#define IKE_OUT_NOTES 16

struct ike_datagram {
	uint8_t *data; /* owned by the ike_out */
	size_t len;
	uint32_t addr; /* where to; the initiator leaves both 0: its server */
	uint16_t port;
};

/* What a step puts out.  Zero-initialise, pass to steps, take what is there, ike_out_clear() before the next. */
struct ike_out {
	struct ike_datagram datagrams[IKE_OUT_DATAGRAMS];
	size_t n_datagrams;
	struct ike_note notes[IKE_OUT_NOTES]; /* notes beyond this are dropped and counted */
	size_t n_notes, n_notes_dropped;
};

void ike_out_clear(struct ike_out *out); /* wipes and frees the datagrams */

#endif
