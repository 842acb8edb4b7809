/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/download_tek.h"

#include "lib/selector.h"

#include <check.h>

struct tek *download_tek(struct download *d, uint32_t spi, uint8_t net, uint32_t life)
{
	struct tek *t = &d->teks[d->n_teks++];

	*t = (struct tek){ .spi = spi,
			   .sel = selector_any,
			   .cipher = CIPHER_AES_CBC_256,
			   .auth = AUTH_HMAC_SHA256_128,
			   .life_seconds = life,
			   .tunnel = true };
	t->sel.src = t->sel.dst = (struct ip_prefix){ 0x0a000000 | (uint32_t)net << 16, 16 };
	ck_assert_int_eq(secret_set(&t->key, "0123456789abcdef0123456789abcdef", 32), 0);
	ck_assert_int_eq(secret_set(&t->auth_key, "fedcba9876543210fedcba9876543210", 32), 0);
	return t;
}
