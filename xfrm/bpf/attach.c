/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/bpf/attach.h"

#include "lib/refuse.h"
#include "xfrm/plan/ids.h"

#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

enum attach_role attach_role_of(const struct tables *t, uint32_t ifindex)
{
	if (ifindex == t->plan.stamper)
		return ATTACH_STAMP;
	for (size_t i = 0; i < t->n_ports; i++) {
		const struct dp_port *p = &t->ports[i];

		if (p->ifindex != ifindex)
			continue;
		if (p->external || p->to)
			return ATTACH_WAN;
		return p->foreign_bits ? ATTACH_OTHER : ATTACH_LAN;
	}
	return ATTACH_NONE;
}

static int program_of(const struct attached *to, bool out)
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
	case ATTACH_STAMP:
		return out ? DP_PROGRAM_STAMP_OUT : -1;
	}
	return (int)(to->bare ? p + DP_PROGRAM_BARE : p);
}

/* --- clsact --- */

#define CLSACT TC_H_MAKE(TC_H_CLSACT, 0)

static uint32_t parent_of(bool out)
{
	return TC_H_MAKE(TC_H_CLSACT, out ? TC_H_MIN_EGRESS : TC_H_MIN_INGRESS);
}

static int change_clsact(struct netlink *route, uint16_t type, uint16_t flags, uint32_t ifindex, char err[static 256])
{
	struct tcmsg *tc;
	struct message m;

	message_start(&m, type, (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags));
	tc = message_extra(&m, sizeof(*tc));
	tc->tcm_ifindex = (int)ifindex;
	tc->tcm_parent = TC_H_CLSACT;
	tc->tcm_handle = CLSACT;
	message_put_text(&m, TCA_KIND, "clsact");
	return netlink_request(route, &m, NULL, NULL, err);
}

/* A message about the filter in our place. */
static void start_filter(struct message *m, uint16_t type, uint16_t flags, uint32_t ifindex, bool out)
{
	struct tcmsg *tc;

	message_start(m, type, (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags));
	tc = message_extra(m, sizeof(*tc));
	tc->tcm_ifindex = (int)ifindex;
	tc->tcm_parent = parent_of(out);
	tc->tcm_handle = KERNEL_TC_HANDLE;
	tc->tcm_info = TC_H_MAKE(KERNEL_TC_PRIORITY << 16, htons(ETH_P_ALL));
	message_put_text(m, TCA_KIND, "bpf");
}

static int take_id(const struct nlmsghdr *nlh, void *data)
{
	if (nlh->nlmsg_type == RTM_NEWTFILTER && mnl_nlmsg_get_payload_len(nlh) >= sizeof(struct tcmsg))
		*(uint32_t *)data = message_u32(
			message_find_within(message_find(nlh, sizeof(struct tcmsg), TCA_OPTIONS), TCA_BPF_ID));
	return 0;
}

/* The id of the program in our place; 0: there is none, or no clsact. */
static uint32_t look_filter(struct netlink *route, uint32_t ifindex, bool out)
{
	struct message m;
	uint32_t id = 0;
	char unused[256];

	start_filter(&m, RTM_GETTFILTER, 0, ifindex, out);
	return netlink_request(route, &m, take_id, &id, unused) == 0 ? id : 0;
}

static int put_filter(struct netlink *route, int program, uint32_t ifindex, bool out, char err[static 256])
{
	struct nlattr *options;
	struct message m;

	start_filter(&m, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_REPLACE, ifindex, out);
	options = message_nest(&m, TCA_OPTIONS);
	message_put_u32(&m, TCA_BPF_FD, (uint32_t)program);
	message_put_text(&m, TCA_BPF_NAME, "gvpn");
	message_put_u32(&m, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	message_nest_end(&m, options);
	return netlink_request(route, &m, NULL, NULL, err);
}

/* 0: it is there now, replaced in place; 1: none was there. */
static int attach_one(struct netlink *route, int program, uint32_t id, uint32_t ifindex, bool out, char err[static 256])
{
	char why[256];
	uint32_t there = look_filter(route, ifindex, out);
	int r = 0;

	if (there == id)
		return 0;
	if (!there)
		r = change_clsact(route, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, ifindex, why);
	if (r < 0 && r != -EEXIST)
		return refuse(r, err, "cannot make the queueing discipline clsact on interface %u: %.150s", ifindex,
			      why);
	r = put_filter(route, program, ifindex, out, why);
	if (r < 0)
		return refuse(r == -EEXIST || r == -EINVAL ? -EBUSY : r, err,
			      "cannot attach to interface %u: %.120s; the filter of priority %u must be ours (see \"tc "
			      "filter show\")",
			      ifindex, why, KERNEL_TC_PRIORITY);
	return there ? 0 : 1;
}

int attach(const struct maps *m, struct netlink *route, const struct attached *to, bool *ret_missing,
	   char err[static 256])
{
	*ret_missing = false;
	for (int out = 0; out < 2; out++) {
		int program = program_of(to, out), r;

		if (program < 0 && to->role == ATTACH_STAMP)
			continue;
		if (program < 0)
			return -EINVAL;
		r = attach_one(route, maps_program(m, (enum dp_program)program),
			       maps_program_id(m, (enum dp_program)program), to->ifindex, out, err);
		if (r < 0)
			return r;
		*ret_missing |= r == 1;
	}
	return 0;
}

/* A filter with our handle is ours, of whatever build.  clsact stays: it may be somebody else's. */
void detach(struct netlink *route, uint32_t ifindex)
{
	for (int out = 0; out < 2; out++) {
		struct message m;
		char unused[256];

		if (!look_filter(route, ifindex, out))
			continue;
		start_filter(&m, RTM_DELTFILTER, 0, ifindex, out);
		if (netlink_request(route, &m, NULL, NULL, unused) < 0)
			continue; /* the interface went meanwhile, or the filter */
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
	char unused[256];

	if (is_empty(route, ifindex, parent_of(false)) && is_empty(route, ifindex, parent_of(true)) &&
	    change_clsact(route, RTM_DELQDISC, 0, ifindex, unused) < 0)
		return; /* there was none */
}

/* --- tcx --- */

/* Linux 6.6; the headers of Debian 12 are older. */
#define TCX_INGRESS 46
#define TCX_EGRESS 47

struct tcx_query { /* of union bpf_attr */
	uint32_t ifindex, attach_type, query_flags, attach_flags;
	uint64_t ids;
	uint32_t count, pad;
	uint64_t program_flags, link_ids, link_flags, revision;
};

static bool has_tcx(uint32_t ifindex)
{
	for (int out = 0; out < 2; out++) {
		struct tcx_query q = { .ifindex = ifindex, .attach_type = out ? TCX_EGRESS : TCX_INGRESS };

		if (syscall(SYS_bpf, BPF_PROG_QUERY, &q, sizeof(q)) == 0 && q.count > 0)
			return true;
	}
	return false;
}

bool attach_tcx_names(char *ret, size_t size)
{
	struct if_nameindex *all = if_nameindex();
	size_t at = 0;

	ret[0] = '\0';
	for (const struct if_nameindex *i = all; i && i->if_index; i++)
		if (has_tcx(i->if_index) && at + IF_NAMESIZE + 8 < size)
			at += (size_t)snprintf(ret + at, size - at, "%s%s", at ? ", " : "", i->if_name);
	if_freenameindex(all);
	return at > 0;
}
