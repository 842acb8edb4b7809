/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nf_tables table "ip gvpn": the gate between the zones, and the two ends of the way through ESP.  One batch makes
 * the table hold what a plan says; the kernel takes all of it or nothing.
 */
#ifndef XFRM_TABLE_H
#define XFRM_TABLE_H

#include "plan.h"
#include "xfrm/batch.h"

/*
 * SENDING: the SPIs with which this host sends already, whatever PLAN says; their packets stay admitted.
 * FRESH: the table is made anew, whatever it was.  Else it is the one that the last batch made for OLD_SCOPES scopes:
 * its counters and remembered SPIs stay.  -ENOMEM, -EMSGSIZE;
 * -E2BIG: more from-zones than zone.h has bits for.
 */
GVPN_MUST_CHECK int table_build(struct batch *b, const struct plan *plan, const uint32_t *sending, size_t n_sending,
				bool fresh, size_t old_scopes);
/* The whole table goes, also when it is not there. */
GVPN_MUST_CHECK int table_build_delete(struct batch *b);

#endif
