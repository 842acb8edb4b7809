/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SA TEK payload (RFC 6407 5.5) with the attributes of RFC 2407 4.5: one policy of one traffic key.
 *
 *  | generic header                                                |
 *  | Protocol-ID   |  ESP: Protocol, SRC ID, DST ID (gdoi_ids.h)   ~
 *  | Transform ID  |                    SPI (4)                    |
 *  ~                       RFC 2407 SA Attributes                  ~
 *
 * One that cannot be honoured is refused alone, recorded in the download: RFC 2407 4.5.3 would abort, but servers send
 * to mixed groups.
 */
#ifndef IKE_GDOI_SAT_H
#define IKE_GDOI_SAT_H

#include "ike/download.h"
#include "ike/gdoi_ids.h"

/* Adds a TEK without its key, or a refusal, to *D.  -EBADMSG: malformed. */
GVPN_MUST_CHECK int gdoi_sat_read(struct download *d, struct reader body, struct ike_diag *diag);
/*
 * To be called after all SA TEK payloads.  Payloads with the same SPI are one SA with as many policies (gdoi-wire.md).
 * They must agree on the SA, otherwise that SPI is refused for all of its policies.  A policy that comes twice counts
 * once.  A payload that was refused for its policy does not take the SPI from the others.
 */
void gdoi_sats_settle(struct download *d, struct ike_diag *diag);
/* Sets the writer's error to -EINVAL when a TEK cannot be said: a port range, no cipher. */
void gdoi_sat_write(struct writer *w, struct chain *c, const struct tek *tek, const struct gdoi_style *style);

#endif
