/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The man pages against the program: what they show loads and runs, and what the program takes they name.  Run from the
 * root of the tree.
 */
#include "lib/gvpn.h"
#include "member/config/config.h"
#include "member/config/schema.h"
#include "member/config/statement.h"
#include "member/ctl/ctl.h"
#include "member/ctl/metrics.h"
#include "member/daemon/snapshot.h"
#include "member/log/event.h"

#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_MAX 131072
#define ARGS_MAX 24

static char *read_page(const char *name)
{
	char path[64], *text = calloc(1, PAGE_MAX);
	FILE *f;

	snprintf(path, sizeof(path), "man/%s", name);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s: cannot be read; run the test from the root of the tree", path);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_lt(fread(text, 1, PAGE_MAX, f), PAGE_MAX);
	fclose(f);
	return text;
}

/* As a reader sees it: "\e" is a backslash, "\-" a minus, "\&" nothing. */
static void unescape(char *text)
{
	char *to = text;

	for (char *p = text; *p; p++) {
		if (*p != '\\') {
			*to++ = *p;
			continue;
		}
		p++;
		if (*p == 'e')
			*to++ = '\\';
		else if (*p != '&')
			*to++ = *p;
	}
	*to = '\0';
}

/* The next display of a page at *AT, as text: a literal block, or one line; NULL: no more.  free() it. */
static char *next_display(const char **at)
{
	const char *block = strstr(*at, "\n.Bd -literal"), *line = strstr(*at, "\n.Dl "), *from, *end;
	char *text;

	if (line && (!block || line < block)) {
		from = line + strlen("\n.Dl ");
		end = strchr(from, '\n');
	} else if (block) {
		from = strchr(block + 1, '\n') + 1;
		end = strstr(from, "\n.Ed");
		ck_assert_ptr_nonnull(end);
	} else {
		return NULL;
	}
	text = strndup(from, (size_t)(end - from));
	ck_assert_ptr_nonnull(text);
	unescape(text);
	*at = end;
	return text;
}

/* --- configurations --- */

/* What a part needs around it. */
#define MEMBER "set security group-vpn member "
static const char around[] =
	"\n" MEMBER "ike proposal Around authentication-method pre-shared-keys\n" MEMBER
	"ike proposal Around dh-group group14\n" MEMBER "ike proposal Around authentication-algorithm sha-256\n" MEMBER
	"ike proposal Around encryption-algorithm aes-256-cbc\n" MEMBER "ike policy Around proposals Around\n" MEMBER
	"ike policy Around pre-shared-key ascii-text around\n" MEMBER "ike gateway Around ike-policy Around\n" MEMBER
	"ike gateway Around server-address 192.0.2.1\n" MEMBER "ike gateway Around local-address 192.0.2.2\n" MEMBER
	"ipsec vpn Around ike-gateway Around\n" MEMBER "ipsec vpn Around group 4711\n";

static void load(const char *text)
{
	_cleanup_(config_freep) struct config *c = NULL;
	_cleanup_(junos_freep) struct junos *j = NULL;
	_cleanup_(statements_freep) struct statements *s = NULL;
	struct config_error err = { .text = "" };
	struct config_error why = { .text = "" };
	char whole[8192];

	if (strstr(text, "group-vpn {")) {
		ck_assert_msg(config_parse(&c, "example", text, strlen(text), &err) == 0, "%s\n%s", err.text, text);
		return;
	}
	/* A part: every statement of it is one. */
	snprintf(whole, sizeof(whole), "%s%s", text, around);
	ck_assert_msg(junos_parse(&j, "example", whole, strlen(whole), &why) == 0, "%s\n%s", why.text, text);
	ck_assert_msg(statements_read(&s, j, &config_member_root, &why) == 0, "%s\n%s", why.text, text);
}

/* The credential that examples name, as systemd hands it over. */
static void with_credential(const char *key)
{
	static char directory[] = "/tmp/gvpn-man.XXXXXX", file[64];
	FILE *f;

	if (!key) {
		unlink(file);
		rmdir(directory);
		return;
	}
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(file, sizeof(file), "%s/gvpn-psk", directory);
	f = fopen(file, "w");
	ck_assert_ptr_nonnull(f);
	fputs(key, f);
	fclose(f);
	chmod(file, 0600);
	setenv("CREDENTIALS_DIRECTORY", directory, 1);
}

START_TEST(configurations_load)
{
	char *page = read_page("gvpnd.conf.5"), *text;
	const char *at = page;
	unsigned n = 0;

	with_credential("a key");
	for (; (text = next_display(&at)); free(text)) {
		if (!strchr(text, '{') && strncmp(text, "set ", 4) != 0)
			continue;
		load(text);
		n++;
	}
	with_credential(NULL);
	ck_assert_uint_ge(n, 3);
	free(page);
}
END_TEST

/* --- commands --- */

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
		char *page = read_page(pages[i]), *text;
		const char *at = page;

		for (; (text = next_display(&at)); free(text))
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
		char *page = read_page(programs[i].page), *text;
		const char *at = page;

		for (; (text = next_display(&at)); free(text))
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
	char *page = read_page("gcks.8");

	ck_assert_ptr_null(strstr(page, "tests/configs"));
	ck_assert_ptr_nonnull(strstr(page, server));
	ck_assert_msg(access("tests/configs/server.conf", R_OK) == 0, "it is the example that is installed");
	free(page);
}
END_TEST

/* --- what programs read --- */

static bool has_word(const char *page, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = page; (at = strstr(at, word)); at++)
		if (at > page && !isalnum((unsigned char)at[-1]) && at[-1] != '_' && !isalnum((unsigned char)at[n]) &&
		    at[n] != '_')
			return true;
	return false;
}

static unsigned check_keys(struct json_object *o, const char *page)
{
	unsigned n = 0;

	if (json_object_is_type(o, json_type_array))
		for (size_t i = 0; i < json_object_array_length(o); i++)
			n += check_keys(json_object_array_get_idx(o, i), page);
	if (!json_object_is_type(o, json_type_object))
		return n;
	json_object_object_foreach (o, key, value) {
		ck_assert_msg(has_word(page, key), "gvpn-json(5) does not name '%s'", key);
		n += 1 + check_keys(value, page);
	}
	return n;
}

/* Keys as the daemon's source sets them: add_count(o, "key", ...).  The golden snapshots may lack one. */
static unsigned check_source(const char *path, const char *page)
{
	char *text = calloc(1, PAGE_MAX), key[64];
	FILE *f = fopen(path, "r");
	unsigned n = 0;

	ck_assert_msg(f != NULL, "%s", path);
	ck_assert_uint_lt(fread(text, 1, PAGE_MAX, f), PAGE_MAX);
	fclose(f);
	for (const char *at = text; (at = strstr(at, ", \"")); at++) {
		size_t len = strspn(at + 3, "abcdefghijklmnopqrstuvwxyz_");

		if (len == 0 || len >= sizeof(key) || strncmp(at + 3 + len, "\",", 2) != 0)
			continue;
		snprintf(key, sizeof(key), "%.*s", (int)len, at + 3);
		ck_assert_msg(has_word(page, key), "gvpn-json(5) does not name '%s' of %s", key, path);
		n++;
	}
	free(text);
	return n;
}

START_TEST(json_is_documented)
{
	static const char *const golden[] = { "srx", "mx", "several", "none" };
	char *page = read_page("gvpn-json.5"), path[64];

	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		snprintf(path, sizeof(path), "tests/unit/golden/%s.json", golden[i]);
		struct json_object *o = json_object_from_file(path);

		ck_assert_msg(o != NULL, "%s", path);
		ck_assert_int_eq(json_object_get_int(json_object_object_get(o, "format")), SNAPSHOT_FORMAT);
		ck_assert_uint_ge(check_keys(o, page), 4);
		json_object_put(o);
	}
	ck_assert_uint_gt(check_source("member/daemon/snapshot.c", page), 60);
	ck_assert_uint_gt(check_source("member/daemon/explain.c", page), 15);
	ck_assert_uint_ge(check_source("member/ctl/verb_monitor.c", page), 5);
	ck_assert_uint_ge(check_source("member/ctl/output_json.c", page), 2);
	free(page);
}
END_TEST

START_TEST(metrics_are_documented)
{
	char *page = read_page("gvpn-json.5"), *text = NULL;
	struct json_object *o = json_object_from_file("tests/unit/golden/several.json");
	unsigned n = 0;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert(o && f);
	ck_assert_int_eq(metrics_print(f, o), 0);
	fclose(f);
	for (char *save = NULL, *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "# TYPE ", 7) == 0) {
			line[7 + strcspn(line + 7, " ")] = '\0';
			ck_assert_msg(has_word(page, line + 7), "gvpn-json(5) does not name %s", line + 7);
			n++;
			continue;
		}
		char *at = line[0] == '#' ? NULL : strchr(line, '{');
		for (char *end; at && (end = strstr(at, "=\"")); at = strstr(end + 2, "\",")) {
			char label[32];

			at += strspn(at, "{\",");
			snprintf(label, sizeof(label), "%.*s", (int)(end - at), at);
			ck_assert_msg(has_word(page, label), "gvpn-json(5) does not name the label '%s'", label);
		}
	}
	ck_assert_uint_gt(n, 30);
	json_object_put(o);
	free(text);
	free(page);
}
END_TEST

/* --- completeness --- */

static unsigned walk(const struct statement_schema *s, const char *page, unsigned depth)
{
	unsigned n = 0;

	for (; s && s->name && depth < 16; s++) {
		if (s->kind == STATEMENT_IGNORED || s->kind == STATEMENT_REFUSED || s->name[0] == '(' ||
		    s->flags & STATEMENT_ANY_NAME) {
			/* it means nothing here, or is any name */
		} else {
			ck_assert_msg(strstr(page, s->name) != NULL, "gvpnd.conf(5) does not name '%s'", s->name);
			n++;
		}
		n += walk(s->children, page, depth + 1);
	}
	return n;
}

START_TEST(statements_are_documented)
{
	char *page = read_page("gvpnd.conf.5");

	unescape(page);
	ck_assert_uint_gt(walk(config_member_root.children, page, 0), 50);
	free(page);
}
END_TEST

START_TEST(commands_and_options_are_documented)
{
	char *page = read_page("gvpnctl.8"), *help = NULL, name[] = "gvpnctl", option[] = "--help",
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
	char *page = read_page("gvpnd.8");

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

	tcase_add_test(t, configurations_load);
	tcase_add_test(t, commands_are_taken);
	tcase_add_test(t, options_of_examples);
	tcase_add_test(t, installed_files);
	tcase_add_test(t, json_is_documented);
	tcase_add_test(t, metrics_are_documented);
	tcase_add_test(t, statements_are_documented);
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
