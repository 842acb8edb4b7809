/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int check_directory(int fd, const char *directory, char why[static FILE_WHY_MAX])
{
	struct stat st;

	if (fstat(fd, &st) < 0) {
		snprintf(why, FILE_WHY_MAX, "cannot look at the directory %.100s: %s", directory, strerror(errno));
		return -errno;
	}
	if (st.st_uid != 0 && st.st_uid != geteuid()) {
		snprintf(why, FILE_WHY_MAX,
			 "the directory %.100s belongs to uid %u, who could exchange what is in it; expected root's or "
			 "one of uid %u",
			 directory, st.st_uid, geteuid());
		return -EPERM;
	}
	if (st.st_mode & (S_IWGRP | S_IWOTH)) {
		snprintf(why, FILE_WHY_MAX,
			 "others may write to the directory %.100s (mode %04o), and could exchange what is in it; "
			 "expected one that only its owner may write to",
			 directory, st.st_mode & 07777);
		return -EPERM;
	}
	return 0;
}

int file_open_directory(int *ret_fd, const char *directory, char why[static FILE_WHY_MAX])
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (fd < 0) {
		r = -errno;
		snprintf(why, FILE_WHY_MAX, "cannot open the directory %.100s: %s", directory, strerror(errno));
		return r;
	}
	r = check_directory(fd, directory, why);
	if (r < 0)
		close(fd);
	else
		*ret_fd = fd;
	return r;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

void file_directory_of(char ret[static PATH_MAX], const char *path)
{
	const char *slash = strrchr(path, '/');

	snprintf(ret, PATH_MAX, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
}

/* The exchange of a file lasts only when its directory is on the disk too. */
static int sync_directory_of(const char *path)
{
	char directory[PATH_MAX];
	int fd, r = 0;

	file_directory_of(directory, path);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0)
		r = -errno;
	close(fd);
	return r;
}

int file_replace(const char *path, const char *text)
{
	char tmp[PATH_MAX];
	int fd, r;

	if (snprintf(tmp, sizeof(tmp), "%s.new", path) >= (int)sizeof(tmp))
		return -ENAMETOOLONG;
	(void)unlink(tmp); /* of a run that was killed at this place */
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text, strlen(text));
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(tmp, path) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlink(tmp);
		return r;
	}
	return sync_directory_of(path);
}

int file_open_own(const char *path, size_t max)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK), r = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH))
		r = -EPERM;
	else if (!S_ISREG(st.st_mode) || st.st_size < 0 || (size_t)st.st_size > max)
		r = -EINVAL;
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

static int read_all(int fd, char *text, size_t max, size_t *ret_len)
{
	size_t len = 0;

	while (len <= max) {
		ssize_t n = read(fd, text + len, max + 1 - len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			break;
		len += n > 0 ? (size_t)n : 0;
	}
	*ret_len = len;
	return len > max ? -EINVAL : 0;
}

int file_read_own(char **ret, const char *path, size_t max)
{
	int fd = file_open_own(path, max), r;
	char *text = fd >= 0 ? malloc(max + 2) : NULL;
	size_t len = 0;

	if (fd < 0)
		return fd;
	r = text ? read_all(fd, text, max, &len) : -ENOMEM;
	close(fd);
	if (r == 0 && memchr(text, 0, len))
		r = -EINVAL;
	if (r < 0) {
		free(text);
		return r;
	}
	text[len] = '\0';
	*ret = text;
	return 0;
}
