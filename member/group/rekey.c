/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pushes as a member lives them (RFC 6407 4, RFC 8263): a verified push changes keys, policies and the KEK in one step,
 * the kernel follows, and only then it is acknowledged.  Nothing that is not proved changes anything but a counter.
 */
#include "member/group/private.h"

#define EXCHANGE_TYPE_AT 18 /* ISAKMP header, RFC 2408 3.1 */
#define EXCHANGE_PUSH 33    /* GROUPKEY-PUSH, RFC 6407 4 */

static bool is_our_server(const struct group *g, uint32_t addr)
{
	for (size_t i = 0; i < g->gateway->n_servers; i++)
		if (g->gateway->servers[i] == addr)
			return true;
	return false;
}

/* Follows the push in what it says about the KEK: a new one under the old, the one that is held again, or its end. */
static void apply_kek(struct group *g, const struct push *p, uint64_t now)
{
	bool announced = p->has_policy && p->download.has_kek;

	if (announced && !group_kek_same(g, &p->download.kek)) {
		group_use_kek(g, &p->download.kek, true, now);
	} else if (p->delete_kek && !announced) {
		group_forget_sender_ids(g);
		group_drop_kek(g, now);
	}
}

/* KEK: the clause that says which KEK the push announced. */
static void log_push(struct group *g, uint32_t from, const struct push *p, const struct keyring_outcome *o,
		     enum record_id kek)
{
	bool deletes = p->delete_all_teks || p->n_delete_spis > 0 || p->delete_kek;
	size_t keyless = group_keyless(g);
	struct record then;

	record_set(&then, keyless > 0 ? CLAUSE_KEYLESS : RECORD_NOTHING, record_number(keyless), group_traffic(g));
	group_tell(g, 0, deletes && !p->has_policy ? RECORD_PUSH_DELETED : RECORD_PUSH_REKEYED, record_number(p->seq),
		   record_address(from), record_number(o->new_keys), record_number(o->known_keys),
		   record_number(o->deleted_keys), record_phrase(kek),
		   record_phrase(p->delete_kek ? CLAUSE_KEK_DELETED : RECORD_NOTHING), record_clause(&then));
}

/*
 * The reason why the member cannot follow a push: a KEK without its key, under which the member could read no push, or
 * TEKs of which the member can use none.  A registration may mend that.  RECORD_NOTHING: the member can follow.
 */
static enum record_id leaves_behind(const struct group *g, const struct push *p, const struct keyring_outcome *o)
{
	const struct download *d = &p->download;

	if (!p->has_policy)
		return RECORD_NOTHING;
	if (d->kek_missing && !group_kek_same(g, &d->kek))
		return BEHIND_KEK_WITHOUT_KEY;
	if (d->n_teks + d->n_refusals > 0 && o->new_keys + o->known_keys == 0)
		return BEHIND_NO_USABLE_KEY;
	return RECORD_NOTHING;
}

static void plan_after_push(struct group *g, uint64_t now, const struct keyring_outcome *o, size_t keyless_before,
			    bool behind)
{
	uint64_t planned = g->schedule.at;

	if (group_pulling(g))
		return; /* its end plans anew */
	if (group_keys_held(g) && g->keks.sa) {
		schedule_draw_share(g);
		schedule_renewal(g, now, o->new_keys > 0);
		if (g->registration.asked)
			schedule_no_later(g, planned);
		if (g->life.state != GROUP_REGISTERED)
			group_enter_for(g, RECORD_ENTERED, GROUP_REGISTERED, 0,
					o->new_keys > 0 ? REASON_PUSH_BROUGHT_KEYS : REASON_PUSH_BROUGHT_NONE,
					record_number(o->new_keys));
		if (group_keyless(g) > keyless_before || behind ||
		    (o->new_keys > 0 && group_lacks_sender_id(g))) /* RFC 6407 4.4 */
			group_register_soon(g, now);
		return;
	}
	schedule_soon(g, now);
	if (!group_keys_held(g))
		group_enter_for(g, RECORD_ENTERED_WARNING, GROUP_WAITING, 0, REASON_KEYS_DELETED);
}

static void accept_push(struct group *g, uint64_t now, uint32_t from, const struct push *p)
{
	struct keyring_deletes deletes = { .all = p->delete_all_teks,
					   .spis = p->delete_spis,
					   .n_spis = p->n_delete_spis };
	bool has_deletes = p->delete_all_teks || p->n_delete_spis > 0 || p->delete_kek;
	size_t keyless = group_keyless(g);
	struct keyring_outcome o;
	enum record_id behind, kek = RECORD_NOTHING;

	if (p->has_policy && p->download.has_kek)
		kek = group_kek_same(g, &p->download.kek) ? CLAUSE_WITH_KEK_HELD : CLAUSE_WITH_KEK_NEW;
	/* A pull that asked before this push may bring keys from before it (RFC 6407 3.3). */
	group_pull_overtaken(g);
	group_kek_pushed(g, has_deletes);
	group_count_push(g, has_deletes);
	if (p->has_policy)
		group_note_gap(g, &p->download);
	keyring_push(g->keys, &p->download, &deletes, p->has_policy, now, &o);
	behind = leaves_behind(g, p, &o);
	apply_kek(g, p, now);
	group_refresh_senders(g);
	group_count(g, &o);
	if (p->has_policy)
		group_note_d3p(g, &p->download, NULL);
	log_push(g, from, p, &o, kek);
	if (behind != RECORD_NOTHING)
		group_tell(g, 0, RECORD_PUSH_NOT_FOLLOWED, record_phrase(behind));
	plan_after_push(g, now, &o, keyless, behind != RECORD_NOTHING);
}

static void put_out(struct group *g, uint64_t now, const struct rekey_sa *sa, struct ike_out *out,
		    const struct udp_ends *ends)
{
	for (size_t i = 0; i < out->n_datagrams; i++)
		group_kek_sent(g, sa, out->datagrams[i].len);
	group_put_out(g, now, out, ends);
}

void group_acknowledge(struct group *g, uint64_t now, struct rekey_sa *sa, const struct udp_ends *ends, bool held)
{
	struct ike_out out = { 0 };

	group_speaks(g, ends->remote);
	if (!held)
		group_tell(g, 0, RECORD_PUSH_KERNEL_LACKS);
	else if (rekey_sa_acknowledge(sa, g->gateway->local_address, &out) < 0)
		group_tell(g, 0, RECORD_PUSH_CANNOT_ACKNOWLEDGE);
	put_out(g, now, sa, &out, ends);
	group_speaks(g, 0);
}

bool group_push(struct group *g, uint64_t now, const struct udp_ends *ends, const uint8_t *data, size_t len)
{
	struct rekey_sa *sa = group_kek_owner(g, data, len);
	enum push_verdict verdict;
	struct ike_out out = { 0 };
	struct push p;

	if (!sa || len <= EXCHANGE_TYPE_AT || data[EXCHANGE_TYPE_AT] != EXCHANGE_PUSH ||
	    !is_our_server(g, ends->remote))
		return false;
	group_kek_received(g, sa, len);
	group_speaks(g, ends->remote);
	rekey_sa_set_gap_numbers(sa, &g->gateway->gap_numbers);
	verdict = rekey_sa_receive(sa, data, len, &p, &out);
	switch (verdict) {
	case PUSH_ACCEPTED:
		accept_push(g, now, ends->remote, &p);
		push_wipe(&p);
		group_acknowledge_when_held(g, sa, ends);
		break;
	case PUSH_UNACKNOWLEDGED:
		group_acknowledge_when_held(g, sa, ends);
		break;
	case PUSH_RETRANSMISSION:
		break;
	case PUSH_REFUSED:
		group_count_push_failed(g);
		break;
	}
	put_out(g, now, sa, &out, ends);
	group_speaks(g, 0);
	return true;
}
