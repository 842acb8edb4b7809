/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sender ids of a group (RFC 6407 3.5, RFC 6054): those of its last registration, and what each SA of a counter
 * mode sends with.
 *
 * Whenever keys or ids change, each SA gets its answer from the store (sender_store.h): the prefix that it holds, an id
 * that is to be searched for, or the reason why it only receives.  The kernel side searches, and its findings come in:
 * group_sender_found(), group_sender_lost(), group_search_stopped(), group_sequence().
 *
 * An SA keeps its id as long as it sends, also when a registration brings another one or none: the id is this member's
 * for as long as the key lives (RFC 6407 3.5).  For other SAs the ids of the last registration count, and they end with
 * a KEK that the server deletes, because its count of ids may begin anew then (3.5, point 6): what a push brings
 * afterwards must not be sent with an old id.
 */
#include "member/group/private.h"

static const enum record_id why_not[SENDER_VERDICTS] = {
	[SENDER_NO_ID] = SENDS_NOT_NO_ID,         [SENDER_TOO_WIDE] = SENDS_NOT_TOO_WIDE,
	[SENDER_WIDTH] = SENDS_NOT_WIDTH,         [SENDER_SPENT] = SENDS_NOT_SPENT,
	[SENDER_BUSY] = SENDS_NOT_BUSY,           [SENDER_USED] = RECORD_NOTHING,
	[SENDER_NOT_OURS] = RECORD_NOTHING,       [SENDER_FULL] = SENDS_NOT_FULL,
	[SENDER_NOT_WRITTEN] = SENDS_NOT_WRITTEN, [SENDER_DISTRUSTED] = SENDS_NOT_DISTRUSTED,
	[SENDER_STOPPED] = SENDS_NOT_STOPPED,
};

enum record_id group_sends_not(enum sender_verdict v)
{
	return v < SENDER_VERDICTS ? why_not[v] : RECORD_NOTHING;
}

static struct sender_owner owner_of(const struct group *g)
{
	struct sender_owner o = { .group = g->vpn->group, .local = g->gateway->local_address };

	_Static_assert(sizeof(o.name) == sizeof(g->vpn->name), "a VPN's name");
	memcpy(o.name, g->vpn->name, sizeof(o.name));
	return o;
}

static struct sender_sa sender_sa_of(const struct group *g, uint32_t spi)
{
	return (struct sender_sa){ .local = g->gateway->local_address, .spi = spi };
}

const struct sender_ids *group_sender_ids(const struct group *g)
{
	struct sender_owner owner = owner_of(g);

	return g->env.senders ? sender_store_ids(g->env.senders, &owner) : NULL;
}

bool group_counts_senders(const struct group *g)
{
	return g->env.senders && g->env.counter_modes != 0;
}

/* --- ids --- */

/* A failure to write them costs nothing: after a restart a registration brings others. */
static void set_ids(struct group *g, const struct sender_ids *ids)
{
	struct sender_owner owner = owner_of(g);
	int r = group_counts_senders(g) ? sender_store_set_ids(g->env.senders, &owner, ids) : 0;

	if (r < 0)
		group_tell(g, 0, RECORD_SENDER_IDS_NOT_SAVED, record_text(strerror(-r)));
}

void group_take_sender_ids(struct group *g, const struct download *d)
{
	struct sender_ids ids = { .bits = (uint8_t)d->sender_id_bits, .n = d->n_sender_ids };

	_Static_assert(sizeof(ids.ids) == sizeof(d->sender_ids), "as many as a download has");
	memcpy(ids.ids, d->sender_ids, sizeof(ids.ids));
	set_ids(g, &ids);
}

void group_forget_sender_ids(struct group *g)
{
	set_ids(g, &(struct sender_ids){ 0 });
}

/* --- what each SA sends with --- */

static enum sender_verdict choose(const struct group *g, const struct keyring_sa *sa, struct sender *ret)
{
	struct sender_owner owner = owner_of(g);
	struct sender_sa name = sender_sa_of(g, sa->tek.spi);
	struct sender_key key;

	if (sa->tek.key.len > 0 && sender_key_of(&key, &sa->tek) < 0)
		return SENDER_NO_ID; /* with the next change it is tried again */
	return sender_store_choose(g->env.senders, &owner, sa->tek.key.len > 0 ? &key : NULL, &name, ret);
}

/* An SA whose key the kernel alone has, after a restart, gets its id by the registration that follows. */
static void tell_verdict(struct group *g, const struct keyring_sa *sa)
{
	if (sa->sending != SENDER_YES && sa->tek.key.len > 0)
		group_tell(g, sa->tek.spi, RECORD_ONLY_RECEIVES, record_spi(sa->tek.spi),
			   record_phrase(group_sends_not(sa->sending)), group_traffic(g));
}

static void set_sender(struct group *g, const struct keyring_sa *sa, const struct sender *sender,
		       enum sender_verdict verdict)
{
	enum sender_verdict before = sa->sending;

	if (keyring_set_sender(g->keys, sa->tek.spi, sender, verdict) && verdict != before)
		tell_verdict(g, sa);
}

/* What is this host's to mend is tried again after a while, and not with every change. */
static bool waits(const struct group *g, const struct keyring_sa *sa)
{
	return g->senders.again_at != UINT64_MAX &&
	       (sa->sending == SENDER_STOPPED || sa->sending == SENDER_FULL || sa->sending == SENDER_NOT_WRITTEN);
}

void group_refresh_senders(struct group *g)
{
	for (size_t i = 0; group_counts_senders(g) && i < keyring_sas(g->keys); i++) {
		const struct keyring_sa *sa = keyring_sa(g->keys, i);
		struct sender sender = { 0 };

		if (cipher_is_counter_mode(sa->tek.cipher) && !waits(g, sa))
			set_sender(g, sa, &sender, choose(g, sa, &sender));
	}
}

bool group_lacks_sender_id(const struct group *g)
{
	for (size_t i = 0; i < keyring_sas(g->keys); i++)
		if (keyring_sa(g->keys, i)->sending == SENDER_NO_ID)
			return true;
	return false;
}

/* --- what the kernel side finds --- */

static void take_failed(struct group *g, uint64_t now, const struct keyring_sa *sa, enum sender_verdict verdict)
{
	set_sender(g, sa, &(struct sender){ 0 }, verdict);
	if (verdict == SENDER_NOT_WRITTEN || verdict == SENDER_FULL)
		g->senders.again_at = now + SENDER_AGAIN_MS;
	group_change(g);
}

enum sender_verdict group_sender_found(struct group *g, uint64_t now, uint64_t wall, uint32_t spi, uint32_t prefix,
				       uint32_t tries)
{
	const struct keyring_sa *sa = keyring_sa_with(g->keys, spi);
	struct sender_owner owner = owner_of(g);
	struct sender_sa name = sender_sa_of(g, spi);
	enum sender_verdict verdict;
	struct sender_key key;

	if (!sa || !group_counts_senders(g) || sa->sender.bits == 0 || sa->sender.has_prefix || sa->hard_at <= now ||
	    sender_key_of(&key, &sa->tek) < 0)
		return SENDER_NO_ID;
	verdict = sender_store_take(g->env.senders, &owner, &key, &name, &sa->sender, prefix, tries,
				    wall + (sa->hard_at - now + 999) / 1000, wall);
	if (verdict == SENDER_USED || verdict == SENDER_NOT_OURS)
		return verdict;
	if (verdict != SENDER_YES) {
		take_failed(g, now, sa, verdict);
		return verdict;
	}
	group_tell(g, spi, RECORD_SENDER_FOUND, record_spi(spi), record_number(sa->sender.id),
		   record_number(sa->sender.bits), record_number(tries));
	group_change(g);
	return SENDER_YES;
}

void group_sender_lost(struct group *g, uint32_t spi)
{
	struct sender_sa name = sender_sa_of(g, spi);
	int r;

	if (!group_counts_senders(g) || !sender_store_release(g->env.senders, &name, &r))
		return;
	group_tell(g, spi, RECORD_SENDER_LOST, record_spi(spi));
	group_change(g);
}

void group_search_stopped(struct group *g, uint64_t now, uint32_t spi, const char *why)
{
	const struct keyring_sa *sa = keyring_sa_with(g->keys, spi);

	if (!sa || sa->sender.bits == 0 || sa->sender.has_prefix)
		return;
	group_tell(g, spi, RECORD_SEARCH_STOPPED, record_spi(spi), record_text(why), group_traffic(g),
		   record_seconds(SENDER_AGAIN_MS));
	g->senders.again_at = now + SENDER_AGAIN_MS;
	(void)keyring_set_sender(g->keys, spi, &(struct sender){ 0 }, SENDER_STOPPED);
	group_change(g);
}

void group_sequence(struct group *g, uint64_t now, uint32_t local, uint32_t spi, bool used_up)
{
	struct sender_sa name = sender_sa_of(g, spi);
	const struct keyring_sa *sa = keyring_sa_with(g->keys, spi);
	int r;

	if (local != name.local || !sa || !sa->sender.has_prefix || !group_counts_senders(g))
		return;
	if (!used_up) {
		if (!keyring_sequence_low(g->keys, spi))
			return;
		group_tell(g, spi, RECORD_SEQUENCE_NEARLY_USED, record_spi(spi));
		group_register_soon(g, now);
		return;
	}
	(void)sender_store_spend(g->env.senders, &name, &r);
	if (r < 0)
		group_tell(g, 0, RECORD_SENDER_IDS_NOT_SAVED, record_text(strerror(-r)));
	group_tell(g, spi, RECORD_SEQUENCE_USED, record_spi(spi));
	group_register_soon(g, now);
	group_change(g);
}

uint64_t group_senders_deadline(const struct group *g)
{
	return g->senders.again_at;
}

void group_senders_tick(struct group *g, uint64_t now)
{
	if (g->senders.again_at > now)
		return;
	g->senders.again_at = UINT64_MAX;
	group_change(g);
}

void group_begin_senders(struct group *g)
{
	g->senders.again_at = UINT64_MAX;
}
