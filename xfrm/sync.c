/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/sync.h"

#include "xfrm/kernel.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int state_list_add(struct state_list *l, const struct state_seen *s)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 16;
		struct state_seen *items = calloc(cap, sizeof(*items)); /* not realloc: it would leave keys behind */

		if (!items)
			return -ENOMEM;
		if (l->n > 0)
			memcpy(items, l->items, l->n * sizeof(*items));
		if (l->items)
			explicit_bzero(l->items, l->cap * sizeof(*items));
		free(l->items);
		l->items = items;
		l->cap = cap;
	}
	l->items[l->n++] = *s;
	return 0;
}

static void state_list_remove(struct state_list *l, size_t i)
{
	l->items[i] = l->items[--l->n];
	explicit_bzero(&l->items[l->n], sizeof(l->items[0]));
}

void held_clear(struct held *h)
{
	policy_list_clear(&h->policies);
	if (h->states.items)
		explicit_bzero(h->states.items, h->states.cap * sizeof(h->states.items[0]));
	free(h->states.items);
	h->states = (struct state_list){ 0 };
}

static int take_state(const struct nlmsghdr *nlh, void *data)
{
	struct held *h = data;
	struct state_seen s;
	int r = state_parse(nlh, &s) ? state_list_add(&h->states, &s) : 0;

	explicit_bzero(&s, sizeof(s));
	return r;
}

static int take_policy(const struct nlmsghdr *nlh, void *data)
{
	struct held *h = data;
	struct policy p;

	return policy_parse(nlh, &p) ? policy_list_add(&h->policies, &p) : 0;
}

static int dump(struct held *h, struct netlink *n, uint16_t type, size_t header,
		int (*take)(const struct nlmsghdr *, void *), char err[static 256])
{
	struct message m;

	message_start(&m, type, NLM_F_REQUEST | NLM_F_DUMP);
	message_extra(&m, header);
	return netlink_request(n, &m, take, h, err);
}

int held_read(struct held *h, struct netlink *n, char err[static 256])
{
	int r;

	held_clear(h);
	/* The kernel looks for attributes right behind the netlink header of this one. */
	r = dump(h, n, XFRM_MSG_GETSA, 0, take_state, err);
	if (r == 0)
		r = dump(h, n, XFRM_MSG_GETPOLICY, sizeof(struct xfrm_userpolicy_id), take_policy, err);
	if (r < 0)
		held_clear(h);
	return r;
}

/* Goes on after -EEXIST, with the first one's text kept. */
static int first_conflict(int r, int *conflict, char err[static 256], const char *text)
{
	if (r == -EEXIST && *conflict < 0)
		return 0;
	if (r < 0)
		snprintf(err, 256, "%s", text);
	if (r != -EEXIST)
		return r;
	*conflict = r;
	return 0;
}

/* --- states --- */

static const char *way(bool out)
{
	return out ? "outbound" : "inbound";
}

static int take_owner(const struct nlmsghdr *nlh, void *data)
{
	const struct xfrm_usersa_info *info = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type == XFRM_MSG_NEWSA && mnl_nlmsg_get_payload_len(nlh) >= sizeof(*info))
		*(uint32_t *)data = info->reqid;
	return 0;
}

static void say_foreign(struct netlink *n, const struct state *s, bool out, char text[static 256])
{
	struct in_addr in = { .s_addr = htonl(s->dst) };
	char addr[INET_ADDRSTRLEN], words[256];
	uint32_t reqid = 0;
	struct message m;

	if (state_build_get(&m, s) == 0 && netlink_request(n, &m, take_owner, &reqid, words) < 0)
		reqid = 0;
	snprintf(text, 256,
		 "%s SA with SPI %08x: another program on this host has an SA to %s with this SPI (reqid %u, see \"ip "
		 "xfrm "
		 "state\"); it is left alone and ours is not installed",
		 way(out), s->spi, inet_ntop(AF_INET, &in, addr, sizeof(addr)), reqid);
}

static int send_state(struct netlink *n, struct message *m, const struct state *s, bool out, char text[static 256])
{
	char words[256];
	int r = netlink_request(n, m, NULL, NULL, words);

	if (r == -EEXIST)
		say_foreign(n, s, out, text);
	else if (r < 0)
		snprintf(text, 256, "%s SA with SPI %08x: %.180s", way(out), s->spi, words);
	return r;
}

static int delete_state(struct netlink *n, const struct state *s, char err[static 256])
{
	char words[256];
	struct message m;
	int r = state_build_delete(&m, s);

	if (r == 0)
		r = netlink_request(n, &m, NULL, NULL, words);
	if (r == -ESRCH) /* its hard lifetime has ended: gone already */
		return 0;
	if (r < 0)
		snprintf(err, 256, "cannot remove the SA with SPI %08x: %.180s", s->spi, words);
	return r;
}

/* The kernel knows an SA by destination, protocol and SPI. */
static size_t find_state(const struct state_list *l, const struct state *s)
{
	size_t i = 0;

	while (i < l->n && (l->items[i].id.dst != s->dst || l->items[i].id.spi != s->spi))
		i++;
	return i;
}

/* Makes the SA that M asks for out of the running one number I. */
static int keep_state(struct held *h, struct netlink *n, size_t i, struct message *m, const struct plan_sa *sa,
		      uint32_t local, bool out, char text[static 256])
{
	struct state_seen *have = &h->states.items[i];
	struct state s = state_of(sa, local, out);
	uint64_t now = (uint64_t)time(NULL);
	int r;

	if (!state_equal(&have->id, &s) || !state_same(have, m)) {
		r = delete_state(n, &have->id, text);
		if (r == 0)
			state_list_remove(&h->states, i);
		return r < 0 ? r : 1;
	}
	if (state_ends_as(have, sa, now))
		return 0;
	r = state_build_add(m, sa, local, out, have, now);
	if (r == 0)
		r = send_state(n, m, &s, out, text);
	if (r != -ESRCH)
		return r;
	/* It ended just now. */
	state_list_remove(&h->states, i);
	r = state_build_add(m, sa, local, out, NULL, now);
	return r < 0 ? r : 1;
}

static int add_state(struct held *h, struct netlink *n, const struct plan_sa *sa, uint32_t local, bool out,
		     struct message *m, char text[static 256])
{
	struct state s = state_of(sa, local, out);
	struct state_seen seen = { .id = s };
	size_t i = find_state(&h->states, &s);
	int r;

	if (plan_sa_kept(sa)) { /* what is there stays (plan_has_state()), what is not cannot be made */
		message_start(m, XFRM_MSG_NEWSA, 0);
		return 0;
	}
	r = state_build_add(m, sa, local, out, NULL, 0);
	if (r < 0) {
		snprintf(text, 256, "%s SA with SPI %08x: %s", way(out), s.spi,
			 r == -EINVAL ? "its keys do not have the length that its algorithms take"
				      : "the kernel is not asked for its algorithms");
		return r;
	}
	if (i < h->states.n) {
		r = keep_state(h, n, i, m, sa, local, out, text);
		if (r <= 0)
			return r;
	}
	r = send_state(n, m, &s, out, text);
	return r < 0 ? r : state_list_add(&h->states, &seen);
}

/*
 * Whether an earlier SA of the plan takes the same place in the kernel: 0 not, 1 it is the same SA, -EEXIST another
 * one.  Servers choose SPIs, so two groups may choose the same.
 */
static int taken_before(const struct plan *plan, size_t i, bool out, char text[static 256])
{
	const struct plan_sa *sa = &plan->sas[i];
	struct state s = state_of(sa, plan->scopes[sa->scope].local, out);

	for (size_t j = 0; j < i; j++) {
		const struct plan_sa *other = &plan->sas[j];
		struct state o = state_of(other, plan->scopes[other->scope].local, out);

		if (!(out ? other->out : other->in) || o.dst != s.dst || o.spi != s.spi)
			continue;
		if (state_equal(&o, &s) && other->tek.cipher == sa->tek.cipher && other->tek.auth == sa->tek.auth &&
		    secret_equal(&other->tek.key, &sa->tek.key) &&
		    secret_equal(&other->tek.auth_key, &sa->tek.auth_key))
			return 1;
		snprintf(text, 256,
			 "%s SA with SPI %08x: the VPNs %.40s and %.40s both have this SPI, with different SAs; that "
			 "of the "
			 "first is kept, the second's is not installed",
			 way(out), s.spi, plan->scopes[other->scope].vpn, plan->scopes[sa->scope].vpn);
		return -EEXIST;
	}
	return 0;
}

int held_add_states(struct held *h, struct netlink *n, const struct plan *plan, bool out, char err[static 256])
{
	int conflict = 0;

	for (size_t i = 0; i < plan->n_sas; i++) {
		const struct plan_sa *sa = &plan->sas[i];
		char text[256] = "";
		struct message m;
		int r;

		if (!(out ? sa->out : sa->in))
			continue;
		r = taken_before(plan, i, out, text);
		if (r == 0) {
			r = add_state(h, n, sa, plan->scopes[sa->scope].local, out, &m, text);
			message_wipe(&m);
		}
		r = first_conflict(r < 0 ? r : 0, &conflict, err, text);
		if (r < 0)
			return r;
	}
	return conflict;
}

static bool plan_has_state(const struct plan *plan, const struct state *s)
{
	for (size_t i = 0; plan && i < plan->n_sas; i++) {
		const struct plan_sa *sa = &plan->sas[i];
		struct state in = state_of(sa, plan->scopes[sa->scope].local, false),
			     out = state_of(sa, plan->scopes[sa->scope].local, true);

		if ((sa->in && state_equal(&in, s)) || (sa->out && state_equal(&out, s)))
			return true;
	}
	return false;
}

struct retirement {
	struct message m;
	int r; /* 1: no message is needed */
};

static int take_retirement(const struct nlmsghdr *nlh, void *data)
{
	struct retirement *t = data;

	if (nlh->nlmsg_type == XFRM_MSG_NEWSA)
		t->r = state_build_retire(&t->m, nlh, (uint64_t)time(NULL));
	return 0;
}

static int retire_state(struct netlink *n, const struct state *s, char err[static 256])
{
	struct retirement t = { .r = -EBADMSG };
	char words[256] = "";
	int r = state_build_get(&t.m, s);

	if (r == 0)
		r = netlink_request(n, &t.m, take_retirement, &t, words);
	if (r == 0)
		r = t.r;
	if (r == 0)
		r = netlink_request(n, &t.m, NULL, NULL, words);
	message_wipe(&t.m);
	if (r >= 0 || r == -ESRCH)
		return 0;
	snprintf(err, 256, "cannot end the SA with SPI %08x: %.180s", s->spi, words);
	return r;
}

/* Its policies may be those of several SAs now, with other reqids of the VPN. */
static bool has_successor(const struct plan *plan, const struct state *s)
{
	for (size_t i = 0; plan && s->dst == KERNEL_DUMMY && i < plan->n_sas; i++)
		if (plan->sas[i].out && plan->sas[i].reqid / PLAN_REQIDS == s->reqid / PLAN_REQIDS &&
		    plan->scopes[plan->sas[i].scope].local == s->src)
			return true;
	return false;
}

int held_remove_states(struct held *h, struct netlink *n, const struct plan *plan, char err[static 256])
{
	for (size_t i = h->states.n; i-- > 0;) {
		int r;

		if (plan_has_state(plan, &h->states.items[i].id))
			continue;
		r = has_successor(plan, &h->states.items[i].id) ? retire_state(n, &h->states.items[i].id, err)
								: delete_state(n, &h->states.items[i].id, err);
		if (r < 0)
			return r;
		state_list_remove(&h->states, i);
	}
	return 0;
}

/* --- policies --- */

enum held_step policy_step(const struct policy *want, const struct policy *old)
{
	switch (policy_effect(want)) {
	case POLICY_NEITHER:
		return STEP_PROTECT;
	case POLICY_CLOSES:
		if (old && policy_effect(old) == POLICY_CLOSES && want->priority > old->priority)
			return STEP_PROTECT_LESS;
		return want->action == XFRM_POLICY_BLOCK ? STEP_BLOCK : STEP_PROTECT;
	case POLICY_OPENS:
		break;
	}
	return old && policy_effect(old) == POLICY_OPENS && want->priority >= old->priority ? STEP_CLEAR_LESS
											    : STEP_CLEAR;
}

static int take_priority(const struct nlmsghdr *nlh, void *data)
{
	const struct xfrm_userpolicy_info *info = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type == XFRM_MSG_NEWPOLICY && mnl_nlmsg_get_payload_len(nlh) >= sizeof(*info))
		*(uint32_t *)data = info->priority;
	return 0;
}

/* "out 172.16.0.0/12 -> 172.16.0.0/12 mark 0/0x80000000" */
static void policy_text(const struct policy *p, char text[static 96])
{
	static const char *const dirs[] = { "in", "out", "fwd" };
	struct in_addr src = { .s_addr = p->sel.saddr.a4 }, dst = { .s_addr = p->sel.daddr.a4 };
	char a[INET_ADDRSTRLEN], b[INET_ADDRSTRLEN];
	int n;

	n = snprintf(text, 96, "%s %s/%u -> %s/%u", dirs[p->dir % 3], inet_ntop(AF_INET, &src, a, sizeof(a)),
		     p->sel.prefixlen_s, inet_ntop(AF_INET, &dst, b, sizeof(b)), p->sel.prefixlen_d);
	if (p->unmarked != 0 && n > 0 && n < 96)
		snprintf(text + n, (size_t)(96 - n), " mark 0/0x%x", p->unmarked);
}

static int send_policy(struct netlink *n, const struct policy *p, bool replace, char text[static 256])
{
	char words[256], what[96];
	uint32_t priority = 0;
	struct message m;
	int r = policy_build_add(&m, p, replace);

	if (r == 0)
		r = netlink_request(n, &m, NULL, NULL, words);
	if (r >= 0)
		return 0;
	policy_text(p, what);
	if (r != -EEXIST) {
		snprintf(text, 256, "XFRM policy %s: %.130s", what, words);
		return r;
	}
	if (policy_build_get(&m, p) == 0 && netlink_request(n, &m, take_priority, &priority, words) < 0)
		priority = 0;
	snprintf(text, 256,
		 "another program on this host has an XFRM policy %s (priority %u, see \"ip xfrm policy\"); it is left "
		 "alone and "
		 "ours is not installed",
		 what, priority);
	return r;
}

int held_change_policies(struct held *h, struct netlink *n, const struct policy_list *want, enum held_step step,
			 char err[static 256])
{
	int conflict = 0;

	for (size_t i = 0; i < want->n; i++) {
		const struct policy *p = &want->items[i], *old = policy_find(&h->policies, p);
		char text[256] = "";
		int r;

		if (policy_step(p, old) != step || (old && policy_equal(old, p)))
			continue;
		r = first_conflict(send_policy(n, p, old != NULL, text), &conflict, err, text);
		if (r < 0)
			return r;
	}
	return conflict;
}

int held_remove_policies(struct held *h, struct netlink *n, const struct policy_list *want, bool clear,
			 char err[static 256])
{
	for (size_t i = 0; i < h->policies.n; i++) {
		const struct policy *p = &h->policies.items[i];
		struct message m;
		int r;

		if ((clear && policy_effect(p) != POLICY_OPENS) || (want && policy_find(want, p)))
			continue;
		r = policy_build_delete(&m, p);
		if (r == 0)
			r = netlink_request(n, &m, NULL, NULL, err);
		if (r < 0 && r != -ENOENT)
			return r;
	}
	return 0;
}
