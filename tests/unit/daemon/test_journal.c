/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines whose rate others decide: a few of each kind are logged, and no kind takes anything from another. */
#include "member/daemon/private.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define LOCAL 0x0a126501u
#define SERVER 0x0a0a6401u

static struct daemon d;
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
		daemon_datagram_dropped(&d, &ends, true);
	ck_assert_uint_eq(lines(), RATE_LIMIT_LINES);
	ck_assert_ptr_nonnull(strstr(logged, "a datagram from 10.10.100.1 to 10.18.101.1 is dropped: no group takes "
					     "it: neither of an exchange that is under way nor under a KEK that is "
					     "held server=10.10.100.1\n"));
	ck_assert_uint_lt(daemon_log_deadline(&d), UINT64_MAX);
}
END_TEST

/* Of strangers, who can be as many as they like, only the debug log tells. */
START_TEST(strangers)
{
	struct udp_ends ends = { LOCAL, 0, 848, 848 };

	for (uint32_t i = 0; i < 1000; i++) {
		ends.remote = 0x0a000001 + i;
		daemon_datagram_dropped(&d, &ends, false);
	}
	ck_assert_uint_eq(lines(), 0);
}
END_TEST

START_TEST(each_kind_has_its_own)
{
	struct udp_ends ends = { LOCAL, 0, 848, 848 };

	for (uint32_t i = 0; i < 1000; i++) {
		ends.remote = SERVER + i;
		daemon_datagram_dropped(&d, &ends, true);
	}
	ck_assert_uint_eq(lines(), RATE_LIMIT_KEYS + RATE_LIMIT_LINES);
	for (int i = 0; i < 100; i++) {
		daemon_client_refused(&d, "a control client was refused: too many are connected");
		daemon_kernel_changed(&d, LOG_LEVEL_NOTICE, KERNEL_NEWS_TABLE, "the table");
		daemon_kernel_changed(&d, LOG_LEVEL_NOTICE, KERNEL_NEWS_ROUTE, "the route");
		daemon_kernel_unreadable(&d, -ENOBUFS);
	}
	ck_assert_uint_eq(lines(), 4 * RATE_LIMIT_LINES);
}
END_TEST

static void setup(void)
{
	d = (struct daemon){ 0 };
	ck_assert_int_eq(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
	ck_assert_int_eq(log_open_fd(&d.log, fds[1], LOG_LEVEL_INFO), 0);
}

static void teardown(void)
{
	log_close(d.log);
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
