/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/bpf/load.h"

#include "lib/hash.h"
#include "lib/refuse.h"
#include "xfrm/bpf/cpus.h"
#include "xfrm/bpf/gvpn.skel.h"
#include "xfrm/bpf/handover.h"
#include "xfrm/bpf/maps.h"
#include "xfrm/bpf/pins.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define PART "part" /* a build that is being pinned */

/* Maps that say nothing of a plan: packets under way, and counters. */
static const char *const kept[] = { "slots", "next_slot", "pieces", "counters", "counts", "owners", "unknown", "ages" };

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

static int explain_refusal(int r, char err[static 256])
{
	if (r == -EPERM)
		return refuse(r, err,
			      "this kernel does not take the datapath's programs (%s): they need root, or CAP_BPF, "
			      "CAP_PERFMON and CAP_NET_ADMIN, and a kernel that is not locked down",
			      strerror(-r));
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
		return explain_refusal(-errno, err);
	g->rodata->slots_of_cpu = cpus_slots(cpus);
	if (cpus == 0 || bpf_map__set_max_entries(g->maps.counters, cpus * DP_COUNTERS) < 0 ||
	    bpf_map__set_max_entries(g->maps.counts, cpus * DP_COUNTS) < 0) {
		gvpn__destroy(g);
		return explain_refusal(-EIO, err);
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

/* What an earlier build kept of packets and counters, where it has the form that this one expects. */
static int take_over(void *ctx, int folder, const char *version, char err[static 256])
{
	int from = is_version(version) ? pins_open(folder, version) : -ENOENT;
	struct gvpn *g = ctx;
	struct bpf_map *map;

	(void)err;
	if (from < 0)
		return 0;
	bpf_object__for_each_map(map, g->obj)
	{
		int fd = is_kept(bpf_map__name(map)) ? pins_get(from, bpf_map__name(map)) : -1;

		if (fd < 0)
			continue;
		if (same_form(map, fd))
			bpf_map__reuse_fd(map, fd);
		close(fd);
	}
	close(from);
	return 1; /* one is enough */
}

/* NULL: a map of libbpf's that nobody else needs. */
static const char *pin_name(const struct bpf_map *map)
{
	if (strcmp(bpf_map__name(map), ".data.live") == 0)
		return "live";
	return bpf_map__is_internal(map) ? NULL : bpf_map__name(map);
}

static int pin_all(struct gvpn *g, int folder, char err[static 256])
{
	struct bpf_program *prog;
	struct bpf_map *map;
	int r = 0;

	bpf_object__for_each_map(map, g->obj)
	{
		if (r == 0 && pin_name(map))
			r = pins_put(folder, pin_name(map), bpf_map__fd(map), err);
	}
	bpf_object__for_each_program(prog, g->obj)
	{
		if (r == 0)
			r = pins_put(folder, bpf_program__name(prog), bpf_program__fd(prog), err);
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
			return pins_failed(err, -errno, "ask for", maps_program_name((enum dp_program)i));
		build.ids[i] = info.id;
	}
	return bpf_map_update_elem(bpf_map__fd(g->maps.build), &zero, &build, BPF_ANY) < 0
		       ? pins_failed(err, -errno, "write the map", "build")
		       : 0;
}

/* Whole under its name, or not at all. */
static int pin_build(struct gvpn *g, int folder, const char *version, char err[static 256])
{
	int r = pins_remove(folder, PART, err), part;

	if (r == 0)
		r = pins_remove(folder, version, err);
	if (r < 0)
		return r;
	part = pins_make_within(folder, PART, err);
	if (part < 0)
		return part;
	r = pin_all(g, part, err);
	close(part);
	return r == 0 && renameat(folder, PART, folder, version) < 0 ? pins_failed(err, -errno, "rename", PART) : r;
}

static int load_into(int folder, const char *version, char err[static 256])
{
	struct gvpn *g = NULL;
	int r = open_object(&g, err), fd;

	if (r < 0)
		return r;
	fd = fcntl(folder, F_DUPFD_CLOEXEC, 3);
	if (fd >= 0)
		pins_each(fd, take_over, g, err); /* what cannot be taken over is made anew */
	r = gvpn__load(g);
	r = r < 0 ? explain_refusal(r, err) : write_build(g, err);
	if (r == 0)
		r = pin_build(g, folder, version, err);
	gvpn__destroy(g);
	return r;
}

/* Somebody may have removed pins; programs that are attached hold what they need. */
static bool is_whole(int build)
{
	for (size_t i = 0; maps_name(i); i++) {
		int fd = pins_get(build, maps_name(i));

		if (fd < 0)
			return false;
		close(fd);
	}
	return true;
}

int datapath_load(const char *folder, uid_t uid, gid_t gid, char err[static 256])
{
	int all = pins_make(folder, uid, gid, err), build, r = 0;
	char version[DATAPATH_VERSION_MAX];

	if (all < 0)
		return all;
	datapath_version(version);
	build = pins_open(all, version);
	if (build < 0 || !is_whole(build)) {
		if (build >= 0)
			close(build);
		r = load_into(all, version, err);
		build = r < 0 ? r : pins_open(all, version);
	}
	close(all);
	if (build < 0)
		return r < 0 ? r : pins_failed(err, build, "open", version);
	r = pins_give(build, uid, gid, err);
	if (r == 0)
		r = handover(build, err);
	close(build);
	return r;
}

/* A build's folder, or one that was not finished; BUT stays. */
static int remove_build(void *but, int folder, const char *name, char err[static 256])
{
	if (strcmp(name, but) == 0 || (!is_version(name) && strcmp(name, PART) != 0))
		return 0;
	return pins_remove(folder, name, err);
}

static int remove_builds(const char *folder, const char *but, char err[static 256])
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : pins_failed(err, -errno, "open", folder);
	return pins_each(fd, remove_build, (void *)but, err);
}

int datapath_unpin(const char *folder, char err[static 256])
{
	return remove_builds(folder, "", err);
}

void datapath_unpin_others(const char *folder)
{
	char version[DATAPATH_VERSION_MAX], unused[256];

	datapath_version(version);
	if (remove_builds(folder, version, unused) < 0)
		return; /* it costs memory, and the next one tries again */
}
