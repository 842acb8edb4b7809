/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The numbers and lists of a group that an operator reads beside its state: the counters of row F2, and what was
 * refused or is not known.
 */
#include "member/group/private.h"

void group_count_pull_succeeded(struct group *g)
{
	g->counts.stats.pull_succeeded++;
}

void group_count_pull_ended(struct group *g, bool timeout, bool aborted, bool failed)
{
	g->counts.stats.pull_timeout += timeout;
	g->counts.stats.pull_aborted += aborted;
	g->counts.stats.pull_failed += failed;
}

void group_count_failover(struct group *g)
{
	g->counts.stats.server_failover++;
}

void group_count_clear_notifies(struct group *g, unsigned n)
{
	g->counts.stats.clear_notifies += n;
}

void group_count_push(struct group *g, bool deletes)
{
	g->counts.stats.push_succeeded++;
	g->counts.stats.delete_received += deletes;
}

void group_count_push_failed(struct group *g)
{
	g->counts.stats.push_failed++;
}

void group_count_unsupported_kek(struct group *g)
{
	g->counts.stats.unsupported_algo++;
}

void group_count_probe_pull(struct group *g)
{
	g->counts.stats.recovery_probes++;
}

/* --- of a download --- */

void group_forget_refusals(struct group *g)
{
	g->counts.n_refusals = g->counts.more_refusals = 0;
}

static void unusable_record(const struct keyring_refusal *r, struct record *ret)
{
	char cause[IKE_CAUSE_TEXT_MAX];
	struct record selector;

	if (r->has_sel)
		record_set(&selector, CLAUSE_FOR_SELECTOR, record_selector(&r->sel));
	else
		record_make(&selector, RECORD_NOTHING, NULL, 0);
	record_set(ret, r->id, r->spi != 0 ? record_spi(r->spi) : record_phrase(CLAUSE_WITHOUT_SPI),
		   record_clause(&selector), record_text(ike_cause_format(&r->cause, cause)));
}

void group_refusal_record(const struct keyring_refusal *r, struct record *ret)
{
	if (r->id == REFUSED_UNUSABLE)
		unusable_record(r, ret);
	else if (r->id == REFUSED_ERROR)
		record_set(ret, r->id, record_spi(r->spi), record_text(strerror((int)r->number)));
	else if (r->id == REFUSED_COUNTER_MODE)
		record_set(ret, r->id, record_spi(r->spi), record_selector(&r->sel),
			   record_text(cipher_junos((enum cipher)r->number)));
	else if (r->id == REFUSED_MAX_POLICIES)
		record_set(ret, r->id, record_selector(&r->sel), record_number(r->number));
	else
		record_set(ret, r->id, record_spi(r->spi), record_selector(&r->sel), record_number(r->number));
}

void group_count(struct group *g, const struct keyring_outcome *o)
{
	if (o->n_refusals > 0) {
		memcpy(g->counts.refusals, o->refusals, sizeof(g->counts.refusals));
		g->counts.n_refusals = o->n_refusals;
		g->counts.more_refusals = o->more_refusals;
	}
	for (size_t i = 0; i < o->n_refusals; i++) {
		struct record refusal;

		group_refusal_record(&o->refusals[i], &refusal);
		group_tell(g, o->refusals[i].spi, RECORD_REFUSED,
			   record_clause_part(&refusal, GROUP_REFUSAL_TEXT_MAX - 1));
	}
	if (o->more_refusals > 0)
		group_tell(g, 0, RECORD_MORE_REFUSED, record_number(o->more_refusals));
	g->counts.stats.exceed_maximum_keys += o->exceed_keys;
	g->counts.stats.exceed_maximum_policies += o->exceed_policies;
	g->counts.stats.unsupported_algo += o->unsupported;
	g->counts.stats.refused += o->refused;
}

void group_note_gap(struct group *g, const struct download *d)
{
	memcpy(g->counts.unknown.gap, d->gap_unknown, sizeof(g->counts.unknown.gap));
	g->counts.stats.unknown_attributes += d->n_gap_unknown;
	g->counts.unknown.n_gap = d->n_gap_unknown < GAP_UNKNOWN_MAX ? d->n_gap_unknown : GAP_UNKNOWN_MAX;
}

void group_note_vendor_ids(struct group *g, const struct vendor_ids *ids)
{
	g->counts.unknown.vendor_ids = *ids;
}

const struct group_stats *group_stats(const struct group *g)
{
	return &g->counts.stats;
}

const struct keyring_refusal *group_refusals(const struct group *g, size_t *ret_n, size_t *ret_more)
{
	*ret_n = g->counts.n_refusals;
	*ret_more = g->counts.more_refusals;
	return g->counts.refusals;
}

const struct group_unknown *group_unknown(const struct group *g)
{
	return &g->counts.unknown;
}
