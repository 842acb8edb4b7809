/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries out the effects of a group (member/group/effects.h) in their order, and gives what comes of them back to it,
 * until the group wants nothing more: datagrams and records go out, the plan is applied, and the acknowledgement that
 * follows from it goes out too.  The daemon's hands reach the sockets and the kernel; those of the unit tests reach a
 * world in memory.
 */
#ifndef MEMBER_DAEMON_CARRY_OUT_H
#define MEMBER_DAEMON_CARRY_OUT_H

#include "member/group/group.h"

struct group_hands {
	void (*send)(void *ctx, const struct udp_ends *ends, const uint8_t *data, size_t len);
	void (*listen)(void *ctx, uint32_t local, uint16_t port);
	void (*tell)(void *ctx, const struct group *g, const struct record *record);
	/* Makes the plan of all groups anew and brings the kernel to it.  Negative: the kernel does not hold it yet. */
	int (*apply)(void *ctx);
	/* Whether the kernel has not an SA of the plan that was applied, because somebody else has its place. */
	bool (*sa_missing)(void *ctx, uint32_t local, uint32_t spi, bool out);
	/* The kernel's count of ESP that no SA opens, and the packets of one SA.  Negative: not known now. */
	int (*unknown_spi)(void *ctx, uint64_t *ret);
	int (*sa_packets)(void *ctx, uint32_t local, uint32_t spi, uint64_t *ret_in, uint64_t *ret_out);
	void *ctx;
};

/* After each input of G, which NOW was told. */
void group_carry_out(struct group *g, uint64_t now, const struct group_hands *hands);

#endif
