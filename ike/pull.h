/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One registration of a group member: IKEv1 phase 1 (RFC 2409 5) as initiator, then GROUPKEY-PULL (RFC 6407 3.2) under
 * it, then a Delete of the ISAKMP SA.  Retransmission and the DOI retry are inside.  A fresh phase 1 for every
 * registration.
 */
#ifndef IKE_PULL_H
#define IKE_PULL_H

#include "ike/download.h"
#include "ike/ike.h"

enum pull_group_form {
	PULL_GROUP_KEY_ID,
	PULL_GROUP_IPV4,
	PULL_GROUP_TEXT
}; /* how the group id is sent; RFC 6407 5.1 */

/*
 * When what is unanswered is sent again, and when the server is given up.  FIRST_MS after the first sending, and as
 * often as EVEN says; then the interval is doubled each time, up to LONGEST_MS.  Once the server has answered anything,
 * its path works and loses datagrams: then ANSWERED_* count for each further message.
 */
struct pull_timing {
	uint32_t first_ms;   /* 0: 2000 */
	uint32_t longest_ms; /* 0: 600000 */
	uint8_t even;        /* intervals of FIRST_MS before the first one that is doubled; 0: 1 */
	uint8_t retransmits; /* after the first sending; 0: 4 */
	uint32_t quick_ms;   /* FIRST_MS for a server whose last first answer came within half of this; 0: FIRST_MS */
	uint32_t answered_longest_ms; /* 0: as LONGEST_MS */
	uint8_t answered_retransmits; /* 0: as RETRANSMITS */
	uint8_t answered_fresh_after; /* sendings under a finished phase 1, before the exchange begins anew; 0: never */
	uint32_t total_ms;            /* the server is given up after it, whatever it has answered; 0: 124000 */
	uint32_t answered_total_ms;   /* the same, from its first answer on; 0: does not count */
};

struct pull_params {
	uint32_t local, server; /* addresses, for default identities and for the notes */
	enum ike_mode mode;
	struct ike_proposal proposals[IKE_PROPOSALS_MAX];
	size_t n_proposals;
	struct secret psk;
	struct ike_id local_id,
		remote_id; /* type 0: ID_IPV4_ADDR of local, of server.  remote_id is enforced (RFC 6407 7.2.6) */
	uint32_t group;
	enum pull_group_form group_form;
	uint16_t doi;    /* of the phase 1 SA payload: 2, or what was learnt for this server */
	bool doi_fixed;  /* no retry with the other one */
	bool doi_learnt; /* it is what this server knew before: silence or a refusal makes the other one worth a try */
	bool situation_fixed; /* else 0 with DOI 2 (RFC 6407 5.2), 1 with DOI 1 (RFC 2407 4.2.1) */
	uint32_t situation;
	/*
	 * How many sender ids to ask for when the policy has a counter mode that this member may send with (RFC 6407
	 * 3.5): one for each encryption module.  0: no id is asked for, and one that comes is still in the download.
	 */
	uint16_t sender_ids;
	struct gap_numbers gap_numbers;
	struct pull_timing timing;
};

enum pull_state {
	PULL_RUNNING,
	PULL_DONE,    /* take the download */
	PULL_TIMEOUT, /* the server was silent, or said nothing that could be believed */
	PULL_REFUSED, /* an authenticated notify said no; pull_finding() tells which */
	PULL_ABORTED, /* an authenticated answer was unacceptable, or we could not go on */
};

/* The furthest that a pull waits for, or waited for when it ended. */
enum pull_awaits {
	PULL_AWAITS_ANSWER, /* the server's first answer; in aggressive mode, all of phase 1 */
	PULL_AWAITS_VALUE,  /* its public value, message 4 of main mode */
	PULL_AWAITS_PROOF,  /* of the key, message 6 */
	PULL_AWAITS_POLICY, /* phase 1 stands */
	PULL_AWAITS_KEYS,
};

/* The last arrival that explains why the pull makes no progress. */
enum pull_fact {
	PULL_FACT_NONE,
	PULL_FACT_CLEAR_NOTIFY, /* proves nothing */
	PULL_FACT_NOTIFY,       /* authenticated */
	PULL_FACT_KEY,          /* an answer that another key was used for */
	PULL_FACT_IGNORED,      /* an answer that could not be used */
	PULL_FACT_FORGED,       /* more answers than one server gives */
	PULL_FACT_STRANGER,     /* the server proved to be another one */
	PULL_FACT_DELETE,       /* authenticated: the ISAKMP SA is gone */
	PULL_FACT_POLICY,       /* authenticated: what the server gives is not acceptable */
	PULL_FACT_HERE,         /* memory, the crypto library */
};

/* In which kind of message the fact came. */
enum pull_fact_in {
	PULL_IN_MESSAGE, /* of phase 1 or of the pull itself */
	PULL_IN_CLEAR_NOTIFY,
	PULL_IN_INFORMATIONAL,
};

struct pull_finding {
	enum pull_awaits awaits;
	unsigned sendings; /* of what has no answer */
	enum pull_fact fact;
	enum pull_fact_in in;
	uint16_t notify;        /* PULL_FACT_*NOTIFY: its type */
	struct ike_cause cause; /* of the facts that have one */
};

/* The fact in a clause, "" when there is none.  Gives RET. */
#define PULL_FINDING_TEXT_MAX IKE_CAUSE_TEXT_MAX
const char *pull_finding_format(const struct pull_finding *finding, char ret[static PULL_FINDING_TEXT_MAX]);

struct pull;

/* Starts at NOW: the first datagram is in OUT.  Errors: -EINVAL (parameters), -ENOMEM, -EIO (crypto library). */
GVPN_MUST_CHECK int pull_new(struct pull **ret, const struct pull_params *params, uint64_t now, struct ike_out *out);
void pull_free(struct pull *p); /* wipes; NULL is fine */

/*
 * A datagram that came from the server's address (LEN > 0), or time has passed (DATA NULL).  Whatever cannot be
 * authenticated changes nothing but the notes.
 */
void pull_step(struct pull *p, uint64_t now, const uint8_t *data, size_t len, struct ike_out *out);

/*
 * Other times from NOW on, as if what is unanswered had just been sent for the first time.  AT_ONCE: it is sent again
 * now, into OUT.
 */
void pull_retime(struct pull *p, uint64_t now, const struct pull_timing *timing, bool at_once, struct ike_out *out);

enum pull_state pull_state(const struct pull *p);
/* Something has come that fitted: no proof of anything, but a sign that a server is there. */
bool pull_answered(const struct pull *p);
/* Phase 1 is done and message 1 is out: from here on the server may have looked up what it answers. */
bool pull_asked(const struct pull *p);
uint64_t pull_deadline(const struct pull *p);                  /* when to step next; UINT64_MAX: never */
const struct pull_finding *pull_finding(const struct pull *p); /* borrowed; until the next step */
/* Why it ended or what it waits for, in one clause.  Gives RET. */
#define PULL_REASON_MAX 320
const char *pull_reason(const struct pull *p, char ret[static PULL_REASON_MAX]);
/* Notifies that came in the clear since the last call; they prove nothing. */
unsigned pull_take_clear_notifies(struct pull *p);
bool pull_authenticated(const struct pull *p); /* phase 1 was done; what the pull became afterwards does not matter */
uint16_t pull_doi(const struct pull *p);       /* the DOI that worked, when authenticated */

struct vendor_ids;
const struct vendor_ids *pull_vendor_ids(const struct pull *p); /* the server's; borrowed */

/* After PULL_DONE: the download stays owned by P and is wiped with it.  NULL before. */
const struct download *pull_download(const struct pull *p);

/* Does a datagram of its server belong to this exchange?  By the initiator cookies of its phase 1. */
bool pull_owns(const struct pull *p, const uint8_t *data, size_t len);

#endif
