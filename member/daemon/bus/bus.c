/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bus: what others may see of the member, and ask of the daemon.
 *
 * Objects.  There is one manager, /org/gvpn/Member1, and one object for each group VPN.  The daemon keeps neither: a
 * vtable answers for them, and asks the daemon by its verbs (struct bus_verbs).  A peer is the other end of one D-Bus
 * connection: a client of the private socket, or the system bus, which speaks for many clients.
 *
 * Two ways lead to the same objects, and each has users that the other one cannot serve.  gvpnctl, and with it
 * "systemctl reload", uses the private socket: a member works on a host that has no bus daemon, before one runs, and
 * while one is being updated.  Programs use the system bus: they find the name there, and the bus daemon hands a signal
 * to everybody who asked for it.  So both stay, and they share everything that can be shared: one vtable for each kind
 * of object, one dispatcher with one check of who may change something, one way for a signal.  Two differences remain,
 * and each has one place: who the sender of a call is (authorise.c: the kernel says it of a client, the system bus is
 * asked), and how a connection begins (client.c, system.c).
 *
 * Who calls what:
 *
 *   private socket -> bus.c accepts -> client.c -+
 *                                                +-> peer.c -> manager.c, group_object.c -> authorise.c -> the verbs
 *   system bus ---------------------> system.c --+
 *   the daemon -> bus_event(), bus_changed() -> queues -> the post source -> bus_post() -> signals.c -> each peer
 *
 * gvpnd has no socket unit of its own: "gvpnctl show" would start a member that the administrator has stopped.  Who
 * wants that can write one (socket.h).
 *
 * Known races.  sd-bus calls us while it is at work in a connection, and the daemon calls us while it is at work in its
 * own state: so nothing here frees a peer, sends a signal or writes a line at once.  A peer is doomed, an event and a
 * note are queued, and bus_post() does the rest when the event loop has done what it was at.  A note may become an
 * event, and sending an event may doom a peer: bus_post() goes round until nothing is left, and each round that dooms
 * has one peer less.  A group may go away while it is cleared: a verb is given a copy of its name.  The sender of a
 * call may leave before the system bus has said who that was: the call is then denied.
 *
 * Standards: D-Bus Specification ("Authentication Protocol", EXTERNAL only; "Standard Interfaces": Introspectable,
 * Peer, Properties, ObjectManager).
 */
#include "member/daemon/bus/private.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPT_PAUSE_USEC 1000000

void bus_note(struct bus *b, const char *text)
{
	if (b->n_notes < BUS_NOTES_MAX)
		b->notes[b->n_notes++] = text;
}

static void write_notes(struct bus *b)
{
	const char *notes[BUS_NOTES_MAX];
	size_t n = b->n_notes;

	memcpy(notes, b->notes, n * sizeof(*notes));
	b->n_notes = 0;
	for (size_t i = 0; i < n; i++)
		b->verbs->note(b->ctx, notes[i]);
}

void bus_post(struct bus *b)
{
	do {
		bus_peers_reap(b);
		write_notes(b);
		bus_send_events(b);
		bus_send_changes(b);
	} while (b->n_notes > 0 || b->n_signals > 0);
	bus_peers_reap(b);
}

static int on_post(sd_event_source *source, void *userdata)
{
	(void)source;
	bus_post(userdata);
	return 0;
}

static int on_pause_over(sd_event_source *source, uint64_t now, void *userdata)
{
	struct bus *b = userdata;

	(void)source, (void)now;
	return sd_event_source_set_enabled(b->listener, SD_EVENT_ON);
}

/* Without descriptors or memory the waiting connection stays readable: the loop looks again later, and does not spin.
 */
static void pause_listener(struct bus *b)
{
	if (sd_event_source_set_time_relative(b->pause, ACCEPT_PAUSE_USEC) < 0 ||
	    sd_event_source_set_enabled(b->pause, SD_EVENT_ONESHOT) < 0)
		return;
	sd_event_source_set_enabled(b->listener, SD_EVENT_OFF);
}

static int on_connection(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct bus *b = userdata;
	int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)source, (void)events;
	if (client >= 0) {
		bus_client_admit(b, client);
	} else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
		bus_note(b, "no control client is accepted for a second: out of file descriptors or memory");
		pause_listener(b);
	}
	return 0;
}

int bus_new(struct bus **ret, sd_event *event, const char *path, const struct bus_verbs *verbs, void *ctx,
	    char err[static BUS_TEXT_MAX])
{
	_cleanup_(bus_freep) struct bus *b = calloc(1, sizeof(*b));
	int r = -ENOMEM;

	if (b) {
		b->fd = -1;
		b->event = sd_event_ref(event);
		b->verbs = verbs;
		b->ctx = ctx;
		b->path = strdup(path);
	}
	if (!b || !b->path) {
		snprintf(err, BUS_TEXT_MAX, "out of memory");
		return r;
	}
	r = bus_socket_listen(&b->fd, &b->file, path, err);
	if (r < 0)
		return r;
	r = sd_event_add_post(event, &b->post, on_post, b);
	if (r >= 0)
		r = sd_event_add_time_relative(event, &b->pause, CLOCK_MONOTONIC, 0, 0, on_pause_over, b);
	if (r >= 0)
		r = sd_event_source_set_enabled(b->pause, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_io(event, &b->listener, b->fd, EPOLLIN, on_connection, b);
	if (r >= 0)
		r = sd_event_source_set_priority(b->listener, BUS_PRIORITY);
	if (r < 0) {
		snprintf(err, BUS_TEXT_MAX, "cannot watch %.100s: %s", path, strerror(-r));
		return r;
	}
	*ret = TAKE(b);
	return 0;
}

void bus_free(struct bus *b)
{
	if (!b)
		return;
	if (b->post) /* complete */
		bus_post(b);
	while (b->n_peers > 0)
		bus_peer_free(b->peers[--b->n_peers]);
	bus_signals_clear(b);
	free(b->names);
	sd_event_source_disable_unref(b->post);
	sd_event_source_disable_unref(b->listener);
	sd_event_source_disable_unref(b->pause);
	sd_event_source_disable_unref(b->again);
	sd_event_unref(b->event);
	if (b->fd >= 0) {
		bus_socket_remove(b->path, &b->file);
		close(b->fd);
	}
	free(b->path);
	free(b);
}
