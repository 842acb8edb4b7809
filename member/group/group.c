/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/group/private.h"

#include "lib/plan.h"
#include "lib/selector.h"

#include <stdlib.h>

#define TUNNEL_ID_FIRST 49152 /* the guide's first */

_Static_assert(KEYRING_REQIDS <= PLAN_REQIDS, "the reqids of a keyring are its VPN's");

_Static_assert(KERNEL_REQID_MIN + (GROUP_SLOTS_MAX + 1) * PLAN_REQIDS - 1 <= KERNEL_REQID_MAX, "slots have reqids");

uint32_t group_reqids(size_t slot)
{
	return KERNEL_REQID_MIN + ((uint32_t)slot + 1) * PLAN_REQIDS;
}

size_t group_slot(const struct group *g)
{
	return g->slot;
}

int group_new(struct group **ret, const struct config *config, size_t index, size_t slot, const struct group_env *env)
{
	const struct config_vpn *vpn = &config->vpns[index];
	struct keyring_limits limits = {
		.max_keys = vpn->max_keys,
		.max_policies = vpn->max_policies,
		.first_tunnel_id = TUNNEL_ID_FIRST + (uint32_t)slot * KEYRING_POLICIES_MAX,
		.first_reqid = group_reqids(slot),
	};
	struct group *g = calloc(1, sizeof(*g));
	int r;

	if (!g)
		return -ENOMEM;
	r = keyring_new(&g->keys, &limits);
	if (r < 0) {
		free(g);
		return r;
	}
	g->slot = slot;
	g->vpn = vpn;
	g->gateway = &config->gateways[vpn->gateway];
	g->env = *env;
	g->next_registration = UINT64_MAX;
	g->kek_ends = UINT64_MAX;
	g->again_ms = STALE_FIRST_MS;
	g->leave_at = UINT64_MAX;
	record_set(&g->reason, vpn->used ? REASON_NOT_STARTED : REASON_UNUSED);
	r = group_probe_configure(g);
	if (r < 0) {
		group_free(g);
		return r;
	}
	*ret = g;
	return 0;
}

void group_free(struct group *g)
{
	if (!g)
		return;
	group_pull_drop(g);
	group_late_drop_all(g);
	group_forget_keks(g);
	group_drop_effects(g);
	probe_free(g->probe);
	keyring_free(g->keys);
	explicit_bzero(g, sizeof(*g));
	free(g);
}

bool group_is(const struct group *g, const struct config *config, size_t index)
{
	const struct config_vpn *vpn = &config->vpns[index];

	return strcmp(g->vpn->name, vpn->name) == 0 && g->vpn->used == vpn->used && g->vpn->group == vpn->group &&
	       g->gateway->local_address == config->gateways[vpn->gateway].local_address;
}

/* The structures are plain data, zeroed before they are filled. */
static bool same_gateway(const struct config_gateway *a, const struct config_gateway *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

void group_restore(struct group *g, const struct keyring_policy *policies, size_t n, uint64_t now)
{
	keyring_restore(g->keys, policies, n, now);
}

bool group_keys_held(const struct group *g)
{
	for (size_t i = 0; i < keyring_policies(g->keys); i++)
		if (keyring_usable(keyring_policy(g->keys, i)))
			return true;
	return false;
}

void group_count(struct group *g, const struct keyring_outcome *o)
{
	if (o->n_notes > 0) {
		g->n_refusals = o->n_notes;
		g->more_refusals = o->n_notes_dropped;
	}
	for (size_t i = 0; i < o->n_notes; i++) {
		g->refusals[i].spi = o->notes[i].spi;
		memcpy(g->refusals[i].text, o->notes[i].text, sizeof(g->refusals[i].text));
	}
	for (size_t i = 0; i < o->n_notes; i++)
		group_tell(g, o->notes[i].spi, RECORD_REFUSED, record_text(o->notes[i].text));
	if (o->n_notes_dropped > 0)
		group_tell(g, 0, RECORD_MORE_REFUSED, record_number(o->n_notes_dropped));
	g->stats.exceed_maximum_keys += o->exceed_keys;
	g->stats.exceed_maximum_policies += o->exceed_policies;
	g->stats.unsupported_algo += o->unsupported;
	g->stats.refused += o->refused;
}

void group_note_gap(struct group *g, const struct download *d)
{
	memcpy(g->unknown.gap, d->gap_unknown, sizeof(g->unknown.gap));
	g->unknown.n_gap = d->n_gap_unknown < GAP_UNKNOWN_MAX ? d->n_gap_unknown : GAP_UNKNOWN_MAX;
}

void group_start(struct group *g, uint64_t now)
{
	if (!g->vpn->used)
		return;
	g->probing = false;
	g->asked = true;
	group_pull_drop(g);
	group_late_drop_all(g);
	group_first_server(g, now);
	group_pull_start(g, now);
}

void group_rebind(struct group *g, const struct config *config, size_t index, uint64_t now)
{
	const struct config_vpn *vpn = &config->vpns[index];
	const struct config_gateway *gateway = &config->gateways[vpn->gateway];
	bool same = same_gateway(g->gateway, gateway);

	g->vpn = vpn;
	g->gateway = gateway;
	if (group_probe_configure(g) < 0)
		group_tell(g, 0, RECORD_PROBE_OFF);
	/* Of what other limits refused the next download decides anew: it is asked for. */
	if (keyring_set_limits(g->keys, vpn->max_keys, vpn->max_policies) && same) {
		group_start(g, now);
		return;
	}
	if (same)
		return;
	memset(g->learnt_doi, 0, sizeof(g->learnt_doi));
	g->failed = 0;
	memset(g->tolerated, 0, sizeof(g->tolerated));
	g->wait_ms = 0;
	group_start(g, now);
}

void group_clear(struct group *g, uint64_t now)
{
	keyring_clear_keys(g->keys);
	group_forget_keks(g);
	group_tell(g, 0, RECORD_KEYS_CLEARED, group_traffic(g));
	group_change(g);
	g->wait_ms = 0;
	group_start(g, now);
}

void group_register_soon(struct group *g, uint64_t now)
{
	uint64_t at = now + group_draw(g, RETURN_SPREAD_MS);

	if (!group_pulling(g) && g->state == GROUP_REGISTERED && at < g->next_registration)
		g->next_registration = at;
}

static void expire(struct group *g, uint64_t now)
{
	uint64_t held = group_held(g);

	if (!keyring_expire(g->keys, now))
		return;
	if ((held & ~group_held(g)) != 0)
		group_register_soon(g, now);
	group_log_expired(g, now, held);
	if (held != 0 && !group_keys_held(g) && g->state == GROUP_RENEWING)
		group_enter_for(g, RECORD_ENTERED, GROUP_REGISTERING, 0, REASON_LAST_KEY_ENDED);
	group_change(g);
}

void group_sa_worn(struct group *g, uint64_t now, uint32_t local, uint32_t spi, bool used_up)
{
	uint64_t held = group_held(g);

	if (local != g->gateway->local_address || !keyring_wear(g->keys, spi, used_up, now))
		return;
	group_register_soon(g, now);
	if (!used_up) {
		group_tell(g, spi, RECORD_KILOBYTES_NEARLY_USED, record_spi(spi));
		return;
	}
	group_tell(g, spi, RECORD_KILOBYTES_USED, record_spi(spi));
	group_log_expired(g, now, held);
	group_change(g);
}

void group_tick(struct group *g, uint64_t now)
{
	expire(g, now);
	group_kek_tick(g, now);
	group_pull_tick(g, now);
	group_probe_tick(g, now);
	group_limit_tick(g, now);
}

bool group_datagram(struct group *g, uint64_t now, const struct udp_ends *ends, const uint8_t *data, size_t len)
{
	if (ends->local != g->gateway->local_address)
		return false;
	if (keyring_deadline(g->keys) <= now) /* it came before the timer: the end of a key is told all the same */
		expire(g, now);
	return group_pull_datagram(g, now, ends, data, len) || group_push(g, now, ends, data, len);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t group_deadline(const struct group *g)
{
	uint64_t at = keyring_deadline(g->keys);

	at = earlier(at, group_kek_deadline(g));
	at = earlier(at, group_probe_deadline(g));
	at = earlier(at, rate_limit_deadline(&g->limit));
	return earlier(at, group_pull_deadline(g));
}

enum group_state group_state(const struct group *g)
{
	return g->state;
}

const struct record *group_reason(const struct group *g)
{
	return &g->reason;
}

uint64_t group_next_registration(const struct group *g)
{
	return group_pulling(g) ? UINT64_MAX : g->next_registration;
}

uint32_t group_server(const struct group *g)
{
	return g->registered_once ? g->registered_server : g->gateway->servers[g->server];
}

const struct config_vpn *group_vpn(const struct group *g)
{
	return g->vpn;
}

const struct config_gateway *group_gateway(const struct group *g)
{
	return g->gateway;
}

const struct group_stats *group_stats(const struct group *g)
{
	return &g->stats;
}

const struct group_refusal *group_refusals(const struct group *g, size_t *ret_n, size_t *ret_more)
{
	*ret_n = g->n_refusals;
	*ret_more = g->more_refusals;
	return g->refusals;
}

const struct group_unknown *group_unknown(const struct group *g)
{
	return &g->unknown;
}

const struct keyring *group_keyring(const struct group *g)
{
	return g->keys;
}

const struct kek *group_kek(const struct group *g)
{
	return g->rekey ? rekey_sa_kek(g->rekey) : NULL;
}

const struct group_kek_stats *group_kek_stats(const struct group *g)
{
	return &g->kek_stats;
}

uint64_t group_kek_ends(const struct group *g)
{
	return g->kek_ends;
}
