/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The recovery probe as a member lives it (member/group/probe.h): counters of the group's SAs in, registrations out.  A
 * pull of the probe is a registration like any other, with one difference: when it fails, what was planned stays
 * planned, since the keys that are held are as good as before.
 */
#include "member/group/private.h"

#include "member/group/probe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int group_probe_configure(struct group *g)
{
	const struct probe_params params = { .packets = g->vpn->probe_packets, .seconds = g->vpn->probe_seconds };

	if (g->probe && g->vpn->recovery_probe && probe_has(g->probe, &params))
		return 0;
	probe_free(g->probe);
	g->probe = NULL;
	if (!g->vpn->recovery_probe || !g->ops.unknown_spi || !g->ops.sa_packets)
		return 0;
	return probe_new(&g->probe, &params);
}

/* An SA whose counters cannot be read is left out: it is new when they can. */
static size_t read_sas(struct group *g, struct probe_sa *sas)
{
	size_t n = 0;

	for (size_t i = 0; i < keyring_sas(g->keys) && n < PROBE_SAS_MAX; i++) {
		sas[n].spi = keyring_sa(g->keys, i)->tek.spi;
		if (g->ops.sa_packets(g->ops.ctx, g->gateway->local_address, sas[n].spi, &sas[n].in, &sas[n].out) >= 0)
			n++;
	}
	return n;
}

static struct probe_sample read_sample(struct group *g, struct probe_sa sas[static PROBE_SAS_MAX])
{
	struct probe_sample s = { .sas = sas };

	s.has_unknown_spi = g->ops.unknown_spi(g->ops.ctx, &s.unknown_spi) >= 0;
	s.n_sas = read_sas(g, sas);
	return s;
}

static void log_start(struct group *g, unsigned signs)
{
	char one_way[96] = "";

	if (signs & PROBE_SIGN_ONE_WAY)
		snprintf(one_way, sizeof(one_way),
			 "at least %" PRIu32 " packets left in %" PRIu32 " s or more and none came",
			 g->vpn->probe_packets, g->vpn->probe_seconds);
	group_log(g, LOG_LEVEL_NOTICE, EVENT_PROBE_STARTED, 0,
		  "recovery probe starts: %s%s%s; the first pull follows in %" PRIu32 " s",
		  signs & PROBE_SIGN_UNKNOWN_SPI ? "ESP with an unknown SPI came" : "",
		  signs == (PROBE_SIGN_UNKNOWN_SPI | PROBE_SIGN_ONE_WAY) ? ", and " : "", one_way,
		  probe_interval(g->probe));
}

static void take_sample(struct group *g, uint64_t now)
{
	struct probe_sa sas[PROBE_SAS_MAX];
	struct probe_sample s = read_sample(g, sas);
	bool was = probe_active(g->probe);
	unsigned signs;

	if (!group_keys_held(g)) {
		probe_skip(g->probe, now, &s);
		return;
	}
	signs = probe_sample(g->probe, now, &s);
	if (!was && probe_active(g->probe))
		log_start(g, signs);
}

static void pull(struct group *g, uint64_t now)
{
	uint64_t planned;

	if (g->state != GROUP_REGISTERED) {
		group_log(g, LOG_LEVEL_NOTICE, EVENT_NONE, 0,
			  "recovery probe: the group is %s, no pull of its own is needed", group_state_name(g->state));
		return;
	}
	g->stats.recovery_probes++;
	group_log(g, LOG_LEVEL_NOTICE, EVENT_NONE, 0,
		  "recovery probe: pull %u; while signs go on the next one follows in %" PRIu32 " s",
		  probe_pulls(g->probe), probe_interval(g->probe));
	planned = g->next_registration;
	group_start(g, now);
	g->probing = group_pulling(g);
	g->renewal_before_probe = planned;
}

void group_probe_tick(struct group *g, uint64_t now)
{
	uint32_t interval;

	if (!g->probe)
		return;
	if (probe_sample_due(g->probe, now))
		take_sample(g, now);
	interval = probe_interval(g->probe);
	switch (probe_tick(g->probe, now)) {
	case PROBE_NOTHING:
		break;
	case PROBE_PULL:
		pull(g, now);
		break;
	case PROBE_ENDED:
		group_log(g, LOG_LEVEL_NOTICE, EVENT_PROBE_ENDED, 0,
			  "recovery probe ends after %u pulls: %" PRIu32 " s without a sign since a registration",
			  probe_pulls(g->probe), interval);
		break;
	}
}

uint64_t group_probe_deadline(const struct group *g)
{
	return g->probe ? probe_deadline(g->probe) : UINT64_MAX;
}

void group_probe_pulled(struct group *g, uint64_t now)
{
	struct probe_sa sas[PROBE_SAS_MAX];
	struct probe_sample s;

	g->probing = false;
	if (!g->probe)
		return;
	s = read_sample(g, sas);
	probe_pulled(g->probe, now, &s);
}

bool group_probe_failed(struct group *g, uint64_t now, const char *why)
{
	bool probing = g->probing;

	g->probing = false;
	if (!probing || !group_keys_held(g))
		return false;
	g->asked = false;
	group_plan_renewal(g, now, false); /* a push may have changed the keys meanwhile */
	if (g->renewal_before_probe < g->next_registration)
		g->next_registration = g->renewal_before_probe;
	group_enter(g, EVENT_SERVERS_FAILED, GROUP_REGISTERED,
		    "the recovery probe's pull failed, the keys stay in use: %s", why);
	return true;
}
