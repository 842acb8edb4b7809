/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/bpf/load.h"

#include "lib/hash.h"
#include "lib/refuse.h"
#include "xfrm/bpf/cpus.h"
#include "xfrm/bpf/gvpn.skel.h"
#include "xfrm/bpf/handover.h"
#include "xfrm/bpf/maps.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Maps that say nothing of a plan: packets under way, and counters. */
static const char *const kept[] = { "slots", "next_slot", "pieces", "counters", "counts", "owners", "unknown" };

uint64_t datapath_build(void)
{
	size_t len = 0;
	const void *elf = gvpn__elf_bytes(&len);

	return hash_octets(HASH_START, elf, len);
}

void datapath_version(char ret[static DATAPATH_VERSION_MAX])
{
	snprintf(ret, DATAPATH_VERSION_MAX, "%016llx", (unsigned long long)datapath_build());
}

int load_failed(char err[static 256], int r, const char *what, const char *name)
{
	return refuse(r, err, "cannot %s %.140s: %s", what, name, strerror(-r));
}

/* --- the verifier --- */

/* The first thing that libbpf complains about; the verifier's log is nothing for a user. */
static char complaint[160];

static int take_complaint(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_WARN && !complaint[0]) {
		vsnprintf(complaint, sizeof(complaint), format, args);
		complaint[strcspn(complaint, "\n")] = '\0';
	}
	return 0;
}

static int explain(int r, char err[static 256])
{
	if (r == -EPERM || r == -EACCES)
		return refuse(r, err,
			      "this kernel does not take the datapath's programs (%s): they need root, or CAP_BPF, "
			      "CAP_PERFMON "
			      "and CAP_NET_ADMIN, and a kernel that is not locked down (%.90s)",
			      strerror(-r), complaint);
	if (r == -ENOSYS || r == -EINVAL)
		return refuse(r, err,
			      "this kernel cannot run the datapath's programs; it needs Linux 6.1 or later with "
			      "CONFIG_BPF_SYSCALL, CONFIG_NET_CLS_BPF and CONFIG_NET_SCH_INGRESS (%.90s)",
			      complaint);
	return refuse(r, err, "cannot load the datapath's programs: %s (%.120s)", strerror(-r), complaint);
}

static int open_object(struct gvpn **ret, char err[static 256])
{
	struct gvpn *g;
	uint32_t cpus = cpus_numbers();

	complaint[0] = '\0';
	libbpf_set_print(take_complaint);
	g = gvpn__open();
	if (!g)
		return explain(-errno, err);
	g->rodata->slots_of_cpu = cpus_slots(cpus);
	if (cpus == 0 || bpf_map__set_max_entries(g->maps.counters, cpus * DP_COUNTERS) < 0 ||
	    bpf_map__set_max_entries(g->maps.counts, cpus * DP_COUNTS) < 0) {
		gvpn__destroy(g);
		return explain(-EIO, err);
	}
	*ret = g;
	return 0;
}

/* --- pins --- */

static bool is_kept(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (strcmp(kept[i], name) == 0)
			return true;
	return false;
}

static bool same_form(const struct bpf_map *map, int fd)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) == 0 && info.type == bpf_map__type(map) &&
	       info.key_size == bpf_map__key_size(map) && info.value_size == bpf_map__value_size(map) &&
	       info.max_entries == bpf_map__max_entries(map) && info.map_flags == bpf_map__map_flags(map);
}

static bool is_version(const char *name)
{
	return strlen(name) == DATAPATH_VERSION_MAX - 1 && strspn(name, "0123456789abcdef") == DATAPATH_VERSION_MAX - 1;
}

typedef int (*entry_fn)(void *ctx, const char *folder, const char *name, char err[static 256]);

/* Calls FN for what is in the folder, until it does not return 0.  That there is no folder is fine. */
static int each_entry(const char *folder, entry_fn fn, void *ctx, char err[static 256])
{
	DIR *d = opendir(folder);
	struct dirent *e;
	int r = 0;

	if (!d)
		return errno == ENOENT ? 0 : load_failed(err, -errno, "open", folder);
	while (r == 0 && (e = readdir(d)))
		if (e->d_name[0] != '.')
			r = fn(ctx, folder, e->d_name, err);
	closedir(d);
	return r;
}

/* What an earlier build kept of packets and counters, where it has the form that this one expects. */
static int take_over(void *ctx, const char *folder, const char *version, char err[static 256])
{
	char path[DATAPATH_PATH_MAX + 512];
	struct gvpn *g = ctx;
	struct bpf_map *map;

	(void)err;
	if (!is_version(version))
		return 0;
	bpf_object__for_each_map(map, g->obj)
	{
		int fd;

		if (!is_kept(bpf_map__name(map)))
			continue;
		snprintf(path, sizeof(path), "%s/%s/%s", folder, version, bpf_map__name(map));
		fd = bpf_obj_get(path);
		if (fd < 0)
			continue;
		if (same_form(map, fd))
			bpf_map__reuse_fd(map, fd);
		close(fd);
	}
	return 1; /* one is enough */
}

/* The folder and its parts belong to the daemon's user, and nobody else may look. */
static int make_folder(const char *path, uid_t uid, gid_t gid, char err[static 256])
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return load_failed(err, -errno, "make the folder", path);
	if (chown(path, uid, gid) < 0)
		return load_failed(err, -errno, "give away", path);
	return 0;
}

static int pin_one(int fd, const char *folder, const char *name, uid_t uid, gid_t gid, char err[static 256])
{
	char path[DATAPATH_PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	unlink(path);
	if (bpf_obj_pin(fd, path) < 0)
		return load_failed(err, -errno, "pin", path);
	if (chown(path, uid, gid) < 0)
		return load_failed(err, -errno, "give away", path);
	return 0;
}

/* NULL: a map of libbpf's that nobody else needs. */
static const char *pin_name(const struct bpf_map *map)
{
	if (strcmp(bpf_map__name(map), ".data.live") == 0)
		return "live";
	return bpf_map__is_internal(map) ? NULL : bpf_map__name(map);
}

static int pin_all(struct gvpn *g, const char *folder, uid_t uid, gid_t gid, char err[static 256])
{
	struct bpf_program *prog;
	struct bpf_map *map;
	int r = 0;

	bpf_object__for_each_map(map, g->obj)
	{
		if (r == 0 && pin_name(map))
			r = pin_one(bpf_map__fd(map), folder, pin_name(map), uid, gid, err);
	}
	bpf_object__for_each_program(prog, g->obj)
	{
		if (r == 0)
			r = pin_one(bpf_program__fd(prog), folder, bpf_program__name(prog), uid, gid, err);
	}
	return r;
}

static int write_build(struct gvpn *g, char err[static 256])
{
	struct dp_build build = { .version = datapath_build() };
	uint32_t zero = 0;

	for (int i = 0; i < DP_PROGRAM_N; i++) {
		const struct bpf_program *p =
			bpf_object__find_program_by_name(g->obj, maps_program_name((enum dp_program)i));
		struct bpf_prog_info info = { 0 };
		uint32_t len = sizeof(info);

		if (!p || bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &len) < 0)
			return load_failed(err, -errno, "ask for", maps_program_name((enum dp_program)i));
		build.ids[i] = info.id;
	}
	return bpf_map_update_elem(bpf_map__fd(g->maps.build), &zero, &build, BPF_ANY) < 0
		       ? load_failed(err, -errno, "write the map", "build")
		       : 0;
}

static int check_folder(const char *folder, char err[static 256])
{
	struct statfs fs;

	if (strlen(folder) >= DATAPATH_PATH_MAX - 2 * DATAPATH_VERSION_MAX)
		return load_failed(err, -ENAMETOOLONG, "use", folder);
	if (statfs(folder, &fs) < 0)
		return load_failed(err, -errno, "look at", folder);
	if (fs.f_type == BPF_FS_MAGIC)
		return 0;
	return refuse(-EINVAL, err, "%.120s is not of a BPF file system; mount one there: mount -t bpf bpf %.60s",
		      folder, folder);
}

static int load_into(const char *folder, const char *path, uid_t uid, gid_t gid, char err[static 256])
{
	char part[DATAPATH_PATH_MAX];
	struct gvpn *g = NULL;
	int r = open_object(&g, err);

	if (r < 0)
		return r;
	each_entry(folder, take_over, g, err); /* what cannot be taken over is made anew */
	r = gvpn__load(g);
	r = r < 0 ? explain(r, err) : write_build(g, err);
	snprintf(part, sizeof(part), "%s/part", folder); /* whole under its name, or not at all */
	if (r == 0)
		r = make_folder(part, uid, gid, err);
	if (r == 0)
		r = pin_all(g, part, uid, gid, err);
	if (r == 0 && rename(part, path) < 0)
		r = load_failed(err, -errno, "rename", part);
	gvpn__destroy(g);
	return r;
}

int datapath_load(const char *folder, uid_t uid, gid_t gid, char err[static 256])
{
	char version[DATAPATH_VERSION_MAX], path[DATAPATH_PATH_MAX];
	int r = make_folder(folder, uid, gid, err);

	r = r ? r : check_folder(folder, err);
	if (r < 0)
		return r;
	datapath_version(version);
	snprintf(path, sizeof(path), "%s/%s", folder, version);
	if (access(path, F_OK) < 0)
		r = load_into(folder, path, uid, gid, err);
	return r ? r : handover(path, err);
}

static int remove_pin(void *unused, const char *folder, const char *name, char err[static 256])
{
	char path[DATAPATH_PATH_MAX + 1024];

	(void)unused;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return unlink(path) < 0 && errno != ENOENT ? load_failed(err, -errno, "remove", path) : 0;
}

/* A build's folder, or one that was not finished; BUT stays. */
static int remove_part(void *but, const char *folder, const char *name, char err[static 256])
{
	char path[DATAPATH_PATH_MAX + 512];
	int r;

	if (strcmp(name, but) == 0 || (!is_version(name) && strcmp(name, "part") != 0))
		return 0;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	r = each_entry(path, remove_pin, NULL, err);
	return r == 0 && rmdir(path) < 0 ? load_failed(err, -errno, "remove", path) : r;
}

int datapath_unpin(const char *folder, char err[static 256])
{
	return each_entry(folder, remove_part, "", err);
}

void datapath_unpin_others(const char *folder)
{
	char version[DATAPATH_VERSION_MAX], unused[256];

	datapath_version(version);
	if (each_entry(folder, remove_part, version, unused) < 0)
		return; /* it costs memory, and the next one tries again */
}
