/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/words.h"

#include "member/group/group.h"

const char *note_words_of(const struct ike_note *note)
{
	static char text[IKE_NOTE_TEXT_MAX];

	return ike_note_format(note, text);
}

const char *last_note(const struct ike_out *out)
{
	return out->n_notes > 0 ? note_words_of(&out->notes[out->n_notes - 1]) : "";
}

const char *cause_words_of(const struct ike_cause *cause)
{
	static char text[IKE_CAUSE_TEXT_MAX];

	return ike_cause_format(cause, text);
}

const char *refusal_words_of(const struct keyring_refusal *refusal)
{
	static char text[RECORD_TEXT_MAX];
	struct record record;

	group_refusal_record(refusal, &record);
	return record_words(&record, text);
}

const char *reason_of(const struct pull *p)
{
	static char text[PULL_REASON_MAX];

	return pull_reason(p, text);
}
