/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/counter_mode.h"

#include "xfrm/plan/ids.h"
#include "xfrm/sync.h"

#include <unistd.h>

/* The kernel's AES takes every length of key, so one of each kind is asked for. */
static bool has(struct netlink *xfrm, enum cipher cipher)
{
	struct plan_sa sa = { .reqid = KERNEL_REQID_MAX, .hard_seconds = 10 };
	char unused[256];
	struct message m;
	struct sa_id id;
	bool there;

	sa.tek = (struct tek){ .spi = 0x67766000 | (uint32_t)(getpid() & 0xfff), .cipher = cipher };
	sa.tek.key.len = (uint16_t)cipher_esp_key_len(cipher);
	id = sa_id_of(&sa, KERNEL_DUMMY, true);
	there = sa_build_add(&m, &sa, KERNEL_DUMMY, true, NULL, 0) == 0 &&
		netlink_request(xfrm, &m, NULL, NULL, unused) == 0;
	if (there)
		sync_drop_sa(xfrm, &id); /* else it ends by itself in 10 s */
	return there;
}

uint32_t counter_modes_of(struct netlink *xfrm)
{
	static const enum cipher kinds[][3] = {
		{ CIPHER_AES_GCM_128, CIPHER_AES_GCM_192, CIPHER_AES_GCM_256 },
		{ CIPHER_AES_GCM_12_128, CIPHER_AES_GCM_12_192, CIPHER_AES_GCM_12_256 },
		{ CIPHER_AES_GCM_8_128, CIPHER_AES_GCM_8_192, CIPHER_AES_GCM_8_256 },
		{ CIPHER_AES_GMAC_128, CIPHER_AES_GMAC_192, CIPHER_AES_GMAC_256 },
	};
	uint32_t modes = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		bool there = has(xfrm, kinds[i][0]);

		for (size_t j = 0; there && j < ARRAY_SIZE(kinds[i]); j++)
			modes |= UINT32_C(1) << kinds[i][j];
	}
	return modes;
}
