/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/link/foreign.h"

#include "xfrm/plan/ids.h"

#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/filter.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <sys/socket.h>

/* The table's name is attribute 1 in every kind of message. */
bool foreign_changes_table(const struct nlmsghdr *nlh, uint32_t own_port)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	uint16_t type = NFNL_MSG_TYPE(nlh->nlmsg_type);

	if (nlh->nlmsg_pid == own_port || NFNL_SUBSYS_ID(nlh->nlmsg_type) != NFNL_SUBSYS_NFTABLES ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*nfg) ||
	    (nfg->nfgen_family != NFPROTO_IPV4 && nfg->nfgen_family != NFPROTO_IPV6))
		return false;
	return type != NFT_MSG_NEWGEN &&
	       strcmp(message_text(message_find(nlh, sizeof(*nfg), NFTA_TABLE_NAME)), KERNEL_TABLE) == 0;
}

/* Copies an attribute's contents, because they may not be aligned where they stand. */
static bool copy_attribute(const struct nlmsghdr *nlh, size_t header, uint16_t type, void *ret, size_t len)
{
	const struct nlattr *attr = message_find(nlh, header, type);

	if (!attr || mnl_attr_get_payload_len(attr) < len)
		return false;
	memcpy(ret, mnl_attr_get_payload(attr), len);
	return true;
}

static bool our_state(const struct nlmsghdr *nlh)
{
	struct xfrm_usersa_info info;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct xfrm_usersa_id))
		return false;
	return copy_attribute(nlh, sizeof(struct xfrm_usersa_id), XFRMA_SA, &info, sizeof(info)) &&
	       info.reqid >= KERNEL_REQID_MIN && info.reqid <= KERNEL_REQID_MAX;
}

/* Judged by its priority alone.  A policy that is taken for ours by mistake costs one apply that changes nothing. */
static bool our_policy(const struct nlmsghdr *nlh)
{
	struct xfrm_userpolicy_info info;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct xfrm_userpolicy_id))
		return false;
	return copy_attribute(nlh, sizeof(struct xfrm_userpolicy_id), XFRMA_POLICY, &info, sizeof(info)) &&
	       info.sel.family == AF_INET &&
	       ((info.priority >= KERNEL_PRIORITY_MIN && info.priority <= KERNEL_PRIORITY_MAX) ||
		(info.priority >= KERNEL_PRIORITY_IN_MIN && info.priority <= KERNEL_PRIORITY_IN_MAX));
}

bool foreign_changes_xfrm(const struct nlmsghdr *nlh, uint32_t own_port)
{
	if (nlh->nlmsg_pid == own_port)
		return false;
	switch (nlh->nlmsg_type) {
	case XFRM_MSG_FLUSHPOLICY:
	case XFRM_MSG_FLUSHSA:
		return true;
	case XFRM_MSG_DELSA:
		return our_state(nlh);
	case XFRM_MSG_DELPOLICY:
		return our_policy(nlh);
	default:
		return false;
	}
}

bool foreign_changes_programs(const struct nlmsghdr *nlh)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(nlh);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*tc))
		return false;
	switch (nlh->nlmsg_type) {
	case RTM_DELQDISC:
		return tc->tcm_parent == TC_H_CLSACT;
	case RTM_NEWTFILTER:
	case RTM_DELTFILTER: /* of priority 0: all of them */
		return TC_H_MAJ(tc->tcm_info) == 0 || TC_H_MAJ(tc->tcm_info) == KERNEL_TC_PRIORITY << 16;
	default:
		return false;
	}
}

int foreign_filter(int fd, struct sock_filter *code, unsigned short n)
{
	struct sock_fprog program = { .len = n, .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno : 0;
}

bool foreign_changes_route(const struct nlmsghdr *nlh, uint32_t own_port)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	uint32_t dst = 0;

	if (nlh->nlmsg_pid == own_port || mnl_nlmsg_get_payload_len(nlh) < sizeof(*rtm))
		return false;
	if (rtm->rtm_family != AF_INET || !copy_attribute(nlh, sizeof(*rtm), RTA_DST, &dst, sizeof(dst)))
		return false;
	if ((ntohl(dst) != KERNEL_DUMMY || rtm->rtm_dst_len != 32) &&
	    ((ntohl(dst) & KERNEL_CARRIERS_MASK) != KERNEL_CARRIERS || rtm->rtm_dst_len < KERNEL_CARRIERS_LEN))
		return false;
	/* When a route is replaced, the kernel tells of the new one only. */
	return nlh->nlmsg_type == RTM_DELROUTE ? rtm->rtm_protocol == KERNEL_RTPROT
					       : nlh->nlmsg_type == RTM_NEWROUTE && (nlh->nlmsg_flags & NLM_F_REPLACE);
}

bool foreign_removes_rule(const struct nlmsghdr *nlh, uint32_t own_port)
{
	uint8_t protocol = 0;

	return nlh->nlmsg_type == RTM_DELRULE && nlh->nlmsg_pid != own_port &&
	       mnl_nlmsg_get_payload_len(nlh) >= sizeof(struct fib_rule_hdr) &&
	       copy_attribute(nlh, sizeof(struct fib_rule_hdr), FRA_PROTOCOL, &protocol, sizeof(protocol)) &&
	       protocol == KERNEL_RTPROT;
}

int foreign_filter_route(int fd, uint32_t own_port)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 0, 13),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(own_port), 10, 0),
		BPF_STMT(BPF_LDX | BPF_IMM, RTA_DST),
		BPF_STMT(BPF_LD | BPF_IMM, sizeof(struct nlmsghdr) + sizeof(struct rtmsg)),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_NLATTR)),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_IND, sizeof(struct nlattr)), /* an address: in network byte order */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, KERNEL_DUMMY, 2, 0),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, KERNEL_CARRIERS_MASK),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, KERNEL_CARRIERS, 3, 2),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, sizeof(struct nlmsghdr) + offsetof(struct rtmsg, rtm_dst_len)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 32, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};

	return foreign_filter(fd, code, ARRAY_SIZE(code));
}

/* A datagram has several messages, all of one transaction, and so of one port. */
int foreign_filter_table(int fd, uint32_t own_port)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(own_port), 1, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	return foreign_filter(fd, code, ARRAY_SIZE(code));
}

/* The kernel puts the reqid of a removed state behind its id, into the first attribute. */
#define DELSA_REQID                                                                                                    \
	(sizeof(struct nlmsghdr) + sizeof(struct xfrm_usersa_id) + sizeof(struct nlattr) +                             \
	 offsetof(struct xfrm_usersa_info, reqid))
_Static_assert(sizeof(struct xfrm_usersa_id) % NLMSG_ALIGNTO == 0, "there is no padding behind it");

/* A filter loads in network byte order, and netlink's fields are in host byte order: so constants are converted. */
int foreign_filter_xfrm(int fd, uint32_t own_port)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(own_port), 8, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(XFRM_MSG_FLUSHSA), 7, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(XFRM_MSG_FLUSHPOLICY), 6, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(XFRM_MSG_DELPOLICY), 5, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(XFRM_MSG_DELSA), 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)DELSA_REQID),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, htonl(KERNEL_REQID_MASK)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(KERNEL_REQID_MIN), 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};

	return foreign_filter(fd, code, ARRAY_SIZE(code));
}
