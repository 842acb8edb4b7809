/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what the member is configured to do and the keys its groups hold to the plan for the kernel: collects the
 * engine's input.
 */
#ifndef MEMBER_DAEMON_PLANNER_H
#define MEMBER_DAEMON_PLANNER_H

#include "lib/plan.h"
#include "member/group/group.h"

/*
 * GROUPS[i] belongs to VPN i; NULL stands for a group that holds nothing.  STOPPED: the plan that a stopped member
 * leaves behind (row D6): no SAs, no fail-open, every group policy that is known blocked.
 */
GVPN_MUST_CHECK int planner_plan(struct plan **ret, const struct config *config, struct group *const *groups,
				 bool stopped, uint64_t now);

#endif
