/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The private listening socket of the daemon, unix(7), with mode 0660 and the process's group.  When two daemons start
 * at once, one waits for the other by the file PATH.lock, which only the daemon's user can open, and which is removed
 * when the daemon listens.
 *
 * A socket unit of systemd's may listen in the daemon's place and hand the socket over (sd_listen_fds(3)): then clients
 * wait while the daemon is started again, and the unit says who may connect.
 */
#ifndef MEMBER_DAEMON_BUS_SOCKET_H
#define MEMBER_DAEMON_BUS_SOCKET_H

#include "lib/gvpn.h"
#include <sys/types.h>

/* The file that the path named, so that the daemon does not remove the socket of a later one. */
struct bus_socket_file {
	dev_t dev;
	ino_t ino;
};

/* The listening descriptor, non-blocking, and the file; see bus_new() for errors.  ERR has 256 octets. */
GVPN_MUST_CHECK int bus_socket_listen(int *ret_fd, struct bus_socket_file *ret_file, const char *path,
				      char err[static 256]);
void bus_socket_remove(const char *path, const struct bus_socket_file *file);

#endif
