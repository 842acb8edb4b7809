/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the service manager is told, with a datagram socket in its place. */
#include "member/daemon/notify.h"
#include "tests/unit/support/world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char directory[] = "/tmp/gvpn-notify.XXXXXX";
static struct sockaddr_un manager = { .sun_family = AF_UNIX };
static struct world *w;
static int fd;

static void set_up(void)
{
	strcpy(strrchr(directory, '.'), ".XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(manager.sun_path, sizeof(manager.sun_path), "%s/notify", directory);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&manager, sizeof(manager)), 0);
	setenv("NOTIFY_SOCKET", manager.sun_path, 1);
	w = malloc(sizeof(*w));
	ck_assert_ptr_nonnull(w);
}

static void tear_down(void)
{
	world_free(w);
	free(w);
	unsetenv("NOTIFY_SOCKET");
	close(fd);
	unlink(manager.sun_path);
	rmdir(directory);
}

/* All that was told since the last look, a line each. */
static const char *told(void)
{
	static char text[2048];
	size_t n = 0;
	ssize_t r;

	while ((r = recv(fd, text + n, sizeof(text) - n - 2, 0)) > 0) {
		n += (size_t)r;
		text[n++] = '\n';
	}
	text[n] = '\0';
	return text;
}

static struct groups one(void)
{
	static struct group *items[1];

	items[0] = w->group;
	return (struct groups){ .items = items, .n = 1 };
}

static bool one_server_failed(const struct world *world)
{
	return group_stats(world->group)->server_failover > 0;
}

START_TEST(ready_when_registered)
{
	struct daemon_notified n = { 0 };

	world_make(w, 1, "");
	world_server(w, 0, "");
	struct groups groups = one();
	world_start(w);
	ck_assert(!daemon_is_ready(&groups));
	daemon_notify(&n, &groups, NULL);
	ck_assert_ptr_nonnull(strstr(told(), "registering"));
	ck_assert(world_run(w, w->now + 10000, world_registered));
	daemon_notify(&n, &groups, NULL);
	const char *text = told();
	ck_assert_ptr_nonnull(strstr(text, "STATUS="));
	ck_assert_ptr_nonnull(strstr(text, ": registered"));
	ck_assert_ptr_nonnull(strstr(text, "READY=1\n"));
	daemon_notify(&n, &groups, NULL);
	ck_assert_str_eq(told(), "");
}
END_TEST

START_TEST(ready_when_a_first_server_has_failed)
{
	struct daemon_notified n = { 0 };

	world_make(w, 4, "");
	struct groups groups = one();
	uint64_t start = w->now;
	group_start(w->group, start);
	world_carry_out(w);
	daemon_notify(&n, &groups, NULL);
	ck_assert_ptr_null(strstr(told(), "READY"));
	ck_assert(world_run(w, start + 600000, one_server_failed));
	ck_assert_uint_le(w->now - start, 70000);
	daemon_notify(&n, &groups, NULL);
	ck_assert_ptr_nonnull(strstr(told(), "READY=1\n"));
}
END_TEST

START_TEST(a_reload_is_told_once_it_was_ready)
{
	struct daemon_notified n = { 0 };

	world_make(w, 1, "");
	struct groups groups = one();
	world_start(w);
	daemon_notify_reloading(&n);
	ck_assert_str_eq(told(), "");
	n.ready = true;
	daemon_notify_reloading(&n);
	ck_assert_str_eq(told(), "RELOADING=1\n");
	daemon_notify(&n, &groups, NULL);
	ck_assert_ptr_nonnull(strstr(told(), "READY=1\n"));
	daemon_notify(&n, &groups, NULL);
	ck_assert_str_eq(told(), "");
}
END_TEST

START_TEST(a_long_status_is_cut)
{
	char status[DAEMON_STATUS_MAX];
	struct group *items[64];

	world_make(w, 1, "");
	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		items[i] = w->group;
	struct groups groups = { .items = items, .n = ARRAY_SIZE(items) };
	daemon_status(&groups, NULL, status);
	ck_assert_uint_eq(strlen(status), DAEMON_STATUS_MAX - 1);
}
END_TEST

START_TEST(a_kernel_that_fails_is_told)
{
	struct daemon_notified n = { 0 };

	world_make(w, 1, "");
	world_server(w, 0, "");
	struct groups groups = one();
	world_start(w);
	ck_assert(world_run(w, w->now + 10000, world_registered));
	daemon_notify(&n, &groups, "no memory");
	ck_assert_ptr_nonnull(strstr(told(), "STATUS=the kernel does not hold the plan: no memory; V: registered"));
	daemon_notify(&n, &groups, NULL);
	ck_assert_ptr_nonnull(strstr(told(), "STATUS=V: registered"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("notify");
	TCase *t = tcase_create("service manager");
	SRunner *r;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, ready_when_registered);
	tcase_add_test(t, ready_when_a_first_server_has_failed);
	tcase_add_test(t, a_reload_is_told_once_it_was_ready);
	tcase_add_test(t, a_long_status_is_cut);
	tcase_add_test(t, a_kernel_that_fails_is_told);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
