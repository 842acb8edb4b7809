/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IKEv1 phase 1 with pre-shared keys (RFC 2409 5.4), main and aggressive mode, both sides.
 *
 *  main        (1) HDR, SA               -->      aggressive  (1) HDR, SA, KE, Ni, IDii      -->
 *              (2)                <-- HDR, SA                 (2)   <-- HDR, SA, KE, Nr, IDir, HASH_R
 *              (3) HDR, KE, Ni           -->                  (3) HDR*, HASH_I               -->
 *              (4)            <-- HDR, KE, Nr
 *              (5) HDR*, IDii, HASH_I    -->
 *              (6)       <-- HDR*, IDir, HASH_R
 *
 * A message that cannot be used changes nothing, IVs included.  When to send again is the owner's affair.
 */
#ifndef IKE_PHASE1_H
#define IKE_PHASE1_H

#include "ike/message.h"

struct phase1_params {
	bool initiator;
	enum ike_mode mode;
	struct ike_proposal proposals[IKE_PROPOSALS_MAX];
	size_t n_proposals;
	struct secret psk;
	struct ike_id local_id, remote_id; /* complete; remote_id is enforced */
	uint16_t doi;                      /* initiator: to send.  Responder: the only one accepted, 0 for both */
	uint32_t situation;                /* initiator */
	bool d3p;                          /* responder: its first answer has VENDOR_D3P */
	bool no_short_secret;              /* initiator: -ERESTART rather than a g^xy that begins with a zero octet */
};

struct phase1;

/* --- initiator --- */

/* Message 1 goes to OUT.  PARAMS are copied.  -EINVAL, -ENOMEM, -EIO. */
GVPN_MUST_CHECK int phase1_start(struct phase1 **ret, const struct phase1_params *params, struct ike_out *out,
				 struct ike_diag *diag);
/*
 * A message that came at NOW (milliseconds).  0: taken; what is to be sent then went to OUT, but for the last message
 * of aggressive mode, which is given to the caller (*RET_LAST, else NULL).  Several answers may be taken before one
 * proves itself (phase1_answers.h).  Else nothing that was agreed has changed: -EBADMSG, -ENOENT: not usable;
 * -EPROTONOSUPPORT: the answer has DOI 1 where 2 was offered; -EALREADY: it came before; -EBUSY: it is put aside until
 * it comes again; -ERESTART: usable, but see no_short_secret.  -EACCES: it is authentic, its sender is not whom we were
 * to talk to, and no other answer is left: the end.
 */
GVPN_MUST_CHECK int phase1_answer(struct phase1 *p, uint64_t now, const uint8_t *data, size_t len, uint8_t **ret_last,
				  size_t *ret_len, struct ike_out *out, struct ike_diag *diag);
/* Answers were put aside: they are to be asked for again soon. */
bool phase1_contested(const struct phase1 *p);
/* Sends again what has no answer yet.  EARLIER: the messages before it too, for an answer that was not the server's. */
void phase1_repeat(struct phase1 *p, bool earlier, struct ike_out *out);
/* The candidate that has keys and came last, or P: which SA is most likely meant as long as none is authenticated. */
const struct phase1 *phase1_newest(const struct phase1 *p);
/* A protected informational message under P or one of its candidates.  -EBADMSG. */
GVPN_MUST_CHECK int phase1_open_informational(const struct phase1 *p, const struct isakmp_header *h,
					      const uint8_t *data, size_t len, struct opened *ret,
					      struct ike_diag *diag);

/* --- responder --- */

/*
 * The answer to message 1, a datagram that the caller owns.  -EBADMSG: malformed.  -ENOENT: no transform in common.
 * -EPROTONOSUPPORT: the DOI is not one of ours.
 */
GVPN_MUST_CHECK int phase1_accept(struct phase1 **ret, const struct phase1_params *params, const uint8_t *data,
				  size_t len, uint8_t **ret_reply, size_t *ret_len, struct ike_diag *diag);
/*
 * The next message.  0: taken, with the reply (NULL when there is none).  -EBADMSG, -ENOENT: not usable, nothing has
 * changed.  -EACCES: it is authentic, and its sender is not whom we were to talk to: the end.
 */
GVPN_MUST_CHECK int phase1_input(struct phase1 *p, const uint8_t *data, size_t len, uint8_t **ret_reply,
				 size_t *ret_len, struct ike_diag *diag);

/* --- both --- */

void phase1_free(struct phase1 *p); /* wipes; NULL is fine */

bool phase1_done(const struct phase1 *p);        /* authenticated; the SA may be used */
unsigned phase1_expects(const struct phase1 *p); /* number of the message that comes next, 0 for none */
bool phase1_keyed(const struct phase1 *p);       /* keys exist, perhaps not authenticated */
/* For exchanges under the SA; borrowed from P. */
struct informational phase1_informational(const struct phase1 *p);
const uint8_t *phase1_cookie_i(const struct phase1 *p);
const uint8_t *phase1_cookie_r(const struct phase1 *p); /* zero until it is known */
const struct ike_proposal *phase1_chosen(const struct phase1 *p);
struct vendor_ids;
const struct vendor_ids *phase1_vendor_ids(const struct phase1 *p); /* of the peer; borrowed */
uint32_t phase1_doi(const struct phase1 *p);

#endif
