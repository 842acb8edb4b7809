/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by sender_store.c, which decides, and sender_text.c, which reads and writes. */
#ifndef MEMBER_GROUP_SENDER_STORE_PRIVATE_H
#define MEMBER_GROUP_SENDER_STORE_PRIVATE_H

#include "member/group/sender_store.h"

struct sender_owned {
	struct sender_owner owner;
	struct sender_ids ids;
};

struct sender_store {
	struct sender_store_env env;
	bool distrusted;
	struct sender_owned owned[CONFIG_VPNS_MAX];
	size_t n_owned;
	struct sender_use *uses; /* oldest first */
	size_t n_uses, n_allocated;
};

/* -ENOMEM; the caller has looked whether there is room. */
GVPN_MUST_CHECK int sender_store_add_use(struct sender_store *s, const struct sender_use *use);
struct sender_use *sender_store_held(const struct sender_store *s, const struct sender_sa *sa); /* NULL: nothing */

#endif
