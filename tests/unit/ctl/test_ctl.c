/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tool as a whole: its words, its exit status and what it prints, against a daemon. */
#include "member/api/bus.h"
#include "member/ctl/bus_client.h"
#include "member/ctl/ctl.h"
#include "tests/unit/support/bus_served.h"

#include <check.h>
#include <ctype.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

struct run {
	enum ctl_exit status;
	char *out, *err;
};

/* PATH stands for the daemon's socket. */
static struct run run_ctl(const char *line)
{
	char copy[256], name[] = "gvpnctl", *argv[12] = { name }, *words[12];
	struct run r;
	size_t size;
	int argc = 1;
	FILE *out = open_memstream(&r.out, &size), *err = open_memstream(&r.err, &size);

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *save = NULL, *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		words[argc] = strcmp(w, "PATH") == 0 ? served_path : w;
		argv[argc] = words[argc];
		argc++;
	}
	argv[argc] = NULL;
	r.status = ctl_run(argc, argv, out, err);
	fclose(out);
	fclose(err);
	return r;
}

static const struct {
	const char *line;
	enum ctl_exit status;
	const char *out, *err; /* found in them; "": nothing was written */
} tool[] = {
	{ "--help", CTL_OK, "Exit status: 0 done", "" },
	{ "--version", CTL_OK, "gvpnctl " GVPN_VERSION "\n", "" },
	{ "", CTL_USAGE, "",
	  "expected show, explain, monitor, metrics, clear, reload, stop or import\nusage: gvpnctl" },
	{ "frobnicate", CTL_USAGE, "",
	  "'frobnicate' is unknown; expected show, explain, monitor, metrics, clear, reload, stop or import" },
	{ "s policy", CTL_USAGE, "", "'s' is unknown" },
	{ "cl", CTL_USAGE, "", "'cl' is unknown" },
	{ "--frob", CTL_USAGE, "", "'--frob' is unknown" },
	{ "--socket", CTL_USAGE, "", "'--socket' needs a value" },
	{ "show", CTL_USAGE, "", "a word is missing after 'show'; expected security, kek, ipsec or policy" },
	{ "show ipsec s", CTL_USAGE, "", "ambiguous: security-associations or statistics" },
	{ "--json reload", CTL_USAGE, "", "--json goes with 'show', 'explain' and 'monitor' only" },
	{ "clear --keep", CTL_USAGE, "", "--keep goes with 'stop' only" },
	{ "clear A B", CTL_USAGE, "", "'B' is too much after 'clear': it takes the name of one VPN" },
	{ "reload now", CTL_USAGE, "", "'now' is too much after 'reload'" },
	{ "explain", CTL_USAGE, "", "the source address is missing after 'explain'\nusage: gvpnctl" },
	{ "e 10.0.0.1 10.0.0.2", CTL_USAGE, "", "'e' is unknown" },
	{ "m", CTL_USAGE, "", "'m' is unknown" },
	{ "rel", CTL_USAGE, "", "'rel' is unknown" },
	{ "exp --socket /nowhere/bus 10.0.0.1 10.0.0.2", CTL_UNREACHABLE, "", "no daemon answers on" },
	{ "mon --socket /nowhere/bus", CTL_UNREACHABLE, "", "no daemon answers on" },
	{ "me --socket PATH", CTL_OK, "gvpn_build_info", "" },
	{ "--socket PATH clear security group-vpn member group", CTL_OK, "", "" },
	{ "--socket PATH clear security group-vpn member group GROUP_ID-0001", CTL_OK, "", "" },
	{ "--socket PATH clear security group-vpn member group X", CTL_REFUSED, "",
	  "gvpnctl: no VPN is named 'X'; there is GROUP_ID-0001\n" },
	{ "clear security group-vpn member group A B", CTL_USAGE, "", "'B' is too much after 'clear'" },
	{ "clear security group-vpn member", CTL_USAGE, "", "'group-vpn' is too much after 'clear'" },
	{ "explain 10.0.0.1 10.0.0.2 tcp 80", CTL_USAGE, "", "the destination port is missing after '80'" },
	{ "--socket /nowhere/bus explain 10.0.0.1 10.0.0.2", CTL_UNREACHABLE, "", "no daemon answers on" },
	{ "--socket PATH explain 10.0.0.1 10.0.0.2 bgp out on lan0", CTL_OK,
	  "  Because    : 0a000001 0a000002 6 0 179 2 lan0\n", "" },
	{ "--json --socket PATH explain 10.0.0.1 10.0.0.2", CTL_OK, "\"because\":\"0a000001 0a000002 0 0 0 0 \"", "" },
	{ "--socket PATH explain 10.0.0.1 10.0.0.2 on gone9", CTL_REFUSED, "",
	  "gvpnctl: there is no interface gone9\n" },
	{ "--socket /nowhere/bus show policy", CTL_UNREACHABLE, "",
	  "no daemon answers on /nowhere/bus; start it with 'systemctl start gvpnd'" },
	{ "--socket /dev/null stop", CTL_UNREACHABLE, "", "no daemon answers on /dev/null" },
	{ "--socket PATH show security group-vpn member policy", CTL_OK, "Tunnel-id: 49152, Policy type: Secure", "" },
	{ "show --socket PATH kek sec", CTL_OK, "5455810 ", "" },
	{ "sh ipsec sec --json --socket PATH", CTL_OK, "\"spi\":\"1c548e4e\"", "" },
	{ "--socket PATH clear", CTL_OK, "", "" },
	{ "--socket PATH clear GROUP_ID-0001", CTL_OK, "", "" },
	{ "--socket PATH clear X", CTL_REFUSED, "", "gvpnctl: no VPN is named 'X'; there is GROUP_ID-0001\n" },
	{ "--socket PATH reload", CTL_REFUSED, "", "gvpnctl: gvpnd.conf:3:1: grup" },
};

START_TEST(tool_runs)
{
	struct run r = run_ctl(tool[_i].line);

	ck_assert_msg(r.status == tool[_i].status, "exit %d: %s%s", r.status, r.out, r.err);
	ck_assert_msg(tool[_i].out[0] ? strstr(r.out, tool[_i].out) != NULL : !r.out[0], "output: %s", r.out);
	ck_assert_msg(tool[_i].err[0] ? strstr(r.err, tool[_i].err) != NULL : !r.err[0], "complaint: %s", r.err);
	free(r.out);
	free(r.err);
	served_stop();
}
END_TEST

START_TEST(tool_stops)
{
	struct run r = run_ctl("--socket PATH stop --keep");

	ck_assert_int_eq(r.status, CTL_OK);
	ck_assert_str_eq(r.err, "");
	free(r.out);
	free(r.err);
	ck_assert_int_eq(served_wait(), 42);
}
END_TEST

/* What "gvpnctl monitor" prints of a clear, until it is ended. */
static void monitor(const char *option, char ret[static 1024])
{
	struct bus_client *c;
	char err[BUS_CLIENT_TEXT_MAX];
	int out[2], status;
	size_t n = 0;
	ssize_t r = 0;
	pid_t pid;

	ck_assert_int_eq(pipe(out), 0);
	fflush(NULL);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		char name[] = "gvpnctl", socket_option[] = "--socket", verb[] = "monitor", copy[16];
		char *argv[] = { name, socket_option, served_path, verb, option[0] ? copy : NULL, NULL };

		snprintf(copy, sizeof(copy), "%s", option);
		_exit((int)ctl_run(option[0] ? 5 : 4, argv, fdopen(out[1], "w"), stderr));
	}
	close(out[1]);
	ck_assert_int_eq(fcntl(out[0], F_SETFL, O_NONBLOCK), 0);
	c = served_client();
	for (int i = 0; i < 200 && n == 0; i++) {
		ck_assert_msg(bus_client_clear(c, "GROUP_ID-0001", err) == 0, "%s", err);
		poll(NULL, 0, 20);
		r = read(out[0], ret, 1023);
		n = r > 0 ? (size_t)r : 0;
	}
	bus_client_close(c);
	ret[n] = '\0';
	kill(pid, SIGTERM);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	close(out[0]);
}

/* Whether TEXT has "time":"2026-11-27T18:04:05OFFSET". */
static bool has_time(const char *text, const char *offset)
{
	static const char pattern[] = "dddd-dd-ddTdd:dd:dd";
	const char *at = strstr(text, "\"time\":\"");
	size_t i = 0;

	if (!at)
		return false;
	at += strlen("\"time\":\"");
	while (pattern[i] && (pattern[i] == 'd' ? isdigit((unsigned char)at[i]) : at[i] == pattern[i]))
		i++;
	return !pattern[i] && strncmp(at + i, offset, strlen(offset)) == 0 && at[i + strlen(offset)] == '"';
}

START_TEST(tool_monitors)
{
	char text[1024];

	setenv("TZ", "NST3:30", 1);
	tzset();
	monitor("", text);
	ck_assert_ptr_nonnull(
		strstr(text, " keys-cleared vpn=GROUP_ID-0001 server=10.10.100.1 spi=1c548e4e: as asked"));
	ck_assert_ptr_null(strchr(text, '\x1b'));
	monitor("--json", text);
	ck_assert_ptr_nonnull(strstr(text, "\"event\":\"keys-cleared\""));
	ck_assert_ptr_nonnull(strstr(text, "\"spi\":\"1c548e4e\""));
	/* RFC 3339, with the offset of the operator's zone */
	ck_assert_msg(has_time(text, "-03:30"), "%s", text);
	served_stop();
}
END_TEST

/* --- a daemon that is older than the tool --- */

static int answer_snapshot(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	(void)userdata, (void)error;
	return sd_bus_reply_method_return(m, "s", "{\"format\":2,\"vpns\":[],\"counters\":{\"other\":7}}");
}

static int answer_monitor(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	(void)userdata, (void)error;
	return sd_bus_reply_method_return(m, NULL);
}

static const sd_bus_vtable older_methods[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Snapshot", "", "s", answer_snapshot, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Monitor", "", "", answer_monitor, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

/* In a process of its own: serves the first client of LISTENER, without the method Counters(). */
static void serve_as_older(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	sd_bus *b = NULL;
	sd_id128_t id;

	if (fd < 0 || sd_id128_randomize(&id) < 0 || sd_bus_new(&b) < 0 || sd_bus_set_fd(b, fd, fd) < 0 ||
	    sd_bus_set_server(b, true, id) < 0 || sd_bus_set_anonymous(b, true) < 0 || sd_bus_start(b) < 0 ||
	    sd_bus_add_object_vtable(b, NULL, BUS_OBJECT, BUS_INTERFACE, older_methods, NULL) < 0)
		_exit(1);
	for (int r = 0; r >= 0;) {
		r = sd_bus_process(b, NULL);
		if (r == 0)
			r = sd_bus_wait(b, UINT64_MAX);
	}
	_exit(0);
}

START_TEST(counters_of_an_older_daemon)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int status, listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct json_object *answer = NULL, *value;
	char err[BUS_CLIENT_TEXT_MAX];
	struct bus_client *c = NULL;
	pid_t pid;

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/older", served_dir);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	fflush(NULL);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		serve_as_older(listener);
	ck_assert_msg(bus_client_open(&c, sa.sun_path, err) == 0, "%s", err);
	ck_assert_msg(bus_client_counters(c, &answer, err) == 0, "%s", err);
	ck_assert(json_object_object_get_ex(answer, "counters", &value));
	ck_assert_int_eq(json_object_get_int(json_object_object_get(value, "other")), 7);
	json_object_put(answer);
	bus_client_close(c);
	close(listener);
	ck_assert_int_eq(unlink(sa.sun_path), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(tool_full_disk)
{
	char name[] = "gvpnctl", help[] = "--help", *argv[] = { name, help, NULL }, *text;
	size_t size;
	FILE *out = fopen("/dev/full", "w"), *err = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(ctl_run(2, argv, out, err), CTL_REFUSED);
	fclose(out);
	fclose(err);
	ck_assert_ptr_nonnull(strstr(text, "cannot write the output: No space left"));
	free(text);
	served_stop();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ctl");
	TCase *tc = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, served_set_up, served_tear_down);
	tcase_add_loop_test(tc, tool_runs, 0, (int)ARRAY_SIZE(tool));
	tcase_add_test(tc, tool_stops);
	tcase_add_test(tc, tool_monitors);
	tcase_add_test(tc, counters_of_an_older_daemon);
	tcase_add_test(tc, tool_full_disk);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
