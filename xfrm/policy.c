/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/policy.h"

#include "xfrm/kernel.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>

void policy_list_clear(struct policy_list *l)
{
	free(l->items);
	*l = (struct policy_list){ 0 };
}

int policy_list_add(struct policy_list *l, const struct policy *p)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 32;
		struct policy *items = reallocarray(l->items, cap, sizeof(*items));

		if (!items)
			return -ENOMEM;
		l->items = items;
		l->cap = cap;
	}
	l->items[l->n++] = *p;
	return 0;
}

const struct policy *policy_find(const struct policy_list *l, const struct policy *p)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->items[i].dir == p->dir && memcmp(&l->items[i].sel, &p->sel, sizeof(p->sel)) == 0)
			return &l->items[i];
	return NULL;
}

bool policy_equal(const struct policy *a, const struct policy *b)
{
	return a->dir == b->dir && memcmp(&a->sel, &b->sel, sizeof(a->sel)) == 0 && a->action == b->action &&
	       a->priority == b->priority && a->protect == b->protect && a->required == b->required &&
	       a->reqid == b->reqid && a->tmpl_src == b->tmpl_src && a->tmpl_dst == b->tmpl_dst;
}

/* The next value and mask pair that covers the start of [*MIN, MAX], and moves *MIN behind it; false at the end. */
static bool next_ports(uint32_t *min, uint16_t max, uint16_t *ret_value, uint16_t *ret_mask)
{
	uint32_t size = 1;

	if (*min > max)
		return false;
	while (*min % (size * 2) == 0 && *min + size * 2 - 1 <= max && size < 0x10000)
		size *= 2;
	*ret_value = (uint16_t)*min;
	*ret_mask = (uint16_t)(0x10000 - size);
	*min += size;
	return true;
}

static int add_with_ports(struct policy_list *l, struct policy *p, const struct selector *s)
{
	uint16_t value, mask;

	for (uint32_t sport = s->sport.min; next_ports(&sport, s->sport.max, &value, &mask);) {
		p->sel.sport = htons(value);
		p->sel.sport_mask = htons(mask);
		for (uint32_t dport = s->dport.min; next_ports(&dport, s->dport.max, &value, &mask);) {
			int r;

			p->sel.dport = htons(value);
			p->sel.dport_mask = htons(mask);
			if (policy_find(l, p))
				continue;
			r = policy_list_add(l, p);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int add(struct policy_list *l, const struct selector *s, uint8_t dir, const struct policy *like)
{
	struct policy p = *like;

	p.dir = dir;
	p.sel.family = AF_INET;
	p.sel.saddr.a4 = htonl(s->src.addr);
	p.sel.prefixlen_s = s->src.len;
	p.sel.daddr.a4 = htonl(s->dst.addr);
	p.sel.prefixlen_d = s->dst.len;
	p.sel.proto = s->protocol;
	return add_with_ports(l, &p, s);
}

static int add_rule(struct policy_list *l, const struct plan_scope *scope, const struct plan_rule *r, uint32_t ifindex,
		    uint32_t priority)
{
	struct selector back = selector_reverse(&r->sel);
	struct policy out = { .priority = priority, .action = XFRM_POLICY_ALLOW }, in = out;
	int e;

	out.sel.ifindex = (int)ifindex;
	switch (r->verdict) {
	case PLAN_CLEAR:
		return add(l, &r->sel, XFRM_POLICY_OUT, &out);
	case PLAN_BLOCK:
		/* Fail-close is between zones: only nf_tables sees where a packet came from. */
		if (r->reason == PLAN_FAIL_CLOSE)
			return 0;
		out.action = XFRM_POLICY_BLOCK;
		return add(l, &r->sel, XFRM_POLICY_OUT, &out);
	case PLAN_ENCRYPT:
		break;
	}
	out.protect = out.required = in.protect = true;
	out.reqid = in.reqid = r->reqid;
	out.tmpl_src = in.tmpl_dst = scope->local;
	out.tmpl_dst = KERNEL_DUMMY;
	e = add(l, &r->sel, XFRM_POLICY_OUT, &out);
	if (e == 0)
		e = add(l, &back, XFRM_POLICY_IN, &in);
	if (e == 0)
		e = add(l, &back, XFRM_POLICY_FWD, &in);
	return e;
}

int policy_list_scope(struct policy_list *l, const struct plan_scope *scope, uint32_t ifindex, uint32_t *priority)
{
	for (size_t i = 0; i < scope->n_rules; i++) {
		int r;

		if (*priority > KERNEL_PRIORITY_MAX)
			return -E2BIG;
		r = add_rule(l, scope, &scope->rules[i], ifindex, (*priority)++);
		if (r < 0)
			return r;
	}
	return 0;
}

int policy_build_add(struct message *m, const struct policy *p, bool replace)
{
	struct xfrm_userpolicy_info *info;

	message_start(m, replace ? XFRM_MSG_UPDPOLICY : XFRM_MSG_NEWPOLICY,
		      NLM_F_REQUEST | NLM_F_ACK | (replace ? 0 : NLM_F_CREATE | NLM_F_EXCL));
	info = message_extra(m, sizeof(*info));
	info->sel = p->sel;
	info->dir = p->dir;
	info->action = p->action;
	info->priority = p->priority;
	info->share = XFRM_SHARE_ANY;
	info->lft.soft_byte_limit = info->lft.hard_byte_limit = XFRM_INF;
	info->lft.soft_packet_limit = info->lft.hard_packet_limit = XFRM_INF;
	if (p->protect) {
		struct xfrm_user_tmpl t = {
			.id = { .daddr.a4 = htonl(p->tmpl_dst), .proto = IPPROTO_ESP },
			.family = AF_INET,
			.saddr.a4 = htonl(p->tmpl_src),
			.reqid = p->reqid,
			.mode = XFRM_MODE_TUNNEL,
			.share = XFRM_SHARE_ANY,
			.optional = !p->required,
			.aalgos = UINT32_MAX,
			.ealgos = UINT32_MAX,
			.calgos = UINT32_MAX,
		};

		message_put(m, XFRMA_TMPL, &t, sizeof(t));
	}
	return m->err;
}

int policy_build_delete(struct message *m, const struct policy *p)
{
	struct xfrm_userpolicy_id *id;

	message_start(m, XFRM_MSG_DELPOLICY, NLM_F_REQUEST | NLM_F_ACK);
	id = message_extra(m, sizeof(*id));
	id->sel = p->sel;
	id->dir = p->dir;
	return m->err;
}

bool policy_parse(const struct nlmsghdr *nlh, struct policy *ret)
{
	const struct xfrm_userpolicy_info *info = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	struct policy p = { 0 };

	if (nlh->nlmsg_type != XFRM_MSG_NEWPOLICY || mnl_nlmsg_get_payload_len(nlh) < sizeof(*info))
		return false;
	if (info->priority < KERNEL_PRIORITY_MIN || info->priority > KERNEL_PRIORITY_MAX || info->sel.family != AF_INET ||
	    info->dir > XFRM_POLICY_FWD)
		return false;
	p.sel = info->sel;
	p.dir = info->dir;
	p.action = info->action;
	p.priority = info->priority;
	message_for_each(attr, nlh, sizeof(*info)) {
		const struct xfrm_user_tmpl *t = mnl_attr_get_payload(attr);

		if (mnl_attr_get_type(attr) == XFRMA_MARK)
			return false; /* ours carry none */
		if (mnl_attr_get_type(attr) != XFRMA_TMPL || mnl_attr_get_payload_len(attr) < sizeof(*t))
			continue;
		if (t->reqid < KERNEL_REQID_MIN || t->reqid > KERNEL_REQID_MAX)
			return false;
		p.protect = true;
		p.required = !t->optional;
		p.reqid = t->reqid;
		p.tmpl_src = ntohl(t->saddr.a4);
		p.tmpl_dst = ntohl(t->id.daddr.a4);
	}
	*ret = p;
	return true;
}
