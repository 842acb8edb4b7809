/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The recovery probe of a group (member/group/probe.h): counters of the group's SAs come in, registrations go out.  A
 * pull of the probe is a registration like any other, with one difference: when the pull fails, the planned renewal
 * stays planned, since the keys that are held are as good as before.
 */
#include "member/group/private.h"

#include "member/group/probe.h"

#include <stdlib.h>

int group_probe_configure(struct group *g)
{
	const struct probe_params params = { .packets = g->vpn->probe_packets, .seconds = g->vpn->probe_seconds };

	if (g->recovery.probe && g->vpn->recovery_probe && probe_has(g->recovery.probe, &params))
		return 0;
	probe_free(g->recovery.probe);
	g->recovery.probe = NULL;
	if (!g->vpn->recovery_probe || !g->env.has_counters)
		return 0;
	return probe_new(&g->recovery.probe, &params);
}

static void log_start(struct group *g, unsigned signs)
{
	bool unknown_spi = signs & PROBE_SIGN_UNKNOWN_SPI, one_way = signs & PROBE_SIGN_ONE_WAY;
	struct record sign;

	record_set(&sign,
		   unknown_spi && one_way ? SIGN_BOTH
		   : unknown_spi          ? SIGN_UNKNOWN_SPI
					  : SIGN_ONE_WAY,
		   record_number(g->vpn->probe_packets), record_number(g->vpn->probe_seconds));
	group_tell(g, 0, RECORD_PROBE_STARTED, record_clause(&sign), record_number(probe_interval(g->recovery.probe)));
}

static void take_sample(struct group *g, uint64_t now, const struct probe_sample *s)
{
	bool was = probe_active(g->recovery.probe);
	unsigned signs;

	if (!group_keys_held(g)) {
		probe_skip(g->recovery.probe, now, s);
		return;
	}
	signs = probe_sample(g->recovery.probe, now, s);
	if (!was && probe_active(g->recovery.probe))
		log_start(g, signs);
}

static void start_pull(struct group *g, uint64_t now)
{
	uint64_t planned;

	if (g->life.state != GROUP_REGISTERED) {
		group_tell(g, 0, RECORD_PROBE_NOT_NEEDED, record_state(g->life.state));
		return;
	}
	group_count_probe_pull(g);
	group_tell(g, 0, RECORD_PROBE_PULL, record_number(probe_pulls(g->recovery.probe)),
		   record_number(probe_interval(g->recovery.probe)));
	planned = g->schedule.at;
	group_start(g, now);
	g->recovery.probing = group_pulling(g);
	g->recovery.renewal_before = planned;
}

static void do_what_is_due(struct group *g, uint64_t now)
{
	uint32_t interval = probe_interval(g->recovery.probe);

	switch (probe_tick(g->recovery.probe, now)) {
	case PROBE_NOTHING:
		break;
	case PROBE_PULL:
		start_pull(g, now);
		break;
	case PROBE_ENDED:
		group_tell(g, 0, RECORD_PROBE_ENDED, record_number(probe_pulls(g->recovery.probe)),
			   record_number(interval));
		break;
	}
}

void group_probe_free(struct group *g)
{
	probe_free(g->recovery.probe);
}

void group_probe_forget_pull(struct group *g)
{
	g->recovery.probing = false;
}

void group_probe_tick(struct group *g, uint64_t now)
{
	if (g->recovery.probe && probe_sample_due(g->recovery.probe, now))
		group_ask_counters(g); /* and it goes on with them */
	else if (g->recovery.probe)
		do_what_is_due(g, now);
}

void group_counters(struct group *g, uint64_t now, const struct probe_sample *sample)
{
	if (!g->recovery.probe)
		return;
	if (g->recovery.pulled)
		probe_pulled(g->recovery.probe, now, sample);
	else if (probe_sample_due(g->recovery.probe, now))
		take_sample(g, now, sample);
	if (!g->recovery.pulled)
		do_what_is_due(g, now);
	g->recovery.pulled = false;
}

uint64_t group_probe_deadline(const struct group *g)
{
	return g->recovery.probe ? probe_deadline(g->recovery.probe) : UINT64_MAX;
}

void group_probe_pulled(struct group *g)
{
	g->recovery.probing = false;
	g->recovery.pulled = g->recovery.probe;
	if (g->recovery.pulled)
		group_ask_counters(g);
}

bool group_probe_failed(struct group *g, uint64_t now, const struct record *why)
{
	bool probing = g->recovery.probing;

	g->recovery.probing = false;
	if (!probing || !group_keys_held(g))
		return false;
	schedule_renewal(g, now, false); /* a push may have changed the keys meanwhile */
	schedule_no_later(g, g->recovery.renewal_before);
	group_enter_for(g, RECORD_ENTERED_PROBE_FAILED, GROUP_REGISTERED, 0, REASON_PROBE_FAILED, record_clause(why));
	return true;
}
