/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configurations as terminals, logs and sessions hold them: prompts, pagers, commands. */
#include "tests/unit/support/import_run.h"

#include <stdio.h>
#include <stdlib.h>

/* What stands behind a prompt without a command, as where the command has scrolled away. */
START_TEST(a_prompt_without_a_command)
{
	static const char lost_part[] = "set security group-vpn member ipsec vpn V exclude rule R protocol udp\n";
	char text[4096];

	snprintf(text, sizeof(text), MEMBER "\nroot@srx> \n%s", lost_part);
	ck_assert_int_eq(import_text(text), 1);
	snprintf(text, sizeof(text), MEMBER "\n[edit]\nroot@srx# \n%s", lost_part);
	ck_assert_int_eq(import_text(text), 1);
	ck_assert_int_eq(import_text(MEMBER "\n{primary:node0}\nroot@srx> \n\n{primary:node0}\nroot@srx> \n"), 0);
	ck_assert_int_eq(import_text(MEMBER "\n[edit]\nroot@srx# \n\n[edit]\nroot@srx# \n"), 0);
}
END_TEST

/* The first line of PuTTY's log. */
START_TEST(a_log_of_putty)
{
	static const char first[] = "=~=~=~=~=~=~=~=~=~=~=~= PuTTY log 2026.11.30 01:00:00 =~=~=~=~=~=~=~=~=~=~=~=\r\n";
	char text[4096];

	snprintf(text, sizeof(text), "%sroot@srx> show configuration | no-more\n" MEMBER "\nroot@srx> \n", first);
	ck_assert_int_eq(import_text(text), 0);
	snprintf(text, sizeof(text), "%s" MEMBER, first);
	ck_assert_int_eq(import_text(text), 0);
}
END_TEST

/* Prompts on lines of their own, with another user; and operational commands between them. */
START_TEST(a_session_that_was_copied)
{
	import_text("admin@srx-1> show configuration\nadmin@srx-1# set security zones security-zone L interfaces "
		    "ge-0/0/0.0\n"
		    "[edit security zones security-zone W]\nadmin@srx-1# set interfaces ge-0/0/1.0\n");
	PRINTED("set security zones security-zone L interfaces lan0\n");
	PRINTED("set security zones security-zone W interfaces wan0\n");
}
END_TEST

#define SET_LINES                                                                                                      \
	"set security zones security-zone L interfaces ge-0/0/0.0\n"                                                   \
	"set security zones security-zone W interfaces ge-0/0/1.0\n"

/* What a terminal shows after "show": braces or set lines, absolute or below the hierarchy, with the pager's marks. */
static const struct {
	const char *before, *text, *after;
	int r;
} pasted[] = {
	{ "root@srx1> show configuration | no-more\n", "## Last commit\n" MEMBER, "\nroot@srx1> \n", 0 },
	{ "root@srx1> show configuration\n", MEMBER, "", 0 },
	{ "{primary:node0}\nroot@srx1> show configuration | display inheritance no-comments\n", MEMBER,
	  "\n{primary:node0}\nroot@srx1> exit\n", 0 },
	{ "root@srx1> show version\nHostname: srx1\nroot@srx1> show configuration\n", "---(more)---\n" MEMBER, "", 0 },
	{ "admin@srx1# show | display set\n", SET_LINES, "\n[edit]\nadmin@srx1# exit\n", 1 },
	{ "admin@srx1> show configuration | display set\n", SET_LINES, "\nadmin@srx1>\n", 1 },
	{ "[edit security]\nadmin@srx1# show | display set\n", SET_LINES, "", 1 },
	{ "[edit security]\nadmin@srx1# show zones\n",
	  "security-zone L { interfaces { ge-0/0/0.0; } }\nsecurity-zone W {\n interfaces { ge-0/0/1.0; }\n}\n",
	  "\n[edit security]\nadmin@srx1# exit\n", 1 },
	{ "admin@srx1> show configuration security zones | no-more\n",
	  "security-zone L { interfaces { ge-0/0/0.0; } }\nsecurity-zone W {\n interfaces { ge-0/0/1.0; }\n}\n", "",
	  1 },
	{ "", SET_LINES, "\nadmin@srx1> \n", 1 },
	{ "", MEMBER, "\nadmin@srx1> \n", 0 },
};

START_TEST(what_a_terminal_shows)
{
	char text[8192];

	snprintf(text, sizeof(text), "%s%s%s", pasted[_i].before, pasted[_i].text, pasted[_i].after);
	ck_assert_int_eq(import_text(text), pasted[_i].r);
	PRINTED("set security zones security-zone L interfaces lan0\n");
	PRINTED("set security zones security-zone W interfaces wan0\n");
}
END_TEST

/* A pager's mark stands before the very statement that makes a rule inactive: on the device it is, so it is here. */
START_TEST(inactive_behind_a_pager)
{
	static const char *const marks[] = { "---(more 88%)---\r                                        \r",
					     "---(more)---\b\b\b\b\b\b\b\b\b\b\b\b            \b\b\b\b\b\b\b\b\b\b\b\b",
					     "\x1b[7m---(more)---\x1b[27m\r\x1b[K", "---(more 88%)---",
					     "---(more 88%)---\n" };
	char text[4096];

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		snprintf(text, sizeof(text),
			 MEMBER "set security group-vpn member ipsec vpn V fail-open rule R destination-address "
				"10.3.0.0/16\n"
				"%sdeactivate security group-vpn member ipsec vpn V fail-open rule R\n",
			 marks[i]);
		ck_assert_int_eq(import_text(text), 0);
		NOT_PRINTED("fail-open");
		TOLD("left out, it is inactive on the device:\n  security group-vpn member ipsec vpn V fail-open rule "
		     "R");
	}
}
END_TEST

/* What is left out anyway is read over, whatever it has. */
START_TEST(read_over)
{
	char text[16384];
	size_t n;

	ck_assert_int_eq(
		import_text(MEMBER "system { syslog { file messages { match \"!(.*sshd\\[[0-9]+\\]: .*)\"; } } }\n"),
		0);
	n = (size_t)snprintf(text, sizeof(text), MEMBER "set policy-options prefix-list P apply-path [");
	for (int i = 0; i < 300; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, " 10.0.%d.0/24", i % 256);
	snprintf(text + n, sizeof(text) - n, " ]\n");
	ck_assert_int_eq(import_text(text), 0);
	ck_assert_int_eq(import_text("root@srx:LS1> show configuration\n" MEMBER "\nroot@srx:LS1> \n"), 0);
	/* and in what is kept each of them counts */
	ck_assert_int_eq(import_text(MEMBER "set security group-vpn member ike policy K description \"a \\[ b\"\n"), 0);
	ck_assert_int_eq(import_text(MEMBER "set security group-vpn member ipsec vpn \"V\\[\" group 7\n"), 1);
	TOLD("kept, but a backslash in it stands before a character that gvpnd does not know:\n");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("import text");
	TCase *t = tcase_create("text");
	SRunner *r;

	tcase_add_checked_fixture(t, NULL, import_forget);
	tcase_add_test(t, a_prompt_without_a_command);
	tcase_add_test(t, a_log_of_putty);
	tcase_add_test(t, a_session_that_was_copied);
	tcase_add_loop_test(t, what_a_terminal_shows, 0, ARRAY_SIZE(pasted));
	tcase_add_test(t, inactive_behind_a_pager);
	tcase_add_test(t, read_over);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
