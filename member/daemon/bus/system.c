/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connection to the system bus. */
#include "member/daemon/bus/private.h"

#include <stdlib.h>

#define AGAIN_USEC UINT64_C(10000000)
/* The bus is asked for the sender of a call that changes something; the answer is waited for no longer than this. */
#define ANSWER_USEC UINT64_C(5000000)

static int on_name(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	uint32_t answer = 0;

	(void)error;
	/* 1: the name is ours now; 4: it was already (D-Bus specification, RequestName) */
	if (!sd_bus_message_is_method_error(m, NULL) && sd_bus_message_read(m, "u", &answer) >= 0 && answer != 1 &&
	    answer != 4)
		bus_note(userdata,
			 "the name " BUS_NAME
			 " is somebody else's on the system bus: does another gvpnd run? " BUS_SOCKET " serves");
	if (sd_bus_message_is_method_error(m, NULL))
		bus_note(userdata, "the name " BUS_NAME " is refused on the system bus: is its policy file installed?");
	return 0;
}

static const char *system_address(void)
{
	const char *named = secure_getenv("DBUS_SYSTEM_BUS_ADDRESS");

	return named ? named : "unix:path=/run/dbus/system_bus_socket";
}

/* Hello and the request for the name go out; nothing waits for their answers. */
static int start_system(struct bus_peer *p)
{
	int r = sd_bus_new(&p->connection);

	if (r >= 0)
		r = sd_bus_set_address(p->connection, system_address());
	if (r >= 0)
		r = sd_bus_set_method_call_timeout(p->connection, ANSWER_USEC);
	if (r >= 0)
		r = sd_bus_set_bus_client(p->connection, true);
	if (r >= 0)
		r = bus_peer_start(p);
	if (r >= 0)
		r = sd_bus_request_name_async(p->connection, NULL, BUS_NAME, 0, on_name, p->bus);
	return r;
}

int bus_attach_system(struct bus *b)
{
	_cleanup_(bus_peer_freep) struct bus_peer *p = NULL;
	int r;

	if (b->system)
		return -EBUSY;
	p = bus_peer_new(b);
	if (!p)
		return -ENOMEM;
	p->system = true;
	p->listens = true; /* the bus knows who asked for the signals */
	r = start_system(p);
	if (r < 0)
		return r;
	b->system = p;
	b->peers[b->n_peers++] = TAKE(p);
	return 0;
}

static int on_again(sd_event_source *source, uint64_t now, void *userdata)
{
	struct bus *b = userdata;

	(void)source, (void)now;
	if (bus_attach_system(b) < 0)
		bus_system_again(b);
	return 0;
}

void bus_system_again(struct bus *b)
{
	int r = b->again ? sd_event_source_set_time_relative(b->again, AGAIN_USEC)
			 : sd_event_add_time_relative(b->event, &b->again, CLOCK_MONOTONIC, AGAIN_USEC, 0, on_again, b);

	if (r >= 0)
		r = sd_event_source_set_enabled(b->again, SD_EVENT_ONESHOT);
	if (r < 0)
		bus_note(b, "the system bus is not looked for again: out of memory");
}
