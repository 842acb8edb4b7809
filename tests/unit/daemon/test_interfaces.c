/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interfaces that the configuration names and the host does not have.  Run from the root of the tree. */
#include "member/daemon/interfaces.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SRX "tests/configs/gm-0001-set.conf"
#define MX "tests/configs/gm-0003.conf"

static struct config *config;
static struct interfaces all;
static unsigned told;
static char last[RECORD_TEXT_MAX];

/* The file with TO in place of every FROM. */
static void load(const char *path, const char *from, const char *to)
{
	static char text[65536], changed[65536];
	struct config_error err = { .text = "" };
	FILE *f = fopen(path, "r");
	size_t used = 0;

	ck_assert_msg(f != NULL, "%s: run the test from the root of the tree", path);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	for (const char *p = text; *p;) {
		bool here = strncmp(p, from, strlen(from)) == 0;

		used += (size_t)snprintf(changed + used, sizeof(changed) - used, "%.*s", here ? (int)strlen(to) : 1,
					 here ? to : p);
		p += here ? strlen(from) : 1;
	}
	ck_assert_msg(config_parse(&config, "f", changed, used, &err) == 0, "%s", err.text);
}

static void teardown(void)
{
	interfaces_free(&all);
	config_free(config);
	config = NULL;
	told = 0;
}

static const struct interface_use *use_of(const char *name)
{
	const struct interface_use *found = NULL;

	for (size_t i = 0; i < all.n; i++)
		if (strcmp(all.list[i].name, name) == 0) {
			ck_assert_ptr_null(found);
			found = &all.list[i];
		}
	ck_assert_msg(found != NULL, "%s is not among them", name);
	return found;
}

static void on_change(void *ctx, const struct interface_use *use)
{
	struct record r;

	ck_assert_ptr_eq(ctx, &told);
	interface_record(&r, use);
	record_words(&r, last);
	told++;
}

static void look(void)
{
	interfaces_want_look(&all);
	interfaces_refresh(&all, config, on_change, &told);
}

START_TEST(of_zones)
{
	load(SRX, "lan0", "lna0");
	look();
	ck_assert_uint_eq(all.n, 2);
	ck_assert_str_eq(use_of("lna0")->zone, "LAN");
	ck_assert(!use_of("lna0")->external);
	ck_assert_str_eq(use_of("wan0")->zone, "WAN");
	ck_assert(use_of("wan0")->external);
}
END_TEST

START_TEST(of_a_service_set)
{
	load(MX, "wan0", "wan0");
	look();
	ck_assert_uint_eq(all.n, 1);
	ck_assert_str_eq(use_of("wan0")->zone, "");
	ck_assert(use_of("wan0")->external);
}
END_TEST

/* The loopback interface is there in every network namespace. */
START_TEST(come_and_gone)
{
	load(SRX, "wan0", "lo");
	look();
	ck_assert_uint_eq(told, 1);
	ck_assert_ptr_nonnull(strstr(last, "interface lan0 of security-zone LAN does not exist on this host"));
	ck_assert(use_of("lo")->present);
	look();
	ck_assert_uint_eq(told, 1);
	/* What is known of a name stays known under another configuration: here that lan0 is missing. */
	config_free(config);
	load(SRX, "wan0", "nowhere0");
	look();
	ck_assert_uint_eq(told, 2);
	ck_assert_ptr_nonnull(strstr(last, "external interface nowhere0"));
	config_free(config);
	load(SRX, "lan0", "lo");
	for (size_t i = 0; i < all.n; i++)
		if (!all.list[i].external)
			snprintf(all.list[i].name, sizeof(all.list[i].name), "lo"); /* known as missing */
	look();
	ck_assert_uint_eq(told, 4); /* lo has come, and wan0 is missing */
	ck_assert(use_of("lo")->present);
}
END_TEST

/* Nothing is looked at while nothing has happened. */
START_TEST(not_without_a_cause)
{
	load(SRX, "wan0", "lo");
	interfaces_refresh(&all, config, on_change, &told);
	ck_assert_uint_eq(told, 0);
	ck_assert_uint_eq(all.n, 0);
}
END_TEST

/* "gvpnd --check" warns and does not fail; a mistyped name stands in the warning. */
START_TEST(as_check_says)
{
	struct log *log = NULL;
	char text[4096];
	int fds[2];
	ssize_t n;

	load(SRX, "lan0", "lna0");
	ck_assert_int_eq(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
	ck_assert_int_eq(log_open_fd(&log, fds[1], LOG_LEVEL_INFO), 0);
	interfaces_log_missing(config, log);
	n = read(fds[0], text, sizeof(text) - 1);
	ck_assert_int_gt(n, 0);
	text[n] = '\0';
	ck_assert_ptr_nonnull(strstr(text, "interface lna0 of security-zone LAN does not exist on this host"));
	ck_assert_ptr_nonnull(strstr(text, "external interface wan0 of security-zone WAN does not exist"));
	log_close(log);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("interfaces");
	TCase *t = tcase_create("all");
	SRunner *r;

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, of_zones);
	tcase_add_test(t, of_a_service_set);
	tcase_add_test(t, come_and_gone);
	tcase_add_test(t, not_without_a_cause);
	tcase_add_test(t, as_check_says);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
