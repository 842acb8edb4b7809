/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Key Download payload (RFC 6407 5.6): the keys for the policies of an SA payload, matched by SPI.
 *
 *  | generic header                                                |
 *  | Number of Key Packets         |            RESERVED2          |
 *  ~ key packets                                                   ~
 *
 *  |     KD Type   |   RESERVED    |   KD Length (with this)       |
 *  |    SPI Size   |      SPI (variable), attributes               ~
 */
#ifndef IKE_GDOI_KD_H
#define IKE_GDOI_KD_H

#include "ike/download.h"
#include "ike/message.h"

/*
 * Puts the keys into *D, as gdoi_sa_read() left it; SAK as it said.  What has only a policy or only a key, or a key of
 * a wrong length, is refused alone.  What comes again
 * and is the same is passed over; two different keys for one SPI refuse that SPI.  A KEK without its packet leaves
 * has_kek false.  On an error *D is to be discarded.
 * -EBADMSG; -EPROTONOSUPPORT: an LKH array, by name.
 */
GVPN_MUST_CHECK int gdoi_kd_read(struct download *d, bool sak, struct reader body, struct ike_diag *diag);
void gdoi_kd_write(struct message *m, const struct download *d);

#endif
