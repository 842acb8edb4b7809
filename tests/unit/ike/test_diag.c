/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/words.h"

#include "ike/diag.h"
#include "ike/ident.h"

#include <check.h>
#include <stdlib.h>

START_TEST(peer_text_is_made_printable)
{
	struct ike_id id = { IKE_ID_FQDN, 6, "a\033[2J\n" };
	struct ike_out out = { 0 };
	struct ike_diag d = { .out = &out };
	char text[IDENT_TEXT_MAX];

	diag_note(&d, IKE_NOTE_INFO, NOTE_LOCAL_IDENTITY, ident_text(&id, text));
	ck_assert_str_eq(note_words_of(&out.notes[0]), "this member's identity is hostname \"a?[2J?\"");
	for (unsigned i = 0; i < 20; i++) {
		diag_note(&d, IKE_NOTE_INFO, NOTE_PUSH_AGAIN, i);
		diag_note(&d, IKE_NOTE_INFO, NOTE_PUSH_AGAIN, i < IKE_OUT_NOTES - 1 ? i : 0); /* told already */
	}
	ck_assert_uint_eq(out.n_notes, IKE_OUT_NOTES);
	ck_assert_uint_eq(out.n_notes_dropped, 21 - IKE_OUT_NOTES);
	ike_out_clear(&out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("notes");
	TCase *t = tcase_create("notes");
	SRunner *runner;
	int failed;

	tcase_add_test(t, peer_text_is_made_printable);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
