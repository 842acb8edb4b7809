/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of the sender ids on a real disk: what is taken, and what is refused. */
#include "member/daemon/sender_file.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/gvpn-senders-XXXXXX", path[PATH_MAX];
static struct sender_store *store;

static void begin(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(setenv("STATE_DIRECTORY", folder, 1), 0);
	sender_file_place(path, "/run/gvpn/state");
	ck_assert_int_eq(sender_store_new(&store, &(struct sender_store_env){ 0 }), 0);
}

static void end(void)
{
	char command[64];

	sender_store_free(store);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static void fill(struct sender_store *s)
{
	const struct sender_owner owner = { .name = "v", .group = 1, .local = 2 };
	const struct sender_ids ids = { .bits = 8, .n = 1, .ids = { 7 } };
	const struct sender wanted = { .bits = 8, .id = 7 };
	const struct sender_sa sa = { 2, 3 };
	const struct sender_key key = { { 1, 2, 3 } };

	ck_assert_int_eq(sender_store_set_ids(s, &owner, &ids), 0);
	ck_assert_int_eq(sender_store_take(s, &owner, &key, &sa, &wanted, 0x07000001, 1, 2, 1), SENDER_YES);
}

static void write_text(const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_int_eq(chmod(path, mode), 0);
}

START_TEST(places)
{
	char other[PATH_MAX];

	snprintf(other, sizeof(other), "%s/senders", folder);
	ck_assert_str_eq(path, other);
	ck_assert_int_eq(unsetenv("STATE_DIRECTORY"), 0);
	sender_file_place(other, "/run/gvpn/state");
	ck_assert_str_eq(other, "/run/gvpn/senders");
	sender_file_place(other, "state");
	ck_assert_str_eq(other, "senders");
}
END_TEST

START_TEST(written_and_read)
{
	struct sender_store *again;
	struct stat st;
	char *a, *b;

	ck_assert_int_eq(sender_file_read(store, path), 1); /* there is none yet */
	ck_assert_uint_eq(sender_store_uses(store), 0);
	fill(store);
	ck_assert_int_eq(sender_file_write(path, store), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(sender_store_new(&again, &(struct sender_store_env){ 0 }), 0);
	ck_assert_int_eq(sender_file_read(again, path), 0);
	a = sender_store_text(store);
	b = sender_store_text(again);
	ck_assert_str_eq(a, b);
	free(a);
	free(b);
	sender_store_free(again);
}
END_TEST

/* A write that fails leaves what was there. */
START_TEST(not_written)
{
	char longer[PATH_MAX];

	fill(store);
	snprintf(longer, sizeof(longer), "%s/missing/senders", folder);
	ck_assert_int_lt(sender_file_write(longer, store), 0);
	ck_assert_int_eq(sender_file_write(path, store), 0);
	snprintf(longer, sizeof(longer), "%s/senders.new", folder);
	ck_assert_int_eq(mkdir(longer, 0700), 0); /* in the way of the new file */
	ck_assert_int_lt(sender_file_write(path, store), 0);
	sender_store_free(store);
	ck_assert_int_eq(sender_store_new(&store, &(struct sender_store_env){ 0 }), 0);
	ck_assert_int_eq(sender_file_read(store, path), 0);
	ck_assert_uint_eq(sender_store_uses(store), 1);
}
END_TEST

START_TEST(refused)
{
	static const char good[] = "{\"format\":1,\"vpns\":[],\"uses\":[]}";
	char other[PATH_MAX];

	write_text(good, 0600);
	ck_assert_int_eq(sender_file_read(store, path), 0);
	write_text(good, 0620);
	ck_assert_int_eq(sender_file_read(store, path), -EPERM);
	write_text(good, 0602);
	ck_assert_int_eq(sender_file_read(store, path), -EPERM);
	write_text("{}", 0600);
	ck_assert_int_eq(sender_file_read(store, path), -EINVAL);
	write_text("", 0600);
	ck_assert_int_eq(sender_file_read(store, path), -EINVAL);
	ck_assert_int_eq(truncate(path, SENDER_FILE_MAX + 1), 0);
	ck_assert_int_eq(sender_file_read(store, path), -EINVAL);
	ck_assert_int_eq(truncate(path, 100), 0); /* zeros */
	ck_assert_int_eq(sender_file_read(store, path), -EINVAL);
	snprintf(other, sizeof(other), "%s/other", folder);
	ck_assert_int_eq(rename(path, other), 0);
	ck_assert_int_eq(symlink(other, path), 0);
	ck_assert_int_eq(sender_file_read(store, path), -ELOOP);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(sender_file_read(store, path), -EINVAL);
	ck_assert_int_eq(unlink(path), 0);
	write_text(good, 0600);
	ck_assert_int_eq(chmod(folder, 0777), 0); /* others could take it away */
	ck_assert_int_eq(sender_file_read(store, path), -EPERM);
	ck_assert_int_eq(chmod(folder, 0700), 0);
	ck_assert_uint_gt(strlen(sender_file_why(-EPERM)), 0);
	ck_assert_uint_gt(strlen(sender_file_why(-EINVAL)), 0);
}
END_TEST

/* It was not there while an SA was sending: no later start believes that nothing was sent. */
START_TEST(lost)
{
	fill(store);
	ck_assert_int_eq(sender_file_write(path, store), 0);
	ck_assert_int_eq(unlink(path), 0);
	sender_store_free(store);
	ck_assert_int_eq(sender_store_new(&store, &(struct sender_store_env){ 0 }), 0);
	ck_assert_int_eq(sender_file_read(store, path), 1);
	ck_assert_int_eq(sender_file_write_lost(path), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(sender_file_read(store, path), -ENODATA);
	ck_assert_uint_eq(sender_store_uses(store), 0);
	ck_assert_str_ne(sender_file_why(-ENODATA), strerror(ENODATA));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("file of sender ids");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, places);
	tcase_add_test(t, written_and_read);
	tcase_add_test(t, not_written);
	tcase_add_test(t, refused);
	tcase_add_test(t, lost);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
