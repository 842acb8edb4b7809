/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/bus/private.h"

#include <stdlib.h>
#include <unistd.h>

bool bus_uid_may_change(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

static int deny_call(sd_bus_message *m, sd_bus_error *error)
{
	return sd_bus_error_setf(
		error, SD_BUS_ERROR_ACCESS_DENIED,
		"%s changes the state of the group VPN and is for root only; run it as root or with sudo",
		sd_bus_message_get_member(m));
}

/* --- calls by the system bus, which knows the sender --- */

/* A call whose sender is being asked for. */
struct bus_asking {
	struct bus_peer *peer;
	sd_bus_message *call;
	sd_bus_slot *slot;
	bus_method_fn run;
};

static void asking_free(struct bus_asking *a)
{
	if (!a)
		return;
	sd_bus_slot_unref(a->slot);
	sd_bus_message_unref(a->call);
	free(a);
}

void bus_forget_asking(struct bus_peer *p)
{
	for (size_t i = 0; i < BUS_ASKING_MAX; i++) {
		asking_free(p->asking[i]);
		p->asking[i] = NULL;
	}
}

/* "GetConnectionUnixUser" has answered; an answer that names no user denies the call. */
static int on_sender(sd_bus_message *answer, void *userdata, sd_bus_error *unused)
{
	struct bus_asking *a = userdata;
	struct bus_peer *p = a->peer;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	uint32_t uid;
	int r;

	(void)unused;
	for (size_t i = 0; i < BUS_ASKING_MAX; i++)
		if (p->asking[i] == a)
			p->asking[i] = NULL;
	if (!sd_bus_message_is_method_error(answer, NULL) && sd_bus_message_read(answer, "u", &uid) > 0 &&
	    bus_uid_may_change(uid))
		r = a->run(p, a->call, &error);
	else
		r = deny_call(a->call, &error);
	if (sd_bus_error_is_set(&error))
		r = sd_bus_reply_method_error(a->call, &error);
	else if (r < 0)
		r = sd_bus_reply_method_errno(a->call, r, NULL);
	sd_bus_error_free(&error);
	asking_free(a);
	return r < 0 ? r : 0;
}

static int ask_for_sender(struct bus_peer *p, bus_method_fn run, sd_bus_message *m, sd_bus_error *error)
{
	struct bus_asking *a;
	size_t i = 0;
	int r;

	while (i < BUS_ASKING_MAX && p->asking[i])
		i++;
	if (i == BUS_ASKING_MAX)
		return sd_bus_error_set(error, SD_BUS_ERROR_LIMITS_EXCEEDED,
					"too many calls wait for the bus to say who sent them; try again");
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	*a = (struct bus_asking){ .peer = p, .call = sd_bus_message_ref(m), .run = run };
	r = sd_bus_call_method_async(sd_bus_message_get_bus(m), &a->slot, "org.freedesktop.DBus",
				     "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetConnectionUnixUser",
				     on_sender, a, "s", sd_bus_message_get_sender(m));
	if (r < 0) {
		asking_free(a);
		return r;
	}
	p->asking[i] = a;
	return 1; /* answered later */
}

/* --- every call --- */

int bus_dispatch(struct bus_peer *p, const struct bus_method *methods, sd_bus_message *m, sd_bus_error *error)
{
	const struct bus_method *method = methods;

	while (method->name && strcmp(method->name, sd_bus_message_get_member(m)) != 0)
		method++;
	if (!method->name)
		return 0; /* sd-bus says that there is no such method */
	if (!method->changes)
		return method->run(p, m, error);
	if (p->system)
		return ask_for_sender(p, method->run, m, error);
	return bus_uid_may_change(p->uid) ? method->run(p, m, error) : deny_call(m, error);
}
