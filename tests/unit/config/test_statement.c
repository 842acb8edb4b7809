/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The error of each thing that is wrong, with its place, and the warning of each that is odd. */
#include "member/config/config.h"
#include "member/config/statement.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/support/config_cases.h"
#include "tests/unit/support/config_described.h"

#define CONFIGS "tests/configs/"

static int load(const char *name, const char *text, size_t len, char err[static 512])
{
	struct config *c = NULL;
	struct config_error e = { .text = "" };
	int r = config_parse(&c, name, text, len, &e);

	ck_assert(r >= 0 || c == NULL);
	config_free(c);
	memcpy(err, e.text, 512);
	return r;
}

static const struct config_case cases[] = {
#include "tests/unit/config/test_statement_cases.inc"
};

START_TEST(errors)
{
	char *good = config_file(CONFIGS "every-statement.conf");

	config_case_check(&cases[_i], good, load);
	free(good);
}
END_TEST

/* What a program may tell errors apart by, and that the place is that of the text. */
static const struct {
	const char *find, *replace;
	enum config_fault fault;
	bool repeats_word;
} faults[] = {
	{ "df-bit copy;", "df-bot copy;", CONFIG_FAULT_UNKNOWN, true },
	{ "df-bit copy;", "df-bit cpoy;", CONFIG_FAULT_VALUE, true },
	{ "external-interface wan1;", "external-interface all;", CONFIG_FAULT_INTERFACE, true },
	{ "external-interface wan1;", "external-interface ge-0/0/0;", CONFIG_FAULT_INTERFACE, true },
	{ "pre-shared-key hexadecimal 00ff10Aa;", "certificate x;", CONFIG_FAULT_REFUSED, true },
	{ "pre-shared-key hexadecimal 00ff10Aa;", "pre-shared-key ascii-text $9$abc;", CONFIG_FAULT_VALUE, false },
	{ "pre-shared-key hexadecimal 00ff10Aa;", "pre-shared-key { secret x; }", CONFIG_FAULT_UNKNOWN, false },
	{ "pre-shared-key hexadecimal 00ff10Aa;", "pre-shared-key credential \"a b\";", CONFIG_FAULT_SENSE, false },
	{ "pre-shared-key hexadecimal 00ff10Aa;", "", CONFIG_FAULT_LACKING, false },
	{ "group 4294967295;", "", CONFIG_FAULT_LACKING, false },
	{ "group 4294967295;", "group;", CONFIG_FAULT_LACKING, false },
	{ "LAN to-zone WAN { ipsec-group-vpn A; }", "LAN to-zone WAN { ipsec-group-vpn Z; }", CONFIG_FAULT_SENSE,
	  false },
	{ "version 15.1X49;", "version 15.1X49; }", CONFIG_FAULT_GRAMMAR, false },
};

START_TEST(fault_and_place)
{
	char *text = config_with(faults[_i].find, faults[_i].replace), place[64];
	struct config *c = NULL;
	struct config_error err;

	ck_assert_int_eq(config_parse(&c, "f.conf", text, strlen(text), &err), -EINVAL);
	ck_assert_msg(err.fault == faults[_i].fault, "%d: %s", (int)err.fault, err.text);
	ck_assert_msg(err.repeats_word == faults[_i].repeats_word, "%s", err.text);
	snprintf(place, sizeof(place), "f.conf:%u:%u: ", err.line, err.column);
	ck_assert_msg(strncmp(err.text, place, strlen(place)) == 0, "%s", err.text);
	ck_assert_uint_eq(err.statement_at, strlen(place));
	free(text);
}
END_TEST

START_TEST(every_leaf_spoilt)
{
	static const char *const multiple[] = { "server-address",        "proposals",
						"from/source-address",   "from/destination-address",
						"from/protocol",         "from/source-port",
						"from/destination-port", NULL };
	char *good = config_file(CONFIGS "every-statement.conf");

	/* 81 statements stand in the file: three ways each, and two for those three that are flags. */
	ck_assert_uint_eq(config_spoil_leaves(good, multiple, load), 240);
	free(good);
}
END_TEST

static const struct {
	const char *find, *replace, *says; /* says NULL: no warning but those of the file itself */
} warnings[] = {
	{ "LAN to-zone WAN { ipsec-group-vpn A; }", "LAN to-zone WAN { ipsec-group-vpn B; }",
	  "no ipsec-policy names this vpn" },
	{ "interfaces { lan0;", "interfaces { inactive: lan0;", NULL },
	{ "interfaces lab0;", "", "has no interfaces" },
	{ "interfaces lab0;", "interfaces lab0; screen x;", "security zones security-zone LAB screen: ignored" },
	{ "version 15.1X49;", "version 15; system { host-name x; services { ssh; } }", "f.conf:3:13: system: ignored" },
	{ "version 15.1X49;", "routing-options { static { route 0/0 next-hop 1.1.1.1; } }",
	  "routing-options: ignored" },
	{ "version 15.1X49;", "set security policies default-policy deny-all", "security policies: ignored" },
	{ "version 15.1X49;", "set security address-book global address a 1.1.1.1", "security address-book: ignored" },
	{ "version 15.1X49;", "interfaces { ge-0/0/0 { unit 0 { family inet { address 10.0.0.1/8; } } } }",
	  "f.conf:3:1: interfaces: ignored in part" },
	{ "version 15.1X49;", "interfaces { ge-0/0/0 { unit 0 { family inet6; } mtu 9000; } }",
	  "f.conf:3:1: interfaces: ignored in part" },
	{ "version 15.1X49;", "set firewall filter protect-re term 1 then accept", "f.conf:3:5: firewall: ignored in" },
	{ "version 15.1X49;", "set firewall family inet filter f term 1 then accept", "firewall: ignored in part" },
	{ "version 15.1X49;", "set services rpm probe x", "f.conf:3:5: services: ignored in part" },
	{ "version 15.1X49;", "set services service-set NAT nat-rules r", "services: ignored in part" },
	{ "skip;", "count c; skip;", "term not-these then count: ignored" },
	{ "interfaces {\n\tmx0 {",
	  "services service-set NAT nat-rules r;\n"
	  "interfaces lan0 unit 0 family inet service input service-set NAT;\ninterfaces {\n\tmx0 {",
	  "service-set NAT: ignored: service-set NAT names no ipsec-group-vpn" },
};

START_TEST(warns)
{
	char *text = config_with(warnings[_i].find, warnings[_i].replace);
	struct config *c = config_parsed(text);
	bool said = false;

	for (size_t i = 0; i < c->n_warnings; i++)
		said = said || (warnings[_i].says && strstr(c->warnings[i].text, warnings[_i].says));
	ck_assert_msg(said == (warnings[_i].says != NULL), "%s: %zu warnings", warnings[_i].replace, c->n_warnings);
	config_free(c);
	free(text);
}
END_TEST

/* What is weak is said once each, and what is not is not. */
START_TEST(warns_of_weak_choices)
{
	static const char *const weak[] = { "SHA-1 is weak", "group24 is weak", "in aggressive mode anybody" };
	static const char *const strong[][2] = { { "authentication-algorithm sha1;",
						   "authentication-algorithm sha-256;" },
						 { "dh-group group24;", "dh-group group14;" },
						 { "mode aggressive;", "mode main;" } };

	for (size_t i = 0; i < ARRAY_SIZE(weak); i++)
		for (int mended = 0; mended < 2; mended++) {
			char *text = config_with(strong[i][0], strong[i][mended]);
			struct config *c = config_parsed(text);
			unsigned said = 0;

			for (size_t j = 0; j < c->n_warnings; j++)
				said += strstr(c->warnings[j].text, weak[i]) != NULL;
			ck_assert_uint_eq(said, mended ? 0 : 1);
			config_free(c);
			free(text);
		}
}
END_TEST

START_TEST(warns_once_for_each_statement)
{
	struct config *c = config_loaded(CONFIGS "gm-0001-set.conf");

	/* interfaces, routing-options, address-book, policies, and host-inbound-traffic of two zones: 36 lines */
	ck_assert_uint_eq(c->n_warnings, 6);
	config_free(c);
}
END_TEST

START_TEST(mutations_are_survived)
{
	static const char *const files[] = { "every-statement.conf", "gm-0001.conf", "gm-0001-set.conf",
					     "gm-0002-set.conf",     "gm-0003.conf", "gm-0004-set.conf" };
	char path[64], *good;

	snprintf(path, sizeof(path), CONFIGS "%s", files[_i]);
	good = config_file(path);
	config_mutate(good, 100 + (unsigned)_i, 2500, load);
	free(good);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("statement");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(t, errors, 0, (int)ARRAY_SIZE(cases));
	tcase_add_loop_test(t, fault_and_place, 0, (int)ARRAY_SIZE(faults));
	tcase_add_test(t, every_leaf_spoilt);
	tcase_add_loop_test(t, warns, 0, (int)ARRAY_SIZE(warnings));
	tcase_add_test(t, warns_of_weak_choices);
	tcase_add_test(t, warns_once_for_each_statement);
	tcase_add_loop_test(t, mutations_are_survived, 0, 6);
	tcase_set_timeout(t, 60);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
