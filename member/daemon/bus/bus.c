/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/bus/private.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPT_PAUSE_USEC 1000000

void bus_note(struct bus *b, const char *text)
{
	if (b->n_notes < BUS_NOTES_MAX)
		b->notes[b->n_notes++] = text;
}

void bus_peer_free(struct peer *p)
{
	if (!p)
		return;
	sd_bus_slot_unref(p->methods);
	sd_bus_slot_unref(p->filter);
	sd_bus_slot_unref(p->gone);
	for (size_t i = 0; i < BUS_GROUP_SLOTS; i++)
		sd_bus_slot_unref(p->groups[i]);
	bus_object_clean(&p->object);
	sd_event_source_disable_unref(p->input);
	if (p->input_fd >= 0)
		close(p->input_fd);
	/* Without a flush: nothing waits for a client that does not read. */
	if (p->object.peer_known || p->system)
		sd_bus_close(p->connection);
	sd_bus_unref(p->connection);
	free(p);
}

struct peer *bus_peer_new(struct bus *b)
{
	struct peer *p = calloc(1, sizeof(*p));

	if (p)
		*p = (struct peer){ .owner = b, .input_fd = -1 };
	return p;
}

static void peer_freep(struct peer **p)
{
	bus_peer_free(*p);
}

void bus_doom(struct peer *p, const char *note)
{
	if (!p->doomed && note)
		bus_note(p->owner, note);
	p->doomed = true;
	p->object.listens = false;
}

void bus_reap(struct bus *b)
{
	for (size_t i = b->n_peers; i-- > 0;) {
		struct peer *p = b->peers[i];

		if (!p->doomed)
			continue;
		b->peers[i] = b->peers[--b->n_peers];
		b->n_others -= !bus_uid_may_change(p->object.peer);
		b->full_noted = false;
		bus_peer_free(p);
	}
	if (b->attached && b->attached->doomed) {
		struct peer *p = TAKE(b->attached);
		bool system = p->system;

		bus_peer_free(p);
		if (system)
			bus_system_again(b);
	}
}

static int on_gone(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	(void)m, (void)error;
	bus_doom(userdata, NULL);
	return 0;
}

/* Sees every message before any reply to it is made, so that no client makes the queue of replies grow. */
static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct peer *p = userdata;
	uint64_t unread = 0;

	(void)m, (void)error;
	p->unfinished = 0;
	if (p->doomed)
		return 1;
	if (sd_bus_get_n_queued_write(p->connection, &unread) >= 0 && unread <= BUS_UNREAD_MAX)
		return 0;
	bus_doom(p, "a control client was disconnected: it does not read the replies to its calls");
	return 1;
}

/*
 * sd-bus would gather a message of 128 MiB.  What comes is counted, before sd-bus reads it, until a message is whole.
 * Where another source had its turn since the last arrival (ours and the post source are the two that come between),
 * sd-bus may have read all of that: what waits is counted anew, and then some of it twice.
 */
static int on_input(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct peer *p = userdata;
	uint64_t turn = 0;
	int waiting = 0;

	(void)source, (void)events;
	if (ioctl(fd, SIOCINQ, &waiting) < 0 || sd_event_get_iteration(p->owner->event, &turn) < 0)
		return 0;
	if (turn > p->turn + 2 || waiting < p->waiting)
		p->unfinished += (size_t)waiting;
	else
		p->unfinished += (size_t)(waiting - p->waiting);
	p->turn = turn;
	p->waiting = waiting;
	if (p->unfinished > BUS_INPUT_MAX)
		bus_doom(p, "a control client was disconnected: it sends a message without end");
	return 0;
}

/* Edge-triggered: it is sd-bus that reads. */
static int watch_input(struct peer *p, int fd)
{
	int r;

	p->input_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (p->input_fd < 0)
		return -errno;
	r = sd_event_add_io(p->owner->event, &p->input, p->input_fd, EPOLLIN | EPOLLET, on_input, p);
	return r < 0 ? r : sd_event_source_set_priority(p->input, BUS_PRIORITY - 1);
}

/* Who has closed makes room before who comes is counted, though the loop has not come to it yet. */
static void drop_closed(struct bus *b)
{
	struct pollfd fds[BUS_CONNECTIONS_MAX];

	for (size_t i = 0; i < b->n_peers; i++)
		fds[i] = (struct pollfd){ .fd = sd_bus_get_fd(b->peers[i]->connection) };
	if (poll(fds, b->n_peers, 0) > 0)
		for (size_t i = 0; i < b->n_peers; i++)
			if (fds[i].revents & POLLHUP)
				bus_doom(b->peers[i], NULL);
	bus_reap(b);
}

int bus_peer_add_objects(struct peer *p)
{
	int r = bus_object_add(p->connection, &p->methods, &p->object);

	return r < 0 ? r : bus_group_add(p->connection, p->groups, &p->object);
}

static int peer_start(struct peer *p, int fd)
{
	const int buffer = BUS_SOCKET_BUFFER;
	sd_id128_t id;
	int r = sd_id128_randomize(&id);

	if (r >= 0)
		r = sd_bus_new(&p->connection);
	if (r >= 0)
		r = sd_bus_set_fd(p->connection, fd, fd);
	if (r < 0) {
		close(fd);
		return r;
	}
	r = sd_bus_set_server(p->connection, true, id);
	if (r >= 0)
		r = sd_bus_set_anonymous(p->connection, false);
	if (r >= 0)
		r = sd_bus_negotiate_fds(p->connection, false);
	if (r >= 0)
		r = sd_bus_add_filter(p->connection, &p->filter, on_message, p);
	if (r >= 0)
		r = sd_bus_match_signal(p->connection, &p->gone, NULL, "/org/freedesktop/DBus/Local",
					"org.freedesktop.DBus.Local", "Disconnected", on_gone, p);
	if (r >= 0)
		r = bus_peer_add_objects(p);
	if (r >= 0)
		r = sd_bus_start(p->connection);
	/* sd-bus makes it 8 MiB, and one client that does not read would have so much of the daemon's memory. */
	if (r >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer)) < 0)
		r = -errno;
	if (r >= 0)
		r = watch_input(p, fd);
	if (r >= 0)
		r = sd_bus_attach_event(p->connection, p->owner->event, BUS_PRIORITY);
	return r;
}

/* Takes FD. */
static int admit(struct bus *b, int fd)
{
	_cleanup_(peer_freep) struct peer *p = bus_peer_new(b);
	struct ucred who;
	socklen_t len = sizeof(who);

	if (!p || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0) {
		close(fd);
		return -ENOMEM;
	}
	drop_closed(b);
	bool other = !bus_uid_may_change(who.uid);
	if (b->n_peers == BUS_CONNECTIONS_MAX || (other && b->n_others == BUS_CONNECTIONS_OTHERS)) {
		close(fd);
		if (!b->full_noted)
			bus_note(b, "a control client was refused: too many are connected");
		b->full_noted = true;
		return -EBUSY;
	}
	p->object = (struct bus_object){ .verbs = b->verbs, .ctx = b->ctx, .peer_known = true, .peer = who.uid };
	int r = peer_start(p, fd);
	if (r < 0)
		return r;
	b->n_others += other;
	b->peers[b->n_peers++] = TAKE(p);
	return 0;
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

/* Without descriptors or memory the waiting connection stays readable: look again later instead of spinning. */
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
		int r = admit(b, client);
		if (r < 0 && r != -EBUSY)
			bus_note(b, "a control client was refused: out of memory");
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

int bus_attach(struct bus *b, sd_bus *connection)
{
	_cleanup_(peer_freep) struct peer *p = NULL;

	if (b->attached)
		return -EBUSY;
	p = bus_peer_new(b);
	if (!p)
		return -ENOMEM;
	p->object = (struct bus_object){ .verbs = b->verbs, .ctx = b->ctx, .listens = true };
	p->connection = sd_bus_ref(connection);
	int r = bus_peer_add_objects(p);
	if (r < 0)
		return r;
	b->attached = TAKE(p);
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
	bus_peer_free(b->attached);
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

size_t bus_connections(const struct bus *b)
{
	return b->n_peers;
}
