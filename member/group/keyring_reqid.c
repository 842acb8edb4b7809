/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel chooses an outbound SA by its reqid, and sends with the SA that was added last.  For this reason at most
 * one SA of a reqid may send at any time.  An SA shares the reqid of the SAs that it follows for the same policies at
 * the same moment, so that a rollover changes no policy of the kernel.  Any other SA has a reqid of its own.
 */
#include "member/group/keyring_private.h"

static bool are_keys_alike(const struct keyring_key *a, const struct keyring_key *b)
{
	return a->send_at == b->send_at && a->overtaken == b->overtaken;
}

/*
 * Whether A and B are keys of the same policies, stand in the same order in all of them, and begin to send at one
 * moment in all of them: then whatever time it is, none sends for one policy while the other one does for another.  And
 * both stamp their packets, or none does: the policies of a reqid are made for the one or for the other.
 */
static bool may_share(const struct keyring *k, const struct keyring_sa *a, const struct keyring_sa *b)
{
	const struct keyring_key *first_a = NULL, *first_b = NULL;

	if (!a->window_ms != !b->window_ms)
		return false;
	for (size_t i = 0; i < k->n_policies; i++) {
		const struct keyring_key *of_a = keyring_key(&k->policies[i], a),
					 *of_b = keyring_key(&k->policies[i], b);

		if (!of_a != !of_b)
			return false;
		if (!of_a)
			continue;
		if (!first_a) {
			first_a = of_a;
			first_b = of_b;
		}
		if (!are_keys_alike(of_a, first_a) || !are_keys_alike(of_b, first_b) ||
		    (of_a < of_b) != (first_a < first_b))
			return false;
	}
	return first_a;
}

static bool is_reqid_used(const struct keyring *k, uint32_t reqid)
{
	for (size_t i = 0; i < k->n_sas; i++)
		if (k->sas[i]->reqid == reqid)
			return true;
	return false;
}

/* All are used: the oldest SA that only receives goes. */
static bool free_one(struct keyring *k, uint64_t now)
{
	for (size_t i = 0; i < k->n_sas; i++)
		if (!k->sas[i]->listed && !keyring_sends(k, k->sas[i], now)) {
			keyring_sa_remove(k, k->sas[i], now);
			return true;
		}
	return false;
}

static bool find_free(struct keyring *k, uint32_t *ret)
{
	for (unsigned i = 0; i < KEYRING_REQIDS; i++) {
		unsigned offset = (k->next_reqid + i) % KEYRING_REQIDS;

		if (is_reqid_used(k, k->limits.first_reqid + offset))
			continue;
		*ret = k->limits.first_reqid + offset;
		k->next_reqid = offset + 1;
		return true;
	}
	return false;
}

static bool fits_reqid(const struct keyring *k, const struct keyring_sa *sa, uint32_t reqid)
{
	for (size_t i = 0; i < k->n_sas; i++)
		if (k->sas[i] != sa && k->sas[i]->reqid == reqid && !may_share(k, k->sas[i], sa))
			return false;
	return true;
}

/* -ENOSPC: every reqid belongs to an SA that sends or is listed. */
static int give_reqid(struct keyring *k, struct keyring_sa *sa, uint64_t now)
{
	_Static_assert(KEYRING_REQIDS >= 2 * KEYRING_POLICIES_MAX, "those that send leave room for as many that come");

	sa->reqid = 0;
	for (size_t i = k->n_sas; i-- > 0;)
		if (k->sas[i]->reqid != 0 && may_share(k, k->sas[i], sa) && fits_reqid(k, sa, k->sas[i]->reqid)) {
			sa->reqid = k->sas[i]->reqid;
			return 0;
		}
	while (!find_free(k, &sa->reqid))
		if (!free_one(k, now))
			return -ENOSPC;
	return 0;
}

static bool must_stay(const struct keyring *k, const struct keyring_sa *sa, uint64_t now)
{
	return sa->tek.key.len == 0 || keyring_sends(k, sa, now);
}

/*
 * The one of SAs that cannot share their reqid which is to get another one, with which the kernel's SA is made anew:
 * not one whose material only the kernel has, and better not the one that sends.
 */
static struct keyring_sa *to_change(const struct keyring *k, uint64_t now)
{
	for (size_t i = 0; i < k->n_sas; i++)
		if (k->sas[i]->reqid == 0)
			return k->sas[i];
	for (size_t i = 0; i < k->n_sas; i++)
		for (size_t j = 0; j < i; j++)
			if (k->sas[i]->reqid == k->sas[j]->reqid && !may_share(k, k->sas[i], k->sas[j]))
				return k->sas[must_stay(k, k->sas[i], now) ? j : i];
	return NULL;
}

void keyring_give_reqids(struct keyring *k, uint64_t now)
{
	struct keyring_sa *sa;

	while ((sa = to_change(k, now)))
		if (give_reqid(k, sa, now) < 0)
			keyring_sa_remove(k, sa, now);
}
