/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What XFRM of this network namespace has refused, by cause (/proc/net/xfrm_stat); of all SAs, ours and others'. */
#ifndef XFRM_REFUSED_H
#define XFRM_REFUSED_H

#include <stdint.h>

/* The sum of all counters whose names begin with PREFIX. */
uint64_t xfrm_refused(const char *prefix);

/* An SA in tunnel mode takes nothing but IP; what it was, and by which SA it came, the kernel does not say. */
static inline uint64_t xfrm_refused_not_ip(void)
{
	return xfrm_refused("XfrmInStateModeError");
}

#endif
