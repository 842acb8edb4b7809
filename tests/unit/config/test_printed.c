/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Printed configurations go back to the parser: the text that is kept for another boot (D6), which has every statement
 * but the keys, and what the import prints.  Run from the root of the tree.
 */
#include "member/config/config.h"
#include "member/import/import.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/support/config_cases.h"
#include "tests/unit/support/config_described.h"
#include "tests/unit/support/import_damages.h"

#define CONFIGS "tests/configs/"

/* What C's printed text means, with the keys of C: it must be what C means; and printed again it is the same text. */
static void check_printed(const char *name, const struct config *c)
{
	struct config *again;
	struct config_error err;
	char *have, *want;

	ck_assert_msg(config_parse(&again, name, c->unkeyed, strlen(c->unkeyed), &err) == 0, "%s: %s\n%s", name,
		      err.text, c->unkeyed);
	ck_assert_str_eq(again->unkeyed, c->unkeyed);
	ck_assert_uint_eq(again->n_gateways, c->n_gateways);
	for (size_t i = 0; i < c->n_gateways; i++)
		again->gateways[i].psk = c->gateways[i].psk;
	have = config_described(again);
	want = config_described(c);
	ck_assert_str_eq(have, want);
	free(have);
	free(want);
	config_free(again);
}

START_TEST(unkeyed_means_the_same)
{
	static const char *const files[] = { "every-statement.conf", "gm-0001.conf", "gm-0001-set.conf",
					     "gm-0002.conf",         "gm-0003.conf", "gm-0004-set.conf",
					     "gm-0004.conf" };
	char path[64];
	struct config *c;

	snprintf(path, sizeof(path), CONFIGS "%s", files[_i]);
	c = config_loaded(path);
	ck_assert_ptr_null(strstr(c->unkeyed, "ABC123"));
	ck_assert_ptr_null(strstr(c->unkeyed, "quoted"));
	ck_assert_ptr_null(strstr(c->unkeyed, "00ff10Aa"));
	check_printed(path, c);
	config_free(c);
}
END_TEST

/* What is kept reads back whatever the words are, and has no key, none that is inactive either. */
static const char *const to_keep[] = {
	"pre-shared-key ascii-text GEHEIM;",
	"pre-shared-key { ascii-text \"GEHEIM \\\"}\\\\\"; }",
	"pre-shared-key hexadecimal 6E65BABE;",
	"inactive: pre-shared-key ascii-text GEHEIM; pre-shared-key ascii-text x;",
	"pre-shared-key { inactive: ascii-text GEHEIM; hexadecimal 6E65BABE; }",
	"pre-shared-key { } pre-shared-key ascii-text GEHEIM; pre-shared-key { }",
	"/* pre-shared-key ascii-text GEHEIM; */ pre-shared-key ascii-text GEHEIM; # GEHEIM",
	"} policy pre-shared-key { description ascii-text; proposals FIRST; pre-shared-key ascii-text GEHEIM; } "
	"policy OCTETS { pre-shared-key ascii-text GEHEIM;",
};

static const char *const descriptions[] = {
	"pre-shared-key",
	"\"pre-shared-key ascii-text\"",
	"ascii-text",
	"\"set {}[]; # /* inactive: \\t\\n\\\\ \\\" */\"",
};

START_TEST(unkeyed_has_no_key)
{
	char *text, *full = NULL;
	struct config *c = NULL;

	text = config_with("pre-shared-key hexadecimal 00ff10Aa;", to_keep[_i]);
	/* What such words say in other places is no matter. */
	text = config_replace_in(text, "\"a key of octets\"", descriptions[(size_t)_i % ARRAY_SIZE(descriptions)]);
	ck_assert_int_gt(asprintf(&full,
				  "%s\nset snmp community GEHEIM\ninactive: security { x { y GEHEIM; } }\n"
				  "system { root-authentication { encrypted-password GEHEIM; } }\n",
				  text),
			 0);
	c = config_parsed(full);
	ck_assert_msg(!strstr(c->unkeyed, "GEHEIM") && !strcasestr(c->unkeyed, "6e65babe"), "%s", c->unkeyed);
	check_printed("f.conf", c);
	config_free(c);
	free(text);
	free(full);
}
END_TEST

/* --- whatever loads --- */

static unsigned n_loaded;

static int load_and_print(const char *name, const char *text, size_t len, char err[static 512])
{
	struct config *c = NULL;
	struct config_error e = { .text = "" };
	int r = config_parse(&c, name, text, len, &e);

	memcpy(err, e.text, 512);
	if (r < 0)
		return r;
	check_printed(name, c);
	n_loaded++;
	config_free(c);
	return 0;
}

START_TEST(mutations_mean_the_same)
{
	static const char *const files[] = { "every-statement.conf", "gm-0001.conf", "gm-0001-set.conf",
					     "gm-0002-set.conf",     "gm-0003.conf", "gm-0004-set.conf" };
	char path[64], *good;

	snprintf(path, sizeof(path), CONFIGS "%s", files[_i]);
	good = config_file(path);
	n_loaded = 0;
	config_mutate(good, 700 + (unsigned)_i, 1500, load_and_print);
	ck_assert_uint_gt(n_loaded, 50);
	free(good);
}
END_TEST

/* --- what the import prints --- */

static const char *const maps[] = { "ge-0/0/0=lan0", "ge-0/0/1=wan0", "xe-0/0/1=wan1", "xe-0/0/2=lan1",
				    "lan0=lan0",     "lan1=lan1",     "wan0=wan0",     "wan1=wan1",
				    "lab0=lab0",     "mx0.7=mx0",     "eth0=eth0",     "mx0.0=mx0" };

/* The result; NULL: it is not complete. */
static char *imported(const char *text, size_t len)
{
	const struct import_options options = { .maps = maps, .n_maps = ARRAY_SIZE(maps) };
	char *result = NULL, *report = NULL;
	size_t size;
	FILE *out = open_memstream(&result, &size), *told = open_memstream(&report, &size);
	int r;

	ck_assert(out && told);
	r = import_run(out, told, "text", text, len, &options);
	fclose(out);
	fclose(told);
	free(report);
	if (r == 0)
		return result;
	free(result);
	return NULL;
}

/* A complete result loads, prints and loads again, and is what an import of itself gives. */
static bool check_import(const char *name, const char *text, size_t len)
{
	char *result = imported(text, len), *again;
	struct config *c;

	if (!result)
		return false;
	c = config_parsed(result);
	check_printed(name, c);
	config_free(c);
	again = imported(result, strlen(result));
	ck_assert_msg(again != NULL, "%s: the result is no complete configuration:\n%s", name, result);
	ck_assert_str_eq(again, result);
	free(again);
	free(result);
	return true;
}

START_TEST(imports_load)
{
	static const char *const folders[] = { "tests/configs/*.conf", "tests/configs/guide/*.txt",
					       "tests/fuzz/corpus/import/*", "tests/fuzz/corpus/config/*" };
	unsigned complete = 0, damaged = 0;

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		glob_t found;

		ck_assert_msg(glob(folders[i], 0, NULL, &found) == 0, "%s: run the test from the root of the tree",
			      folders[i]);
		for (size_t k = 0; k < found.gl_pathc; k++) {
			char *text = config_file(found.gl_pathv[k]);

			complete += check_import(found.gl_pathv[k], text, strlen(text));
			for (size_t d = 0; d < import_damages_n; d++) {
				size_t len;
				char *other =
					import_damage(&import_damages[d], text, strlen(text), (unsigned)(k + d), &len);

				damaged += check_import(import_damages[d].name, other, len);
				free(other);
			}
			free(text);
		}
		globfree(&found);
	}
	ck_assert_uint_gt(complete, 10);
	ck_assert_uint_gt(damaged, 100);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("printed");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(t, unkeyed_means_the_same, 0, 7);
	tcase_add_loop_test(t, unkeyed_has_no_key, 0, (int)ARRAY_SIZE(to_keep));
	tcase_add_loop_test(t, mutations_mean_the_same, 0, 6);
	tcase_add_test(t, imports_load);
	tcase_set_timeout(t, 60);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
