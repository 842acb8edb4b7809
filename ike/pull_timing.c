/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a pull sends again what has no answer, and how long its server is waited for (struct pull_timing). */
#include "ike/pull_state.h"

#define RETRANSMIT_FIRST_MS 2000
#define RETRANSMIT_MAX_MS 600000
#define RETRANSMITS 4
#define TOTAL_MS 124000 /* twice what a silent server is waited for */

void pull_complete_timing(struct pull_timing *t)
{
	if (t->first_ms == 0)
		t->first_ms = RETRANSMIT_FIRST_MS;
	if (t->longest_ms == 0)
		t->longest_ms = RETRANSMIT_MAX_MS;
	if (t->quick_ms == 0)
		t->quick_ms = t->first_ms;
	if (t->even == 0)
		t->even = 1;
	if (t->retransmits == 0)
		t->retransmits = RETRANSMITS;
	if (t->answered_longest_ms == 0)
		t->answered_longest_ms = t->longest_ms;
	if (t->answered_retransmits == 0)
		t->answered_retransmits = t->retransmits;
	if (t->total_ms == 0)
		t->total_ms = TOTAL_MS;
}

static void set_deadline(struct pull *p, uint64_t now)
{
	p->deadline = now + p->interval < p->ends ? now + p->interval : p->ends;
}

void pull_begin_timing(struct pull *p, uint64_t now)
{
	p->interval = p->quick ? p->params.timing.quick_ms : p->params.timing.first_ms;
	p->finding.sendings = 1;
	p->sent_at = now;
	set_deadline(p, now);
}

/* To which of several sendings an answer belongs is not known: those say nothing about the delay. */
void pull_note_answer(struct pull *p, uint64_t now)
{
	if (!p->answered && p->params.timing.answered_total_ms > 0)
		p->ends = now + p->params.timing.answered_total_ms;
	p->answered = true;
	if (p->finding.sendings == 1)
		p->quick = now - p->sent_at <= p->params.timing.quick_ms / 2;
}

uint32_t pull_total_ms(const struct pull *p)
{
	const struct pull_timing *t = &p->params.timing;

	return p->answered && t->answered_total_ms > 0 ? t->answered_total_ms : t->total_ms;
}

unsigned pull_retransmissions(const struct pull *p)
{
	return p->answered ? p->params.timing.answered_retransmits : p->params.timing.retransmits;
}

void pull_time_next(struct pull *p, uint64_t now)
{
	const struct pull_timing *t = &p->params.timing;
	uint64_t longest = p->answered ? t->answered_longest_ms : t->longest_ms;

	if (p->finding.sendings++ >= t->even)
		p->interval = p->interval * 2 < longest ? p->interval * 2 : longest;
	p->sent_at = now;
	set_deadline(p, now);
}
