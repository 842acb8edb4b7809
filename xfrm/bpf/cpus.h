/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many numbers the processors of this host may have.  A program at tc knows its processor by number, and numbers
 * may have gaps: with processors 0, 1, 8 and 9 there are four, and ten numbers.
 */
#ifndef XFRM_BPF_CPUS_H
#define XFRM_BPF_CPUS_H

#include "lib/base.h"

/* One more than the highest number that a processor may ever have until the next boot; 0: the kernel does not say. */
uint32_t cpus_numbers(void);

/* The same of LIST, in the kernel's form: "0-3,8,10-11".  0: it is none, or says more than CPUS_MOST. */
#define CPUS_MOST 65536
uint32_t cpus_numbers_of(const char *list);

/* How many slots each of N processors has: a power of two, so that no two have one in common.  0 with N 0. */
uint32_t cpus_slots(uint32_t n);

#endif
