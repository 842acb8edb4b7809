/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/sync.h"

#include "lib/refuse.h"
#include "xfrm/plan/ids.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int sa_list_add(struct sa_list *l, const struct sa_seen *s)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 16;
		struct sa_seen *items = calloc(cap, sizeof(*items)); /* not realloc: it would leave keys behind */

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

static void sa_list_remove(struct sa_list *l, size_t i)
{
	l->items[i] = l->items[--l->n];
	explicit_bzero(&l->items[l->n], sizeof(l->items[0]));
}

void sync_clear(struct installed *h)
{
	spd_list_clear(&h->policies);
	if (h->sas.items)
		explicit_bzero(h->sas.items, h->sas.cap * sizeof(h->sas.items[0]));
	free(h->sas.items);
	h->sas = (struct sa_list){ 0 };
	h->others = false;
	h->conflict[0] = '\0';
}

static int take_sa(const struct nlmsghdr *nlh, void *data)
{
	struct installed *h = data;
	struct sa_seen s;
	int r = sa_parse(nlh, &s) ? sa_list_add(&h->sas, &s) : 0;

	explicit_bzero(&s, sizeof(s));
	return r;
}

static int take_policy(const struct nlmsghdr *nlh, void *data)
{
	const struct xfrm_userpolicy_info *info = mnl_nlmsg_get_payload(nlh);
	struct installed *h = data;
	struct spd_policy p;

	if (spd_parse(nlh, &p))
		return spd_list_add(&h->policies, &p);
	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(*info))
		h->others |=
			(info->dir == XFRM_POLICY_OUT || info->dir == XFRM_POLICY_FWD) && info->sel.family != AF_INET6;
	return 0;
}

static int dump_xfrm(struct installed *h, struct netlink *n, uint16_t type, size_t header,
		     int (*take)(const struct nlmsghdr *, void *), char err[static 256])
{
	struct message m;

	message_start(&m, type, NLM_F_REQUEST | NLM_F_DUMP);
	message_extra(&m, header);
	return netlink_request(n, &m, take, h, err);
}

int sync_read(struct installed *h, struct netlink *n, char err[static 256])
{
	int r;

	sync_clear(h);
	/* The kernel looks for attributes right behind the netlink header of this one. */
	r = dump_xfrm(h, n, XFRM_MSG_GETSA, 0, take_sa, err);
	if (r == 0)
		r = dump_xfrm(h, n, XFRM_MSG_GETPOLICY, sizeof(struct xfrm_userpolicy_id), take_policy, err);
	if (r < 0)
		sync_clear(h);
	return r;
}

static int add_packets(const struct nlmsghdr *nlh, void *data)
{
	struct sa_seen s;

	if (sa_parse(nlh, &s))
		*(uint64_t *)data += s.packets;
	explicit_bzero(&s, sizeof(s));
	return 0;
}

static int sent_to(uint64_t *sum, struct netlink *n, uint32_t dst, uint8_t len, char err[static 256])
{
	const struct xfrm_address_filter filter = { .daddr.a4 = htonl(dst), .family = AF_INET, .dplen = len };
	struct message m;

	message_start(&m, XFRM_MSG_GETSA, NLM_F_REQUEST | NLM_F_DUMP);
	message_put(&m, XFRMA_ADDRESS_FILTER, &filter, sizeof(filter));
	return netlink_request(n, &m, add_packets, sum, err);
}

int sync_sent(uint64_t *ret, uint64_t *ret_carried, struct netlink *n, char err[static 256])
{
	int r;

	*ret = *ret_carried = 0;
	r = sent_to(ret, n, KERNEL_DUMMY, 32, err);
	return r ? r : sent_to(ret_carried, n, KERNEL_CARRIERS, KERNEL_CARRIERS_LEN, err);
}

/* After -EEXIST the step goes on. */
static int note_conflict(struct installed *h, int r, const char *text)
{
	if (r == -EEXIST && !h->conflict[0])
		snprintf(h->conflict, sizeof(h->conflict), "%s", text);
	return r == -EEXIST ? 0 : r;
}

/* --- states --- */

static const char *way_text(bool out)
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

static void say_foreign(struct netlink *n, const struct sa_id *s, bool out, char text[static 256])
{
	struct in_addr in = { .s_addr = htonl(s->dst) };
	char addr[INET_ADDRSTRLEN], words[256];
	uint32_t reqid = 0;
	struct message m;

	if (sa_build_id(&m, XFRM_MSG_GETSA, s) == 0 && netlink_request(n, &m, take_owner, &reqid, words) < 0)
		reqid = 0;
	snprintf(text, 256,
		 "%s SA with SPI %08x: another program on this host has an SA to %s with this SPI (reqid %u, see \"ip "
		 "xfrm state\"); it is left alone and ours is not installed",
		 way_text(out), s->spi, inet_ntop(AF_INET, &in, addr, sizeof(addr)), reqid);
}

static int send_sa(struct netlink *n, struct message *m, const struct sa_id *s, bool out, char text[static 256])
{
	char words[256];
	int r = netlink_request(n, m, NULL, NULL, words);

	if (r == -EEXIST)
		say_foreign(n, s, out, text);
	else if (r < 0)
		refuse(r, text, "%s SA with SPI %08x: %.180s", way_text(out), s->spi, words);
	return r;
}

static int delete_sa(struct netlink *n, const struct sa_id *s, char err[static 256])
{
	char words[256];
	struct message m;
	int r = sa_build_id(&m, XFRM_MSG_DELSA, s);

	if (r == 0)
		r = netlink_request(n, &m, NULL, NULL, words);
	if (r == -ESRCH) /* its hard lifetime has ended: gone already */
		return 0;
	return r < 0 ? refuse(r, err, "cannot remove the SA with SPI %08x: %.180s", s->spi, words) : 0;
}

void sync_drop_sa(struct netlink *n, const struct sa_id *s)
{
	char unused[256];

	if (delete_sa(n, s, unused) < 0)
		return;
}

/* The kernel knows an SA by destination, protocol and SPI. */
static size_t find_sa(const struct sa_list *l, const struct sa_id *s)
{
	size_t i = 0;

	while (i < l->n && (l->items[i].id.dst != s->dst || l->items[i].id.spi != s->spi))
		i++;
	return i;
}

/* Makes running SA number I the one that M asks for.  1: it had to go, and M is to be sent. */
static int keep_sa(struct installed *h, struct netlink *n, size_t i, struct message *m, const struct plan_sa *sa,
		   uint32_t local, bool out, char text[static 256])
{
	struct sa_seen *have = &h->sas.items[i];
	struct sa_id s = sa_id_of(sa, local, out);
	uint64_t now = (uint64_t)time(NULL);
	int r;

	if (!sa_id_equal(&have->id, &s) || !sa_is_same(have, m)) {
		r = delete_sa(n, &have->id, text);
		if (r == 0)
			sa_list_remove(&h->sas, i);
		return r < 0 ? r : 1;
	}
	if (sa_ends_as(have, sa, now))
		return 0;
	r = sa_build_add(m, sa, local, out, have, now);
	if (r == 0)
		r = send_sa(n, m, &s, out, text);
	if (r != -ESRCH)
		return r;
	/* It ended just now. */
	sa_list_remove(&h->sas, i);
	r = sa_build_add(m, sa, local, out, NULL, now);
	return r < 0 ? r : 1;
}

bool sync_has_sender(const struct installed *h, const struct plan_sa *sa, uint32_t local)
{
	struct sa_id s = sa_id_of(sa, local, true);
	size_t i = find_sa(&h->sas, &s);
	struct message m;
	bool same;

	if (i == h->sas.n || !sa_id_equal(&h->sas.items[i].id, &s))
		return false;
	if (sa_is_candidate(&h->sas.items[i]) && !(h->found && h->searched == s.spi && h->prefix == sa->sender.prefix))
		return false;
	if (plan_sa_kept(sa))
		return h->sas.items[i].counter_mode == cipher_is_counter_mode(sa->tek.cipher);
	same = sa_build_add(&m, sa, local, true, NULL, 0) == 0 && sa_is_same(&h->sas.items[i], &m);
	message_wipe(&m);
	return same;
}

bool sync_sends_by_counter(const struct sa_seen *s)
{
	return s->counter_mode && s->id.dst == KERNEL_DUMMY && !sa_is_candidate(s);
}

static int add_sa(struct installed *h, struct netlink *n, const struct plan_sa *sa, uint32_t local, bool out,
		  struct message *m, char text[static 256])
{
	struct sa_id s = sa_id_of(sa, local, out);
	struct sa_seen seen = { .id = s };
	size_t i = find_sa(&h->sas, &s);
	int r;

	if (plan_sa_kept(
		    sa)) { /* an SA without a key: one that is there stays (plan_has_sa()), another cannot be made */
		message_start(m, XFRM_MSG_NEWSA, 0);
		return 0;
	}
	r = sa_build_add(m, sa, local, out, NULL, 0);
	if (r < 0)
		return refuse(r, text, "%s SA with SPI %08x: %s", way_text(out), s.spi,
			      r == -EINVAL ? "its keys do not have the length that its algorithms take"
					   : "the kernel is not asked for its algorithms");
	if (i < h->sas.n) {
		r = keep_sa(h, n, i, m, sa, local, out, text);
		if (r <= 0)
			return r;
	}
	if (out && cipher_is_counter_mode(sa->tek.cipher)) {
		snprintf(text, 256, "outbound SA with SPI %08x: it has just ended, and its IVs were searched for",
			 s.spi);
		return -ESRCH;
	}
	r = send_sa(n, m, &s, out, text);
	return r < 0 ? r : sa_list_add(&h->sas, &seen);
}

/*
 * Whether an earlier SA of the plan has the same place in the kernel: 0 no, 1 it is the same SA, -EEXIST it is another
 * SA. Servers choose SPIs, so those of two groups may be equal.
 */
static int taken_before(const struct plan *plan, size_t i, bool out, char text[static 256])
{
	const struct plan_sa *sa = &plan->sas[i];
	struct sa_id s = sa_id_of(sa, plan->scopes[sa->scope].local, out);

	for (size_t j = 0; j < i; j++) {
		const struct plan_sa *other = &plan->sas[j];
		struct sa_id o = sa_id_of(other, plan->scopes[other->scope].local, out);

		if (!(out ? plan_sa_ready(other) : other->in) || o.dst != s.dst || o.spi != s.spi)
			continue;
		if (sa_id_equal(&o, &s) && !other->window_ms == !sa->window_ms && other->tek.cipher == sa->tek.cipher &&
		    other->tek.auth == sa->tek.auth && secret_equal(&other->tek.key, &sa->tek.key) &&
		    secret_equal(&other->tek.auth_key, &sa->tek.auth_key))
			return 1;
		return refuse(-EEXIST, text,
			      "%s SA with SPI %08x: the VPNs %.40s and %.40s both have this SPI, with different SAs; "
			      "that of the first is kept, the second's is not installed",
			      way_text(out), s.spi, plan->scopes[other->scope].vpn, plan->scopes[sa->scope].vpn);
	}
	return 0;
}

/* The way to the program that stamps, for each reqid that sends so. */
static int add_carrier(struct installed *h, struct netlink *n, const struct sa_id *s, char text[static 256])
{
	struct sa_seen seen = { .id = *s };
	size_t i = find_sa(&h->sas, s);
	struct message m;
	int r = sa_build_carrier(&m, s);

	if (r == 0 && i < h->sas.n) {
		if (sa_id_equal(&h->sas.items[i].id, s) && sa_is_same(&h->sas.items[i], &m))
			return 0;
		r = delete_sa(n, &h->sas.items[i].id, text);
		if (r == 0)
			sa_list_remove(&h->sas, i);
	}
	if (r == 0)
		r = send_sa(n, &m, s, true, text);
	return r < 0 ? r : sa_list_add(&h->sas, &seen);
}

static bool had_before(const struct plan *plan, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (plan->sas[j].reqid == plan->sas[i].reqid)
			return true;
	return false;
}

int sync_add_carriers(struct installed *h, struct netlink *n, const struct plan *plan, char err[static 256])
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->n_sas; i++) {
		const struct plan_sa *sa = &plan->sas[i];
		struct sa_id s = sa_carrier_id(sa->reqid, plan->scopes[sa->scope].local);

		if (sa->window_ms != 0 && !had_before(plan, i))
			r = note_conflict(h, add_carrier(h, n, &s, err), err);
	}
	return r;
}

int sync_add_sas(struct installed *h, struct netlink *n, const struct plan *plan, bool out, char err[static 256])
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->n_sas; i++) {
		const struct plan_sa *sa = &plan->sas[i];
		struct message m;

		if (!(out ? plan_sa_ready(sa) : sa->in))
			continue;
		r = taken_before(plan, i, out, err);
		if (r == 0) {
			r = add_sa(h, n, sa, plan->scopes[sa->scope].local, out, &m, err);
			message_wipe(&m);
		}
		r = note_conflict(h, r < 0 ? r : 0, err);
	}
	return r;
}

static bool plan_has_sa(const struct plan *plan, const struct sa_id *s)
{
	for (size_t i = 0; plan && i < plan->n_sas; i++) {
		const struct plan_sa *sa = &plan->sas[i];
		struct sa_id in = sa_id_of(sa, plan->scopes[sa->scope].local, false),
			     out = sa_id_of(sa, plan->scopes[sa->scope].local, true),
			     carrier = sa_carrier_id(sa->reqid, plan->scopes[sa->scope].local);

		if (sa->window_ms > 0 && sa_id_equal(&carrier, s))
			return true;
		if ((sa->in && sa_id_equal(&in, s)) || (plan_sa_ready(sa) && sa_id_equal(&out, s)))
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
		t->r = sa_build_retire(&t->m, nlh, (uint64_t)time(NULL));
	return 0;
}

static int retire_sa(struct netlink *n, const struct sa_id *s, char err[static 256])
{
	struct retirement t = { .r = -EBADMSG };
	char words[256] = "";
	int r = sa_build_id(&t.m, XFRM_MSG_GETSA, s);

	if (r == 0)
		r = netlink_request(n, &t.m, take_retirement, &t, words);
	if (r == 0)
		r = t.r;
	if (r == 0)
		r = netlink_request(n, &t.m, NULL, NULL, words);
	message_wipe(&t.m);
	if (r >= 0 || r == -ESRCH)
		return 0;
	return refuse(r, err, "cannot end the SA with SPI %08x: %.180s", s->spi, words);
}

/* Any SA that sends for the same VPN: the policies may now be divided among several SAs, with other reqids. */
static bool has_successor(const struct plan *plan, const struct sa_id *s)
{
	for (size_t i = 0; plan && s->dst == KERNEL_DUMMY && i < plan->n_sas; i++)
		if (plan->sas[i].out && plan->sas[i].reqid / PLAN_REQIDS == s->reqid / PLAN_REQIDS &&
		    plan->scopes[plan->sas[i].scope].local == s->src)
			return true;
	return false;
}

bool sync_keeps_candidate(const struct plan *plan, const struct sa_seen *s, uint32_t searched)
{
	return plan_has_sa(plan, &s->id) ||
	       (searched && s->id.spi == searched && plan && plan_names_spi(plan, s->id.reqid));
}

int sync_remove_candidates(struct installed *h, struct netlink *n, const struct plan *plan, char err[static 256])
{
	for (size_t i = h->sas.n; i-- > 0;) {
		const struct sa_seen *s = &h->sas.items[i];
		int r;

		if (!sa_is_candidate(s) || sync_keeps_candidate(plan, s, h->searched))
			continue;
		r = delete_sa(n, &s->id, err);
		if (r < 0)
			return r;
		sa_list_remove(&h->sas, i);
	}
	return 0;
}

int sync_remove_sas(struct installed *h, struct netlink *n, const struct plan *plan, char err[static 256])
{
	for (size_t i = h->sas.n; i-- > 0;) {
		int r;

		if (plan_has_sa(plan, &h->sas.items[i].id))
			continue;
		if (sa_is_candidate(&h->sas.items[i])) /* sync_remove_candidates() has left it */
			continue;
		if (h->searched && h->sas.items[i].id.dst == SA_RETURN_ADDRESS)
			continue;
		r = has_successor(plan, &h->sas.items[i].id) ? retire_sa(n, &h->sas.items[i].id, err)
							     : delete_sa(n, &h->sas.items[i].id, err);
		if (r < 0)
			return r;
		sa_list_remove(&h->sas, i);
	}
	return 0;
}

/* --- policies --- */

enum sync_step sync_step_of(const struct spd_policy *want, const struct spd_policy *old)
{
	switch (spd_effect(want)) {
	case SPD_NEITHER:
		return SYNC_PROTECT;
	case SPD_CLOSES:
		if (old && spd_effect(old) == SPD_CLOSES && want->priority > old->priority)
			return SYNC_PROTECT_LESS;
		return want->action == XFRM_POLICY_BLOCK ? SYNC_BLOCK : SYNC_PROTECT;
	case SPD_OPENS:
		break;
	}
	return old && spd_effect(old) == SPD_OPENS && want->priority >= old->priority ? SYNC_CLEAR_LESS : SYNC_CLEAR;
}

static int take_priority(const struct nlmsghdr *nlh, void *data)
{
	const struct xfrm_userpolicy_info *info = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type == XFRM_MSG_NEWPOLICY && mnl_nlmsg_get_payload_len(nlh) >= sizeof(*info))
		*(uint32_t *)data = info->priority;
	return 0;
}

/* "out 172.16.0.0/12 -> 172.16.0.0/12 mark 0/0x80000000" */
static void policy_text(const struct spd_policy *p, char text[static 96])
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

static int send_policy(struct netlink *n, const struct spd_policy *p, bool replace, char text[static 256])
{
	char words[256], what[96];
	uint32_t priority = 0;
	struct message m;
	int r = spd_build_add(&m, p, replace);

	if (r == 0)
		r = netlink_request(n, &m, NULL, NULL, words);
	if (r >= 0)
		return 0;
	policy_text(p, what);
	if (r != -EEXIST)
		return refuse(r, text, "XFRM policy %s: %.130s", what, words);
	if (spd_build_id(&m, XFRM_MSG_GETPOLICY, p) == 0 && netlink_request(n, &m, take_priority, &priority, words) < 0)
		priority = 0;
	return refuse(r, text,
		      "another program on this host has an XFRM policy %s (priority %u, see \"ip xfrm policy\"); it is "
		      "left alone and ours is not installed",
		      what, priority);
}

int sync_change_policies(struct installed *h, struct netlink *n, const struct spd_list *want, enum sync_step step,
			 char err[static 256])
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < want->n; i++) {
		const struct spd_policy *p = &want->items[i], *old = spd_list_find(&h->policies, p);

		if (sync_step_of(p, old) == step && !(old && spd_equal(old, p)))
			r = note_conflict(h, send_policy(n, p, old != NULL, err), err);
	}
	return r;
}

static int remove_policies(struct installed *h, struct netlink *n, const struct spd_list *want, bool clear,
			   bool stamped, char err[static 256])
{
	for (size_t i = 0; i < h->policies.n; i++) {
		const struct spd_policy *p = &h->policies.items[i];
		struct message m;
		int r;

		if (p->stamped != stamped || (clear && spd_effect(p) != SPD_OPENS) || (want && spd_list_find(want, p)))
			continue;
		r = spd_build_id(&m, XFRM_MSG_DELPOLICY, p);
		if (r == 0)
			r = netlink_request(n, &m, NULL, NULL, err);
		if (r < 0 && r != -ENOENT)
			return r;
	}
	return 0;
}

/* Those of the carriers go behind those that lead there. */
int sync_remove_policies(struct installed *h, struct netlink *n, const struct spd_list *want, bool clear,
			 char err[static 256])
{
	int r = remove_policies(h, n, want, clear, false, err);

	return r < 0 ? r : remove_policies(h, n, want, clear, true, err);
}
