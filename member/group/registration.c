/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/group/private.h"

#include "member/group/remedy.h"

/*
 * A server that goes on giving a KEK or a number that is older than what its pushes said, with no push in between, will
 * not give others: its keys are taken then rather than none, and the sequence number stays (group_kek.c).
 */
#define OLDER_MAX 3

/* Octets of the texts that a failure quotes, so that the remedy behind them is read too. */
#define UNUSABLE_TEXT_MAX 250
#define LEFT_REASON_MAX 90
#define LEFT_LAST_MAX 110

/* As they come, so that the counter moves while a registration is under way. */
static void count_clear_notifies(struct group *g)
{
	g->stats.clear_notifies += pull_take_clear_notifies(g->pull);
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
	const struct udp_ends ends = group_ends(g, g->server);

	group_put_out(g, now, out, &ends);
}

/* How long to wait after a round: no longer than until it becomes urgent, unless it is. */
static uint64_t wait_after_round(struct group *g, uint64_t now)
{
	bool urgent = group_urgent(g, now);
	uint64_t most = urgent && !g->unusable ? WAIT_URGENT_MS : WAIT_MAX_MS, at = group_urgent_at(g), ms, tenth;

	if (g->wait_ms == 0)
		g->wait_ms = g->answered && !g->unusable ? WAIT_ANSWERED_MS : WAIT_FIRST_MS;
	ms = g->wait_ms < most ? g->wait_ms : most;
	g->wait_ms = g->wait_ms * 2 > WAIT_MAX_MS ? WAIT_MAX_MS : g->wait_ms * 2;
	tenth = ms / 10;
	ms = ms - tenth + group_draw(g, (uint32_t)(2 * tenth + 1));
	return !urgent && at > now && at - now < ms ? at - now : ms;
}

static void wait_and_retry(struct group *g, uint64_t now, const struct record *why)
{
	if (group_probe_failed(g, now, why))
		return;
	g->next_registration = now + wait_after_round(g, now);
	group_enter(g, RECORD_ENTERED_WAITING, g->unusable ? GROUP_UNUSABLE : GROUP_WAITING,
		    (g->next_registration - now + 999) / 1000, why);
}

/* This server is left for the next one; after the last one the group waits (row A3). */
static void server_failed(struct group *g, uint64_t now, const struct record *why)
{
	if (group_next_server(g, now)) {
		g->stats.server_failover++;
		group_pull_start(g, now);
		return;
	}
	g->server = 0;
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
		.doi = gw->doi ? gw->doi : IKE_DOI_GDOI,
		.doi_fixed = gw->doi != 0,
	};
	memcpy(p->proposals, gw->proposals, sizeof(p->proposals));
	if (gw->doi == 0 && g->learnt_doi[g->server]) {
		p->doi = g->learnt_doi[g->server];
		p->doi_learnt = true;
	}
}

void group_pull_drop(struct group *g)
{
	pull_free(g->pull);
	g->pull = NULL;
	g->queued = false;
	if (g->env.turns)
		turns_leave(g->env.turns, g);
}

void group_pull_start(struct group *g, uint64_t now)
{
	struct pull_params params;
	struct ike_out out = { 0 };
	int r;

	if (!g->queued)
		group_pull_drop(g);
	if (!group_is_turn(g, now))
		return;
	g->overtaken = false;
	g->elsewhere = 0;
	g->told_awaits = 0;
	g->next_registration = UINT64_MAX;
	fill_params(g, &params);
	group_set_times(g, now, &params.timing);
	group_enter_for(g, RECORD_ENTERED, group_keys_held(g) ? GROUP_RENEWING : GROUP_REGISTERING, 0, REASON_PULL,
			record_number(g->vpn->group), record_address(params.server));
	if (g->urgent && group_late_resume(g)) {
		explicit_bzero(&params, sizeof(params));
		return;
	}
	group_late_drop(g, g->server);
	r = pull_new(&g->pull, &params, now, &out);
	explicit_bzero(&params, sizeof(params));
	put_out(g, now, &out);
	if (r < 0) {
		struct record why;

		record_set(&why, FAILURE_HERE, record_text(strerror(-r)));
		g->stats.pull_aborted++;
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
 * What cannot be accepted ends the registration with a Delete (RFC 6407 3.3), which the pull has sent, and is no
 * registration: the next server is asked, and after the last one all of them again, ever later up to a minute.
 */
static void give_up_unusable(struct group *g, uint64_t now, const struct keyring_outcome *o)
{
	size_t n = o->n_notes + o->n_notes_dropped;
	struct record why, more;

	record_set(&more, n > 1 ? CLAUSE_MORE_REFUSALS : RECORD_NOTHING, record_number(n - 1));
	record_set(&why, FAILURE_UNUSABLE, record_address(group_asked(g)),
		   n > 0 ? record_text_part(o->notes[0].text, UNUSABLE_TEXT_MAX)
			 : record_phrase(CLAUSE_NO_KEYS_NOR_KEK),
		   record_clause(&more));
	g->stats.pull_aborted++;
	g->stats.pull_failed++;
	count_clear_notifies(g);
	g->unusable = true;
	group_tell(g, 0, RECORD_REGISTRATION_FAILED, record_clause(&why));
	group_change_then(g, GROUP_AWAITS_POLICIES);
	group_pull_drop(g);
	server_failed(g, now, &why);
}

static void pull_succeeded(struct group *g, uint64_t now)
{
	struct record refused;
	struct keyring_outcome o;
	const struct download *d = pull_download(g->pull);
	bool newer, had = d->has_kek && group_kek_same(g, &d->kek);

	keyring_pull(g->keys, d, now, &o);
	g->unknown.vendor_ids = *pull_vendor_ids(g->pull);
	group_note_gap(g, d);
	g->n_refusals = g->more_refusals = 0;
	group_count(g, &o);
	if (nothing_usable(g, d, &o)) {
		give_up_unusable(g, now, &o);
		return;
	}
	group_take_kek(g, d, now);
	g->stats.pull_succeeded++;
	count_clear_notifies(g);
	g->registered_server = group_asked(g);
	g->registered_once = true;
	g->wait_ms = 0;
	g->asked = false;
	g->older = 0;
	g->again_ms = STALE_FIRST_MS;
	g->share = group_draw(g, 1001);
	group_pull_drop(g);
	group_late_drop_all(g);
	newer = o.new_keys > 0 && keyring_renew_at(g->keys, g->share, g->gateway->n_servers) > now;
	group_server_good(g, newer);
	group_plan_renewal(g, now, newer);
	record_set(&refused, g->n_refusals > 0 ? CLAUSE_REFUSED : RECORD_NOTHING,
		   record_number(g->n_refusals + g->more_refusals));
	group_enter_for(g, RECORD_ENTERED_REGISTERED, GROUP_REGISTERED, (g->next_registration - now) / 1000,
			REASON_REGISTERED, record_address(g->registered_server), record_number(o.new_keys),
			record_number(o.known_keys), record_number(keyring_policies(g->keys)),
			record_phrase(!g->rekey ? CLAUSE_NO_KEK
				      : had     ? CLAUSE_KEK_HELD
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
	if (g->overtaken)
		return STALE_OVERTAKEN;
	if (!group_kek_stale(g, pull_download(g->pull)))
		return RECORD_NOTHING;
	if (g->older++ < OLDER_MAX)
		return STALE_OLDER;
	group_tell(g, 0, RECORD_STALE_TAKEN);
	return RECORD_NOTHING;
}

/*
 * Nothing of a stale download is taken.  When keys and KEK are there, what the pull was for may be done by the push:
 * the renewal is planned anew.  Otherwise, and when the registration was asked for, the next pull follows soon.
 */
static void pull_stale(struct group *g, uint64_t now, enum record_id why)
{
	uint64_t soon = now + g->again_ms / 2 + group_draw(g, (uint32_t)(g->again_ms / 2 + 1));
	bool keys = group_keys_held(g);

	g->stats.pull_aborted++;
	count_clear_notifies(g);
	g->probing = false;
	g->again_ms = g->again_ms * 2 > WAIT_MAX_MS ? WAIT_MAX_MS : g->again_ms * 2;
	group_pull_drop(g);
	group_late_drop_all(g);
	g->next_registration = soon;
	if (keys && g->rekey && !g->asked) {
		group_plan_renewal(g, now, false);
		if (g->next_registration < soon)
			g->next_registration = soon;
	}
	group_enter_for(g, keys ? RECORD_ENTERED_STALE : RECORD_ENTERED_STALE_WAITING,
			keys ? GROUP_REGISTERED : GROUP_WAITING, (g->next_registration - now + 999) / 1000,
			REASON_STALE, record_address(group_asked(g)), record_phrase(why));
	g->server = 0;
}

/* WHY it fails, and the remedy: for the log, "show" and the status text alike. */
static void explain_failure(const struct group *g, const struct record *verdict, struct record *ret)
{
	if (g->elsewhere != 0 && !pull_answered(g->pull))
		record_set(ret, FAILURE_ELSEWHERE, record_address(group_asked(g)), record_clause(verdict),
			   record_address(g->elsewhere));
	else
		record_set(ret, FAILURE_VERDICT, record_address(group_asked(g)), record_clause(verdict),
			   record_phrase(group_remedy(pull_finding(g->pull), g->gateway->mode)));
}

/* At most MAX octets of what came last from the server. */
static void last_came(const struct pull_finding *f, size_t max, struct record *ret)
{
	char text[PULL_FINDING_TEXT_MAX];

	pull_finding_format(f, text);
	record_set(ret, f->fact != PULL_FACT_NONE ? CLAUSE_LAST_CAME : RECORD_NOTHING, record_text_part(text, max));
}

/* Others are asked meanwhile; what this one answers later counts still. */
static void leave_server(struct group *g, uint64_t now)
{
	const struct pull_finding *f = pull_finding(g->pull);
	struct record why, verdict, last;
	char reason[PULL_REASON_MAX];

	last_came(f, LEFT_LAST_MAX, &last);
	record_set(&verdict, VERDICT_LEFT, record_number(f->sendings),
		   record_text_part(pull_reason(g->pull, reason), LEFT_REASON_MAX), record_clause(&last));
	explain_failure(g, &verdict, &why);
	/* An answer that proves nothing is no reason to wait: there are other servers. */
	g->stats.pull_timeout++;
	g->stats.pull_failed++;
	group_tell(g, 0, RECORD_REGISTRATION_LEFT, record_clause(&why));
	group_late_keep(g);
	server_failed(g, now, &why);
}

static void pull_failed(struct group *g, uint64_t now)
{
	struct record why, verdict;
	char reason[PULL_REASON_MAX];

	count_clear_notifies(g);
	record_set(&verdict, VERDICT_PLAIN, record_text(pull_reason(g->pull, reason)));
	explain_failure(g, &verdict, &why);
	g->stats.pull_timeout += pull_state(g->pull) == PULL_TIMEOUT;
	g->stats.pull_aborted += pull_state(g->pull) == PULL_ABORTED;
	g->stats.pull_failed++;
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
	const struct pull_finding *f = pull_finding(g->pull);
	char reason[PULL_REASON_MAX];
	struct record last;

	pull_reason(g->pull, reason);
	last_came(f, SIZE_MAX, &last);
	record_set(&g->reason, f->sendings == 1 ? REASON_PULL_WAITS_ONCE : REASON_PULL_WAITS,
		   record_number(g->vpn->group), record_address(group_asked(g)), record_text(reason),
		   record_number(f->sendings), record_clause(&last));
	if (f->sendings < 2 || g->told_awaits >> f->awaits & 1)
		return;
	g->told_awaits |= (uint8_t)(1u << f->awaits);
	group_tell(g, 0, RECORD_NO_ANSWER_YET, record_address(group_asked(g)), record_text(reason),
		   record_number(f->sendings), record_clause(&last));
}

static void after_step(struct group *g, uint64_t now, struct ike_out *out)
{
	enum record_id stale;

	put_out(g, now, out);
	if (pull_answered(g->pull)) {
		g->answered = true;
		if (g->env.turns)
			turns_answered(g->env.turns, g, pull_authenticated(g->pull));
	}
	if (pull_authenticated(g->pull)) /* what becomes of the pull then does not matter */
		g->learnt_doi[g->server] = pull_doi(g->pull);
	switch (pull_state(g->pull)) {
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
	pull_retime(g->pull, now, &timing, false, &out);
	put_out(g, now, &out);
}

uint64_t group_pull_deadline(const struct group *g)
{
	uint64_t at = group_late_deadline(g), next = g->next_registration;

	if (g->pull) {
		next = pull_deadline(g->pull);
		if (!pull_authenticated(g->pull) && g->leave_at < next)
			next = g->leave_at;
		if (!g->urgent && group_urgent_at(g) < next)
			next = group_urgent_at(g);
	}
	return next < at ? next : at;
}

void group_pull_tick(struct group *g, uint64_t now)
{
	group_late_tick(g, now);
	if (g->pull && !g->urgent && group_urgent_at(g) <= now)
		make_urgent(g, now);
	if (g->pull && !pull_authenticated(g->pull) && g->leave_at <= now) {
		leave_server(g, now);
	} else if (g->pull && pull_deadline(g->pull) <= now) {
		struct ike_out out = { 0 };

		pull_step(g->pull, now, NULL, 0, &out);
		after_step(g, now, &out);
	}
	if (!g->pull && g->next_registration <= now) {
		if (!g->queued)
			group_first_server(g, now);
		group_pull_start(g, now);
	}
}

/* It proves nothing, and is not taken: the cookie is seen by all who are on the path. */
static void note_elsewhere(struct group *g, uint32_t from)
{
	if (g->elsewhere == from)
		return;
	if (g->elsewhere == 0)
		group_tell(g, 0, RECORD_FROM_ELSEWHERE, record_address(group_asked(g)), record_address(from));
	g->elsewhere = from;
}

bool group_pull_datagram(struct group *g, uint64_t now, const struct udp_ends *ends, const uint8_t *data, size_t len)
{
	struct ike_out out = { 0 };
	bool chosen;

	if (g->pull && ends->remote != group_asked(g) && pull_owns(g->pull, data, len)) {
		note_elsewhere(g, ends->remote);
	} else if (g->pull && pull_owns(g->pull, data, len)) {
		pull_step(g->pull, now, data, len, &out);
		after_step(g, now, &out);
		return true;
	}
	if (!group_late_datagram(g, now, ends, data, len, &out, &chosen))
		return false;
	if (chosen)
		after_step(g, now, &out);
	return true;
}
