/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a plan gets into the kernel.
 *
 * The objects.  A plan (lib/plan.h) has scopes, which are the traffic of one group VPN between a pair of zones or
 * through a service filter; each scope has rules, in the order in which they decide.  It has SAs, and for each SA the
 * policies whose traffic the SA may carry.  In the kernel this becomes:
 *
 *  - for each SA one or two XFRM states (sa.c): inbound from anywhere to the local address, outbound from the local
 *    address to the dummy address 192.0.0.8;
 *  - for each rule XFRM policies (spd.c), which choose the SA of outbound packets and judge inbound ones once more;
 *  - entries of maps of BPF programs at tc (bpf/), which do what XFRM cannot say: they carry the hosts' addresses
 * around the transformation, tell the zones apart, and drop what must not pass in clear;
 *  - one nf_tables table (nft/), the backstop for the time in which the programs are gone;
 *  - for each external interface a route to the dummy address (link/dummy_route.c).
 *
 * Who calls what.  The daemon gives a plan to kernel_apply() whenever one of its inputs has changed.  plan/check.c
 * looks at the plan, link/names.c puts in the names by which the kernel knows the interfaces, sync.c reads what XFRM
 * has of ours and changes what differs, nft/table.c builds the transaction of the table, bpf/tables.c the entries of
 * the maps.  Nothing here remembers the former plan: the kernel itself says what is there.  So a restarted daemon goes
 * on where the former one stopped, and damage done by other programs is mended by the next apply.  kernel_event() tells
 * the daemon when that is due.
 *
 * The order of a change (change_kernel()) is such that between any two steps no packet passes in clear that neither the
 * old nor the new plan admits:
 *
 *  1. the table, in one transaction, then the maps, by one switch;
 *  2. policies that block; candidates of a search go; SAs that receive, SAs that send, policies that protect;
 *  3. policies that let pass and are not wanted any more go, or move behind others;
 *  4. protection that moves behind others, then policies that newly let pass;
 *  5. old protection and old SAs go.
 *
 * An error ends the change where it is, and that state is no more open than the one before.
 *
 * Known races.
 *
 *  - A packet may have chosen an outbound SA just before that SA goes.  So an SA with a successor is not deleted but
 * ends by itself SA_RETIREMENT seconds later.
 *  - The kernel sends with the SA that was added last among those of a reqid.  So a new SA sends from the moment when
 * it is added; the daemon adds it when its activation time has come.
 *  - A hard lifetime may end between the dump and a change: -ESRCH means that the SA is gone, and that is no error.
 *  - The kernel counts lifetimes by the wall clock, and looks at a new lifetime one second after it was set.  When the
 *    clock was set, the plan is applied again at once.
 *  - Rules name interfaces.  Between the renaming of an interface and the event that tells of it, the interface belongs
 *    to no zone.
 *  - Another program may change what is ours at any time.  Its change arrives as an event; until the next apply the
 * state is what that program made of it.
 *
 * Standards: RFC 4301 (4.4.1 the policy database, 5.2 inbound checks, 8.1 DF bit), RFC 4303 (ESP), RFC 4868 and RFC
 * 2404 (HMAC), RFC 6407 5.5.1.1 (SA TEK, address preservation), RFC 5374 5.2 (addresses must match after decryption),
 * RFC 7600 4.8 (the dummy address).
 */
#include "xfrm/kernel_private.h"

#include "lib/refuse.h"
#include "xfrm/bpf/load.h"
#include "xfrm/nft/adopt.h"
#include "xfrm/nft/query.h"
#include "xfrm/plan/check.h"
#include "xfrm/plan/forms.h"
#include "xfrm/refused.h"
#include "xfrm/searcher.h"
#include "xfrm/sync.h"

#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

void kernel_say(struct kernel *k, int level, enum kernel_news news, const char *text)
{
	if (k->log)
		k->log(k->ctx, level, news, text);
}

static bool has_inet6(void)
{
	return access("/proc/sys/net/ipv6", F_OK) == 0;
}

/* A count that is not 0 says so. */
bool kernel_tracks(void)
{
	FILE *f = fopen("/proc/sys/net/netfilter/nf_conntrack_count", "re");
	unsigned long n = 0;

	if (!f)
		return false;
	if (fscanf(f, "%lu", &n) != 1)
		n = 1;
	fclose(f);
	return n > 0;
}

/*
 * On their way to a stamp packets meet the chains output (doc/d3p.md).  One that drops by default has to know them, and
 * whether it does nobody can ask: it is told of once.
 */
void kernel_say_closed_output(struct kernel *k)
{
	const char *chain = k->rules.closed_output;
	char text[512];

	if (!k->stamps.wanted || !chain[0] || strcmp(chain, k->told_output) == 0)
		return;
	snprintf(text, sizeof(text),
		 "%s drops what its rules do not accept: a group with anti-replay by time (D3P) needs there, besides "
		 "ESP, 'ip daddr 247.118.0.0/15 accept', see gvpnd(8); if packets are dropped there, the log will say "
		 "so",
		 chain);
	kernel_say(k, LOG_NOTICE, KERNEL_NEWS_NONE, text);
	memcpy(k->told_output, chain, sizeof(k->told_output));
}

/* --- applying --- */

/* One transaction: FRESH makes the table anew, else the one there is, which has k->table, is changed in place. */
static int send_table(struct kernel *k, const struct plan *plan, uint16_t carrier_mtu, bool fresh, char err[static 256])
{
	struct table_state state = { .have = fresh ? NULL : &k->table,
				     .tracked = k->tracked,
				     .carrier_mtu = carrier_mtu };
	struct batch *b = NULL;
	int r = batch_new(&b);

	if (has_inet6())
		state.inet6 = plan->inet6_passes ? TABLE_INET6_PASS : TABLE_INET6_DROP;
	if (r == 0)
		r = plan->n_scopes > 0 ? table_build(b, plan, &state) : table_build_delete(b, has_inet6());
	if (r < 0)
		snprintf(err, 256, "cannot build the nf_tables transaction: %s", strerror(-r));
	else
		r = netlink_batch(k->nft, batch_data(b), batch_len(b), batch_last_seq(b), err);
	if (r == 0)
		batch_take_objects(b, &k->table);
	batch_free(b);
	return r == -EEXIST ? -EBUSY : r; /* the table is needed whole: nothing goes on without it */
}

static int change_table(struct kernel *k, const struct plan *plan, uint16_t carrier_mtu, char err[static 256])
{
	int r;

	k->tracked = kernel_tracks();
	if (!k->have_table)
		k->have_table = table_adopt(k->nft, &k->table);
	r = send_table(k, plan, carrier_mtu, !k->have_table, err);
	if (r < 0 && k->have_table) /* somebody has changed it, or another version made it */
		r = send_table(k, plan, carrier_mtu, true, err);
	k->have_table = r == 0 && plan->n_scopes > 0;
	return r;
}

void kernel_say_programs(struct kernel *k)
{
	if (datapath_was_robbed(k->datapath))
		kernel_say(k, LOG_WARNING, KERNEL_NEWS_PROGRAMS,
			   "another program took gvpnd's programs from an interface (tc qdisc, tc filter, or the "
			   "interface was made anew); they are attached again");
}

/* An SA that sends in counter mode leaves only by what a plan has said of its IVs: false without. */
static bool is_sending(const struct kernel *k, const struct sa_seen *s, struct tables_sending *ret)
{
	*ret = (struct tables_sending){ .spi = s->id.spi,
					.reqid = s->id.reqid,
					.counter_mode = s->counter_mode,
					.stamps = s->beet,
					.carrier = sa_is_carrier(&s->id) };
	if (ret->carrier)
		return true;
	if (s->id.dst != KERNEL_DUMMY || sa_is_candidate(s))
		return false;
	return !s->counter_mode || maps_prefix(datapath_maps(k->datapath), s->id.spi, &ret->prefix);
}

struct change { /* with the kernel's names of interfaces */
	const struct plan *plan;
	struct link_list *links;
	struct stamp_paths paths;
	bool new_carriers; /* of PATHS: they have no SA before the end of this change; until then nothing passes them by
			    */
};

/* What this host sends with at this moment is given its addresses until its successor is there. */
static int change_programs(struct kernel *k, const struct change *c, const struct installed *have, bool carry,
			   char err[static 256])
{
	struct tables_sending *sending = calloc(have->sas.n + 1, sizeof(*sending));
	struct tables_world host = {
		.links = c->links, .sending = sending, .stamps = &c->paths, .carry = carry, .others = have->others
	};
	bool stamps = c->paths.n > 0;
	int r;

	if (!sending)
		return refuse_memory(err);
	for (size_t i = 0; i < have->sas.n; i++) {
		host.n_sending += is_sending(k, &have->sas.items[i], &sending[host.n_sending]);
		stamps |= sa_is_carrier(&have->sas.items[i].id);
	}
	host.stamper = stamps ? stamper_index(&k->stamps.stamper, k->route) : 0;
	r = datapath_prepare(k->datapath, c->plan, &host, err);
	if (r == 0)
		r = datapath_switch(k->datapath, err);
	free(sending);
	kernel_say_programs(k);
	return r;
}

static int change_gate(struct kernel *k, const struct change *c, const struct installed *have, char err[static 256])
{
	uint16_t mtu = stamp_paths_least(&c->paths);
	int r = change_table(k, c->plan, mtu ? stamp_carrier_mtu(mtu) : 0, err);

	if (r < 0 || !k->datapath)
		return r;
	stamps_tell_clock(k->datapath);
	return change_programs(k, c, have, k->rules.see_forwarded || c->new_carriers, err);
}

static int wanted_of_scope(struct kernel *k, const struct plan *plan, size_t scope, const struct link_list *links,
			   uint32_t unmarked, struct spd_list *want, uint32_t *priority)
{
	const struct plan_scope *s = &plan->scopes[scope];
	uint32_t ifindex = link_list_index(links, s->external);
	int r;

	if (ifindex == 0) /* no such interface now, so nothing leaves by it; when it comes, an event tells */
		return 0;
	r = spd_list_add_scope(want, plan, scope, ifindex, unmarked, priority);
	/* In a VRF, chain output cannot tell which addresses are this host's own. */
	if (r == 0 && !s->filter && names_in_vrf(&k->names, s))
		r = spd_list_add_fail_close(want, s->local, ifindex, unmarked, priority);
	return r;
}

static int wanted_policies(struct kernel *k, const struct plan *plan, const struct link_list *links,
			   struct spd_list *want, char err[static 256])
{
	uint32_t priority = KERNEL_PRIORITY_MIN;
	struct zones zones;

	if (zones_of(plan, &zones) < 0) /* plan_check() has seen it */
		return -E2BIG;
	if (spd_list_add_stamped(want, plan) < 0) /* before the policies that lead there */
		return refuse_memory(err);
	for (size_t i = 0; i < plan->n_scopes; i++) {
		int r = wanted_of_scope(k, plan, i, links, zone_bit(&zones, &plan->scopes[i]), want, &priority);

		if (r == 0)
			continue;
		return refuse(r, err, "%s: %s", plan->scopes[i].vpn,
			      r == -E2BIG
				      ? "more rules, or wider ranges of ports, than the kernel can be given; name fewer"
				      : strerror(-r));
	}
	return 0;
}

/* R is of what only packets with stamps need. */
static int for_stamps(struct kernel *k, int r)
{
	k->unstamped |= r < 0;
	return r;
}

/* The order at the head of this file.  When another program has the place of one of our objects, all else is done. */
static int change_kernel(struct kernel *k, const struct change *c, struct installed *have, const struct spd_list *want,
			 char err[static 256])
{
	const struct plan *plan = c->plan;
	int r = change_gate(k, c, have, err);

	r = r ? r : sync_change_policies(have, k->xfrm, want, SYNC_BLOCK, err);
	r = r ? r : sync_remove_candidates(have, k->xfrm, plan, err);
	r = r ? r : sync_add_sas(have, k->xfrm, plan, false, err);
	r = r ? r : for_stamps(k, sync_add_carriers(have, k->xfrm, plan, err));
	r = r ? r : sync_add_sas(have, k->xfrm, plan, true, err);
	r = r ? r : sync_change_policies(have, k->xfrm, want, SYNC_PROTECT, err);
	r = r ? r : sync_remove_policies(have, k->xfrm, want, true, err);
	r = r ? r : sync_change_policies(have, k->xfrm, want, SYNC_CLEAR_LESS, err);
	r = r ? r : sync_change_policies(have, k->xfrm, want, SYNC_PROTECT_LESS, err);
	r = r ? r : sync_change_policies(have, k->xfrm, want, SYNC_CLEAR, err);
	r = r ? r : sync_remove_policies(have, k->xfrm, want, false, err);
	r = r ? r : sync_remove_sas(have, k->xfrm, plan, err);
	return r;
}

static void say_name(void *ctx, bool unsupported, const char *text)
{
	kernel_say(ctx, unsupported ? LOG_ERR : LOG_WARNING, unsupported ? KERNEL_NEWS_CONFLICT : KERNEL_NEWS_NONE,
		   text);
}

void kernel_vouch(struct kernel *k)
{
	host_rules_vouch(&k->rules, k->datapath);
}

/* Carriers that were new have their SAs now, so that lan_in may pass them by. */
static int change_early(struct kernel *k, const struct change *c, const struct installed *have, char err[static 256])
{
	if (!k->datapath || k->rules.see_forwarded || !c->new_carriers)
		return 0;
	return change_programs(k, c, have, false, err);
}

static int change_all(struct kernel *k, const struct change *c, struct installed *have, const struct spd_list *want,
		      char err[static 256])
{
	int r = 0;

	host_rules_look(&k->rules, k->nft);
	stamps_begin(&k->stamps, &c->paths);
	if (k->datapath)
		r = for_stamps(k, stamps_raise(&k->stamps, k->datapath, c->plan, &c->paths, c->links, err));
	if (r == 0)
		r = change_kernel(k, c, have, want, err);
	if (r == 0)
		r = change_early(k, c, have, err);
	if (r == 0)
		r = stamps_lower(&k->stamps, c->plan, &c->paths, c->links, err);
	if (r == 0 && k->datapath)
		r = datapath_settle(k->datapath, c->links, err);
	if (r == 0)
		kernel_vouch(k);
	return r == 0 && have->conflict[0] ? refuse(-EEXIST, err, "%s", have->conflict) : r;
}

/* PLAN has the kernel's names of interfaces. */
static int apply_view(struct kernel *k, const struct plan *plan, struct link_list *links, struct installed *have,
		      char err[static 256])
{
	struct spd_list want = { 0 };
	struct change c = { .plan = plan, .links = links };
	char route_text[256];
	/* Without its route no packet to the dummy address is sent.  That is no reason to leave the table as it was. */
	int route = links_follow(k->links, k->route, plan, links, route_text),
	    r = wanted_policies(k, plan, links, &want, err);

	if (r == 0)
		r = stamps_paths(&c.paths, plan, links);
	c.new_carriers = !stamps_has_carriers(have, &c.paths);
	if (r == 0)
		r = change_all(k, &c, have, &want, err);
	stamp_paths_clear(&c.paths);
	if (r == 0 && route < 0)
		r = refuse(route, err, "route to the dummy address: %.220s", route_text);
	spd_list_clear(&want);
	return r;
}

static void clear_view(struct plan *view)
{
	if (view->sas)
		explicit_bzero(view->sas, view->n_sas * sizeof(*view->sas));
	free(view->sas);
	free(view->scopes);
}

/* Unstamped packets would be dropped by the others, and what was recorded would be taken here. */
static int check_d3p(struct kernel *k, const struct plan *plan, char err[static 256])
{
	for (size_t i = 0; i < plan->n_sas && !kernel_can_d3p(k); i++)
		if (plan->sas[i].window_ms > 0)
			return for_stamps(k, refuse(-EOPNOTSUPP, err,
						    "this kernel cannot stamp packets; it needs the modules "
						    "xfrm_interface, ah4 and crypto_null when gvpnd starts"));
	return 0;
}

/* XFRM is dumped each time: other programs may have removed some of ours, and lifetimes end. */
int kernel_apply(struct kernel *k, const struct plan *plan, char err[static 256])
{
	struct plan view = { 0 };
	struct link_list links = { 0 };
	struct installed have = { 0 };
	int r = plan_check(plan, err);

	k->unstamped = false;
	if (r == 0)
		r = check_d3p(k, plan, err);
	if (r == 0)
		r = link_list_read(&links, k->route, err);
	if (r == 0)
		r = names_view(&k->names, &links, plan, &view, say_name, k, err);
	view.sas = NULL;
	if (r == 0)
		r = sync_read(&have, k->xfrm, err);
	if (r == 0)
		r = kernel_leave_out_lost(k, plan, &view, &have, err);
	if (r == 0)
		r = kernel_follow_searches(k, &view, &have, err);
	if (r == 0)
		r = apply_view(k, &view, &links, &have, err);
	if (r == 0)
		kernel_say_closed_output(k);
	clear_view(&view);
	link_list_clear(&links);
	sync_clear(&have);
	if (r == 0 || r == -EEXIST)
		stamps_count_unexpected(&k->stamps, plan, xfrm_refused_not_ip());
	stamps_watch(&k->stamps, k->links);
	k->stamps.failed |= k->unstamped;
	if (k->unstamped)
		return KERNEL_UNSTAMPED;
	return r == -EEXIST ? KERNEL_CONFLICT : r;
}

bool kernel_has_table(const struct kernel *k)
{
	return table_exists(k->nft);
}

/* Of every build, in the folder or not: by its own names, since maps may be gone. */
static int remove_programs(struct kernel *k, const char *folder, char err[static 256])
{
	struct link_list links = { 0 };
	int r = link_list_read(&links, k->route, err);

	searcher_free(TAKE(k->searcher));
	if (r == 0 && k->datapath) {
		r = datapath_remove(k->datapath, &links, err);
		k->datapath = NULL;
	} else if (r == 0) {
		r = datapath_unpin(folder, err);
	}
	link_list_clear(&links);
	return r;
}

int kernel_flush(struct kernel *k, const char *folder, char err[static 256])
{
	static const struct plan nothing = { 0 };
	char unused[256];
	int r;

	if (!k->datapath && datapath_open(&k->datapath, folder, k->route, unused) < 0)
		k->datapath = NULL;
	r = kernel_apply(k, &nothing, err);
	return r < 0 ? r : remove_programs(k, folder, err);
}
