/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/planner.h"

#include "policy/engine.h"

#include <stdlib.h>

struct planning { /* arrays that the engine borrows, one part per VPN */
	struct engine_policy policies[KEYRING_POLICIES_MAX];
	struct engine_key *keys;
	struct engine_fit *fits; /* of the reqids of KEYS */
	struct engine_rule exclude[CONFIG_RULES_MAX], fail_open[CONFIG_RULES_MAX];
	struct engine_term output[CONFIG_TERMS_MAX], input[CONFIG_TERMS_MAX];
	size_t n_policies, n_keys, n_fits;
	bool planned; /* a scope of this VPN has its keys */
};

struct planner {
	const struct config *config;
	struct group *const *groups;
	struct planning *parts; /* one per VPN */
	enum planner_keys which;
};

static bool has_fit(const struct planning *p, uint32_t reqid, uint32_t tunnel_id)
{
	for (size_t i = 0; i < p->n_fits; i++)
		if (p->fits[i].reqid == reqid && p->fits[i].tunnel_id == tunnel_id)
			return true;
	return false;
}

/* The policies whose traffic SA may carry, each once for a reqid. */
static void collect_fits(struct planning *p, const struct keyring *keys, const struct keyring_sa *sa)
{
	for (size_t i = 0; i < keyring_policies(keys); i++) {
		const struct keyring_policy *policy = keyring_policy(keys, i);

		if (keyring_key(policy, sa) && !has_fit(p, sa->reqid, policy->tunnel_id))
			p->fits[p->n_fits++] = (struct engine_fit){ sa->reqid, policy->tunnel_id, policy->sel };
	}
}

static bool is_left_out(const struct keyring_sa *sa, enum planner_keys which)
{
	return which == PLANNER_STOPPED || (which == PLANNER_KEYS_UNSTAMPED && sa->window_ms > 0);
}

static int collect_keys(struct planning *p, const struct keyring *keys, enum planner_keys which, uint64_t now)
{
	p->keys = calloc(keyring_sas(keys) + 1, sizeof(*p->keys));
	p->fits = calloc(keyring_sas(keys) * keyring_policies(keys) + 1, sizeof(*p->fits));
	if (!p->keys || !p->fits)
		return -ENOMEM;
	for (size_t i = 0; i < keyring_sas(keys); i++) {
		const struct keyring_sa *sa = keyring_sa(keys, i);

		if (sa->hard_at <= now || is_left_out(sa, which))
			continue;
		collect_fits(p, keys, sa);
		p->keys[p->n_keys++] = (struct engine_key){
			.tek = &sa->tek,
			.reqid = sa->reqid,
			.in = true,
			.out = keyring_sends(keys, sa, now),
			.sender = sa->sender.has_prefix || keyring_searches(keys, sa, now) ? sa->sender
											   : (struct sender){ 0 },
			.window_ms = sa->window_ms,
			.hard_seconds = (sa->hard_at - now + 999) / 1000 + PLAN_HARD_GRACE,
		};
	}
	return 0;
}

static int collect_policies(struct planning *p, const struct config_vpn *vpn, const struct group *g,
			    enum planner_keys which, uint64_t now)
{
	const struct keyring *keys = g ? group_keyring(g) : NULL;
	int r = keys ? collect_keys(p, keys, which, now) : 0;

	for (size_t i = 0; keys && i < keyring_policies(keys); i++) {
		const struct keyring_policy *policy = keyring_policy(keys, i);
		const struct keyring_sa *sender = keyring_sender(policy, now);

		if (sender && is_left_out(sender, which))
			sender = NULL;
		p->policies[p->n_policies++] = (struct engine_policy){
			.sel = policy->sel,
			.reqid = sender ? sender->reqid : 0,
			.tunnel_id = policy->tunnel_id,
			.keyed = sender,
		};
	}
	for (size_t i = 0; i < vpn->n_exclude; i++)
		p->exclude[i] = (struct engine_rule){ vpn->exclude[i].name, vpn->exclude[i].sel };
	for (size_t i = 0; i < vpn->n_fail_open; i++)
		p->fail_open[i] = (struct engine_rule){ vpn->fail_open[i].name, vpn->fail_open[i].sel };
	return r;
}

static uint32_t reqids_of(const struct group *g, size_t index)
{
	return group_reqids(g ? group_slot(g) : index);
}

static enum plan_df df_of(enum config_df df)
{
	switch (df) {
	case CONFIG_DF_CLEAR:
		return PLAN_DF_CLEAR;
	case CONFIG_DF_SET:
		return PLAN_DF_SET;
	case CONFIG_DF_COPY:
		return PLAN_DF_COPY;
	}
	return PLAN_DF_CLEAR;
}

/* The part of a scope that is the same for a pair of zones and for a service-set. */
static void make_scope(struct engine_scope *s, const struct planner *pl, size_t index)
{
	const struct config_vpn *vpn = &pl->config->vpns[index];
	const struct config_gateway *gw = &pl->config->gateways[vpn->gateway];
	const struct group *g = pl->groups[index];
	struct planning *p = &pl->parts[index];

	*s = (struct engine_scope){
		.vpn = vpn->name,
		.reqids = reqids_of(pl->groups[index], index),
		.from_zone = "",
		.to_zone = "",
		.external = vpn->external,
		.local = gw->local_address,
		.n_servers = gw->n_servers,
		.tunnel_mtu = vpn->tunnel_mtu,
		.df = df_of(vpn->df),
		.exclude = p->exclude,
		.n_exclude = vpn->n_exclude,
		.fail_open = p->fail_open,
		.n_fail_open = pl->which == PLANNER_STOPPED ? 0 : vpn->n_fail_open,
		.downloaded = g && keyring_downloaded(group_keyring(g)),
		.policies = p->policies,
		.n_policies = p->n_policies,
		.keys = p->keys,
		.n_keys = p->planned ? 0 : p->n_keys,
		.fits = p->fits,
		.n_fits = p->planned ? 0 : p->n_fits,
	};
	p->planned = true;
	_Static_assert(CONFIG_SERVERS_MAX <= ENGINE_SERVERS_MAX, "a scope holds all servers of a gateway");
	memcpy(s->servers, gw->servers, gw->n_servers * sizeof(s->servers[0]));
}

static void make_pair(struct engine_scope *s, const struct planner *pl, const struct config_ipsec_policy *pair)
{
	const struct config_zone *from = &pl->config->zones[pair->from], *to = &pl->config->zones[pair->to];

	make_scope(s, pl, pair->vpn);
	s->from_zone = from->name;
	s->to_zone = to->name;
	s->from = (const char(*)[GVPN_IFNAME_MAX])from->interfaces;
	s->n_from = from->n_interfaces;
	s->to = (const char(*)[GVPN_IFNAME_MAX])to->interfaces;
	s->n_to = to->n_interfaces;
}

static size_t copy_terms(struct engine_term *to, const struct config_term *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (struct engine_term){ from[i].name, from[i].service, from[i].sel };
	return n;
}

static void make_service(struct engine_scope *s, const struct planner *pl, const struct config_service *service)
{
	struct planning *p = &pl->parts[service->vpn]; /* a VPN has one service-set at most */

	make_scope(s, pl, service->vpn);
	s->filter = true;
	s->output = p->output;
	s->n_output = copy_terms(p->output, service->output, service->n_output);
	s->input = p->input;
	s->n_input = copy_terms(p->input, service->input, service->n_input);
}

int planner_plan(struct plan **ret, const struct config *config, struct group *const *groups, enum planner_keys which,
		 uint64_t now)
{
	struct planning *parts = calloc(config->n_vpns + 1, sizeof(*parts));
	struct engine_scope *scopes = calloc(config->n_ipsec_policies + config->n_services + 1, sizeof(*scopes));
	struct planner pl = { config, groups, parts, which };
	size_t n = 0;
	int r = -ENOMEM;

	if (!parts || !scopes)
		goto out;
	r = 0;
	for (size_t i = 0; i < config->n_vpns && r == 0; i++)
		r = collect_policies(&parts[i], &config->vpns[i], groups[i], which, now);
	if (r < 0)
		goto out;
	for (size_t i = 0; i < config->n_ipsec_policies; i++)
		make_pair(&scopes[n++], &pl, &config->ipsec_policies[i]);
	for (size_t i = 0; i < config->n_services; i++)
		make_service(&scopes[n++], &pl, &config->services[i]);
	r = engine_plan(ret, scopes, n);
	if (r == 0) {
		(*ret)->inet6_passes = config->inet6 != CONFIG_INET6_DROP;
		(*ret)->mss = config->mss;
	}
out:
	for (size_t i = 0; parts && i < config->n_vpns; i++) {
		free(parts[i].keys);
		free(parts[i].fits);
	}
	free(parts);
	free(scopes);
	return r;
}
