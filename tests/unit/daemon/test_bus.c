/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bus from both sides: a daemon in a child process, on a socket in a directory of its own, and clients here.  Run
 * from the root of the tree, as root (one part speaks as another user).
 */
#include "member/ctl/bus_client.h"
#include "member/ctl/ctl.h"
#include "member/daemon/bus/bus.h"
#include "member/daemon/bus/object.h"
#include "member/daemon/explain.h"
#include "member/group/group.h"

#include "tests/unit/support/bus_raw.h"

#include <check.h>
#include <ctype.h>
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

#define OTHER_UID 65534

/* --- the daemon --- */

struct served {
	sd_event *event;
	struct bus *bus;
	int clears, reloads, notes;
	char vpn[GVPN_NAME_MAX];
	char note[128];
};

static struct json_object *verb_snapshot(void *ctx)
{
	struct served *s = ctx;
	struct json_object *o = json_object_from_file("tests/unit/golden/srx.json");

	json_object_object_add(o, "clears", json_object_new_int(s->clears));
	json_object_object_add(o, "cleared", json_object_new_string(s->vpn));
	json_object_object_add(o, "reloads", json_object_new_int(s->reloads));
	json_object_object_add(o, "notes", json_object_new_int(s->notes));
	json_object_object_add(o, "note", json_object_new_string(s->note));
	json_object_object_add(o, "connections", json_object_new_int64((int64_t)bus_connections(s->bus)));
	return o;
}

/* The request, as it came. */
static int verb_explain(void *ctx, const struct explain_request *q, struct json_object **ret,
			char err[static BUS_TEXT_MAX])
{
	char text[160];

	(void)ctx;
	if (strcmp(q->inside, "gone9") == 0) {
		snprintf(err, BUS_TEXT_MAX, "there is no interface gone9");
		return -ENODEV;
	}
	snprintf(text, sizeof(text), "%08x %08x %u %u %u %d %s", q->packet.src, q->packet.dst, q->packet.protocol,
		 q->packet.sport, q->packet.dport, (int)q->way, q->inside);
	*ret = json_object_new_object();
	json_object_object_add(*ret, "because", json_object_new_string(text));
	return 0;
}

static int verb_clear(void *ctx, const char *vpn, char err[static BUS_TEXT_MAX])
{
	struct served *s = ctx;

	if (vpn && strcmp(vpn, "GROUP_ID-0001") != 0) {
		snprintf(err, BUS_TEXT_MAX, "no VPN is named '%s'; there is GROUP_ID-0001", vpn);
		return -ENOENT;
	}
	s->clears++;
	snprintf(s->vpn, sizeof(s->vpn), "%s", vpn ? vpn : "all");
	bus_event(s->bus, EVENT_KEYS_CLEARED, vpn, vpn ? 0x0a0a6401 : 0, vpn ? 0x1c548e4e : 0, "as asked\x1b[31m");
	bus_changed(s->bus);
	return 0;
}

/* The first is refused. */
static int verb_reload(void *ctx, char err[static BUS_TEXT_MAX])
{
	struct served *s = ctx;

	bus_changed(s->bus);
	if (s->reloads++ > 0) {
		bus_changed(s->bus);
		return 0;
	}
	snprintf(err, BUS_TEXT_MAX, "gvpnd.conf:3:1: grup: unknown statement; nothing was changed");
	return -EINVAL;
}

static int verb_stop(void *ctx, bool keep, char err[static BUS_TEXT_MAX])
{
	(void)err;
	return sd_event_exit(((struct served *)ctx)->event, keep ? 42 : 0);
}

static bool verb_group(void *ctx, size_t i, struct bus_group *ret)
{
	static const struct group_stats stats = { .pull_succeeded = 7, .recovery_probes = 9 };
	struct served *s = ctx;

	if (i > 1)
		return false;
	*ret = (struct bus_group){ .name = i == 0           ? "GROUP_ID-0001"
					   : s->reloads > 1 ? "branch"
							    : "lab",
				   .state = s->clears == 0 ? "registered" : "registering",
				   .reason = "as the test has it",
				   .id = (uint32_t)i + 1,
				   .local = 0x0a126501,
				   .server = i == 0 ? 0x0a0a6401 : 0,
				   .keys = 2,
				   .next_registration = 33000000,
				   .stats = &stats };
	return true;
}

static void verb_note(void *ctx, const char *text)
{
	struct served *s = ctx;

	s->notes++;
	snprintf(s->note, sizeof(s->note), "%s", text);
}

static const struct bus_verbs verbs = {
	.snapshot = verb_snapshot,
	.explain = verb_explain,
	.clear = verb_clear,
	.reload = verb_reload,
	.stop = verb_stop,
	.group = verb_group,
	.note = verb_note,
};

/* ATTACHED: the daemon's end of a connection that it was given, or -1. */
static int serve(const char *path, int ready, int attached)
{
	struct served s = { 0 };
	sd_bus *given = NULL;
	sd_id128_t id;
	char err[BUS_TEXT_MAX];
	int r = sd_event_new(&s.event);

	if (r < 0 || bus_new(&s.bus, s.event, path, &verbs, &s, err) < 0)
		return 100;
	if (attached >= 0 && (sd_id128_randomize(&id) < 0 || sd_bus_new(&given) < 0 ||
			      sd_bus_set_fd(given, attached, attached) < 0 || sd_bus_set_server(given, true, id) < 0 ||
			      sd_bus_start(given) < 0 || sd_bus_attach_event(given, s.event, 0) < 0 ||
			      bus_attach(s.bus, given) < 0 || bus_attach(s.bus, given) != -EBUSY))
		return 101;
	if (getenv("DBUS_SYSTEM_BUS_ADDRESS") && bus_attach_system(s.bus) < 0)
		return 103;
	if (write(ready, "r", 1) != 1)
		return 102;
	r = sd_event_loop(s.event);
	bus_free(s.bus);
	sd_bus_flush_close_unref(given);
	sd_event_unref(s.event);
	return r;
}

/* --- the fixture --- */

static char dir[64], path[80];
static pid_t daemon_pid;
static int attached_fd = -1;

static void start_daemon(bool attach)
{
	int ready[2], pair[2] = { -1, -1 };
	char byte;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	if (attach)
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	fflush(NULL);
	daemon_pid = fork();
	ck_assert_int_ge(daemon_pid, 0);
	if (daemon_pid == 0) {
		close(ready[0]);
		if (attach)
			close(pair[0]);
		exit(serve(path, ready[1], pair[1]));
	}
	close(ready[1]);
	if (attach)
		close(pair[1]);
	attached_fd = pair[0];
	ck_assert_msg(read(ready[0], &byte, 1) == 1, "the daemon did not start");
	close(ready[0]);
}

static int wait_daemon(void)
{
	int status;

	ck_assert_int_eq(waitpid(daemon_pid, &status, 0), daemon_pid);
	daemon_pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void set_up(void)
{
	snprintf(dir, sizeof(dir), "/tmp/gvpn-test-bus.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chmod(dir, 0755), 0);
	snprintf(path, sizeof(path), "%s/run/bus", dir);
	start_daemon(false);
}

static void tear_down(void)
{
	char run[80];

	if (daemon_pid > 0) {
		kill(daemon_pid, SIGKILL);
		wait_daemon();
	}
	unlink(path);
	snprintf(run, sizeof(run), "%s/run", dir);
	rmdir(run);
	ck_assert_int_eq(rmdir(dir), 0);
}

static struct bus_client *client_open(void)
{
	char err[BUS_CLIENT_TEXT_MAX];
	struct bus_client *c;

	ck_assert_msg(bus_client_open(&c, path, err) == 0, "%s", err);
	return c;
}

/* What the daemon says of itself, through a client of its own. */
static struct json_object *ask(void)
{
	char err[BUS_CLIENT_TEXT_MAX];
	struct bus_client *c = client_open();
	struct json_object *o;

	ck_assert_msg(bus_client_snapshot(c, &o, err) == 0, "%s", err);
	bus_client_close(c);
	return o;
}

static int ask_int(const char *key)
{
	struct json_object *o = ask();
	int v = json_object_get_int(json_object_object_get(o, key));

	json_object_put(o);
	return v;
}

/* The daemon ends by itself, with clean memory under ASan. */
static void stop_daemon(void)
{
	char err[BUS_CLIENT_TEXT_MAX];
	struct bus_client *c = client_open();

	ck_assert_int_eq(bus_client_stop(c, false, err), 0);
	bus_client_close(c);
	ck_assert_int_eq(wait_daemon(), 0);
}

/* --- verbs --- */

START_TEST(verbs_work)
{
	char err[BUS_CLIENT_TEXT_MAX], name[80];
	struct bus_client *c = client_open();
	struct json_object *o;

	ck_assert_int_eq(bus_client_clear(c, NULL, err), 0);
	ck_assert_int_eq(bus_client_clear(c, "GROUP_ID-0001", err), 0);
	ck_assert_int_eq(bus_client_clear(c, "OTHER", err), -EREMOTEIO);
	ck_assert_str_eq(err, "no VPN is named 'OTHER'; there is GROUP_ID-0001");
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(bus_client_clear(c, name, err), -EREMOTEIO);
	ck_assert_ptr_nonnull(strstr(err, "at most 63 characters"));
	ck_assert_int_eq(bus_client_reload(c, err), -EREMOTEIO);
	ck_assert_str_eq(err, "gvpnd.conf:3:1: grup: unknown statement; nothing was changed");
	ck_assert_int_eq(bus_client_reload(c, err), 0);

	ck_assert_int_eq(bus_client_snapshot(c, &o, err), 0);
	ck_assert_int_eq(json_object_get_int(json_object_object_get(o, "clears")), 2);
	ck_assert_str_eq(json_object_get_string(json_object_object_get(o, "cleared")), "GROUP_ID-0001");
	ck_assert_int_eq(json_object_get_int(json_object_object_get(o, "reloads")), 2);
	json_object_put(o);
	bus_client_close(c);
	stop_daemon();
}
END_TEST

START_TEST(explain_works)
{
	const struct explain_request q = { { 0xac10650a, 0xac10660a, 6, 65535, 179 },
					   EXPLAIN_WAY_IN,
					   "0123456789abcde" };
	struct bus_client *c = client_open();
	char err[BUS_CLIENT_TEXT_MAX] = "";
	struct explain_request gone = q;
	struct json_object *o;

	ck_assert_msg(bus_client_explain(c, &q, &o, err) == 0, "%s", err);
	ck_assert_str_eq(json_object_get_string(json_object_object_get(o, "because")),
			 "ac10650a ac10660a 6 65535 179 1 0123456789abcde");
	json_object_put(o);
	snprintf(gone.inside, sizeof(gone.inside), "gone9");
	ck_assert_int_eq(bus_client_explain(c, &gone, &o, err), -EREMOTEIO);
	ck_assert_str_eq(err, "there is no interface gone9");
	bus_client_close(c);
	stop_daemon();
}
END_TEST

static sd_bus *raw_bus(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	sd_bus *b = NULL;

	memcpy(sa.sun_path, path, strlen(path));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_int_ge(sd_bus_new(&b), 0);
	ck_assert_int_ge(sd_bus_set_fd(b, fd, fd), 0);
	ck_assert_int_ge(sd_bus_start(b), 0);
	return b;
}

/* What another client than ours may say, as busctl(1). */
START_TEST(explain_refuses)
{
	static const struct {
		const char *src, *dst, *way, *inside, *text;
	} cases[] = {
		{ "10.0.0", "10.0.0.1", "", "", "'10.0.0' is not an address; expected an IPv4 address A.B.C.D" },
		{ "10.0.0.1", "::1", "", "", "'::1' is not an address" },
		{ "10.0.0.1", "10.0.0.2", "up", "", "'up' is not a direction; expected in, out or nothing" },
		{ "10.0.0.1", "10.0.0.2", "", "0123456789abcdef", "an interface has at most 15 characters" },
	};
	sd_bus *b = raw_bus();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		sd_bus_error e = SD_BUS_ERROR_NULL;

		ck_assert_int_lt(sd_bus_call_method(b, NULL, BUS_OBJECT, BUS_INTERFACE, "Explain", &e, NULL, "ssyqqss",
						    cases[i].src, cases[i].dst, 6, 1, 2, cases[i].way, cases[i].inside),
				 0);
		ck_assert_str_eq(e.name, SD_BUS_ERROR_INVALID_ARGS);
		ck_assert_msg(strstr(e.message, cases[i].text), "%s", e.message);
		sd_bus_error_free(&e);
	}
	sd_bus_flush_close_unref(b);
	stop_daemon();
}
END_TEST

START_TEST(stop_keeps)
{
	char err[BUS_CLIENT_TEXT_MAX];
	struct bus_client *c = client_open();

	ck_assert_int_eq(bus_client_stop(c, true, err), 0);
	ck_assert_int_eq(wait_daemon(), 42);
	ck_assert_int_lt(access(path, F_OK), 0);
	ck_assert_int_eq(bus_client_reload(c, err), -ECONNRESET);
	bus_client_close(c);
	ck_assert_int_eq(bus_client_open(&c, path, err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err, path));
	ck_assert_ptr_nonnull(strstr(err, "systemctl start gvpnd"));
}
END_TEST

/* --- permissions --- */

static void require_root(void)
{
	ck_assert_msg(geteuid() == 0, "this part speaks as another user: run the test as root");
}

/* Runs F as another user in a process of its own; its failed checks are this test's. */
static void as_other(int (*f)(void))
{
	int status;

	require_root();
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(setgid(OTHER_UID) < 0 || setuid(OTHER_UID) < 0 ? 99 : f());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "step %d failed", WEXITSTATUS(status));
}

static int other_reads_only(void)
{
	char err[BUS_CLIENT_TEXT_MAX];
	struct bus_client *c;
	struct json_object *o;

	if (bus_client_open(&c, path, err) < 0)
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
	bus_client_close(c);
	return 0;
}

START_TEST(other_changes_nothing)
{
	ck_assert_int_eq(chmod(path, 0666), 0);
	as_other(other_reads_only);
	ck_assert_int_eq(ask_int("clears"), 0);
	ck_assert_int_eq(ask_int("reloads"), 0);
	stop_daemon();
}
END_TEST

static int other_is_kept_out(void)
{
	char err[BUS_CLIENT_TEXT_MAX];
	struct bus_client *c;

	if (bus_client_open(&c, path, err) != -EACCES)
		return 1;
	return strstr(err, path) && strstr(err, "run as root, or as a member of the group ") ? 0 : 2;
}

START_TEST(modes)
{
	char run[80];
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0660);
	snprintf(run, sizeof(run), "%s/run", dir);
	ck_assert_int_eq(stat(run, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0755);
	as_other(other_is_kept_out);
	stop_daemon();
}
END_TEST

/* --- raw peers --- */

START_TEST(false_identity)
{
	static const char anonymous[] = "\0AUTH ANONYMOUS\r\n";
	char answer[128];
	int fd = raw_connect(path);

	raw_auth(fd, geteuid() + 1, "", answer, sizeof(answer));
	ck_assert_msg(strncmp(answer, "OK", 2) != 0, "another's uid was accepted: %s", answer);
	close(fd);

	fd = raw_connect(path);
	raw_send(fd, anonymous, sizeof(anonymous) - 1);
	raw_line(fd, answer, sizeof(answer));
	ck_assert_msg(strncmp(answer, "OK", 2) != 0, "no uid was accepted: %s", answer);
	close(fd);
	stop_daemon();
}
END_TEST

START_TEST(malformed_before_begin)
{
	static const char *const bytes[] = { "GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02", "\r\n\r\n\r\n",
					     "\xff\xff\xff\xff" };
	char flood[70000]; /* beyond what sd-bus takes for an authentication */
	int idle = raw_connect(path);

	for (size_t i = 0; i < ARRAY_SIZE(bytes); i++) {
		int fd = raw_connect(path);
		raw_send(fd, bytes[i], strlen(bytes[i]));
		shutdown(fd, SHUT_WR);
		ck_assert(raw_closed(fd));
		close(fd);
	}
	memset(flood, 'A', sizeof(flood));
	flood[0] = '\0';
	int fd = raw_connect(path);
	/* It may be cut off in the middle. */
	ssize_t n = send(fd, flood, sizeof(flood), MSG_NOSIGNAL);
	ck_assert(n > 0 || errno == EPIPE || errno == ECONNRESET);
	ck_assert(raw_closed(fd));
	close(fd);

	ck_assert_int_eq(ask_int("connections"), 2); /* that one and the idle one */
	close(idle);
	ck_assert_int_eq(ask_int("connections"), 1);
	stop_daemon();
}
END_TEST

START_TEST(malformed_messages)
{
	static const struct {
		const char *bytes;
		size_t len;
	} messages[] = {
		{ "XXXXXXXXXXXXXXXXXXXXXXXX", 24 },
		{ "l\1\0\1\377\377\377\377\1\0\0\0\377\377\377\377", 16 },         /* lengths beyond any limit */
		{ "l\1\0\1\0\0\0\0\0\0\0\0\0\0\0\0", 16 },                         /* serial 0, no fields */
		{ "l\1\0\11\0\0\0\0\1\0\0\0\0\0\0\0", 16 },                        /* protocol version 9 */
		{ "l\1\0\1\0\0\0\0\1\0\0\0\10\0\0\0\1\1o\0\377\377\377\377", 24 }, /* a path longer than the header */
	};

	for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
		int fd = raw_authenticated(path);
		raw_send(fd, messages[i].bytes, messages[i].len);
		/* sd-bus drops a bad message, and ends the connection where the next one's begin is unknown. */
		ck_assert_int_eq(ask_int("clears"), 0);
		shutdown(fd, SHUT_WR);
		ck_assert_msg(raw_closed(fd), "message %zu", i);
		close(fd);
	}
	ck_assert_int_eq(ask_int("connections"), 1);
	stop_daemon();
}
END_TEST

static const char *const unread_members[] = { "Snapshot", "NoSuch" };

START_TEST(unread_replies)
{
	uint8_t call[BUS_RAW_CALL_MAX];
	size_t len = raw_call(call, unread_members[_i]), sent = 0;
	struct bus_client *c = client_open();
	int fd = raw_authenticated(path);
	struct json_object *o;
	char err[BUS_CLIENT_TEXT_MAX];

	/* The other client is served all the while. */
	for (; sent < 200000; sent++) {
		if (sent % 100 == 0) {
			ck_assert_msg(bus_client_snapshot(c, &o, err) == 0, "after %zu: %s", sent, err);
			json_object_put(o);
		}
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		ck_assert_int_eq(poll(&p, 1, 5000), 1);
		if ((p.revents & (POLLERR | POLLHUP)) || send(fd, call, len, MSG_NOSIGNAL) < 0)
			break;
	}
	ck_assert_uint_gt(sent, BUS_UNREAD_MAX);
	ck_assert_uint_lt(sent, 200000);
	close(fd);
	ck_assert_int_eq(bus_client_snapshot(c, &o, err), 0);
	ck_assert_int_eq(json_object_get_int(json_object_object_get(o, "connections")), 1);
	ck_assert_int_eq(json_object_get_int(json_object_object_get(o, "notes")), 1);
	ck_assert_ptr_nonnull(strstr(json_object_get_string(json_object_object_get(o, "note")), "does not read"));
	json_object_put(o);
	bus_client_close(c);
	stop_daemon();
}
END_TEST

/*
 * A message that is much longer than any call; D-Bus would let it be 128 MiB, and the sanitizers make each step of such
 * a buffer slow.  Another client's call between the pieces waits until the daemon has read what came: one that sends
 * faster than sd-bus reads is counted less exactly.
 */
START_TEST(endless_message)
{
	uint8_t header[16] = { 'l', 1, 0, 1, 0, 0, 0, 2, 1, 0, 0, 0, 8, 0, 0, 0 }; /* a body of 32 MiB */
	static uint8_t body[65536];
	int fd = raw_authenticated(path);
	struct bus_client *c = client_open();
	struct json_object *o;
	char err[BUS_CLIENT_TEXT_MAX];
	size_t sent = 0;
	ssize_t n;

	raw_send(fd, header, sizeof(header));
	for (n = 1; n > 0 && sent<28 * 1024 * 1024; sent += n> 0 ? (size_t)n : 0) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };

		ck_assert_int_eq(poll(&p, 1, 5000), 1);
		n = send(fd, body, sizeof(body), MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			n = 1;
		ck_assert_int_eq(bus_client_snapshot(c, &o, err), 0);
		json_object_put(o);
	}
	ck_assert_uint_lt(sent, 4 * (size_t)BUS_INPUT_MAX);
	close(fd);
	ck_assert_int_eq(bus_client_snapshot(c, &o, err), 0);
	ck_assert_int_eq(json_object_get_int(json_object_object_get(o, "notes")), 1);
	ck_assert_ptr_nonnull(strstr(json_object_get_string(json_object_object_get(o, "note")), "without end"));
	json_object_put(o);
	bus_client_close(c);
	stop_daemon();
}
END_TEST

/* One that sends more than a message may have, all of it whole, and reads the answers, is heard. */
START_TEST(many_calls_at_once)
{
	static uint8_t calls[64 * BUS_RAW_CALL_MAX];
	static char answers[65536];
	size_t len = raw_call(calls, "NoSuch"), all = 0, sent = 0;
	int fd = raw_authenticated(path);

	raw_send(fd, calls, len);
	ssize_t answer = recv(fd, answers, sizeof(answers), 0);
	ck_assert_int_gt(answer, 0);
	for (size_t i = 0; i < 64; i++, all += len)
		memmove(calls + all, calls, len);
	for (; sent < 2 * (size_t)BUS_INPUT_MAX; sent += all) {
		raw_send(fd, calls, all);
		for (ssize_t n, left = 64 * answer; left > 0; left -= n) {
			n = recv(fd, answers, sizeof(answers), 0);
			ck_assert_msg(n > 0, "after %zu: %s", sent, strerror(errno));
		}
	}
	close(fd);
	ck_assert_int_eq(ask_int("notes"), 0);
	stop_daemon();
}
END_TEST

/* Calls that are read are all answered, however many. */
START_TEST(many_calls)
{
	char err[BUS_CLIENT_TEXT_MAX];
	struct bus_client *c = client_open();

	for (int i = 0; i < 300; i++) {
		struct json_object *o;
		ck_assert_int_eq(bus_client_snapshot(c, &o, err), 0);
		json_object_put(o);
	}
	bus_client_close(c);
	ck_assert_int_eq(ask_int("notes"), 0);
	stop_daemon();
}
END_TEST

/* --- bounds --- */

START_TEST(too_many)
{
	struct bus_client *c[BUS_CONNECTIONS_MAX], *more;
	char err[BUS_CLIENT_TEXT_MAX];
	struct json_object *o;

	for (size_t i = 0; i < ARRAY_SIZE(c); i++)
		c[i] = client_open();
	ck_assert_int_lt(bus_client_open(&more, path, err), 0);
	ck_assert_msg(strstr(err, "32 clients"), "%s", err);
	ck_assert_int_lt(bus_client_open(&more, path, err), 0);
	ck_assert_int_eq(bus_client_snapshot(c[31], &o, err), 0);
	ck_assert_int_eq(json_object_get_int(json_object_object_get(o, "connections")), 32);
	ck_assert_int_eq(json_object_get_int(json_object_object_get(o, "notes")), 1); /* not one for each */
	json_object_put(o);

	bus_client_close(c[7]);
	c[7] = client_open();
	for (size_t i = 0; i < ARRAY_SIZE(c); i++)
		bus_client_close(c[i]);
	ck_assert_int_eq(ask_int("connections"), 1);
	stop_daemon();
}
END_TEST

START_TEST(root_is_not_locked_out)
{
	int held[BUS_CONNECTIONS_OTHERS];
	char err[BUS_CLIENT_TEXT_MAX];
	struct bus_client *c;

	require_root();
	ck_assert_int_eq(chmod(path, 0666), 0);
	/* A socket keeps the identity of who connected. */
	ck_assert_int_eq(seteuid(OTHER_UID), 0);
	for (size_t i = 0; i < ARRAY_SIZE(held); i++)
		held[i] = raw_connect(path);
	ck_assert_int_lt(bus_client_open(&c, path, err), 0);
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(ask_int("connections"), BUS_CONNECTIONS_OTHERS + 1);
	for (size_t i = 0; i < ARRAY_SIZE(held); i++)
		close(held[i]);
	stop_daemon();
}
END_TEST

/* --- the socket --- */

static int try_new(const char *at, char err[static BUS_TEXT_MAX])
{
	struct bus *b = NULL;
	sd_event *event;

	ck_assert_int_ge(sd_event_new(&event), 0);
	int r = bus_new(&b, event, at, &verbs, NULL, err);
	bus_free(b);
	sd_event_unref(event);
	return r;
}

START_TEST(socket_taken)
{
	char err[BUS_TEXT_MAX];

	ck_assert_int_eq(try_new(path, err), -EADDRINUSE);
	ck_assert_msg(strstr(err, "another gvpnd answers") && strstr(err, path), "%s", err);
	ck_assert_int_eq(ask_int("clears"), 0);
	stop_daemon();
}
END_TEST

START_TEST(socket_stale)
{
	kill(daemon_pid, SIGKILL);
	ck_assert_int_eq(wait_daemon(), -SIGKILL);
	ck_assert_int_eq(access(path, F_OK), 0);
	start_daemon(false);
	ck_assert_int_eq(ask_int("connections"), 1);
	stop_daemon();
	ck_assert_int_lt(access(path, F_OK), 0);
}
END_TEST

START_TEST(socket_in_the_way)
{
	char err[BUS_TEXT_MAX], file[96], longer[300];

	snprintf(file, sizeof(file), "%s/file", dir);
	close(open(file, O_CREAT | O_WRONLY, 0600));
	ck_assert_int_eq(try_new(file, err), -EEXIST);
	ck_assert_ptr_nonnull(strstr(err, file));
	ck_assert_int_eq(unlink(file), 0);

	memset(longer, 'a', sizeof(longer) - 1);
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	ck_assert_int_eq(try_new(longer, err), -ENAMETOOLONG);
	ck_assert_int_eq(try_new("", err), -ENAMETOOLONG);
	snprintf(file, sizeof(file), "%s/no/such/bus", dir);
	ck_assert_int_eq(try_new(file, err), -ENOENT);
	stop_daemon();
}
END_TEST

/* --- the socket's directory, and the lock beside it --- */

static void refuse_at(const char *at, int error, const char *says)
{
	char err[BUS_TEXT_MAX] = "";

	ck_assert_msg(try_new(at, err) == -error, "%s: %s", at, err);
	ck_assert_msg(strstr(err, says) != NULL, "%s", err);
	ck_assert_int_lt(access(at, F_OK), 0);
}

/* Where others can write they could lead the socket, and the state beside it, to other files. */
START_TEST(directory_of_others)
{
	static const mode_t open_modes[] = { 0777, 01777, 0775, 0757, 02775 };
	char own[80], at[112], link[96];

	require_root();
	snprintf(own, sizeof(own), "%s/own", dir);
	snprintf(at, sizeof(at), "%s/bus", own);
	ck_assert_int_eq(mkdir(own, 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(open_modes); i++) {
		ck_assert_int_eq(chmod(own, open_modes[i]), 0);
		refuse_at(at, EPERM, "others may write to the directory");
	}
	ck_assert_int_eq(chmod(own, 0755), 0);
	ck_assert_int_eq(chown(own, OTHER_UID, 0), 0);
	refuse_at(at, EPERM, "belongs to uid 65534");
	/* Another name of it is the same directory. */
	snprintf(link, sizeof(link), "%s/link", dir);
	ck_assert_int_eq(symlink(own, link), 0);
	snprintf(at, sizeof(at), "%s/bus", link);
	refuse_at(at, EPERM, "belongs to uid 65534");
	ck_assert_int_eq(unlink(link), 0);
	ck_assert_int_eq(rmdir(own), 0);
	stop_daemon();
}
END_TEST

/* Whatever the umask, nobody but owner and group gets at the socket, at no moment: nothing sets its mode afterwards. */
START_TEST(mode_under_any_umask)
{
	static const mode_t umasks[] = { 0, 022, 077, 0777 };
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(umasks); i++) {
		stop_daemon();
		mode_t before = umask(umasks[i]);
		start_daemon(false);
		umask(before);
		ck_assert_int_eq(stat(path, &st), 0);
		ck_assert_uint_eq(st.st_mode & 07777, 0660);
	}
	stop_daemon();
}
END_TEST

static int hold_the_directory(void)
{
	char run[80];

	snprintf(run, sizeof(run), "%s/run", dir);
	int fd = open(run, O_RDONLY | O_DIRECTORY);
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return 1;
	snprintf(run, sizeof(run), "%s/run/bus.lock", dir);
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

	require_root();
	stop_daemon();
	snprintf(run, sizeof(run), "%s/run/bus.lock", dir);
	ck_assert_int_lt(access(run, F_OK), 0); /* it is there while a daemon starts */
	fflush(NULL);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(setgid(OTHER_UID) < 0 || setuid(OTHER_UID) < 0 ? 99 : hold_the_directory());
	snprintf(run, sizeof(run), "%s/run", dir);
	for (int i = 0; i < 200; i++) { /* until it has the lock */
		int fd = open(run, O_RDONLY | O_DIRECTORY), r = flock(fd, LOCK_SH | LOCK_NB);

		close(fd);
		if (r < 0)
			break;
		poll(NULL, 0, 10);
	}
	clock_gettime(CLOCK_MONOTONIC, &before);
	start_daemon(false);
	clock_gettime(CLOCK_MONOTONIC, &after);
	ck_assert_int_lt(after.tv_sec - before.tv_sec, 3);
	ck_assert_int_eq(ask_int("connections"), 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	stop_daemon();
}
END_TEST

/* What stands in the lock's place and is not ours is neither followed nor trusted, nor taken away. */
START_TEST(lock_in_the_way)
{
	char at[96], lock[112], other[96], err[BUS_TEXT_MAX];
	struct stat st;

	snprintf(at, sizeof(at), "%s/other", dir);
	snprintf(lock, sizeof(lock), "%s.lock", at);
	snprintf(other, sizeof(other), "%s/file", dir);
	close(open(other, O_CREAT | O_WRONLY, 0600));

	ck_assert_int_eq(symlink(other, lock), 0);
	ck_assert_int_lt(try_new(at, err), 0);
	ck_assert_msg(strstr(err, "lock"), "%s", err);
	ck_assert_int_eq(unlink(lock), 0);
	ck_assert_int_eq(link(other, lock), 0);
	refuse_at(at, EPERM, "is not a lock of this daemon");
	ck_assert_int_eq(unlink(lock), 0);
	ck_assert_int_eq(mkfifo(lock, 0600), 0);
	refuse_at(at, EPERM, "is not a lock of this daemon");
	ck_assert_int_eq(unlink(lock), 0);
	ck_assert_int_eq(mkdir(lock, 0700), 0);
	ck_assert_int_lt(try_new(at, err), 0);
	ck_assert_int_eq(rmdir(lock), 0);
	close(open(lock, O_CREAT | O_WRONLY, 0600));
	ck_assert_int_eq(chmod(lock, 0644), 0); /* others could open it, and hold it */
	refuse_at(at, EPERM, "mode 0644");
	if (geteuid() == 0) {
		ck_assert_int_eq(chmod(lock, 0600), 0);
		ck_assert_int_eq(chown(lock, OTHER_UID, 0), 0);
		refuse_at(at, EPERM, "uid 65534");
		ck_assert_int_eq(chown(lock, 0, 0), 0);
	}
	/* One that a daemon left that was killed. */
	ck_assert_int_eq(chmod(lock, 0600), 0);
	ck_assert_msg(try_new(at, err) == 0, "%s", err);
	ck_assert_int_lt(lstat(lock, &st), 0);
	ck_assert_int_eq(unlink(other), 0);
	stop_daemon();
}
END_TEST

/* Of two that start at once the second waits, and finds the first listening. */
START_TEST(two_start_at_once)
{
	char err[BUS_TEXT_MAX], lock[112];
	pid_t pid;

	snprintf(lock, sizeof(lock), "%s.lock", path);
	int fd = open(lock, O_RDWR | O_CREAT, 0600);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		poll(NULL, 0, 300);
		_exit(unlink(lock));
	}
	close(fd); /* the child holds it */
	ck_assert_int_eq(try_new(path, err), -EADDRINUSE);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	stop_daemon();
}
END_TEST

/* A daemon that ends does not take its successor's socket away. */
START_TEST(socket_of_another)
{
	char err[BUS_CLIENT_TEXT_MAX];
	struct bus_client *c = client_open();
	pid_t first = daemon_pid;

	ck_assert_int_eq(unlink(path), 0);
	start_daemon(false);
	pid_t second = daemon_pid;
	ck_assert_int_eq(bus_client_stop(c, false, err), 0);
	bus_client_close(c);
	daemon_pid = first;
	ck_assert_int_eq(wait_daemon(), 0);
	daemon_pid = second;
	ck_assert_int_eq(ask_int("connections"), 1);
	stop_daemon();
}
END_TEST

/* --- another connection --- */

START_TEST(attached)
{
	sd_bus_message *reply = NULL;
	sd_bus *b = NULL;
	const char *text;

	stop_daemon();
	start_daemon(true);
	ck_assert_int_ge(sd_bus_new(&b), 0);
	ck_assert_int_ge(sd_bus_set_fd(b, attached_fd, attached_fd), 0);
	ck_assert_int_ge(sd_bus_start(b), 0);
	ck_assert_int_ge(sd_bus_call_method(b, NULL, BUS_OBJECT, BUS_INTERFACE, "Clear", NULL, NULL, "s", ""), 0);
	ck_assert_int_ge(sd_bus_call_method(b, NULL, BUS_OBJECT, "org.freedesktop.DBus.Introspectable", "Introspect",
					    NULL, &reply, NULL),
			 0);
	ck_assert_int_ge(sd_bus_message_read(reply, "s", &text), 0);
	ck_assert_ptr_nonnull(strstr(text, "<method name=\"Snapshot\">"));
	sd_bus_message_unref(reply);
	sd_bus_flush_close_unref(b);
	ck_assert_int_eq(ask_int("clears"), 1);
	stop_daemon();
}
END_TEST

/* The bus that the daemon asks for a sender: on one connection with the client. */
struct fake_bus {
	sd_bus *b;
	sd_bus_message *question;
	unsigned questions;
	char error[128];
	bool answered;
};

static int on_question(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct fake_bus *f = userdata;

	(void)error;
	if (!sd_bus_message_is_method_call(m, "org.freedesktop.DBus", "GetConnectionUnixUser"))
		return 0;
	f->questions++;
	sd_bus_message_unref(f->question);
	f->question = sd_bus_message_ref(m);
	return 1;
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

static void fake_wait(struct fake_bus *f, const bool *until, unsigned questions)
{
	for (int i = 0; i < 500 && !(until && *until) && f->questions < questions; i++)
		if (sd_bus_process(f->b, NULL) == 0)
			sd_bus_wait(f->b, 10000);
}

static void fake_call(struct fake_bus *f)
{
	sd_bus_message *m = NULL;

	f->answered = false;
	ck_assert_int_ge(sd_bus_message_new_method_call(f->b, &m, NULL, BUS_OBJECT, BUS_INTERFACE, "Clear"), 0);
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

	stop_daemon();
	start_daemon(true);
	ck_assert_int_ge(sd_bus_new(&f.b), 0);
	ck_assert_int_ge(sd_bus_set_fd(f.b, attached_fd, attached_fd), 0);
	ck_assert_int_ge(sd_bus_add_filter(f.b, NULL, on_question, &f), 0);
	ck_assert_int_ge(sd_bus_start(f.b), 0);
	fake_call(&f);
	fake_wait(&f, NULL, 1);
	ck_assert_uint_eq(f.questions, 1);
	clock_gettime(CLOCK_MONOTONIC, &before);
	ck_assert_int_eq(ask_int("clears"), 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	ck_assert_int_lt((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000, 2000);

	ck_assert_int_ge(sd_bus_reply_method_return(f.question, "u", (uint32_t)OTHER_UID), 0);
	fake_wait(&f, &f.answered, 9);
	ck_assert_str_eq(f.error, SD_BUS_ERROR_ACCESS_DENIED);
	fake_call(&f);
	fake_wait(&f, NULL, 2);
	ck_assert_int_ge(sd_bus_reply_method_errorf(f.question, SD_BUS_ERROR_NAME_HAS_NO_OWNER, "gone"), 0);
	fake_wait(&f, &f.answered, 9);
	ck_assert_str_eq(f.error, SD_BUS_ERROR_ACCESS_DENIED);
	ck_assert_int_eq(ask_int("clears"), 0);

	fake_call(&f);
	fake_wait(&f, NULL, 3);
	ck_assert_int_ge(sd_bus_reply_method_return(f.question, "u", (uint32_t)geteuid()), 0);
	fake_wait(&f, &f.answered, 9);
	ck_assert_str_eq(f.error, "");
	ck_assert_int_eq(ask_int("clears"), 1);

	/* So many questions are under way at most, and the rest is refused at once; they end with the daemon. */
	for (unsigned i = 0; i <= BUS_ASKING_MAX; i++)
		fake_call(&f);
	fake_wait(&f, &f.answered, 99);
	ck_assert_str_eq(f.error, SD_BUS_ERROR_LIMITS_EXCEEDED);
	ck_assert_uint_le(f.questions, 3 + BUS_ASKING_MAX);
	sd_bus_message_unref(f.question);
	stop_daemon();
	sd_bus_close_unref(f.b);
}
END_TEST

/* --- the groups' objects, and signals --- */

#define OFFICE BUS_OBJECT "/group/GROUP_5fID_2d0001"
#define GROUP_INTERFACE "org.gvpn.Member1.Group"

static sd_bus *open_private(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	sd_bus *b = NULL;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(sa.sun_path, path, strlen(path) + 1);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_int_ge(sd_bus_new(&b), 0);
	ck_assert_int_ge(sd_bus_set_fd(b, fd, fd), 0);
	ck_assert_int_ge(sd_bus_start(b), 0);
	return b;
}

static void check_properties(sd_bus *b, const char *destination)
{
	char *text = NULL;
	uint32_t number = 0;
	uint64_t usec = 0;
	sd_bus_message *reply = NULL;
	const char *name;

	ck_assert_int_ge(sd_bus_get_property_string(b, destination, OFFICE, GROUP_INTERFACE, "Name", NULL, &text), 0);
	ck_assert_str_eq(text, "GROUP_ID-0001");
	free(text);
	ck_assert_int_ge(sd_bus_get_property_string(b, destination, OFFICE, GROUP_INTERFACE, "Server", NULL, &text), 0);
	ck_assert_str_eq(text, "10.10.100.1");
	free(text);
	ck_assert_int_ge(sd_bus_get_property_string(b, destination, BUS_OBJECT "/group/lab", GROUP_INTERFACE, "Server",
						    NULL, &text),
			 0);
	ck_assert_str_eq(text, "");
	free(text);
	ck_assert_int_ge(
		sd_bus_get_property_trivial(b, destination, OFFICE, GROUP_INTERFACE, "KeysHeld", NULL, 'u', &number),
		0);
	ck_assert_uint_eq(number, 2);
	ck_assert_int_ge(sd_bus_get_property_trivial(b, destination, OFFICE, GROUP_INTERFACE, "NextRegistrationUSec",
						     NULL, 't', &usec),
			 0);
	ck_assert_uint_eq(usec, 33000000);
	ck_assert_int_ge(
		sd_bus_get_property(b, destination, OFFICE, GROUP_INTERFACE, "Statistics", NULL, &reply, "a{st}"), 0);
	ck_assert_int_ge(sd_bus_message_enter_container(reply, 'a', "{st}"), 0);
	ck_assert_int_ge(sd_bus_message_read(reply, "{st}", &name, &usec), 0);
	ck_assert_str_eq(name, "PullSucceeded");
	ck_assert_uint_eq(usec, 7);
	sd_bus_message_unref(reply);
	reply = NULL;
	ck_assert_int_ge(sd_bus_call_method(b, destination, BUS_OBJECT "/group", "org.freedesktop.DBus.Introspectable",
					    "Introspect", NULL, &reply, NULL),
			 0);
	ck_assert_int_ge(sd_bus_message_read(reply, "s", &name), 0);
	ck_assert_ptr_nonnull(strstr(name, "<node name=\"GROUP_5fID_2d0001\"/>"));
	ck_assert_ptr_nonnull(strstr(name, "<node name=\"lab\"/>"));
	sd_bus_message_unref(reply);
	ck_assert_int_lt(sd_bus_get_property_string(b, destination, BUS_OBJECT "/group/none", GROUP_INTERFACE, "Name",
						    NULL, &text),
			 0);
}

START_TEST(group_objects)
{
	sd_bus *b = open_private();

	check_properties(b, NULL);
	ck_assert_int_ge(sd_bus_call_method(b, NULL, OFFICE, GROUP_INTERFACE, "Clear", NULL, NULL, NULL), 0);
	sd_bus_flush_close_unref(b);
	ck_assert_int_eq(ask_int("clears"), 1);
	stop_daemon();
}
END_TEST

struct heard {
	unsigned events, changes;
	char objects[128];
	char path[64], name[32], vpn[32], server[32];
	uint32_t spi;
};

static int on_heard(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct heard *h = userdata;
	const char *name, *vpn, *server, *text;

	(void)error;
	if (sd_bus_message_is_signal(m, NULL, "Event")) {
		ck_assert_int_ge(sd_bus_message_read(m, "sssus", &name, &vpn, &server, &h->spi, &text), 0);
		snprintf(h->path, sizeof(h->path), "%s %s", sd_bus_message_get_path(m),
			 strrchr(sd_bus_message_get_interface(m), '.') + 1);
		snprintf(h->name, sizeof(h->name), "%s", name);
		snprintf(h->vpn, sizeof(h->vpn), "%s", vpn);
		snprintf(h->server, sizeof(h->server), "%s", server);
		h->events++;
	}
	h->changes += sd_bus_message_is_signal(m, "org.freedesktop.DBus.Properties", "PropertiesChanged") > 0;
	bool added = sd_bus_message_is_signal(m, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded") > 0;
	if (added || sd_bus_message_is_signal(m, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved") > 0) {
		ck_assert_str_eq(sd_bus_message_get_path(m), BUS_OBJECT);
		ck_assert_int_ge(sd_bus_message_read(m, "o", &name), 0);
		snprintf(h->objects + strlen(h->objects), sizeof(h->objects) - strlen(h->objects), "%c%s ",
			 added ? '+' : '-', strrchr(name, '/') + 1);
	}
	return 0;
}

/* Until there are so many of both, or two seconds passed. */
static void listen_for(sd_bus *b, const struct heard *h, unsigned events, unsigned changes)
{
	for (int i = 0; i < 200 && (h->events < events || h->changes < changes); i++)
		while (sd_bus_process(b, NULL) == 0 && (h->events < events || h->changes < changes))
			if (sd_bus_wait(b, 10000) <= 0)
				break;
}

START_TEST(signals)
{
	sd_bus *deaf = open_private(), *b = open_private();
	struct heard heard = { 0 }, silence = { 0 };

	ck_assert_int_ge(sd_bus_add_filter(b, NULL, on_heard, &heard), 0);
	ck_assert_int_ge(sd_bus_add_filter(deaf, NULL, on_heard, &silence), 0);
	ck_assert_int_ge(sd_bus_call_method(b, NULL, BUS_OBJECT, BUS_INTERFACE, "Monitor", NULL, NULL, NULL), 0);
	ck_assert_int_ge(
		sd_bus_call_method(deaf, NULL, BUS_OBJECT, BUS_INTERFACE, "Clear", NULL, NULL, "s", "GROUP_ID-0001"),
		0);
	listen_for(b, &heard, 1, 2);
	ck_assert_str_eq(heard.path, OFFICE " Group");
	ck_assert_str_eq(heard.name, "keys-cleared");
	ck_assert_str_eq(heard.vpn, "GROUP_ID-0001");
	ck_assert_str_eq(heard.server, "10.10.100.1");
	ck_assert_uint_eq(heard.spi, 0x1c548e4e);
	ck_assert_uint_eq(heard.changes, 2); /* both groups were new to the listener */
	/* All of them: an event of no VPN is the manager's; and nothing has changed since. */
	ck_assert_int_ge(sd_bus_call_method(deaf, NULL, BUS_OBJECT, BUS_INTERFACE, "Clear", NULL, NULL, "s", ""), 0);
	listen_for(b, &heard, 2, 2);
	ck_assert_str_eq(heard.path, BUS_OBJECT " Manager");
	ck_assert_str_eq(heard.vpn, "");
	ck_assert_uint_eq(heard.changes, 2);
	ck_assert_int_ge(sd_bus_process(deaf, NULL), 0);
	ck_assert_uint_eq(silence.events + silence.changes, 0);
	sd_bus_flush_close_unref(b);
	sd_bus_flush_close_unref(deaf);
	stop_daemon();
}
END_TEST

/* A reload that takes one VPN and brings another; the one that stays is no news. */
START_TEST(objects_come_and_go)
{
	sd_bus *b = open_private();
	struct heard heard = { 0 };
	sd_bus_message *reply = NULL;
	const char *object;

	ck_assert_int_ge(sd_bus_add_filter(b, NULL, on_heard, &heard), 0);
	ck_assert_int_ge(sd_bus_call_method(b, NULL, BUS_OBJECT, BUS_INTERFACE, "Monitor", NULL, NULL, NULL), 0);
	ck_assert_int_lt(sd_bus_call_method(b, NULL, BUS_OBJECT, BUS_INTERFACE, "Reload", NULL, NULL, NULL), 0);
	ck_assert_int_ge(sd_bus_call_method(b, NULL, BUS_OBJECT, BUS_INTERFACE, "Reload", NULL, NULL, NULL), 0);
	listen_for(b, &heard, 0, 3);
	ck_assert_str_eq(heard.objects, "-lab +branch ");
	ck_assert_int_ge(sd_bus_call_method(b, NULL, BUS_OBJECT, "org.freedesktop.DBus.ObjectManager",
					    "GetManagedObjects", NULL, &reply, NULL),
			 0);
	ck_assert_int_ge(sd_bus_message_enter_container(reply, 'a', "{oa{sa{sv}}}"), 0);
	ck_assert_int_ge(sd_bus_message_enter_container(reply, 'e', "oa{sa{sv}}"), 0);
	ck_assert_int_ge(sd_bus_message_read(reply, "o", &object), 0);
	ck_assert_ptr_nonnull(strstr(object, BUS_OBJECT));
	sd_bus_message_unref(reply);
	sd_bus_flush_close_unref(b);
	stop_daemon();
}
END_TEST

/* A listener that does not read is disconnected, and nobody else notices. */
START_TEST(unread_signals)
{
	sd_bus *b = open_private(), *other = open_private();

	ck_assert_int_ge(sd_bus_call_method(b, NULL, BUS_OBJECT, BUS_INTERFACE, "Monitor", NULL, NULL, NULL), 0);
	for (int i = 0; i < 20000 && ask_int("notes") == 0; i++)
		for (int j = 0; j < 100; j++)
			ck_assert_int_ge(sd_bus_call_method(other, NULL, BUS_OBJECT, BUS_INTERFACE, "Clear", NULL, NULL,
							    "s", ""),
					 0);
	ck_assert_int_eq(ask_int("notes"), 1);
	sd_bus_close_unref(b);
	sd_bus_flush_close_unref(other);
	stop_daemon();
}
END_TEST

static pid_t start_dbus(char address[static 128])
{
	char config[96], line[256];
	int out[2];
	FILE *f;
	pid_t pid;

	snprintf(config, sizeof(config), "%s/dbus.conf", dir);
	f = fopen(config, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f,
		"<busconfig><type>system</type><listen>unix:path=%s/dbus</listen><auth>EXTERNAL</auth>"
		"<policy context=\"default\"><allow user=\"*\"/><allow own=\"*\"/><allow send_type=\"method_call\"/>"
		"<allow send_type=\"signal\"/><allow send_requested_reply=\"true\" send_type=\"method_return\"/>"
		"<allow send_requested_reply=\"true\" send_type=\"error\"/>"
		"<allow receive_type=\"method_call\"/><allow receive_type=\"method_return\"/>"
		"<allow receive_type=\"error\"/><allow receive_type=\"signal\"/></policy></busconfig>",
		dir);
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
	snprintf(address, 128, "unix:path=%s/dbus", dir);
	return pid;
}

/* Two daemons, one name: the second says that it has none. */
static void check_second_daemon(void)
{
	char first[sizeof(path)];
	pid_t second, before = daemon_pid;

	memcpy(first, path, sizeof(path));
	snprintf(path, sizeof(path), "%s/second", dir);
	start_daemon(false);
	for (int i = 0; i < 100 && ask_int("notes") == 0; i++)
		poll(NULL, 0, 20);
	ck_assert_int_eq(ask_int("notes"), 1);
	second = daemon_pid;
	kill(second, SIGKILL);
	waitpid(second, NULL, 0);
	unlink(path);
	memcpy(path, first, sizeof(path));
	daemon_pid = before;
}

START_TEST(system_bus)
{
	char address[128], config[96];
	struct heard heard = { 0 };
	sd_bus *b = NULL;
	pid_t dbus;

	stop_daemon();
	dbus = start_dbus(address);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
	start_daemon(false);
	ck_assert_int_ge(sd_bus_open_system(&b), 0);
	for (int i = 0; i < 100 && sd_bus_call_method(b, BUS_NAME, BUS_OBJECT, "org.freedesktop.DBus.Peer", "Ping",
						      NULL, NULL, NULL) < 0;
	     i++)
		poll(NULL, 0, 20);
	check_properties(b, BUS_NAME);
	check_second_daemon();
	ck_assert_int_ge(sd_bus_add_filter(b, NULL, on_heard, &heard), 0);
	ck_assert_int_ge(sd_bus_add_match(b, NULL, "type='signal',sender='" BUS_NAME "'", NULL, NULL), 0);
	ck_assert_int_ge(sd_bus_call_method(b, BUS_NAME, OFFICE, GROUP_INTERFACE, "Clear", NULL, NULL, NULL), 0);
	listen_for(b, &heard, 1, 2);
	ck_assert_str_eq(heard.path, OFFICE " Group");
	sd_bus_close_unref(b);
	/* The bus goes; the socket stays. */
	kill(dbus, SIGKILL);
	waitpid(dbus, NULL, 0);
	for (int i = 0; i < 100 && ask_int("notes") == 0; i++)
		poll(NULL, 0, 20);
	ck_assert_int_eq(ask_int("notes"), 1);
	unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
	stop_daemon();
	snprintf(config, sizeof(config), "%s/dbus.conf", dir);
	unlink(config);
	snprintf(config, sizeof(config), "%s/dbus", dir);
	unlink(config);
}
END_TEST

/* --- the tool --- */

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
		words[argc] = strcmp(w, "PATH") == 0 ? path : w;
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
	stop_daemon();
}
END_TEST

START_TEST(tool_stops)
{
	struct run r = run_ctl("--socket PATH stop --keep");

	ck_assert_int_eq(r.status, CTL_OK);
	ck_assert_str_eq(r.err, "");
	free(r.out);
	free(r.err);
	ck_assert_int_eq(wait_daemon(), 42);
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
		char *argv[] = { name, socket_option, path, verb, option[0] ? copy : NULL, NULL };

		snprintf(copy, sizeof(copy), "%s", option);
		_exit((int)ctl_run(option[0] ? 5 : 4, argv, fdopen(out[1], "w"), stderr));
	}
	close(out[1]);
	ck_assert_int_eq(fcntl(out[0], F_SETFL, O_NONBLOCK), 0);
	c = client_open();
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
	stop_daemon();
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
	stop_daemon();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bus");
	TCase *tc = tcase_create("bus");
	SRunner *runner = srunner_create(suite);

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, verbs_work);
	tcase_add_test(tc, explain_works);
	tcase_add_test(tc, explain_refuses);
	tcase_add_test(tc, stop_keeps);
	tcase_add_test(tc, other_changes_nothing);
	tcase_add_test(tc, modes);
	tcase_add_test(tc, false_identity);
	tcase_add_test(tc, malformed_before_begin);
	tcase_add_test(tc, malformed_messages);
	tcase_add_loop_test(tc, unread_replies, 0, (int)ARRAY_SIZE(unread_members));
	tcase_add_test(tc, endless_message);
	tcase_add_test(tc, many_calls_at_once);
	tcase_add_test(tc, many_calls);
	tcase_add_test(tc, too_many);
	tcase_add_test(tc, root_is_not_locked_out);
	tcase_add_test(tc, socket_taken);
	tcase_add_test(tc, socket_stale);
	tcase_add_test(tc, socket_in_the_way);
	tcase_add_test(tc, socket_of_another);
	tcase_add_test(tc, directory_of_others);
	tcase_add_test(tc, mode_under_any_umask);
	tcase_add_test(tc, nobody_else_holds_the_lock);
	tcase_add_test(tc, lock_in_the_way);
	tcase_add_test(tc, two_start_at_once);
	tcase_add_test(tc, attached);
	tcase_add_test(tc, sender_is_asked_for_without_waiting);
	tcase_add_test(tc, group_objects);
	tcase_add_test(tc, signals);
	tcase_add_test(tc, objects_come_and_go);
	tcase_add_test(tc, unread_signals);
	tcase_add_test(tc, system_bus);
	tcase_add_loop_test(tc, tool_runs, 0, (int)ARRAY_SIZE(tool));
	tcase_add_test(tc, tool_stops);
	tcase_add_test(tc, tool_monitors);
	tcase_add_test(tc, tool_full_disk);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
