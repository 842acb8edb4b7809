/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel follows the group: the effect GROUP_CHANGED goes out, and its result comes back as an input.  Only after
 * the result is a push acknowledged (RFC 8263 6), and does a registration count for the recovery probe.
 */
#include "member/group/private.h"

void group_change_then(struct group *g, enum group_awaits what)
{
	g->applying.awaits |= what;
	group_change(g);
}

void group_acknowledge_when_held(struct group *g, struct rekey_sa *sa, const struct udp_ends *ends)
{
	g->applying.owed = sa;
	g->applying.owed_to = *ends;
	group_change(g);
}

void group_owe_nothing_under(struct group *g, const struct rekey_sa *sa)
{
	if (g->applying.owed == sa)
		g->applying.owed = NULL;
}

static bool is_missing(const struct group_apply_result *r, uint32_t spi, bool out)
{
	for (size_t i = 0; i < r->n_missing; i++)
		if (r->missing[i].spi == spi && r->missing[i].out == out)
			return true;
	return false;
}

/* The place of an SA can be somebody else's: then everything else is there. */
static bool newest_missing(const struct keyring_policy *p, uint64_t now, const struct group_apply_result *r)
{
	const struct keyring_sa *newest = p->n_keys > 0 ? p->keys[p->n_keys - 1].sa : NULL;

	return newest && (is_missing(r, newest->tek.spi, false) ||
			  (keyring_sender(p, now) == newest && is_missing(r, newest->tek.spi, true)));
}

/* Whether the kernel has what came last. */
static bool is_held(const struct group *g, uint64_t now, const struct group_apply_result *r)
{
	if (r->error < 0)
		return false;
	for (size_t i = 0; i < keyring_policies(g->keys); i++)
		if (newest_missing(keyring_policy(g->keys, i), now, r))
			return false;
	return true;
}

void group_applied(struct group *g, uint64_t now, const struct group_apply_result *result)
{
	struct group_applying a = g->applying;
	bool held = is_held(g, now, result);

	g->applying = (struct group_applying){ 0 };
	/* The owner applies the plan again as long as the kernel does not hold all of it. */
	if (a.awaits & GROUP_AWAITS_POLICIES && !held)
		group_tell(g, 0, RECORD_POLICIES_NOT_HELD);
	if (a.awaits & GROUP_AWAITS_KEYS && !held)
		group_tell(g, 0, RECORD_KEYS_NOT_HELD);
	if (a.awaits & GROUP_AWAITS_KEYS)
		group_probe_pulled(g);
	if (a.owed)
		group_acknowledge(g, now, a.owed, &a.owed_to, held);
}
