/* SPDX-License-Identifier: GPL-2.0-or-later */
/* This host's clock, as adjtimex(2) says it. */
#include "lib/clock.h"

#include "lib/base.h"

#include <check.h>
#include <stdlib.h>

START_TEST(what_adjtimex_says)
{
	static const struct {
		int result;
		struct timex t;
		struct clock_state is;
	} cases[] = {
		{ -1, { .status = 0, .maxerror = 5 }, { .known = false } },
		{ TIME_OK, { .status = STA_PLL, .maxerror = 12500 }, { true, true, 13, 0 } },
		{ TIME_OK, { .status = 0, .maxerror = 0, .tai = 37 }, { true, true, 0, 37 } },
		{ TIME_INS, { .status = STA_PLL | STA_INS, .maxerror = 1 }, { true, true, 1, 0 } },
		{ TIME_WAIT, { .status = STA_PLL, .maxerror = 1000 }, { true, true, 1, 0 } },
		/* as a kernel begins, and what it comes back to when nobody sets the clock for long */
		{ TIME_ERROR, { .status = STA_UNSYNC, .maxerror = 16000000 }, { true, false, 16000, 0 } },
		{ TIME_ERROR, { .status = STA_UNSYNC | STA_PLL, .tai = 37 }, { true, false, 0, 37 } },
		{ TIME_ERROR, { .status = STA_CLOCKERR, .maxerror = 20 }, { true, false, 1, 0 } },
		/* a missing pulse is no missing time */
		{ TIME_ERROR, { .status = STA_PLL | STA_PPSTIME, .maxerror = 20 }, { true, true, 1, 0 } },
		{ TIME_OK, { .status = STA_PLL, .maxerror = -5 }, { true, true, 0, 0 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct clock_state *want = &cases[i].is;
		struct clock_state have;

		clock_judge(&have, cases[i].result, &cases[i].t);
		ck_assert_msg(have.known == want->known && have.synchronised == want->synchronised, "case %zu", i);
		ck_assert_uint_eq(have.error_ms, want->error_ms);
		ck_assert_int_eq(have.tai_offset, want->tai_offset);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("clock");
	TCase *c = tcase_create("clock");
	SRunner *runner;
	int failed;

	tcase_add_test(c, what_adjtimex_says);
	suite_add_tcase(suite, c);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
