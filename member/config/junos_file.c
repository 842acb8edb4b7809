/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/config/junos.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(struct config_error *err, const char *path, int code, const char *what)
{
	*err = (struct config_error){ .fault = CONFIG_FAULT_FILE };
	snprintf(err->text, sizeof(err->text), "%.300s: %s", path, what);
	return code;
}

static int read_all(struct junos_file *f, int fd, size_t max)
{
	while (f->len <= max) { /* the octet beyond MAX says that it is too large */
		ssize_t n = read(fd, f->text + f->len, max + 1 - f->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		f->len += (size_t)n;
	}
	return -EFBIG;
}

static int read_open(struct junos_file *ret, int fd, const char *path, size_t max, struct config_error *err)
{
	struct junos_file f = { 0 };
	struct stat st;
	char what[128];
	int r;

	if (fstat(fd, &st) < 0)
		return fail(err, path, -errno, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return fail(err, path, -EISDIR, "is a directory; expected a regular file");
	if (!S_ISREG(st.st_mode))
		return fail(err, path, -EINVAL, "is not a regular file; expected one");
	f.mode = st.st_mode & 07777;
	f.gid = st.st_gid;
	f.text = malloc(max + 1);
	if (!f.text)
		return -ENOMEM;
	r = read_all(&f, fd, max);
	if (r < 0) {
		junos_file_free(&f);
		if (r == -EFBIG)
			snprintf(what, sizeof(what), "is larger than %zu octets", max);
		else
			snprintf(what, sizeof(what), "cannot be read: %s", strerror(-r));
		return fail(err, path, r, what);
	}
	*ret = f;
	return 0;
}

int junos_file_read(struct junos_file *ret, const char *path, size_t max, struct config_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* a FIFO must not hold us up */
	char what[160];
	int r;

	if (fd < 0) {
		r = -errno;
		snprintf(what, sizeof(what), "cannot be opened: %s", strerror(errno));
		return fail(err, path, r, what);
	}
	r = read_open(ret, fd, path, max, err);
	close(fd);
	return r;
}

void junos_file_free(struct junos_file *f)
{
	if (f->text)
		explicit_bzero(f->text, f->len);
	free(f->text);
	*f = (struct junos_file){ 0 };
}
