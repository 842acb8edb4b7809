/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/plan/stamp.h"

#include "lib/algorithm.h"

#include <stdlib.h>

#define HEADERS (20 + 8) /* IP's outside, and ESP's */
#define TRAILER 2        /* without padding and ICV (RFC 4303 2.4) */
#define STAMP 12
#define COUNTER_IV 8   /* RFC 4106 3.1 */
#define WORD 4         /* ESP ends at one (RFC 4303 2.4) */
#define ICV_MOST 32    /* HMAC-SHA-512-256 */
#define INNER_LEAST 68 /* that every link must take (RFC 791 3.2) */

uint16_t stamp_mtu(const struct tek *t, uint32_t room)
{
	const struct cipher_info *cipher = cipher_info(t->cipher);
	const struct auth_info *auth = auth_info(t->auth);
	uint32_t block = CIPHER_BLOCK_LEN, iv = CIPHER_BLOCK_LEN, icv = ICV_MOST, rest;

	if (cipher && cipher->counter_mode) {
		block = WORD;
		iv = COUNTER_IV;
	}
	if (cipher && cipher->icv_bits > 0)
		icv = cipher->icv_bits / 8;
	else if (auth)
		icv = auth->icv_bits / 8u;
	if (room > UINT16_MAX)
		room = UINT16_MAX;
	if (room < HEADERS + iv + icv)
		return 0;
	rest = (room - HEADERS - iv - icv) / block * block;
	return rest < TRAILER + STAMP + INNER_LEAST ? 0 : (uint16_t)(rest - TRAILER - STAMP);
}

uint16_t stamp_carrier_mtu(uint16_t inner)
{
	return inner > UINT16_MAX - STAMP_CARRIER_HEADERS ? UINT16_MAX : (uint16_t)(inner + STAMP_CARRIER_HEADERS);
}

const struct stamp_path *stamp_path_find(const struct stamp_paths *p, uint32_t reqid)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->items[i].reqid == reqid)
			return &p->items[i];
	return NULL;
}

uint16_t stamp_paths_least(const struct stamp_paths *p)
{
	uint16_t least = 0;

	for (size_t i = 0; i < p->n; i++)
		if (least == 0 || p->items[i].mtu < least)
			least = p->items[i].mtu;
	return least;
}

void stamp_paths_clear(struct stamp_paths *p)
{
	free(p->items);
	*p = (struct stamp_paths){ 0 };
}

int stamp_paths_of(struct stamp_paths *ret, const struct plan *plan, stamp_room_fn room, void *ctx)
{
	ret->n = 0;
	ret->items = calloc(plan->n_sas + 1, sizeof(*ret->items));
	if (!ret->items)
		return -ENOMEM;
	for (size_t i = 0; i < plan->n_sas; i++) {
		const struct plan_sa *sa = &plan->sas[i];
		const struct plan_scope *s = &plan->scopes[sa->scope];
		struct stamp_path new = { .reqid = sa->reqid, .scope = sa->scope }, *had;

		if (sa->window_ms == 0)
			continue;
		new.mtu = stamp_mtu(&sa->tek, room(ctx, s->external));
		had = (struct stamp_path *)(uintptr_t)stamp_path_find(ret, sa->reqid);
		if (!had)
			ret->items[ret->n++] = new;
		else if (new.mtu < had->mtu)
			had->mtu = new.mtu;
	}
	return 0;
}
