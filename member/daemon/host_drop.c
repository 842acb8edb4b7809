/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/host_drop.h"

void host_drop_watch(struct host_drop *h, uint64_t now)
{
	uint64_t earliest = h->looked + HOST_DROP_LEAST_MS;

	if (h->look_at == 0)
		h->based = false;
	h->anew = true;
	h->wait_ms = HOST_DROP_FIRST_MS;
	h->look_at = h->looked != 0 && earliest > now ? earliest : now;
}

void host_drop_rebase(struct host_drop *h)
{
	h->based = false;
}

static uint64_t look_one_way(struct host_drop_way *w, bool based, const struct host_drop_count *c)
{
	uint64_t dropped = c->came >= w->seen.came ? c->came - w->seen.came : 0;

	/* A counter that is lower than before has begun anew, with the whole table. */
	if (!based || c->came < w->seen.came || c->passed != w->seen.passed) {
		w->good |= based && c->passed > w->seen.passed;
		w->told &= !w->good;
		w->seen = *c;
		return 0;
	}
	if (dropped < HOST_DROP_PACKETS || w->told)
		return 0;
	w->told = true;
	return dropped;
}

void host_drop_look(struct host_drop *h, uint64_t now, const struct host_drop_counts *c, struct host_drop_news *ret)
{
	bool all_good;

	ret->in = look_one_way(&h->in, h->based, &c->in);
	ret->out = look_one_way(&h->out, h->based, &c->out);
	ret->stamped = look_one_way(&h->stamped, h->based, &c->stamped);
	h->based = true;
	h->looked = now;
	if (h->anew) /* packets that passed before the change say nothing about the new rules */
		h->in.good = h->out.good = h->stamped.good = h->anew = false;
	all_good = h->in.good && h->out.good && (h->stamped.good || !c->stamps);
	h->look_at = all_good ? 0 : now + h->wait_ms;
	h->wait_ms = h->wait_ms * 2 > HOST_DROP_MAX_MS ? HOST_DROP_MAX_MS : h->wait_ms * 2;
}
