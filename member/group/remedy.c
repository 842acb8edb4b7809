/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/group/remedy.h"

#include "ike/isakmp.h"

#define SILENT                                                                                                         \
	"check that UDP port 848 passes both ways, that server-address is the server's, and that the server expects "  \
	"this member's local-address"
#define PROPOSALS "check mode, dh-group, authentication-algorithm and encryption-algorithm against the server's"
#define DOI "try 'doi ipsec' or 'doi gdoi' in the gateway"
#define SITUATION "try another 'situation' in the gateway"
#define KEYS "the pre-shared keys differ: check pre-shared-key on both sides"
#define IDENTITY "check that the server expects this member's local-identity"
#define GROUP                                                                                                          \
	"check the group's number, that the server has this member in the group, and 'group-identity-form' in the "    \
	"gateway"
#define NO_GDOI                                                                                                        \
	"it answers IKE and knows no GROUPKEY-PULL, so it is no GDOI server: check server-address, and that the "      \
	"server has groups"
#define SUPPORT "what the server gives must be what this member supports: change the group's policy on the server"
#define FORGERS "somebody on the path sends answers in the server's name: look for who does"
#define STRANGER "check who answers at that address"
#define SERVER_LOG "the server's own log says why"
#define HERE "it is this host's: look at its memory and its crypto library"

static const char *silence(enum pull_awaits awaits, enum ike_mode mode)
{
	switch (awaits) {
	case PULL_AWAITS_ANSWER:
		return mode == IKE_AGGRESSIVE ? SILENT "; if all that is right: " PROPOSALS "; " IDENTITY "; " DOI
					      : SILENT "; if all that is right: " PROPOSALS
						       "; try 'doi ipsec' or 'situation' in the "
						       "gateway";
	case PULL_AWAITS_VALUE:
		return "it took a proposal and fell silent: check that larger datagrams pass, and whether it supports "
		       "the dh-group; " SERVER_LOG;
	case PULL_AWAITS_PROOF:
		return "most likely " KEYS "; else " IDENTITY;
	case PULL_AWAITS_POLICY:
		return "phase 1 stands: " GROUP "; or it is no GDOI server at all";
	case PULL_AWAITS_KEYS:
		return "it gave the policy and no keys: check that larger datagrams pass; " SERVER_LOG;
	}
	return SERVER_LOG;
}

/* RFC 2408 3.14.1; what a server means by one depends on how far the exchange is. */
static const char *notified(uint16_t type, enum pull_awaits awaits)
{
	bool group = awaits == PULL_AWAITS_POLICY || awaits == PULL_AWAITS_KEYS;

	switch (type) {
	case NOTIFY_DOI_NOT_SUPPORTED:
		return DOI;
	case NOTIFY_SITUATION_NOT_SUPPORTED:
		return SITUATION;
	case NOTIFY_INVALID_PAYLOAD_TYPE:
	case NOTIFY_INVALID_EXCHANGE_TYPE:
	case NOTIFY_UNSUPPORTED_EXCHANGE_TYPE:
		return group ? NO_GDOI : "it does not take this mode: check 'mode' in the ike policy";
	case NOTIFY_ATTRIBUTES_NOT_SUPPORTED:
	case NOTIFY_NO_PROPOSAL_CHOSEN:
	case NOTIFY_BAD_PROPOSAL_SYNTAX:
		return group ? GROUP : PROPOSALS;
	case NOTIFY_PAYLOAD_MALFORMED:
		return awaits == PULL_AWAITS_PROOF ? KEYS : SERVER_LOG;
	case NOTIFY_INVALID_KEY_INFORMATION:
		return group ? SERVER_LOG : "check whether it supports the dh-group";
	case NOTIFY_INVALID_ID_INFORMATION:
		return group ? GROUP : IDENTITY;
	case NOTIFY_INVALID_HASH_INFORMATION:
		return KEYS;
	case NOTIFY_AUTHENTICATION_FAILED:
		return group ? GROUP : KEYS "; else " IDENTITY;
	default:
		return SERVER_LOG;
	}
}

const char *group_remedy(const struct pull_finding *f, enum ike_mode mode)
{
	switch (f->fact) {
	case PULL_FACT_NONE:
		return silence(f->awaits, mode);
	case PULL_FACT_CLEAR_NOTIFY:
	case PULL_FACT_NOTIFY:
		return notified(f->notify, f->awaits);
	case PULL_FACT_KEY:
		return KEYS;
	case PULL_FACT_IGNORED:
		return f->awaits == PULL_AWAITS_ANSWER ? PROPOSALS : SERVER_LOG;
	case PULL_FACT_FORGED:
		return FORGERS;
	case PULL_FACT_STRANGER:
		return STRANGER;
	case PULL_FACT_DELETE:
		return f->awaits == PULL_AWAITS_POLICY || f->awaits == PULL_AWAITS_KEYS ? GROUP : SERVER_LOG;
	case PULL_FACT_POLICY:
		return SUPPORT;
	case PULL_FACT_HERE:
		return HERE;
	}
	return SERVER_LOG;
}
