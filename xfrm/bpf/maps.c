/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/bpf/maps.h"

#include "lib/refuse.h"
#include "xfrm/bpf/cpus.h"
#include "xfrm/bpf/load.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

enum map {
	MAP_LIVE,
	MAP_SCOPES,
	MAP_RULES,
	MAP_FITS,
	MAP_PORTS,
	MAP_SAS,
	MAP_REQIDS,
	MAP_COUNTERS,
	MAP_COUNTS,
	MAP_OWNERS,
	MAP_BUILD,
	MAP_AGES,
	MAP_N
};

/* An array has its elements at multiples of 8 octets. */
#define STRIDE(type) ((sizeof(type) + 7) & ~(size_t)7)

static const struct shape {
	const char *name;
	size_t stride;
	uint32_t n;
	bool each_cpu;
} shapes[MAP_N] = {
	[MAP_LIVE] = { "live", STRIDE(struct dp_live), 1, false },
	[MAP_SCOPES] = { "scopes", STRIDE(struct dp_scope), 2 * DP_SCOPES, false },
	[MAP_RULES] = { "rules", STRIDE(struct dp_rule), 2 * DP_RULES, false },
	[MAP_FITS] = { "fits", STRIDE(struct dp_selector), 2 * DP_FITS, false },
	[MAP_PORTS] = { "ports", STRIDE(struct dp_port), 2 * DP_PORT_PLACES, false },
	[MAP_SAS] = { "sas", STRIDE(struct dp_sa_place), 2 * DP_SA_PLACES, false },
	[MAP_REQIDS] = { "reqids", STRIDE(struct dp_fits), 2 * DP_REQIDS, false },
	[MAP_COUNTERS] = { "counters", STRIDE(struct dp_counter), DP_COUNTERS, true },
	[MAP_COUNTS] = { "counts", STRIDE(struct dp_counter), DP_COUNTS, true },
	[MAP_BUILD] = { "build", STRIDE(struct dp_build), 1, false },
	[MAP_AGES] = { "ages", STRIDE(struct dp_age), DP_AGES, false },
	[MAP_OWNERS] = { "owners", STRIDE(uint64_t), DP_COUNTS, false },
};
_Static_assert(DP_COUNT_N <= DP_COUNTERS, "counters by cause");

static const char *const program_names[DP_PROGRAM_N] = { "lan_in",      "lan_out",      "other_in",     "wan_in",
							 "wan_out",     "lan_in_bare",  "lan_out_bare", "other_in_bare",
							 "wan_in_bare", "wan_out_bare", "stamp_out",    "stamp_way" };

struct maps {
	uint8_t *map[MAP_N]; /* shared with the programs */
	int program[DP_PROGRAM_N];
	uint32_t cpus; /* numbers that they may have (cpus.h) */
	bool written;
};

static size_t map_len(const struct maps *m, enum map map)
{
	return shapes[map].stride * shapes[map].n * (shapes[map].each_cpu ? m->cpus : 1);
}

static void *element(const struct maps *m, enum map map, size_t i)
{
	return m->map[map] + i * shapes[map].stride;
}

/* --- opening --- */

const char *maps_program_name(enum dp_program p)
{
	return program_names[p];
}

const char *maps_name(size_t i)
{
	if (i < MAP_N)
		return shapes[i].name;
	return i < (size_t)MAP_N + DP_PROGRAM_N ? program_names[i - MAP_N] : NULL;
}

struct source {
	const char *folder;
	char version[DATAPATH_VERSION_MAX];
	char **passed; /* names of descriptors; NULL: none */
	int n_passed;
};

static int open_passed(const struct source *from, const char *name)
{
	const size_t len = strlen(MAPS_PASSED);

	for (int i = 0; i < from->n_passed; i++)
		if (strncmp(from->passed[i], MAPS_PASSED, len) == 0 && strcmp(from->passed[i] + len, name) == 0)
			return fcntl(SD_LISTEN_FDS_START + i, F_DUPFD_CLOEXEC, SD_LISTEN_FDS_START);
	return -1;
}

static int open_one(int *ret, const struct source *from, const char *name, char err[static 256])
{
	char path[DATAPATH_PATH_MAX + 64];

	*ret = open_passed(from, name);
	if (*ret >= 0)
		return 0;
	snprintf(path, sizeof(path), "%s/%s/%s", from->folder, from->version, name);
	*ret = bpf_obj_get(path);
	if (*ret >= 0)
		return 0;
	if (errno == ENOENT)
		return refuse(-ENOENT, err,
			      "the datapath's programs are not loaded in %.120s: run gvpnd --load as root",
			      from->folder);
	return refuse(-errno, err, "cannot open %.180s: %s", path, strerror(errno));
}

static int share_map(struct maps *m, enum map map, const struct source *from, char err[static 256])
{
	int fd, r = open_one(&fd, from, shapes[map].name, err);
	void *at;

	if (r < 0)
		return r;
	at = mmap(NULL, map_len(m, map), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED) {
		r = -errno;
		snprintf(err, 256, "cannot share the map \"%s\" with the programs: %s", shapes[map].name, strerror(-r));
	} else {
		m->map[map] = at;
	}
	close(fd);
	return r;
}

static int open_all(struct maps *m, const struct source *from, char err[static 256])
{
	int r = 0;

	if (m->cpus == 0)
		return refuse(-EIO, err, "cannot count this host's processors");
	for (int i = 0; r == 0 && i < MAP_N; i++)
		r = share_map(m, (enum map)i, from, err);
	for (size_t i = 0; r == 0 && i < DP_PROGRAM_N; i++)
		r = open_one(&m->program[i], from, program_names[i], err);
	if (r == 0 && ((const struct dp_build *)element(m, MAP_BUILD, 0))->version != datapath_build())
		r = refuse(-ENOENT, err,
			   "the service manager hands over the datapath's programs of another build: start the unit of "
			   "this one again");
	return r;
}

int maps_open(struct maps **ret, const char *folder, char err[static 256])
{
	struct maps *m = malloc(sizeof(*m));
	struct source from = { .folder = folder };
	int r;

	if (!m)
		return refuse_memory(err);
	*m = (struct maps){ .cpus = cpus_numbers() };
	memset(m->program, 0xff, sizeof(m->program));
	datapath_version(from.version);
	from.n_passed = sd_listen_fds_with_names(false, &from.passed);
	r = open_all(m, &from, err);
	for (int i = 0; i < from.n_passed; i++)
		free(from.passed[i]);
	free(from.passed);
	if (r < 0) {
		maps_close(m);
		return r;
	}
	*ret = m;
	return 0;
}

void maps_close(struct maps *m)
{
	if (!m)
		return;
	for (int i = 0; i < MAP_N; i++)
		if (m->map[i])
			munmap(m->map[i], map_len(m, (enum map)i));
	for (size_t i = 0; i < DP_PROGRAM_N; i++)
		if (m->program[i] >= 0)
			close(m->program[i]);
	free(m);
}

int maps_program(const struct maps *m, enum dp_program p)
{
	return m->program[p];
}

uint32_t maps_program_id(const struct maps *m, enum dp_program p)
{
	return ((const struct dp_build *)element(m, MAP_BUILD, 0))->ids[p];
}

/* --- writing --- */

static struct dp_live *live(const struct maps *m)
{
	return element(m, MAP_LIVE, 0);
}

static uint32_t generation(const struct maps *m)
{
	return __atomic_load_n(&live(m)->generation, __ATOMIC_SEQ_CST) & 1;
}

/* The elements of generation G: N values of SIZE octets, and what is left is zero. */
static void put_array(const struct maps *m, enum map map, uint32_t g, const void *values, size_t n, size_t size)
{
	size_t half = shapes[map].n / 2, first = g * half;

	for (size_t i = 0; i < n; i++)
		memcpy(element(m, map, first + i), (const uint8_t *)values + i * size, size);
	memset(element(m, map, first + n), 0, (half - n) * shapes[map].stride);
}

static void put_ports(const struct maps *m, const struct tables *t, uint32_t g)
{
	put_array(m, MAP_PORTS, g, NULL, 0, 0);
	for (size_t i = 0; i < t->n_ports; i++) {
		uint32_t k = dp_port_place(t->ports[i].ifindex);
		struct dp_port *p;

		while ((p = element(m, MAP_PORTS, g * DP_PORT_PLACES + k))->shown)
			k = (k + 1) & (DP_PORT_PLACES - 1);
		*p = t->ports[i];
	}
}

static void put_sas(const struct maps *m, const struct tables *t, uint32_t g)
{
	put_array(m, MAP_SAS, g, NULL, 0, 0);
	for (size_t i = 0; i < t->n_sas; i++) {
		uint32_t k = dp_sa_place(t->sas[i].key.ifindex, t->sas[i].key.spi);
		struct dp_sa_place *p;

		while ((p = element(m, MAP_SAS, g * DP_SA_PLACES + k))->key.spi)
			k = (k + 1) & (DP_SA_PLACES - 1);
		*p = t->sas[i];
	}
}

static void put_reqids(const struct maps *m, const struct tables *t, uint32_t g)
{
	put_array(m, MAP_REQIDS, g, NULL, 0, 0);
	for (size_t i = 0; i < t->n_reqids; i++)
		*(struct dp_fits *)element(m, MAP_REQIDS, g * DP_REQIDS + (t->reqids[i].reqid & ~DP_REQID_MASK)) =
			t->reqids[i].value;
}

static void put_owners(const struct maps *m, const struct tables *t)
{
	for (uint32_t i = 0; i < DP_COUNTS; i++) {
		if (!t->fresh[i])
			continue;
		for (uint32_t cpu = 0; cpu < m->cpus; cpu++)
			memset(element(m, MAP_COUNTS, cpu * DP_COUNTS + i), 0, sizeof(struct dp_counter));
		*(uint64_t *)element(m, MAP_OWNERS, i) = t->owners[i];
	}
}

void maps_write(struct maps *m, const struct tables *t)
{
	uint32_t g = !generation(m);

	live(m)->plans[g] = t->plan;
	put_array(m, MAP_SCOPES, g, t->scopes, t->n_scopes, sizeof(*t->scopes));
	put_array(m, MAP_RULES, g, t->rules, t->n_rules, sizeof(*t->rules));
	put_array(m, MAP_FITS, g, t->fits, t->n_fits, sizeof(*t->fits));
	put_reqids(m, t, g);
	put_ports(m, t, g);
	put_sas(m, t, g);
	put_owners(m, t);
	m->written = true;
}

int maps_switch(struct maps *m, char err[static 256])
{
	if (!m->written)
		return refuse(-EINVAL, err, "datapath: cannot switch to a plan that is not written");
	__atomic_store_n(&live(m)->generation, !generation(m), __ATOMIC_SEQ_CST);
	live(m)->holds = 1;
	m->written = false;
	/*
	 * The kernel's synchronize_rcu(): no program still reads what the next plan is written over.  Kernels with
	 * processors that have no ticks (nohz_full) refuse it; a program is through in microseconds.
	 */
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) < 0)
		nanosleep(&(struct timespec){ .tv_nsec = 10 * 1000 * 1000 }, NULL);
	return 0;
}

void maps_set_wall(struct maps *m, int64_t wall)
{
	__atomic_store_n(&live(m)->wall, wall, __ATOMIC_SEQ_CST);
}

void maps_vouch(struct maps *m, uint64_t until)
{
	__atomic_store_n(&live(m)->vouched, until, __ATOMIC_SEQ_CST);
}

/* --- reading --- */

bool maps_hold(const struct maps *m)
{
	return live(m)->holds != 0;
}

bool maps_age(const struct maps *m, uint32_t spi, struct dp_age *ret)
{
	*ret = *(const volatile struct dp_age *)element(m, MAP_AGES, dp_age_place(htonl(spi)));
	return ret->spi == htonl(spi);
}

void maps_owners(const struct maps *m, uint64_t owners[static DP_COUNTS])
{
	memcpy(owners, m->map[MAP_OWNERS], DP_COUNTS * sizeof(*owners));
}

bool maps_prefix(const struct maps *m, uint32_t spi, uint32_t *ret)
{
	uint32_t key = htonl(spi), first = generation(m) * DP_SA_PLACES, k = dp_sa_place(0, key);
	const struct dp_sa_place *p;

	for (; (p = element(m, MAP_SAS, first + k))->key.spi; k = (k + 1) & (DP_SA_PLACES - 1)) {
		if (p->key.spi != key || p->key.ifindex != 0)
			continue;
		*ret = ntohl(p->value.iv);
		return p->value.iv_mask != 0;
	}
	return false;
}

static struct dp_counter read_counter(const struct maps *m, enum map map, uint32_t k)
{
	struct dp_counter sum = { 0 };

	for (uint32_t cpu = 0; cpu < m->cpus; cpu++) {
		const volatile struct dp_counter *c = element(m, map, cpu * shapes[map].n + k);

		sum.packets += c->packets;
		sum.bytes += c->bytes;
	}
	return sum;
}

void maps_counters(const struct maps *m, struct dp_counter ret[static DP_COUNT_N])
{
	for (uint32_t i = 0; i < DP_COUNT_N; i++)
		ret[i] = read_counter(m, MAP_COUNTERS, i);
}

void maps_count(const struct maps *m, uint32_t at, struct dp_counter *ret)
{
	*ret = read_counter(m, MAP_COUNTS, at);
}
