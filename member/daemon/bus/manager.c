/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The object /org/gvpn/Member1: what may be asked of the daemon as a whole. */
#include "member/daemon/bus/private.h"

#include "lib/json.h"
#include "member/api/explain.h"

#include <arpa/inet.h>
#include <stdlib.h>

/* The error NAME with the words of WHY; without any, those of R. */
static int set_error(sd_bus_error *error, const char *name, int r, const struct record *why)
{
	char words[RECORD_TEXT_MAX];

	return sd_bus_error_set(error, name, why->id == RECORD_NOTHING ? strerror(-r) : record_words(why, words));
}

/* Answers M with what a verb has returned: R, and WHY when R is an error. */
static int reply_outcome(sd_bus_message *m, int r, const struct record *why, sd_bus_error *error)
{
	if (r >= 0)
		return sd_bus_reply_method_return(m, NULL);
	return set_error(error, r == -ENOENT ? BUS_ERROR_NO_SUCH_VPN : BUS_ERROR_FAILED, r, why);
}

/* Takes O. */
static int reply_json(sd_bus_message *m, struct json_object *o, sd_bus_error *error)
{
	_cleanup_(json_putp) struct json_object *mine = o;
	const char *text = mine ? json_object_to_json_string_ext(mine, JSON_C_TO_STRING_PLAIN) : NULL;

	if (!text)
		return sd_bus_error_set(error, SD_BUS_ERROR_NO_MEMORY, "the daemon is out of memory");
	return sd_bus_reply_method_return(m, "s", text);
}

static int run_snapshot(struct bus_peer *p, sd_bus_message *m, sd_bus_error *error)
{
	return reply_json(m, p->bus->verbs->snapshot(p->bus->ctx), error);
}

static int run_counters(struct bus_peer *p, sd_bus_message *m, sd_bus_error *error)
{
	return reply_json(m, p->bus->verbs->counters(p->bus->ctx), error);
}

static int read_address(uint32_t *ret, const char *text, sd_bus_error *error)
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
		r = read_address(&q.packet.src, src, error);
	if (r >= 0)
		r = read_address(&q.packet.dst, dst, error);
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

static int run_explain(struct bus_peer *p, sd_bus_message *m, sd_bus_error *error)
{
	struct json_object *answer = NULL;
	struct explain_request q;
	struct record why = { .id = RECORD_NOTHING };
	int r = read_request(&q, m, error);

	if (r < 0)
		return r;
	r = p->bus->verbs->explain(p->bus->ctx, &q, &answer, &why);
	if (r < 0)
		return set_error(error, r == -EINVAL || r == -ENODEV ? SD_BUS_ERROR_INVALID_ARGS : BUS_ERROR_FAILED, r,
				 &why);
	return reply_json(m, answer, error);
}

int bus_clear(struct bus_peer *p, sd_bus_message *m, const char *vpn, sd_bus_error *error)
{
	struct record why = { .id = RECORD_NOTHING };

	return reply_outcome(m, p->bus->verbs->clear(p->bus->ctx, vpn, &why), &why, error);
}

static int run_clear(struct bus_peer *p, sd_bus_message *m, sd_bus_error *error)
{
	const char *vpn;
	int r = sd_bus_message_read(m, "s", &vpn);

	if (r < 0)
		return r;
	if (strlen(vpn) >= GVPN_NAME_MAX)
		return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
					 "the name of a VPN has at most %d characters", GVPN_NAME_MAX - 1);
	return bus_clear(p, m, vpn[0] ? vpn : NULL, error);
}

static int run_monitor(struct bus_peer *p, sd_bus_message *m, sd_bus_error *error)
{
	(void)error;
	p->listens = true;
	return sd_bus_reply_method_return(m, NULL);
}

static int run_reload(struct bus_peer *p, sd_bus_message *m, sd_bus_error *error)
{
	struct record why = { .id = RECORD_NOTHING };

	return reply_outcome(m, p->bus->verbs->reload(p->bus->ctx, &why), &why, error);
}

static int run_stop(struct bus_peer *p, sd_bus_message *m, sd_bus_error *error)
{
	struct record why = { .id = RECORD_NOTHING };
	int keep, r = sd_bus_message_read(m, "b", &keep);

	return r < 0 ? r : reply_outcome(m, p->bus->verbs->stop(p->bus->ctx, keep, &why), &why, error);
}

static int on_call(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	static const struct bus_method methods[] = {
		{ "Snapshot", false, run_snapshot }, { "Counters", false, run_counters },
		{ "Explain", false, run_explain },   { "Monitor", false, run_monitor },
		{ "Clear", true, run_clear },        { "Reload", true, run_reload },
		{ "Stop", true, run_stop },          { NULL, false, NULL },
	};

	return bus_dispatch(userdata, methods, m, error);
}

/* UNPRIVILEGED: sd-bus's own check asks for a capability; ours is in bus_dispatch(). */
static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD_WITH_ARGS("Snapshot", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", json), on_call,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Counters", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", json), on_call,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Explain",
				SD_BUS_ARGS("s", source, "s", destination, "y", protocol, "q", source_port, "q",
					    destination_port, "s", direction, "s", inside),
				SD_BUS_RESULT("s", json), on_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Clear", SD_BUS_ARGS("s", vpn), SD_BUS_NO_RESULT, on_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Reload", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, on_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Stop", SD_BUS_ARGS("b", keep), SD_BUS_NO_RESULT, on_call, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Monitor", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, on_call, SD_BUS_VTABLE_UNPRIVILEGED),
	BUS_SIGNAL_EVENT,
	SD_BUS_VTABLE_END,
};

int bus_manager_add(struct bus_peer *p)
{
	int r = sd_bus_add_object_vtable(p->connection, &p->manager, BUS_OBJECT, BUS_INTERFACE, vtable, p);

	return r < 0 ? r : 0;
}
