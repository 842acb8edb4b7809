/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of a plan in the forms that the kernel takes.
 *
 * From-zones: XFRM's policies do not see by which interface a packet came.  So each from-zone (a distinct set of
 * interfaces) has a bit of the packet's mark.  The bit is set on packets that come by an interface outside of the zone
 * and leave by the zone's external interface; the policies of the zone's scopes take only packets without it.  Packets
 * that nobody has marked are protected: this host's own, and all of them when the table is gone.
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
uint32_t zone_bit(const struct zones *z,
		  const struct plan_scope *s); /* 0 for a filter, which governs all that leaves */
uint32_t zones_bits(const struct zones *z);    /* those that are in use */

/* Whether a rule of the plan becomes XFRM policies, and so has a priority. */
bool plan_rule_has_policies(const struct plan_rule *r);

/* Whether a rule is for packets of this direction. */
bool plan_rule_goes(const struct plan_rule *r, bool in);

bool selector_asks_ports(const struct selector *s);

/*
 * The protocols of a selector: its own (0: any).  When it has ports and no protocol, all protocols that have ports.
 * When it has ports and a protocol without ports, none, so that nothing matches.
 */
#define SELECTOR_PROTOCOLS_MAX 5
size_t selector_protocols(const struct selector *s, uint8_t ret[static SELECTOR_PROTOCOLS_MAX]);

/* The next pair of value and mask that covers the beginning of [*MIN, MAX]; moves *MIN behind it.  False at the end. */
bool port_pair_next(uint32_t *min, uint16_t max, uint16_t *ret_value, uint16_t *ret_mask);

#endif
