/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/bus/private.h"

#include <stdlib.h>
#include <unistd.h>

struct bus_peer *bus_peer_new(struct bus *b)
{
	struct bus_peer *p = calloc(1, sizeof(*p));

	if (p)
		*p = (struct bus_peer){ .bus = b, .input.fd = -1 };
	return p;
}

void bus_peer_free(struct bus_peer *p)
{
	if (!p)
		return;
	sd_bus_slot_unref(p->manager);
	sd_bus_slot_unref(p->filter);
	sd_bus_slot_unref(p->gone);
	for (size_t i = 0; i < BUS_GROUP_SLOTS; i++)
		sd_bus_slot_unref(p->groups[i]);
	bus_forget_asking(p);
	sd_event_source_disable_unref(p->input.source);
	if (p->input.fd >= 0)
		close(p->input.fd);
	/* The connection is closed without a flush: the daemon does not wait for a peer that does not read. */
	sd_bus_close(p->connection);
	sd_bus_unref(p->connection);
	free(p);
}

static int on_gone(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bus_peer *p = userdata;

	(void)m, (void)error;
	bus_peer_doom(p, p->system ? "the system bus went away; it is looked for every 10 s, and " BUS_SOCKET
				     " serves meanwhile"
				   : NULL);
	return 0;
}

int bus_peer_start(struct bus_peer *p)
{
	int r = sd_bus_match_signal(p->connection, &p->gone, NULL, "/org/freedesktop/DBus/Local",
				    "org.freedesktop.DBus.Local", "Disconnected", on_gone, p);

	if (r >= 0)
		r = bus_manager_add(p);
	if (r >= 0)
		r = bus_groups_add(p);
	if (r >= 0)
		r = sd_bus_start(p->connection);
	if (r >= 0)
		r = sd_bus_attach_event(p->connection, p->bus->event, BUS_PRIORITY);
	return r < 0 ? r : 0;
}

void bus_peer_doom(struct bus_peer *p, const char *note)
{
	if (!p->doomed && note)
		bus_note(p->bus, note);
	p->doomed = true;
	p->listens = false;
}

void bus_peers_reap(struct bus *b)
{
	bool system = false;

	for (size_t i = b->n_peers; i-- > 0;) {
		struct bus_peer *p = b->peers[i];

		if (!p->doomed)
			continue;
		b->peers[i] = b->peers[--b->n_peers];
		if (p->system) {
			system = true;
			b->system = NULL;
		} else {
			b->n_clients--;
			b->n_others -= !bus_uid_may_change(p->uid);
			b->full_noted = false;
		}
		bus_peer_free(p);
	}
	if (system)
		bus_system_again(b);
}
