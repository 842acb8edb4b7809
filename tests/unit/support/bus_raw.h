/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client of the bus that speaks D-Bus octet by octet (D-Bus specification, "Authentication Protocol", "Message
 * Format"), for what sd-bus would not say.
 */
#ifndef TESTS_UNIT_SUPPORT_BUS_RAW_H
#define TESTS_UNIT_SUPPORT_BUS_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUS_RAW_CALL_MAX 256

int raw_connect(const char *path);
void raw_send(int fd, const void *data, size_t len);
/* The next line of the authentication. */
void raw_line(int fd, char *line, size_t size);
/* Until the other side closes; false when it does not. */
bool raw_closed(int fd);
/*
 * "AUTH EXTERNAL" with the decimal uid in hex (D-Bus specification, EXTERNAL), then THEN.  BEGIN goes with it, as
 * sd-bus sends it: a message that came in one read with BEGIN would wait there for more.
 */
void raw_auth(int fd, unsigned uid, const char *then, char *answer, size_t size);
int raw_authenticated(const char *path);
/* A call without arguments of the manager's MEMBER, with serial 1: its length. */
size_t raw_call(uint8_t m[static BUS_RAW_CALL_MAX], const char *member);

#endif
