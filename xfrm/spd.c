/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/spd.h"

#include "lib/hash.h"
#include "lib/selector.h"
#include "xfrm/plan/check.h"
#include "xfrm/plan/forms.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>

#define STAMPED_PROTOCOL 253 /* doc/d3p.md */

void spd_list_clear(struct spd_list *l)
{
	free(l->items);
	free(l->places);
	*l = (struct spd_list){ 0 };
}

static bool same_place(const struct spd_policy *a, const struct spd_policy *b)
{
	return a->dir == b->dir && a->unmarked == b->unmarked && a->stamped == b->stamped &&
	       memcmp(&a->sel, &b->sel, sizeof(a->sel)) == 0;
}

/* Of what same_place() compares. */
static uint64_t hash_place(const struct spd_policy *p)
{
	uint64_t h = hash_octets(HASH_START, &p->sel, sizeof(p->sel));

	h = hash_octets(h, &p->unmarked, sizeof(p->unmarked));
	return hash_octets(h, &p->dir, sizeof(p->dir));
}

/* The place of P, or the free one where it belongs. */
static uint32_t *place_of(const struct spd_list *l, const struct spd_policy *p)
{
	size_t mask = l->n_places - 1, i = hash_place(p) & mask;

	while (l->places[i] != 0 && !same_place(&l->items[l->places[i] - 1], p))
		i = (i + 1) & mask;
	return &l->places[i];
}

/* Of equal policies the first one is found. */
static void note_place(struct spd_list *l, size_t item)
{
	uint32_t *place = place_of(l, &l->items[item]);

	if (*place == 0)
		*place = (uint32_t)item + 1;
}

static int grow_list(struct spd_list *l)
{
	size_t cap = l->cap ? 2 * l->cap : 32;
	uint32_t *places = calloc(2 * cap, sizeof(*places));
	struct spd_policy *items = places ? reallocarray(l->items, cap, sizeof(*items)) : NULL;

	if (!items) {
		free(places);
		return -ENOMEM;
	}
	free(l->places);
	l->items = items;
	l->cap = cap;
	l->places = places;
	l->n_places = 2 * cap;
	for (size_t i = 0; i < l->n; i++)
		note_place(l, i);
	return 0;
}

int spd_list_add(struct spd_list *l, const struct spd_policy *p)
{
	int r = !l->items || l->n == l->cap ? grow_list(l) : 0;

	if (r < 0)
		return r;
	l->items[l->n] = *p;
	note_place(l, l->n++);
	return 0;
}

const struct spd_policy *spd_list_find(const struct spd_list *l, const struct spd_policy *p)
{
	const uint32_t *place = l->n > 0 ? place_of(l, p) : NULL;

	return place && *place != 0 ? &l->items[*place - 1] : NULL;
}

bool spd_equal(const struct spd_policy *a, const struct spd_policy *b)
{
	return same_place(a, b) && a->action == b->action && a->priority == b->priority && a->required == b->required &&
	       a->n_reqids == b->n_reqids && memcmp(a->reqids, b->reqids, a->n_reqids * sizeof(a->reqids[0])) == 0 &&
	       memcmp(a->beet, b->beet, a->n_reqids * sizeof(a->beet[0])) == 0 && a->tmpl_src == b->tmpl_src &&
	       a->tmpl_dst == b->tmpl_dst && a->spi == b->spi;
}

enum spd_effect spd_effect(const struct spd_policy *p)
{
	if (p->dir != XFRM_POLICY_OUT)
		return SPD_NEITHER;
	return p->action == XFRM_POLICY_BLOCK || p->n_reqids > 0 ? SPD_CLOSES : SPD_OPENS;
}

static int add_with_ports(struct spd_list *l, struct spd_policy *p, const struct selector *s)
{
	uint16_t value, mask;

	for (uint32_t sport = s->sport.min; port_pair_next(&sport, s->sport.max, &value, &mask);) {
		p->sel.sport = htons(value);
		p->sel.sport_mask = htons(mask);
		for (uint32_t dport = s->dport.min; port_pair_next(&dport, s->dport.max, &value, &mask);) {
			int r;

			p->sel.dport = htons(value);
			p->sel.dport_mask = htons(mask);
			if (spd_list_find(l, p))
				continue;
			if (l->n == PLAN_POLICIES_MAX)
				return -E2BIG;
			r = spd_list_add(l, p);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int add_policies(struct spd_list *l, const struct selector *s, uint8_t dir, const struct spd_policy *like)
{
	uint8_t protocols[SELECTOR_PROTOCOLS_MAX];
	size_t n = selector_protocols(s, protocols);
	struct spd_policy p = *like;
	int r = 0;

	p.dir = dir;
	p.sel.family = AF_INET;
	p.sel.saddr.a4 = htonl(s->src.addr);
	p.sel.prefixlen_s = s->src.len;
	p.sel.daddr.a4 = htonl(s->dst.addr);
	p.sel.prefixlen_d = s->dst.len;
	for (size_t i = 0; r == 0 && i < n; i++) {
		p.sel.proto = protocols[i];
		r = add_with_ports(l, &p, s);
	}
	return r;
}

/* Too many for the kernel: one of each mode that there is takes all. */
static void accept_any(struct spd_policy *p, bool beet)
{
	bool has[2] = { !beet, beet };

	for (size_t i = 0; i < p->n_reqids; i++)
		has[p->beet[i]] = true;
	p->n_reqids = 0;
	for (int mode = 0; mode < 2; mode++)
		if (has[mode]) {
			p->reqids[p->n_reqids] = SPD_ANY_REQID;
			p->beet[p->n_reqids++] = mode;
		}
}

static void accept_reqid(struct spd_policy *p, uint32_t reqid, bool beet)
{
	bool any = p->n_reqids > 0 && p->reqids[0] == SPD_ANY_REQID;

	for (size_t i = 0; i < p->n_reqids; i++)
		if (p->reqids[i] == reqid || (any && p->beet[i] == beet))
			return;
	if (any || p->n_reqids == SPD_REQIDS_MAX) {
		accept_any(p, beet);
		return;
	}
	p->beet[p->n_reqids] = beet;
	p->reqids[p->n_reqids++] = reqid;
}

/*
 * The SAs by which a packet of SEL may have come: those with a policy that meets SEL, as the server gave it or turned
 * round, since SAs are symmetric (RFC 6407 5.5.1.1.2).
 */
static void accept_receivers(struct spd_policy *p, const struct plan *plan, const struct selector *sel)
{
	struct selector other = selector_reverse(sel);

	for (size_t i = 0; i < plan->n_fits; i++) {
		const struct plan_fit *f = &plan->fits[i];

		if ((selector_overlaps(sel, &f->sel) || selector_overlaps(&other, &f->sel)) &&
		    plan_receives(plan, f->reqid))
			accept_reqid(p, f->reqid, plan_stamps(plan, f->reqid));
	}
}

static int add_way_in(struct spd_list *l, const struct plan *plan, const struct plan_scope *scope,
		      const struct plan_rule *r, uint32_t priority)
{
	struct spd_policy in = { .priority = KERNEL_PRIORITY_IN_MIN + (priority - KERNEL_PRIORITY_MIN),
				 .action = XFRM_POLICY_ALLOW,
				 .tmpl_dst = scope->local };
	struct selector back = selector_reverse(&r->sel);
	int e;

	if (r->verdict == PLAN_ENCRYPT)
		accept_reqid(&in, r->reqid, plan_stamps(plan, r->reqid));
	accept_receivers(&in, plan, &back);
	if (in.n_reqids == 0)
		return 0;
	e = add_policies(l, &back, XFRM_POLICY_IN, &in);
	return e < 0 ? e : add_policies(l, &back, XFRM_POLICY_FWD, &in);
}

/* *RET is 0 where the kernel may choose the SA.  Where it must be named and none sends: false, so nothing does. */
static bool name_sender(const struct plan *plan, uint32_t reqid, uint32_t local, uint32_t *ret)
{
	const struct plan_sa *sender;

	*ret = 0;
	if (!plan_names_spi(plan, reqid))
		return true;
	sender = plan_sender(plan, reqid, local);
	if (!sender)
		return false;
	*ret = sender->tek.spi;
	return true;
}

static void protect(struct spd_policy *out, const struct plan *plan, const struct plan_scope *scope, uint32_t reqid)
{
	bool stamps = plan_stamps(plan, reqid);
	uint32_t spi;

	if (!name_sender(plan, reqid, scope->local, &spi)) {
		out->action = XFRM_POLICY_BLOCK;
		return;
	}
	accept_reqid(out, reqid, false);
	out->required = true;
	out->tmpl_src = scope->local;
	out->tmpl_dst = stamps ? kernel_carrier(reqid) : KERNEL_DUMMY;
	out->spi = stamps ? 0 : spi;
}

static int add_way_out(struct spd_list *l, const struct plan *plan, const struct plan_scope *scope,
		       const struct plan_rule *r, const struct spd_policy *like)
{
	struct spd_policy out = *like;

	switch (r->verdict) {
	case PLAN_CLEAR:
		break;
	case PLAN_BLOCK:
		out.action = XFRM_POLICY_BLOCK;
		break;
	case PLAN_ENCRYPT:
		protect(&out, plan, scope, r->reqid);
		break;
	}
	return add_policies(l, &r->sel, XFRM_POLICY_OUT, &out);
}

int spd_list_add_scope(struct spd_list *l, const struct plan *plan, size_t scope, uint32_t ifindex, uint32_t unmarked,
		       uint32_t *priority)
{
	const struct plan_scope *s = &plan->scopes[scope];

	for (size_t i = 0; i < s->n_rules; i++) {
		struct spd_policy out = { .sel.ifindex = (int)ifindex, .unmarked = unmarked, .priority = *priority };
		const struct plan_rule *p = &s->rules[i];
		int r = 0;

		if (!plan_rule_has_policies(p))
			continue;
		if (*priority > KERNEL_PRIORITY_MAX)
			return -E2BIG;
		if (plan_rule_goes(p, false))
			r = add_way_out(l, plan, s, p, &out);
		if (r == 0 && plan_rule_goes(p, true) && p->verdict != PLAN_CLEAR)
			r = add_way_in(l, plan, s, p, *priority);
		if (r < 0)
			return r;
		(*priority)++;
	}
	return 0;
}

static int add_stamped(struct spd_list *l, const struct plan *plan, const struct plan_scope *scope, uint32_t reqid)
{
	struct spd_policy p = { .dir = XFRM_POLICY_OUT,
				.priority = KERNEL_PRIORITY_MIN,
				.action = XFRM_POLICY_ALLOW,
				.required = true,
				.stamped = true,
				.tmpl_src = scope->local,
				.tmpl_dst = KERNEL_DUMMY };

	if (!name_sender(plan, reqid, scope->local, &p.spi))
		return 0; /* the device passes nothing without a policy */
	p.sel.family = AF_INET;
	p.sel.daddr.a4 = htonl(kernel_carrier(reqid));
	p.sel.prefixlen_d = 32;
	p.sel.proto = STAMPED_PROTOCOL;
	accept_reqid(&p, reqid, true);
	return spd_list_find(l, &p) ? 0 : spd_list_add(l, &p);
}

int spd_list_add_stamped(struct spd_list *l, const struct plan *plan)
{
	int r = 0;

	for (size_t i = 0; i < plan->n_scopes; i++)
		for (size_t j = 0; r == 0 && j < plan->scopes[i].n_rules; j++) {
			const struct plan_rule *rule = &plan->scopes[i].rules[j];

			if (rule->verdict == PLAN_ENCRYPT && plan_stamps(plan, rule->reqid))
				r = add_stamped(l, plan, &plan->scopes[i], rule->reqid);
		}
	return r;
}

int spd_list_add_fail_close(struct spd_list *l, uint32_t local, uint32_t ifindex, uint32_t unmarked, uint32_t *priority)
{
	struct spd_policy out = { .sel.ifindex = (int)ifindex, .unmarked = unmarked, .priority = *priority };
	struct selector s = { .src = { local, 32 }, .sport = { 0, UINT16_MAX }, .dport = { 0, UINT16_MAX } };
	int r;

	if (*priority + 1 > KERNEL_PRIORITY_MAX)
		return -E2BIG;
	r = add_policies(l, &s, XFRM_POLICY_OUT, &out);
	out.priority++;
	out.action = XFRM_POLICY_BLOCK;
	s.src = (struct ip_prefix){ 0 };
	*priority += 2;
	return r < 0 ? r : add_policies(l, &s, XFRM_POLICY_OUT, &out);
}

/* By which the kernel knows it, beside selector and direction. */
static void put_mark(struct message *m, const struct spd_policy *p)
{
	struct xfrm_mark mark = { .v = 0, .m = p->unmarked };

	if (p->unmarked != 0)
		message_put(m, XFRMA_MARK, &mark, sizeof(mark));
	if (p->stamped)
		message_put_u32(m, XFRMA_IF_ID, KERNEL_STAMPER_IF_ID);
}

static void put_templates(struct message *m, const struct spd_policy *p)
{
	struct xfrm_user_tmpl t[SPD_REQIDS_MAX] = { 0 };
	bool carried = (p->tmpl_dst & KERNEL_CARRIERS_MASK) == KERNEL_CARRIERS;

	for (size_t i = 0; i < p->n_reqids; i++)
		t[i] = (struct xfrm_user_tmpl){
			.id = { .daddr.a4 = htonl(p->tmpl_dst),
				.spi = htonl(p->spi),
				.proto = carried ? IPPROTO_AH : IPPROTO_ESP },
			.family = AF_INET,
			.saddr.a4 = htonl(p->tmpl_src),
			.reqid = p->reqids[i],
			.mode = p->beet[i] ? XFRM_MODE_BEET : XFRM_MODE_TUNNEL,
			.share = XFRM_SHARE_ANY,
			.optional = !p->required,
			.aalgos = UINT32_MAX,
			.ealgos = UINT32_MAX,
			.calgos = UINT32_MAX,
		};
	if (p->n_reqids > 0)
		message_put(m, XFRMA_TMPL, t, p->n_reqids * sizeof(t[0]));
}

int spd_build_add(struct message *m, const struct spd_policy *p, bool replace)
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
	put_mark(m, p);
	put_templates(m, p);
	return m->err;
}

int spd_build_id(struct message *m, uint16_t type, const struct spd_policy *p)
{
	struct xfrm_userpolicy_id *id;

	message_start(m, type, NLM_F_REQUEST | NLM_F_ACK);
	id = message_extra(m, sizeof(*id));
	id->sel = p->sel;
	id->dir = p->dir;
	put_mark(m, p);
	return m->err;
}

/* False when one of the templates is not ours. */
static bool read_templates(const struct nlattr *attr, struct spd_policy *p)
{
	const struct xfrm_user_tmpl *t = mnl_attr_get_payload(attr);
	size_t n = mnl_attr_get_payload_len(attr) / sizeof(*t);

	if (n > SPD_REQIDS_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		bool any = t[i].reqid == SPD_ANY_REQID && n <= 2 && t[i].optional;

		if (!any && (t[i].reqid < KERNEL_REQID_MIN || t[i].reqid > KERNEL_REQID_MAX))
			return false;
		p->reqids[i] = t[i].reqid;
		p->beet[i] = t[i].mode == XFRM_MODE_BEET;
		p->required = !t[i].optional;
		p->tmpl_src = ntohl(t[i].saddr.a4);
		p->tmpl_dst = ntohl(t[i].id.daddr.a4);
		p->spi = ntohl(t[i].id.spi);
	}
	p->n_reqids = n;
	return true;
}

/* False when the mark is not ours: ours is a bit of a zone, on the way out. */
static bool read_mark(const struct nlattr *attr, struct spd_policy *p)
{
	const struct xfrm_mark *mark = mnl_attr_get_payload(attr);

	if (mnl_attr_get_payload_len(attr) < sizeof(*mark) || mark->v != 0)
		return false;
	p->unmarked = mark->m;
	return mark->m == 0 || (p->dir == XFRM_POLICY_OUT && (mark->m & ~KERNEL_MARK_ZONES) == 0);
}

static bool read_if_id(const struct nlattr *attr, struct spd_policy *p)
{
	p->stamped = mnl_attr_validate(attr, MNL_TYPE_U32) >= 0 && mnl_attr_get_u32(attr) == KERNEL_STAMPER_IF_ID;
	return p->stamped && p->dir == XFRM_POLICY_OUT;
}

/* Older versions gave policies of the way in the priorities of the way out: those are ours too. */
static bool is_our_priority(uint8_t dir, uint32_t priority)
{
	bool in = dir != XFRM_POLICY_OUT && priority >= KERNEL_PRIORITY_IN_MIN && priority <= KERNEL_PRIORITY_IN_MAX;

	return in || (priority >= KERNEL_PRIORITY_MIN && priority <= KERNEL_PRIORITY_MAX);
}

bool spd_parse(const struct nlmsghdr *nlh, struct spd_policy *ret)
{
	const struct xfrm_userpolicy_info *info = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	struct spd_policy p = { 0 };

	if (nlh->nlmsg_type != XFRM_MSG_NEWPOLICY || mnl_nlmsg_get_payload_len(nlh) < sizeof(*info))
		return false;
	if (!is_our_priority(info->dir, info->priority) || info->sel.family != AF_INET || info->dir > XFRM_POLICY_FWD)
		return false;
	p.sel = info->sel;
	p.dir = info->dir;
	p.action = info->action;
	p.priority = info->priority;
	message_for_each(attr, nlh, sizeof(*info))
	{
		uint16_t type = mnl_attr_get_type(attr);
		const struct xfrm_userpolicy_type *kind = mnl_attr_get_payload(attr);

		if (type == XFRMA_SEC_CTX || (type == XFRMA_IF_ID && !read_if_id(attr, &p)))
			return false; /* not ours */
		if (type == XFRMA_POLICY_TYPE && mnl_attr_get_payload_len(attr) >= sizeof(*kind) &&
		    kind->type != XFRM_POLICY_TYPE_MAIN)
			return false;
		if (type == XFRMA_MARK && !read_mark(attr, &p))
			return false;
		if (type == XFRMA_TMPL && !read_templates(attr, &p))
			return false;
	}
	/* Without a template, ours are only policies of the way out that are bound to an interface. */
	if (p.n_reqids == 0 && (p.dir != XFRM_POLICY_OUT || p.sel.ifindex == 0))
		return false;
	*ret = p;
	return true;
}
