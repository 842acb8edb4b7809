/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/datapath_run.h"

#include "tests/unit/support/own_network.h"
#include "xfrm/bpf/load.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <check.h>
#include <glob.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const host[] = {
	"ip link set lo up",
	"for d in lan0 lan1 guest0 wan0 wan1 gvpn-d3p; do ip link add $d type veth peer name far-$d; "
	"ip link set far-$d up; ip link set $d up; done",
	"sysctl -qw net.ipv4.ip_forward=1",
	"ip addr add 192.0.2.1/32 dev wan0",
	/* What comes goes to the LAN, but for the far side of the internet. */
	"ip route add default dev lan0",
	"ip route add 198.51.100.0/24 dev wan0",
	"ip route add 203.0.113.0/24 dev guest0",
	"ip neigh add 198.51.100.7 lladdr 02:00:00:00:00:07 dev wan0 nud permanent",
};

static bool can(const char *folder, char why[static 256])
{
	if (geteuid() != 0) {
		snprintf(why, 256, "only root can load BPF programs");
		return false;
	}
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("bpf", "/mnt", "bpf", 0, NULL) < 0) {
		snprintf(why, 256, "cannot make a namespace with a BPF file system: %s", strerror(errno));
		return false;
	}
	return datapath_load(folder, 0, 0, why) == 0;
}

struct datapath_run *datapath_run_new(void)
{
	static const char folder[] = "/mnt/gvpn";
	struct datapath_run *d;
	char err[256], why[256];

	if (!can(folder, why)) {
		not_run(why);
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(host); i++)
		ck_assert_msg(system(host[i]) == 0, "%s", host[i]);
	d = calloc(1, sizeof(*d));
	ck_assert_ptr_nonnull(d);
	snprintf(d->folder, sizeof(d->folder), "%s", folder);
	ck_assert_msg(maps_open(&d->maps, d->folder, err) == 0, "%s", err);
	return d;
}

void datapath_run_free(struct datapath_run *d)
{
	if (d)
		maps_close(d->maps);
	free(d);
}

int64_t datapath_run_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

struct dp_live datapath_run_live(const struct datapath_run *d)
{
	struct dp_live live;
	char pattern[128];
	uint32_t key = 0;
	glob_t found;
	int fd;

	snprintf(pattern, sizeof(pattern), "%s/*/live", d->folder);
	ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
	fd = bpf_obj_get(found.gl_pathv[0]);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bpf_map_lookup_elem(fd, &key, &live), 0);
	close(fd);
	globfree(&found);
	return live;
}

/* The host's interfaces, of which only names and indices are asked for. */
static struct link_list read_links(void)
{
	struct if_nameindex *all = if_nameindex();
	struct link_list l = { 0 };

	ck_assert_ptr_nonnull(all);
	while (all[l.n].if_index)
		l.n++;
	l.items = calloc(l.n + 1, sizeof(*l.items));
	ck_assert_ptr_nonnull(l.items);
	for (size_t i = 0; i < l.n; i++) {
		l.items[i].index = all[i].if_index;
		snprintf(l.items[i].name, sizeof(l.items[i].name), "%s", all[i].if_name);
	}
	if_freenameindex(all);
	return l;
}

struct tables *datapath_run_tables(struct datapath_run *d, const struct plan *plan)
{
	struct link_list links = read_links();
	struct tables_world world = {
		.links = &links,
		.sending = d->sending,
		.n_sending = d->n_sending,
		.stamps = d->stamps,
		.stamper = if_nametoindex("gvpn-d3p"),
		.carry = d->carry,
		.others = d->others,
		.mss = d->mss,
		.owners = d->owners,
	};
	struct tables *t = NULL;
	char err[256];

	ck_assert_msg(tables_of(&t, plan, &world, err) == 0, "%s", err);
	memcpy(d->owners, t->owners, sizeof(d->owners));
	link_list_clear(&links);
	return t;
}

void datapath_run_apply(struct datapath_run *d, const struct plan *plan)
{
	struct tables *t = datapath_run_tables(d, plan);
	char err[256];

	maps_write(d->maps, t);
	ck_assert_msg(maps_switch(d->maps, err) == 0, "%s", err);
	tables_free(t);
}

/* --- packets --- */

static uint16_t sum(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t s = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		s += (uint32_t)p[i] << 8 | p[i + 1];
	s = (s & 0xffff) + (s >> 16);
	return (uint16_t)((s & 0xffff) + (s >> 16));
}

struct frame frame_inet(uint32_t src, uint32_t dst, uint8_t protocol, uint16_t sport, uint16_t dport, uint16_t fragment)
{
	struct frame f = { .len = ETH_HLEN + 20 + 64 };
	struct ethhdr eth = { .h_proto = htons(ETH_P_IP), .h_dest = { 2 } };
	uint16_t ports[2] = { htons(sport), htons(dport) };
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.tot_len = htons(20 + 64),
		.id = htons(7),
		.frag_off = htons(fragment),
		.ttl = 64,
		.protocol = protocol,
		.saddr = htonl(src),
		.daddr = htonl(dst),
	};

	ip.check = htons((uint16_t)~sum(&ip, sizeof(ip)));
	memcpy(f.data, &eth, sizeof(eth));
	memcpy(f.data + ETH_HLEN, &ip, sizeof(ip));
	if ((fragment & 0x1fff) == 0)
		memcpy(f.data + ETH_HLEN + 20, ports, sizeof(ports));
	return f;
}

uint32_t frame_word(const struct frame *f, size_t at)
{
	uint32_t word;

	memcpy(&word, f->data + ETH_HLEN + at, sizeof(word));
	return ntohl(word);
}

bool frame_header_good(const struct frame *f)
{
	return sum(f->data + ETH_HLEN, 20) == 0xffff;
}

int datapath_run(struct datapath_run *d, enum dp_program program, struct frame *f)
{
	struct __sk_buff ctx = { .mark = f->mark, .priority = f->priority, .ifindex = if_nametoindex(f->dev) };
	uint8_t out[sizeof(f->data)] = { 0 };
	struct bpf_test_run_opts o = {
		.sz = sizeof(o),
		.data_in = f->data,
		.data_size_in = f->len,
		.data_out = out,
		.data_size_out = sizeof(out),
		.ctx_in = &ctx,
		.ctx_size_in = sizeof(ctx),
		.ctx_out = &ctx,
		.ctx_size_out = sizeof(ctx),
	};

	ctx.gso_segs = f->segments;
	ctx.gso_size = f->segments ? 20 : 0;
	ctx.ingress_ifindex = f->came_by ? if_nametoindex(f->came_by) : 0;
	ck_assert_msg(bpf_prog_test_run_opts(maps_program(d->maps, program), &o) == 0, "test run: %s", strerror(errno));
	memcpy(f->data, out, sizeof(out));
	f->len = o.data_size_out;
	f->mark = ctx.mark;
	f->priority = ctx.priority;
	return (int)o.retval;
}

uint64_t datapath_run_count(struct datapath_run *d, enum dp_count which)
{
	struct dp_counter c[DP_COUNT_N];

	maps_counters(d->maps, c);
	return c[which].packets;
}
