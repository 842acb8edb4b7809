/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The objects of the group VPNs, /org/gvpn/Member1/group/NAME (its name escaped as sd_bus_path_encode(3) does),
 * interface org.gvpn.Member1.Group: properties, a signal Event as the manager's for what happens to it,
 * PropertiesChanged for its state, and the method Clear() for whom the manager's is.  BUS_OBJECT is their
 * org.freedesktop.DBus.ObjectManager.
 */
#ifndef MEMBER_DAEMON_BUS_GROUP_H
#define MEMBER_DAEMON_BUS_GROUP_H

#include "member/daemon/bus/object.h"

#define BUS_GROUP_OBJECT BUS_OBJECT "/group"
#define BUS_GROUP_INTERFACE BUS_INTERFACE_PREFIX "Group"

#define BUS_GROUP_SLOTS 3

/* OBJECT must outlive the slots.  After an error some of them may be there too. */
GVPN_MUST_CHECK int bus_group_add(sd_bus *connection, sd_bus_slot *ret[static BUS_GROUP_SLOTS],
				  struct bus_object *object);

/* The path of VPN's object; free() it.  NULL: out of memory. */
char *bus_group_path(const char *vpn);
/* A number that differs when something changed that PropertiesChanged tells. */
uint64_t bus_group_digest(const struct bus_group *g);
int bus_group_emit_changed(sd_bus *connection, const char *vpn);
/* InterfacesAdded or InterfacesRemoved for its object. */
int bus_group_emit_object(sd_bus *connection, const char *vpn, bool added);

#endif
