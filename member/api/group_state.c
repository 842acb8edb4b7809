/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/api/group_state.h"

const char *group_state_name(enum group_state s)
{
	switch (s) {
	case GROUP_IDLE:
		return "idle";
	case GROUP_REGISTERING:
		return "registering";
	case GROUP_REGISTERED:
		return "registered";
	case GROUP_RENEWING:
		return "renewing";
	case GROUP_WAITING:
		return "waiting";
	case GROUP_UNUSABLE:
		return "unusable";
	}
	return "?";
}
