/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The objects of the group VPNs, /org/gvpn/Member1/group/NAME (its name escaped as sd_bus_path_encode(3) does).  They
 * are made when somebody asks: the daemon keeps no object of a group.
 */
#include "member/daemon/bus/private.h"

#include "lib/hash.h"
#include "lib/selector.h"

#include <stdio.h>
#include <stdlib.h>

static void free_stringp(char **s)
{
	free(*s);
}

/* Finds the group whose object PATH is. */
static int find_group(const struct bus *b, const char *path, struct bus_group *ret)
{
	_cleanup_(free_stringp) char *name = NULL;
	int r = sd_bus_path_decode(path, BUS_GROUP_OBJECT, &name);

	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	for (size_t i = 0; b->verbs->group(b->ctx, i, ret); i++)
		if (strcmp(ret->name, name) == 0)
			return 0;
	return -ENOENT;
}

static int on_find(sd_bus *bus, const char *path, const char *interface, void *userdata, void **ret_found,
		   sd_bus_error *error)
{
	struct bus_peer *p = userdata;
	struct bus_group g;

	(void)bus, (void)interface, (void)error;
	if (find_group(p->bus, path, &g) < 0)
		return 0;
	*ret_found = userdata;
	return 1;
}

static int on_enumerate(sd_bus *bus, const char *prefix, void *userdata, char ***ret_nodes, sd_bus_error *error)
{
	const struct bus *b = ((struct bus_peer *)userdata)->bus;
	struct bus_group g;
	size_t n = 0;
	char **nodes;

	(void)bus, (void)prefix, (void)error;
	while (b->verbs->group(b->ctx, n, &g))
		n++;
	nodes = calloc(n + 1, sizeof(*nodes));
	if (!nodes)
		return -ENOMEM;
	for (size_t i = 0; i < n && b->verbs->group(b->ctx, i, &g); i++) {
		nodes[i] = bus_group_path(g.name);
		if (nodes[i])
			continue;
		while (i-- > 0)
			free(nodes[i]);
		free(nodes);
		return -ENOMEM;
	}
	*ret_nodes = nodes;
	return 0;
}

static int get_property(sd_bus *bus, const char *path, const char *interface, const char *property,
			sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct bus_peer *p = userdata;
	char text[ADDRESS_TEXT_MAX];
	struct bus_group g;
	int r = find_group(p->bus, path, &g);

	(void)bus, (void)interface, (void)error;
	if (r < 0)
		return r;
	if (strcmp(property, "Name") == 0)
		return sd_bus_message_append(reply, "s", g.name);
	if (strcmp(property, "GroupId") == 0)
		return sd_bus_message_append(reply, "u", g.id);
	if (strcmp(property, "LocalGateway") == 0)
		return sd_bus_message_append(reply, "s", address_format(g.local, text));
	if (strcmp(property, "Server") == 0)
		return sd_bus_message_append(reply, "s", g.server ? address_format(g.server, text) : "");
	if (strcmp(property, "State") == 0)
		return sd_bus_message_append(reply, "s", g.state);
	if (strcmp(property, "StateReason") == 0)
		return sd_bus_message_append(reply, "s", g.reason);
	if (strcmp(property, "KeysHeld") == 0)
		return sd_bus_message_append(reply, "u", g.keys);
	return sd_bus_message_append(reply, "t", g.next_registration);
}

static int get_statistics(sd_bus *bus, const char *path, const char *interface, const char *property,
			  sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct bus_peer *p = userdata;
	struct bus_group g;
	int r = find_group(p->bus, path, &g);

	(void)bus, (void)interface, (void)property, (void)error;
	if (r < 0)
		return r;
	const struct group_stats *s = g.stats;
	return sd_bus_message_append(
		reply, "a{st}", 15, "PullSucceeded", s->pull_succeeded, "PullFailed", s->pull_failed, "PullTimeout",
		s->pull_timeout, "PullAborted", s->pull_aborted, "PushSucceeded", s->push_succeeded, "PushFailed",
		s->push_failed, "ServerFailover", s->server_failover, "DeleteReceived", s->delete_received,
		"ExceedMaximumKeys", s->exceed_maximum_keys, "ExceedMaximumPolicies", s->exceed_maximum_policies,
		"UnsupportedAlgo", s->unsupported_algo, "Refused", s->refused, "ClearNotifies", s->clear_notifies,
		"UnknownAttributes", s->unknown_attributes, "RecoveryProbes", s->recovery_probes);
}

static int run_clear(struct bus_peer *p, sd_bus_message *m, sd_bus_error *error)
{
	char name[GVPN_NAME_MAX];
	struct bus_group g;
	int r = find_group(p->bus, sd_bus_message_get_path(m), &g);

	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "%s", g.name); /* the group may go while it is cleared */
	return bus_clear(p, m, name, error);
}

static int on_call(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	static const struct bus_method methods[] = { { "Clear", true, run_clear }, { NULL, false, NULL } };

	return bus_dispatch(userdata, methods, m, error);
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Name", "s", get_property, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("GroupId", "u", get_property, 0, 0),
	SD_BUS_PROPERTY("LocalGateway", "s", get_property, 0, 0),
	SD_BUS_PROPERTY("Server", "s", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("State", "s", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("StateReason", "s", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("KeysHeld", "u", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("NextRegistrationUSec", "t", get_property, 0, 0),
	SD_BUS_PROPERTY("Statistics", "a{st}", get_statistics, 0, 0),
	SD_BUS_METHOD_WITH_ARGS("Clear", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, on_call, SD_BUS_VTABLE_UNPRIVILEGED),
	BUS_SIGNAL_EVENT,
	SD_BUS_VTABLE_END,
};

int bus_groups_add(struct bus_peer *p)
{
	int r = sd_bus_add_fallback_vtable(p->connection, &p->groups[0], BUS_GROUP_OBJECT, BUS_GROUP_INTERFACE, vtable,
					   on_find, p);

	if (r >= 0)
		r = sd_bus_add_node_enumerator(p->connection, &p->groups[1], BUS_GROUP_OBJECT, on_enumerate, p);
	if (r >= 0)
		r = sd_bus_add_object_manager(p->connection, &p->groups[2], BUS_OBJECT);
	return r < 0 ? r : 0;
}

char *bus_group_path(const char *vpn)
{
	char *path = NULL;

	return sd_bus_path_encode(BUS_GROUP_OBJECT, vpn, &path) < 0 ? NULL : path;
}

uint64_t bus_group_digest(const struct bus_group *g)
{
	uint64_t d = HASH_START;

	d = hash_octets(d, g->name, strlen(g->name) + 1);
	d = hash_octets(d, g->state, strlen(g->state) + 1);
	d = hash_octets(d, g->reason, strlen(g->reason) + 1);
	d = hash_octets(d, &g->server, sizeof(g->server));
	return hash_octets(d, &g->keys, sizeof(g->keys));
}

int bus_group_emit_changed(sd_bus *connection, const char *vpn)
{
	_cleanup_(free_stringp) char *path = bus_group_path(vpn);

	return path ? sd_bus_emit_properties_changed(connection, path, BUS_GROUP_INTERFACE, "Server", "State",
						     "StateReason", "KeysHeld", NULL)
		    : -ENOMEM;
}

int bus_group_emit_object(sd_bus *connection, const char *vpn, bool added)
{
	_cleanup_(free_stringp) char *path = bus_group_path(vpn);

	if (!path)
		return -ENOMEM;
	return added ? sd_bus_emit_interfaces_added(connection, path, BUS_GROUP_INTERFACE, NULL)
		     : sd_bus_emit_interfaces_removed(connection, path, BUS_GROUP_INTERFACE, NULL);
}
