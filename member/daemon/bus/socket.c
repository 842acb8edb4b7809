/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/bus/socket.h"

#include "lib/file.h"

#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

/* How long a daemon waits for another one that is starting. */
#define LOCK_TRIES 50
#define LOCK_EVERY_MS 100

static void close_fdp(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define WHY_MAX 256

/* The place of the socket: NAME and LOCK are names in the directory DIR_FD, which nobody else can change. */
struct place {
	const char *path; /* for messages, and for bind() */
	char *why;        /* WHY_MAX octets of the caller: why there is no socket */
	char name[108], lock[120];
	int dir_fd, lock_fd;
};

static void place_clear(struct place *p)
{
	if (p->lock_fd >= 0) {
		(void)unlinkat(p->dir_fd, p->lock, 0); /* while it is locked: see try_lock_place() */
		close(p->lock_fd);
	}
	if (p->dir_fd >= 0)
		close(p->dir_fd);
}

static int fail_at(const struct place *p, int error, const char *what, const char *path)
{
	snprintf(p->why, WHY_MAX, "cannot %s %.120s: %s", what, path, strerror(error));
	return -error;
}

/* Another reason than a system call's; gives ERROR, which is negative. */
__attribute__((format(printf, 3, 4))) static int refuse_place(const struct place *p, int error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->why, WHY_MAX, fmt, ap);
	va_end(ap);
	return error;
}

static int open_directory(struct place *p)
{
	char copy[108];
	mode_t before;
	int r;

	snprintf(copy, sizeof(copy), "%s", p->path);
	const char *dir = dirname(copy);
	before = umask(0022);
	r = mkdir(dir, 0755) < 0 && errno != EEXIST ? errno : 0;
	umask(before);
	if (r > 0)
		return fail_at(p, r, "make the directory", dir);
	return file_open_directory(&p->dir_fd, dir, p->why);
}

/* Nobody else can hold a lock that belongs to our own user and that only this user can open. */
static int check_lock(const struct place *p, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail_at(p, errno, "look at", p->lock);
	if (S_ISREG(st.st_mode) && st.st_uid == geteuid() && st.st_nlink <= 1 && (st.st_mode & 0177) == 0)
		return 0;
	return refuse_place(
		p, -EPERM,
		"%.90s.lock is not a lock of this daemon (uid %u, mode %04o); remove it, or choose another path",
		p->path, st.st_uid, st.st_mode & 07777);
}

/* 1: the file is locked, and still has its name; 0: try again. */
static int try_lock_place(struct place *p)
{
	_cleanup_(close_fdp) int fd =
		openat(p->dir_fd, p->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
	struct stat held, named;
	int r;

	if (fd < 0)
		return fail_at(p, errno, "open the lock file", p->lock);
	r = check_lock(p, fd);
	if (r < 0)
		return r;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK || errno == EINTR ? 0 : fail_at(p, errno, "lock", p->lock);
	/* The holder before us may have removed the name, and another file may have the name now. */
	if (fstat(fd, &held) < 0 || fstatat(p->dir_fd, p->lock, &named, AT_SYMLINK_NOFOLLOW) < 0 ||
	    held.st_dev != named.st_dev || held.st_ino != named.st_ino)
		return 0;
	p->lock_fd = fd;
	fd = -1;
	return 1;
}

/* When two daemons start at once, one of them waits here until the other one listens. */
static int lock_place(struct place *p)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		int r = try_lock_place(p);

		if (r != 0)
			return r < 0 ? r : 0;
		poll(NULL, 0, LOCK_EVERY_MS);
	}
	return refuse_place(p, -EBUSY, "another gvpnd has been starting for %d s: it holds %.100s.lock",
			    LOCK_TRIES * LOCK_EVERY_MS / 1000, p->path);
}

/* A connection is refused only when nobody listens: behind a full backlog (EAGAIN) somebody does. */
static int remove_stale(const struct place *p, const struct sockaddr_un *sa)
{
	_cleanup_(close_fdp) int fd = -1;
	struct stat st;

	if (fstatat(p->dir_fd, p->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : fail_at(p, errno, "look at", p->path);
	if (!S_ISSOCK(st.st_mode)) {
		return refuse_place(p, -EEXIST,
				    "%s is in the way: it is not a socket; remove it or choose another path", p->path);
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail_at(p, errno, "make a socket for", p->path);
	if (connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) < 0 && errno == ECONNREFUSED)
		return unlinkat(p->dir_fd, p->name, 0) < 0 ? fail_at(p, errno, "remove the old socket", p->path) : 0;
	return refuse_place(p, -EADDRINUSE,
			    "another gvpnd answers on %s; stop it first ('gvpnctl stop'), or choose another path",
			    p->path);
}

/* The socket has its mode from the beginning.  A mode set later, by the name, might go to another file. */
static int make_socket(int fd, const struct place *p, const struct sockaddr_un *sa, struct bus_socket_file *ret)
{
	mode_t before = umask(0117);
	int r = bind(fd, (const struct sockaddr *)sa, sizeof(*sa)) < 0 ? errno : 0;
	struct stat st, named;

	umask(before);
	if (r > 0)
		return fail_at(p, r, "make the socket", p->path);
	/* bind() takes a path, and the owner of a directory above may have led the path elsewhere. */
	if (fstatat(p->dir_fd, p->name, &st, AT_SYMLINK_NOFOLLOW) < 0 || lstat(p->path, &named) < 0 ||
	    st.st_dev != named.st_dev || st.st_ino != named.st_ino || !S_ISSOCK(st.st_mode)) {
		return refuse_place(
			p, -EPERM,
			"the socket %.120s was moved while it was made; choose a path below directories of root",
			p->path);
	}
	if (listen(fd, SOMAXCONN) < 0) {
		r = fail_at(p, errno, "listen on", p->path);
		(void)unlinkat(p->dir_fd, p->name, 0);
		return r;
	}
	*ret = (struct bus_socket_file){ st.st_dev, st.st_ino };
	return 0;
}

static int open_place(struct place *p, struct sockaddr_un *sa)
{
	const char *path = p->path, *slash = strrchr(path, '/');
	int r;

	if (path[0] == '\0' || strlen(path) >= sizeof(sa->sun_path))
		return refuse_place(p, -ENAMETOOLONG, "the path of a socket has 1 to %zu characters: %.100s",
				    sizeof(sa->sun_path) - 1, path);
	memcpy(sa->sun_path, path, strlen(path));
	snprintf(p->name, sizeof(p->name), "%s", slash ? slash + 1 : path);
	snprintf(p->lock, sizeof(p->lock), "%s.lock", p->name);
	r = open_directory(p);
	return r < 0 ? r : 0;
}

/* 1: the service manager listens already, and hands the socket over (sd_listen_fds(3)); 0: it does not. */
static int take_passed(int *ret_fd, const struct place *p)
{
	int all = sd_listen_fds(true), n = 0, fd = -1, r;

	/* What is no socket is kept for other parts of the daemon, which have taken it. */
	for (int i = SD_LISTEN_FDS_START; i < SD_LISTEN_FDS_START + all; i++)
		if (sd_is_socket(i, AF_UNSPEC, 0, -1) > 0) {
			fd = i;
			n++;
		}
	if (all < 0)
		return fail_at(p, -all, "take the passed socket for", p->path);
	if (n == 0)
		return 0;
	if (n > 1 || sd_is_socket_unix(fd, SOCK_STREAM, true, p->path, 0) <= 0) {
		return refuse_place(
			p, -EINVAL,
			"the service manager passes %d sockets, and none or not only one that listens on %.100s; "
			"check ListenStream= in the socket unit",
			n, p->path);
	}
	r = fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK);
	if (r < 0)
		return fail_at(p, errno, "use the passed socket for", p->path);
	*ret_fd = fd;
	return 1;
}

int bus_socket_listen(int *ret_fd, struct bus_socket_file *ret_file, const char *path, char err[static 256])
{
	_cleanup_(place_clear) struct place p = { .path = path, .why = err, .dir_fd = -1, .lock_fd = -1 };
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	_cleanup_(close_fdp) int fd = -1;
	int r = open_place(&p, &sa);

	if (r == 0)
		r = take_passed(ret_fd, &p);
	if (r > 0)
		*ret_file = (struct bus_socket_file){ 0 }; /* the service manager's, which removes it */
	if (r != 0)
		return r < 0 ? r : 0;
	r = lock_place(&p);
	if (r == 0)
		r = remove_stale(&p, &sa);
	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail_at(&p, errno, "make the socket", path);
	r = make_socket(fd, &p, &sa, ret_file);
	if (r < 0)
		return r;
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
