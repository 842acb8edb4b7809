/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the bus; bus.c opens with an essay about them. */
#ifndef MEMBER_DAEMON_BUS_PRIVATE_H
#define MEMBER_DAEMON_BUS_PRIVATE_H

#include "member/daemon/bus/bus.h"
#include "member/daemon/bus/socket.h"

#define BUS_GROUPS_MAX 1024                     /* more than there can be groups */
#define BUS_PEERS_MAX (BUS_CONNECTIONS_MAX + 1) /* the clients of the socket, and the system bus */
#define BUS_NOTES_MAX 64                        /* more than there can be peers */
#define BUS_ASKING_MAX 16                       /* calls whose sender is being asked for */
#define BUS_GROUP_SLOTS 3
#define BUS_GROUP_OBJECT BUS_OBJECT "/group"
#define BUS_GROUP_INTERFACE BUS_INTERFACE_PREFIX "Group"

struct bus_asking;

/* The octets that come on a client's connection, counted before sd-bus reads them (client.c). */
struct bus_input {
	int fd; /* a copy of the connection's; -1: none */
	sd_event_source *source;
	size_t unfinished; /* octets that came since the last whole message */
	uint64_t turn;     /* of the event loop, when some came last */
	int waiting;       /* octets, then */
};

/* The other end of a connection: a client of the private socket, or the system bus, which speaks for many clients. */
struct bus_peer {
	struct bus *bus;
	sd_bus *connection;
	sd_bus_slot *manager, *groups[BUS_GROUP_SLOTS], *filter, *gone;
	bool system;
	bool listens;                              /* wants signals */
	bool doomed;                               /* nothing more is done for this peer, and bus_post() frees it */
	uid_t uid;                                 /* of a client, by the kernel; of the system bus unused */
	struct bus_input input;                    /* of a client */
	struct bus_asking *asking[BUS_ASKING_MAX]; /* of the system bus */
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
	struct bus_peer *peers[BUS_PEERS_MAX];
	size_t n_peers, n_clients, n_others; /* others: clients that may only read */
	struct bus_peer *system;             /* one of the peers; NULL: not on the system bus now */
	bool full_noted;
	sd_event_source *again;           /* when the system bus, which went away, is looked for again */
	uint64_t digests[BUS_GROUPS_MAX]; /* of the groups, as those who listen know them */
	size_t n_digests;
	char (*names)[GVPN_NAME_MAX]; /* of the groups whose objects there were at the last look */
	size_t n_names;
	bool names_known;
	/* The work that waits for bus_post(). */
	bool changed;
	struct bus_signal signals[BUS_EVENTS_MAX];
	size_t n_signals, n_unsent;
	const char *notes[BUS_NOTES_MAX];
	size_t n_notes;
};

/* The signal that the manager and every group's object send (signals.c). */
#define BUS_SIGNAL_EVENT                                                                                               \
	SD_BUS_SIGNAL_WITH_NAMES(                                                                                      \
		"Event", "sssus",                                                                                      \
		SD_BUS_PARAM(name) SD_BUS_PARAM(vpn) SD_BUS_PARAM(server) SD_BUS_PARAM(spi) SD_BUS_PARAM(text), 0)

/* --- bus.c --- */

/* For the log.  TEXT is constant. */
void bus_note(struct bus *b, const char *text);
/* Frees the doomed peers, writes the notes and sends what is queued, until nothing of that is left. */
void bus_post(struct bus *b);

/* --- peer.c --- */

struct bus_peer *bus_peer_new(struct bus *b); /* NULL: out of memory */
void bus_peer_free(struct bus_peer *p);       /* NULL is fine */
static inline void bus_peer_freep(struct bus_peer **p)
{
	bus_peer_free(*p);
}
/* Puts the objects on the connection, which is set up but for that, and takes it into the event loop. */
GVPN_MUST_CHECK int bus_peer_start(struct bus_peer *p);
/* The connection is closed as soon as nobody is at work in it.  NOTE, a constant, says why; NULL: the peer has left. */
void bus_peer_doom(struct bus_peer *p, const char *note);
/* Frees the doomed. */
void bus_peers_reap(struct bus *b);

/* --- client.c --- */

/* Takes FD, a connection that came on the private socket. */
void bus_client_admit(struct bus *b, int fd);

/* --- system.c --- */

/* The system bus went away: it is looked for again after a while. */
void bus_system_again(struct bus *b);

/* --- authorise.c: every call comes through here --- */

/* Does what M asks for and answers M; negative, with ERROR set or as an errno. */
typedef int (*bus_method_fn)(struct bus_peer *p, sd_bus_message *m, sd_bus_error *error);
struct bus_method {
	const char *name;
	bool changes; /* for those alone who may change the state of the member */
	bus_method_fn run;
};
/*
 * Runs the method that M names, if the sender of M may call it.  METHODS ends with an entry without a name.  Everybody
 * who may connect may read; bus_uid_may_change() decides who may change something.  The system bus is asked for the
 * sender of M, and the method runs when the answer comes: nothing waits for the answer.
 */
int bus_dispatch(struct bus_peer *p, const struct bus_method *methods, sd_bus_message *m, sd_bus_error *error);
/* Root and the daemon's own user may. */
bool bus_uid_may_change(uid_t uid);
/* Forgets the calls whose sender is being asked for. */
void bus_forget_asking(struct bus_peer *p);

/* --- manager.c, group_object.c: the objects, the same on every connection --- */

/* The slots keep P; after an error some of them may be there too. */
GVPN_MUST_CHECK int bus_manager_add(struct bus_peer *p);
GVPN_MUST_CHECK int bus_groups_add(struct bus_peer *p);
/* Clears VPN, NULL for all, and answers M. */
int bus_clear(struct bus_peer *p, sd_bus_message *m, const char *vpn, sd_bus_error *error);

/* The path of VPN's object; free() it.  NULL: out of memory. */
char *bus_group_path(const char *vpn);
/* A number that differs when something changed that PropertiesChanged tells. */
uint64_t bus_group_digest(const struct bus_group *g);
int bus_group_emit_changed(sd_bus *connection, const char *vpn);
/* InterfacesAdded or InterfacesRemoved for VPN's object. */
int bus_group_emit_object(sd_bus *connection, const char *vpn, bool added);

/* --- signals.c --- */

/* Sends the queued events. */
void bus_send_events(struct bus *b);
/* Tells the listeners which properties of the groups have changed since the last time. */
void bus_send_changes(struct bus *b);
void bus_signals_clear(struct bus *b);

#endif
