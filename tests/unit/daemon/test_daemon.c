/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bus with the real daemon and log behind it, and clients that misbehave: what is logged goes to the bus, and what
 * the bus drops is logged.  Run as root (UDP port 848), and under SANITIZE=1 to see more than a crash.
 *
 * GVPN_BUS_SECONDS=60 makes each part that long; it is 2 s otherwise.
 */
#include "member/ctl/bus_client.h"
#include "member/daemon/bus/bus.h"
#include "member/daemon/daemon.h"

#include "tests/unit/support/bus_raw.h"

#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MEMBER "set security group-vpn member "
#define MANY 200
/* Of the daemon's memory beyond what it had at the beginning: far below the 256 MiB that its unit lets it have. */
#ifdef __SANITIZE_ADDRESS__ /* which keeps what was freed for a while: 256 MiB and more */
#define GROWTH_MAX_KB (1024 * 1024)
#else
#define GROWTH_MAX_KB (64 * 1024)
#endif

static char dir[64], path[96], log_path[96];
static pid_t daemon_pid;

/* --- the daemon --- */

static struct config *make_config(void)
{
	unsigned id = (unsigned)getpid() % 60000;
	struct config *c = NULL;
	struct config_error e;
	char text[4096];
	size_t n = (size_t)snprintf(
		text, sizeof(text),
		"set security zones security-zone W interfaces wan0\n" MEMBER
		"ike proposal P authentication-method pre-shared-keys\n" MEMBER
		"ike proposal P authentication-algorithm sha-256\n" MEMBER "ike proposal P dh-group group14\n" MEMBER
		"ike proposal P encryption-algorithm aes-256-cbc\n" MEMBER "ike policy P proposals P\n" MEMBER
		"ike policy P pre-shared-key ascii-text x\n" MEMBER "ike gateway G ike-policy P\n" MEMBER
		"ike gateway G server-address 127.0.0.1\n" MEMBER "ike gateway G local-address 127.7.%u.%u\n",
		id / 250 + 1, id % 250 + 1);

	for (unsigned i = 0; i < 4; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "set security zones security-zone L%u interfaces lan%u\n" MEMBER
				      "ipsec vpn V%u ike-gateway G\n" MEMBER "ipsec vpn V%u group %u\n" MEMBER
				      "ipsec vpn V%u group-vpn-external-interface wan0\n"
				      "set security ipsec-policy from-zone L%u to-zone W ipsec-group-vpn V%u\n",
				      i, i, i, i, i + 1, i, i, i);
	ck_assert_msg(config_parse(&c, "test", text, n, &e) == 0, "%s", e.text);
	return c;
}

static int serve(void)
{
	const struct daemon_options options = { .config_path = "/nowhere/gvpnd.conf",
						.socket_path = path,
						.no_kernel = true };
	_cleanup_(log_closep) struct log *log = NULL;
	FILE *f = fopen(log_path, "w");

	signal(SIGPIPE, SIG_IGN);
	if (!f || !freopen("/dev/null", "w", stdout) || log_open_fd(&log, fileno(f), LOG_LEVEL_DEBUG) < 0)
		return 99;
	int r = daemon_run(&options, make_config(), log);
	fclose(f);
	return r < 0 ? 1 : 0;
}

static long memory_kb(void)
{
	char name[64], line[128];
	long kb = -1;

	snprintf(name, sizeof(name), "/proc/%d/status", daemon_pid);
	FILE *f = fopen(name, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmRSS: %ld kB", &kb) == 1)
			break;
	if (f)
		fclose(f);
	return kb;
}

static struct bus_client *client_open(void)
{
	struct bus_client *c = NULL;
	char err[BUS_CLIENT_TEXT_MAX] = "";

	for (int i = 0; i < 400; i++) {
		if (bus_client_open(&c, path, err) == 0)
			return c;
		poll(NULL, 0, 25);
	}
	ck_abort_msg("%s", err);
	return NULL;
}

static void set_up(void)
{
	snprintf(dir, sizeof(dir), "/tmp/gvpn-test-bus.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/bus", dir);
	snprintf(log_path, sizeof(log_path), "%s/log", dir);
	ck_assert_msg(geteuid() == 0, "the daemon takes UDP port 848: run the test as root");
	fflush(NULL);
	daemon_pid = fork();
	ck_assert_int_ge(daemon_pid, 0);
	if (daemon_pid == 0)
		exit(serve());
	bus_client_close(client_open());
}

static bool has_ended(void)
{
	int status;

	if (daemon_pid <= 0 || waitpid(daemon_pid, &status, WNOHANG) != daemon_pid)
		return false;
	daemon_pid = 0;
	return true;
}

static void tear_down(void)
{
	if (daemon_pid > 0) {
		kill(daemon_pid, SIGKILL);
		waitpid(daemon_pid, NULL, 0);
	}
	unlink(path);
	unlink(log_path);
	ck_assert_int_eq(rmdir(dir), 0);
}

/* It answers at once, and ends in order: with clean memory under ASan. */
static void stop_daemon(const char *part, unsigned long work, long memory)
{
	struct bus_client *c = client_open();
	struct timespec before, after;
	char err[BUS_CLIENT_TEXT_MAX];
	struct json_object *o;
	long now = memory_kb();
	int status;

	clock_gettime(CLOCK_MONOTONIC, &before);
	ck_assert_msg(bus_client_snapshot(c, &o, err) == 0, "%s", err);
	clock_gettime(CLOCK_MONOTONIC, &after);
	json_object_put(o);
	ck_assert_int_eq(bus_client_stop(c, false, err), 0);
	bus_client_close(c);
	ck_assert_int_eq(waitpid(daemon_pid, &status, 0), daemon_pid);
	daemon_pid = 0;
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the daemon ended with %x", status);
	printf("bus: %s: %lu, then a snapshot in %ld ms; the daemon has %ld kB more than at the beginning\n", part,
	       work, (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000, now - memory);
	fflush(stdout);
	ck_assert_int_lt(now - memory, GROWTH_MAX_KB);
}

/* --- the clock of a part --- */

static unsigned seconds(void)
{
	const char *text = getenv("GVPN_BUS_SECONDS");
	unsigned n = text ? (unsigned)strtoul(text, NULL, 10) : 0;

	return n > 0 ? n : 2;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void check_alive(void)
{
	ck_assert_msg(!has_ended(), "the daemon has ended");
}

/* --- the clients --- */

/* Monitors; -1: not let in. */
static int misbehaver(void)
{
	static const char hello[] = "\0AUTH EXTERNAL 30\r\nBEGIN\r\n"; /* uid 0 */
	const struct timeval limit = { .tv_sec = 5 };
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	uint8_t monitor[BUS_RAW_CALL_MAX];
	size_t len = raw_call(monitor, "Monitor");
	char answer[128];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(sa.sun_path, path, strlen(path));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0 &&
	    connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 &&
	    send(fd, hello, sizeof(hello) - 1, MSG_NOSIGNAL) == (ssize_t)sizeof(hello) - 1) {
		raw_line(fd, answer, sizeof(answer));
		if (strncmp(answer, "OK ", 3) == 0 && send(fd, monitor, len, MSG_NOSIGNAL) == (ssize_t)len)
			return fd;
	}
	close(fd);
	return -1;
}

/* Sends what the socket takes; false: it was disconnected. */
static bool call_on(int fd, const uint8_t *call, size_t len, unsigned long *calls)
{
	for (int i = 0; i < 64; i++) {
		ssize_t n = send(fd, call, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0)
			return errno == EAGAIN;
		ck_assert_int_eq(n, (ssize_t)len); /* of a message that small a stream socket takes all or nothing */
		++*calls;
	}
	return true;
}

/* Two clients that monitor, ask for snapshots without a pause, and never read; what is dropped comes again. */
START_TEST(two_that_never_read)
{
	uint8_t call[BUS_RAW_CALL_MAX];
	size_t len = raw_call(call, "Snapshot");
	uint64_t end = now_ms() + 1000 * seconds();
	int fds[2] = { -1, -1 };
	unsigned long calls = 0, drops = 0;
	long memory = memory_kb();

	while (now_ms() < end) {
		for (size_t i = 0; i < 2; i++) {
			if (fds[i] < 0)
				fds[i] = misbehaver();
			if (fds[i] < 0 || call_on(fds[i], call, len, &calls))
				continue;
			close(fds[i]);
			fds[i] = -1;
			drops++;
		}
		check_alive();
	}
	ck_assert_uint_gt(drops, 2);
	for (size_t i = 0; i < 2; i++)
		close(fds[i]);
	printf("bus: two that never read: dropped %lu times\n", drops);
	stop_daemon("two that never read: calls", calls, memory);
}
END_TEST

/* Monitors that never read while events come, until what they leave is too much. */
START_TEST(monitors_that_never_read)
{
	uint64_t end = now_ms() + 1000 * seconds();
	struct bus_client *root = client_open();
	char err[BUS_CLIENT_TEXT_MAX];
	unsigned long clears = 0;
	int fds[8];
	long memory = memory_kb();

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = misbehaver();
	while (now_ms() < end) {
		ck_assert_msg(bus_client_clear(root, NULL, err) == 0, "%s", err);
		clears++;
		for (size_t i = 0; i < ARRAY_SIZE(fds) && clears % 64 == 0; i++) {
			struct pollfd p = { .fd = fds[i] };

			if (fds[i] < 0 || poll(&p, 1, 0) > 0) {
				close(fds[i]);
				fds[i] = misbehaver();
			}
		}
		check_alive();
	}
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	bus_client_close(root);
	stop_daemon("eight monitors that never read: clears", clears, memory);
}
END_TEST

/* One that monitors and reads slower than events come: it loses its connection, or has all that it reads in order. */
START_TEST(a_slow_reader)
{
	uint64_t end = now_ms() + 1000 * seconds(), read_at = 0;
	struct bus_client *root = client_open();
	unsigned long clears = 0, octets = 0, drops = 0;
	char err[BUS_CLIENT_TEXT_MAX], some[512];
	int fd = misbehaver();
	long memory = memory_kb();

	ck_assert_int_ge(fd, 0);
	while (now_ms() < end) {
		ck_assert_msg(bus_client_clear(root, NULL, err) == 0, "%s", err);
		clears++;
		if (now_ms() >= read_at) {
			ssize_t n = recv(fd, some, sizeof(some), MSG_DONTWAIT);

			read_at = now_ms() + 20;
			octets += n > 0 ? (size_t)n : 0;
			if (n == 0 || (n < 0 && errno != EAGAIN)) {
				close(fd);
				fd = misbehaver();
				drops++;
			}
		}
		check_alive();
	}
	close(fd);
	bus_client_close(root);
	printf("bus: a slow reader: %lu octets read, dropped %lu times, %lu clears\n", octets, drops, clears);
	ck_assert_uint_gt(octets, 0);
	stop_daemon("a slow reader: clears", clears, memory);
}
END_TEST

static void be_one_of_many(struct bus_client **c, unsigned turn)
{
	char err[BUS_CLIENT_TEXT_MAX];
	struct json_object *o;

	if (!*c && bus_client_open(c, path, err) < 0) {
		*c = NULL;
		return;
	}
	switch (turn % 5) {
	case 0:
	case 1:
		if (bus_client_snapshot(*c, &o, err) == 0) {
			json_object_put(o);
			return;
		}
		break;
	case 2:
		if (bus_client_clear(*c, turn % 10 == 2 ? "V1" : NULL, err) == 0)
			return;
		break;
	case 3:
		if (bus_client_reload(*c, err) == -EREMOTEIO) /* there is no such file */
			return;
		break;
	case 4:
		break; /* leaves, and comes again */
	}
	bus_client_close(*c);
	*c = NULL;
}

/* 200 clients that come, ask for this and that, and go; most of them are refused at any moment. */
START_TEST(two_hundred)
{
	uint64_t end = now_ms() + 1000 * seconds();
	static struct bus_client *clients[MANY];
	unsigned long turns = 0;
	int idle[MANY];
	long memory = memory_kb();

	/* Half of them say nothing, and hold what they can. */
	for (size_t i = 0; i < MANY / 2; i++)
		idle[i] = misbehaver();
	while (now_ms() < end) {
		size_t i = turns * 7919 % (MANY / 2);

		be_one_of_many(&clients[i], (unsigned)(turns * 31 + i));
		if (turns % 50 == 0) {
			size_t j = turns / 50 % (MANY / 2);

			close(idle[j]);
			idle[j] = misbehaver();
		}
		turns++;
		check_alive();
	}
	for (size_t i = 0; i < MANY / 2; i++) {
		bus_client_close(clients[i]);
		clients[i] = NULL;
		close(idle[i]);
	}
	stop_daemon("two hundred: turns", turns, memory);
}
END_TEST

/* Asks without a pause, and reads; until the daemon is gone. */
static void ask_for_ever(void)
{
	char err[BUS_CLIENT_TEXT_MAX];
	struct bus_client *c = client_open();
	struct json_object *o;

	while (bus_client_snapshot(c, &o, err) == 0)
		json_object_put(o);
	bus_client_close(c);
	_exit(0);
}

/* Who looks does not put off what root has asked for: the clients come behind it. */
START_TEST(stop_while_others_ask)
{
	char err[BUS_CLIENT_TEXT_MAX];
	struct bus_client *root = client_open();
	pid_t askers[6];
	uint64_t since;
	int status;

	fflush(NULL);
	for (size_t i = 0; i < ARRAY_SIZE(askers); i++) {
		askers[i] = fork();
		ck_assert_int_ge(askers[i], 0);
		if (askers[i] == 0)
			ask_for_ever();
	}
	poll(NULL, 0, 500);
	since = now_ms();
	ck_assert_msg(bus_client_stop(root, false, err) == 0, "%s", err);
	ck_assert_int_eq(waitpid(daemon_pid, &status, 0), daemon_pid);
	daemon_pid = 0;
	printf("bus: stopped while six asked: in %u ms\n", (unsigned)(now_ms() - since));
	fflush(stdout);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the daemon ended with %x", status);
	bus_client_close(root);
	for (size_t i = 0; i < ARRAY_SIZE(askers); i++) {
		kill(askers[i], SIGKILL);
		waitpid(askers[i], NULL, 0);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("daemon");
	TCase *tc = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tc, seconds() + 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, two_that_never_read);
	tcase_add_test(tc, monitors_that_never_read);
	tcase_add_test(tc, a_slow_reader);
	tcase_add_test(tc, two_hundred);
	tcase_add_test(tc, stop_while_others_ask);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
