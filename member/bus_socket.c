/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/bus_socket.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static int fail(int error, const char *what, const char *path, char err[static 256])
{
	snprintf(err, 256, "cannot %s %s: %s", what, path, strerror(error));
	return -error;
}

/* The socket's directory, locked: of two daemons that start at once, one waits here until the other listens. */
static int lock_directory(int *ret, const char *path, char err[static 256])
{
	_cleanup_(closep) int fd = -1;
	char copy[sizeof(((struct sockaddr_un *)0)->sun_path)];

	snprintf(copy, sizeof(copy), "%s", path);
	const char *dir = dirname(copy);
	if (mkdir(dir, 0755) == 0) {
		if (chmod(dir, 0755) < 0)
			return fail(errno, "set the mode of", dir, err);
	} else if (errno != EEXIST) {
		return fail(errno, "make the directory", dir, err);
	}
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return fail(errno, "lock the directory", dir, err);
	*ret = fd;
	fd = -1;
	return 0;
}

/* A connection is refused only when nobody listens; a full backlog (EAGAIN) is somebody. */
static int remove_stale(const struct sockaddr_un *sa, char err[static 256])
{
	_cleanup_(closep) int fd = -1;
	struct stat st;

	if (lstat(sa->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : fail(errno, "look at", sa->sun_path, err);
	if (!S_ISSOCK(st.st_mode)) {
		snprintf(err, 256, "%s is in the way: it is not a socket; remove it or choose another path",
			 sa->sun_path);
		return -EEXIST;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(errno, "make a socket for", sa->sun_path, err);
	if (connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) < 0 && errno == ECONNREFUSED)
		return unlink(sa->sun_path) < 0 ? fail(errno, "remove the old socket", sa->sun_path, err) : 0;
	snprintf(err, 256, "another gvpnd answers on %s; stop it first ('gvpnctl stop'), or choose another path",
		 sa->sun_path);
	return -EADDRINUSE;
}

int bus_socket_listen(int *ret_fd, struct bus_socket_file *ret_file, const char *path, char err[static 256])
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	_cleanup_(closep) int lock = -1, fd = -1;
	struct stat st;
	int r;

	if (path[0] == '\0' || strlen(path) >= sizeof(sa.sun_path)) {
		snprintf(err, 256, "the path of a socket has 1 to %zu characters: %.100s", sizeof(sa.sun_path) - 1,
			 path);
		return -ENAMETOOLONG;
	}
	memcpy(sa.sun_path, path, strlen(path));
	r = lock_directory(&lock, path, err);
	if (r < 0)
		return r;
	r = remove_stale(&sa, err);
	if (r < 0)
		return r;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return fail(errno, "make the socket", path, err);
	/* The mode is set before anybody can connect. */
	if (chmod(path, 0660) < 0 || lstat(path, &st) < 0 || listen(fd, SOMAXCONN) < 0) {
		r = fail(errno, "listen on", path, err);
		unlink(path);
		return r;
	}
	*ret_file = (struct bus_socket_file){ st.st_dev, st.st_ino };
	*ret_fd = fd;
	fd = -1;
	return 0;
}

void bus_socket_remove(const char *path, const struct bus_socket_file *file)
{
	struct stat st;

	if (lstat(path, &st) == 0 && st.st_dev == file->dev && st.st_ino == file->ino)
		unlink(path);
}
