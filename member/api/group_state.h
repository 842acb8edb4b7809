/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The states of a group VPN and their names, as every output has them. */
#ifndef MEMBER_API_GROUP_STATE_H
#define MEMBER_API_GROUP_STATE_H

enum group_state {
	GROUP_IDLE,        /* not started, or stopped */
	GROUP_REGISTERING, /* a pull is under way, no keys held */
	GROUP_REGISTERED,  /* keys held, nothing under way */
	GROUP_RENEWING,    /* a pull is under way, keys still held */
	GROUP_WAITING,     /* every server failed; tried again after a delay */
	GROUP_UNUSABLE,    /* the same, and nothing could be used of what one of them gave */
};

const char *group_state_name(enum group_state s);

#endif
