/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sockets: what is not needed any more is closed, and what fails is told once. */
#include "member/daemon/transport.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOPBACK 0x7f000001u

static sd_event *event;
static struct transport *transport;
static struct log *log_of_test;
static int fds[2];
static unsigned received;
static bool close_when_received;

static void on_receive(void *ctx, const struct udp_ends *ends, const uint8_t *data, size_t len)
{
	(void)ctx;
	(void)data;
	ck_assert_uint_eq(ends->local, LOOPBACK);
	ck_assert_uint_eq(len, 3);
	received++;
	if (close_when_received)
		transport_keep(transport, NULL, 0);
}

static void setup(void)
{
	ck_assert_int_eq(pipe2(fds, O_NONBLOCK), 0);
	ck_assert_int_eq(log_open_fd(&log_of_test, fds[1], LOG_LEVEL_DEBUG), 0);
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(transport_new(&transport, event, log_of_test, on_receive, NULL), 0);
	received = 0;
	close_when_received = false;
}

static void teardown(void)
{
	transport_free(transport);
	sd_event_unref(event);
	log_close(log_of_test);
	close(fds[0]);
	close(fds[1]);
}

static size_t lines(char *text, size_t size)
{
	ssize_t len = read(fds[0], text, size - 1);
	size_t n = 0;

	text[len < 0 ? 0 : len] = '\0';
	for (const char *at = text; (at = strchr(at, '\n')); at++)
		n++;
	return n;
}

static size_t open_files(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* A port that nobody has. */
static uint16_t free_port(unsigned i)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };

	for (uint16_t port = (uint16_t)(20000 + 100 * i + (unsigned)getpid() % 97); port < 60000; port++) {
		int fd = socket(AF_INET, SOCK_DGRAM, 0), r;

		sa.sin_port = htons(port);
		sa.sin_addr.s_addr = htonl(LOOPBACK);
		r = bind(fd, (struct sockaddr *)&sa, sizeof(sa));
		close(fd);
		if (r == 0)
			return port;
	}
	ck_abort_msg("no free port");
	return 0;
}

/* A server that chooses another port with each KEK: 100 times, and so for as many as it likes. */
static const char *words(const struct record *why)
{
	static char text[RECORD_TEXT_MAX];

	return record_words(why, text);
}

START_TEST(what_is_not_needed_is_closed)
{
	size_t before = open_files();
	struct record why;

	for (unsigned i = 0; i < 100; i++) {
		struct transport_end end = { LOOPBACK, free_port(i) };

		ck_assert_msg(transport_add(transport, end.local, end.port, &why) == 0, "%u: %s", i, words(&why));
		ck_assert_int_eq(transport_add(transport, end.local, end.port, &why), 0);
		transport_keep(transport, &end, 1);
		ck_assert_uint_eq(open_files(), before + 1);
	}
	transport_keep(transport, NULL, 0);
	ck_assert_uint_eq(open_files(), before);
}
END_TEST

START_TEST(one_may_close_while_it_is_read)
{
	struct udp_ends ends = { .local = LOOPBACK, .remote = LOOPBACK };
	size_t before = open_files();
	struct record why;

	ends.local_port = free_port(0);
	ends.remote_port = ends.local_port;
	ck_assert_int_eq(transport_add(transport, LOOPBACK, ends.local_port, &why), 0);
	for (unsigned i = 0; i < 3; i++)
		transport_send(transport, &ends, (const uint8_t *)"abc", 3);
	close_when_received = true;
	ck_assert_int_gt(sd_event_run(event, 2000000), 0);
	ck_assert_uint_eq(received, 1);
	ck_assert_uint_eq(open_files(), before);
	transport_send(transport, &ends, (const uint8_t *)"abc", 3);
}
END_TEST

/* Two servers, of which one cannot be reached: told once, whatever is sent to the other in between. */
START_TEST(a_failure_is_told_once_for_each_server)
{
	struct udp_ends good = { .local = LOOPBACK, .remote = LOOPBACK }, bad = { .local = LOOPBACK };
	char text[4096];
	struct record why;

	good.local_port = bad.local_port = free_port(0);
	good.remote_port = bad.remote_port = free_port(1);
	bad.remote = 0x08080808; /* not from the loopback address */
	ck_assert_int_eq(transport_add(transport, LOOPBACK, good.local_port, &why), 0);
	for (unsigned i = 0; i < 3; i++) {
		transport_send(transport, &good, (const uint8_t *)"abc", 3);
		transport_send(transport, &bad, (const uint8_t *)"abc", 3);
	}
	ck_assert_uint_eq(lines(text, sizeof(text)), 1);
	ck_assert_ptr_nonnull(strstr(text, "cannot send from 127.0.0.1 to 8.8.8.8"));
}
END_TEST

START_TEST(a_missing_address_is_named)
{
	struct udp_ends ends = { .local = 0xc0000263, .remote = LOOPBACK }; /* 192.0.2.99 */
	char text[4096];
	struct record why;

	ends.local_port = free_port(0);
	ends.remote_port = free_port(1);
	ck_assert_int_eq(transport_add(transport, ends.local, ends.local_port, &why), 0);
	transport_send(transport, &ends, (const uint8_t *)"abc", 3);
	ck_assert_uint_eq(lines(text, sizeof(text)), 1);
	ck_assert_msg(strstr(text, "no interface of this host has the local-address 192.0.2.99") != NULL, "%s", text);
}
END_TEST

/* Every gateway, and every port that their servers may choose; what is beyond is refused, and the rest works on. */
START_TEST(as_many_as_a_configuration_needs)
{
	struct udp_ends ends = { .local = LOOPBACK, .remote = LOOPBACK };
	size_t before = open_files();
	struct record why;

	ends.local_port = ends.remote_port = free_port(0);
	for (unsigned i = 0; i < TRANSPORT_SOCKETS_MAX; i++)
		ck_assert_msg(transport_add(transport, LOOPBACK + i, ends.local_port, &why) == 0, "%u: %s", i,
			      words(&why));
	ck_assert_uint_eq(open_files(), before + TRANSPORT_SOCKETS_MAX);
	ck_assert_int_eq(transport_add(transport, LOOPBACK - 1, ends.local_port, &why), -E2BIG);
	ck_assert_msg(strstr(words(&why), "more than 320 ") != NULL, "%s", words(&why));
	transport_send(transport, &ends, (const uint8_t *)"abc", 3);
	ck_assert_int_gt(sd_event_run(event, 2000000), 0);
	ck_assert_uint_eq(received, 1);
}
END_TEST

/* Every server of every gateway cannot be reached: each is told once, however often all are tried. */
START_TEST(every_server_fails_and_is_told_once)
{
	struct udp_ends bad = { .local = LOOPBACK };
	char text[65536];
	struct record why;
	size_t told = 0;

	bad.local_port = bad.remote_port = free_port(0);
	ck_assert_int_eq(transport_add(transport, LOOPBACK, bad.local_port, &why), 0);
	for (unsigned run = 0; run < 3; run++)
		for (uint32_t i = 0; i < CONFIG_GATEWAYS_MAX * CONFIG_SERVERS_MAX; i++) {
			bad.remote = 0x08080000 + i; /* not from the loopback address */
			transport_send(transport, &bad, (const uint8_t *)"abc", 3);
			told += lines(text, sizeof(text));
		}
	ck_assert_uint_eq(told, CONFIG_GATEWAYS_MAX * CONFIG_SERVERS_MAX);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("transport");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, what_is_not_needed_is_closed);
	tcase_add_test(t, one_may_close_while_it_is_read);
	tcase_add_test(t, a_failure_is_told_once_for_each_server);
	tcase_add_test(t, a_missing_address_is_named);
	tcase_add_test(t, as_many_as_a_configuration_needs);
	tcase_add_test(t, every_server_fails_and_is_told_once);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
