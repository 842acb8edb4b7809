/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The from-zones of a plan.  XFRM's policies do not see by which interface a packet came, so each from-zone (a distinct
 * set of interfaces) has a bit of the packet's mark: it is set on what comes by an interface outside of the zone and
 * leaves by the zone's external interface, and the policies of the zone's scopes take only packets without it.  What
 * nobody marked - this host's own traffic, or all when the table is gone - is protected.
 */
#ifndef XFRM_PLAN_FORMS_H
#define XFRM_PLAN_FORMS_H

#include "lib/plan.h"

#define ZONES_MAX 7 /* as many as KERNEL_MARK_ZONES has bits */

struct zones {
	const struct plan_scope *of[ZONES_MAX]; /* one scope of each; borrowed from the plan */
	size_t n;
};

/* -E2BIG: more than ZONES_MAX. */
GVPN_MUST_CHECK int zones_of(const struct plan *plan, struct zones *ret);
uint32_t zone_bit(const struct zones *z, const struct plan_scope *s); /* 0: it governs whatever leaves (a filter) */
uint32_t zones_bits(const struct zones *z);                           /* those that are in use */

/* Whether a rule of the plan becomes XFRM policies, and so has a priority. */
bool plan_rule_has_policies(const struct plan_rule *r);

/*
 * The protocols that the kernel has to be told for a selector: its own (0: any); all that have ports when it asks for
 * ports of any protocol; none, and so nothing matches, when it asks for ports of one that has none.
 */
#define SELECTOR_PROTOCOLS_MAX 5
size_t selector_protocols(const struct selector *s, uint8_t ret[static SELECTOR_PROTOCOLS_MAX]);

/* The next pair of value and mask that covers the start of [*MIN, MAX], and moves *MIN behind it; false at the end. */
bool port_pair_next(uint32_t *min, uint16_t max, uint16_t *ret_value, uint16_t *ret_mask);

#endif
