/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines whose rate others decide: a few of each kind are logged, and no kind takes anything from another. */
#include "member/daemon/journal.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NOW 100000u
#define LOCAL 0x0a126501u
#define SERVER 0x0a0a6401u

static struct journal j;
static int fds[2];
static char logged[16384];

static unsigned lines(void)
{
	ssize_t n = read(fds[0], logged, sizeof(logged) - 1);
	unsigned count = 0;

	logged[n > 0 ? n : 0] = '\0';
	for (const char *at = logged; (at = strchr(at, '\n')) != NULL; at++)
		count++;
	return count;
}

START_TEST(dropped_datagrams)
{
	const struct udp_ends ends = { LOCAL, SERVER, 848, 848 };

	for (int i = 0; i < 100; i++)
		journal_datagram_dropped(&j, NOW, &ends, true);
	ck_assert_uint_eq(lines(), RATE_LIMIT_LINES);
	ck_assert_ptr_nonnull(strstr(logged, "a datagram from 10.10.100.1 to 10.18.101.1 is dropped: no group takes "
					     "it: neither of an exchange that is under way nor under a KEK that is "
					     "held server=10.10.100.1\n"));
	ck_assert_uint_eq(journal_deadline(&j), NOW + RATE_LIMIT_MS);
	journal_tick(&j, NOW + RATE_LIMIT_MS);
	ck_assert_uint_eq(lines(), 1);
	ck_assert_ptr_nonnull(
		strstr(logged, "95 more datagrams were dropped within 30 s and not logged server=10.10.100.1\n"));
	ck_assert_uint_eq(journal_deadline(&j), UINT64_MAX);
}
END_TEST

/* Of strangers, who can be as many as they like, only the debug log tells. */
START_TEST(strangers)
{
	struct udp_ends ends = { LOCAL, 0, 848, 848 };

	for (uint32_t i = 0; i < 1000; i++) {
		ends.remote = 0x0a000001 + i;
		journal_datagram_dropped(&j, NOW, &ends, false);
	}
	ck_assert_uint_eq(lines(), 0);
}
END_TEST

START_TEST(each_kind_has_its_own)
{
	struct udp_ends ends = { LOCAL, 0, 848, 848 };

	for (uint32_t i = 0; i < 1000; i++) {
		ends.remote = SERVER + i;
		journal_datagram_dropped(&j, NOW, &ends, true);
	}
	ck_assert_uint_eq(lines(), RATE_LIMIT_KEYS + RATE_LIMIT_LINES);
	for (int i = 0; i < 100; i++) {
		journal_client_refused(&j, NOW, "a control client was refused: too many are connected");
		journal_kernel_changed(&j, NOW, LOG_LEVEL_NOTICE, KERNEL_NEWS_TABLE, "the table");
		journal_kernel_changed(&j, NOW, LOG_LEVEL_NOTICE, KERNEL_NEWS_ROUTE, "the route");
		journal_kernel_unreadable(&j, NOW, -ENOBUFS);
	}
	ck_assert_uint_eq(lines(), 4 * RATE_LIMIT_LINES);
	journal_tick(&j, NOW + RATE_LIMIT_MS);
	ck_assert_uint_gt(lines(), 4);
	ck_assert_ptr_nonnull(strstr(logged, "95 more lines like this were not logged\n"));
}
END_TEST

static void setup(void)
{
	j = (struct journal){ 0 };
	ck_assert_int_eq(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
	ck_assert_int_eq(log_open_fd(&j.log, fds[1], LOG_LEVEL_INFO), 0);
}

static void teardown(void)
{
	log_close(j.log);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	Suite *suite = suite_create("journal");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, dropped_datagrams);
	tcase_add_test(t, strangers);
	tcase_add_test(t, each_kind_has_its_own);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
