/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/bpf/maps.h"

#include "xfrm/bpf/load.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum map {
	MAP_LIVE,
	MAP_PLANS,
	MAP_SCOPES,
	MAP_RULES,
	MAP_FITS,
	MAP_PORTS,
	MAP_SAS,
	MAP_REQIDS,
	MAP_NEAR_PORTS,
	MAP_NEAR_SAS,
	MAP_COUNTERS,
	MAP_COUNTS,
	MAP_OWNERS,
	MAP_N
};

static const char *const map_names[MAP_N] = { "live",   "plans",      "scopes",   "rules",    "fits",   "ports", "sas",
					      "reqids", "near_ports", "near_sas", "counters", "counts", "owners" };
static const char *const program_names[DP_PROGRAM_N] = { "lan_in",      "lan_out",     "other_in",     "wan_in",
							 "wan_out",     "lan_in_bare", "lan_out_bare", "other_in_bare",
							 "wan_in_bare", "wan_out_bare" };

struct maps {
	int map[MAP_N], program[DP_PROGRAM_N];
	uint32_t program_id[DP_PROGRAM_N];
	int cpus;
	bool written;
};

static int fail(char err[static 256], int r, const char *what, const char *name)
{
	snprintf(err, 256, "datapath: cannot %s the map \"%s\": %s", what, name, strerror(-r));
	return r;
}

/* --- opening --- */

static int open_pin(int *ret, const char *folder, const char *version, const char *name, char err[static 256])
{
	char path[DATAPATH_PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s/%s", folder, version, name);
	*ret = bpf_obj_get(path);
	if (*ret >= 0)
		return 0;
	if (errno == ENOENT)
		snprintf(err, 256, "the datapath's programs are not loaded in %.120s: run gvpnd --load as root",
			 folder);
	else
		snprintf(err, 256, "cannot open %.180s: %s", path, strerror(errno));
	return -errno;
}

static int read_id(int program, uint32_t *ret, char err[static 256])
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(program, &info, &len) < 0) {
		snprintf(err, 256, "cannot ask for the id of a program: %s", strerror(errno));
		return -errno;
	}
	*ret = info.id;
	return 0;
}

int maps_open(struct maps **ret, const char *folder, char err[static 256])
{
	struct maps *m = malloc(sizeof(*m));
	char version[DATAPATH_VERSION_MAX];
	int r = 0;

	if (!m) {
		snprintf(err, 256, "out of memory");
		return -ENOMEM;
	}
	*m = (struct maps){ .cpus = libbpf_num_possible_cpus() };
	memset(m->map, 0xff, sizeof(m->map));
	memset(m->program, 0xff, sizeof(m->program));
	datapath_version(version);
	for (size_t i = 0; r == 0 && i < MAP_N; i++)
		r = open_pin(&m->map[i], folder, version, map_names[i], err);
	for (size_t i = 0; r == 0 && i < DP_PROGRAM_N; i++)
		r = open_pin(&m->program[i], folder, version, program_names[i], err);
	for (size_t i = 0; r == 0 && i < DP_PROGRAM_N; i++)
		r = read_id(m->program[i], &m->program_id[i], err);
	if (r == 0 && m->cpus <= 0) {
		snprintf(err, 256, "cannot count this host's processors");
		r = -EIO;
	}
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
	for (size_t i = 0; i < MAP_N; i++)
		if (m->map[i] >= 0)
			close(m->map[i]);
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
	return m->program_id[p];
}

/* --- writing --- */

static int read_live(const struct maps *m, uint32_t *ret, char err[static 256])
{
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(m->map[MAP_LIVE], &zero, ret) < 0)
		return fail(err, -errno, "read", map_names[MAP_LIVE]);
	*ret &= 1;
	return 0;
}

static int put(const struct maps *m, enum map map, const void *key, const void *value, char err[static 256])
{
	if (bpf_map_update_elem(m->map[map], key, value, BPF_ANY) < 0)
		return fail(err, -errno, "write", map_names[map]);
	return 0;
}

/* N values of SIZE octets, into the elements from FIRST on. */
static int put_array(const struct maps *m, enum map map, uint32_t first, const void *values, size_t n,
		     char err[static 256])
{
	uint32_t *keys = calloc(n + 1, sizeof(*keys)), count = (uint32_t)n;
	int r = 0;

	if (!keys)
		return fail(err, -ENOMEM, "write", map_names[map]);
	for (uint32_t i = 0; i < n; i++)
		keys[i] = first + i;
	if (n > 0 && bpf_map_update_batch(m->map[map], keys, values, &count, NULL) < 0)
		r = -errno;
	free(keys);
	return r < 0 ? fail(err, r, "write", map_names[map]) : 0;
}

#define KEY_MAX 16 /* of a key */

/* What an earlier plan left in a hash.  The generation is the first word of every key. */
static int clear_hash(const struct maps *m, enum map map, uint32_t generation, char err[static 256])
{
	_Alignas(uint32_t) char key[KEY_MAX], next[KEY_MAX];
	bool first = true, again;

	do {
		again = bpf_map_get_next_key(m->map[map], first ? NULL : key, next) == 0;
		if (!again && errno != ENOENT)
			return fail(err, -errno, "read", map_names[map]);
		/* A key is removed when its successor is known. */
		if (!first && *(const uint32_t *)(const void *)key == generation &&
		    bpf_map_delete_elem(m->map[map], key) < 0 && errno != ENOENT)
			return fail(err, -errno, "clear", map_names[map]);
		memcpy(key, next, sizeof(key));
		first = false;
	} while (again);
	return 0;
}

/* The whole generation of an array that is looked up by number: what has no entry is zero. */
static int put_numbered(const struct maps *m, enum map map, uint32_t generation, uint32_t n, size_t size,
			void (*fill)(const struct tables *t, void *values, uint32_t generation), const struct tables *t,
			char err[static 256])
{
	void *values = calloc(n, size);
	int r;

	if (!values)
		return fail(err, -ENOMEM, "write", map_names[map]);
	fill(t, values, generation);
	r = put_array(m, map, generation * n, values, n, err);
	free(values);
	return r;
}

static void fill_ports(const struct tables *t, void *values, uint32_t generation)
{
	struct dp_port *near = values;

	(void)generation;
	for (size_t i = 0; i < t->n_ports; i++)
		if (t->ports[i].key.ifindex < DP_NEAR)
			near[t->ports[i].key.ifindex] = t->ports[i].value;
}

static void fill_sas(const struct tables *t, void *values, uint32_t generation)
{
	struct dp_near_sa *near = values;

	for (size_t i = 0; i < t->n_sas; i++) {
		const struct tables_sa *sa = &t->sas[i];
		struct dp_near_sa *at = &near[dp_near(sa->key.ifindex, sa->key.spi)];

		if (at->key.spi == 0)
			*at = (struct dp_near_sa){ { generation, sa->key.ifindex, sa->key.spi }, 0, sa->value };
	}
}

static void fill_reqids(const struct tables *t, void *values, uint32_t generation)
{
	struct dp_fits *all = values;

	(void)generation;
	for (size_t i = 0; i < t->n_reqids; i++)
		all[t->reqids[i].reqid & ~DP_REQID_MASK] = t->reqids[i].value;
}

static int put_all_numbered(const struct maps *m, const struct tables *t, uint32_t generation, char err[static 256])
{
	int r = put_numbered(m, MAP_NEAR_PORTS, generation, DP_NEAR, sizeof(struct dp_port), fill_ports, t, err);

	r = r ? r : put_numbered(m, MAP_NEAR_SAS, generation, DP_NEAR, sizeof(struct dp_near_sa), fill_sas, t, err);
	return r ? r : put_numbered(m, MAP_REQIDS, generation, DP_REQIDS, sizeof(struct dp_fits), fill_reqids, t, err);
}

static int put_hashes(const struct maps *m, const struct tables *t, uint32_t generation, char err[static 256])
{
	int r = clear_hash(m, MAP_PORTS, generation, err);

	r = r ? r : clear_hash(m, MAP_SAS, generation, err);
	for (size_t i = 0; r == 0 && i < t->n_ports; i++) {
		struct dp_port_key key = t->ports[i].key;

		key.generation = generation;
		r = put(m, MAP_PORTS, &key, &t->ports[i].value, err);
	}
	for (size_t i = 0; r == 0 && i < t->n_sas; i++) {
		struct dp_sa_key key = t->sas[i].key;

		key.generation = generation;
		r = put(m, MAP_SAS, &key, &t->sas[i].value, err);
	}
	return r;
}

static int put_owners(const struct maps *m, const struct tables *t, char err[static 256])
{
	struct dp_counter *zero = calloc((size_t)m->cpus, sizeof(*zero));
	int r = zero ? 0 : fail(err, -ENOMEM, "write", map_names[MAP_OWNERS]);

	for (uint32_t i = 0; r == 0 && i < DP_COUNTS; i++)
		if (t->fresh[i]) {
			r = put(m, MAP_COUNTS, &i, zero, err);
			if (r == 0)
				r = put(m, MAP_OWNERS, &i, &t->owners[i], err);
		}
	free(zero);
	return r;
}

int maps_write(struct maps *m, const struct tables *t, char err[static 256])
{
	struct dp_scope none = { 0 };
	uint32_t live, g, k;
	int r = read_live(m, &live, err);

	if (r < 0)
		return r;
	g = !live;
	m->written = false;
	r = put_array(m, MAP_SCOPES, g * DP_SCOPES, t->scopes, t->n_scopes, err);
	for (uint32_t i = (uint32_t)t->n_scopes; r == 0 && i < DP_SCOPES; i++) {
		k = g * DP_SCOPES + i;
		r = put(m, MAP_SCOPES, &k, &none, err);
	}
	r = r ? r : put_array(m, MAP_RULES, g * DP_RULES, t->rules, t->n_rules, err);
	r = r ? r : put_array(m, MAP_FITS, g * DP_FITS, t->fits, t->n_fits, err);
	r = r ? r : put_all_numbered(m, t, g, err);
	r = r ? r : put_hashes(m, t, g, err);
	r = r ? r : put_owners(m, t, err);
	r = r ? r : put(m, MAP_PLANS, &g, &t->plan, err);
	m->written = r == 0;
	return r;
}

int maps_switch(struct maps *m, char err[static 256])
{
	uint32_t live, g, zero = 0;
	int r = m->written ? read_live(m, &live, err)
			   : fail(err, -EINVAL, "switch before writing", map_names[MAP_LIVE]);

	if (r < 0)
		return r;
	g = !live;
	r = put(m, MAP_LIVE, &zero, &g, err);
	m->written = false;
	/* The kernel's synchronize_rcu(): no program still reads what the next plan is written over. */
	if (r == 0)
		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	return r;
}

/* --- reading --- */

int maps_owners(const struct maps *m, uint64_t owners[static DP_COUNTS])
{
	for (uint32_t i = 0; i < DP_COUNTS; i++)
		if (bpf_map_lookup_elem(m->map[MAP_OWNERS], &i, &owners[i]) < 0)
			return -errno;
	return 0;
}

static int read_counter(const struct maps *m, enum map map, uint32_t k, struct dp_counter *values,
			struct dp_counter *ret)
{
	struct dp_counter sum = { 0 };

	if (bpf_map_lookup_elem(m->map[map], &k, values) < 0)
		return -errno;
	for (int i = 0; i < m->cpus; i++) {
		sum.packets += values[i].packets;
		sum.bytes += values[i].bytes;
	}
	*ret = sum;
	return 0;
}

int maps_counters(const struct maps *m, struct dp_counter ret[static DP_COUNT_N])
{
	struct dp_counter *values = calloc((size_t)m->cpus, sizeof(*values));
	int r = values ? 0 : -ENOMEM;

	for (uint32_t i = 0; r == 0 && i < DP_COUNT_N; i++)
		r = read_counter(m, MAP_COUNTERS, i, values, &ret[i]);
	free(values);
	return r;
}

int maps_count(const struct maps *m, uint32_t at, struct dp_counter *ret)
{
	struct dp_counter *values = calloc((size_t)m->cpus, sizeof(*values));
	int r = values ? read_counter(m, MAP_COUNTS, at, values, ret) : -ENOMEM;

	free(values);
	return r;
}
