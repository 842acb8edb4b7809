/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/nft/mark_match.h"

#include <libnftnl/expr.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/netfilter/xt_bpf.h>
#include <netinet/ip.h>
#include <stdlib.h>

/*
 * Netfilter's packets begin at the IP header.  A load beyond the packet's end makes the program return 0, which is "not
 * equal" here: it fails closed.
 */
static void put_program(struct xt_bpf_info *info, bool source)
{
	const uint32_t offset = source ? offsetof(struct iphdr, saddr) : offsetof(struct iphdr, daddr);
	const struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_MARK)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	memcpy(info->bpf_program, program, sizeof(program));
	info->bpf_program_num_elem = ARRAY_SIZE(program);
}

void rule_mark_is_address(struct rule *b, bool source)
{
	struct xt_bpf_info *info = b->err == 0 ? calloc(1, sizeof(*info)) : NULL;
	struct nftnl_expr *e = info ? nftnl_expr_alloc("match") : NULL;

	if (!e) {
		free(info);
		b->err = b->err ? b->err : -ENOMEM;
		return;
	}
	put_program(info, source);
	nftnl_rule_add_expr(b->r, e);
	nftnl_expr_set_u32(e, NFTNL_EXPR_MT_REV, 0);
	/* The expression keeps INFO itself, and frees it. */
	if (nftnl_expr_set(e, NFTNL_EXPR_MT_INFO, info, sizeof(*info)) < 0) {
		free(info);
		b->err = -ENOMEM;
	}
	if (nftnl_expr_set_str(e, NFTNL_EXPR_MT_NAME, "bpf") < 0)
		b->err = -ENOMEM;
}
