/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's D-Bus side: object /org/gvpn/Member1, interface org.gvpn.Member1.Manager, on a private socket that needs
 * no bus daemon.  Each connection is a D-Bus peer of its own (D-Bus specification, "Authentication": EXTERNAL only).
 *
 *   Snapshot() -> s   the state as JSON (member/ctl/output.h)        whoever the socket's mode lets connect
 *   Counters() -> s   the kernel's counters alone, as JSON         the same
 *   Explain(ssyqqss) -> s   source, destination, protocol (0: one that no rule names), source port, destination port,
 *                     "in", "out" or "" (by the routes), the inside interface or "" (by the routes): what happens to
 *                     such a packet, as JSON (member/daemon/explain.h)       the same
 *   Clear(s)          a VPN's name, "" for all (row F4)        uid 0 and the daemon's own uid
 *   Reload()                                                   as Clear
 *   Stop(b)           true: keep SAs and policies (row D6)     as Clear
 *   Monitor()         from now on signals come, on this connection alone    as Snapshot
 *   signal Event(sssus)     name (member/log/event.h), VPN, server, SPI, text
 *
 * and an object for each group VPN, /org/gvpn/Member1/group/NAME, interface org.gvpn.Member1.Group: properties, a
 * signal Event as the manager's for what happens to the VPN, PropertiesChanged for its state, and the method Clear()
 * for whom the manager's is.  /org/gvpn/Member1 is their org.freedesktop.DBus.ObjectManager.  On the system bus, as
 * org.gvpn.Member1, signals always go out: the bus daemon knows who asked for them.
 *
 * Nothing here waits for a client, or for the system bus.  At most BUS_CONNECTIONS_MAX are connected, of which uids
 * other than 0 and the daemon's hold at most BUS_CONNECTIONS_OTHERS, so that they cannot lock the administrator out.  A
 * client that leaves unread what it has asked for, or sends a message without end, is disconnected.  Clients come
 * behind everything else that the event loop has to do.
 *
 * Nothing here calls back from a call: signals and notes are queued, and a post source sends them, so that a note may
 * well become an event of its own.
 */
#ifndef MEMBER_DAEMON_BUS_BUS_H
#define MEMBER_DAEMON_BUS_BUS_H

#include "lib/gvpn.h"
#include "member/api/bus.h"
#include "member/api/group_stats.h"
#include "member/log/record.h"
#include <json-c/json.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

struct explain_request; /* member/api/explain.h */

#define BUS_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 10) /* of clients, in the event loop */

/* A group VPN, as its object shows it; what is pointed to lives until the event loop goes on. */
struct bus_group {
	const char *name, *state;
	char reason[RECORD_TEXT_MAX];
	uint32_t id, local, server; /* addresses in host byte order; server 0: none yet */
	uint32_t keys;              /* traffic keys held */
	uint64_t next_registration; /* microseconds of CLOCK_BOOTTIME, UINT64_MAX: none is planned */
	const struct group_stats *stats;
};

/*
 * The verbs: what the daemon does when a client asks.  A verb is called from the event loop and must not block.  It
 * gives 0, or a negative errno with WHY for the operator; -ENOENT: no VPN has this name.
 */
struct bus_verbs {
	/* New references; NULL: out of memory. */
	struct json_object *(*snapshot)(void *ctx);
	struct json_object *(*counters)(void *ctx);
	/* A new reference; the request is as the client said, unchecked but for its form. */
	int (*explain)(void *ctx, const struct explain_request *q, struct json_object **ret, struct record *why);
	int (*clear)(void *ctx, const char *vpn, struct record *why); /* NULL: all of them */
	int (*reload)(void *ctx, struct record *why);
	int (*stop)(void *ctx, bool keep, struct record *why); /* returns before it stops: the reply is still to go */
	bool (*group)(void *ctx, size_t i, struct bus_group *ret); /* false: there are no more */
	/* For the log: a connection was refused or dropped.  May call bus_event(). */
	void (*note)(void *ctx, const char *text);
};

struct bus;

/*
 * Listens on PATH: its directory is made with 0755 when missing, the socket has 0660 and the process's group.  A socket
 * that an earlier run left is replaced.  -EADDRINUSE: somebody answers on it; -EEXIST: PATH is something else; -EPERM:
 * the directory is neither root's nor the daemon's, or others may write to it, or PATH.lock is not the daemon's;
 * -EBUSY: another daemon has been starting for seconds.  VERBS must outlive the bus.  ERR says what failed.
 */
GVPN_MUST_CHECK int bus_new(struct bus **ret, sd_event *event, const char *path, const struct bus_verbs *verbs,
			    void *ctx, char err[static BUS_TEXT_MAX]);
/*
 * Connects to the system bus, takes the name BUS_NAME, and does so again every few seconds once the bus went away.
 * Waits for nothing.  -ENOENT, -ECONNREFUSED: there is no system bus, and it is not looked for again.
 */
GVPN_MUST_CHECK int bus_attach_system(struct bus *b);

/*
 * Sends an event as a signal to the listeners; VPN NULL: the event is about no VPN.  The signal goes out when the event
 * loop has finished its present work.  When more than BUS_EVENTS_MAX come at once, the last ones are not sent, and a
 * note says how many.
 */
void bus_event(struct bus *b, enum event e, const char *vpn, uint32_t server, uint32_t spi, const char *text);
/* A property of a group's object may have changed: the listeners are told which ones have. */
void bus_changed(struct bus *b);

/* Sends what is queued, removes the socket when it is still ours, and leaves unsent what a client does not read.  NULL
 * is fine. */
void bus_free(struct bus *b);
static inline void bus_freep(struct bus **b)
{
	bus_free(*b);
}

#endif
