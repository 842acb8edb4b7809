/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether this kernel encrypts ESP late: with esp4_offload, loaded or built in (CONFIG_INET_ESP_OFFLOAD), an SA's
 * packet passes every chain and program first, and gets its IV and its encryption in the device's queue, when nobody
 * sees it any more.  An SA that was made without it stays without it.
 *
 * No name of a module tells, for what is built in has none.  So a packet tells: a witness is sent by an SA from
 * 127.0.0.2 to itself that encrypts nothing, and the kernel shows the sender what it is about to queue
 * (SOF_TIMESTAMPING_TX_SCHED).  ESP's padding is there by then, or it comes late.
 */
#ifndef XFRM_LATE_ESP_H
#define XFRM_LATE_ESP_H

#include "xfrm/netlink/socket.h"

/*
 * 0: ESP is whole before it is queued.  -EBADMSG: it is not.  Another negative errno, with a sentence in ERR: nobody
 * can say.  SPI: of the witness's SA, which is there for the time of the call.
 */
GVPN_MUST_CHECK int late_esp_check(struct netlink *xfrm, uint32_t spi, char err[static 256]);

/* What the kernel showed: LEN octets of FRAME, from the Ethernet header on.  -EBADMSG: it is no whole ESP. */
GVPN_MUST_CHECK int late_esp_judge(const uint8_t *frame, size_t len);

#endif
