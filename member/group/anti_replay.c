/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an operator reads of a group's anti-replay by time (doc/d3p.md): whether its keys have it, with which window,
 * and who says so.  The keyring does what is told here (keyring_d3p.c).
 */
#include "member/group/private.h"

/* The window of the keys that came last. */
static void tell_window(struct group *g, uint32_t window, bool said)
{
	if (g->anti_replay.told == window)
		return;
	g->anti_replay.told = window;
	if (window > 0)
		group_tell(g, 0, RECORD_D3P_ENABLED, record_number(window),
			   record_phrase(said ? D3P_OF_SERVER : D3P_OF_STATEMENT));
	else
		group_tell(g, 0, RECORD_D3P_DISABLED);
}

static void tell_difference(struct group *g, uint32_t window)
{
	uint32_t configured = g->vpn->replay_window_ms;

	if (configured == 0 || configured == window) {
		g->anti_replay.told_difference = 0;
		return;
	}
	if (g->anti_replay.told_difference == window)
		return;
	g->anti_replay.told_difference = window;
	group_tell(g, 0, RECORD_D3P_WINDOW_DIFFERS, record_number(window), record_number(configured));
}

/* The vendor ID alone does nothing: the attributes that go with it are most likely among those that are not known. */
static void tell_announced(struct group *g, const struct download *d, const struct vendor_ids *ids)
{
	bool missing = vendor_ids_d3p(ids) && d->n_gap_unknown > 0;

	if (missing && g->vpn->replay_window_ms == 0 && !g->anti_replay.told_announced)
		group_tell(g, 0, RECORD_D3P_ANNOUNCED, record_number(g->gateway->gap_numbers.d3p_type),
			   record_number(g->gateway->gap_numbers.d3p_window));
	g->anti_replay.told_announced = missing;
}

void group_note_d3p(struct group *g, const struct download *d, const struct vendor_ids *ids)
{
	bool said = d->d3p.has_type || d->d3p.has_window;
	uint32_t window, number;

	if (ids && !said)
		tell_announced(g, d, ids);
	if (d->n_teks == 0 || keyring_window_of(g->keys, &d->d3p, &window, &number) != RECORD_NOTHING)
		return; /* the refusals say it */
	tell_window(g, window, said);
	if (said)
		tell_difference(g, window);
}
