/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FNV-1a of 64 bits: tells octets apart that nobody chose to be alike. */
#ifndef LIB_HASH_H
#define LIB_HASH_H

#include "lib/base.h"

#define HASH_START UINT64_C(0xcbf29ce484222325)

/* HASH, of what came before, with LEN octets more. */
static inline uint64_t hash_octets(uint64_t hash, const void *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ ((const uint8_t *)data)[i]) * UINT64_C(0x100000001b3);
	return hash;
}

#endif
