/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bus from inside: bus.c has its connections, bus_signal.c what goes out unasked, bus_system.c the system bus. */
#ifndef MEMBER_BUS_PRIVATE_H
#define MEMBER_BUS_PRIVATE_H

#include "member/bus_group.h"
#include "member/bus_object.h"
#include "member/bus_socket.h"

#define BUS_GROUPS_MAX 1024 /* more than there can be groups */

struct peer {
	struct bus *owner;
	struct bus_object object;
	sd_bus *connection;
	sd_bus_slot *methods, *filter, *gone, *groups[BUS_GROUP_SLOTS];
};

struct bus {
	sd_event *event;
	const struct bus_verbs *verbs;
	void *ctx;
	char *path;
	struct bus_socket_file file;
	int fd;
	sd_event_source *listener, *pause;
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
};

void bus_note(struct bus *b, const char *text);
/* Closes the peer's connection and forgets it; at once, so do not touch it after. */
void bus_drop(struct peer *p);
void bus_peer_free(struct peer *p);
/* The object and the groups' objects on the peer's connection. */
GVPN_MUST_CHECK int bus_peer_add_objects(struct peer *p);

#endif
