/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words for the owner of a pull: which message the pull waits for, what came last, why the pull ended. */
#include "ike/pull_state.h"

#include <stdio.h>

const char *pull_finding_format(const struct pull_finding *f, char ret[static PULL_FINDING_TEXT_MAX])
{
	char cause[IKE_CAUSE_TEXT_MAX];

	ret[0] = '\0';
	switch (f->fact) {
	case PULL_FACT_NONE:
		return ret;
	case PULL_FACT_CLEAR_NOTIFY:
		snprintf(ret, PULL_FINDING_TEXT_MAX, "notify %u %s in the clear", f->notify, notify_name(f->notify));
		return ret;
	case PULL_FACT_NOTIFY:
		snprintf(ret, PULL_FINDING_TEXT_MAX, "notify %u %s", f->notify, notify_name(f->notify));
		return ret;
	case PULL_FACT_DELETE:
		snprintf(ret, PULL_FINDING_TEXT_MAX, "the server deleted the ISAKMP SA");
		return ret;
	case PULL_FACT_KEY:
	case PULL_FACT_IGNORED:
	case PULL_FACT_FORGED:
	case PULL_FACT_STRANGER:
	case PULL_FACT_POLICY:
	case PULL_FACT_HERE:
		break;
	}
	switch (f->in) {
	case PULL_IN_MESSAGE:
		return ike_cause_format(&f->cause, ret);
	case PULL_IN_CLEAR_NOTIFY:
		snprintf(ret, PULL_FINDING_TEXT_MAX, "a notify in the clear that cannot be read: %.100s",
			 ike_cause_format(&f->cause, cause));
		break;
	case PULL_IN_INFORMATIONAL:
		snprintf(ret, PULL_FINDING_TEXT_MAX, "an informational message that cannot be read: %.100s",
			 ike_cause_format(&f->cause, cause));
		break;
	}
	return ret;
}

static const char *awaited_words(const struct pull *p)
{
	switch (p->finding.awaits) {
	case PULL_AWAITS_ANSWER:
		return "waiting for the server's first answer";
	case PULL_AWAITS_VALUE:
		return "waiting for message 4 of phase 1";
	case PULL_AWAITS_PROOF:
		return "waiting for message 6 of phase 1";
	case PULL_AWAITS_POLICY:
		return "waiting for the group's policy";
	case PULL_AWAITS_KEYS:
		return "waiting for the group's keys";
	}
	return "";
}

/*
 * The words name the last arrival, if there was one: a server that is silent and a server that is not understood need
 * different remedies.
 */
static void format_timeout(const struct pull *p, const char *last, char ret[static PULL_REASON_MAX])
{
	char text[160];

	if (p->too_slow)
		snprintf(text, sizeof(text), "it answers too slowly, not at its end after %u s (%.90s)",
			 pull_total_ms(p) / 1000, awaited_words(p));
	else
		snprintf(text, sizeof(text), "no usable answer to %u transmissions (%.90s)", p->finding.sendings,
			 awaited_words(p));
	snprintf(ret, PULL_REASON_MAX, "%.130s%s%.150s", text, last[0] ? "; last came: " : "", last);
}

const char *pull_reason(const struct pull *p, char ret[static PULL_REASON_MAX])
{
	char last[PULL_FINDING_TEXT_MAX];

	pull_finding_format(&p->finding, last);
	switch (p->state) {
	case PULL_RUNNING:
		snprintf(ret, PULL_REASON_MAX, "%s", awaited_words(p));
		break;
	case PULL_DONE:
		snprintf(ret, PULL_REASON_MAX, "registered");
		break;
	case PULL_TIMEOUT:
		format_timeout(p, last, ret);
		break;
	case PULL_REFUSED:
		snprintf(ret, PULL_REASON_MAX, "the server refuses with %.290s", last);
		break;
	case PULL_ABORTED:
		snprintf(ret, PULL_REASON_MAX, "%s", last);
		break;
	}
	return ret;
}
