/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The grammar of member/config/junos.h: the tree it makes, the places it gives, and what it refuses. */
#include "member/config/junos.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support/config_cases.h"

static struct junos *parsed(const char *text)
{
	struct junos *j;
	struct config_error err;

	ck_assert_msg(junos_parse(&j, "f.conf", text, strlen(text), &err) == 0, "%s", err.text);
	return j;
}

static void write_node(FILE *f, const struct junos_node *n)
{
	for (; n; n = n->next) {
		fputs(n->inactive ? "!" : "", f);
		for (size_t i = 0; i < n->n_words; i++)
			fprintf(f, "%s%s%s<%s>", i ? " " : "", n->words[i].listed ? "*" : "",
				n->words[i].quoted ? "q" : "", n->words[i].text);
		if (n->block) {
			fputs("{", f);
			write_node(f, n->child);
			fputs("}", f);
		}
		fputs(";", f);
	}
}

static const struct {
	const char *text, *tree;
} trees[] = {
	{ "", "" },
	{ " \t\r\n", "" },
	{ "\xef\xbb\xbf"
	  "a;",
	  "<a>;" },
	{ "a;", "<a>;" },
	{ "a b c;", "<a> <b> <c>;" },
	{ "a{}", "<a>{};" },
	{ "a { b; c d; }", "<a>{<b>;<c> <d>;};" },
	{ "protect: a { protect: inactive: b; inactive: protect: c; protect: d; }", "<a>{!<b>;!<c>;<d>;};" },
	{ "a { b { c; } d; } e;", "<a>{<b>{<c>;};<d>;};<e>;" },
	{ "from-zone A to-zone B { x Y; }", "<from-zone> <A> <to-zone> <B>{<x> <Y>;};" },
	{ "a [ b c ];", "<a> *<b> *<c>;" },
	{ "a [b c];", "<a> *<b> *<c>;" },
	{ "a [\n b # no\n c ];", "<a> *<b> *<c>;" },
	{ "a \"b c\";", "<a> q<b c>;" },
	{ "a \"\";", "<a> q<>;" },
	{ "a \"b\\\"c\\\\d\";", "<a> q<b\"c\\d>;" },
	{ "a \"b\\nc\\td\";", "<a> q<b\nc\td>;" },
	{ "a \"{;}[]#/*\";", "<a> q<{;}[]#/*>;" },
	{ "a\"b\"c;", "<a> q<b> <c>;" },
	{ "# x\na; # y\nb;", "<a>;<b>;" },
	{ "## Last commit: 2015\na;", "<a>;" },
	{ "/* x ; { */ a /* y */ b; /**/", "<a> <b>;" },
	{ "/* over\n lines */ a;", "<a>;" },
	{ "a b#c;", "<a> <b#c>;" },
	{ "a 10.0.0.0/8;", "<a> <10.0.0.0/8>;" },
	{ "a b; ## SECRET-DATA", "<a> <b>;" },
	{ "inactive: a { b; }", "!<a>{<b>;};" },
	{ "a { inactive: b c; }", "<a>{!<b> <c>;};" },
	{ "set a b c", "<a> <b> <c>;" },
	{ "set a b c\n", "<a> <b> <c>;" },
	{ "set a b\r\nset c d\r\n", "<a> <b>;<c> <d>;" },
	{ "  set a \"b c\" # x\n\n\tset d [ e f ]", "<a> q<b c>;<d> *<e> *<f>;" },
	{ "set a /* x */ b", "<a> <b>;" },
	{ "a { b; }\nset c d\ne { f; }", "<a>{<b>;};<c> <d>;<e>{<f>;};" },
	{ "\"set\" a;", "q<set> <a>;" },
	{ "settle a;", "<settle> <a>;" },
	{ "a { delete b; }", "<a>{<delete> <b>;};" },
	{ "a \"t\xc3\xa9l\";", "<a> q<t\xc3\xa9l>;" },
};

START_TEST(makes_a_tree)
{
	struct junos *j = parsed(trees[_i].text);
	char *have;
	size_t len;
	FILE *f = open_memstream(&have, &len);

	write_node(f, junos_first(j));
	fclose(f);
	ck_assert_str_eq(have, trees[_i].tree);
	ck_assert_str_eq(junos_name(j), "f.conf");
	free(have);
	junos_free(j);
}
END_TEST

START_TEST(knows_places)
{
	struct junos *j = parsed("a {\n\t\"t\xc3\xa9l\" b;\r\n  /* x\n */ c [ d\n e ];\n}\nset f g\n");
	const struct junos_node *a = junos_first(j), *b = a->child, *c = b->next, *f = a->next;

	ck_assert(a->words[0].line == 1 && a->words[0].column == 1);
	ck_assert(b->words[0].line == 2 && b->words[0].column == 2);
	ck_assert(b->words[1].line == 2 && b->words[1].column == 8); /* a character of two octets is one column */
	ck_assert(c->words[0].line == 4 && c->words[0].column == 5);
	ck_assert(c->words[1].line == 4 && c->words[1].column == 9);
	ck_assert(c->words[2].line == 5 && c->words[2].column == 2);
	ck_assert(f->words[0].line == 7 && f->words[0].column == 5);
	ck_assert(f->words[1].line == 7 && f->words[1].column == 7);
	junos_free(j);
	junos_free(NULL);
}
END_TEST

static int load(const char *name, const char *text, size_t len, char err[static 512])
{
	struct junos *j;
	struct config_error e = { .text = "" };
	int r = junos_parse(&j, name, text, len, &e);

	if (r >= 0)
		junos_free(j);
	snprintf(err, 512, "%s", e.text);
	return r;
}

static const struct config_case refusals[] = {
	{ NULL, "a {\n b;\n", "{", { "never closed", "'}'" } },
	{ NULL, "a { b { c; }", "{ b", { "never closed" } },
	{ NULL, "a; ~}", NULL, { "'}' without '{'" } },
	{ NULL, "~{ a; }", NULL, { "without a statement" } },
	{ NULL, "a;\n~; b;", NULL, { "';' without a statement" } },
	{ NULL, "a { b; }~;", NULL, { "none belongs after '}'" } },
	{ NULL, "a { b ~c }", NULL, { "does not end here", "';' or '{'" } },
	{ NULL, "a;\nb ~c", NULL, { "does not end here" } },
	{ NULL, "a {\n ~b\n}", NULL, { "does not end here" } },
	{ NULL, "a ~[ b c;", NULL, { "list is never closed" } },
	{ NULL, "a ~[ b", NULL, { "list is never closed" } },
	{ NULL, "a ~[ b [ c ] ];", NULL, { "list is never closed" } },
	{ NULL, "a ~[ ];", NULL, { "empty list" } },
	{ NULL, "a ~];", NULL, { "']' without '['" } },
	{ NULL, "~];", NULL, { "']' without '['" } },
	{ NULL, "a [ b ] ~c;", NULL, { "words after a list" } },
	{ NULL, "a [ b ] ~[ c ];", NULL, { "second list" } },
	{ NULL, "~[edit security]\nset a", NULL, { "prompt", "without them" } },
	{ NULL, "~user@host# set a b", NULL, { "prompt" } },
	{ NULL, "~user@host> show", NULL, { "prompt" } },
	{ NULL, "a ~\"b;\n", NULL, { "never closed", "same line" } },
	{ NULL, "a ~\"b", NULL, { "never closed" } },
	{ NULL, "a \"b\nc\";", "\"b", { "never closed" } },
	{ NULL, "a \"b~\\qc\";", NULL, { "unknown escape" } },
	{ NULL, "a \"b~\\", NULL, { "unknown escape" } },
	{ NULL, "a \"b~\x01\";", NULL, { "control character", "0x01" } },
	{ NULL, "a b~\x7f;", NULL, { "control character", "0x7f" } },
	{ NULL, "a; ~/* b", NULL, { "comment is never closed", "'*/'" } },
	{ NULL, "~delete a b\n", NULL, { "delete is not supported", "set lines" } },
	{ NULL, "a;\n~deactivate a b\n", NULL, { "deactivate is not supported" } },
	{ NULL, "~activate a;", NULL, { "activate is not supported" } },
	{ NULL, "~edit security", NULL, { "edit is not supported" } },
	{ NULL, "~commit", NULL, { "commit is not supported" } },
	{ NULL, "~replace: a { b; }", NULL, { "tag is not supported", "inactive:" } },
	{ NULL, "a { ~delete: b; }", NULL, { "tag is not supported" } },
	{ NULL, "a { ~unprotect: b; }", NULL, { "tag is not supported" } },
	{ NULL, "a { ~protect: }", NULL, { "protect: without a statement" } },
	{ NULL, "a { ~inactive: }", NULL, { "inactive: without a statement" } },
	{ NULL, "~inactive: set a b", NULL, { "inactive: before a set line" } },
	{ NULL, "a { ~set b c }", NULL, { "inside braces" } },
	{ NULL, "~set", NULL, { "set without a statement", "expected" } },
	{ NULL, "~set\na b", NULL, { "set without a statement" } },
	{ NULL, "set a b~;", NULL, { "a set line ends with its line" } },
	{ NULL, "set a ~{ b; }", NULL, { "a set line ends with its line" } },
	{ NULL, "set a b~]", NULL, { "a set line ends with its line" } },
	{ NULL, "set a [ b ] ~c", NULL, { "words after a list" } },
	{ NULL, "set a [ b ] ~[ c ]", NULL, { "second list" } },
	{ NULL, "set ~[ a ]", NULL, { "a list cannot stand before" } },
	{ NULL, "set a ~\"b\nset c", NULL, { "never closed" } },
};

/* Texts of this table that end where something is missing need no "expected": the words there say it. */
START_TEST(refuses)
{
	const struct config_case *c = &refusals[_i];
	char err[512] = "", want[64], *text = strdup(c->replace), *mark = strchr(text, '~');
	const char *at;
	unsigned line = 1, column = 1;
	int r;

	if (mark)
		memmove(mark, mark + 1, strlen(mark));
	at = mark ? mark : strstr(text, c->at);
	for (const char *t = text; t < at; t++) {
		column = *t == '\n' ? 1 : column + 1;
		line += *t == '\n';
	}
	r = load("f.conf", text, strlen(text), err);
	ck_assert_msg(r == -EINVAL, "loads: %s", c->replace);
	snprintf(want, sizeof(want), "f.conf:%u:%u: ", line, column);
	ck_assert_msg(strncmp(err, want, strlen(want)) == 0, "%s: expected at %s got %s", c->replace, want, err);
	for (size_t i = 0; i < CONFIG_SAYS_MAX && c->says[i]; i++)
		ck_assert_msg(strstr(err, c->says[i]) != NULL, "expected '%s' in: %s", c->says[i], err);
	free(text);
}
END_TEST

START_TEST(refuses_zero_octets)
{
	static const char *const where[] = { "f.conf:1:2: ", "f.conf:1:4: " };
	static const char texts[][6] = { "a\0b;", "a \"\0\";" };
	char err[512];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		ck_assert_int_eq(load("f.conf", texts[i], 6 - (i == 0), err), -EINVAL);
		ck_assert_msg(strncmp(err, where[i], strlen(where[i])) == 0, "%s", err);
		ck_assert_ptr_nonnull(strstr(err, "0x00"));
	}
}
END_TEST

static char *repeated(const char *head, const char *part, size_t n, const char *tail)
{
	char *text, *at;

	text = at = malloc(strlen(head) + strlen(part) * n + strlen(tail) + 1);
	ck_assert_ptr_nonnull(text);
	at = stpcpy(at, head);
	while (n-- > 0)
		at = stpcpy(at, part);
	strcpy(at, tail);
	return text;
}

static const struct {
	const char *head, *part, *tail, *says;
	size_t fits; /* so many times; once more does not */
} bounds[] = {
	{ "", "a{", "", "never closed", 0 },
	{ "a", " b", ";", "more than 256 words", JUNOS_STATEMENT_MAX - 1 },
	{ "a [", " b", "];", "more than 256 words", JUNOS_STATEMENT_MAX - 1 },
	{ "set a", " b", "", "more than 256 words", JUNOS_STATEMENT_MAX - 1 },
	{ "", "a;", "", "more than 100000 words", JUNOS_WORDS_MAX },
	{ "", "       \n", "", "larger than 1048576 octets", JUNOS_SIZE_MAX / 8 },
};

START_TEST(keeps_bounds)
{
	char err[512] = "", *text = repeated(bounds[_i].head, bounds[_i].part, bounds[_i].fits, bounds[_i].tail);

	ck_assert_msg(load("f.conf", text, strlen(text), err) == 0, "%s", err);
	free(text);
	text = repeated(bounds[_i].head, bounds[_i].part, bounds[_i].fits + 1, bounds[_i].tail);
	ck_assert_int_eq(load("f.conf", text, strlen(text), err), -EINVAL);
	ck_assert_msg(strstr(err, bounds[_i].says) != NULL, "%s", err);
	free(text);
}
END_TEST

START_TEST(keeps_depth)
{
	for (size_t extra = 0; extra < 2; extra++) {
		char *open = repeated("", "a{", JUNOS_DEPTH_MAX + extra, ""), err[512] = "";
		char *text = repeated(open, "}", JUNOS_DEPTH_MAX + extra, "");
		int r = load("f.conf", text, strlen(text), err);

		ck_assert_int_eq(r, extra ? -EINVAL : 0);
		ck_assert_msg(!extra || strstr(err, "f.conf:1:66: more than 32 braces"), "%s", err);
		free(text);
		free(open);
	}
}
END_TEST

START_TEST(says_no_secret)
{
	static const char *const texts[] = { "k ascii-text hunter2 }", "k \"hunter2\n\"", "k hunter2 [ a",
					     "k hunter2\\;}" };
	char err[512];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		ck_assert_int_eq(load("f.conf", texts[i], strlen(texts[i]), err), -EINVAL);
		ck_assert_msg(!strstr(err, "hunter2"), "%s", err);
	}
}
END_TEST

START_TEST(reads_files)
{
	char path[] = "/tmp/gvpn-test-XXXXXX";
	struct junos_file f;
	struct config_error err;
	int fd = mkstemp(path);

	ck_assert_int_eq((int)write(fd, "12345", 5), 5);
	ck_assert_int_eq(fchmod(fd, 0640), 0);
	close(fd);
	ck_assert_int_eq(junos_file_read(&f, path, 5, &err), 0);
	ck_assert(f.len == 5 && memcmp(f.text, "12345", 5) == 0 && f.mode == 0640);
	junos_file_free(&f);
	ck_assert_int_eq(junos_file_read(&f, path, 4, &err), -EFBIG);
	ck_assert_ptr_nonnull(strstr(err.text, "larger than 4 octets"));
	unlink(path);
	ck_assert_int_eq(junos_file_read(&f, path, 4, &err), -ENOENT);
	ck_assert(strncmp(err.text, path, strlen(path)) == 0 && strstr(err.text, "No such file"));
	ck_assert_int_eq(junos_file_read(&f, "/", 4, &err), -EISDIR);
	ck_assert_int_eq(junos_file_read(&f, "/dev/null", 4, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "not a regular file"));
}
END_TEST

START_TEST(mutations_are_survived)
{
	char *good = config_file("tests/configs/every-statement.conf");
	char *lines = config_file("tests/configs/gm-0001-set.conf");

	config_mutate(good, 1, 4000, load);
	config_mutate(lines, 2, 2000, load);
	free(good);
	free(lines);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("junos");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(t, makes_a_tree, 0, (int)ARRAY_SIZE(trees));
	tcase_add_test(t, knows_places);
	tcase_add_loop_test(t, refuses, 0, (int)ARRAY_SIZE(refusals));
	tcase_add_test(t, refuses_zero_octets);
	tcase_add_loop_test(t, keeps_bounds, 0, (int)ARRAY_SIZE(bounds));
	tcase_add_test(t, keeps_depth);
	tcase_add_test(t, says_no_secret);
	tcase_add_test(t, reads_files);
	tcase_add_test(t, mutations_are_survived);
	tcase_set_timeout(t, 60);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
