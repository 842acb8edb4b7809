/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The timers of the daemon: each owner of a deadline has an event source of its own, which is set when its deadline has
 * moved.  Times are milliseconds of CLOCK_BOOTTIME.
 */
#ifndef MEMBER_DAEMON_TIMERS_H
#define MEMBER_DAEMON_TIMERS_H

#include "lib/gvpn.h"

#include <systemd/sd-event.h>

struct timer;
/* The deadline of OWNER has come; INDEX is the one that timer_new() was given. */
typedef void (*timer_fn)(void *owner, size_t index);

/* Not set. */
GVPN_MUST_CHECK int timer_new(struct timer **ret, sd_event *event, timer_fn due, void *owner, size_t index);
void timer_free(struct timer *t); /* NULL is fine */
/* AT: UINT64_MAX: never; a time that is over: at once.  Nothing is done when it is set to AT already. */
GVPN_MUST_CHECK int timer_set(struct timer *t, uint64_t at);

#endif
