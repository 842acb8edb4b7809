/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SA payload of a pull or push (RFC 6407 5.2) with the SA attribute payloads after it: at most one SA KEK, at most one
 * GAP, any number of SA TEKs.
 *
 *  | generic header (its length covers all SA attribute payloads)  |
 *  |                              DOI                              |
 *  |                           Situation                           |
 *  | SA Attribute Next Payload     |          RESERVED2            |
 *  ~ SAK, GAP, SAT ...                                             ~
 */
#ifndef IKE_GDOI_SA_H
#define IKE_GDOI_SA_H

#include "ike/download.h"
#include "ike/gdoi_ids.h"
#include "ike/message.h"

/*
 * Fills the policies of *D, which begins empty; keys come with gdoi_kd_read().  *RET_SAK: the KEK's policy is in
 * d->kek, while d->has_kek waits for its key.  On an error *D is to be discarded.  NUMBERS: gdoi_gap_read()'s.
 * -EBADMSG; -EPROTONOSUPPORT: a KEK or GAP that cannot be honoured.
 */
GVPN_MUST_CHECK int gdoi_sa_read(struct download *d, bool *ret_sak, struct reader body, bool push,
				 const struct gap_numbers *numbers, struct ike_diag *diag);
void gdoi_sa_write(struct message *m, const struct download *d, const struct gdoi_style *style);

#endif
