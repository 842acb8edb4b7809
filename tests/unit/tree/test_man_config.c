/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gvpnd.conf(5) against the configuration: the examples load, and every statement is described. */
#include "member/config/config.h"
#include "member/config/schema.h"
#include "tests/unit/support/man_page.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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
	char *page = man_read_page("gvpnd.conf.5"), *text;
	const char *at = page;
	unsigned n = 0;

	with_credential("a key");
	for (; (text = man_next_display(&at)); free(text)) {
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
	char *page = man_read_page("gvpnd.conf.5");

	man_unescape(page);
	ck_assert_uint_gt(walk(config_member_root.children, page, 0), 50);
	free(page);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("man config");
	TCase *t = tcase_create("man pages");
	SRunner *r;

	tcase_add_test(t, configurations_load);
	tcase_add_test(t, statements_are_documented);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
