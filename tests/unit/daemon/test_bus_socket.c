/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The private socket: its mode, its directory, the lock beside it, and what may stand in its place. */
#include "tests/unit/support/bus_served.h"

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int other_is_kept_out(void)
{
	char err[BUS_CLIENT_TEXT_MAX];
	struct bus_client *c;

	if (bus_client_open(&c, served_path, err) != -EACCES)
		return 1;
	return strstr(err, served_path) && strstr(err, "run as root, or as a member of the group ") ? 0 : 2;
}

START_TEST(modes)
{
	char run[80];
	struct stat st;

	ck_assert_int_eq(stat(served_path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0660);
	snprintf(run, sizeof(run), "%s/run", served_dir);
	ck_assert_int_eq(stat(run, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0755);
	served_as_other(other_is_kept_out);
	served_stop();
}
END_TEST

START_TEST(socket_taken)
{
	char err[BUS_TEXT_MAX];

	ck_assert_int_eq(served_try_at(served_path, err), -EADDRINUSE);
	ck_assert_msg(strstr(err, "another gvpnd answers") && strstr(err, served_path), "%s", err);
	ck_assert_int_eq(served_says("clears"), 0);
	served_stop();
}
END_TEST

START_TEST(socket_stale)
{
	kill(served_pid, SIGKILL);
	ck_assert_int_eq(served_wait(), -SIGKILL);
	ck_assert_int_eq(access(served_path, F_OK), 0);
	served_start();
	ck_assert_int_eq(served_says("connections"), 1);
	served_stop();
	ck_assert_int_lt(access(served_path, F_OK), 0);
}
END_TEST

START_TEST(socket_in_the_way)
{
	char err[BUS_TEXT_MAX], file[96], longer[300];

	snprintf(file, sizeof(file), "%s/file", served_dir);
	close(open(file, O_CREAT | O_WRONLY, 0600));
	ck_assert_int_eq(served_try_at(file, err), -EEXIST);
	ck_assert_ptr_nonnull(strstr(err, file));
	ck_assert_int_eq(unlink(file), 0);

	memset(longer, 'a', sizeof(longer) - 1);
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	ck_assert_int_eq(served_try_at(longer, err), -ENAMETOOLONG);
	ck_assert_int_eq(served_try_at("", err), -ENAMETOOLONG);
	snprintf(file, sizeof(file), "%s/no/such/bus", served_dir);
	ck_assert_int_eq(served_try_at(file, err), -ENOENT);
	served_stop();
}
END_TEST

/* A daemon that ends does not take its successor's socket away. */
START_TEST(socket_of_another)
{
	char err[BUS_CLIENT_TEXT_MAX];
	struct bus_client *c = served_client();
	pid_t first = served_pid;

	ck_assert_int_eq(unlink(served_path), 0);
	served_start();
	pid_t second = served_pid;
	ck_assert_int_eq(bus_client_stop(c, false, err), 0);
	bus_client_close(c);
	served_pid = first;
	ck_assert_int_eq(served_wait(), 0);
	served_pid = second;
	ck_assert_int_eq(served_says("connections"), 1);
	served_stop();
}
END_TEST

static void refuse_at(const char *at, int error, const char *says)
{
	char err[BUS_TEXT_MAX] = "";

	ck_assert_msg(served_try_at(at, err) == -error, "%s: %s", at, err);
	ck_assert_msg(strstr(err, says) != NULL, "%s", err);
	ck_assert_int_lt(access(at, F_OK), 0);
}

/* Where others can write they could lead the socket, and the state beside it, to other files. */
START_TEST(directory_of_others)
{
	static const mode_t open_modes[] = { 0777, 01777, 0775, 0757, 02775 };
	char own[80], at[112], link[96];

	served_need_root();
	snprintf(own, sizeof(own), "%s/own", served_dir);
	snprintf(at, sizeof(at), "%s/bus", own);
	ck_assert_int_eq(mkdir(own, 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(open_modes); i++) {
		ck_assert_int_eq(chmod(own, open_modes[i]), 0);
		refuse_at(at, EPERM, "others may write to the directory");
	}
	ck_assert_int_eq(chmod(own, 0755), 0);
	ck_assert_int_eq(chown(own, SERVED_OTHER_UID, 0), 0);
	refuse_at(at, EPERM, "belongs to uid 65534");
	/* Another name of it is the same directory. */
	snprintf(link, sizeof(link), "%s/link", served_dir);
	ck_assert_int_eq(symlink(own, link), 0);
	snprintf(at, sizeof(at), "%s/bus", link);
	refuse_at(at, EPERM, "belongs to uid 65534");
	ck_assert_int_eq(unlink(link), 0);
	ck_assert_int_eq(rmdir(own), 0);
	served_stop();
}
END_TEST

/* Whatever the umask, nobody but owner and group gets at the socket, at no moment: nothing sets its mode afterwards. */
START_TEST(mode_under_any_umask)
{
	static const mode_t umasks[] = { 0, 022, 077, 0777 };
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(umasks); i++) {
		served_stop();
		mode_t before = umask(umasks[i]);
		served_start();
		umask(before);
		ck_assert_int_eq(stat(served_path, &st), 0);
		ck_assert_uint_eq(st.st_mode & 07777, 0660);
	}
	served_stop();
}
END_TEST

static int hold_the_directory(void)
{
	char run[80];

	snprintf(run, sizeof(run), "%s/run", served_dir);
	int fd = open(run, O_RDONLY | O_DIRECTORY);
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return 1;
	snprintf(run, sizeof(run), "%s/run/bus.lock", served_dir);
	if (open(run, O_RDWR | O_CREAT, 0666) >= 0 || errno != EACCES)
		return 2;
	alarm(20); /* who holds it is gone with the test */
	pause();
	return 3;
}

/* What everybody may open locks nothing. */
START_TEST(nobody_else_holds_the_lock)
{
	struct timespec before, after;
	char run[80];
	pid_t pid;

	served_need_root();
	served_stop();
	snprintf(run, sizeof(run), "%s/run/bus.lock", served_dir);
	ck_assert_int_lt(access(run, F_OK), 0); /* it is there while a daemon starts */
	fflush(NULL);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(setgid(SERVED_OTHER_UID) < 0 || setuid(SERVED_OTHER_UID) < 0 ? 99 : hold_the_directory());
	snprintf(run, sizeof(run), "%s/run", served_dir);
	for (int i = 0; i < 200; i++) { /* until it has the lock */
		int fd = open(run, O_RDONLY | O_DIRECTORY), r = flock(fd, LOCK_SH | LOCK_NB);

		close(fd);
		if (r < 0)
			break;
		poll(NULL, 0, 10);
	}
	clock_gettime(CLOCK_MONOTONIC, &before);
	served_start();
	clock_gettime(CLOCK_MONOTONIC, &after);
	ck_assert_int_lt(after.tv_sec - before.tv_sec, 3);
	ck_assert_int_eq(served_says("connections"), 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	served_stop();
}
END_TEST

/* What stands in the lock's place and is not ours is neither followed nor trusted, nor taken away. */
START_TEST(lock_in_the_way)
{
	char at[96], lock[112], other[96], err[BUS_TEXT_MAX];
	struct stat st;

	snprintf(at, sizeof(at), "%s/other", served_dir);
	snprintf(lock, sizeof(lock), "%s.lock", at);
	snprintf(other, sizeof(other), "%s/file", served_dir);
	close(open(other, O_CREAT | O_WRONLY, 0600));

	ck_assert_int_eq(symlink(other, lock), 0);
	ck_assert_int_lt(served_try_at(at, err), 0);
	ck_assert_msg(strstr(err, "lock"), "%s", err);
	ck_assert_int_eq(unlink(lock), 0);
	ck_assert_int_eq(link(other, lock), 0);
	refuse_at(at, EPERM, "is not a lock of this daemon");
	ck_assert_int_eq(unlink(lock), 0);
	ck_assert_int_eq(mkfifo(lock, 0600), 0);
	refuse_at(at, EPERM, "is not a lock of this daemon");
	ck_assert_int_eq(unlink(lock), 0);
	ck_assert_int_eq(mkdir(lock, 0700), 0);
	ck_assert_int_lt(served_try_at(at, err), 0);
	ck_assert_int_eq(rmdir(lock), 0);
	close(open(lock, O_CREAT | O_WRONLY, 0600));
	ck_assert_int_eq(chmod(lock, 0644), 0); /* others could open it, and hold it */
	refuse_at(at, EPERM, "mode 0644");
	if (geteuid() == 0) {
		ck_assert_int_eq(chmod(lock, 0600), 0);
		ck_assert_int_eq(chown(lock, SERVED_OTHER_UID, 0), 0);
		refuse_at(at, EPERM, "uid 65534");
		ck_assert_int_eq(chown(lock, 0, 0), 0);
	}
	/* One that a daemon left that was killed. */
	ck_assert_int_eq(chmod(lock, 0600), 0);
	ck_assert_msg(served_try_at(at, err) == 0, "%s", err);
	ck_assert_int_lt(lstat(lock, &st), 0);
	ck_assert_int_eq(unlink(other), 0);
	served_stop();
}
END_TEST

/* Of two that start at once the second waits, and finds the first listening. */
START_TEST(two_start_at_once)
{
	char err[BUS_TEXT_MAX], lock[112];
	pid_t pid;

	snprintf(lock, sizeof(lock), "%s.lock", served_path);
	int fd = open(lock, O_RDWR | O_CREAT, 0600);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		poll(NULL, 0, 300);
		_exit(unlink(lock));
	}
	close(fd); /* the child holds it */
	ck_assert_int_eq(served_try_at(served_path, err), -EADDRINUSE);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	served_stop();
}
END_TEST

/* --- a socket that the service manager listens on --- */

static int passed_at(const char *at, const char *expected)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char err[BUS_TEXT_MAX], pid[16];
	struct stat st;

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", at);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(fd, 4) < 0 || dup2(fd, 3) < 0)
		return 10;
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("LISTEN_PID", pid, 1);
	/* Beside it, what is kept for other parts of the daemon and is no socket */
	if (dup2(open("/dev/null", O_RDONLY), 4) < 0)
		return 15;
	setenv("LISTEN_FDS", "2", 1);
	if (served_try_at(expected, err) != (strcmp(at, expected) == 0 ? 0 : -EINVAL))
		return 11;
	if (strcmp(at, expected) != 0 && !strstr(err, "check ListenStream= in the socket unit"))
		return 12;
	if (getenv("LISTEN_FDS") || lstat(at, &st) < 0) /* the unit's socket is not ours to remove */
		return 13;
	return unlink(at) < 0 ? 14 : 0;
}

/* Only the socket of our own path is taken. */
START_TEST(socket_of_the_service_manager)
{
	char at[96], other[96];
	int status;

	snprintf(at, sizeof(at), "%s/passed", served_dir);
	snprintf(other, sizeof(other), "%s/expected", served_dir);
	for (int i = 0; i < 2; i++) {
		pid_t pid;

		fflush(NULL);
		pid = fork();
		ck_assert_int_ge(pid, 0);
		if (pid == 0)
			_exit(passed_at(at, i == 0 ? at : other));
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "case %d: step %d failed", i,
			      WEXITSTATUS(status));
	}
	served_stop();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bus socket");
	TCase *tc = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, served_set_up, served_tear_down);
	tcase_add_test(tc, modes);
	tcase_add_test(tc, socket_taken);
	tcase_add_test(tc, socket_stale);
	tcase_add_test(tc, socket_in_the_way);
	tcase_add_test(tc, socket_of_another);
	tcase_add_test(tc, directory_of_others);
	tcase_add_test(tc, mode_under_any_umask);
	tcase_add_test(tc, nobody_else_holds_the_lock);
	tcase_add_test(tc, lock_in_the_way);
	tcase_add_test(tc, two_start_at_once);
	tcase_add_test(tc, socket_of_the_service_manager);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
