/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/bpf/pins.h"

#include "lib/refuse.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define PATH_MOST 256

int pins_failed(char err[static 256], int r, const char *what, const char *name)
{
	return refuse(r, err, "cannot %s %.140s: %s", what, name, strerror(-r));
}

/* Before anything is made: the folder, or the one in which it is to be, is of a BPF file system. */
static int check_place(const char *folder, char err[static 256])
{
	const char *slash = strrchr(folder, '/');
	char place[PATH_MOST];
	struct statfs fs;

	if (folder[0] != '/' || slash == folder || strlen(folder) >= sizeof(place))
		return refuse(-EINVAL, err, "%.120s cannot be the folder of the programs: an absolute path is needed",
			      folder);
	strcpy(place, folder);
	if (statfs(place, &fs) < 0) {
		place[slash - folder] = '\0';
		if (statfs(place, &fs) < 0)
			return refuse(-errno, err, "%.120s: %s; a kernel without it has no BPF (CONFIG_BPF_SYSCALL)",
				      place, strerror(errno));
	}
	if (fs.f_type == BPF_FS_MAGIC)
		return 0;
	return refuse(-EINVAL, err, "%.90s is not of a BPF file system; mount one there: mount -t bpf bpf %.90s", place,
		      place);
}

int pins_make(const char *folder, uid_t uid, gid_t gid, char err[static 256])
{
	int r = check_place(folder, err), fd;

	if (r < 0)
		return r;
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return pins_failed(err, -errno, "make the folder", folder);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return pins_failed(err, -errno, "open", folder);
	if (fchown(fd, uid, gid) < 0) {
		r = -errno;
		close(fd);
		return pins_failed(err, r, "give away", folder);
	}
	return fd;
}

int pins_open(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int pins_make_within(int folder, const char *name, char err[static 256])
{
	int fd = mkdirat(folder, name, 0700) < 0 ? -errno : pins_open(folder, name);

	return fd < 0 ? pins_failed(err, fd, "make the folder", name) : fd;
}

/* bpf(2) takes a path: this one is that of a descriptor, whatever its name is by now. */
int pins_put(int folder, const char *name, int object, char err[static 256])
{
	char path[PATH_MOST];

	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", folder, name);
	return bpf_obj_pin(object, path) < 0 ? pins_failed(err, -errno, "pin", name) : 0;
}

int pins_get(int folder, const char *name)
{
	int at = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), fd;
	char path[PATH_MOST];

	if (at < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", at);
	fd = bpf_obj_get(path);
	fd = fd < 0 ? -errno : fd;
	close(at);
	return fd;
}

int pins_each(int folder, pins_fn fn, void *ctx, char err[static 256])
{
	DIR *d = fdopendir(folder);
	struct dirent *e;
	int r = 0;

	if (!d) {
		r = pins_failed(err, -errno, "list", "a folder of programs");
		close(folder);
		return r;
	}
	rewinddir(d);
	while (r == 0 && (e = readdir(d)))
		if (e->d_name[0] != '.')
			r = fn(ctx, folder, e->d_name, err);
	closedir(d);
	return r;
}

struct owner {
	uid_t uid;
	gid_t gid;
};

static int give_pin(void *ctx, int folder, const char *name, char err[static 256])
{
	const struct owner *to = ctx;

	return fchownat(folder, name, to->uid, to->gid, AT_SYMLINK_NOFOLLOW) < 0
		       ? pins_failed(err, -errno, "give away", name)
		       : 0;
}

int pins_give(int folder, uid_t uid, gid_t gid, char err[static 256])
{
	struct owner to = { uid, gid };
	int r = fchown(folder, uid, gid) < 0 ? pins_failed(err, -errno, "give away", "a folder") : 0, fd;

	if (r < 0)
		return r;
	fd = fcntl(folder, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? pins_failed(err, -errno, "open", "a folder") : pins_each(fd, give_pin, &to, err);
}

static int remove_pin(void *unused, int folder, const char *name, char err[static 256])
{
	(void)unused;
	return unlinkat(folder, name, 0) < 0 && errno != ENOENT ? pins_failed(err, -errno, "remove", name) : 0;
}

int pins_remove(int folder, const char *name, char err[static 256])
{
	int fd = pins_open(folder, name), r;

	if (fd == -ENOENT)
		return 0;
	if (fd < 0) /* a link, or a pin */
		return remove_pin(NULL, folder, name, err);
	r = pins_each(fd, remove_pin, NULL, err);
	return r == 0 && unlinkat(folder, name, AT_REMOVEDIR) < 0 ? pins_failed(err, -errno, "remove", name) : r;
}
