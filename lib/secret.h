/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LIB_SECRET_H
#define LIB_SECRET_H

#include "lib/base.h"
#include "lib/limits.h"

/*
 * Key material.  It is held by value in its owner, is never logged, and is wiped by its owner when it goes.  Compare
 * with secret_equal() only.
 */
struct secret {
	uint16_t len;
	uint8_t data[SECRET_MAX];
};

static inline void secret_wipe(struct secret *s)
{
	explicit_bzero(s, sizeof(*s));
}

/* -EMSGSIZE when it is too long. */
GVPN_MUST_CHECK static inline int secret_set(struct secret *s, const void *data, size_t len)
{
	if (len > SECRET_MAX)
		return -EMSGSIZE;
	explicit_bzero(s, sizeof(*s));
	if (len > 0)
		memcpy(s->data, data, len);
	s->len = (uint16_t)len;
	return 0;
}

/* Constant in time for equal lengths; the length is not a secret. */
static inline bool secret_equal(const struct secret *a, const struct secret *b)
{
	uint8_t diff = 0;

	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		diff |= (uint8_t)(a->data[i] ^ b->data[i]);
	return diff == 0;
}

#endif
