/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SA payload of phase 1 (RFC 2408 3.4 to 3.6 and 4.2, attributes of RFC 2409 appendix A): one proposal for ISAKMP
 * with a transform per combination that is offered, and an answer of exactly one transform.
 *
 *  SA:        generic header | DOI (4) | situation (4) | proposal
 *  proposal:  generic header | number | protocol 1 | SPI size | transforms | SPI | transform ...
 *  transform: generic header | number | KEY_IKE 1 | reserved (2) | attributes
 */
#ifndef IKE_PHASE1_SA_H
#define IKE_PHASE1_SA_H

#include "ike/message.h"

/* All of PROPOSALS; transforms are numbered from 1. */
void phase1_sa_offer(struct message *m, uint32_t doi, uint32_t situation, const struct ike_proposal *proposals,
		     size_t n);

/*
 * The answer to such an offer: *RET is the proposal that was chosen, with the lifetime of the answer.  -EBADMSG;
 * -ENOENT: it is not one that was offered; -EPROTONOSUPPORT: it has DOI 1, and DOI is 2.
 */
GVPN_MUST_CHECK int phase1_sa_answer(struct ike_proposal *ret, struct reader body, uint32_t doi,
				     const struct ike_proposal *proposals, size_t n, struct ike_diag *diag);

struct phase1_choice {
	uint32_t doi, situation;
	struct ike_proposal proposal;
	uint8_t proposal_number;
	struct chunk transform; /* body of the transform, borrowed from the offer: it is echoed */
};

/* The responder's choice: the first transform offered that is among PROPOSALS.  -EBADMSG; -ENOENT: none. */
GVPN_MUST_CHECK int phase1_sa_choose(struct phase1_choice *ret, struct reader body,
				     const struct ike_proposal *proposals, size_t n, struct ike_diag *diag);
void phase1_sa_echo(struct message *m, const struct phase1_choice *choice);

#endif
