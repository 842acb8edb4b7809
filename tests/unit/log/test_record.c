/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records: facts become words by one table, and a record keeps what it was made of. */
#include "member/log/record.h"
#include "member/log/record_table.h"

#include <check.h>
#include <stdlib.h>

static char words[RECORD_TEXT_MAX];

START_TEST(each_kind_of_argument)
{
	struct selector sel = { .src = { 0x0a000000, 8 },
				.dst = { 0x0a000000, 8 },
				.sport = { 0, UINT16_MAX },
				.dport = { 0, UINT16_MAX } };
	struct record r, clause;

	record_set(&clause, REASON_PULL, record_number(7), record_address(0x0a0a6401));
	record_set(&r, RECORD_ENTERED, record_state(GROUP_IDLE), record_state(GROUP_REGISTERING),
		   record_clause(&clause));
	ck_assert_str_eq(record_words(&r, words), "idle -> registering: pull of group 7 from 10.10.100.1");
	record_set(&r, RECORD_KILOBYTES_USED, record_spi(0xabc));
	ck_assert_str_eq(record_words(&r, words), "the lifetime of TEK 00000abc in kilobytes is used up");
	ck_assert_int_eq(r.level, LOG_LEVEL_WARNING);
	record_set(&r, RECORD_LINES_OF_EVENT_MISSED, record_number(3), record_seconds(29001),
		   record_event(EVENT_PUSH_REFUSED));
	ck_assert_str_eq(record_words(&r, words),
			 "3 more lines push-refused were not logged within 30 s, they came too fast");
	record_set(&clause, NEXT_NONE);
	record_set(&r, RECORD_LAST_KEY_OF_POLICY_ENDED, record_phrase(TRAFFIC_BLOCKED), record_clause(&clause),
		   record_selector(&sel));
	ck_assert_str_eq(record_words(&r, words),
			 "the last key of policy 10.0.0.0/8 -> 10.0.0.0/8 has ended and none replaces it: its traffic "
			 "is blocked (fail-close) until new keys come; no registration is planned");
	ck_assert_int_eq(r.event, EVENT_KEYS_EXPIRED);
}
END_TEST

/* A clause in a clause in a line, each with texts; and the record does not point at what it was made of. */
START_TEST(clauses_nest)
{
	char text[] = "the fact", verdict_text[] = "silence";
	struct record last, verdict, why, line, copy;

	record_set(&last, CLAUSE_LAST_CAME, record_text(text));
	record_set(&verdict, VERDICT_LEFT, record_number(4), record_text_part(verdict_text, 5), record_clause(&last));
	record_set(&why, FAILURE_VERDICT, record_address(1), record_clause(&verdict), record_phrase(REMEDY_STRANGER));
	record_set(&line, RECORD_REGISTRATION_LEFT, record_clause(&why));
	copy = line;
	memset(text, 'x', sizeof(text) - 1);
	memset(&line, 0xff, sizeof(line));
	memset(&why, 0xff, sizeof(why));
	ck_assert_str_eq(record_words(&copy, words),
			 "registration failed: 0.0.0.1: no usable answer yet to 4 transmissions (silen); last came: "
			 "the fact; check who answers at that address; a late answer still counts");
}
END_TEST

/* Texts of a peer that fill the record: the words end with the buffer, and nothing is read that is not there. */
START_TEST(long_texts_are_cut)
{
	char text[3 * RECORD_TEXT_MAX];
	struct record r, clause;

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	record_set(&clause, FAILURE_HERE, record_text(text));
	ck_assert_uint_eq(strlen(record_words(&clause, words)), RECORD_TEXT_MAX - 1);
	record_set(&r, FAILURE_VERDICT, record_text(text), record_clause(&clause), record_text("b"));
	ck_assert_uint_eq(strlen(record_words(&r, words)), RECORD_TEXT_MAX - 1);
	record_set(&r, RECORD_REGISTRATION_FAILED, record_clause(&clause));
	ck_assert_uint_eq(strlen(record_words(&r, words)), RECORD_TEXT_MAX - 1);
}
END_TEST

/* A percent sign of a peer is a percent sign. */
START_TEST(texts_are_no_templates)
{
	struct record r;

	record_set(&r, RECORD_NOTE_PUSH_REFUSED, record_text("100% %2 %s %1"), record_address(2));
	ck_assert_str_eq(record_words(&r, words), "100% %2 %s %1; from 0.0.0.2, nothing has changed");
}
END_TEST

/* An id without a row would be an empty line. */
START_TEST(every_id_has_words)
{
	for (int id = RECORD_NOTHING + 1; id < RECORD_IDS; id++) {
		const struct record_row *row = record_row((enum record_id)id);

		ck_assert_msg(row->words && row->words[0], "record %d has no words", id);
		for (const char *at = strchr(row->words, '%'); at; at = strchr(at + 1, '%'))
			ck_assert_msg(at[1] >= '1' && at[1] <= '9', "'%s' has a percent sign for no argument",
				      row->words);
	}
	ck_assert_str_eq(record_row(RECORD_NOTHING)->words, "");
	ck_assert_str_eq(record_row(RECORD_IDS)->words, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("record");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(t, each_kind_of_argument);
	tcase_add_test(t, clauses_nest);
	tcase_add_test(t, long_texts_are_cut);
	tcase_add_test(t, texts_are_no_templates);
	tcase_add_test(t, every_id_has_words);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
