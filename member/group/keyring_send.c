/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which key of a policy sends (keyring.h). */
#include "member/group/keyring_private.h"

bool keyring_sends(const struct keyring *k, const struct keyring_sa *sa, uint64_t now)
{
	for (size_t i = 0; i < k->n_policies; i++)
		if (keyring_sender(&k->policies[i], now) == sa)
			return true;
	return false;
}

bool keyring_usable(const struct keyring_policy *p)
{
	for (size_t i = 0; i < p->n_keys; i++)
		if (!p->keys[i].sa->deleted)
			return true;
	return false;
}

bool keyring_sa_may_send(const struct keyring_sa *sa)
{
	return !cipher_is_counter_mode(sa->tek.cipher) || sa->sender.has_prefix;
}

static bool policy_wants(const struct keyring_policy *p, const struct keyring_sa *sa, uint64_t now)
{
	const struct keyring_key *key = keyring_key(p, sa), *sends;
	const struct keyring_sa *sender = keyring_sender(p, now);

	if (!key || !sender)
		return key;
	sends = keyring_key(p, sender);
	return sends->overtaken ? !key->overtaken || key > sends : !key->overtaken && key > sends;
}

bool keyring_searches(const struct keyring *k, const struct keyring_sa *sa, uint64_t now)
{
	if (sa->sender.bits == 0 || sa->sender.has_prefix || sa->deleted || sa->hard_at <= now)
		return false;
	for (size_t i = 0; i < k->n_policies; i++)
		if (policy_wants(&k->policies[i], sa, now))
			return true;
	return false;
}

static bool same_sender(const struct sender *a, const struct sender *b)
{
	return a->bits == b->bits && a->id == b->id && a->has_prefix == b->has_prefix && a->prefix == b->prefix;
}

bool keyring_set_sender(struct keyring *k, uint32_t spi, const struct sender *sender, enum sender_verdict sending)
{
	struct keyring_sa *sa = keyring_sa_find(k, spi);

	if (!sa || (sa->sending == sending && same_sender(&sa->sender, sender)))
		return false;
	sa->sender = *sender;
	sa->sending = sending;
	return true;
}

bool keyring_sequence_low(struct keyring *k, uint32_t spi)
{
	struct keyring_sa *sa = keyring_sa_find(k, spi);

	if (!sa || sa->sequence_low)
		return false;
	sa->sequence_low = true;
	return true;
}

const struct keyring_sa *keyring_sender(const struct keyring_policy *p, uint64_t now)
{
	const struct keyring_sa *waiting = NULL, *overtaken = NULL;

	for (size_t i = p->n_keys; i-- > 0;) {
		const struct keyring_key *key = &p->keys[i];

		if (key->sa->hard_at <= now || key->sa->deleted || !keyring_sa_may_send(key->sa))
			continue;
		if (key->overtaken)
			overtaken = overtaken ? overtaken : key->sa;
		else if (key->send_at <= now)
			return key->sa;
		else
			waiting = key->sa;
	}
	/* All still wait for their activation: the oldest of them, rather than none.  Last an old key, newest first. */
	return waiting ? waiting : overtaken;
}
