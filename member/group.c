/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/group_private.h"

#include "member/probe.h"
#include "plan.h"
#include "policy/selector.h"
#include "xfrm/kernel.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* After every server failed: 5 s, doubled up to a minute, each with a tenth of jitter. */
#define WAIT_FIRST_MS 5000
#define WAIT_MAX_MS 60000
/* After a stale download the next pull follows within this, doubled up to WAIT_MAX_MS while stale ones go on. */
#define STALE_FIRST_MS 2000
/*
 * A server that goes on giving a KEK or a number that is older than what its pushes said, with no push in between, will
 * not give others: its keys are taken then rather than none, and the sequence number stays (group_kek.c).
 */
#define OLDER_MAX 3
/*
 * A renewal that brought no newer key is tried again after an eighth of what is left of the present one, and no sooner
 * than this, each with a quarter of jitter: the server makes it when it sees fit, and all members wait for it.
 */
#define RENEW_AGAIN_MS 3000
#define RENEW_AGAIN_PART 8

#define TUNNEL_ID_FIRST 49152 /* the guide's first */

_Static_assert(KEYRING_POLICIES_MAX <= PLAN_REQIDS, "each policy of a group has a reqid");

_Static_assert(KERNEL_REQID_MIN + (GROUP_SLOTS_MAX + 1) * PLAN_REQIDS - 1 <= KERNEL_REQID_MAX, "slots have reqids");

uint32_t group_reqids(size_t slot)
{
	return KERNEL_REQID_MIN + ((uint32_t)slot + 1) * PLAN_REQIDS;
}

size_t group_slot(const struct group *g)
{
	return g->slot;
}

int group_new(struct group **ret, const struct config *config, size_t index, size_t slot, const struct group_ops *ops)
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
	g->ops = *ops;
	g->next_registration = UINT64_MAX;
	g->kek_ends = UINT64_MAX;
	g->wait_ms = WAIT_FIRST_MS;
	g->again_ms = STALE_FIRST_MS;
	snprintf(g->reason, sizeof(g->reason), "%s",
		 vpn->used ? "not started" : "no ipsec-policy and no service-set uses this VPN: it takes no keys");
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
	pull_free(g->pull);
	group_forget_keks(g);
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

static uint32_t server_address(const struct group *g)
{
	return g->gateway->servers[g->server];
}

bool group_keys_held(const struct group *g)
{
	for (size_t i = 0; i < keyring_policies(g->keys); i++)
		if (keyring_policy(g->keys, i)->n_keys > 0)
			return true;
	return false;
}

static void put_out(struct group *g, uint64_t now, struct ike_out *out)
{
	group_put_out(g, now, out,
		      &(struct udp_ends){ .local = g->gateway->local_address,
					  .local_port = GDOI_PORT,
					  .remote = server_address(g),
					  .remote_port = GDOI_PORT });
}

static void start_pull(struct group *g, uint64_t now);

static void wait_and_retry(struct group *g, uint64_t now, const char *why)
{
	uint64_t tenth = g->wait_ms / 10;

	if (group_probe_failed(g, now, why))
		return;
	g->next_registration = now + g->wait_ms - tenth + g->ops.random(g->ops.ctx, (uint32_t)(2 * tenth + 1));
	group_enter(g, EVENT_SERVERS_FAILED, GROUP_WAITING, "%s; next try in %" PRIu64 " s", why,
		    (g->next_registration - now + 999) / 1000);
	g->wait_ms = g->wait_ms * 2 > WAIT_MAX_MS ? WAIT_MAX_MS : g->wait_ms * 2;
}

/* This server is left for the next one; after the last one the group waits (row A3). */
static void server_failed(struct group *g, uint64_t now, const char *why)
{
	if (group_next_server(g, now)) {
		g->stats.server_failover++;
		start_pull(g, now);
		return;
	}
	g->server = 0;
	wait_and_retry(g, now, why);
}

static void fill_params(const struct group *g, struct pull_params *p)
{
	const struct config_gateway *gw = g->gateway;

	*p = (struct pull_params){
		.local = gw->local_address,
		.server = server_address(g),
		.mode = gw->mode,
		.n_proposals = gw->n_proposals,
		.psk = gw->psk,
		.local_id = gw->local_identity,
		.remote_id = gw->remote_identity,
		.group = g->vpn->group,
		.group_form = gw->group_form,
		.situation = gw->situation,
		.doi = gw->doi ? gw->doi : IKE_DOI_GDOI,
		.doi_fixed = gw->doi != 0,
	};
	memcpy(p->proposals, gw->proposals, sizeof(p->proposals));
	if (gw->doi == 0 && g->learnt_doi[g->server])
		p->doi = g->learnt_doi[g->server];
}

static void start_pull(struct group *g, uint64_t now)
{
	char text[ADDRESS_TEXT_MAX];
	struct pull_params params;
	struct ike_out out = { 0 };
	int r;

	pull_free(g->pull);
	g->pull = NULL;
	g->overtaken = false;
	g->next_registration = UINT64_MAX;
	fill_params(g, &params);
	group_patience(g, now, &params);
	group_enter(g, EVENT_NONE, group_keys_held(g) ? GROUP_RENEWING : GROUP_REGISTERING,
		    "pull of group %" PRIu32 " from %s", g->vpn->group, address_format(params.server, text));
	r = pull_new(&g->pull, &params, now, &out);
	explicit_bzero(&params, sizeof(params));
	put_out(g, now, &out);
	if (r < 0) {
		g->stats.pull_aborted++;
		wait_and_retry(g, now, strerror(-r));
	}
}

void group_count(struct group *g, const struct keyring_outcome *o)
{
	for (size_t i = 0; i < o->n_notes; i++)
		group_log(g, LOG_LEVEL_WARNING, EVENT_POLICY_REFUSED, o->notes[i].spi, "%s", o->notes[i].text);
	if (o->n_notes_dropped > 0)
		group_log(g, LOG_LEVEL_WARNING, EVENT_POLICY_REFUSED, 0, "%zu further policies or keys were refused",
			  o->n_notes_dropped);
	g->stats.exceed_maximum_keys += o->exceed_keys;
	g->stats.exceed_maximum_policies += o->exceed_policies;
	g->stats.unsupported_algo += o->unsupported;
	g->stats.refused += o->refused;
}

/*
 * Before the KEK ends, spread as for keys.  A server may make the successor only then, or say it by push: when the
 * window has passed, the member asks after half of what remains, a few times and not every RENEW_AGAIN_MS.
 */
static uint64_t renew_kek_at(const struct group *g, uint64_t now)
{
	uint64_t at, half;

	if (!g->rekey || g->kek_ends == UINT64_MAX)
		return UINT64_MAX;
	at = keyring_renew_point(g->kek_life, g->kek_ends, g->share, g->gateway->n_servers);
	if (at > now)
		return at;
	half = g->kek_ends > now ? (g->kek_ends - now) / 2 : 0;
	return now + (half > RENEW_AGAIN_MS ? half : RENEW_AGAIN_MS);
}

static uint64_t renew_again(const struct group *g, uint64_t now)
{
	uint64_t left = group_keys_left(g, now), ms = RENEW_AGAIN_MS;

	if (left != UINT64_MAX && left / RENEW_AGAIN_PART > ms)
		ms = left / RENEW_AGAIN_PART;
	return now + ms + g->ops.random(g->ops.ctx, (uint32_t)(ms / 4 + 1));
}

void group_plan_renewal(struct group *g, uint64_t now, bool newer)
{
	uint64_t at = keyring_renew_at(g->keys, g->share, g->gateway->n_servers);
	uint64_t kek_at = renew_kek_at(g, now);

	/* A new key that is as old as the present one brought nothing either. */
	if (at <= now || (!newer && at < now + RENEW_AGAIN_MS))
		at = renew_again(g, now);
	if (kek_at < at)
		at = kek_at;
	if (at == UINT64_MAX) /* no keys, no KEK that ends: ask again rather than wait for ever */
		at = now + WAIT_MAX_MS;
	g->next_registration = at < now ? now : at;
}

static void pull_succeeded(struct group *g, uint64_t now)
{
	char text[ADDRESS_TEXT_MAX];
	struct keyring_outcome o;
	const struct download *d = pull_download(g->pull);
	bool newer;

	keyring_pull(g->keys, d, now, &o);
	group_take_kek(g, d, now);
	group_count(g, &o);
	g->stats.pull_succeeded++;
	g->stats.clear_notifies += pull_clear_notifies(g->pull);
	g->learnt_doi[g->server] = pull_doi(g->pull);
	g->registered_server = server_address(g);
	g->registered_once = true;
	g->wait_ms = WAIT_FIRST_MS;
	g->asked = false;
	g->older = 0;
	g->again_ms = STALE_FIRST_MS;
	g->share = g->ops.random(g->ops.ctx, 1001);
	pull_free(g->pull);
	g->pull = NULL;
	newer = o.new_keys > 0 && keyring_renew_at(g->keys, g->share, g->gateway->n_servers) > now;
	group_server_good(g, newer);
	group_plan_renewal(g, now, newer);
	group_enter(g, EVENT_REGISTERED, GROUP_REGISTERED,
		    "%s gave %u new and %u known keys for %zu policies, %s; next registration in %" PRIu64 " s",
		    address_format(g->registered_server, text), o.new_keys, o.known_keys, keyring_policies(g->keys),
		    g->rekey ? "with a KEK" : "no KEK", (g->next_registration - now) / 1000);
	if (group_apply(g, now) < 0) /* it is tried again by its owner */
		group_log(g, LOG_LEVEL_WARNING, EVENT_NONE, 0, "the kernel does not hold the new keys yet");
	group_probe_pulled(g, now);
}

/* Why the download that has come is older than what pushes have said since; NULL: it is not, or there is no choice. */
static const char *stale_because(struct group *g)
{
	if (g->overtaken)
		return "it was overtaken by a push, which is newer";
	if (!group_kek_stale(g, pull_download(g->pull)))
		return NULL;
	if (g->older++ < OLDER_MAX)
		return "its KEK or its sequence number is from before a push that was taken (RFC 6407 3.3)";
	group_log(g, LOG_LEVEL_WARNING, EVENT_NONE, 0,
		  "the server goes on giving a KEK or a sequence number from before its own pushes: its keys are taken "
		  "all the same, the sequence number stays");
	return NULL;
}

/*
 * Nothing of a stale download is taken.  When keys and KEK are there, what the pull was for may be done by the push:
 * the renewal is planned anew.  Otherwise, and when the registration was asked for, the next pull follows soon.
 */
static void pull_stale(struct group *g, uint64_t now, const char *why)
{
	uint64_t soon = now + g->again_ms / 2 + g->ops.random(g->ops.ctx, (uint32_t)(g->again_ms / 2 + 1));
	bool keys = group_keys_held(g);
	char text[ADDRESS_TEXT_MAX];

	g->stats.pull_aborted++;
	g->stats.clear_notifies += pull_clear_notifies(g->pull);
	g->probing = false;
	g->again_ms = g->again_ms * 2 > WAIT_MAX_MS ? WAIT_MAX_MS : g->again_ms * 2;
	pull_free(g->pull);
	g->pull = NULL;
	g->next_registration = soon;
	if (keys && g->rekey && !g->asked) {
		group_plan_renewal(g, now, false);
		if (g->next_registration < soon)
			g->next_registration = soon;
	}
	group_enter(g, EVENT_NONE, keys ? GROUP_REGISTERED : GROUP_WAITING,
		    "what %s gave is discarded: %s; next registration in %" PRIu64 " s",
		    address_format(server_address(g), text), why, (g->next_registration - now + 999) / 1000);
	g->server = 0;
}

static void pull_failed(struct group *g, uint64_t now)
{
	char why[200], server[ADDRESS_TEXT_MAX];
	const char *remedy = "what it says must agree with this member's configuration";

	g->stats.clear_notifies += pull_clear_notifies(g->pull);
	snprintf(why, sizeof(why), "%s: %s", address_format(server_address(g), server), pull_reason(g->pull));
	switch (pull_state(g->pull)) {
	case PULL_TIMEOUT:
		g->stats.pull_timeout++;
		remedy = "check that UDP port 848 passes both ways, and that the server knows this member's address "
			 "and pre-shared key";
		break;
	case PULL_ABORTED:
		g->stats.pull_aborted++;
		break;
	case PULL_REFUSED:
		remedy = "check the group's number, and that the server has this member in it";
		break;
	case PULL_RUNNING:
	case PULL_DONE:
		break;
	}
	g->stats.pull_failed++;
	group_log(g, LOG_LEVEL_WARNING, EVENT_SERVER_FAILED, 0, "registration failed: %s; %s", why, remedy);
	pull_free(g->pull);
	g->pull = NULL;
	server_failed(g, now, why);
}

static void after_step(struct group *g, uint64_t now, struct ike_out *out)
{
	const char *stale;

	put_out(g, now, out);
	switch (pull_state(g->pull)) {
	case PULL_RUNNING:
		break;
	case PULL_DONE:
		stale = stale_because(g);
		if (stale)
			pull_stale(g, now, stale);
		else
			pull_succeeded(g, now);
		break;
	case PULL_TIMEOUT:
	case PULL_REFUSED:
	case PULL_ABORTED:
		pull_failed(g, now);
		break;
	}
}

void group_start(struct group *g, uint64_t now)
{
	if (!g->vpn->used)
		return;
	g->probing = false;
	g->asked = true;
	group_first_server(g, now);
	start_pull(g, now);
}

void group_rebind(struct group *g, const struct config *config, size_t index, uint64_t now)
{
	const struct config_vpn *vpn = &config->vpns[index];
	const struct config_gateway *gateway = &config->gateways[vpn->gateway];
	bool same = same_gateway(g->gateway, gateway);

	g->vpn = vpn;
	g->gateway = gateway;
	if (group_probe_configure(g) < 0)
		group_log(g, LOG_LEVEL_ERROR, EVENT_NONE, 0, "the recovery probe is off: out of memory");
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
	g->wait_ms = WAIT_FIRST_MS;
	group_start(g, now);
}

void group_clear(struct group *g, uint64_t now)
{
	keyring_clear_keys(g->keys);
	group_forget_keks(g);
	group_log(g, LOG_LEVEL_NOTICE, EVENT_KEYS_CLEARED, 0,
		  "the keys were cleared by the operator: %s until new keys come", group_traffic(g));
	(void)g->ops.changed(g->ops.ctx);
	g->wait_ms = WAIT_FIRST_MS;
	group_start(g, now);
}

void group_register_soon(struct group *g, uint64_t now)
{
	uint64_t at = now + g->ops.random(g->ops.ctx, GROUP_RETURN_SPREAD_MS);

	if (!g->pull && g->state == GROUP_REGISTERED && at < g->next_registration)
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
		group_enter(g, EVENT_NONE, GROUP_REGISTERING, "the last key has ended");
	(void)g->ops.changed(g->ops.ctx);
}

void group_tick(struct group *g, uint64_t now)
{
	expire(g, now);
	group_kek_tick(g, now);
	if (g->pull && pull_deadline(g->pull) <= now) {
		struct ike_out out = { 0 };

		pull_step(g->pull, now, NULL, 0, &out);
		after_step(g, now, &out);
	}
	if (!g->pull && g->next_registration <= now) {
		group_first_server(g, now);
		start_pull(g, now);
	}
	group_probe_tick(g, now);
	group_limit_tick(g, now);
}

static bool pull_datagram(struct group *g, uint64_t now, const struct udp_ends *ends, const uint8_t *data, size_t len)
{
	struct ike_out out = { 0 };
	uint8_t cookie[8];

	if (!g->pull || ends->remote != server_address(g) || len < sizeof(cookie))
		return false;
	pull_cookie(g->pull, cookie);
	if (memcmp(data, cookie, sizeof(cookie)) != 0)
		return false;
	pull_step(g->pull, now, data, len, &out);
	after_step(g, now, &out);
	return true;
}

bool group_datagram(struct group *g, uint64_t now, const struct udp_ends *ends, const uint8_t *data, size_t len)
{
	if (ends->local != g->gateway->local_address)
		return false;
	if (keyring_deadline(g->keys) <= now) /* it came before the timer: the end of a key is told all the same */
		expire(g, now);
	return pull_datagram(g, now, ends, data, len) || group_push(g, now, ends, data, len);
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
	at = earlier(at, log_limit_deadline(&g->limit));
	return earlier(at, g->pull ? pull_deadline(g->pull) : g->next_registration);
}

enum group_state group_state(const struct group *g)
{
	return g->state;
}

const char *group_state_name(enum group_state s)
{
	switch (s) {
	case GROUP_IDLE:
		return "idle";
	case GROUP_REGISTERING:
		return "registering";
	case GROUP_REGISTERED:
		return "registered";
	case GROUP_RENEWING:
		return "renewing";
	case GROUP_WAITING:
		return "waiting";
	}
	return "?";
}

const char *group_reason(const struct group *g)
{
	return g->reason;
}

uint64_t group_next_registration(const struct group *g)
{
	return g->pull ? UINT64_MAX : g->next_registration;
}

uint32_t group_server(const struct group *g)
{
	return g->registered_once ? g->registered_server : server_address(g);
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
