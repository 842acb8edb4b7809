/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/d3p_watch.h"

void d3p_watch_set(struct d3p_watch *w, bool on, uint64_t now)
{
	if (!on)
		w->look_at = 0;
	else if (w->look_at == 0)
		w->look_at = now;
}

uint64_t d3p_total(const struct kernel_d3p_counters *c)
{
	return c->too_old + c->too_new + c->no_timestamp + c->unexpected + c->type_error + c->length_error +
	       c->next_header_error;
}

/* A counter that is lower than before has begun anew. */
static void add_rise(uint64_t *to, uint64_t before, uint64_t after)
{
	*to += after >= before ? after - before : after;
}

static void add_rises(struct kernel_d3p_counters *to, const struct kernel_d3p_counters *before,
		      const struct kernel_d3p_counters *after)
{
	add_rise(&to->too_old, before->too_old, after->too_old);
	add_rise(&to->too_new, before->too_new, after->too_new);
	add_rise(&to->no_timestamp, before->no_timestamp, after->no_timestamp);
	add_rise(&to->unexpected, before->unexpected, after->unexpected);
	add_rise(&to->type_error, before->type_error, after->type_error);
	add_rise(&to->length_error, before->length_error, after->length_error);
	add_rise(&to->next_header_error, before->next_header_error, after->next_header_error);
}

bool d3p_watch_look(struct d3p_watch *w, uint64_t now, const struct kernel_d3p_counters *c,
		    struct kernel_d3p_counters *ret, uint64_t *ret_ms)
{
	bool quiet = d3p_total(&w->news) == 0;

	w->look_at = now + D3P_LOOK_MS;
	if (w->based)
		add_rises(&w->news, &w->seen, c);
	else /* what an earlier run of the daemon has counted is no news */
		w->news_since = now;
	if (w->based && quiet && d3p_total(&w->news) > 0)
		w->news_since = now - D3P_LOOK_MS;
	w->based = true;
	w->seen = *c;
	if (d3p_total(&w->news) == 0 || (w->told_at != 0 && now - w->told_at < D3P_TELL_MS))
		return false;
	*ret = w->news;
	*ret_ms = now - w->news_since;
	w->news = (struct kernel_d3p_counters){ 0 };
	w->told_at = now;
	return true;
}
