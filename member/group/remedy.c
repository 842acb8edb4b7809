/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/group/remedy.h"

#include "ike/isakmp.h"

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

enum record_id group_remedy(const struct pull_finding *f, enum ike_mode mode)
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
