/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a group says to all its members in a GAP payload (RFC 6407 5.4): delays, and anti-replay by time (doc/d3p.md).
 */
#include "tests/gcks/group_change.h"
#include "tests/gcks/group_private.h"

void gdoi_group_fill_gap(const struct gdoi_group_config *c, struct download *d)
{
	bool d3p = c->anti_replay_window_ms > 0;

	d->has_atd = c->has_activation_delay;
	d->has_dtd = c->has_deactivation_delay;
	d->activation_delay = d->has_atd ? c->activation_delay : 0;
	d->deactivation_delay = d->has_dtd ? c->deactivation_delay : 0;
	d->d3p = (struct gap_d3p){ .has_type = d3p,
				   .has_window = d3p,
				   .type = !d3p          ? 0
					   : c->d3p_type ? c->d3p_type
							 : D3P_POSIX_TIME,
				   .window_ms = c->anti_replay_window_ms,
				   .numbers = c->gap_numbers };
	d->has_gap = d->has_atd || d->has_dtd || d3p;
}

/* One push says it: of new TEKs, or of the present ones once more. */
int gdoi_group_set_window(struct gdoi_group *g, uint64_t now, uint32_t window_ms, bool present_keys,
			  struct gcks_error *err)
{
	size_t n;
	int r = 0;

	if (g->config.clustered)
		return gcks_fail(err, -EPERM,
				 "each server of a cluster has anti-replay-time-window in its own configuration, and "
				 "the others would not learn of it; change it in all of them");
	g->config.anti_replay_window_ms = window_ms;
	g->version++;
	change_begin(g, now, true);
	for (size_t i = 0; i < g->config.n_policies && r == 0 && !present_keys; i++)
		r = gdoi_group_leads_sa(g, i) ? gdoi_keys_add_tek(g, i, now) : 0;
	if (present_keys)
		gdoi_keys_tell_all(g, now);
	n = change_end(g, now);
	if (r == 0)
		return (int)n;
	return gcks_fail(err, r, "the window is another one, but not every TEK could be renewed: %s", strerror(-r));
}
