/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of a keyring share: keyring.c holds policies and keys, keyring_take.c takes downloads. */
#ifndef MEMBER_KEYRING_PRIVATE_H
#define MEMBER_KEYRING_PRIVATE_H

#include "member/keyring.h"

struct keyring {
	struct keyring_limits limits;
	struct keyring_policy policies[KEYRING_POLICIES_MAX];
	size_t n_policies;
	uint64_t used_slots; /* of tunnel ids and reqids */
	bool downloaded;
	uint64_t activation_at; /* earliest send_at still to come */
};

uint64_t keyring_soft_margin(uint32_t life); /* seconds between the soft and the hard end */
void keyring_set_activation(struct keyring *k, uint64_t now);

struct keyring_policy *keyring_policy_find(struct keyring *k, const struct selector *sel);
/* There is room: below limits.max_policies. */
struct keyring_policy *keyring_policy_add(struct keyring *k, const struct selector *sel);
void keyring_policy_remove(struct keyring *k, size_t i);

int keyring_keys_grow(struct keyring_policy *p); /* room for one more key; the old array is wiped.  -ENOMEM */
void keyring_key_remove(struct keyring_policy *p, size_t i);

#endif
