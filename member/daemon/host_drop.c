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

static uint64_t look_one_way(struct host_drop_way *w, bool based, uint64_t came, uint64_t passed)
{
	uint64_t dropped = came >= w->came ? came - w->came : 0;

	/* A counter that is lower than before has begun anew, with the whole table. */
	if (!based || came < w->came || passed != w->passed) {
		w->good |= based && passed > w->passed;
		w->told &= !w->good;
		w->came = came;
		w->passed = passed;
		return 0;
	}
	if (dropped < HOST_DROP_PACKETS || w->told)
		return 0;
	w->told = true;
	return dropped;
}

void host_drop_look(struct host_drop *h, uint64_t now, const struct host_drop_counts *c, uint64_t *ret_in,
		    uint64_t *ret_out)
{
	*ret_in = look_one_way(&h->in, h->based, c->in_came, c->in_passed);
	*ret_out = look_one_way(&h->out, h->based, c->out_came, c->out_passed);
	h->based = true;
	h->looked = now;
	if (h->anew) /* packets that passed before the change say nothing about the new rules */
		h->in.good = h->out.good = h->anew = false;
	h->look_at = h->in.good && h->out.good ? 0 : now + h->wait_ms;
	h->wait_ms = h->wait_ms * 2 > HOST_DROP_MAX_MS ? HOST_DROP_MAX_MS : h->wait_ms * 2;
}
