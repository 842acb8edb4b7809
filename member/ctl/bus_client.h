/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tool's side of member/api/bus.h: calls that wait for the answer, with a limit in time.
 *
 * Errors of a call: -EREMOTEIO when the daemon answered with an error (ERR is its text), another negative errno when no
 * answer came or the answer was not understood (ERR says so).
 */
#ifndef MEMBER_CTL_BUS_CLIENT_H
#define MEMBER_CTL_BUS_CLIENT_H

#include "member/api/explain.h"
#include <json-c/json.h>

#define BUS_CLIENT_TEXT_MAX 512
#define BUS_CLIENT_TIMEOUT_SECONDS 10 /* of each call, and of connecting */

struct bus_client;

/* Connects and waits for a sign of life.  ERR names the socket and how to start the daemon, or which permission is
 * missing. */
GVPN_MUST_CHECK int bus_client_open(struct bus_client **ret, const char *path, char err[static BUS_CLIENT_TEXT_MAX]);
void bus_client_close(struct bus_client *c); /* NULL is fine */
static inline void bus_client_closep(struct bus_client **c)
{
	bus_client_close(*c);
}

/* A new reference. */
GVPN_MUST_CHECK int bus_client_snapshot(struct bus_client *c, struct json_object **ret,
					char err[static BUS_CLIENT_TEXT_MAX]);
GVPN_MUST_CHECK int bus_client_counters(struct bus_client *c, struct json_object **ret,
					char err[static BUS_CLIENT_TEXT_MAX]);
GVPN_MUST_CHECK int bus_client_explain(struct bus_client *c, const struct explain_request *q, struct json_object **ret,
				       char err[static BUS_CLIENT_TEXT_MAX]);
GVPN_MUST_CHECK int bus_client_clear(struct bus_client *c, const char *vpn, char err[static BUS_CLIENT_TEXT_MAX]);
GVPN_MUST_CHECK int bus_client_reload(struct bus_client *c, char err[static BUS_CLIENT_TEXT_MAX]);
GVPN_MUST_CHECK int bus_client_stop(struct bus_client *c, bool keep, char err[static BUS_CLIENT_TEXT_MAX]);

/*
 * Calls EVENT for each event that comes.  Calls TICK at once, and then every EVERY_SECONDS.  Both may use C.  Gives 0
 * after SIGINT or SIGTERM (whose handlers are put back), the value of EVENT or TICK when that is not 0, otherwise an
 * error as above; the daemon's end is an error too.
 */
struct bus_client_event {
	const char *name, *vpn, *server, *text; /* VPN, SERVER: "" for none */
	uint32_t spi;
};
struct bus_client_monitor {
	int (*event)(void *ctx, const struct bus_client_event *e);
	int (*tick)(void *ctx);
	unsigned every_seconds;
	void *ctx;
};
GVPN_MUST_CHECK int bus_client_monitor(struct bus_client *c, const struct bus_client_monitor *m,
				       char err[static BUS_CLIENT_TEXT_MAX]);

#endif
