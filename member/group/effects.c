/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queue of a group's effects. */
#include "member/group/private.h"

#include <stdlib.h>

static void append_effect(struct group_effects *q, struct group_effect *e)
{
	e->next = NULL;
	*(q->last ? &q->last->next : &q->first) = e;
	q->last = e;
	q->n++;
}

/* NULL: there is no room, or no memory. */
static struct group_effect *append_new(struct group *g, enum group_effect_kind kind)
{
	struct group_effect *e = g->effects.n < GROUP_EFFECTS_MAX ? malloc(sizeof(*e)) : NULL;

	if (!e)
		return NULL;
	e->kind = kind;
	append_effect(&g->effects, e);
	return e;
}

/* Of each of these effects one in the queue is enough.  It needs no memory, so it is never lost. */
static void append_once(struct group *g, struct group_effect *e, enum group_effect_kind kind)
{
	for (const struct group_effect *at = g->effects.first; at; at = at->next)
		if (at == e)
			return;
	e->kind = kind;
	append_effect(&g->effects, e);
}

void group_send(struct group *g, const struct udp_ends *ends, struct ike_datagram *datagram)
{
	struct group_effect *e = append_new(g, GROUP_SENDS);

	if (!e)
		return;
	e->datagram.ends = *ends;
	e->datagram.data = TAKE(datagram->data);
	e->datagram.len = datagram->len;
	datagram->len = 0;
}

void group_open_port(struct group *g, uint16_t port)
{
	struct group_effect *e = append_new(g, GROUP_LISTENS);

	if (e)
		e->port = port;
}

void group_put_record(struct group *g, const struct record *record)
{
	struct group_effect *e = append_new(g, GROUP_TELLS);

	if (e)
		e->record = *record;
}

void group_change(struct group *g)
{
	group_refresh_senders(g);
	append_once(g, &g->effects.changed, GROUP_CHANGED);
}

void group_ask_counters(struct group *g)
{
	append_once(g, &g->effects.asks_counters, GROUP_ASKS_COUNTERS);
}

struct group_effect *group_take_effect(struct group *g)
{
	struct group_effect *e = g->effects.first;

	if (!e)
		return NULL;
	g->effects.first = e->next;
	if (!e->next)
		g->effects.last = NULL;
	g->effects.n--;
	return e;
}

void group_effect_free(struct group_effect *e)
{
	if (!e || e->kind == GROUP_CHANGED || e->kind == GROUP_ASKS_COUNTERS) /* these lie in the group */
		return;
	if (e->kind == GROUP_SENDS) {
		explicit_bzero(e->datagram.data, e->datagram.len);
		free(e->datagram.data);
	}
	free(e);
}

void group_drop_effects(struct group *g)
{
	struct group_effect *e;

	while ((e = group_take_effect(g)))
		group_effect_free(e);
}
