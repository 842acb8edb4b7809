/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/group/private.h"

/*
 * A server that goes on giving a KEK or a number that is older than what its pushes said, with no push in between, will
 * not give others: its keys are taken then rather than none, and the sequence number stays (kek.c).
 */
#define OLDER_MAX 3

/* As they come, so that the counter moves while a registration is under way. */
static void count_clear_notifies(struct group *g)
{
	group_count_clear_notifies(g, pull_take_clear_notifies(g->registration.pull));
}

struct udp_ends group_ends(const struct group *g, size_t server)
{
	return (struct udp_ends){ .local = g->gateway->local_address,
				  .local_port = GDOI_PORT,
				  .remote = g->gateway->servers[server],
				  .remote_port = GDOI_PORT };
}

static void put_out(struct group *g, uint64_t now, struct ike_out *out)
{
	const struct udp_ends ends = group_ends(g, g->servers.asked);

	group_put_out(g, now, out, &ends);
}

static void wait_and_retry(struct group *g, uint64_t now, const struct record *why)
{
	if (group_probe_failed(g, now, why)) {
		g->registration.asked = false;
		return;
	}
	schedule_after_round(g, now);
	group_enter(g, RECORD_ENTERED_WAITING, g->servers.unusable ? GROUP_UNUSABLE : GROUP_WAITING,
		    (g->schedule.at - now + 999) / 1000, why);
}

/* This server is left for the next one; after the last one the group waits (row A3). */
static void server_failed(struct group *g, uint64_t now, const struct record *why)
{
	if (group_next_server(g, now)) {
		group_count_failover(g);
		group_pull_start(g, now);
		return;
	}
	group_server_first(g);
	wait_and_retry(g, now, why);
}

static void fill_params(const struct group *g, struct pull_params *p)
{
	const struct config_gateway *gw = g->gateway;

	*p = (struct pull_params){
		.local = gw->local_address,
		.server = group_asked(g),
		.mode = gw->mode,
		.n_proposals = gw->n_proposals,
		.psk = gw->psk,
		.local_id = gw->local_identity,
		.remote_id = gw->remote_identity,
		.group = g->vpn->group,
		.group_form = gw->group_form,
		.situation = gw->situation,
		.situation_fixed = gw->has_situation,
		.gap_numbers = gw->gap_numbers,
		.doi = gw->doi ? gw->doi : IKE_DOI_GDOI,
		.doi_fixed = gw->doi != 0,
		.sender_ids = group_counts_senders(g) ? 1 : 0, /* the kernel is one encryption module (RFC 6407 3.5) */
	};
	memcpy(p->proposals, gw->proposals, sizeof(p->proposals));
	if (gw->doi == 0 && g->servers.learnt_doi[g->servers.asked]) {
		p->doi = g->servers.learnt_doi[g->servers.asked];
		p->doi_learnt = true;
	}
}

void group_pull_drop(struct group *g)
{
	pull_free(g->registration.pull);
	g->registration.pull = NULL;
	group_turn_leave(g);
}

void group_start(struct group *g, uint64_t now)
{
	if (!g->vpn->used)
		return;
	group_probe_forget_pull(g);
	g->registration.asked = true;
	group_pull_drop(g);
	group_late_drop_all(g);
	group_first_server(g, now);
	group_pull_start(g, now);
}

struct pull *group_pull_give(struct group *g)
{
	return TAKE(g->registration.pull);
}

void group_pull_take(struct group *g, struct pull *pull)
{
	g->registration.pull = pull;
}

void group_pull_overtaken(struct group *g)
{
	g->registration.overtaken |= g->registration.pull && pull_asked(g->registration.pull);
}

void group_pull_start(struct group *g, uint64_t now)
{
	struct pull_params params;
	struct ike_out out = { 0 };
	int r;

	if (!g->turn.queued)
		group_pull_drop(g);
	if (!group_is_turn(g, now))
		return;
	g->registration.overtaken = false;
	g->registration.elsewhere = 0;
	g->registration.told_awaits = 0;
	schedule_nothing(g);
	fill_params(g, &params);
	group_set_times(g, now, &params.timing);
	group_enter_for(g, RECORD_ENTERED, group_keys_held(g) ? GROUP_RENEWING : GROUP_REGISTERING, 0, REASON_PULL,
			record_number(g->vpn->group), record_address(params.server));
	if (g->servers.urgent && group_late_resume(g)) {
		explicit_bzero(&params, sizeof(params));
		return;
	}
	group_late_drop(g, g->servers.asked);
	r = pull_new(&g->registration.pull, &params, now, &out);
	explicit_bzero(&params, sizeof(params));
	put_out(g, now, &out);
	if (r < 0) {
		struct record why;

		record_set(&why, FAILURE_HERE, record_text(strerror(-r)));
		group_count_pull_ended(g, false, true, false);
		group_pull_drop(g);
		wait_and_retry(g, now, &why);
	}
}

/*
 * The server's answer was authentic, and there is no key: it gave none that this member takes, or neither keys nor a
 * KEK under which they could come.
 */
static bool nothing_usable(const struct group *g, const struct download *d, const struct keyring_outcome *o)
{
	return !group_keys_held(g) &&
	       (o->exceed_keys + o->exceed_policies + o->unsupported + o->refused > 0 || !d->has_kek);
}

/*
 * Policy that cannot be accepted ends the registration with a Delete (RFC 6407 3.3), which the pull has sent.  The
 * group is then not registered: the next server is asked, and after the last one all of them again, with a wait that
 * grows to a minute.
 */
static void give_up_unusable(struct group *g, uint64_t now, const struct keyring_outcome *o)
{
	struct record why;

	group_failure_unusable(g, o, &why);
	group_count_pull_ended(g, false, true, true);
	count_clear_notifies(g);
	group_server_unusable(g);
	group_tell(g, 0, RECORD_REGISTRATION_FAILED, record_clause(&why));
	group_change_then(g, GROUP_AWAITS_POLICIES);
	group_pull_drop(g);
	server_failed(g, now, &why);
}

static void pull_succeeded(struct group *g, uint64_t now)
{
	struct record refused;
	struct keyring_outcome o;
	const struct download *d = pull_download(g->registration.pull);
	bool newer, had = d->has_kek && group_kek_same(g, &d->kek);

	group_take_sender_ids(g, d);
	keyring_pull(g->keys, d, now, &o);
	group_note_vendor_ids(g, pull_vendor_ids(g->registration.pull));
	group_note_gap(g, d);
	group_forget_refusals(g);
	group_count(g, &o);
	group_note_d3p(g, d, pull_vendor_ids(g->registration.pull));
	if (nothing_usable(g, d, &o)) {
		give_up_unusable(g, now, &o);
		return;
	}
	group_take_kek(g, d, now);
	group_count_pull_succeeded(g);
	count_clear_notifies(g);
	group_server_registered(g);
	g->registration.asked = false;
	g->registration.older = 0;
	schedule_succeeded(g);
	group_pull_drop(g);
	group_late_drop_all(g);
	newer = o.new_keys > 0 && keyring_renew_at(g->keys, g->schedule.share, g->gateway->n_servers) > now;
	group_server_good(g, newer);
	schedule_renewal(g, now, newer);
	record_set(&refused, g->counts.n_refusals > 0 ? CLAUSE_REFUSED : RECORD_NOTHING,
		   record_number(g->counts.n_refusals + g->counts.more_refusals));
	group_enter_for(g, RECORD_ENTERED_REGISTERED, GROUP_REGISTERED, (g->schedule.at - now) / 1000,
			REASON_REGISTERED, record_address(g->servers.registered), record_number(o.new_keys),
			record_number(o.known_keys), record_number(keyring_policies(g->keys)),
			record_phrase(!g->keks.sa ? CLAUSE_NO_KEK
				      : had       ? CLAUSE_KEK_HELD
						  : CLAUSE_KEK_NEW),
			record_clause(&refused));
	group_change_then(g, GROUP_AWAITS_KEYS);
}

/*
 * Why the download that has come is older than what pushes have said since; RECORD_NOTHING: it is not, or there is no
 * choice.
 */
static enum record_id stale_because(struct group *g)
{
	if (g->registration.overtaken)
		return STALE_OVERTAKEN;
	if (!group_kek_stale(g, pull_download(g->registration.pull)))
		return RECORD_NOTHING;
	if (g->registration.older++ < OLDER_MAX)
		return STALE_OLDER;
	group_tell(g, 0, RECORD_STALE_TAKEN);
	return RECORD_NOTHING;
}

/*
 * Nothing of a stale download is taken.  When keys and KEK are there, a push may have brought what the pull was for:
 * the renewal is planned anew.  Otherwise, and when the registration was asked for, the next pull follows soon.
 */
static void pull_stale(struct group *g, uint64_t now, enum record_id why)
{
	bool keys = group_keys_held(g);

	group_count_pull_ended(g, false, true, false);
	count_clear_notifies(g);
	group_probe_forget_pull(g);
	group_pull_drop(g);
	group_late_drop_all(g);
	schedule_after_stale(g, now, keys && g->keks.sa && !g->registration.asked);
	group_enter_for(g, keys ? RECORD_ENTERED_STALE : RECORD_ENTERED_STALE_WAITING,
			keys ? GROUP_REGISTERED : GROUP_WAITING, (g->schedule.at - now + 999) / 1000, REASON_STALE,
			record_address(group_asked(g)), record_phrase(why));
	group_server_first(g);
}

/* Others are asked meanwhile; what this one answers later counts still. */
static void leave_server(struct group *g, uint64_t now)
{
	struct record why;

	group_failure_left(g, &why);
	/* An answer that proves nothing is no reason to wait: there are other servers. */
	group_count_pull_ended(g, true, false, true);
	group_tell(g, 0, RECORD_REGISTRATION_LEFT, record_clause(&why));
	group_late_keep(g);
	server_failed(g, now, &why);
}

static void pull_failed(struct group *g, uint64_t now)
{
	struct record why;

	count_clear_notifies(g);
	group_failure_ended(g, &why);
	group_count_pull_ended(g, pull_state(g->registration.pull) == PULL_TIMEOUT,
			       pull_state(g->registration.pull) == PULL_ABORTED, true);
	group_tell(g, 0, RECORD_REGISTRATION_FAILED, record_clause(&why));
	group_pull_drop(g);
	server_failed(g, now, &why);
}

/*
 * A pull that goes on: what it waits for is in the reason of the state, and in the log when the first repetition went
 * out, once for each message that is awaited.
 */
static void tell_waiting(struct group *g)
{
	const struct pull_finding *f = pull_finding(g->registration.pull);
	char reason[PULL_REASON_MAX];
	struct record why, last;

	pull_reason(g->registration.pull, reason);
	group_last_came(f, SIZE_MAX, &last);
	record_set(&why, f->sendings == 1 ? REASON_PULL_WAITS_ONCE : REASON_PULL_WAITS, record_number(g->vpn->group),
		   record_address(group_asked(g)), record_text(reason), record_number(f->sendings),
		   record_clause(&last));
	group_stay_because(g, &why);
	if (f->sendings < 2 || g->registration.told_awaits >> f->awaits & 1)
		return;
	g->registration.told_awaits |= (uint8_t)(1u << f->awaits);
	group_tell(g, 0, RECORD_NO_ANSWER_YET, record_address(group_asked(g)), record_text(reason),
		   record_number(f->sendings), record_clause(&last));
}

static void after_step(struct group *g, uint64_t now, struct ike_out *out)
{
	enum record_id stale;

	put_out(g, now, out);
	if (pull_answered(g->registration.pull)) {
		group_server_answered(g);
		group_turn_answered(g, pull_authenticated(g->registration.pull));
	}
	if (pull_authenticated(g->registration.pull)) /* what becomes of the pull then does not matter */
		group_server_has_doi(g, pull_doi(g->registration.pull));
	switch (pull_state(g->registration.pull)) {
	case PULL_RUNNING:
		count_clear_notifies(g);
		tell_waiting(g);
		break;
	case PULL_DONE:
		stale = stale_because(g);
		if (stale != RECORD_NOTHING)
			pull_stale(g, now, stale);
		else
			pull_succeeded(g, now);
		break;
	case PULL_TIMEOUT:
	case PULL_REFUSED:
	case PULL_ABORTED:
		pull_failed(g, now);
		break;
	}
}

/* The pull began when there was time, and there is none any more. */
static void make_urgent(struct group *g, uint64_t now)
{
	struct pull_timing timing;
	struct ike_out out = { 0 };

	group_set_times(g, now, &timing);
	pull_retime(g->registration.pull, now, &timing, false, &out);
	put_out(g, now, &out);
}

uint64_t group_pull_deadline(const struct group *g)
{
	uint64_t at = group_late_deadline(g), next = g->schedule.at;

	if (g->registration.pull) {
		next = pull_deadline(g->registration.pull);
		if (!pull_authenticated(g->registration.pull) && g->servers.leave_at < next)
			next = g->servers.leave_at;
		if (!g->servers.urgent && group_urgent_at(g) < next)
			next = group_urgent_at(g);
	}
	return next < at ? next : at;
}

void group_pull_tick(struct group *g, uint64_t now)
{
	group_late_tick(g, now);
	if (g->registration.pull && !g->servers.urgent && group_urgent_at(g) <= now)
		make_urgent(g, now);
	if (g->registration.pull && !pull_authenticated(g->registration.pull) && g->servers.leave_at <= now) {
		leave_server(g, now);
	} else if (g->registration.pull && pull_deadline(g->registration.pull) <= now) {
		struct ike_out out = { 0 };

		pull_step(g->registration.pull, now, NULL, 0, &out);
		after_step(g, now, &out);
	}
	if (!g->registration.pull && g->schedule.at <= now) {
		if (!g->turn.queued)
			group_first_server(g, now);
		group_pull_start(g, now);
	}
}

/* The message proves nothing, and is not taken: everybody on the path sees the cookie. */
static void note_elsewhere(struct group *g, uint32_t from)
{
	if (g->registration.elsewhere == from)
		return;
	if (g->registration.elsewhere == 0)
		group_tell(g, 0, RECORD_FROM_ELSEWHERE, record_address(group_asked(g)), record_address(from));
	g->registration.elsewhere = from;
}

bool group_pull_datagram(struct group *g, uint64_t now, const struct udp_ends *ends, const uint8_t *data, size_t len)
{
	struct ike_out out = { 0 };
	bool chosen;

	if (g->registration.pull && ends->remote != group_asked(g) && pull_owns(g->registration.pull, data, len)) {
		note_elsewhere(g, ends->remote);
	} else if (g->registration.pull && pull_owns(g->registration.pull, data, len)) {
		pull_step(g->registration.pull, now, data, len, &out);
		after_step(g, now, &out);
		return true;
	}
	if (!group_late_datagram(g, now, ends, data, len, &out, &chosen))
		return false;
	if (chosen)
		after_step(g, now, &out);
	return true;
}
