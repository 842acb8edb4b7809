/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel follows the group, and whether it has what came last. */
#include "member/group/private.h"

/* The place of an SA can be somebody else's: then everything else is there (KERNEL_CONFLICT). */
static bool newest_missing(const struct group *g, const struct keyring_policy *p, uint64_t now)
{
	const struct keyring_sa *newest = p->n_keys > 0 ? p->keys[p->n_keys - 1].sa : NULL;
	uint32_t local = g->gateway->local_address;

	return newest &&
	       (g->ops.sa_missing(g->ops.ctx, local, newest->tek.spi, false) ||
		(keyring_sender(p, now) == newest && g->ops.sa_missing(g->ops.ctx, local, newest->tek.spi, true)));
}

int group_apply(struct group *g, uint64_t now)
{
	int r = g->ops.changed(g->ops.ctx);

	if (r < 0 || !g->ops.sa_missing)
		return r;
	for (size_t i = 0; i < keyring_policies(g->keys); i++)
		if (newest_missing(g, keyring_policy(g->keys, i), now))
			return -EEXIST;
	return r;
}
