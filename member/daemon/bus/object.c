/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/bus/object.h"

#include "lib/json.h"
#include "member/api/explain.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

bool bus_uid_may_change(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

static int deny(sd_bus_message *m, sd_bus_error *error)
{
	return sd_bus_error_setf(
		error, SD_BUS_ERROR_ACCESS_DENIED,
		"%s changes the state of the group VPN and is for root only; run it as root or with sudo",
		sd_bus_message_get_member(m));
}

/* A call whose sender is being asked for. */
struct bus_asking {
	struct bus_object *object;
	sd_bus_message *call;
	sd_bus_slot *slot;
	bus_change_fn change;
};

static void asking_free(struct bus_asking *a)
{
	if (!a)
		return;
	sd_bus_slot_unref(a->slot);
	sd_bus_message_unref(a->call);
	free(a);
}

void bus_object_clean(struct bus_object *o)
{
	for (size_t i = 0; i < BUS_ASKING_MAX; i++) {
		asking_free(o->asking[i]);
		o->asking[i] = NULL;
	}
}

/* "GetConnectionUnixUser" has answered; without an answer nobody may. */
static int on_sender(sd_bus_message *answer, void *userdata, sd_bus_error *unused)
{
	struct bus_asking *a = userdata;
	struct bus_object *o = a->object;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	uint32_t uid;
	int r;

	(void)unused;
	for (size_t i = 0; i < BUS_ASKING_MAX; i++)
		if (o->asking[i] == a)
			o->asking[i] = NULL;
	if (!sd_bus_message_is_method_error(answer, NULL) && sd_bus_message_read(answer, "u", &uid) > 0 &&
	    bus_uid_may_change(uid))
		r = a->change(o, a->call, &error);
	else
		r = deny(a->call, &error);
	if (sd_bus_error_is_set(&error))
		r = sd_bus_reply_method_error(a->call, &error);
	else if (r < 0)
		r = sd_bus_reply_method_errno(a->call, r, NULL);
	sd_bus_error_free(&error);
	asking_free(a);
	return r < 0 ? r : 0;
}

static int ask(struct bus_object *o, sd_bus_message *m, bus_change_fn change, sd_bus_error *error)
{
	struct bus_asking *a;
	size_t i = 0;
	int r;

	while (i < BUS_ASKING_MAX && o->asking[i])
		i++;
	if (i == BUS_ASKING_MAX)
		return sd_bus_error_set(error, SD_BUS_ERROR_LIMITS_EXCEEDED,
					"too many calls wait for the bus to say who sent them; try again");
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	*a = (struct bus_asking){ .object = o, .call = sd_bus_message_ref(m), .change = change };
	r = sd_bus_call_method_async(sd_bus_message_get_bus(m), &a->slot, "org.freedesktop.DBus",
				     "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetConnectionUnixUser",
				     on_sender, a, "s", sd_bus_message_get_sender(m));
	if (r < 0) {
		asking_free(a);
		return r;
	}
	o->asking[i] = a;
	return 1; /* answered later */
}

int bus_object_change(struct bus_object *o, sd_bus_message *m, bus_change_fn change, sd_bus_error *error)
{
	uid_t uid = o->peer;
	int r = 0;

	if (!o->peer_known && sd_bus_message_get_sender(m))
		return ask(o, m, change, error);
	if (!o->peer_known) { /* no bus between us: the kernel knows */
		sd_bus_creds *creds = NULL;

		r = sd_bus_get_owner_creds(sd_bus_message_get_bus(m), SD_BUS_CREDS_EUID, &creds);
		if (r >= 0)
			r = sd_bus_creds_get_euid(creds, &uid);
		sd_bus_creds_unref(creds);
	}
	return r >= 0 && bus_uid_may_change(uid) ? change(o, m, error) : deny(m, error);
}

/* What a verb returned, as a reply or an error. */
static int conclude(sd_bus_message *m, int r, const char *text, sd_bus_error *error)
{
	if (r >= 0)
		return sd_bus_reply_method_return(m, NULL);
	return sd_bus_error_set(error, r == -ENOENT ? BUS_ERROR_NO_SUCH_VPN : BUS_ERROR_FAILED,
				text[0] ? text : strerror(-r));
}

static int method_snapshot(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bus_object *o = userdata;
	_cleanup_(json_putp) struct json_object *snapshot = o->verbs->snapshot(o->ctx);
	const char *text = snapshot ? json_object_to_json_string_ext(snapshot, JSON_C_TO_STRING_PLAIN) : NULL;

	if (!text)
		return sd_bus_error_set(error, SD_BUS_ERROR_NO_MEMORY, "the daemon is out of memory");
	return sd_bus_reply_method_return(m, "s", text);
}

static int address(uint32_t *ret, const char *text, sd_bus_error *error)
{
	struct in_addr a;

	if (inet_pton(AF_INET, text, &a) != 1)
		return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
					 "'%.40s' is not an address; expected an IPv4 address A.B.C.D", text);
	*ret = ntohl(a.s_addr);
	return 0;
}

static int read_request(struct explain_request *ret, sd_bus_message *m, sd_bus_error *error)
{
	struct explain_request q = { 0 };
	const char *src, *dst, *way, *inside;
	int r = sd_bus_message_read(m, "ssyqqss", &src, &dst, &q.packet.protocol, &q.packet.sport, &q.packet.dport,
				    &way, &inside);

	if (r >= 0)
		r = address(&q.packet.src, src, error);
	if (r >= 0)
		r = address(&q.packet.dst, dst, error);
	if (r < 0)
		return r;
	if (way[0] && strcmp(way, "in") != 0 && strcmp(way, "out") != 0)
		return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
					 "'%.40s' is not a direction; expected in, out or nothing", way);
	if (strlen(inside) >= sizeof(q.inside))
		return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
					 "the name of an interface has at most %zu characters", sizeof(q.inside) - 1);
	if (way[0])
		q.way = strcmp(way, "in") == 0 ? EXPLAIN_WAY_IN : EXPLAIN_WAY_OUT;
	memcpy(q.inside, inside, strlen(inside) + 1);
	*ret = q;
	return 0;
}

static int method_explain(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bus_object *o = userdata;
	_cleanup_(json_putp) struct json_object *answer = NULL;
	struct explain_request q;
	char text[BUS_TEXT_MAX] = "";
	int r = read_request(&q, m, error);

	if (r < 0)
		return r;
	r = o->verbs->explain(o->ctx, &q, &answer, text);
	if (r < 0)
		return sd_bus_error_set(error,
					r == -EINVAL || r == -ENODEV ? SD_BUS_ERROR_INVALID_ARGS : BUS_ERROR_FAILED,
					text[0] ? text : strerror(-r));
	return sd_bus_reply_method_return(m, "s", json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN));
}

int bus_object_clear(struct bus_object *o, sd_bus_message *m, const char *vpn, sd_bus_error *error)
{
	char text[BUS_TEXT_MAX] = "";

	return conclude(m, o->verbs->clear(o->ctx, vpn, text), text, error);
}

static int clear(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	const char *vpn;
	int r = sd_bus_message_read(m, "s", &vpn);

	if (r < 0)
		return r;
	if (strlen(vpn) >= GVPN_NAME_MAX)
		return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
					 "the name of a VPN has at most %d characters", GVPN_NAME_MAX - 1);
	return bus_object_clear(o, m, vpn[0] ? vpn : NULL, error);
}

static int method_clear(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	return bus_object_change(userdata, m, clear, error);
}

static int method_monitor(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	(void)error;
	((struct bus_object *)userdata)->listens = true;
	return sd_bus_reply_method_return(m, NULL);
}

static int reload(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	char text[BUS_TEXT_MAX] = "";

	return conclude(m, o->verbs->reload(o->ctx, text), text, error);
}

static int method_reload(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	return bus_object_change(userdata, m, reload, error);
}

static int stop(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	char text[BUS_TEXT_MAX] = "";
	int keep, r = sd_bus_message_read(m, "b", &keep);

	return r < 0 ? r : conclude(m, o->verbs->stop(o->ctx, keep, text), text, error);
}

static int method_stop(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	return bus_object_change(userdata, m, stop, error);
}

/* UNPRIVILEGED: sd-bus's own check asks for a capability; ours is bus_object_change(). */
static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD_WITH_ARGS("Snapshot", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", json), method_snapshot,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Explain",
				SD_BUS_ARGS("s", source, "s", destination, "y", protocol, "q", source_port, "q",
					    destination_port, "s", direction, "s", inside),
				SD_BUS_RESULT("s", json), method_explain, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Clear", SD_BUS_ARGS("s", vpn), SD_BUS_NO_RESULT, method_clear,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Reload", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_reload, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Stop", SD_BUS_ARGS("b", keep), SD_BUS_NO_RESULT, method_stop,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Monitor", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_monitor,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_SIGNAL_WITH_NAMES(
		"Event", "sssus",
		SD_BUS_PARAM(name) SD_BUS_PARAM(vpn) SD_BUS_PARAM(server) SD_BUS_PARAM(spi) SD_BUS_PARAM(text), 0),
	SD_BUS_VTABLE_END,
};

int bus_object_add(sd_bus *connection, sd_bus_slot **ret, struct bus_object *object)
{
	int r = sd_bus_add_object_vtable(connection, ret, BUS_OBJECT, BUS_INTERFACE, vtable, object);

	return r < 0 ? r : 0;
}
