/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says of this host's clock (adjtimex(2)).  Anti-replay by time (doc/d3p.md) compares it with the
 * clocks of all other members, so a clock that nobody sets is the first thing that goes wrong.
 */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/timex.h>

struct clock_state {
	bool known; /* the kernel has answered; else nothing below means anything */
	bool synchronised;
	uint64_t error_ms;  /* at most so far from the right time, as who sets the clock says; rounded up */
	int32_t tai_offset; /* seconds that CLOCK_TAI is ahead of POSIX time; 0: nobody has set it */
};

/* Pure: of what adjtimex() has returned, and left in T. */
void clock_judge(struct clock_state *ret, int result, const struct timex *t);
/* Asks the kernel; changes nothing.  Where a filter of system calls forbids it, as the daemon's unit does, it is not
 * known. */
void clock_look(struct clock_state *ret);

#endif
