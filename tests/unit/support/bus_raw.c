/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/bus_raw.h"

#include "member/daemon/bus/bus.h"

#include <check.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int raw_connect(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	const struct timeval limit = { .tv_sec = 5 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

void raw_send(int fd, const void *data, size_t len)
{
	ck_assert_int_eq(send(fd, data, len, MSG_NOSIGNAL), (ssize_t)len);
}

void raw_line(int fd, char *line, size_t size)
{
	size_t n = 0;

	while (n + 1 < size && recv(fd, line + n, 1, 0) == 1) {
		if (line[n++] == '\n')
			break;
	}
	line[n] = '\0';
}

bool raw_closed(int fd)
{
	char buf[4096];
	ssize_t n;

	do
		n = recv(fd, buf, sizeof(buf), 0);
	while (n > 0);
	return n == 0 || errno == ECONNRESET;
}

void raw_auth(int fd, unsigned uid, const char *then, char *answer, size_t size)
{
	char decimal[16], line[64];
	size_t n = (size_t)snprintf(line, sizeof(line), "%cAUTH EXTERNAL ", 0);

	snprintf(decimal, sizeof(decimal), "%u", uid);
	for (const char *p = decimal; *p; p++)
		n += (size_t)snprintf(line + n, sizeof(line) - n, "%02x", (unsigned char)*p);
	n += (size_t)snprintf(line + n, sizeof(line) - n, "\r\n%s", then);
	raw_send(fd, line, n);
	raw_line(fd, answer, size);
}

int raw_authenticated(const char *path)
{
	char answer[128];
	int fd = raw_connect(path);

	raw_auth(fd, geteuid(), "BEGIN\r\n", answer, sizeof(answer));
	ck_assert_msg(strncmp(answer, "OK ", 3) == 0, "%s", answer);
	return fd;
}

static size_t put(uint8_t *at, uint8_t code, const char *type, const char *value)
{
	size_t len = strlen(value), n = 8 + len + 1;

	at[0] = code;
	memcpy(at + 1, (const uint8_t[]){ 1, (uint8_t)type[0], 0 }, 3);
	at[4] = (uint8_t)len;
	memset(at + 5, 0, 3);
	memcpy(at + 8, value, len + 1);
	while (n % 8)
		at[n++] = 0;
	return n;
}

size_t raw_call(uint8_t m[static BUS_RAW_CALL_MAX], const char *member)
{
	size_t n = 16, last;

	n += put(m + n, 1, "o", BUS_OBJECT);
	n += put(m + n, 2, "s", BUS_INTERFACE);
	last = n;
	n += put(m + n, 3, "s", member);
	memcpy(m, (const uint8_t[]){ 'l', 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0 }, 16);
	/* The length of the fields ends before the padding. */
	m[12] = (uint8_t)(last + 8 + strlen(member) + 1 - 16);
	return n;
}
