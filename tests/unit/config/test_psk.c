/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pre-shared keys: where they stand, and that no message shows one. */
#include "member/config/psk.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support/config_described.h"

#define OTHER_GID 65533

/* Wherever a key is written by mistake: no message has it, and what is governed is known all the same. */
static const char *const mistaken[] = {
	"pre-shared-key GEHEIM;",
	"pre-shared-key { GEHEIM; }",
	"pre-shared-key { ascii-text a; GEHEIM; }",
	"pre-shared-key [ GEHEIM GEHEIM ];",
	"pre-shared-key credential GEHEIM;",
	"pre-shared-key credential \"GEHEIM with space\";",
	"pre-shared-key credential a/GEHEIM;",
	"pre-shared-key credential .GEHEIM;",
	"pre-shared-key credential a GEHEIM;",
	"pre-shared-key credential [ a GEHEIM ];",
	"pre-shared-key credential a { GEHEIM; }",
	"pre-shared-key file GEHEIM;",
	"pre-shared-key file /GEHEIM;",
	"pre-shared-key file /etc/passwd GEHEIM;",
	"pre-shared-key ascii-text a GEHEIM;",
	"pre-shared-key ascii-text { GEHEIM; }",
	"pre-shared-key ascii-text a{GEHEIM;}",
	"pre-shared-key ascii-text [ GEHEIM GEHEIM ];",
	"pre-shared-key ascii-text $9$GEHEIM;",
	"pre-shared-key ascii-text a; pre-shared-key ascii-text GEHEIM;",
	"pre-shared-key ascii-text a; pre-shared-key hexadecimal GEHEIM;",
	"pre-shared-key hexadecimal GEHEIM;",
};
/* These are mistakes of the policy too: nothing says where the key ends. */
static const char *const mistaken_around[] = {
	"pre-shared-key ascii-text a;GEHEIM;",
	"pre-shared-key ascii-text a;GEHEIM{}",
	"pre-shared-key ascii-text a}GEHEIM;",
	"pre-shared-kay ascii-text GEHEIM;",
	"psk GEHEIM;",
	"ascii-text GEHEIM;",
	"hexadecimal { GEHEIM; }",
	"GEHEIM;",
	"secret \"GEHEIM GEHEIM\";",
	"pre-shared-key ascii-text \"GEHEIM;",
};

static void check_mistake(const char *statement, bool around)
{
	char path[] = "/tmp/gvpn-test-XXXXXX", *text = config_with("pre-shared-key hexadecimal 00ff10Aa;", statement);
	struct config *c = NULL;
	struct config_error err;
	FILE *f = fdopen(mkstemp(path), "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_int_lt(config_load(&c, path, &err), 0);
	ck_assert_msg(!strstr(err.text, "GEHEIM"), "%s", err.text);
	if (around) {
		ck_assert_int_lt(config_load_unkeyed(&c, path, &err), 0);
		ck_assert_msg(!strstr(err.text, "GEHEIM"), "%s", err.text);
	} else {
		ck_assert_msg(config_load_unkeyed(&c, path, &err) == 0, "%s: %s", statement, err.text);
		ck_assert_uint_gt(c->n_vpns, 0);
		ck_assert_ptr_null(strstr(c->unkeyed, "GEHEIM"));
		config_free(c);
	}
	unlink(path);
	free(text);
}

START_TEST(no_message_repeats_a_key)
{
	unsetenv("CREDENTIALS_DIRECTORY");
	for (size_t i = 0; i < ARRAY_SIZE(mistaken); i++)
		check_mistake(mistaken[i], false);
	setenv("CREDENTIALS_DIRECTORY", "/nowhere", 1);
	for (size_t i = 0; i < ARRAY_SIZE(mistaken); i++)
		check_mistake(mistaken[i], false);
	unsetenv("CREDENTIALS_DIRECTORY");
	for (size_t i = 0; i < ARRAY_SIZE(mistaken_around); i++)
		check_mistake(mistaken_around[i], true);
}
END_TEST

/* A member with its key in pre-shared-key KEY. */
static int load_key(struct config **ret, struct config_error *err, const char *key)
{
	char *text, *key_text;
	int r;

	ck_assert_int_gt(asprintf(&key_text, "pre-shared-key %s;", key), 0);
	text = config_with("pre-shared-key hexadecimal 00ff10Aa;", key_text);
	r = config_parse(ret, "f.conf", text, strlen(text), err);
	free(text);
	free(key_text);
	return r;
}

static void check_key(const char *key, const char *want, size_t len)
{
	struct config *c;
	struct config_error err;

	ck_assert_msg(load_key(&c, &err, key) == 0, "%s: %s", key, err.text);
	ck_assert_uint_eq(c->gateways[1].psk.len, len);
	ck_assert_mem_eq(c->gateways[1].psk.data, want, len);
	config_free(c);
}

START_TEST(keys_in_the_file)
{
	char longest[SECRET_MAX + 1], text[SECRET_MAX + 32];

	memset(longest, 'k', SECRET_MAX);
	longest[SECRET_MAX] = '\0';
	check_key("ascii-text x", "x", 1);
	check_key("ascii-text \"$ABC123\"", "$ABC123", 7);
	check_key("ascii-text $ABC123", "$ABC123", 7);
	check_key("ascii-text \"with space\"", "with space", 10);
	check_key("hexadecimal 00", "\0", 1);
	check_key("hexadecimal ABcd09", "\xab\xcd\x09", 3);
	snprintf(text, sizeof(text), "ascii-text %s", longest);
	check_key(text, longest, SECRET_MAX);
}
END_TEST

static void write_file(const char *path, const char *text, size_t len, mode_t mode)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, len, f), len);
	fclose(f);
	ck_assert_int_eq(chmod(path, mode), 0);
}

START_TEST(keys_in_files)
{
	char dir[] = "/tmp/gvpn-test-XXXXXX", path[64], key[96], large[SECRET_MAX + 1];
	struct config *c;
	struct config_error err;
	size_t before;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/key", dir);
	snprintf(key, sizeof(key), "file %s", path);
	write_file(path, "from a file\n", 12, 0600);
	check_key(key, "from a file", 11);
	ck_assert_int_eq(load_key(&c, &err, key), 0);
	before = c->n_warnings;
	config_free(c);
	write_file(path, "from a file\r\n", 13, 0640);
	check_key(key, "from a file", 11);
	write_file(path, "two\n\n", 5, 0600); /* one newline is the editor's, the second is the key's */
	check_key(key, "two\n", 4);
	write_file(path, "open", 4, 0644);
	ck_assert_int_eq(load_key(&c, &err, key), 0);
	ck_assert_uint_eq(c->n_warnings, before + 1);
	ck_assert_ptr_nonnull(strstr(c->warnings[c->n_warnings - 1].text, "open to everybody (mode 0644)"));
	config_free(c);
	/* The socket has the process's group. */
	write_file(path, "of the group", 12, 0640);
	ck_assert_msg(chown(path, 0, OTHER_GID) == 0, "run the test as root");
	ck_assert_int_eq(load_key(&c, &err, key), 0);
	ck_assert_uint_eq(c->n_warnings, before);
	config_free(c);
	ck_assert_int_eq(setegid(OTHER_GID), 0);
	ck_assert_int_eq(load_key(&c, &err, key), 0);
	ck_assert_uint_eq(c->n_warnings, before + 1);
	ck_assert_ptr_nonnull(strstr(c->warnings[c->n_warnings - 1].text, "readable by the group 65533 (mode 0640)"));
	config_free(c);
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert_int_eq(load_key(&c, &err, key), 0);
	ck_assert_uint_eq(c->n_warnings, before);
	config_free(c);
	ck_assert_int_eq(setegid(0), 0);
	write_file(path, "\n", 1, 0600);
	ck_assert_int_eq(load_key(&c, &err, key), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "the key is empty"));
	memset(large, 'k', sizeof(large));
	write_file(path, large, sizeof(large), 0600);
	ck_assert_int_eq(load_key(&c, &err, key), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "the key has 257 octets; expected 1 to 256"));
	ck_assert_ptr_null(strstr(err.text, "kkk"));
	unlink(path);
	ck_assert_int_eq(load_key(&c, &err, key), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "No such file or directory"));
	ck_assert_ptr_nonnull(strstr(err.text, "f.conf:39:26: "));
	snprintf(key, sizeof(key), "file %s", dir);
	ck_assert_int_eq(load_key(&c, &err, key), -EISDIR);
	rmdir(dir);
}
END_TEST

START_TEST(keys_in_credentials)
{
	char dir[] = "/tmp/gvpn-test-XXXXXX", path[64];
	struct config *c;
	struct config_error err;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/psk", dir);
	write_file(path, "a credential\n", 13, 0400);
	unsetenv("CREDENTIALS_DIRECTORY");
	ck_assert_int_eq(load_key(&c, &err, "credential psk"), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "LoadCredential=NAME:PATH"));
	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	check_key("credential psk", "a credential", 12);
	ck_assert_int_eq(load_key(&c, &err, "credential other"), -ENOENT);
	ck_assert_int_eq(load_key(&c, &err, "credential ../psk"), -EINVAL);
	unsetenv("CREDENTIALS_DIRECTORY");
	unlink(path);
	rmdir(dir);
}
END_TEST

START_TEST(says_no_secret)
{
	static const char *const spoilt[] = {
		"ascii-text hunter2 hunter2",
		"hunter2",
		"ascii-text hunter2; hexadecimal 00",
		"hexadecimal hunter2",
		"ascii-text \"$9$hunter2\"",
		"ascii-text [ hunter2 ]",
		"ascii-text { hunter2; }",
		"\"hunter2\"",
		"hexadecimal \"hunter2",
	};
	struct config *c;
	struct config_error err;

	for (size_t i = 0; i < ARRAY_SIZE(spoilt); i++) {
		ck_assert_int_eq(load_key(&c, &err, spoilt[i]), -EINVAL);
		ck_assert_msg(!strstr(err.text, "hunter2"), "%s", err.text);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("psk");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(t, no_message_repeats_a_key);
	tcase_add_test(t, keys_in_the_file);
	tcase_add_test(t, keys_in_files);
	tcase_add_test(t, keys_in_credentials);
	tcase_add_test(t, says_no_secret);
	tcase_set_timeout(t, 60);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
