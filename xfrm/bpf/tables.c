/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/bpf/tables.h"

#include "lib/refuse.h"
#include "lib/selector.h"
#include "xfrm/bpf/owners.h"
#include "xfrm/plan/forms.h"
#include "xfrm/plan/ids.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

_Static_assert((int)DP_ENCRYPT == (int)PLAN_ENCRYPT && (int)DP_CLEAR == (int)PLAN_CLEAR &&
		       (int)DP_BLOCK == (int)PLAN_BLOCK,
	       "verdicts are the plan's");
_Static_assert((int)DP_OWN_IKE == (int)PLAN_OWN_IKE && (int)DP_EXCLUDE == (int)PLAN_EXCLUDE &&
		       (int)DP_GROUP_POLICY == (int)PLAN_GROUP_POLICY && (int)DP_FAIL_OPEN == (int)PLAN_FAIL_OPEN &&
		       (int)DP_FAIL_CLOSE == (int)PLAN_FAIL_CLOSE && (int)DP_NOT_GOVERNED == (int)PLAN_NOT_GOVERNED,
	       "reasons are the plan's");
_Static_assert(DP_CARRIERS == KERNEL_CARRIERS && DP_CARRIERS_MASK == KERNEL_CARRIERS_MASK, "addresses of carriers");
_Static_assert(DP_VPN_MASK == (uint32_t) ~(PLAN_REQIDS - 1), "of the reqids of one VPN");

/*
 * From the kernel and not by calloc(3): once it has freed so large a piece, it takes the next ones from what it keeps,
 * writes zeros to all of them, and the daemon has some megabytes more for ever.
 */
static struct tables *new_tables(void)
{
	void *t = mmap(NULL, sizeof(struct tables), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return t == MAP_FAILED ? NULL : t;
}

void tables_free(struct tables *t)
{
	if (t)
		munmap(t, sizeof(*t));
}

static bool has_room(struct tables *t, size_t n, size_t most, const char *what)
{
	if (n < most)
		return true;
	t->over = what;
	t->most = most;
	return false;
}

static uint64_t bit(size_t scope)
{
	return UINT64_C(1) << scope;
}

/* --- rules --- */

static struct dp_selector selector_of(const struct selector *s)
{
	return (struct dp_selector){
		.src = { htonl(s->src.addr) },
		.src_mask = { htonl(prefix_mask(s->src.len)) },
		.dst = { htonl(s->dst.addr) },
		.dst_mask = { htonl(prefix_mask(s->dst.len)) },
		.sport_min = s->sport.min,
		.sport_max = s->sport.max,
		.dport_min = s->dport.min,
		.dport_max = s->dport.max,
		.protocol = s->protocol,
		.ports = selector_asks_ports(s),
	};
}

static uint8_t ways_of(const struct plan_rule *r)
{
	return (uint8_t)((plan_rule_goes(r, false) ? DP_WAY_OUT : 0) | (plan_rule_goes(r, true) ? DP_WAY_IN : 0));
}

static void put_scopes(struct tables *t, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_scopes; i++) {
		const struct plan_scope *s = &plan->scopes[i];

		t->scopes[i] = (struct dp_scope){
			.first = (uint32_t)t->n_rules,
			.n = (uint32_t)s->n_rules,
			.reqids = s->reqids,
		};
		for (size_t j = 0; j < s->n_rules; j++)
			t->rules[t->n_rules++] = (struct dp_rule){
				.sel = selector_of(&s->rules[j].sel),
				.verdict = (uint8_t)s->rules[j].verdict,
				.reason = (uint8_t)s->rules[j].reason,
				.ways = ways_of(&s->rules[j]),
			};
	}
	t->n_scopes = plan->n_scopes;
}

/* --- stamps --- */

/* Else its policies block (spd.c). */
static bool may_send(const struct plan *plan, const struct plan_scope *s, uint32_t reqid)
{
	return !plan_names_spi(plan, reqid) || plan_sender(plan, reqid, s->local) != NULL;
}

/* Of the rules whose packets are sent with a stamp: by lan_in at once, where the host has no rules that want to see
 * them before. */
static void put_stamps(struct tables *t, const struct plan *plan, const struct tables_world *world)
{
	bool any = world->stamps && world->stamps->n > 0;

	t->plan.onward = !world->carry && !world->others;
	for (size_t i = 0; !any && i < world->n_sending; i++)
		any = world->sending[i].carrier;
	if (any)
		t->plan.stamper = world->stamper;
	if (!world->stamps || world->carry || t->plan.stamper == 0)
		return;
	for (size_t i = 0; i < plan->n_scopes; i++)
		for (size_t j = 0; j < plan->scopes[i].n_rules; j++) {
			const struct plan_rule *r = &plan->scopes[i].rules[j];
			const struct stamp_path *p =
				r->verdict == PLAN_ENCRYPT ? stamp_path_find(world->stamps, r->reqid) : NULL;

			if (!p || p->mtu == 0 || !may_send(plan, &plan->scopes[i], r->reqid))
				continue;
			t->rules[t->scopes[i].first + j].stamp_mtu = p->mtu;
			t->rules[t->scopes[i].first + j].carrier = (uint16_t)r->reqid;
			t->plan.early |= bit(i);
		}
}

/* --- interfaces --- */

/* The entry of an interface that a scope names; NULL when it is not there, or there is no room. */
static struct dp_port *port_of(struct tables *t, const struct tables_world *world, const char *name)
{
	uint32_t ifindex = link_list_index(world->links, name);
	struct dp_port *p;

	if (ifindex == 0)
		return NULL;
	for (size_t i = 0; i < t->n_ports; i++)
		if (t->ports[i].ifindex == ifindex)
			return &t->ports[i];
	if (!has_room(t, t->n_ports, DP_PORTS, "interfaces"))
		return NULL;
	p = &t->ports[t->n_ports++];
	p->ifindex = ifindex;
	p->shown = link_list_shown(world->links, ifindex);
	return p;
}

static void put_external(struct tables *t, const struct tables_world *world, const struct plan *plan, size_t i)
{
	struct dp_port *p = port_of(t, world, plan->scopes[i].external);

	if (!p)
		return;
	if (!p->external)
		p->local[0] = htonl(plan->scopes[i].local);
	p->external |= bit(i);
}

/* Of several VPNs with this interface in a from-zone none is the only one. */
static void put_from(struct dp_port *p, const struct plan_scope *s, size_t i)
{
	p->vpn = p->from == 0 || p->vpn == s->reqids ? s->reqids : 0;
	p->from |= bit(i);
}

static void put_ports(struct tables *t, const struct plan *plan, const struct tables_world *world)
{
	struct dp_port *p;

	for (size_t i = 0; i < plan->n_scopes; i++) {
		const struct plan_scope *s = &plan->scopes[i];

		put_external(t, world, plan, i);
		for (size_t j = 0; j < s->n_from; j++)
			if ((p = port_of(t, world, s->from[j])))
				put_from(p, s, i);
		for (size_t j = 0; j < s->n_to; j++)
			if ((p = port_of(t, world, s->to[j])))
				p->to |= bit(i);
	}
}

/* The bits of the zones that each interface is none of. */
static void put_foreign_bits(struct tables *t, const struct plan *plan, const struct zones *z)
{
	for (size_t i = 0; i < t->n_ports; i++) {
		uint32_t own = 0;

		for (size_t j = 0; j < plan->n_scopes; j++)
			if (t->ports[i].from & bit(j))
				own |= zone_bit(z, &plan->scopes[j]);
		t->ports[i].foreign_bits = zones_bits(z) & ~own;
	}
}

/* --- SAs --- */

static uint64_t scopes_of_vpn(const struct plan *plan, uint32_t reqids, bool filter)
{
	uint64_t all = 0;

	for (size_t i = 0; i < plan->n_scopes; i++)
		if (plan->scopes[i].reqids == reqids && plan->scopes[i].filter == filter)
			all |= bit(i);
	return all;
}

static uint32_t first_from(const struct plan *plan, uint64_t scopes, const struct tables_world *world)
{
	for (size_t i = 0; i < plan->n_scopes; i++)
		for (size_t j = 0; scopes & bit(i) && j < plan->scopes[i].n_from; j++) {
			uint32_t ifindex = link_list_index(world->links, plan->scopes[i].from[j]);

			if (ifindex)
				return ifindex;
		}
	return 0;
}

/* Of one key the first stands: it is the one that the kernel has (sync.c). */
static void put_sa(struct tables *t, const struct dp_sa_place *sa)
{
	for (size_t i = 0; i < t->n_sas; i++)
		if (memcmp(&t->sas[i].key, &sa->key, sizeof(sa->key)) == 0)
			return;
	if ((sa->value.scopes || sa->value.anywhere) && has_room(t, t->n_sas, DP_SAS, "SAs of either direction"))
		t->sas[t->n_sas++] = *sa;
}

static uint64_t scopes_of_uplink(const struct plan *plan, const struct plan_scope *like, bool filter)
{
	uint64_t all = 0;

	for (size_t i = 0; i < plan->n_scopes; i++) {
		const struct plan_scope *s = &plan->scopes[i];

		if (s->filter == filter && s->local == like->local && strcmp(s->external, like->external) == 0)
			all |= bit(i);
	}
	return all;
}

/* It is opened on its way to any zone behind the uplink; of which VPN it is, and whether it belongs there, is seen
 * then. */
static void put_receiving(struct tables *t, const struct plan *plan, const struct tables_world *world,
			  const struct plan_sa *sa)
{
	const struct plan_scope *s = &plan->scopes[sa->scope];
	struct dp_sa_place new = {
		.key = { .ifindex = link_list_index(world->links, s->external), .spi = htonl(sa->tek.spi) },
		.value = { .local = { htonl(s->local) }, .reqid = sa->reqid, .window_ms = sa->window_ms },
	};

	if (new.key.ifindex == 0)
		return;
	new.value.scopes = scopes_of_uplink(plan, s, false);
	new.value.anywhere = scopes_of_uplink(plan, s, true) != 0;
	new.value.port = first_from(plan, new.value.scopes, world);
	put_sa(t, &new);
}

static void put_way_out(struct tables *t, const struct plan *plan, const struct tables_world *world,
			struct dp_sa_place place)
{
	place.value.scopes = scopes_of_vpn(plan, place.value.reqid & DP_VPN_MASK, false);
	place.value.anywhere = scopes_of_vpn(plan, place.value.reqid & DP_VPN_MASK, true) != 0;
	place.value.port = first_from(plan, place.value.scopes, world);
	put_sa(t, &place);
}

static void demand_prefix(struct dp_sa *sa, uint32_t prefix)
{
	sa->iv = htonl(prefix);
	sa->iv_mask = UINT32_MAX;
}

static void put_sending(struct tables *t, const struct plan *plan, const struct tables_world *world,
			const struct plan_sa *sa)
{
	struct dp_sa_place new = { .key = { .spi = htonl(sa->tek.spi) },
				   .value = { .reqid = sa->reqid, .window_ms = sa->window_ms } };

	new.value.copy_df = sa->df == PLAN_DF_COPY;
	if (cipher_is_counter_mode(sa->tek.cipher))
		demand_prefix(&new.value, sa->sender.prefix);
	put_way_out(t, plan, world, new);
}

static struct dp_sa_place carrier_of(uint32_t reqid, uint32_t external)
{
	return (struct dp_sa_place){ .key = { DP_CARRIES, htonl(reqid) },
				     .value = { .reqid = reqid, .local = { external } } };
}

/* The plan has it no more. */
static void put_still_sending(struct tables *t, const struct plan *plan, const struct tables_world *world,
			      const struct tables_sending *old)
{
	struct dp_sa_place sa = { .key = { .spi = htonl(old->spi) },
				  .value = { .reqid = old->reqid, .window_ms = old->stamps } };

	if (old->counter_mode)
		demand_prefix(&sa.value, old->prefix);
	put_way_out(t, plan, world, old->carrier ? carrier_of(old->reqid, 0) : sa);
}

static void put_carriers(struct tables *t, const struct plan *plan, const struct tables_world *world)
{
	for (size_t i = 0; world->stamps && i < world->stamps->n; i++) {
		const struct stamp_path *p = &world->stamps->items[i];
		uint32_t external = link_list_index(world->links, plan->scopes[p->scope].external);

		put_way_out(t, plan, world, carrier_of(p->reqid, external));
	}
}

static void put_sas(struct tables *t, const struct plan *plan, const struct tables_world *world)
{
	for (size_t i = 0; i < plan->n_sas; i++) {
		const struct plan_sa *sa = &plan->sas[i];

		if (sa->in)
			put_receiving(t, plan, world, sa);
		if (plan_sa_ready(sa))
			put_sending(t, plan, world, sa);
	}
	put_carriers(t, plan, world);
	for (size_t i = 0; i < world->n_sending; i++)
		put_still_sending(t, plan, world, &world->sending[i]);
}

/* --- what SAs may carry --- */

static void put_fit(struct tables *t, size_t first, const struct selector *s)
{
	struct dp_selector sel = selector_of(s);

	for (size_t i = first; i < t->n_fits; i++)
		if (memcmp(&t->fits[i], &sel, sizeof(sel)) == 0)
			return;
	if (has_room(t, t->n_fits, DP_FITS, "policies of SAs, in both senses"))
		t->fits[t->n_fits++] = sel;
}

static bool has_reqid(const struct tables *t, uint32_t reqid)
{
	for (size_t i = 0; i < t->n_reqids; i++)
		if (t->reqids[i].reqid == reqid)
			return true;
	return false;
}

/* In either sense, since SAs are symmetric (RFC 4301 5.2, RFC 6407 5.5.1.1.2). */
static void put_fits(struct tables *t, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_fits; i++) {
		uint32_t reqid = plan->fits[i].reqid;
		size_t first = t->n_fits;

		if (t->over || has_reqid(t, reqid) || !plan_receives(plan, reqid))
			continue;
		for (size_t j = i; j < plan->n_fits; j++) {
			struct selector back = selector_reverse(&plan->fits[j].sel);

			if (plan->fits[j].reqid != reqid)
				continue;
			put_fit(t, first, &plan->fits[j].sel);
			put_fit(t, first, &back);
		}
		t->reqids[t->n_reqids++] = (struct tables_reqid){
			.reqid = reqid,
			.value = { .first = (uint32_t)first, .n = (uint32_t)(t->n_fits - first) },
		};
	}
}

/* --- all of it --- */

static int too_many(char err[static 256], size_t n, size_t most, const char *what)
{
	if (n <= most)
		return 0;
	return refuse(-E2BIG, err, "the plan has %zu %s, and the datapath's maps hold %zu; nothing was changed", n,
		      what, most);
}

static size_t count_rules(const struct plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n_scopes; i++)
		n += plan->scopes[i].n_rules;
	return n;
}

int tables_of(struct tables **ret, const struct plan *plan, const struct tables_world *world, char err[static 256])
{
	struct tables *t = NULL;
	struct zones zones;
	int r = too_many(err, plan->n_scopes, DP_SCOPES, "scopes");

	r = r ? r : too_many(err, count_rules(plan), DP_RULES, "rules");
	if (r == 0)
		r = zones_of(plan, &zones);
	if (r < 0)
		return r;
	t = new_tables();
	if (!t)
		return refuse_memory(err);
	put_scopes(t, plan);
	put_ports(t, plan, world);
	put_foreign_bits(t, plan, &zones);
	put_sas(t, plan, world);
	put_fits(t, plan);
	put_stamps(t, plan, world);
	for (size_t i = 0; i < plan->n_scopes; i++)
		t->plan.filters |= plan->scopes[i].filter ? bit(i) : 0;
	t->plan.zone_bits = zones_bits(&zones);
	t->plan.mss = world->mss;
	t->plan.inet6_drop = !plan->inet6_passes && plan->n_scopes > 0;
	r = t->over ? refuse(-E2BIG, err,
			     "the plan has more %s than the datapath's maps hold, %zu; nothing was changed", t->over,
			     t->most)
		    : owners_give(t, plan, world->owners);
	if (r < 0) {
		tables_free(t);
		return r;
	}
	*ret = t;
	return 0;
}
