/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/hex.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct hex hex(const char *text)
{
	struct hex h = { .data = malloc(strlen(text) / 2 + 1) };
	char pair[3] = { 0 };
	size_t n = 0;

	ck_assert_ptr_nonnull(h.data);
	for (; *text; text++) {
		if (*text == ' ')
			continue;
		pair[n++ % 2] = *text;
		if (n % 2 == 0)
			h.data[h.len++] = (uint8_t)strtoul(pair, NULL, 16);
	}
	ck_assert_uint_eq(n % 2, 0);
	h.data = realloc(h.data, h.len ? h.len : 1);
	return h;
}
