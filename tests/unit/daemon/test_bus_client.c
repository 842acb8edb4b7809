/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clients of the private socket that misbehave, or are too many. */
#include "tests/unit/support/bus_raw.h"
#include "tests/unit/support/bus_served.h"

#include <check.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

START_TEST(false_identity)
{
	static const char anonymous[] = "\0AUTH ANONYMOUS\r\n";
	char answer[128];
	int fd = raw_connect(served_path);

	raw_auth(fd, geteuid() + 1, "", answer, sizeof(answer));
	ck_assert_msg(strncmp(answer, "OK", 2) != 0, "another's uid was accepted: %s", answer);
	close(fd);

	fd = raw_connect(served_path);
	raw_send(fd, anonymous, sizeof(anonymous) - 1);
	raw_line(fd, answer, sizeof(answer));
	ck_assert_msg(strncmp(answer, "OK", 2) != 0, "no uid was accepted: %s", answer);
	close(fd);
	served_stop();
}
END_TEST

START_TEST(malformed_before_begin)
{
	static const char *const bytes[] = { "GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02", "\r\n\r\n\r\n",
					     "\xff\xff\xff\xff" };
	char flood[70000]; /* beyond what sd-bus takes for an authentication */
	int idle = raw_connect(served_path);

	for (size_t i = 0; i < ARRAY_SIZE(bytes); i++) {
		int fd = raw_connect(served_path);
		raw_send(fd, bytes[i], strlen(bytes[i]));
		shutdown(fd, SHUT_WR);
		ck_assert(raw_closed(fd));
		close(fd);
	}
	memset(flood, 'A', sizeof(flood));
	flood[0] = '\0';
	int fd = raw_connect(served_path);
	/* It may be cut off in the middle. */
	ssize_t n = send(fd, flood, sizeof(flood), MSG_NOSIGNAL);
	ck_assert(n > 0 || errno == EPIPE || errno == ECONNRESET);
	ck_assert(raw_closed(fd));
	close(fd);

	ck_assert_int_eq(served_says("connections"), 2); /* that one and the idle one */
	close(idle);
	ck_assert_int_eq(served_says("connections"), 1);
	served_stop();
}
END_TEST

START_TEST(malformed_messages)
{
	static const struct {
		const char *bytes;
		size_t len;
	} messages[] = {
		{ "XXXXXXXXXXXXXXXXXXXXXXXX", 24 },
		{ "l\1\0\1\377\377\377\377\1\0\0\0\377\377\377\377", 16 }, /* lengths beyond any limit */
		{ "l\1\0\1\0\0\0\0\0\0\0\0\0\0\0\0", 16 },                 /* serial 0, no fields */
		{ "l\1\0\11\0\0\0\0\1\0\0\0\0\0\0\0", 16 },                /* protocol version 9 */
		{ "l\1\0\1\0\0\0\0\1\0\0\0\10\0\0\0\1\1o\0\377\377\377\377",
		  24 }, /* a served_path longer than the header */
	};

	for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
		int fd = raw_authenticated(served_path);
		raw_send(fd, messages[i].bytes, messages[i].len);
		/* sd-bus drops a bad message, and ends the connection where the next one's begin is unknown. */
		ck_assert_int_eq(served_says("clears"), 0);
		shutdown(fd, SHUT_WR);
		ck_assert_msg(raw_closed(fd), "message %zu", i);
		close(fd);
	}
	ck_assert_int_eq(served_says("connections"), 1);
	served_stop();
}
END_TEST

static const char *const unread_members[] = { "Snapshot", "NoSuch" };

START_TEST(unread_replies)
{
	uint8_t call[BUS_RAW_CALL_MAX];
	size_t len = raw_call(call, unread_members[_i]), sent = 0;
	struct bus_client *c = served_client();
	int fd = raw_authenticated(served_path);
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
	served_stop();
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
	int fd = raw_authenticated(served_path);
	struct bus_client *c = served_client();
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
	served_stop();
}
END_TEST

/* One that sends more than a message may have, all of it whole, and reads the answers, is heard. */
START_TEST(many_calls_at_once)
{
	static uint8_t calls[64 * BUS_RAW_CALL_MAX];
	static char answers[65536];
	size_t len = raw_call(calls, "NoSuch"), all = 0, sent = 0;
	int fd = raw_authenticated(served_path);

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
	ck_assert_int_eq(served_says("notes"), 0);
	served_stop();
}
END_TEST

/* Calls that are read are all answered, however many. */
START_TEST(many_calls)
{
	char err[BUS_CLIENT_TEXT_MAX];
	struct bus_client *c = served_client();

	for (int i = 0; i < 300; i++) {
		struct json_object *o;
		ck_assert_int_eq(bus_client_snapshot(c, &o, err), 0);
		json_object_put(o);
	}
	bus_client_close(c);
	ck_assert_int_eq(served_says("notes"), 0);
	served_stop();
}
END_TEST

START_TEST(too_many)
{
	struct bus_client *c[BUS_CONNECTIONS_MAX], *more;
	char err[BUS_CLIENT_TEXT_MAX];
	struct json_object *o;

	for (size_t i = 0; i < ARRAY_SIZE(c); i++)
		c[i] = served_client();
	ck_assert_int_lt(bus_client_open(&more, served_path, err), 0);
	ck_assert_msg(strstr(err, "32 clients"), "%s", err);
	ck_assert_int_lt(bus_client_open(&more, served_path, err), 0);
	ck_assert_int_eq(bus_client_snapshot(c[31], &o, err), 0);
	ck_assert_int_eq(json_object_get_int(json_object_object_get(o, "connections")), 32);
	ck_assert_int_eq(json_object_get_int(json_object_object_get(o, "notes")), 1); /* not one for each */
	json_object_put(o);

	bus_client_close(c[7]);
	c[7] = served_client();
	for (size_t i = 0; i < ARRAY_SIZE(c); i++)
		bus_client_close(c[i]);
	ck_assert_int_eq(served_says("connections"), 1);
	served_stop();
}
END_TEST

START_TEST(root_is_not_locked_out)
{
	int held[BUS_CONNECTIONS_OTHERS];
	char err[BUS_CLIENT_TEXT_MAX];
	struct bus_client *c;

	served_need_root();
	ck_assert_int_eq(chmod(served_path, 0666), 0);
	/* A socket keeps the identity of who connected. */
	ck_assert_int_eq(seteuid(SERVED_OTHER_UID), 0);
	for (size_t i = 0; i < ARRAY_SIZE(held); i++)
		held[i] = raw_connect(served_path);
	ck_assert_int_lt(bus_client_open(&c, served_path, err), 0);
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(served_says("connections"), BUS_CONNECTIONS_OTHERS + 1);
	for (size_t i = 0; i < ARRAY_SIZE(held); i++)
		close(held[i]);
	served_stop();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bus client");
	TCase *tc = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, served_set_up, served_tear_down);
	tcase_add_test(tc, false_identity);
	tcase_add_test(tc, malformed_before_begin);
	tcase_add_test(tc, malformed_messages);
	tcase_add_loop_test(tc, unread_replies, 0, (int)ARRAY_SIZE(unread_members));
	tcase_add_test(tc, endless_message);
	tcase_add_test(tc, many_calls_at_once);
	tcase_add_test(tc, many_calls);
	tcase_add_test(tc, too_many);
	tcase_add_test(tc, root_is_not_locked_out);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
