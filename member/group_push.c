/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pushes as a member lives them (RFC 6407 4, RFC 8263): a verified push changes keys, policies and the KEK in one step,
 * the kernel follows, and only then it is acknowledged.  Nothing that is not proved changes anything but a counter.
 */
#include "member/group_private.h"
#include "policy/selector.h"

#include <inttypes.h>
#include <stdio.h>

/* A push under a KEK whose life has just ended is still taken: it came 7 ms late in a recording (gdoi-wire.md). */
#define KEK_GRACE_MS 5000
/* After a delete of everything members come back spread over this long. */
#define RETURN_SPREAD_MS 2000

#define EXCHANGE_TYPE_AT 18 /* ISAKMP header, RFC 2408 3.1 */
#define EXCHANGE_PUSH 33    /* GROUPKEY-PUSH, RFC 6407 4 */

static uint64_t end_of(const struct kek *kek, uint64_t now)
{
	return kek->life_seconds > 0 ? now + (uint64_t)kek->life_seconds * 1000 : UINT64_MAX;
}

/* The KEK in use becomes the old one. */
void group_drop_kek(struct group *g)
{
	rekey_sa_free(g->rekey_old);
	if (g->rekey)
		rekey_sa_retire(g->rekey);
	g->rekey_old = g->rekey;
	g->rekey = NULL;
	g->kek_ends = UINT64_MAX;
	g->kek_stats = (struct group_kek_stats){ 0 };
}

void group_forget_keks(struct group *g)
{
	group_drop_kek(g);
	rekey_sa_free(g->rekey_old);
	g->rekey_old = NULL;
}

/* Without a usable KEK no push can be taken: the member goes on by registering again. */
static void use_kek(struct group *g, const struct kek *kek, bool from_push, uint64_t now)
{
	struct rekey_sa *sa = NULL;
	char err[PUSH_WHY_MAX];

	group_drop_kek(g);
	if (rekey_sa_new(&sa, kek, from_push, g->gateway->allow_sha1_signatures, err) < 0) {
		group_log(
			g, LOG_LEVEL_WARNING, EVENT_POLICY_REFUSED, 0,
			"the KEK is refused: %s; no push can be taken, the member registers again before its keys end",
			err);
		g->stats.unsupported_algo++;
		return;
	}
	g->rekey = sa;
	g->kek_ends = end_of(kek, now);
	if (kek->port != 0 && kek->port != GDOI_PORT)
		g->ops.listen(g->ops.ctx, g->gateway->local_address, kek->port);
}

static bool same_kek(const struct group *g, const struct kek *kek)
{
	return g->rekey && memcmp(rekey_sa_kek(g->rekey)->spi, kek->spi, sizeof(kek->spi)) == 0;
}

void group_take_kek(struct group *g, const struct download *d, uint64_t now)
{
	struct kek kek;

	if (!d->has_kek) {
		if (g->rekey)
			group_drop_kek(g);
		return;
	}
	kek = d->kek;
	kek.seq = d->has_seq ? d->seq : 0;
	/* With a higher number pushes were missed: what was taken is older than any that may come. */
	if (g->rekey && rekey_sa_advance(g->rekey, &kek) == 0)
		g->kek_ends = end_of(&kek, now);
	else
		use_kek(g, &kek, false, now);
	explicit_bzero(&kek, sizeof(kek));
}

void group_kek_tick(struct group *g, uint64_t now)
{
	if (!g->rekey || g->kek_ends == UINT64_MAX || now < g->kek_ends + KEK_GRACE_MS)
		return;
	group_log(g, LOG_LEVEL_NOTICE, EVENT_NONE, 0, "the KEK has ended without a successor");
	group_drop_kek(g);
}

uint64_t group_kek_deadline(const struct group *g)
{
	return g->rekey && g->kek_ends != UINT64_MAX ? g->kek_ends + KEK_GRACE_MS : UINT64_MAX;
}

static bool is_our_server(const struct group *g, uint32_t addr)
{
	for (size_t i = 0; i < g->gateway->n_servers; i++)
		if (g->gateway->servers[i] == addr)
			return true;
	return false;
}

/* What the push says about the KEK: a new one under the old, the one that is held again, or its end. */
static void apply_kek(struct group *g, const struct push *p, uint64_t now)
{
	bool announced = p->has_policy && p->download.has_kek;

	if (announced && !same_kek(g, &p->download.kek))
		use_kek(g, &p->download.kek, true, now);
	else if (p->delete_kek && !announced)
		group_drop_kek(g);
}

static void log_push(struct group *g, uint32_t from, const struct push *p, const struct keyring_outcome *o)
{
	bool deletes = p->delete_all_teks || p->n_delete_spis > 0 || p->delete_kek;
	size_t keyless = group_keyless(g);
	char text[ADDRESS_TEXT_MAX], then[160] = "";

	if (keyless > 0)
		snprintf(then, sizeof(then), "; %zu policies have no key: %s", keyless, group_traffic(g));
	group_log(g, LOG_LEVEL_INFO, deletes && !p->has_policy ? EVENT_KEYS_DELETED : EVENT_REKEYED, 0,
		  "push %" PRIu32 " from %s: %u new and %u known keys, %u deleted%s%s%s", p->seq,
		  address_format(from, text), o->new_keys, o->known_keys, o->deleted_keys,
		  p->has_policy && p->download.has_kek ? ", with a KEK" : "", p->delete_kek ? ", KEK deleted" : "",
		  then);
}

static void plan_after_push(struct group *g, uint64_t now, const struct keyring_outcome *o)
{
	if (g->pull)
		return; /* its end plans anew */
	if (group_keys_held(g) && g->rekey) {
		g->share = g->ops.random(g->ops.ctx, 1001);
		group_plan_renewal(g, now, o->new_keys > 0);
		if (g->state != GROUP_REGISTERED)
			group_enter(g, EVENT_NONE, GROUP_REGISTERED, "a push brought keys");
		return;
	}
	g->next_registration = now + g->ops.random(g->ops.ctx, RETURN_SPREAD_MS);
	if (!group_keys_held(g))
		group_enter(g, EVENT_NONE, GROUP_WAITING, "the server deleted the group's keys; registering again");
}

static void accept_push(struct group *g, uint64_t now, uint32_t from, const struct push *p)
{
	struct keyring_deletes deletes = { .all = p->delete_all_teks,
					   .spis = p->delete_spis,
					   .n_spis = p->n_delete_spis };
	bool has_deletes = p->delete_all_teks || p->n_delete_spis > 0 || p->delete_kek;
	struct keyring_outcome o;

	g->kek_stats.push_received++;
	g->kek_stats.delete_received += has_deletes;
	g->stats.push_succeeded++;
	g->stats.delete_received += has_deletes;
	keyring_push(g->keys, &p->download, &deletes, p->has_policy, now, &o);
	apply_kek(g, p, now);
	group_count(g, &o);
	log_push(g, from, p, &o);
	plan_after_push(g, now, &o);
}

/* Only when the kernel holds what the push brought (RFC 8263 6), of one that came again too. */
static void acknowledge(struct group *g, struct rekey_sa *sa, struct ike_out *out)
{
	if (g->ops.changed(g->ops.ctx) < 0)
		group_log(g, LOG_LEVEL_WARNING, EVENT_NONE, 0,
			  "not acknowledged: the kernel does not hold the new keys");
	else if (rekey_sa_acknowledge(sa, g->gateway->local_address, out) < 0)
		group_log(g, LOG_LEVEL_WARNING, EVENT_NONE, 0,
			  "cannot acknowledge the push; the server sends it again");
}

bool group_push(struct group *g, uint64_t now, const struct udp_ends *ends, const uint8_t *data, size_t len)
{
	struct rekey_sa *sa = g->rekey && rekey_sa_owns(g->rekey, data, len)           ? g->rekey
			      : g->rekey_old && rekey_sa_owns(g->rekey_old, data, len) ? g->rekey_old
										       : NULL;
	enum push_verdict verdict;
	struct ike_out out = { 0 };
	struct push p;

	if (!sa || len <= EXCHANGE_TYPE_AT || data[EXCHANGE_TYPE_AT] != EXCHANGE_PUSH ||
	    !is_our_server(g, ends->remote))
		return false;
	if (sa == g->rekey) {
		g->kek_stats.input_packets++;
		g->kek_stats.input_bytes += len;
	}
	g->speaking = ends->remote;
	verdict = rekey_sa_receive(sa, data, len, &p, &out);
	switch (verdict) {
	case PUSH_ACCEPTED:
		accept_push(g, now, ends->remote, &p);
		push_wipe(&p);
		acknowledge(g, sa, &out);
		break;
	case PUSH_UNACKNOWLEDGED:
		acknowledge(g, sa, &out);
		break;
	case PUSH_RETRANSMISSION:
		break;
	case PUSH_REFUSED:
		g->stats.push_failed++;
		break;
	}
	for (size_t i = 0; sa == g->rekey && i < out.n_datagrams; i++) {
		g->kek_stats.output_packets++;
		g->kek_stats.output_bytes += out.datagrams[i].len;
	}
	group_put_out(g, now, &out, ends);
	g->speaking = 0;
	return true;
}
