/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The from-zones of a plan.  XFRM's policies do not see by which interface a packet came, so each from-zone (a distinct
 * set of interfaces) has a bit of the packet's mark: it is set on what comes by an interface outside of the zone and
 * leaves by the zone's external interface, and the policies of the zone's scopes take only packets without it.  What
 * nobody marked - this host's own traffic, or all when the table is gone - is protected.
 */
#ifndef XFRM_ZONE_H
#define XFRM_ZONE_H

#include "lib/plan.h"

#define ZONES_MAX 7
#define ZONE_MASK 0xfe000000u
#define SEAL_BIT 0x01000000u /* on what an SA of ours was chosen for: see chains_seal.c */

struct zones {
	const struct plan_scope *of[ZONES_MAX]; /* one scope of each; borrowed from the plan */
	size_t n;
};

/* -E2BIG: more than ZONES_MAX. */
GVPN_MUST_CHECK int zones_of(const struct plan *plan, struct zones *ret);
uint32_t zone_bit(const struct zones *z, const struct plan_scope *s); /* 0: it governs whatever leaves (a filter) */
uint32_t zones_bits(const struct zones *z);                           /* those that are in use */

#endif
