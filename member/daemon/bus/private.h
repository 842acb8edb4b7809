/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bus from inside: bus.c has its connections, bus_signal.c what goes out unasked, bus_system.c the system bus.
 *
 * sd-bus calls us in the midst of a connection's work, and the daemon in the midst of its own: there a peer is only
 * doomed, and events and notes only queued.  bus_post() does the rest, called from the event loop alone.
 */
#ifndef MEMBER_DAEMON_BUS_PRIVATE_H
#define MEMBER_DAEMON_BUS_PRIVATE_H

#include "member/daemon/bus/group.h"
#include "member/daemon/bus/object.h"
#include "member/daemon/bus/socket.h"

#define BUS_GROUPS_MAX 1024 /* more than there can be groups */
#define BUS_NOTES_MAX 64    /* more than there can be peers */

struct peer {
	struct bus *owner;
	struct bus_object object;
	sd_bus *connection;
	sd_bus_slot *methods, *filter, *gone, *groups[BUS_GROUP_SLOTS];
	bool system;            /* the connection is to the system bus, and ours */
	bool doomed;            /* nothing more is done for it, and bus_post() frees it */
	int input_fd;           /* a copy of the connection's, -1: none */
	sd_event_source *input; /* tells what comes, before sd-bus reads it */
	size_t unfinished;      /* octets that came since the last whole message */
	uint64_t turn;          /* of the event loop, when some came last */
	int waiting;            /* octets, then */
};

struct bus_signal {
	enum event event;
	char vpn[GVPN_NAME_MAX]; /* "": none */
	uint32_t server, spi;
	char *text;
};

struct bus {
	sd_event *event;
	const struct bus_verbs *verbs;
	void *ctx;
	char *path;
	struct bus_socket_file file;
	int fd;
	sd_event_source *listener, *pause, *post;
	struct peer *peers[BUS_CONNECTIONS_MAX];
	size_t n_peers, n_others;
	struct peer *attached;
	bool full_noted;
	sd_event_source *again;           /* the system bus went away: when it is looked for again */
	uint64_t digests[BUS_GROUPS_MAX]; /* of the groups, as those who listen know them */
	size_t n_digests;
	char (*names)[GVPN_NAME_MAX]; /* of the groups whose objects there were at the last look */
	size_t n_names;
	bool names_known;
	/* What bus_post() is to do. */
	bool changed;
	struct bus_signal signals[BUS_EVENTS_MAX];
	size_t n_signals, n_unsent;
	const char *notes[BUS_NOTES_MAX];
	size_t n_notes;
};

/* TEXT is constant. */
void bus_note(struct bus *b, const char *text);
/* The peer's connection is closed as soon as nobody is in it any more; NOTE (constant) says why, NULL: it went itself.
 */
void bus_doom(struct peer *p, const char *note);
/* Frees the doomed. */
void bus_reap(struct bus *b);
/* Frees the doomed, writes the notes, sends what is queued, and again until there is nothing left. */
void bus_post(struct bus *b);
void bus_signals_clear(struct bus *b);
struct peer *bus_peer_new(struct bus *b); /* NULL: out of memory */
void bus_peer_free(struct peer *p);
/* The system bus went away: looked for again after a while. */
void bus_system_again(struct bus *b);
/* The object and the groups' objects on the peer's connection. */
GVPN_MUST_CHECK int bus_peer_add_objects(struct peer *p);

#endif
