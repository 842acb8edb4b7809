/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/hex.h"

#include <check.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

struct hex hex(const char *text)
{
	char *digits = strdup(text);
	struct hex h = { .data = NULL };
	size_t n = 0;

	ck_assert_ptr_nonnull(digits);
	for (; *text; text++)
		if (*text != ' ')
			digits[n++] = *text;
	digits[n] = '\0';
	h.data = malloc(n > 1 ? n / 2 : 1);
	ck_assert_ptr_nonnull(h.data);
	if (n > 0)
		ck_assert_int_eq(OPENSSL_hexstr2buf_ex(h.data, n / 2, &h.len, digits, '\0'), 1);
	free(digits);
	return h;
}
