/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GROUPKEY-PUSH (RFC 6407 4) and its acknowledgement (RFC 8263): both halves.
 *
 * A rekey SA is a KEK as one side holds it: the keys, the sequence number, and on the member's side what is needed to
 * recognise a push that it has already taken.  Pure: no socket, no clock.
 */
#ifndef IKE_PUSH_H
#define IKE_PUSH_H

#include "ike/download.h"
#include "ike/ike.h"

/* The content of a verified push.  Wipe with push_wipe(). */
struct push {
	uint32_t seq;
	bool has_policy; /* an SA payload was there: download counts */
	struct download
		download;     /* has_kek: a KEK is in it, maybe the one already held (same SPI, and kek.seq is SEQ) */
	bool delete_kek;      /* the KEK of this push; a KEK in DOWNLOAD survives it */
	bool delete_all_teks; /* SPI 0: all that were held before this push */
	uint32_t delete_spis[PUSH_DELETES_MAX];
	size_t n_delete_spis;
};
static inline void push_wipe(struct push *p)
{
	explicit_bzero(p, sizeof(*p));
}

enum push_verdict {
	PUSH_ACCEPTED,       /* *RET is set; apply it, then send what rekey_sa_acknowledge() gives */
	PUSH_RETRANSMISSION, /* identical to an accepted one: nothing changes, its acknowledgement, if one was asked
				for, is in OUT again */
	PUSH_UNACKNOWLEDGED, /* the same, but its acknowledgement was not made yet: as soon as its content is applied,
				send what rekey_sa_acknowledge() gives */
	PUSH_REFUSED, /* unsigned, badly signed, undecryptable, old, malformed: nothing changes; a note says why */
};

struct rekey_sa;

/*
 * FROM_PUSH: learnt by push, so that any first sequence number is taken (RFC 6407 4.3 starts it at 1 again, some
 * servers go on counting); else it must be greater than kek->seq.  ALLOW_SHA1: RSA with SHA-1 may sign.  A signature
 * key that is among CHECKED is not checked in full again (ike/signature.h); NULL: every key is.  -EINVAL: the key is
 * not usable; -ENOMEM, -EIO; *RET_CAUSE says why.
 */
struct signature_checked;
GVPN_MUST_CHECK int rekey_sa_new(struct rekey_sa **ret, const struct kek *kek, bool from_push, bool allow_sha1,
				 struct signature_checked *checked, struct ike_cause *ret_cause);
void rekey_sa_free(struct rekey_sa *sa); /* wipes; NULL is fine */
static inline void rekey_sa_freep(struct rekey_sa **sa)
{
	rekey_sa_free(*sa);
}
const struct kek *rekey_sa_kek(const struct rekey_sa *sa); /* seq is the last accepted one */
/* True when the two cookies of the header are this SA's (RFC 6407 4.2). */
bool rekey_sa_owns(const struct rekey_sa *sa, const uint8_t *data, size_t len);

/* By which numbers the GAP payloads of the pushes to come are read; those of a new SA are the default ones. */
void rekey_sa_set_gap_numbers(struct rekey_sa *sa, const struct gap_numbers *numbers);

/*
 * From here on only what was accepted before is recognised (and acknowledged again), new pushes are refused.  It
 * happens by itself when an accepted push replaces or deletes the KEK; call it when a pull has brought another KEK.
 * Keep the SA as long as the server may retransmit.
 */
void rekey_sa_retire(struct rekey_sa *sa);

/*
 * KEK, of the same SPI, was brought again: everything up to its sequence number counts as used; what was accepted is
 * still recognised; an SA that was retired is in use again.  -EINVAL when it is not the same key: a new rekey SA is
 * needed.
 */
GVPN_MUST_CHECK int rekey_sa_advance(struct rekey_sa *sa, const struct kek *kek);

/*
 * Member: a datagram that rekey_sa_owns().  The sequence number advances only when the signature has verified and the
 * whole content is understood.  Single TEKs that cannot be used are refused in *RET, as in a pull.
 */
enum push_verdict rekey_sa_receive(struct rekey_sa *sa, const uint8_t *data, size_t len, struct push *ret,
				   struct ike_out *out);
/*
 * Member: after the push that was received last was applied: its acknowledgement (RFC 8263 3), when the latest SA KEK
 * payload at its time asked for one of a known type, goes to OUT (address and port left 0) and is kept for
 * retransmissions.  The types with an
 * LKH key cannot be answered, because LKH is not supported: a note says so, and it is no error (RFC 8263 4).  LOCAL:
 * the address used in the latest pull.  -EINVAL: nothing was accepted yet; -ENOMEM, -EIO, -ENOBUFS (OUT is full).
 */
GVPN_MUST_CHECK int rekey_sa_acknowledge(struct rekey_sa *sa, uint32_t local, struct ike_out *out);

struct push_style {
	uint32_t server, member; /* SRC and DST ID of an SA KEK payload */
	bool id_length_2;        /* send 2 octet id lengths in SAK and SAT */
};

/*
 * Server: makes push what->seq under KEK, signed with KEY (an EVP_PKEY).  The datagram goes to OUT, address and port 0.
 * A push holds policy, deletes, or both.  -EINVAL: it holds nothing, cannot be said, or KEY is not one for KEK;
 * -EMSGSIZE, -ENOMEM, -EIO, -ENOBUFS (OUT is full).
 */
struct evp_pkey_st;
GVPN_MUST_CHECK int push_make(const struct kek *kek, struct evp_pkey_st *key, const struct push *what,
			      const struct push_style *style, struct ike_out *out);
/*
 * Server: is this MEMBER's acknowledgement, of the type that kek->ack_type asks for, of push SEQ under KEK?  0,
 * -EBADMSG, -ENOENT when the cookies are others', -EINVAL when KEK asks for none that can be verified, -EIO.
 */
GVPN_MUST_CHECK int push_ack_verify(const struct kek *kek, uint32_t member, uint32_t seq, const uint8_t *data,
				    size_t len);

#endif
