/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registrations of several groups between the same two addresses, one after the other.  A server may keep one exchange
 * an address, half open or finished: of those that begin together it then answers one, and forgets it for the next.
 *
 * First come, first served.  A turn ends with its registration.  A server that is silent has nothing to forget: after
 * TURN_SILENT_MS all go at once, and after TURN_UNPROVEN_MS if something came that anybody could have sent.  Whoever
 * takes longer than TURN_MS, though it is answered, is not waited for any more. So no group waits for a dead server,
 * and none for another group for ever.  Pure; times are milliseconds.
 */
#ifndef MEMBER_GROUP_TURNS_H
#define MEMBER_GROUP_TURNS_H

#include "lib/gvpn.h"
#include "member/group/times.h"

struct turns;

GVPN_MUST_CHECK int turns_new(struct turns **ret);
void turns_free(struct turns *t); /* NULL is fine */

/*
 * WHO would register between LOCAL and REMOTE: true when it may now, and has the turn until turns_leave().  Otherwise
 * it waits in line, and asks again at *RET_AT or when turns_next() names it.  Out of memory all may at once.
 */
bool turns_take(struct turns *t, void *who, uint32_t local, uint32_t remote, uint64_t now, uint64_t *ret_at);
/* The group WHO, which may have the turn, has an answer; PROVED: the answer is the server's own. */
void turns_answered(struct turns *t, void *who, bool proved);
/* WHO has the turn no more, or waits no more; it may not be known. */
void turns_leave(struct turns *t, void *who);
/*
 * Gives a group that has waited and shall ask again now; *RET_FREE: it needs no turn, because the server is silent or
 * unproven.  The other functions call nobody: call this one after them until it gives false.
 */
GVPN_MUST_CHECK bool turns_next(struct turns *t, void **ret_who, bool *ret_free);

#endif
