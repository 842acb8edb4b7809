/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may change the state of the member, on both ways to it. */
#include "member/daemon/bus/private.h"
#include "tests/unit/support/bus_served.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define DAEMON_NAME ":1.1"

static int other_reads_only(void)
{
	char err[BUS_CLIENT_TEXT_MAX];
	struct bus_client *c;
	struct json_object *o;

	if (bus_client_open(&c, served_path, err) < 0)
		return 1;
	if (bus_client_snapshot(c, &o, err) < 0)
		return 2;
	json_object_put(o);
	if (bus_client_explain(c, &(struct explain_request){ .packet.src = 1 }, &o, err) < 0)
		return 6;
	json_object_put(o);
	if (bus_client_clear(c, NULL, err) != -EREMOTEIO || !strstr(err, "root"))
		return 3;
	if (bus_client_reload(c, err) != -EREMOTEIO || !strstr(err, "root"))
		return 4;
	if (bus_client_stop(c, false, err) != -EREMOTEIO || !strstr(err, "root"))
		return 5;
	if (bus_client_counters(c, &o, err) < 0)
		return 7;
	json_object_put(o);
	bus_client_close(c);
	return sd_bus_call_method(served_connect(), NULL, SERVED_GROUP, SERVED_GROUP_INTERFACE, "Clear", NULL, NULL,
				  NULL) == -EACCES
		       ? 0
		       : 8;
}

START_TEST(other_changes_nothing)
{
	ck_assert_int_eq(chmod(served_path, 0666), 0);
	served_as_other(other_reads_only);
	ck_assert_int_eq(served_says("clears"), 0);
	ck_assert_int_eq(served_says("reloads"), 0);
	served_stop();
}
END_TEST

/* A system bus that answers as the test wants, and carries the calls of the one client that it has. */
struct fake_bus {
	sd_bus *b;
	sd_bus_message *question; /* whose call that was */
	unsigned questions;
	char error[128];      /* of the last answer to a call; "": none */
	bool answered, named; /* a call; the name of the daemon */
};

static int on_bus_call(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct fake_bus *f = userdata;

	(void)error;
	if (sd_bus_message_is_method_call(m, "org.freedesktop.DBus", "Hello"))
		return sd_bus_reply_method_return(m, "s", DAEMON_NAME);
	if (sd_bus_message_is_method_call(m, "org.freedesktop.DBus", "RequestName")) {
		f->named = true;
		return sd_bus_reply_method_return(m, "u", 1u);
	}
	if (!sd_bus_message_is_method_call(m, "org.freedesktop.DBus", "GetConnectionUnixUser"))
		return 0;
	f->questions++;
	sd_bus_message_unref(f->question);
	f->question = sd_bus_message_ref(m);
	return 1;
}

static void fake_wait(struct fake_bus *f, const bool *until, unsigned questions)
{
	for (int i = 0; i < 500 && !(until && *until) && f->questions < questions; i++)
		if (sd_bus_process(f->b, NULL) == 0)
			sd_bus_wait(f->b, 10000);
}

/* Starts the daemon anew, with F as its system bus. */
static void fake_start(struct fake_bus *f)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd, listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char address[128];
	sd_id128_t id;

	served_stop();
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/dbus", served_dir);
	snprintf(address, sizeof(address), "unix:path=%s", sa.sun_path);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
	served_start();
	unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	close(listener);
	ck_assert_int_eq(unlink(sa.sun_path), 0);
	ck_assert_int_ge(sd_id128_randomize(&id), 0);
	ck_assert_int_ge(sd_bus_new(&f->b), 0);
	ck_assert_int_ge(sd_bus_set_fd(f->b, fd, fd), 0);
	ck_assert_int_ge(sd_bus_set_server(f->b, true, id), 0);
	ck_assert_int_ge(sd_bus_add_filter(f->b, NULL, on_bus_call, f), 0);
	ck_assert_int_ge(sd_bus_start(f->b), 0);
	fake_wait(f, &f->named, 1);
	ck_assert(f->named);
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct fake_bus *f = userdata;
	const sd_bus_error *e = sd_bus_message_get_error(m);

	(void)error;
	snprintf(f->error, sizeof(f->error), "%s", e ? e->name : "");
	f->answered = true;
	return 0;
}

static void fake_call(struct fake_bus *f)
{
	sd_bus_message *m = NULL;

	f->answered = false;
	ck_assert_int_ge(sd_bus_message_new_method_call(f->b, &m, DAEMON_NAME, BUS_OBJECT, BUS_INTERFACE, "Clear"), 0);
	ck_assert_int_ge(sd_bus_message_set_sender(m, ":1.7"), 0);
	ck_assert_int_ge(sd_bus_message_append(m, "s", ""), 0);
	ck_assert_int_ge(sd_bus_call_async(f->b, NULL, m, on_answer, f, 0), 0);
	sd_bus_message_unref(m);
}

/* The system bus is asked who calls, and nobody waits for it meanwhile: it may be stopped, or never answer. */
START_TEST(sender_is_asked_for_without_waiting)
{
	struct timespec before, after;
	struct fake_bus f = { 0 };

	fake_start(&f);
	fake_call(&f);
	fake_wait(&f, NULL, 1);
	ck_assert_uint_eq(f.questions, 1);
	clock_gettime(CLOCK_MONOTONIC, &before);
	ck_assert_int_eq(served_says("clears"), 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	ck_assert_int_lt((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000, 2000);

	ck_assert_int_ge(sd_bus_reply_method_return(f.question, "u", (uint32_t)SERVED_OTHER_UID), 0);
	fake_wait(&f, &f.answered, 9);
	ck_assert_str_eq(f.error, SD_BUS_ERROR_ACCESS_DENIED);
	fake_call(&f);
	fake_wait(&f, NULL, 2);
	ck_assert_int_ge(sd_bus_reply_method_errorf(f.question, SD_BUS_ERROR_NAME_HAS_NO_OWNER, "gone"), 0);
	fake_wait(&f, &f.answered, 9);
	ck_assert_str_eq(f.error, SD_BUS_ERROR_ACCESS_DENIED);
	ck_assert_int_eq(served_says("clears"), 0);

	fake_call(&f);
	fake_wait(&f, NULL, 3);
	ck_assert_int_ge(sd_bus_reply_method_return(f.question, "u", (uint32_t)geteuid()), 0);
	fake_wait(&f, &f.answered, 9);
	ck_assert_str_eq(f.error, "");
	ck_assert_int_eq(served_says("clears"), 1);

	/* So many questions are under way at most, and the rest is refused at once; they end with the daemon. */
	for (unsigned i = 0; i <= BUS_ASKING_MAX; i++)
		fake_call(&f);
	fake_wait(&f, &f.answered, 99);
	ck_assert_str_eq(f.error, SD_BUS_ERROR_LIMITS_EXCEEDED);
	ck_assert_uint_le(f.questions, 3 + BUS_ASKING_MAX);
	sd_bus_message_unref(f.question);
	served_stop();
	sd_bus_close_unref(f.b);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bus authorise");
	TCase *tc = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, served_set_up, served_tear_down);
	tcase_add_test(tc, other_changes_nothing);
	tcase_add_test(tc, sender_is_asked_for_without_waiting);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
