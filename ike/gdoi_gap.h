/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Group Associated Policy payload (RFC 6407 5.4): a generic header and attributes.
 */
#ifndef IKE_GDOI_GAP_H
#define IKE_GDOI_GAP_H

#include "ike/isakmp.h"

/* Fills the GAP part of *D.  -EBADMSG; -EPROTONOSUPPORT: an unknown attribute (5.4 wants an abort). */
GVPN_MUST_CHECK int gdoi_gap_read(struct download *d, struct reader body, struct ike_diag *diag);
void gdoi_gap_write(struct writer *w, struct chain *c, const struct download *d);

#endif
