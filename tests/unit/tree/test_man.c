/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The man pages against the programs: the commands that they show run, and what the programs take is described. */
#include "member/ctl/ctl.h"
#include "member/log/event.h"
#include "tests/unit/support/man_page.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARGS_MAX 24

/* Runs one line of gvpnctl without a daemon: it must be refused for that alone. */
static void run_line(char *line)
{
	char socket_option[] = "--socket", nowhere[] = "/nonexistent/bus", *argv[ARGS_MAX] = { NULL };
	int argc = 0;
	FILE *null = fopen("/dev/null", "w");
	char copy[512];
	enum ctl_exit r;

	snprintf(copy, sizeof(copy), "%s", line);
	line[strcspn(line, ">|;&")] = '\0';
	for (char *save = NULL, *w = strtok_r(line, " \\", &save); w; w = strtok_r(NULL, " \\", &save)) {
		ck_assert_int_lt(argc, ARGS_MAX - 3);
		argv[argc++] = w;
		if (argc == 1) {
			argv[argc++] = socket_option;
			argv[argc++] = nowhere;
		}
	}
	ck_assert_ptr_nonnull(null);
	r = ctl_run(argc, argv, null, null);
	fclose(null);
	ck_assert_msg(r == CTL_UNREACHABLE || (strstr(copy, "import") && r == CTL_REFUSED), "'%s' gave %d", copy, r);
}

static const char *const pages[] = { "gvpnctl.8",          "gvpnd.8",    "gcks.8", "gvpnd.conf.5",
				     "org.gvpn.Member1.5", "gvpn-json.5" };

START_TEST(commands_are_taken)
{
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		char *page = man_read_page(pages[i]), *text;
		const char *at = page;

		for (; (text = man_next_display(&at)); free(text))
			for (char *save = NULL, *line = strtok_r(text, "\n", &save); line;
			     line = strtok_r(NULL, "\n", &save)) {
				line += strspn(line, "# ");
				if (strncmp(line, "gvpnctl ", strlen("gvpnctl ")) != 0)
					continue;
				run_line(line);
				n++;
			}
		free(page);
	}
	ck_assert_uint_ge(n, 8);
}
END_TEST

/* "--config" of a line for PROGRAM: its page describes the option. */
static void check_options(const char *page, char *line)
{
	char want[64];

	for (char *save = NULL, *w = strtok_r(line, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		if (w[0] != '-')
			continue;
		snprintf(want, sizeof(want), w[1] == '-' ? "Fl Fl %.50s" : "Fl %.50s", w + (w[1] == '-' ? 2 : 1));
		ck_assert_msg(strstr(page, want) != NULL, "an example has '%s', and the page no '%s'", w, want);
	}
}

START_TEST(options_of_examples)
{
	static const struct {
		const char *page, *program;
	} programs[] = { { "gvpnd.8", "gvpnd " }, { "gcks.8", "gcks " } };
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		char *page = man_read_page(programs[i].page), *text;
		const char *at = page;

		for (; (text = man_next_display(&at)); free(text))
			for (char *save = NULL, *line = strtok_r(text, "\n", &save); line;
			     line = strtok_r(NULL, "\n", &save)) {
				line += strspn(line, "# ");
				if (strncmp(line, programs[i].program, strlen(programs[i].program)) != 0)
					continue;
				check_options(page, line);
				n++;
			}
		free(page);
	}
	ck_assert_uint_ge(n, 4);
}
END_TEST

/* What an installed page names is where "make install" puts it. */
START_TEST(installed_files)
{
	static const char server[] = "/usr/share/doc/gvpn-gcks/examples/server.conf";
	char *page = man_read_page("gcks.8");

	ck_assert_ptr_null(strstr(page, "tests/configs"));
	ck_assert_ptr_nonnull(strstr(page, server));
	ck_assert_msg(access("tests/configs/server.conf", R_OK) == 0, "it is the example that is installed");
	free(page);
}
END_TEST

START_TEST(commands_and_options_are_documented)
{
	char *page = man_read_page("gvpnctl.8"), *help = NULL, name[] = "gvpnctl", option[] = "--help",
	     *argv[] = { name, option, NULL }, want[64];
	unsigned n = 0;
	size_t size;
	FILE *f = open_memstream(&help, &size);

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(ctl_run(2, argv, f, stderr), CTL_OK);
	fclose(f);
	for (char *save = NULL, *w = strtok_r(help, " []\n", &save); w; w = strtok_r(NULL, " []\n", &save)) {
		if (strncmp(w, "--", 2) == 0) {
			w += 2;
			snprintf(want, sizeof(want), "Fl Fl %.*s", (int)strcspn(w, "=,"), w);
			ck_assert_msg(strstr(page, want) != NULL, "gvpnctl(8) has no '%s'", want);
			n++;
		}
	}
	ck_assert_uint_gt(n, 5);
	static const char *const verbs[] = { "show",  "explain", "monitor", "metrics",
					     "clear", "reload",  "stop",    "import" };
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		snprintf(want, sizeof(want), "Cm %s", verbs[i]);
		ck_assert_msg(strstr(page, want) != NULL, "gvpnctl(8) has no '%s'", want);
	}
	free(help);
	free(page);
}
END_TEST

START_TEST(events_are_documented)
{
	char *page = man_read_page("gvpnd.8");

	for (enum event e = EVENT_NONE + 1; e < EVENT_MAX_; e++)
		ck_assert_msg(strstr(page, event_name(e)) != NULL, "gvpnd(8) does not name the event '%s'",
			      event_name(e));
	free(page);
}
END_TEST

START_TEST(mandoc_has_nothing_to_say)
{
	ck_assert_msg(system("mandoc -T lint -W warning man/*.[1-9]") == 0,
		      "see above; when mandoc is missing, run tests/install-deps");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("man");
	TCase *t = tcase_create("man pages");
	SRunner *r;

	tcase_add_test(t, commands_are_taken);
	tcase_add_test(t, options_of_examples);
	tcase_add_test(t, installed_files);
	tcase_add_test(t, commands_and_options_are_documented);
	tcase_add_test(t, events_are_documented);
	tcase_add_test(t, mandoc_has_nothing_to_say);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
