/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/bpf/attach.h"

#include "xfrm/bpf/load.h"
#include "xfrm/plan/ids.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Linux 6.6; the headers of Debian 12 are older. */
#define TCX_INGRESS 46
#define TCX_EGRESS 47
#define TCX_BEFORE (1u << 3) /* nobody named: before all */

struct tcx_create {
	uint32_t prog_fd, target_ifindex, attach_type, flags, relative_fd, pad;
	uint64_t expected_revision;
};

struct tcx_info { /* behind the common part of bpf_link_info */
	uint32_t type, id, prog_id, pad;
	uint32_t ifindex, attach_type;
	uint8_t more[32];
};

enum attach_role attach_role_of(const struct tables *t, uint32_t ifindex)
{
	for (size_t i = 0; i < t->n_ports; i++) {
		const struct dp_port *p = &t->ports[i].value;

		if (t->ports[i].key.ifindex != ifindex)
			continue;
		if (p->external || p->to)
			return ATTACH_WAN;
		return p->foreign_bits ? ATTACH_OTHER : ATTACH_LAN;
	}
	return ATTACH_NONE;
}

static int program_of(const struct maps *m, const struct attached *to, bool out)
{
	enum dp_program p = DP_PROGRAM_LAN_IN;

	switch (to->role) {
	case ATTACH_NONE:
		return -1;
	case ATTACH_LAN:
		p = out ? DP_PROGRAM_LAN_OUT : DP_PROGRAM_LAN_IN;
		break;
	case ATTACH_OTHER:
		p = out ? DP_PROGRAM_LAN_OUT : DP_PROGRAM_OTHER_IN;
		break;
	case ATTACH_WAN:
		p = out ? DP_PROGRAM_WAN_OUT : DP_PROGRAM_WAN_IN;
		break;
	}
	return maps_program(m, to->bare ? p + DP_PROGRAM_BARE : p);
}

/* --- tcx --- */

static void link_path(char path[static DATAPATH_PATH_MAX + 32], const char *folder, uint32_t ifindex, bool out)
{
	snprintf(path, DATAPATH_PATH_MAX + 32, "%s/links/%u-%s", folder, ifindex, out ? "out" : "in");
}

/* A pinned link outlives its interface, and the next one may get its index. */
static bool is_of(int link, uint32_t ifindex)
{
	struct tcx_info info = { 0 };
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(link, (struct bpf_link_info *)&info, &len) == 0 && info.ifindex == ifindex;
}

static int make_link(const char *path, int program, uint32_t ifindex, bool out)
{
	struct tcx_create create = {
		.prog_fd = (uint32_t)program,
		.target_ifindex = ifindex,
		.attach_type = out ? TCX_EGRESS : TCX_INGRESS,
		.flags = TCX_BEFORE,
	};
	int link = (int)syscall(SYS_bpf, BPF_LINK_CREATE, &create, sizeof(create)), r = 0;

	if (link < 0)
		return -errno;
	if (bpf_obj_pin(link, path) < 0)
		r = -errno;
	close(link);
	return r;
}

/* 0, 1 when there was none; -ENOTSUP: this kernel has no tcx. */
static int attach_tcx(const char *folder, int program, uint32_t ifindex, bool out)
{
	char path[DATAPATH_PATH_MAX + 32];
	int link, r = 1;

	link_path(path, folder, ifindex, out);
	link = bpf_obj_get(path);
	if (link >= 0 && is_of(link, ifindex)) {
		r = bpf_link_update(link, program, NULL) < 0 ? -errno : 0;
		close(link);
		return r;
	}
	if (link >= 0) {
		close(link);
		unlink(path);
	}
	r = make_link(path, program, ifindex, out);
	if (r == 0)
		return 1;
	/* What kernels without tcx say: -EINVAL to the attach type, 6.6 on without CONFIG_NET_XGRESS the same. */
	return r == -ENODEV ? r : -ENOTSUP;
}

/* --- clsact --- */

static struct bpf_tc_hook hook_of(uint32_t ifindex, bool out)
{
	return (struct bpf_tc_hook){
		.sz = sizeof(struct bpf_tc_hook),
		.ifindex = (int)ifindex,
		.attach_point = out ? BPF_TC_EGRESS : BPF_TC_INGRESS,
	};
}

static uint32_t id_of(int program)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(program, &info, &len) == 0 ? info.id : 0;
}

/* The filter in our place: 0 none, 1 the program with that ID. */
static int look_clsact(struct bpf_tc_hook *hook, uint32_t *ret_id)
{
	struct bpf_tc_opts opts = { .sz = sizeof(opts), .handle = KERNEL_TC_HANDLE, .priority = KERNEL_TC_PRIORITY };
	int r = bpf_tc_query(hook, &opts);

	if (r < 0)
		return r == -ENOENT || r == -EINVAL ? 0 : r;
	*ret_id = opts.prog_id;
	return 1;
}

static int attach_clsact(int program, uint32_t ifindex, bool out, char err[static 256])
{
	struct bpf_tc_opts opts = { .sz = sizeof(opts),
				    .handle = KERNEL_TC_HANDLE,
				    .priority = KERNEL_TC_PRIORITY,
				    .flags = BPF_TC_F_REPLACE,
				    .prog_fd = program };
	struct bpf_tc_hook hook = hook_of(ifindex, out);
	uint32_t id = 0;
	int there, r;

	r = bpf_tc_hook_create(&hook);
	if (r < 0 && r != -EEXIST) {
		snprintf(err, 256, "cannot make the queueing discipline clsact on interface %u: %s", ifindex,
			 strerror(-r));
		return r;
	}
	there = look_clsact(&hook, &id);
	if (there == 1 && id == id_of(program))
		return 0;
	r = bpf_tc_attach(&hook, &opts);
	if (r < 0) {
		snprintf(err, 256,
			 "cannot attach to interface %u: %s; the filter of priority %u must be ours (see \"tc filter "
			 "show\")",
			 ifindex, strerror(-r), KERNEL_TC_PRIORITY);
		return r == -EEXIST || r == -EINVAL ? -EBUSY : r;
	}
	return there == 1 ? 0 : 1;
}

/* --- both --- */

int attach(const struct maps *m, const char *folder, const struct attached *to, bool *ret_missing, char err[static 256])
{
	*ret_missing = false;
	for (int out = 0; out < 2; out++) {
		int program = program_of(m, to, out), r;

		if (program < 0)
			return -EINVAL;
		r = attach_tcx(folder, program, to->ifindex, out);
		if (r == -ENOTSUP)
			r = attach_clsact(program, to->ifindex, out, err);
		if (r == -ENODEV)
			snprintf(err, 256, "interface %u is gone", to->ifindex);
		if (r < 0)
			return r;
		*ret_missing |= r == 1;
	}
	return 0;
}

/* A filter with our handle is ours, of whatever build.  clsact stays: it may be somebody else's. */
void detach(const char *folder, uint32_t ifindex)
{
	for (int out = 0; out < 2; out++) {
		struct bpf_tc_opts opts = { .sz = sizeof(opts),
					    .handle = KERNEL_TC_HANDLE,
					    .priority = KERNEL_TC_PRIORITY };
		struct bpf_tc_hook hook = hook_of(ifindex, out);
		char path[DATAPATH_PATH_MAX + 32];
		uint32_t id = 0;

		link_path(path, folder, ifindex, out);
		unlink(path); /* the link's last reference, so it ends */
		if (look_clsact(&hook, &id) == 1)
			bpf_tc_detach(&hook, &opts);
	}
}

static int count_filter(const struct nlmsghdr *nlh, void *data)
{
	*(size_t *)data += nlh->nlmsg_type == RTM_NEWTFILTER;
	return 0;
}

static bool is_empty(struct netlink *route, uint32_t ifindex, uint32_t parent)
{
	struct tcmsg *tc;
	struct message m;
	char err[256];
	size_t n = 0;

	message_start(&m, RTM_GETTFILTER, NLM_F_REQUEST | NLM_F_DUMP);
	tc = message_extra(&m, sizeof(*tc));
	tc->tcm_ifindex = (int)ifindex;
	tc->tcm_parent = parent;
	return netlink_request(route, &m, count_filter, &n, err) == 0 && n == 0;
}

void detach_clsact(struct netlink *route, uint32_t ifindex)
{
	struct bpf_tc_hook hook = hook_of(ifindex, false);

	hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	if (is_empty(route, ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)) &&
	    is_empty(route, ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)))
		bpf_tc_hook_destroy(&hook);
}
