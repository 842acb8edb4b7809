/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What says what to block at a boot that finds a bad configuration, or none of its keys (row D6).  Run as root: one
 * part is of a directory of somebody else.
 */
#include "member/config/junos.h"
#include "member/daemon/last_config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support/config_cases.h"

static char dir[32], kept[64], file[64], why[FILE_WHY_MAX];

static void setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/gvpn-kept-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(kept, sizeof(kept), "%s/last-good.conf", dir);
	snprintf(file, sizeof(file), "%s/gvpnd.conf", dir);
}

static void teardown(void)
{
	unlink(kept);
	unlink(file);
	ck_assert_int_eq(rmdir(dir), 0); /* nothing else was left there */
}

static struct config *good(void)
{
	struct config *c;
	struct config_error err;

	ck_assert_int_eq(config_load(&c, "tests/configs/gm-0001.conf", &err), 0);
	return c;
}

START_TEST(comes_back)
{
	struct config *c = good(), *again = NULL;
	struct config_error err;
	struct stat st;

	ck_assert_int_eq(last_config_load(&again, dir, &err), -ENOENT);
	ck_assert_ptr_null(again);
	ck_assert_ptr_nonnull(strstr(err.text, "last-good.conf"));
	ck_assert_int_eq(last_config_write(dir, c, why), 0);
	ck_assert_int_eq(last_config_write(dir, c, why), 0); /* in place of the first */
	ck_assert_int_eq(stat(kept, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(last_config_load(&again, dir, &err), 0);
	ck_assert_str_eq(again->vpns[0].name, c->vpns[0].name);
	ck_assert_uint_eq(again->n_ipsec_policies, c->n_ipsec_policies);
	ck_assert(!secret_equal(&again->gateways[0].psk, &c->gateways[0].psk));
	config_free(again);
	config_free(c);
}
END_TEST

START_TEST(cannot_be_kept)
{
	struct config *c = good();

	ck_assert_int_eq(last_config_write("/tmp/gvpn-kept-nowhere", c, why), -ENOENT);
	config_free(c);
}
END_TEST

/* Nobody else decides what is blocked, and what was kept is not lost to what cannot come back. */
START_TEST(is_nobody_elses)
{
	struct config *c = good(), *again = NULL, *large = NULL;
	struct config_error err;
	char *base = strdup(c->unkeyed), *to = base, *text, *filler = malloc(JUNOS_SIZE_MAX);

	ck_assert_msg(last_config_write(dir, c, why) == 0, "%s", why);
	memset(filler, '"', JUNOS_SIZE_MAX);
	/* The same without the quotes, which its words do not need: shorter than what is kept of it. */
	for (const char *p = c->unkeyed; *p; p++)
		if (*p != '"')
			*to++ = *p;
	*to = '\0';
	/* Each takes two octets in the text that is kept, as it did in the file; the whole just fits there. */
	for (size_t i = 0; i < JUNOS_SIZE_MAX; i += 2)
		filler[i] = '\\';
	ck_assert_int_gt(asprintf(&text, "%s\nset security zones security-zone Z description \"%.*s\"", base,
				  (int)(JUNOS_SIZE_MAX - strlen(base) - 64) & ~1, filler),
			 0);
	ck_assert_msg(config_parse(&large, "large", text, strlen(text), &err) == 0, "%s", err.text);
	ck_assert_int_eq(last_config_write(dir, large, why), -EINVAL);
	ck_assert_msg(strstr(why, "could not be read again") && strstr(why, "larger than"), "%s", why);
	ck_assert_int_eq(last_config_load(&again, dir, &err), 0);
	config_free(again);

	ck_assert_int_eq(chmod(dir, 0777), 0);
	ck_assert_int_eq(last_config_write(dir, c, why), -EPERM);
	ck_assert_msg(strstr(why, dir) && strstr(why, "mode 0777"), "%s", why);
	ck_assert_int_eq(last_config_load(&again, dir, &err), -EPERM);
	ck_assert_msg(strstr(err.text, dir) != NULL, "%s", err.text);
	ck_assert_int_eq(chmod(dir, 0700), 0);
	ck_assert_int_eq(chown(dir, 65534, 65534), 0);
	ck_assert_int_eq(last_config_write(dir, c, why), -EPERM);
	ck_assert_msg(strstr(why, "belongs to uid 65534"), "%s", why);
	ck_assert_int_eq(last_config_load(&again, dir, &err), -EPERM);
	config_free(large);
	config_free(c);
	free(base);
	free(filler);
	free(text);
}
END_TEST

START_TEST(has_a_place)
{
	unsetenv("STATE_DIRECTORY");
	ck_assert_ptr_null(last_config_directory());
	setenv("STATE_DIRECTORY", "relative", 1);
	ck_assert_ptr_null(last_config_directory());
	setenv("STATE_DIRECTORY", "/var/lib/gvpn", 1);
	ck_assert_str_eq(last_config_directory(), "/var/lib/gvpn");
}
END_TEST

/* What is governed is known from a file whose key is not there. */
START_TEST(key_is_missing)
{
	char *text = config_file("tests/configs/gm-0001.conf"), *at = strstr(text, "ascii-text"),
	     *end = strchr(at, ';');
	struct config *c = NULL;
	struct config_error err;
	FILE *f = fopen(file, "w");

	fprintf(f, "%.*scredential nowhere%s", (int)(at - text), text, end);
	fclose(f);
	ck_assert_int_ne(config_load(&c, file, &err), 0);
	ck_assert_ptr_null(c);
	ck_assert_int_eq(config_load_unkeyed(&c, file, &err), 0);
	ck_assert_uint_eq(c->n_ipsec_policies, 1);
	config_free(c);
	c = NULL;
	f = fopen(file, "a");
	fprintf(f, "set security nonsense\n");
	fclose(f);
	ck_assert_int_eq(config_load_unkeyed(&c, file, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "nonsense"));
	ck_assert_ptr_null(c);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("last_config");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, comes_back);
	tcase_add_test(t, cannot_be_kept);
	tcase_add_test(t, is_nobody_elses);
	tcase_add_test(t, has_a_place);
	tcase_add_test(t, key_is_missing);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
