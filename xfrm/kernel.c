/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/kernel.h"

#include "xfrm/link.h"
#include "xfrm/policy.h"
#include "xfrm/socket.h"
#include "xfrm/state.h"
#include "xfrm/table.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <syslog.h>
#include <unistd.h>

struct state_list {
	struct state *items;
	size_t n;
};

struct kernel {
	kernel_log_fn log;
	void *ctx;
	struct netlink *xfrm, *nft, *route; /* requests */
	struct links *links;		    /* events, and the routes to the dummy address */
	bool known;			    /* the lists below are what the kernel holds of ours */
	struct policy_list policies;
	struct state_list states;
	bool have_table;
	size_t n_scopes;
};

__attribute__((format(printf, 3, 4))) static void say(struct kernel *k, int level, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (k->log)
		k->log(k->ctx, level, text);
}

/* --- what the kernel holds --- */

static int state_list_add(struct state_list *l, const struct state *s)
{
	struct state *items = reallocarray(l->items, l->n + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	items[l->n++] = *s;
	l->items = items;
	return 0;
}

static bool state_list_has(const struct state_list *l, const struct state *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (state_equal(&l->items[i], s))
			return true;
	return false;
}

static void state_list_remove(struct state_list *l, size_t i)
{
	l->items[i] = l->items[--l->n];
}

static void forget(struct kernel *k)
{
	policy_list_clear(&k->policies);
	free(k->states.items);
	k->states = (struct state_list){ 0 };
	k->known = false;
}

static int take_state(const struct nlmsghdr *nlh, void *data)
{
	struct kernel *k = data;
	struct state s;
	uint64_t packets, bytes;

	return state_parse(nlh, &s, &packets, &bytes) ? state_list_add(&k->states, &s) : 0;
}

static int take_policy(const struct nlmsghdr *nlh, void *data)
{
	struct kernel *k = data;
	struct policy p;

	return policy_parse(nlh, &p) ? policy_list_add(&k->policies, &p) : 0;
}

static int dump(struct kernel *k, uint16_t type, size_t header, int (*take)(const struct nlmsghdr *, void *),
		char err[static 256])
{
	struct message m;

	message_start(&m, type, NLM_F_REQUEST | NLM_F_DUMP);
	message_extra(&m, header);
	return netlink_request(k->xfrm, &m, take, k, err);
}

/* What an earlier run left, or what is really there after an error. */
static int look(struct kernel *k, char err[static 256])
{
	int r;

	if (k->known)
		return 0;
	forget(k);
	r = dump(k, XFRM_MSG_GETSA, sizeof(struct xfrm_usersa_id), take_state, err);
	if (r == 0)
		r = dump(k, XFRM_MSG_GETPOLICY, sizeof(struct xfrm_userpolicy_id), take_policy, err);
	k->have_table = false;
	k->known = r == 0;
	return r;
}

/* --- changes --- */

static int change_table(struct kernel *k, const struct plan *plan, char err[static 256])
{
	struct batch *b = NULL;
	int r = batch_new(&b);

	if (r == 0)
		r = plan ? table_build(b, plan, !k->have_table, k->n_scopes) : table_build_delete(b);
	if (r < 0)
		snprintf(err, 256, "cannot build the nf_tables transaction: %s", strerror(-r));
	else
		r = netlink_batch(k->nft, batch_data(b), batch_len(b), batch_last_seq(b), err);
	batch_free(b);
	if (r < 0)
		return r;
	k->have_table = plan != NULL;
	k->n_scopes = plan ? plan->n_scopes : 0;
	return 0;
}

static int send_state(struct kernel *k, const struct plan_sa *sa, uint32_t local, bool out, char err[static 256])
{
	struct message m;
	char why[256];
	int r = state_build_add(&m, sa, local, out);

	if (r < 0)
		snprintf(why, sizeof(why), "%s", strerror(-r));
	else
		r = netlink_request(k->xfrm, &m, NULL, NULL, why);
	message_wipe(&m);
	if (r == -EEXIST)
		snprintf(err, 256,
			 "%s SA with SPI %08x: another program on this host already has an SA with this SPI and address "
			 "(ip xfrm state shows it); it is left as it is",
			 out ? "outbound" : "inbound", sa->tek.spi);
	else if (r < 0)
		snprintf(err, 256, "%s SA with SPI %08x: %.180s", out ? "outbound" : "inbound", sa->tek.spi, why);
	return r;
}

static int add_states(struct kernel *k, const struct plan *plan, bool out, char err[static 256])
{
	for (size_t i = 0; i < plan->n_sas; i++) {
		const struct plan_sa *sa = &plan->sas[i];
		uint32_t local = plan->scopes[sa->scope].local;
		struct state s = state_of(sa, local, out);
		int r;

		if (!(out ? sa->out : sa->in) || state_list_has(&k->states, &s))
			continue;
		r = send_state(k, sa, local, out, err);
		if (r == 0)
			r = state_list_add(&k->states, &s);
		if (r < 0)
			return r;
	}
	return 0;
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

static int remove_states(struct kernel *k, const struct plan *plan, char err[static 256])
{
	for (size_t i = k->states.n; i-- > 0;) {
		struct message m;
		int r;

		if (plan_has_state(plan, &k->states.items[i]))
			continue;
		r = state_build_delete(&m, &k->states.items[i]);
		if (r == 0)
			r = netlink_request(k->xfrm, &m, NULL, NULL, err);
		if (r < 0 && r != -ESRCH) /* its hard lifetime has ended: gone already */
			return r;
		state_list_remove(&k->states, i);
	}
	return 0;
}

static int send_policy(struct kernel *k, const struct policy *p, const struct policy *old, char err[static 256])
{
	struct message m;
	char why[256];
	int r = policy_build_add(&m, p, old != NULL);

	if (r == 0)
		r = netlink_request(k->xfrm, &m, NULL, NULL, why);
	if (r == -EEXIST)
		snprintf(err, 256, "another program on this host already has an XFRM policy with the selector of one of ours "
				   "(ip xfrm policy shows it); it is left as it is");
	else if (r < 0)
		snprintf(err, 256, "XFRM policy: %.200s", why);
	return r;
}

/* Blocks and protection come before what is let through: at no moment is more open than before or after. */
static int add_policies(struct kernel *k, const struct policy_list *want, char err[static 256])
{
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < want->n; i++) {
			const struct policy *p = &want->items[i], *old = policy_find(&k->policies, p);
			bool clear = p->action == XFRM_POLICY_ALLOW && !p->protect;
			int r;

			if (clear != (pass == 1) || (old && policy_equal(old, p)))
				continue;
			r = send_policy(k, p, old, err);
			if (r < 0)
				return r;
		}
	return 0;
}

static int remove_policies(struct kernel *k, const struct policy_list *want, char err[static 256])
{
	for (size_t i = 0; i < k->policies.n; i++) {
		const struct policy *p = &k->policies.items[i];
		struct message m;
		int r;

		if (want && policy_find(want, p))
			continue;
		r = policy_build_delete(&m, p);
		if (r == 0)
			r = netlink_request(k->xfrm, &m, NULL, NULL, err);
		if (r < 0 && r != -ENOENT)
			return r;
	}
	return 0;
}

static int wanted_policies(struct kernel *k, const struct plan *plan, struct policy_list *want, char err[static 256])
{
	uint32_t priority = KERNEL_PRIORITY_MIN;

	for (size_t i = 0; i < plan->n_scopes; i++) {
		uint32_t ifindex = links_index(k->links, plan->scopes[i].external);
		int r;

		if (ifindex == 0) {
			say(k, LOG_WARNING, "%s: interface %s does not exist; its traffic stays blocked until it appears",
			    plan->scopes[i].vpn, plan->scopes[i].external);
			continue;
		}
		r = policy_list_scope(want, &plan->scopes[i], ifindex, &priority);
		if (r < 0) {
			snprintf(err, 256, "%s: %s", plan->scopes[i].vpn,
				 r == -E2BIG ? "more rules than fit into the range of XFRM priorities" : strerror(-r));
			return r;
		}
	}
	return 0;
}

/*
 * The way in is opened before the way out, the gate stands before anything new is sent, and what is old goes last: it still
 * protects or blocks until its successor does.
 */
static int apply(struct kernel *k, const struct plan *plan, struct policy_list *want, char err[static 256])
{
	int r = look(k, err);

	if (r == 0)
		r = links_follow(k->links, k->route, plan, err);
	if (r == 0)
		r = wanted_policies(k, plan, want, err);
	if (r == 0)
		r = add_states(k, plan, false, err);
	if (r == 0)
		r = change_table(k, plan, err);
	if (r == 0)
		r = add_states(k, plan, true, err);
	if (r == 0)
		r = add_policies(k, want, err);
	if (r == 0)
		r = remove_policies(k, want, err);
	if (r == 0)
		r = remove_states(k, plan, err);
	return r;
}

int kernel_apply(struct kernel *k, const struct plan *plan, char err[static 256])
{
	struct policy_list want = { 0 };
	int r = apply(k, plan, &want, err);

	if (r < 0) {
		policy_list_clear(&want);
		forget(k);
		return r;
	}
	policy_list_clear(&k->policies);
	k->policies = want;
	return 0;
}

int kernel_flush(struct kernel *k, char err[static 256])
{
	int r;

	forget(k);
	r = look(k, err);
	if (r == 0)
		r = remove_policies(k, NULL, err);
	if (r == 0)
		r = remove_states(k, NULL, err);
	if (r == 0)
		r = change_table(k, NULL, err);
	if (r == 0)
		r = links_forget(k->links, k->route, err);
	forget(k);
	return r;
}

/* --- opening --- */

/* An SA that nobody can use tells whether this kernel has ESP and the algorithms that every group needs. */
static int probe_esp(struct kernel *k, char err[static 256])
{
	struct plan_sa sa = { .reqid = KERNEL_REQID_MAX, .hard_seconds = 10 };
	struct state s;
	struct message m;
	char why[256];
	int r;

	sa.tek = (struct tek){ .spi = 0x67767000 | (uint32_t)(getpid() & 0xfff), .cipher = CIPHER_AES_CBC_256,
			       .auth = AUTH_HMAC_SHA256_128, .key.len = 32, .auth_key.len = 32 };
	s = state_of(&sa, KERNEL_DUMMY, true);
	r = state_build_add(&m, &sa, KERNEL_DUMMY, true);
	if (r == 0)
		r = netlink_request(k->xfrm, &m, NULL, NULL, why);
	if (r == -EPERM) {
		snprintf(err, 256, "no privilege to program XFRM; run as root or with CAP_NET_ADMIN");
		return r;
	}
	if (r < 0) {
		snprintf(err, 256,
			 "this kernel cannot do ESP with AES-256 and HMAC-SHA-256 (%.80s); it needs the modules esp4 and xfrm_user "
			 "(CONFIG_INET_ESP, CONFIG_XFRM_USER)",
			 why);
		return -EPROTONOSUPPORT;
	}
	r = state_build_delete(&m, &s);
	return r < 0 ? r : netlink_request(k->xfrm, &m, NULL, NULL, err);
}

static int open_socket(struct netlink **ret, int family, const char *what, char err[static 256])
{
	int r = netlink_open(ret, family);

	if (r == -EPROTONOSUPPORT)
		snprintf(err, 256, "this kernel has no %s over netlink; install a kernel with it", what);
	else if (r < 0)
		snprintf(err, 256, "cannot open netlink for %s: %s", what, strerror(-r));
	return r;
}

static int probe_table(struct kernel *k, char err[static 256])
{
	char why[256];
	int r = netlink_probe_nft(k->nft, why);

	if (r == 0 || r == -EPERM)
		return r;
	snprintf(err, 256, "this kernel has no nf_tables (%.100s); it needs the module nf_tables (CONFIG_NF_TABLES)", why);
	return -EPROTONOSUPPORT;
}

int kernel_open(struct kernel **ret, kernel_log_fn log, void *ctx, char err[static 256])
{
	struct kernel *k = calloc(1, sizeof(*k));
	int r;

	if (!k) {
		snprintf(err, 256, "out of memory");
		return -ENOMEM;
	}
	k->log = log;
	k->ctx = ctx;
	r = open_socket(&k->xfrm, NETLINK_XFRM, "XFRM", err);
	if (r == 0)
		r = open_socket(&k->nft, NETLINK_NETFILTER, "nf_tables", err);
	if (r == 0)
		r = open_socket(&k->route, NETLINK_ROUTE, "routes", err);
	if (r == 0)
		r = probe_esp(k, err);
	if (r == 0)
		r = probe_table(k, err);
	if (r == 0) {
		r = links_new(&k->links, netlink_port(k->nft));
		if (r < 0)
			snprintf(err, 256, "cannot watch interfaces: %s", strerror(-r));
	}
	if (r < 0) {
		kernel_close(k);
		return r;
	}
	*ret = k;
	return 0;
}

void kernel_close(struct kernel *k)
{
	if (!k)
		return;
	forget(k);
	links_free(k->links);
	netlink_close(k->xfrm);
	netlink_close(k->nft);
	netlink_close(k->route);
	free(k);
}

/* --- counters and events --- */

int kernel_counters(struct kernel *k, struct kernel_counters *ret)
{
	static const char *const names[COUNT_N] = TABLE_COUNTERS;
	uint64_t packets[COUNT_N], bytes[COUNT_N];

	for (size_t i = 0; i < COUNT_N; i++) {
		int r = netlink_counter(k->nft, names[i], &packets[i], &bytes[i]);

		if (r < 0)
			return r;
	}
	*ret = (struct kernel_counters){
		.clear_in_dropped = packets[COUNT_CLEAR_IN],
		.fail_close_in = packets[COUNT_FAIL_CLOSE_IN],
		.fail_close_out = packets[COUNT_FAIL_CLOSE_OUT],
		.unknown_spi = packets[COUNT_UNKNOWN_SPI],
		.esp_in = packets[COUNT_ESP_IN],
		.esp_out = packets[COUNT_ESP_OUT],
		.esp_in_bytes = bytes[COUNT_ESP_IN],
		.esp_out_bytes = bytes[COUNT_ESP_OUT],
	};
	return 0;
}

struct sa_answer {
	struct kernel_sa_counters c;
	bool found;
};

static int take_sa_counters(const struct nlmsghdr *nlh, void *data)
{
	struct sa_answer *a = data;
	struct state s;

	a->found = state_parse(nlh, &s, &a->c.packets, &a->c.bytes);
	return 0;
}

int kernel_sa_counters(struct kernel *k, uint32_t local, uint32_t spi, bool out, struct kernel_sa_counters *ret)
{
	struct plan_sa sa = { .tek.spi = spi };
	struct state s = state_of(&sa, local, out);
	struct sa_answer a = { 0 };
	struct message m;
	char err[256];
	int r = state_build_get(&m, &s);

	if (r == 0)
		r = netlink_request(k->xfrm, &m, take_sa_counters, &a, err);
	if (r == -ESRCH || (r == 0 && !a.found))
		return -ENOENT;
	if (r < 0)
		return r;
	*ret = a.c;
	return 0;
}

int kernel_event_fd(const struct kernel *k)
{
	return links_fd(k->links);
}

int kernel_event(struct kernel *k, bool *ret_reapply)
{
	bool table = false, interfaces = false;
	int r = links_read(k->links, &interfaces, &table);

	if (table) {
		say(k, LOG_WARNING, "another program changed or removed our nf_tables table '" KERNEL_TABLE "'; it is made anew");
		k->have_table = false;
	}
	*ret_reapply = table || interfaces;
	return r;
}
