/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client of the private socket. */
#include "member/daemon/bus/private.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Sees every message before a reply to the message is made, so that no client makes the queue of replies grow. */
static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bus_peer *p = userdata;
	uint64_t unread = 0;

	(void)m, (void)error;
	p->input.unfinished = 0;
	if (p->doomed)
		return 1;
	if (sd_bus_get_n_queued_write(p->connection, &unread) >= 0 && unread <= BUS_UNREAD_MAX)
		return 0;
	bus_peer_doom(p, "a control client was disconnected: it does not read the replies to its calls");
	return 1;
}

/*
 * sd-bus would gather a message of 128 MiB.  To prevent this, the octets that come are counted, before sd-bus reads
 * them, until a message is whole.  When another source had its turn since the last arrival (ours and the post source
 * are the two that come between), sd-bus may have read all of these octets.  Then the waiting octets are counted anew,
 * and some of them twice.
 */
static int on_input(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct bus_peer *p = userdata;
	struct bus_input *in = &p->input;
	uint64_t turn = 0;
	int waiting = 0;

	(void)source, (void)events;
	if (ioctl(fd, SIOCINQ, &waiting) < 0 || sd_event_get_iteration(p->bus->event, &turn) < 0)
		return 0;
	if (turn > in->turn + 2 || waiting < in->waiting)
		in->unfinished += (size_t)waiting;
	else
		in->unfinished += (size_t)(waiting - in->waiting);
	in->turn = turn;
	in->waiting = waiting;
	if (in->unfinished > BUS_INPUT_MAX)
		bus_peer_doom(p, "a control client was disconnected: it sends a message without end");
	return 0;
}

/* Edge-triggered, because sd-bus is the one that reads. */
static int watch_input(struct bus_peer *p, int fd)
{
	int r;

	p->input.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (p->input.fd < 0)
		return -errno;
	r = sd_event_add_io(p->bus->event, &p->input.source, p->input.fd, EPOLLIN | EPOLLET, on_input, p);
	return r < 0 ? r : sd_event_source_set_priority(p->input.source, BUS_PRIORITY - 1);
}

/* Takes FD. */
static int start_client(struct bus_peer *p, int fd)
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
		r = bus_peer_start(p);
	/* sd-bus makes it 8 MiB, and one client that does not read would have so much of the daemon's memory. */
	if (r >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer)) < 0)
		r = -errno;
	return r < 0 ? r : watch_input(p, fd);
}

/* A client that has closed makes room before the new one is counted, though the loop has not seen the end yet. */
static void drop_closed(struct bus *b)
{
	struct pollfd fds[BUS_PEERS_MAX];

	for (size_t i = 0; i < b->n_peers; i++)
		fds[i] = (struct pollfd){ .fd = b->peers[i]->system ? -1 : sd_bus_get_fd(b->peers[i]->connection) };
	if (poll(fds, b->n_peers, 0) > 0)
		for (size_t i = 0; i < b->n_peers; i++)
			if (fds[i].revents & POLLHUP)
				bus_peer_doom(b->peers[i], NULL);
	bus_peers_reap(b);
}

static bool has_room(struct bus *b, bool other)
{
	drop_closed(b);
	if (b->n_clients < BUS_CONNECTIONS_MAX && (!other || b->n_others < BUS_CONNECTIONS_OTHERS))
		return true;
	if (!b->full_noted)
		bus_note(b, "a control client was refused: too many are connected");
	b->full_noted = true;
	return false;
}

void bus_client_admit(struct bus *b, int fd)
{
	_cleanup_(bus_peer_freep) struct bus_peer *p = bus_peer_new(b);
	struct ucred who;
	socklen_t len = sizeof(who);
	bool other;

	if (!p || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0) {
		close(fd);
		bus_note(b, "a control client was refused: out of memory");
		return;
	}
	other = !bus_uid_may_change(who.uid);
	if (!has_room(b, other)) {
		close(fd);
		return;
	}
	p->uid = who.uid;
	if (start_client(p, fd) < 0) {
		bus_note(b, "a control client was refused: out of memory");
		return;
	}
	b->n_clients++;
	b->n_others += other;
	b->peers[b->n_peers++] = TAKE(p);
}
