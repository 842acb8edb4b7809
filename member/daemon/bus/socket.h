/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The private listening socket of the daemon, unix(7), with mode 0660 and the process's group.  Of two daemons that
 * start at once one waits for the other by PATH.lock, which is there for that long and open to the daemon's user alone.
 */
#ifndef MEMBER_DAEMON_BUS_SOCKET_H
#define MEMBER_DAEMON_BUS_SOCKET_H

#include "lib/gvpn.h"
#include <sys/types.h>

/* Which file a path named, so that another's is not removed. */
struct bus_socket_file {
	dev_t dev;
	ino_t ino;
};

/* The listening descriptor, non-blocking, and the file; see bus_new() for errors.  ERR has 256 octets. */
GVPN_MUST_CHECK int bus_socket_listen(int *ret_fd, struct bus_socket_file *ret_file, const char *path,
				      char err[static 256]);
void bus_socket_remove(const char *path, const struct bus_socket_file *file);

#endif
