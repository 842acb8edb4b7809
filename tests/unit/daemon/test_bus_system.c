/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system bus: a real one, and one that answers as the test wants. */
#include "tests/unit/support/bus_served.h"

#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t start_dbus(char address[static 128])
{
	char config[96], line[256];
	int out[2];
	FILE *f;
	pid_t pid;

	snprintf(config, sizeof(config), "%s/dbus.conf", served_dir);
	f = fopen(config, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f,
		"<busconfig><type>system</type><listen>unix:path=%s/dbus</listen><auth>EXTERNAL</auth>"
		"<policy context=\"default\"><allow user=\"*\"/><allow own=\"*\"/><allow send_type=\"method_call\"/>"
		"<allow send_type=\"signal\"/><allow send_requested_reply=\"true\" send_type=\"method_return\"/>"
		"<allow send_requested_reply=\"true\" send_type=\"error\"/>"
		"<allow receive_type=\"method_call\"/><allow receive_type=\"method_return\"/>"
		"<allow receive_type=\"error\"/><allow receive_type=\"signal\"/></policy></busconfig>",
		served_dir);
	fclose(f);
	ck_assert_int_eq(pipe(out), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		snprintf(line, sizeof(line), "--config-file=%s", config);
		dup2(out[1], STDOUT_FILENO);
		close(out[0]);
		execlp("dbus-daemon", "dbus-daemon", line, "--nofork", "--print-address", (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	f = fdopen(out[0], "r");
	ck_assert_msg(fgets(line, sizeof(line), f) != NULL, "dbus-daemon does not start: run tests/install-deps");
	fclose(f);
	snprintf(address, 128, "unix:path=%s/dbus", served_dir);
	return pid;
}

/* Two daemons, one name: the second says that it has none. */
static void check_second_daemon(void)
{
	char first[sizeof(served_path)];
	pid_t second, before = served_pid;

	memcpy(first, served_path, sizeof(served_path));
	snprintf(served_path, sizeof(served_path), "%s/second", served_dir);
	served_start();
	for (int i = 0; i < 100 && served_says("notes") == 0; i++)
		poll(NULL, 0, 20);
	ck_assert_int_eq(served_says("notes"), 1);
	second = served_pid;
	kill(second, SIGKILL);
	waitpid(second, NULL, 0);
	unlink(served_path);
	memcpy(served_path, first, sizeof(served_path));
	served_pid = before;
}

START_TEST(system_bus)
{
	char address[128], config[96];
	struct served_heard heard = { 0 };
	sd_bus *b = NULL;
	pid_t dbus;

	served_stop();
	dbus = start_dbus(address);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
	served_start();
	ck_assert_int_ge(sd_bus_open_system(&b), 0);
	for (int i = 0; i < 100 && sd_bus_call_method(b, BUS_NAME, BUS_OBJECT, "org.freedesktop.DBus.Peer", "Ping",
						      NULL, NULL, NULL) < 0;
	     i++)
		poll(NULL, 0, 20);
	served_check_properties(b, BUS_NAME);
	check_second_daemon();
	ck_assert_int_ge(sd_bus_add_filter(b, NULL, served_on_signal, &heard), 0);
	ck_assert_int_ge(sd_bus_add_match(b, NULL, "type='signal',sender='" BUS_NAME "'", NULL, NULL), 0);
	ck_assert_int_ge(
		sd_bus_call_method(b, BUS_NAME, SERVED_GROUP, SERVED_GROUP_INTERFACE, "Clear", NULL, NULL, NULL), 0);
	served_listen(b, &heard, 1, 2);
	ck_assert_str_eq(heard.path, SERVED_GROUP " Group");
	sd_bus_close_unref(b);
	/* The bus goes; the socket stays. */
	kill(dbus, SIGKILL);
	waitpid(dbus, NULL, 0);
	for (int i = 0; i < 100 && served_says("notes") == 0; i++)
		poll(NULL, 0, 20);
	ck_assert_int_eq(served_says("notes"), 1);
	unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
	served_stop();
	snprintf(config, sizeof(config), "%s/dbus.conf", served_dir);
	unlink(config);
	snprintf(config, sizeof(config), "%s/dbus", served_dir);
	unlink(config);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bus system");
	TCase *tc = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, served_set_up, served_tear_down);
	tcase_add_test(tc, system_bus);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
