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
 * A message that cannot be used changes nothing, IVs included.  Retransmission is the owner's affair.
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
};

struct phase1;

/* Both write a datagram that the caller owns.  PARAMS are copied.  -EINVAL, -ENOMEM, -EIO. */
GVPN_MUST_CHECK int phase1_start(struct phase1 **ret, const struct phase1_params *params, uint8_t **ret_first,
				 size_t *ret_len, struct ike_diag *diag);
/*
 * The responder's answer to message 1.  -EBADMSG: malformed.  -ENOENT: no transform in common.  -EPROTONOSUPPORT: the
 * DOI is not one of ours.
 */
GVPN_MUST_CHECK int phase1_accept(struct phase1 **ret, const struct phase1_params *params, const uint8_t *data,
				  size_t len, uint8_t **ret_reply, size_t *ret_len, struct ike_diag *diag);
/*
 * The next message.  0: taken, with the reply (NULL when there is none).  -EBADMSG, -ENOENT: not usable, nothing has
 * changed.  -EACCES: it is authentic, and its sender is not whom we were to talk to: the end.
 */
GVPN_MUST_CHECK int phase1_input(struct phase1 *p, const uint8_t *data, size_t len, uint8_t **ret_reply,
				 size_t *ret_len, struct ike_diag *diag);
void phase1_free(struct phase1 *p); /* wipes; NULL is fine */

bool phase1_done(const struct phase1 *p);        /* authenticated; the SA may be used */
unsigned phase1_expects(const struct phase1 *p); /* number of the message that comes next, 0 for none */
bool phase1_keyed(const struct phase1 *p);       /* keys exist, perhaps not authenticated */
/* For exchanges under the SA; borrowed from P. */
struct informational phase1_informational(const struct phase1 *p);
const uint8_t *phase1_cookie_i(const struct phase1 *p);
const uint8_t *phase1_cookie_r(const struct phase1 *p); /* zero until it is known */
const struct ike_proposal *phase1_chosen(const struct phase1 *p);

#endif
