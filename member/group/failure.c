/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a registration fails, and what an operator can do about it, from how far the pull came and what came last: the
 * same for the log, for "show" and for the status text.
 */
#include "member/group/private.h"

#include "ike/isakmp.h"

/* Octets of the texts that a failure quotes, so that the remedy behind them is read too. */
#define UNUSABLE_TEXT_MAX 250
#define LEFT_REASON_MAX 90
#define LEFT_LAST_MAX 110

static enum record_id remedy_for_silence(enum pull_awaits awaits, enum ike_mode mode)
{
	switch (awaits) {
	case PULL_AWAITS_ANSWER:
		return mode == IKE_AGGRESSIVE ? REMEDY_SILENT_AGGRESSIVE : REMEDY_SILENT_MAIN;
	case PULL_AWAITS_VALUE:
		return REMEDY_NO_VALUE;
	case PULL_AWAITS_PROOF:
		return REMEDY_NO_PROOF;
	case PULL_AWAITS_POLICY:
		return REMEDY_NO_POLICY;
	case PULL_AWAITS_KEYS:
		return REMEDY_NO_KEYS;
	}
	return REMEDY_SERVER_LOG;
}

/* RFC 2408 3.14.1; what a server means by one depends on how far the exchange is. */
static enum record_id remedy_for_notify(uint16_t type, enum pull_awaits awaits)
{
	bool group = awaits == PULL_AWAITS_POLICY || awaits == PULL_AWAITS_KEYS;

	switch (type) {
	case NOTIFY_DOI_NOT_SUPPORTED:
		return REMEDY_DOI;
	case NOTIFY_SITUATION_NOT_SUPPORTED:
		return REMEDY_SITUATION;
	case NOTIFY_INVALID_PAYLOAD_TYPE:
	case NOTIFY_INVALID_EXCHANGE_TYPE:
	case NOTIFY_UNSUPPORTED_EXCHANGE_TYPE:
		return group ? REMEDY_NO_GDOI : REMEDY_MODE;
	case NOTIFY_ATTRIBUTES_NOT_SUPPORTED:
	case NOTIFY_NO_PROPOSAL_CHOSEN:
	case NOTIFY_BAD_PROPOSAL_SYNTAX:
		return group ? REMEDY_GROUP : REMEDY_PROPOSALS;
	case NOTIFY_PAYLOAD_MALFORMED:
		return awaits == PULL_AWAITS_PROOF ? REMEDY_KEYS : REMEDY_SERVER_LOG;
	case NOTIFY_INVALID_KEY_INFORMATION:
		return group ? REMEDY_SERVER_LOG : REMEDY_DH_GROUP;
	case NOTIFY_INVALID_ID_INFORMATION:
		return group ? REMEDY_GROUP : REMEDY_IDENTITY;
	case NOTIFY_INVALID_HASH_INFORMATION:
		return REMEDY_KEYS;
	case NOTIFY_AUTHENTICATION_FAILED:
		return group ? REMEDY_GROUP : REMEDY_KEYS_OR_IDENTITY;
	default:
		return REMEDY_SERVER_LOG;
	}
}

/* A clause without arguments.  MODE is the gateway's: in aggressive mode one message answers all of phase 1. */
static enum record_id remedy_for(const struct pull_finding *f, enum ike_mode mode)
{
	switch (f->fact) {
	case PULL_FACT_NONE:
		return remedy_for_silence(f->awaits, mode);
	case PULL_FACT_CLEAR_NOTIFY:
	case PULL_FACT_NOTIFY:
		return remedy_for_notify(f->notify, f->awaits);
	case PULL_FACT_KEY:
		return REMEDY_KEYS;
	case PULL_FACT_IGNORED:
		return f->awaits == PULL_AWAITS_ANSWER ? REMEDY_PROPOSALS : REMEDY_SERVER_LOG;
	case PULL_FACT_FORGED:
		return REMEDY_FORGERS;
	case PULL_FACT_STRANGER:
		return REMEDY_STRANGER;
	case PULL_FACT_DELETE:
		return f->awaits == PULL_AWAITS_POLICY || f->awaits == PULL_AWAITS_KEYS ? REMEDY_GROUP
											: REMEDY_SERVER_LOG;
	case PULL_FACT_POLICY:
		return REMEDY_SUPPORT;
	case PULL_FACT_HERE:
		return REMEDY_HERE;
	}
	return REMEDY_SERVER_LOG;
}

static void explain_failure(const struct group *g, const struct record *verdict, struct record *ret)
{
	if (g->registration.elsewhere != 0 && !pull_answered(g->registration.pull))
		record_set(ret, FAILURE_ELSEWHERE, record_address(group_asked(g)), record_clause(verdict),
			   record_address(g->registration.elsewhere));
	else
		record_set(ret, FAILURE_VERDICT, record_address(group_asked(g)), record_clause(verdict),
			   record_phrase(remedy_for(pull_finding(g->registration.pull), g->gateway->mode)));
}

void group_last_came(const struct pull_finding *f, size_t max, struct record *ret)
{
	char text[PULL_FINDING_TEXT_MAX];

	pull_finding_format(f, text);
	record_set(ret, f->fact != PULL_FACT_NONE ? CLAUSE_LAST_CAME : RECORD_NOTHING, record_text_part(text, max));
}

void group_failure_left(const struct group *g, struct record *ret)
{
	const struct pull_finding *f = pull_finding(g->registration.pull);
	struct record verdict, last;
	char reason[PULL_REASON_MAX];

	group_last_came(f, LEFT_LAST_MAX, &last);
	record_set(&verdict, VERDICT_LEFT, record_number(f->sendings),
		   record_text_part(pull_reason(g->registration.pull, reason), LEFT_REASON_MAX), record_clause(&last));
	explain_failure(g, &verdict, ret);
}

void group_failure_ended(const struct group *g, struct record *ret)
{
	struct record verdict;
	char reason[PULL_REASON_MAX];

	record_set(&verdict, VERDICT_PLAIN, record_text(pull_reason(g->registration.pull, reason)));
	explain_failure(g, &verdict, ret);
}

void group_failure_unusable(const struct group *g, const struct keyring_outcome *o, struct record *ret)
{
	size_t n = o->n_refusals + o->more_refusals;
	struct record first, more;

	if (n > 0)
		group_refusal_record(&o->refusals[0], &first);
	else
		record_make(&first, CLAUSE_NO_KEYS_NOR_KEK, NULL, 0);
	record_set(&more, n > 1 ? CLAUSE_MORE_REFUSALS : RECORD_NOTHING, record_number(n - 1));
	record_set(ret, FAILURE_UNUSABLE, record_address(group_asked(g)),
		   record_clause_part(&first, n > 0 ? UNUSABLE_TEXT_MAX : SIZE_MAX), record_clause(&more));
}
