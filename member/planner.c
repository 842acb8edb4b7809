/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/planner.h"

#include "policy/engine.h"

#include <stdlib.h>

/* The kernel's hard lifetime is the last resort if the daemon is gone: a little after the daemon would have removed the
 * SA. */
#define HARD_GRACE_SECONDS 5

struct planning { /* arrays that the engine borrows, one part per VPN */
	struct engine_policy policies[KEYRING_POLICIES_MAX];
	struct engine_key keys[KEYRING_POLICIES_MAX * KEYRING_KEYS_MAX];
	struct engine_rule exclude[CONFIG_RULES_MAX], fail_open[CONFIG_RULES_MAX];
	size_t n_policies, n_keys;
};

static void collect_keys(struct planning *p, const struct keyring_policy *policy, uint64_t now)
{
	const struct keyring_key *sender = keyring_sender(policy, now);

	for (size_t i = 0; i < policy->n_keys; i++) {
		const struct keyring_key *k = &policy->keys[i];

		if (k->hard_at <= now)
			continue;
		p->keys[p->n_keys++] = (struct engine_key){
			.tek = &k->tek,
			.reqid = policy->reqid,
			.in = true,
			.out = k == sender,
			.hard_seconds = (k->hard_at - now + 999) / 1000 + HARD_GRACE_SECONDS,
		};
	}
}

static void collect(struct planning *p, const struct config_vpn *vpn, const struct group *g, bool stopped, uint64_t now)
{
	const struct keyring *keys = g ? group_keyring(g) : NULL;

	for (size_t i = 0; keys && i < keyring_policies(keys); i++) {
		const struct keyring_policy *policy = keyring_policy(keys, i);

		p->policies[p->n_policies++] = (struct engine_policy){
			.sel = policy->sel,
			.reqid = policy->reqid,
			.tunnel_id = policy->tunnel_id,
			.keyed = !stopped && keyring_sender(policy, now),
		};
		if (!stopped)
			collect_keys(p, policy, now);
	}
	for (size_t i = 0; i < vpn->n_exclude; i++)
		p->exclude[i] = (struct engine_rule){ vpn->exclude[i].name, vpn->exclude[i].sel };
	for (size_t i = 0; i < vpn->n_fail_open; i++)
		p->fail_open[i] = (struct engine_rule){ vpn->fail_open[i].name, vpn->fail_open[i].sel };
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

static void make_scope(struct engine_scope *s, const struct config *c, const struct config_ipsec_policy *pair,
		       const struct planning *p, bool first, bool downloaded, bool stopped)
{
	const struct config_vpn *vpn = &c->vpns[pair->vpn];
	const struct config_gateway *gw = &c->gateways[vpn->gateway];

	*s = (struct engine_scope){
		.vpn = vpn->name,
		.reqids = group_reqids(pair->vpn),
		.from_zone = c->zones[pair->from].name,
		.to_zone = c->zones[pair->to].name,
		.external = vpn->external,
		.from = (const char(*)[GVPN_IFNAME_MAX])c->zones[pair->from].interfaces,
		.n_from = c->zones[pair->from].n_interfaces,
		.to = (const char(*)[GVPN_IFNAME_MAX])c->zones[pair->to].interfaces,
		.n_to = c->zones[pair->to].n_interfaces,
		.local = gw->local_address,
		.n_servers = gw->n_servers,
		.tunnel_mtu = vpn->tunnel_mtu,
		.df = df_of(vpn->df),
		.exclude = p->exclude,
		.n_exclude = vpn->n_exclude,
		.fail_open = p->fail_open,
		.n_fail_open = stopped ? 0 : vpn->n_fail_open,
		.downloaded = downloaded,
		.policies = p->policies,
		.n_policies = p->n_policies,
		.keys = p->keys,
		.n_keys = first ? p->n_keys : 0,
	};
	_Static_assert(CONFIG_SERVERS_MAX <= ENGINE_SERVERS_MAX, "a scope holds all servers of a gateway");
	memcpy(s->servers, gw->servers, gw->n_servers * sizeof(s->servers[0]));
}

int planner_plan(struct plan **ret, const struct config *config, struct group *const *groups, bool stopped,
		 uint64_t now)
{
	struct planning *parts = calloc(config->n_vpns + 1, sizeof(*parts));
	struct engine_scope *scopes = calloc(config->n_ipsec_policies + 1, sizeof(*scopes));
	bool *seen = calloc(config->n_vpns + 1, sizeof(*seen));
	int r = -ENOMEM;

	if (!parts || !scopes || !seen)
		goto out;
	for (size_t i = 0; i < config->n_vpns; i++)
		collect(&parts[i], &config->vpns[i], groups[i], stopped, now);
	for (size_t i = 0; i < config->n_ipsec_policies; i++) {
		const struct config_ipsec_policy *pair = &config->ipsec_policies[i];
		const struct group *g = groups[pair->vpn];

		make_scope(&scopes[i], config, pair, &parts[pair->vpn], !seen[pair->vpn],
			   g && keyring_downloaded(group_keyring(g)), stopped);
		seen[pair->vpn] = true;
	}
	r = engine_plan(ret, scopes, config->n_ipsec_policies);
out:
	free(parts);
	free(scopes);
	free(seen);
	return r;
}
