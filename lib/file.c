/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
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
	if (r < 0)
		(void)unlink(tmp);
	return r;
}
