/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For every file: integers, errors, and three idioms.
 *
 * Units and forms, everywhere: IPv4 addresses and ports in host byte order, lifetimes in seconds, times in
 * milliseconds of the monotonic (boot time) clock.  Functions return 0 or a negative errno and write their outputs
 * on success only.
 */
#ifndef LIB_BASE_H
#define LIB_BASE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define GVPN_MUST_CHECK __attribute__((warn_unused_result))

/* Ask for "_cleanup_(x_freep) struct x *v = NULL;": freed at the end of the scope unless taken with TAKE(). */
#define _cleanup_(f) __attribute__((cleanup(f)))
#define TAKE(p)                                                                                                        \
	({                                                                                                             \
		__auto_type taken_ = (p);                                                                              \
		(p) = NULL;                                                                                            \
		taken_;                                                                                                \
	})
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
