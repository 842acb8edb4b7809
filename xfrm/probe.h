/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The probe of a search: a datagram to nobody, which says the number of its try and nothing else. */
#ifndef XFRM_PROBE_H
#define XFRM_PROBE_H

#include "lib/plan.h"
#include "xfrm/search.h"

#define PROBE_PORT 9  /* discard; it never gets there */
#define PROBE_IV_AT 8 /* in its ESP (RFC 4303 2, RFC 4106 3) */

/*
 * Opens ESP, which begins with its header, by the key of SA (esp_open.h).  -EBADMSG: its ICV is wrong, or it is no
 * probe from LOCAL; -EINVAL, -EIO: as esp_open().
 */
GVPN_MUST_CHECK int probe_open(const struct plan_sa *sa, uint32_t local, const uint8_t *esp, size_t len,
			       struct search_probe *ret);

#endif
