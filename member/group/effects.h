/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Effects: the work that a group asks its owner for, in the order in which the group met it.  A group does nothing to
 * the world by itself: its steps (group_start(), group_tick(), group_datagram() ...) put effects here, and return.  The
 * owner takes the effects after each step, carries them out, and gives the results back as the next input:
 * group_applied() after GROUP_CHANGED, and group_counters() after GROUP_ASKS_COUNTERS.
 */
#ifndef MEMBER_GROUP_EFFECTS_H
#define MEMBER_GROUP_EFFECTS_H

#include "lib/gvpn.h"
#include "member/log/record.h"

/* A step makes far fewer; beyond, datagrams are lost as in a network, and lines too. */
#define GROUP_EFFECTS_MAX 512

enum group_effect_kind {
	GROUP_SENDS,   /* a datagram; errors are the transport's to tell: a retransmission follows */
	GROUP_LISTENS, /* pushes will come to a port of the local address */
	GROUP_TELLS,   /* a record for the log */
	/* Keys or policies are others now: the plan is to be made and applied anew, and group_applied() told. */
	GROUP_CHANGED,
	/* The recovery probe wants the kernel's counters: group_counters(). */
	GROUP_ASKS_COUNTERS,
};

struct group_effect {
	enum group_effect_kind kind;
	union {
		struct {
			struct udp_ends ends;
			uint8_t *data;
			size_t len;
		} datagram;
		uint16_t port;
		struct record record;
	};
	struct group_effect *next;
};

struct group;

/* The oldest effect, which is the caller's: group_effect_free().  NULL: nothing is to be done. */
struct group_effect *group_take_effect(struct group *g);
void group_effect_free(struct group_effect *e);

#endif
