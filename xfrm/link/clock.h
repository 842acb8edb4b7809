/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * News that the wall clock was set.  The kernel counts the lifetimes of SAs by it, so their ends must then be given
 * anew; at once, because one second after an SA was added or changed the kernel looks whether it has ended.
 */
#ifndef XFRM_LINK_CLOCK_H
#define XFRM_LINK_CLOCK_H

#include "lib/gvpn.h"

/* A descriptor that becomes readable when the clock is set, or negative errno.  The caller closes it. */
GVPN_MUST_CHECK int clock_watch(void);
/* Whether it was set since the last call; never waits. */
bool clock_was_set(int fd);

#endif
