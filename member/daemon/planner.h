/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The input of the policy engine: the planner collects it from the configuration and from the keys that the groups
 * hold, and the engine makes the plan for the kernel of it.
 */
#ifndef MEMBER_DAEMON_PLANNER_H
#define MEMBER_DAEMON_PLANNER_H

#include "lib/plan.h"
#include "member/group/group.h"

enum planner_keys {
	PLANNER_KEYS,
	/*
	 * Without the keys that have an anti-replay window (D3P), because this host cannot stamp packets now: the
	 * policies of these keys are as without any key, and all else is as ever.
	 */
	PLANNER_KEYS_UNSTAMPED,
	/*
	 * The plan that a stopped member leaves behind (row D6): it has no SAs and no fail-open rules, and blocks the
	 * traffic of every known group policy.
	 */
	PLANNER_STOPPED,
};

/* GROUPS[i] belongs to VPN i; NULL stands for a group that holds nothing. */
GVPN_MUST_CHECK int planner_plan(struct plan **ret, const struct config *config, struct group *const *groups,
				 enum planner_keys which, uint64_t now);

#endif
