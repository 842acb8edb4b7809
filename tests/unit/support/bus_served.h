/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bus with verbs that a test can check, served by a child process on a socket in a directory of its own; and its
 * clients.  Run from the root of the tree, as root (some parts speak as another user).  With DBUS_SYSTEM_BUS_ADDRESS in
 * the environment the child is on that bus too.
 */
#ifndef TESTS_UNIT_SUPPORT_BUS_SERVED_H
#define TESTS_UNIT_SUPPORT_BUS_SERVED_H

#include "member/ctl/bus_client.h"
#include "member/daemon/bus/bus.h"

#include <sys/types.h>

#define SERVED_OTHER_UID 65534
#define SERVED_GROUP BUS_OBJECT "/group/GROUP_5fID_2d0001"
#define SERVED_GROUP_INTERFACE "org.gvpn.Member1.Group"

extern char served_dir[64], served_path[80];
extern pid_t served_pid;

/* A checked fixture. */
void served_set_up(void);
void served_tear_down(void);
void served_start(void);
/* Its exit status, or minus the signal that ended it. */
int served_wait(void);
/* The daemon ends by itself, with clean memory under ASan. */
void served_stop(void);

struct bus_client *served_client(void);
sd_bus *served_connect(void); /* the same without our client */
/* What the daemon says of itself, through a client of its own: "clears", "reloads", "notes", "counted", "connections".
 */
int served_says(const char *key);
/* bus_new() at AT, in this process, and its end. */
int served_try_at(const char *at, char err[static BUS_TEXT_MAX]);

void served_need_root(void);
/* Runs F as another user in a process of its own; its failed checks are this test's. */
void served_as_other(int (*f)(void));

struct served_heard {
	unsigned events, changes;
	char objects[128]; /* "+came -gone " */
	char path[64], name[32], vpn[32], server[32];
	uint32_t spi;
};
/* A filter, with a served_heard. */
int served_on_signal(sd_bus_message *m, void *userdata, sd_bus_error *error);
/* Until there are so many of both, or two seconds passed. */
void served_listen(sd_bus *b, const struct served_heard *h, unsigned events, unsigned changes);
/* Of the first group's object, and the list of objects. */
void served_check_properties(sd_bus *b, const char *destination);

#endif
