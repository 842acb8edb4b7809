/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/bus/private.h"

#include "lib/selector.h"

#include <stdio.h>
#include <stdlib.h>

/* The next peer that wants signals, from *AT on; one that leaves unread what it has been sent is disconnected. */
static struct bus_peer *next_listener(struct bus *b, size_t *at)
{
	while (*at < b->n_peers) {
		struct bus_peer *p = b->peers[(*at)++];
		uint64_t unread = 0;

		if (!p->listens)
			continue;
		if (sd_bus_get_n_queued_write(p->connection, &unread) >= 0 &&
		    unread <= (p->system ? BUS_UNREAD_SYSTEM_MAX : BUS_UNREAD_MAX))
			return p;
		bus_peer_doom(p, p->system ? "the system bus does not read what it is sent, and is left"
					   : "a control client was disconnected: it does not read what it monitors");
	}
	return NULL;
}

static bool has_listener(const struct bus *b)
{
	for (size_t i = 0; i < b->n_peers; i++)
		if (b->peers[i]->listens)
			return true;
	return false;
}

/* --- events --- */

void bus_event(struct bus *b, enum event e, const char *vpn, uint32_t server, uint32_t spi, const char *text)
{
	struct bus_signal *s = &b->signals[b->n_signals];

	/* Nothing is lost without a listener: every event is in the log as well. */
	if (!has_listener(b))
		return;
	if (b->n_signals == BUS_EVENTS_MAX) {
		b->n_unsent++;
		return;
	}
	*s = (struct bus_signal){ .event = e, .server = server, .spi = spi, .text = strdup(text) };
	snprintf(s->vpn, sizeof(s->vpn), "%s", vpn ? vpn : "");
	b->n_signals += s->text != NULL;
}

static void send_signal(struct bus *b, const struct bus_signal *s)
{
	char *path = s->vpn[0] ? bus_group_path(s->vpn) : NULL;
	char address[ADDRESS_TEXT_MAX] = "";
	size_t at = 0;

	if (s->server)
		address_format(s->server, address);
	for (struct bus_peer *p; (p = next_listener(b, &at));)
		(void)sd_bus_emit_signal(p->connection, path ? path : BUS_OBJECT,
					 path ? BUS_GROUP_INTERFACE : BUS_INTERFACE, "Event", "sssus",
					 event_name(s->event), s->vpn, address, s->spi, s->text);
	free(path);
}

void bus_send_events(struct bus *b)
{
	for (size_t i = 0; i < b->n_signals; i++)
		send_signal(b, &b->signals[i]);
	bus_signals_clear(b);
	if (b->n_unsent > 0)
		bus_note(b, "clients that monitor were not sent all events: too many came at once");
	b->n_unsent = 0;
}

void bus_signals_clear(struct bus *b)
{
	for (size_t i = 0; i < b->n_signals; i++)
		free(b->signals[i].text);
	b->n_signals = 0;
}

/* --- objects that come and go with the configuration --- */

static bool is_named(char (*names)[GVPN_NAME_MAX], size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool same_names(const struct bus *b)
{
	struct bus_group g;
	size_t n = 0;

	while (b->verbs->group(b->ctx, n, &g)) {
		if (n >= b->n_names || strcmp(b->names[n], g.name) != 0)
			return false;
		n++;
	}
	return b->names_known && n == b->n_names;
}

static void emit_object(struct bus *b, const char *vpn, bool added)
{
	size_t at = 0;

	for (struct bus_peer *p; (p = next_listener(b, &at));)
		(void)bus_group_emit_object(p->connection, vpn, added);
}

static void look_at_objects(struct bus *b)
{
	char(*names)[GVPN_NAME_MAX];
	struct bus_group g;
	size_t n = 0;

	if (same_names(b))
		return;
	while (b->verbs->group(b->ctx, n, &g))
		n++;
	names = calloc(n + 1, sizeof(*names));
	if (!names)
		return; /* tried again with the next event */
	for (size_t i = 0; i < n && b->verbs->group(b->ctx, i, &g); i++)
		snprintf(names[i], sizeof(names[i]), "%s", g.name);
	/* The objects of the beginning are no news. */
	for (size_t i = 0; b->names_known && i < b->n_names; i++)
		if (!is_named(names, n, b->names[i]))
			emit_object(b, b->names[i], false);
	for (size_t i = 0; b->names_known && i < n; i++)
		if (!is_named(b->names, b->n_names, names[i]))
			emit_object(b, names[i], true);
	free(b->names);
	b->names = names;
	b->n_names = n;
	b->names_known = true;
}

void bus_changed(struct bus *b)
{
	b->changed = true;
}

void bus_send_changes(struct bus *b)
{
	struct bus_group g;
	size_t n = 0;

	if (!b->changed)
		return;
	b->changed = false;
	look_at_objects(b);
	if (!has_listener(b))
		return;
	for (; n < BUS_GROUPS_MAX && b->verbs->group(b->ctx, n, &g); n++) {
		uint64_t digest = bus_group_digest(&g);
		bool known = n < b->n_digests && b->digests[n] == digest;
		size_t at = 0;

		b->digests[n] = digest;
		for (struct bus_peer *p; !known && (p = next_listener(b, &at));)
			(void)bus_group_emit_changed(p->connection, g.name);
	}
	b->n_digests = n;
}
