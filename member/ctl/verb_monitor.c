/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/api/snapshot.h"
#include "member/ctl/bus_client.h"
#include "member/ctl/show_part.h"
#include "member/ctl/verbs.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#define EVERY_SECONDS 10

/* What is looked at between events; those of the kernel are of all VPNs. */
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
};

struct monitor {
	struct ctl *c;
	struct bus_client *client;
	int64_t last[ARRAY_SIZE(counters)];
	bool known; /* LAST is */
	char err[BUS_CLIENT_TEXT_MAX];
};

static void time_text(char ret[static 32])
{
	time_t now = time(NULL);
	struct tm tm;

	ret[0] = '\0';
	if (localtime_r(&now, &tm))
		strftime(ret, 32, "%Y-%m-%d %H:%M:%S", &tm);
}

/* RFC 3339: programs need the offset, and strftime() writes it without its colon. */
static void json_time_text(char ret[static 40])
{
	time_t now = time(NULL);
	struct tm tm;
	char offset[16];
	size_t n;

	ret[0] = '\0';
	if (!localtime_r(&now, &tm) || strftime(offset, sizeof(offset), "%z", &tm) != 5)
		return;
	n = strftime(ret, 32, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(ret + n, 40 - n, "%.3s:%.2s", offset, offset + 3);
}

/* One line, at once; takes O. */
static int put_json(struct ctl *c, struct json_object *o)
{
	char when[40];

	json_time_text(when);
	json_object_object_add(o, "time", json_object_new_string(when));
	fprintf(c->out, "%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
	return fflush(c->out) == 0 ? 0 : -EIO;
}

static int on_event(void *ctx, const struct bus_client_event *e)
{
	struct monitor *m = ctx;
	struct ctl *c = m->c;
	_cleanup_(json_putp) struct json_object *o = json_object_new_object();
	char when[32], spi[9];

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
	if (c->json)
		return put_json(c, json_object_get(o));
	time_text(when);
	fprintf(c->out, "%s %s", when, json_object_get_string(json_object_object_get(o, "event")));
	if (e->vpn[0])
		fprintf(c->out, " vpn=%s", json_object_get_string(json_object_object_get(o, "vpn")));
	if (e->server[0])
		fprintf(c->out, " server=%s", json_object_get_string(json_object_object_get(o, "server")));
	if (e->spi)
		fprintf(c->out, " spi=%s", spi);
	fprintf(c->out, ": %s\n", json_object_get_string(json_object_object_get(o, "text")));
	return fflush(c->out) == 0 ? 0 : -EIO;
}

/* What has changed since the last time; nothing when nothing has. */
static int tell_counters(struct monitor *m, struct json_object *have)
{
	_cleanup_(json_putp) struct json_object *o = json_object_new_object();
	char when[32];
	int changed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
		struct json_object *v = json_object_object_get(have, counters[i].key);
		int64_t now = json_object_is_type(v, json_type_int) ? json_object_get_int64(v) : 0;
		/* They start anew with their table. */
		int64_t more = now >= m->last[i] ? now - m->last[i] : now;

		m->last[i] = now;
		if (!m->known || more == 0)
			continue;
		if (!m->c->json && changed == 0) {
			time_text(when);
			fprintf(m->c->out, "%s packets", when);
		}
		if (!m->c->json)
			fprintf(m->c->out, "%s %s +%" PRId64, changed > 0 ? "," : "", counters[i].name, more);
		json_object_object_add(o, counters[i].key, json_object_new_int64(more));
		changed++;
	}
	m->known = true;
	if (changed == 0)
		return 0;
	if (m->c->json) {
		struct json_object *line = json_object_new_object();

		json_object_object_add(line, "packets", json_object_get(o));
		return put_json(m->c, line);
	}
	fputc('\n', m->c->out);
	return fflush(m->c->out) == 0 ? 0 : -EIO;
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
