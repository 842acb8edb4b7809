/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/server_config.h"

#include <stdlib.h>

static int flatten_group(const struct gcks_config *c, const struct gcks_group *g, struct gdoi_group_config *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < g->n_ipsec_sas; i++)
		n += g->ipsec_sas[i].n_match_policies;
	ret->policies = calloc(n > 0 ? n : 1, sizeof(*ret->policies));
	ret->members = calloc(g->n_gateways > 0 ? g->n_gateways : 1, sizeof(*ret->members));
	if (ret->policies == NULL || ret->members == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < g->n_ipsec_sas; i++) {
		const struct gcks_ipsec_sa *sa = &g->ipsec_sas[i];

		for (size_t j = 0; j < sa->n_match_policies; j++) {
			struct gdoi_policy_config *p = &ret->policies[ret->n_policies++];

			p->sel = sa->match_policies[j].sel;
			p->cipher = sa->cipher;
			p->auth = sa->auth;
			p->life_seconds = sa->lifetime_seconds;
			p->life_kilobytes = g->tek_kilobytes;
			memcpy(p->sa, sa->name, sizeof(p->sa));
			memcpy(p->name, sa->match_policies[j].name, sizeof(p->name));
		}
	}
	for (size_t i = 0; i < g->n_gateways; i++) {
		struct gdoi_member_config *m = &ret->members[ret->n_members++];

		memcpy(m->name, c->gateways[g->gateways[i]].name, sizeof(m->name));
		m->addr = c->gateways[g->gateways[i]].address;
		m->local = c->gateways[g->gateways[i]].local_address;
	}
	return 0;
}

int gcks_config_group(const struct gcks_config *c, const struct gcks_group *g, struct gdoi_group_config *ret)
{
	*ret = (struct gdoi_group_config){
		.id = g->id,
		.member_threshold = g->member_threshold,
		.anti_replay_window_ms = g->anti_replay_window,
		.gap_numbers = g->gap_numbers,
		.d3p_type = g->d3p_type,
		.margin_seconds = g->rekey_margin,
		.has_activation_delay = g->has_activation_delay,
		.has_deactivation_delay = g->has_deactivation_delay,
		.activation_delay = g->activation_delay,
		.deactivation_delay = g->deactivation_delay,
		.sender_id_bits = g->sender_id_bits,
		.sender_ids_refuse = g->sender_ids_refuse,
		.spi_per_policy = g->spi_per_policy,
		.unusable_policy_first = g->unusable_policy_first,
		.key_packets = g->key_packets,
		.id_length_2 = c->id_length_2,
		.has_push = g->communication.configured,
		.clustered = g->cluster.configured,
		.push = { .cipher = g->communication.cipher,
			  .sig_hash = g->communication.sig_hash,
			  .sig_algorithm = g->communication.sig_algorithm,
			  .ack_type = g->communication.ack_type,
			  .no_acks = g->communication.ack_type == 0,
			  .life_seconds = g->communication.lifetime_seconds,
			  .retransmission_period = g->communication.retransmission_period,
			  .retransmissions = g->communication.retransmissions },
	};
	memcpy(ret->name, g->name, sizeof(ret->name));
	return flatten_group(c, g, ret);
}

_Static_assert(GCKS_CLUSTER_GATEWAYS_MAX == GCKS_CLUSTER_PEERS_MAX,
	       "a cluster can be configured as large as it may be");

void gcks_config_cluster(const struct gcks_config *c, const struct gcks_group *g, struct gdoi_cluster_config *ret)
{
	*ret = (struct gdoi_cluster_config){
		.root = g->cluster.root,
		.period_seconds = g->cluster.period,
		.n_peers = g->cluster.n_gateways,
	};
	for (size_t i = 0; i < ret->n_peers; i++) {
		const struct gcks_gateway *gateway = &c->gateways[g->cluster.gateways[i]];

		memcpy(ret->peers[i].name, gateway->name, sizeof(ret->peers[i].name));
		ret->peers[i].addr = gateway->address;
		ret->peers[i].psk = gateway->psk;
		ret->local = gateway->local_address;
	}
}

static uint32_t cluster_local(const struct gcks_config *config, size_t group)
{
	const struct gcks_cluster *c = &config->groups[group].cluster;

	return c->configured ? config->gateways[c->gateways[0]].local_address : 0;
}

static bool is_first_cluster_local(const struct gcks_config *config, size_t group)
{
	for (size_t i = 0; i < group; i++) {
		if (cluster_local(config, i) == cluster_local(config, group))
			return false;
	}
	return true;
}

uint32_t gcks_config_cluster_local(const struct gcks_config *config, size_t i)
{
	for (size_t g = 0; g < config->n_groups; g++) {
		if (cluster_local(config, g) != 0 && is_first_cluster_local(config, g) && i-- == 0)
			return cluster_local(config, g);
	}
	return 0;
}
