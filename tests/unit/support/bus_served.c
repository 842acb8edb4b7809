/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/bus_served.h"

#include "member/daemon/bus/private.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

char served_dir[64], served_path[80];
pid_t served_pid;

/* --- the daemon --- */

struct served {
	sd_event *event;
	struct bus *bus;
	int clears, reloads, notes, counted;
	char vpn[GVPN_NAME_MAX];
	char note[128];
};

static struct json_object *verb_snapshot(void *ctx)
{
	struct served *s = ctx;
	struct json_object *o = json_object_from_file("tests/unit/golden/srx.json");

	json_object_object_add(o, "clears", json_object_new_int(s->clears));
	json_object_object_add(o, "cleared", json_object_new_string(s->vpn));
	json_object_object_add(o, "reloads", json_object_new_int(s->reloads));
	json_object_object_add(o, "notes", json_object_new_int(s->notes));
	json_object_object_add(o, "counted", json_object_new_int(s->counted));
	json_object_object_add(o, "note", json_object_new_string(s->note));
	json_object_object_add(o, "connections", json_object_new_int64((int64_t)s->bus->n_clients));
	return o;
}

static struct json_object *verb_counters(void *ctx)
{
	struct served *s = ctx;
	struct json_object *o = json_object_new_object(), *counters = json_object_new_object();

	s->counted++;
	json_object_object_add(counters, "esp_in", json_object_new_int(7));
	json_object_object_add(o, "format", json_object_new_int(2));
	json_object_object_add(o, "counters", counters);
	return o;
}

/* The request, as it came. */
static int verb_explain(void *ctx, const struct explain_request *q, struct json_object **ret, struct record *why)
{
	char text[160];

	(void)ctx;
	if (strcmp(q->inside, "gone9") == 0) {
		record_set(why, RECORD_PLAIN, record_text("there is no interface gone9"));
		return -ENODEV;
	}
	snprintf(text, sizeof(text), "%08x %08x %u %u %u %d %s", q->packet.src, q->packet.dst, q->packet.protocol,
		 q->packet.sport, q->packet.dport, (int)q->way, q->inside);
	*ret = json_object_new_object();
	json_object_object_add(*ret, "because", json_object_new_string(text));
	return 0;
}

static int verb_clear(void *ctx, const char *vpn, struct record *why)
{
	struct served *s = ctx;

	if (vpn && strcmp(vpn, "GROUP_ID-0001") != 0) {
		char text[BUS_TEXT_MAX];

		snprintf(text, sizeof(text), "no VPN is named '%s'; there is GROUP_ID-0001", vpn);
		record_set(why, RECORD_PLAIN, record_text(text));
		return -ENOENT;
	}
	s->clears++;
	snprintf(s->vpn, sizeof(s->vpn), "%s", vpn ? vpn : "all");
	bus_event(s->bus, EVENT_KEYS_CLEARED, vpn, vpn ? 0x0a0a6401 : 0, vpn ? 0x1c548e4e : 0, "as asked\x1b[31m");
	bus_changed(s->bus);
	return 0;
}

/* The first is refused. */
static int verb_reload(void *ctx, struct record *why)
{
	struct served *s = ctx;

	bus_changed(s->bus);
	if (s->reloads++ > 0) {
		bus_changed(s->bus);
		return 0;
	}
	record_set(why, RECORD_PLAIN, record_text("gvpnd.conf:3:1: grup: unknown statement; nothing was changed"));
	return -EINVAL;
}

static int verb_stop(void *ctx, bool keep, struct record *why)
{
	(void)why;
	return sd_event_exit(((struct served *)ctx)->event, keep ? 42 : 0);
}

static bool verb_group(void *ctx, size_t i, struct bus_group *ret)
{
	static const struct group_stats stats = { .pull_succeeded = 7, .recovery_probes = 9 };
	struct served *s = ctx;

	if (i > 1)
		return false;
	*ret = (struct bus_group){ .name = i == 0           ? "GROUP_ID-0001"
					   : s->reloads > 1 ? "branch"
							    : "lab",
				   .state = s->clears == 0 ? "registered" : "registering",
				   .reason = "as the test has it",
				   .id = (uint32_t)i + 1,
				   .local = 0x0a126501,
				   .server = i == 0 ? 0x0a0a6401 : 0,
				   .keys = 2,
				   .next_registration = 33000000,
				   .stats = &stats };
	return true;
}

static void verb_note(void *ctx, const char *text)
{
	struct served *s = ctx;

	s->notes++;
	snprintf(s->note, sizeof(s->note), "%s", text);
}

static const struct bus_verbs verbs = {
	.snapshot = verb_snapshot,
	.counters = verb_counters,
	.explain = verb_explain,
	.clear = verb_clear,
	.reload = verb_reload,
	.stop = verb_stop,
	.group = verb_group,
	.note = verb_note,
};

static int serve(int ready)
{
	struct served s = { 0 };
	char err[BUS_TEXT_MAX];
	int r = sd_event_new(&s.event);

	if (r < 0 || bus_new(&s.bus, s.event, served_path, &verbs, &s, err) < 0)
		return 100;
	if (getenv("DBUS_SYSTEM_BUS_ADDRESS") && (bus_attach_system(s.bus) < 0 || bus_attach_system(s.bus) != -EBUSY))
		return 101;
	if (write(ready, "r", 1) != 1)
		return 102;
	r = sd_event_loop(s.event);
	bus_free(s.bus);
	sd_event_unref(s.event);
	return r;
}

/* --- the fixture --- */

void served_start(void)
{
	int ready[2];
	char byte;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	fflush(NULL);
	served_pid = fork();
	ck_assert_int_ge(served_pid, 0);
	if (served_pid == 0) {
		close(ready[0]);
		exit(serve(ready[1]));
	}
	close(ready[1]);
	ck_assert_msg(read(ready[0], &byte, 1) == 1, "the daemon did not start");
	close(ready[0]);
}

int served_wait(void)
{
	int status;

	ck_assert_int_eq(waitpid(served_pid, &status, 0), served_pid);
	served_pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void served_set_up(void)
{
	snprintf(served_dir, sizeof(served_dir), "/tmp/gvpn-test-bus.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(served_dir));
	ck_assert_int_eq(chmod(served_dir, 0755), 0);
	snprintf(served_path, sizeof(served_path), "%s/run/bus", served_dir);
	served_start();
}

void served_tear_down(void)
{
	char run[80];

	if (served_pid > 0) {
		kill(served_pid, SIGKILL);
		served_wait();
	}
	unlink(served_path);
	snprintf(run, sizeof(run), "%s/run", served_dir);
	rmdir(run);
	ck_assert_int_eq(rmdir(served_dir), 0);
}

struct bus_client *served_client(void)
{
	char err[BUS_CLIENT_TEXT_MAX];
	struct bus_client *c;

	ck_assert_msg(bus_client_open(&c, served_path, err) == 0, "%s", err);
	return c;
}

sd_bus *served_connect(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	sd_bus *b = NULL;

	memcpy(sa.sun_path, served_path, strlen(served_path) + 1);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_int_ge(sd_bus_new(&b), 0);
	ck_assert_int_ge(sd_bus_set_fd(b, fd, fd), 0);
	ck_assert_int_ge(sd_bus_start(b), 0);
	return b;
}

int served_says(const char *key)
{
	struct bus_client *c = served_client();
	char err[BUS_CLIENT_TEXT_MAX];
	struct json_object *o;
	int v;

	ck_assert_msg(bus_client_snapshot(c, &o, err) == 0, "%s", err);
	v = json_object_get_int(json_object_object_get(o, key));
	json_object_put(o);
	bus_client_close(c);
	return v;
}

void served_stop(void)
{
	char err[BUS_CLIENT_TEXT_MAX];
	struct bus_client *c = served_client();

	ck_assert_int_eq(bus_client_stop(c, false, err), 0);
	bus_client_close(c);
	ck_assert_int_eq(served_wait(), 0);
}

int served_try_at(const char *at, char err[static BUS_TEXT_MAX])
{
	struct bus *b = NULL;
	sd_event *event;

	ck_assert_int_ge(sd_event_new(&event), 0);
	int r = bus_new(&b, event, at, &verbs, NULL, err);
	bus_free(b);
	sd_event_unref(event);
	return r;
}

/* --- another user --- */

void served_need_root(void)
{
	ck_assert_msg(geteuid() == 0, "this part speaks as another user: run the test as root");
}

void served_as_other(int (*f)(void))
{
	int status;

	served_need_root();
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(setgid(SERVED_OTHER_UID) < 0 || setuid(SERVED_OTHER_UID) < 0 ? 99 : f());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "step %d failed", WEXITSTATUS(status));
}

/* --- signals, and what the objects of the groups say --- */

int served_on_signal(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct served_heard *h = userdata;
	const char *name, *vpn, *server, *text;

	(void)error;
	if (sd_bus_message_is_signal(m, NULL, "Event")) {
		ck_assert_int_ge(sd_bus_message_read(m, "sssus", &name, &vpn, &server, &h->spi, &text), 0);
		snprintf(h->path, sizeof(h->path), "%s %s", sd_bus_message_get_path(m),
			 strrchr(sd_bus_message_get_interface(m), '.') + 1);
		snprintf(h->name, sizeof(h->name), "%s", name);
		snprintf(h->vpn, sizeof(h->vpn), "%s", vpn);
		snprintf(h->server, sizeof(h->server), "%s", server);
		h->events++;
	}
	h->changes += sd_bus_message_is_signal(m, "org.freedesktop.DBus.Properties", "PropertiesChanged") > 0;
	bool added = sd_bus_message_is_signal(m, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded") > 0;
	if (added || sd_bus_message_is_signal(m, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved") > 0) {
		ck_assert_str_eq(sd_bus_message_get_path(m), BUS_OBJECT);
		ck_assert_int_ge(sd_bus_message_read(m, "o", &name), 0);
		snprintf(h->objects + strlen(h->objects), sizeof(h->objects) - strlen(h->objects), "%c%s ",
			 added ? '+' : '-', strrchr(name, '/') + 1);
	}
	return 0;
}

void served_listen(sd_bus *b, const struct served_heard *h, unsigned events, unsigned changes)
{
	for (int i = 0; i < 200 && (h->events < events || h->changes < changes); i++)
		while (sd_bus_process(b, NULL) == 0 && (h->events < events || h->changes < changes))
			if (sd_bus_wait(b, 10000) <= 0)
				break;
}

void served_check_properties(sd_bus *b, const char *destination)
{
	char *text = NULL;
	uint32_t number = 0;
	uint64_t usec = 0;
	sd_bus_message *reply = NULL;
	const char *name;

	ck_assert_int_ge(
		sd_bus_get_property_string(b, destination, SERVED_GROUP, SERVED_GROUP_INTERFACE, "Name", NULL, &text),
		0);
	ck_assert_str_eq(text, "GROUP_ID-0001");
	free(text);
	ck_assert_int_ge(
		sd_bus_get_property_string(b, destination, SERVED_GROUP, SERVED_GROUP_INTERFACE, "Server", NULL, &text),
		0);
	ck_assert_str_eq(text, "10.10.100.1");
	free(text);
	ck_assert_int_ge(sd_bus_get_property_string(b, destination, BUS_OBJECT "/group/lab", SERVED_GROUP_INTERFACE,
						    "Server", NULL, &text),
			 0);
	ck_assert_str_eq(text, "");
	free(text);
	ck_assert_int_ge(sd_bus_get_property_trivial(b, destination, SERVED_GROUP, SERVED_GROUP_INTERFACE, "KeysHeld",
						     NULL, 'u', &number),
			 0);
	ck_assert_uint_eq(number, 2);
	ck_assert_int_ge(sd_bus_get_property_trivial(b, destination, SERVED_GROUP, SERVED_GROUP_INTERFACE,
						     "NextRegistrationUSec", NULL, 't', &usec),
			 0);
	ck_assert_uint_eq(usec, 33000000);
	ck_assert_int_ge(sd_bus_get_property(b, destination, SERVED_GROUP, SERVED_GROUP_INTERFACE, "Statistics", NULL,
					     &reply, "a{st}"),
			 0);
	ck_assert_int_ge(sd_bus_message_enter_container(reply, 'a', "{st}"), 0);
	ck_assert_int_ge(sd_bus_message_read(reply, "{st}", &name, &usec), 0);
	ck_assert_str_eq(name, "PullSucceeded");
	ck_assert_uint_eq(usec, 7);
	sd_bus_message_unref(reply);
	reply = NULL;
	ck_assert_int_ge(sd_bus_call_method(b, destination, BUS_OBJECT "/group", "org.freedesktop.DBus.Introspectable",
					    "Introspect", NULL, &reply, NULL),
			 0);
	ck_assert_int_ge(sd_bus_message_read(reply, "s", &name), 0);
	ck_assert_ptr_nonnull(strstr(name, "<node name=\"GROUP_5fID_2d0001\"/>"));
	ck_assert_ptr_nonnull(strstr(name, "<node name=\"lab\"/>"));
	sd_bus_message_unref(reply);
	ck_assert_int_lt(sd_bus_get_property_string(b, destination, BUS_OBJECT "/group/none", SERVED_GROUP_INTERFACE,
						    "Name", NULL, &text),
			 0);
}
