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
 * Puts the keys into *D, which is as gdoi_sa_read() left it; SAK is from there too.  An SA with only a policy, with
 * only a key, or with a key of a wrong length is refused alone.  The same key packet twice counts once; two different
 * keys for one SPI refuse that SPI.  A KEK without its packet leaves has_kek false.  After an error the caller discards
 * *D.  -EBADMSG; -EPROTONOSUPPORT: an LKH array, which the cause names.
 */
GVPN_MUST_CHECK int gdoi_kd_read(struct download *d, bool sak, struct reader body, struct ike_diag *diag);
void gdoi_kd_write(struct message *m, const struct download *d);

#endif
