/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of notes and causes for the messages of tests, each good until the next call. */
#ifndef TESTS_UNIT_SUPPORT_WORDS_H
#define TESTS_UNIT_SUPPORT_WORDS_H

#include "ike/pull.h"
#include "member/group/keyring.h"

const char *note_words_of(const struct ike_note *note);
/* Of the last one; "" when there is none. */
const char *last_note(const struct ike_out *out);
const char *cause_words_of(const struct ike_cause *cause);
const char *refusal_words_of(const struct keyring_refusal *refusal);
const char *reason_of(const struct pull *p);

#endif
