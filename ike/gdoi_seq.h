/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sequence Number payload (RFC 6407 5.7): a generic header and four octets.  In a pull it is the last number used.
 */
#ifndef IKE_GDOI_SEQ_H
#define IKE_GDOI_SEQ_H

#include "ike/isakmp.h"

GVPN_MUST_CHECK int gdoi_seq_read(uint32_t *ret, struct reader body, struct ike_diag *diag); /* -EBADMSG */
void gdoi_seq_write(struct writer *w, struct chain *c, uint32_t seq);

#endif
