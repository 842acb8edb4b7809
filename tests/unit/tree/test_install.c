/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "make install" and "make uninstall": tests/install-check.  Run from the root of the tree. */
#include "lib/gvpn.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const prefixes[] = { "/usr", "/usr/local", "/opt/gvpn" };

START_TEST(install_and_uninstall)
{
	char command[128];

	snprintf(command, sizeof(command), "bash tests/install-check %s", prefixes[_i]);
	ck_assert_msg(system(command) == 0, "see above");
}
END_TEST

/* In another root of dpkg, or where no systemd runs, removing the package leaves the kernel alone. */
START_TEST(prerm_in_a_chroot)
{
	ck_assert_msg(
		system("d=$(mktemp -d) && printf '#!/bin/sh\ntouch \"%s/called\"\n' \"$d\" >\"$d/gvpnd\" && "
		       "chmod +x \"$d/gvpnd\" && PATH=\"$d:$PATH\" DPKG_ROOT=/target sh debian/gvpnd.prerm remove && "
		       "! test -e \"$d/called\"; r=$?; rm -r \"$d\"; exit $r") == 0,
		"gvpnd --flush was called");
}
END_TEST

/* Where scenario systemd and tests/walk get a Debian from: what this machine's apt has. */
START_TEST(mirror_of_this_machine)
{
	ck_assert_msg(system("bash tests/mirror-check") == 0, "see above");
}
END_TEST

/* Which kernel "vm/run -k 6.1" boots where there is a 6.12 too. */
START_TEST(kernel_by_version)
{
	ck_assert_msg(system("bash tests/kernel-check") == 0, "see above");
}
END_TEST

/* The report of "make bench", on figures whose report is known */
START_TEST(report_of_bench)
{
	ck_assert_msg(system("bash tests/bench/report-check") == 0, "see above");
}
END_TEST

/* The judge of IVs in captures of scenario gcm, on captures that have one fault each */
START_TEST(judge_of_ivs)
{
	ck_assert_msg(system("tests/ivs-check") == 0, "see above");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("install");
	TCase *t = tcase_create("prefixes");
	SRunner *r;

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, install_and_uninstall, 0, ARRAY_SIZE(prefixes));
	tcase_add_test(t, prerm_in_a_chroot);
	tcase_add_test(t, mirror_of_this_machine);
	tcase_add_test(t, kernel_by_version);
	tcase_add_test(t, report_of_bench);
	tcase_add_test(t, judge_of_ivs);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
