/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The methods of org.gvpn.Member1.Manager on one connection: who may call them, and their errors.
 */
#ifndef MEMBER_DAEMON_BUS_OBJECT_H
#define MEMBER_DAEMON_BUS_OBJECT_H

#include "member/daemon/bus/bus.h"
#include <sys/types.h>

#define BUS_ASKING_MAX 16

struct bus_asking;

struct bus_object {
	const struct bus_verbs *verbs;
	void *ctx;
	bool peer_known; /* private socket: the kernel named the peer; else the message's sender is looked up */
	uid_t peer;
	bool listens;                              /* wants signals */
	struct bus_asking *asking[BUS_ASKING_MAX]; /* calls that wait until the bus has said who sent them */
};

/* Does what M asks for and answers it; negative with ERROR set. */
typedef int (*bus_change_fn)(struct bus_object *o, sd_bus_message *m, sd_bus_error *error);
/*
 * CHANGE, if the sender of M may change the state; else M gets an error.  Of a private socket the kernel has said who
 * that is; the system bus is asked, and CHANGE comes with its answer: nothing waits for it.
 */
int bus_object_change(struct bus_object *o, sd_bus_message *m, bus_change_fn change, sd_bus_error *error);
/* Clears VPN, NULL for all, and answers M. */
int bus_object_clear(struct bus_object *o, sd_bus_message *m, const char *vpn, sd_bus_error *error);
/* Forgets the calls that wait. */
void bus_object_clean(struct bus_object *o);

/* OBJECT must outlive the slot. */
GVPN_MUST_CHECK int bus_object_add(sd_bus *connection, sd_bus_slot **ret, struct bus_object *object);

/* Changing verbs are for root and for the daemon's own user. */
bool bus_uid_may_change(uid_t uid);

#endif
