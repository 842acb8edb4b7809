/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/bus_private.h"

#include "policy/selector.h"

#include <stdio.h>
#include <stdlib.h>

/* The next peer that wants signals, from *AT on; one that does not read those it has is disconnected. */
static struct peer *next_listener(struct bus *b, size_t *at)
{
	while (*at < b->n_peers) {
		struct peer *p = b->peers[*at];
		uint64_t unread = 0;

		if (!p->object.listens) {
			++*at;
		} else if (sd_bus_get_n_queued_write(p->connection, &unread) >= 0 && unread > BUS_UNREAD_MAX) {
			bus_note(b, "a control client was disconnected: it does not read what it monitors");
			bus_drop(p); /* the last one takes its place */
		} else {
			++*at;
			return p;
		}
	}
	/* The system bus comes last. */
	if (*at == b->n_peers && b->attached) {
		++*at;
		return b->attached;
	}
	return NULL;
}

void bus_event(struct bus *b, enum event e, const char *vpn, uint32_t server, uint32_t spi, const char *text)
{
	char *path = vpn ? bus_group_path(vpn) : NULL;
	char address[ADDRESS_TEXT_MAX] = "";
	size_t at = 0;

	if (server)
		address_format(server, address);
	/* A signal that cannot be sent is in the log all the same. */
	for (struct peer *p; (p = next_listener(b, &at));)
		(void)sd_bus_emit_signal(p->connection, path ? path : BUS_OBJECT,
					 path ? BUS_GROUP_INTERFACE : BUS_INTERFACE, "Event", "sssus", event_name(e),
					 vpn ? vpn : "", address, spi, text);
	free(path);
}

static bool has_listener(const struct bus *b)
{
	for (size_t i = 0; i < b->n_peers; i++)
		if (b->peers[i]->object.listens)
			return true;
	return b->attached != NULL;
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

	for (struct peer *p; (p = next_listener(b, &at));)
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
		return; /* with the next event */
	for (size_t i = 0; i < n && b->verbs->group(b->ctx, i, &g); i++)
		snprintf(names[i], sizeof(names[i]), "%s", g.name);
	/* What there is at the beginning is nobody's news. */
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
	struct bus_group g;
	size_t n = 0;

	if (!b->verbs->group)
		return;
	look_at_objects(b);
	if (!has_listener(b))
		return;
	for (; n < BUS_GROUPS_MAX && b->verbs->group(b->ctx, n, &g); n++) {
		uint64_t digest = bus_group_digest(&g);
		bool known = n < b->n_digests && b->digests[n] == digest;
		size_t at = 0;

		b->digests[n] = digest;
		for (struct peer *p; !known && (p = next_listener(b, &at));)
			(void)bus_group_emit_changed(p->connection, g.name);
	}
	b->n_digests = n;
}
