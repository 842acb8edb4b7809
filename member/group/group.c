/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A member of one group VPN.
 *
 * The objects.  A group (struct group) is made of parts, and each part is written by one file: state.c has the state
 * and why the group is in it, schedule.c when the group registers next, servers.c which server is asked and how long it
 * is waited for, registration.c the pull that is under way, turn.c its turn among the groups that register between the
 * same two addresses, late_answers.c the pulls whose server was left, kek.c the KEKs, notes.c what was told of each
 * server, counts.c the counters, recovery.c the recovery probe, senders.c the sender ids of counter modes.  The traffic
 * keys and the policies are a keyring (keyring.h), the exchanges are those of ike/ (ike/pull.h, ike/push.h).
 *
 * Who calls what.  The owner gives an input: a datagram (group_datagram()), the time (group_tick()), news of the kernel
 * (group_sa_worn(), group_path_up()), an operator's wish (group_clear()), another configuration (group_rebind()).  The
 * step changes the parts and puts what is to be done into the group's queue (effects.h).  Nothing is called back from
 * within a step; the owner takes the effects when the step has returned, does them, and gives back what came of them.
 *
 * A registration goes from group_pull_start() through the pull's steps (after_step() in registration.c) to
 * pull_succeeded(): the keyring and the KEK take the download, the next registration is planned, and the owner is asked
 * to apply the plan.  A server that fails, or is silent for too long, is left for the next one; after the last one the
 * group waits.  A push goes through group_push(): rekey.c verifies it, the keyring and the KEK take it, the owner
 * applies the plan, and group_applied() acknowledges the push when the kernel holds its keys (RFC 8263 6).  A push
 * that the kernel does not hold is not acknowledged: the server sends it again, and the next copy is acknowledged.
 *
 * Known races.
 *
 *  - A push may overtake a pull that is under way, so that the download is older than what is held: it is discarded
 *    (RFC 6407 3.3), and the pull is repeated soon.  A server that gives nothing newer is believed in the end.
 *  - A server that was left may answer after all, when another one is asked already: the pull that proves its server
 *    first wins (late_answers.c).
 *  - A push may come again under a KEK that it has replaced: a retired KEK is kept for RETIRED_MS to acknowledge it.
 *  - Members learn of a new key at different times: it receives at once and sends later (keyring_order.c); the old one
 *    receives until it ends.
 *  - A datagram may come just before the timer that ends a key: the end of the key is handled first.
 *  - Another program may have the place of an SA in the kernel: the push that brought the SA is not acknowledged before
 *    the place is free.
 *
 * Implements the member's side of RFC 6407 (GDOI) and RFC 8263 (the acknowledgement of pushes); the recovery probe and
 * the states are the vendor's (doc/requirements.md, rows A3, A6, A7, B2 to B4, E1, E2, F2 and F4).
 */
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
		.counter_modes = env->senders ? env->counter_modes : 0,
		.window_ms = vpn->replay_window_ms,
		.has_d3p = env->has_d3p,
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
	schedule_first(g);
	group_begin_keks(g);
	group_begin_servers(g);
	group_begin_state(g);
	group_begin_senders(g);
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
	group_probe_free(g);
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
	group_refresh_senders(g);
}

bool group_keys_held(const struct group *g)
{
	for (size_t i = 0; i < keyring_policies(g->keys); i++)
		if (keyring_usable(keyring_policy(g->keys, i)))
			return true;
	return false;
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
	/* Another download is asked for: it decides anew about the keys and policies that the old limits refused. */
	if (keyring_set_limits(g->keys, vpn->max_keys, vpn->max_policies, vpn->replay_window_ms) && same) {
		group_start(g, now);
		return;
	}
	if (same)
		return;
	group_forget_servers(g);
	group_forget_notes(g);
	schedule_without_delay(g);
	group_start(g, now);
}

void group_clear(struct group *g, uint64_t now)
{
	keyring_clear_keys(g->keys);
	group_forget_keks(g);
	group_forget_sender_ids(g);
	group_tell(g, 0, RECORD_KEYS_CLEARED, group_traffic(g));
	group_change(g);
	schedule_without_delay(g);
	group_start(g, now);
}

static void expire_keys(struct group *g, uint64_t now)
{
	uint64_t held = group_held(g);

	if (!keyring_expire(g->keys, now))
		return;
	if ((held & ~group_held(g)) != 0)
		group_register_soon(g, now);
	group_log_expired(g, now, held);
	if (held != 0 && !group_keys_held(g) && g->life.state == GROUP_RENEWING)
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
	expire_keys(g, now);
	group_kek_tick(g, now);
	group_pull_tick(g, now);
	group_probe_tick(g, now);
	group_senders_tick(g, now);
	group_limit_tick(g, now);
}

bool group_datagram(struct group *g, uint64_t now, const struct udp_ends *ends, const uint8_t *data, size_t len)
{
	if (ends->local != g->gateway->local_address)
		return false;
	/* The datagram came before the timer: the end of a key is told all the same. */
	if (keyring_deadline(g->keys) <= now)
		expire_keys(g, now);
	return group_pull_datagram(g, now, ends, data, len) || group_push(g, now, ends, data, len);
}

static uint64_t earlier_time(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t group_deadline(const struct group *g)
{
	uint64_t at = keyring_deadline(g->keys);

	at = earlier_time(at, group_kek_deadline(g));
	at = earlier_time(at, group_probe_deadline(g));
	at = earlier_time(at, group_limit_deadline(g));
	at = earlier_time(at, group_senders_deadline(g));
	return earlier_time(at, group_pull_deadline(g));
}

uint64_t group_next_registration(const struct group *g)
{
	return group_pulling(g) ? UINT64_MAX : g->schedule.at;
}

const struct config_vpn *group_vpn(const struct group *g)
{
	return g->vpn;
}

const struct config_gateway *group_gateway(const struct group *g)
{
	return g->gateway;
}

const struct keyring *group_keyring(const struct group *g)
{
	return g->keys;
}
