/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/ctl/bus_client.h"

#include "member/api/bus.h"

#include <systemd/sd-bus.h>

#include <grp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_USEC (BUS_CLIENT_TIMEOUT_SECONDS * UINT64_C(1000000))

struct bus_client {
	sd_bus *connection;
	char path[108];
};

static int refuse_daemon(const char *path, int error, char err[static BUS_CLIENT_TEXT_MAX])
{
	struct stat st;
	struct group *group;

	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
		snprintf(err, BUS_CLIENT_TEXT_MAX,
			 "no daemon answers on %s; start it with 'systemctl start gvpnd' (or 'gvpnd -c FILE'), or name "
			 "its socket with --socket",
			 path);
		break;
	case EACCES:
	case EPERM:
		group = stat(path, &st) == 0 ? getgrgid(st.st_gid) : NULL;
		snprintf(err, BUS_CLIENT_TEXT_MAX, "no permission to use %s; run as root%s%s", path,
			 group ? ", or as a member of the group " : " (or as a member of the daemon's group)",
			 group ? group->gr_name : "");
		break;
	case EAGAIN:
	case ETIMEDOUT:
		snprintf(err, BUS_CLIENT_TEXT_MAX, "the daemon on %s does not answer (waited %d seconds)", path,
			 BUS_CLIENT_TIMEOUT_SECONDS);
		break;
	case ECONNRESET:
	case ENOTCONN:
	case EPIPE:
		snprintf(err, BUS_CLIENT_TEXT_MAX,
			 "the daemon on %s closed the connection; it does so when %d clients are connected: close "
			 "others and try again",
			 path, BUS_CONNECTIONS_MAX);
		break;
	default:
		snprintf(err, BUS_CLIENT_TEXT_MAX, "cannot reach the daemon on %s: %s", path, strerror(error));
	}
	return -error;
}

static int connect_socket(int *ret, const char *path)
{
	/* A full backlog makes connect() wait; SO_SNDTIMEO bounds that (socket(7)). */
	const struct timeval limit = { .tv_sec = BUS_CLIENT_TIMEOUT_SECONDS };
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	if (path[0] == '\0')
		return -ENOENT;
	if (strlen(path) >= sizeof(sa.sun_path))
		return -ENAMETOOLONG;
	memcpy(sa.sun_path, path, strlen(path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ||
	    connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		int r = -errno;
		close(fd);
		return r;
	}
	*ret = fd;
	return 0;
}

static int start_connection(struct bus_client *c, int fd)
{
	int r = sd_bus_new(&c->connection);

	if (r >= 0)
		r = sd_bus_set_fd(c->connection, fd, fd);
	if (r < 0) {
		close(fd);
		return r;
	}
	r = sd_bus_set_method_call_timeout(c->connection, TIMEOUT_USEC);
	if (r >= 0)
		r = sd_bus_start(c->connection);
	/* A round trip, so that a refusal is met here and not in a call that changes something. */
	if (r >= 0)
		r = sd_bus_call_method(c->connection, NULL, BUS_OBJECT, "org.freedesktop.DBus.Peer", "Ping", NULL, NULL,
				       NULL);
	return r < 0 ? r : 0;
}

int bus_client_open(struct bus_client **ret, const char *path, char err[static BUS_CLIENT_TEXT_MAX])
{
	_cleanup_(bus_client_closep) struct bus_client *c = calloc(1, sizeof(*c));
	int fd = -1, r;

	if (!c)
		return refuse_daemon(path, ENOMEM, err);
	snprintf(c->path, sizeof(c->path), "%s", path);
	r = connect_socket(&fd, path);
	if (r >= 0)
		r = start_connection(c, fd);
	if (r < 0)
		return refuse_daemon(path, -r, err);
	*ret = TAKE(c);
	return 0;
}

void bus_client_close(struct bus_client *c)
{
	if (!c)
		return;
	sd_bus_close(c->connection);
	sd_bus_unref(c->connection);
	free(c);
}

static bool is_lost(int error)
{
	return error == ECONNRESET || error == ENOTCONN || error == EPIPE || error == ESHUTDOWN || error == ETIMEDOUT ||
	       error == ENOMEM;
}

static int call_method(struct bus_client *c, sd_bus_message **ret, char err[static BUS_CLIENT_TEXT_MAX],
		       const char *member, const char *types, ...)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	va_list ap;
	int r;

	va_start(ap, types);
	r = sd_bus_call_methodv(c->connection, NULL, BUS_OBJECT, BUS_INTERFACE, member, &error, ret, types, ap);
	va_end(ap);
	if (r >= 0) {
		r = 0;
	} else if (is_lost(-r)) {
		refuse_daemon(c->path, -r, err);
	} else {
		snprintf(err, BUS_CLIENT_TEXT_MAX, "%s", error.message ? error.message : strerror(-r));
		r = sd_bus_error_has_name(&error, SD_BUS_ERROR_UNKNOWN_METHOD) ? -EOPNOTSUPP : -EREMOTEIO;
	}
	sd_bus_error_free(&error);
	return r;
}

/* Takes REPLY, whose one string is JSON. */
static int read_json(struct bus_client *c, sd_bus_message *reply, struct json_object **ret,
		     char err[static BUS_CLIENT_TEXT_MAX])
{
	struct json_object *o = NULL;
	const char *text;
	int r = sd_bus_message_read(reply, "s", &text);

	if (r >= 0) {
		o = json_tokener_parse(text);
		r = o ? 0 : -EBADMSG;
	}
	sd_bus_message_unref(reply);
	if (r < 0) {
		snprintf(err, BUS_CLIENT_TEXT_MAX, "the answer on %s is not understood; is gvpnd of another version?",
			 c->path);
		return r;
	}
	*ret = o;
	return 0;
}

int bus_client_snapshot(struct bus_client *c, struct json_object **ret, char err[static BUS_CLIENT_TEXT_MAX])
{
	sd_bus_message *reply = NULL;
	int r = call_method(c, &reply, err, "Snapshot", NULL);

	return r < 0 ? r : read_json(c, reply, ret, err);
}

int bus_client_counters(struct bus_client *c, struct json_object **ret, char err[static BUS_CLIENT_TEXT_MAX])
{
	sd_bus_message *reply = NULL;
	int r = call_method(c, &reply, err, "Counters", NULL);

	/* A package that is upgraded under a running daemon brings the tool first; the snapshot has the counters too.
	 */
	if (r == -EOPNOTSUPP)
		return bus_client_snapshot(c, ret, err);
	return r < 0 ? r : read_json(c, reply, ret, err);
}

static const char *way_text(enum explain_way way)
{
	switch (way) {
	case EXPLAIN_WAY_ANY:
		return "";
	case EXPLAIN_WAY_IN:
		return "in";
	case EXPLAIN_WAY_OUT:
		return "out";
	}
	return "";
}

int bus_client_explain(struct bus_client *c, const struct explain_request *q, struct json_object **ret,
		       char err[static BUS_CLIENT_TEXT_MAX])
{
	char src[ADDRESS_TEXT_MAX], dst[ADDRESS_TEXT_MAX];
	sd_bus_message *reply = NULL;
	int r = call_method(c, &reply, err, "Explain", "ssyqqss", address_format(q->packet.src, src),
			    address_format(q->packet.dst, dst), (int)q->packet.protocol, (int)q->packet.sport,
			    (int)q->packet.dport, way_text(q->way), q->inside);

	return r < 0 ? r : read_json(c, reply, ret, err);
}

int bus_client_clear(struct bus_client *c, const char *vpn, char err[static BUS_CLIENT_TEXT_MAX])
{
	return call_method(c, NULL, err, "Clear", "s", vpn ? vpn : "");
}

int bus_client_reload(struct bus_client *c, char err[static BUS_CLIENT_TEXT_MAX])
{
	return call_method(c, NULL, err, "Reload", NULL);
}

int bus_client_stop(struct bus_client *c, bool keep, char err[static BUS_CLIENT_TEXT_MAX])
{
	return call_method(c, NULL, err, "Stop", "b", (int)keep);
}

/* --- monitor --- */

struct monitoring {
	const struct bus_client_monitor *m;
	int r;
};

static int on_signal(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct monitoring *mon = userdata;
	struct bus_client_event e;

	(void)error;
	if (!sd_bus_message_is_signal(message, NULL, "Event") || mon->r != 0)
		return 0;
	if (sd_bus_message_read(message, "sssus", &e.name, &e.vpn, &e.server, &e.spi, &e.text) < 0)
		return 0;
	mon->r = mon->m->event(mon->m->ctx, &e);
	return 1;
}

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static int monitor_loop(struct bus_client *c, struct monitoring *mon)
{
	const uint64_t every = mon->m->every_seconds * UINT64_C(1000000);
	uint64_t next = now_usec();
	int r = 0;

	while (!interrupted && mon->r == 0) {
		uint64_t now = now_usec();

		if (now >= next) {
			mon->r = mon->m->tick(mon->m->ctx);
			next = now + every;
			continue;
		}
		r = sd_bus_process(c->connection, NULL);
		if (r == 0)
			r = sd_bus_wait(c->connection, next - now);
		if (r < 0 && r != -EINTR)
			return r;
	}
	return mon->r;
}

int bus_client_monitor(struct bus_client *c, const struct bus_client_monitor *m, char err[static BUS_CLIENT_TEXT_MAX])
{
	const struct sigaction on = { .sa_handler = on_interrupt };
	struct sigaction was_int, was_term;
	struct monitoring mon = { .m = m };
	sd_bus_slot *slot = NULL;
	int r = sd_bus_add_filter(c->connection, &slot, on_signal, &mon);

	if (r < 0)
		return refuse_daemon(c->path, -r, err);
	r = call_method(c, NULL, err, "Monitor", NULL);
	if (r == 0) {
		interrupted = 0;
		sigaction(SIGINT, &on, &was_int);
		sigaction(SIGTERM, &on, &was_term);
		r = monitor_loop(c, &mon);
		sigaction(SIGINT, &was_int, NULL);
		sigaction(SIGTERM, &was_term, NULL);
		if (r < 0 && mon.r == 0)
			snprintf(err, BUS_CLIENT_TEXT_MAX, "the daemon on %s has ended, or closed the connection",
				 c->path);
	}
	sd_bus_slot_unref(slot);
	return r;
}
