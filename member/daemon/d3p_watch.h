/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When an operator is told that anti-replay by time (doc/d3p.md) drops packets: soon after it begins, and then in one
 * line for all that came since, as long as it goes on.  Anybody who plays packets again makes such drops, so their
 * number never makes lines.  Pure: times are milliseconds.
 */
#ifndef MEMBER_DAEMON_D3P_WATCH_H
#define MEMBER_DAEMON_D3P_WATCH_H

#include "xfrm/kernel.h"

#define D3P_LOOK_MS 10000 /* between two looks at the counters */
#define D3P_TELL_MS 60000 /* between two lines, at least */

struct d3p_watch {                       /* all zero: not watched */
	uint64_t look_at;                /* 0: no look is planned */
	uint64_t told_at;                /* 0: nothing was told yet */
	bool based;                      /* SEEN is of an earlier look */
	struct kernel_d3p_counters seen; /* at the last look */
	struct kernel_d3p_counters news; /* since the last line */
	uint64_t news_since;
};

/* From here on there are SAs, or there are none any more. */
void d3p_watch_set(struct d3p_watch *w, bool on, uint64_t now);
static inline bool d3p_watch_is_due(const struct d3p_watch *w, uint64_t now)
{
	return w->look_at != 0 && w->look_at <= now;
}
/* A look.  True when it is to be told now: *RET has the packets dropped since the last line, in *RET_MS. */
GVPN_MUST_CHECK bool d3p_watch_look(struct d3p_watch *w, uint64_t now, const struct kernel_d3p_counters *c,
				    struct kernel_d3p_counters *ret, uint64_t *ret_ms);

uint64_t d3p_total(const struct kernel_d3p_counters *c);

#endif
