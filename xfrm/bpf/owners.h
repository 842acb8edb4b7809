/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which rule has which counter.  A rule that stays in the plan, or comes back, keeps its counter, over changes of the
 * plan and restarts: the map "owners" has the name of the rule that each counter belongs to.
 */
#ifndef XFRM_BPF_OWNERS_H
#define XFRM_BPF_OWNERS_H

#include "xfrm/bpf/tables.h"

/* What the owner of the rule's counter is called in the map; never 0. */
uint64_t owners_name(const struct plan_scope *scope, const struct plan_rule *rule);
uint32_t owners_place(const uint64_t owners[DP_COUNTS], uint64_t owner); /* of its counter; 0: it has none */

/* Gives each rule of T, which is PLAN's, a counter.  OWNERS as the map has them; NULL: all are free.  -ENOMEM. */
GVPN_MUST_CHECK int owners_give(struct tables *t, const struct plan *plan, const uint64_t *owners);

#endif
