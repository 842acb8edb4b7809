/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SA KEK payload (RFC 6407 5.3): policy of the key that protects pushes.
 *
 *  | generic header                                                |
 *  | Protocol, SRC ID, DST ID: gdoi_ids.h                          ~
 *  |                              SPI (16)                         |
 *  |                          RESERVED2 (4)                        |
 *  ~                        KEK Attributes                         ~
 */
#ifndef IKE_GDOI_SAK_H
#define IKE_GDOI_SAK_H

#include "ike/download.h"
#include "ike/gdoi_ids.h"

/*
 * Fills the policy part of *RET.  PUSH: KEK_MANAGEMENT_ALGORITHM counts (in a pull it is ignored, 5.3).  -EBADMSG;
 * -EPROTONOSUPPORT: an attribute, algorithm or length that is not known here, by name in DIAG (5.3.2 wants an abort).
 */
GVPN_MUST_CHECK int gdoi_sak_read(struct kek *ret, struct reader body, bool push, struct ike_diag *diag);
void gdoi_sak_write(struct writer *w, struct chain *c, const struct kek *kek, const struct gdoi_style *style);

#endif
