/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/json.h"
#include "member/api/snapshot.h"
#include "member/ctl/bus_client.h"
#include "member/ctl/verbs.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define EVERY_SECONDS 10

/* The counters that are read between events; those of the kernel belong to all VPNs together. */
static const struct {
	const char *key, *name;
} counters[] = {
	{ "esp_in", "ESP in" },
	{ "esp_out", "ESP out" },
	{ "clear_in_dropped", "dropped in clear" },
	{ "fail_close_in", "dropped by fail-close, in" },
	{ "fail_close_out", "dropped by fail-close, out" },
	{ "unknown_spi", "dropped of unknown SPI" },
	{ "readdressed", "dropped as readdressed" },
	{ "misfit", "dropped as misfit" },
	{ "unprotected_out", "dropped as taken from their SA" },
	{ "icmp_quoted", "dropped as ICMP that quotes" },
	{ "inet6_dropped", "dropped of IPv6" },
	{ "d3p_too_old", "dropped as too old (D3P)" },
	{ "d3p_too_new", "dropped as too new (D3P)" },
	{ "d3p_no_timestamp", "dropped without a time stamp (D3P)" },
	{ "d3p_unexpected", "dropped for an unexpected stamp (D3P)" },
	{ "d3p_type_error", "dropped for a stamp's type (D3P)" },
	{ "d3p_length_error", "dropped for a stamp's length (D3P)" },
	{ "d3p_next_header_error", "dropped for a stamp's next header (D3P)" },
	{ "wrong_iv", "dropped with another's IV" },
};

struct monitor {
	struct ctl *c;
	struct bus_client *client;
	int64_t last[ARRAY_SIZE(counters)];
	bool known; /* LAST is */
	char err[BUS_CLIENT_TEXT_MAX];
};

static int on_event(void *ctx, const struct bus_client_event *e)
{
	struct monitor *m = ctx;
	_cleanup_(json_putp) struct json_object *o = json_object_new_object();
	char spi[9];

	snprintf(spi, sizeof(spi), "%08" PRIx32, e->spi);
	json_object_object_add(o, "event", json_object_new_string(e->name));
	if (e->vpn[0])
		json_object_object_add(o, "vpn", json_object_new_string(e->vpn));
	if (e->server[0])
		json_object_object_add(o, "server", json_object_new_string(e->server));
	if (e->spi)
		json_object_object_add(o, "spi", json_object_new_string(spi));
	json_object_object_add(o, "text", json_object_new_string(e->text));
	if (json_make_printable(o) < 0)
		return -ENOMEM;
	return m->c->output->event(m->c->out, o);
}

/* Prints the counters that have changed since the last time; prints nothing when none has. */
static int tell_counters(struct monitor *m, struct json_object *have)
{
	struct output_packets grown[ARRAY_SIZE(counters)];
	bool known = m->known;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
		struct json_object *v = json_object_object_get(have, counters[i].key);
		int64_t now = json_object_is_type(v, json_type_int) ? json_object_get_int64(v) : 0;
		/* Counters start anew with their table. */
		int64_t more = now >= m->last[i] ? now - m->last[i] : now;

		m->last[i] = now;
		if (more != 0)
			grown[n++] = (struct output_packets){ counters[i].key, counters[i].name, more };
	}
	m->known = true;
	return known && n > 0 ? m->c->output->packets(m->c->out, grown, n) : 0;
}

static int on_tick(void *ctx)
{
	struct monitor *m = ctx;
	_cleanup_(json_putp) struct json_object *answer = NULL;
	struct json_object *have;
	int r = bus_client_counters(m->client, &answer, m->err);

	if (r < 0)
		return r;
	have = json_object_object_get(answer, SNAPSHOT_COUNTERS);
	return json_object_is_type(have, json_type_object) ? tell_counters(m, have) : 0;
}

enum ctl_exit ctl_monitor(struct ctl *c)
{
	_cleanup_(bus_client_closep) struct bus_client *client = NULL;
	struct monitor m = { .c = c };
	const struct bus_client_monitor how = {
		.event = on_event, .tick = on_tick, .every_seconds = EVERY_SECONDS, .ctx = &m
	};
	int r = bus_client_open(&client, c->socket, m.err);

	m.client = client;
	if (r == 0)
		r = bus_client_monitor(client, &how, m.err);
	if (r == -EIO)
		return ctl_finish(c);
	if (r < 0)
		return ctl_complain(c, r, m.err[0] ? m.err : strerror(-r));
	return ctl_finish(c);
}
