/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon.h"

#include "member/bus.h"
#include "member/explain.h"
#include "member/groups.h"
#include "member/planner.h"
#include "member/snapshot.h"
#include "member/transport.h"
#include "xfrm/describe.h"
#include "xfrm/kernel.h"

#include <limits.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

/* How soon a plan that the kernel refused is tried again. */
#define APPLY_AGAIN_MS 2000
/* Deadlines need not be kept more exactly than this; it lets the loop sleep through neighbours. */
#define TIMER_ACCURACY_US 10000

struct daemon {
	const struct daemon_options *options;
	struct log *log;
	struct config *config;
	struct groups groups; /* of config */
	sd_event *event;
	sd_event_source *timer, *deferred_stop;
	struct transport *transport;
	struct kernel *kernel; /* NULL under --no-kernel */
	struct bus *bus;
	char saved_path[PATH_MAX]; /* beside the bus socket */
	int save_errno;            /* of the last attempt, so that a lasting failure is logged once */
	struct plan *plan;         /* what the kernel holds, or would hold */
	char conflict[256];        /* what others hold of it; logged when it changes */
	bool plan_stale;           /* something it is made from has changed */
	uint64_t apply_again;      /* UINT64_MAX: no attempt is pending */
	enum config_on_stop on_stop;
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* --- what groups do to the world --- */

static void on_group_send(void *ctx, const struct udp_ends *ends, const uint8_t *data, size_t len)
{
	struct daemon *d = ctx;

	transport_send(d->transport, ends, data, len);
}

static void on_group_listen(void *ctx, uint32_t local, uint16_t port)
{
	struct daemon *d = ctx;
	char err[256];

	if (transport_add(d->transport, local, port, err) < 0)
		log_write(d->log, LOG_LEVEL_ERROR, NULL, "pushes will not be received: %s", err);
}

static int refresh_plan(struct daemon *d);

/* At once, so that a push is acknowledged only when the kernel holds its keys (RFC 8263 6). */
static int on_group_changed(void *ctx)
{
	return refresh_plan(ctx);
}

static void on_group_log(void *ctx, enum log_level level, const char *vpn, uint32_t server, uint32_t spi,
			 const char *text)
{
	struct daemon *d = ctx;
	struct log_fields about = { .vpn = vpn, .server = server, .spi = spi };

	for (size_t i = 0; i < d->config->n_vpns; i++)
		if (strcmp(d->config->vpns[i].name, vpn) == 0)
			about.group = d->config->vpns[i].group;
	log_write(d->log, level, &about, "%s", text);
}

static uint32_t on_group_random(void *ctx, uint32_t bound)
{
	uint32_t v = 0;

	(void)ctx;
	/* A jitter that fails to be random is late or early, never wrong. */
	if (RAND_bytes((unsigned char *)&v, sizeof(v)) != 1)
		v = 0;
	return bound > 0 ? v % bound : 0;
}

static int on_group_unknown_spi(void *ctx, uint64_t *ret)
{
	struct daemon *d = ctx;
	struct kernel_counters c;
	int r = kernel_counters(d->kernel, &c);

	if (r >= 0)
		*ret = c.unknown_spi;
	return r;
}

/* An SA that is not there, yet or any more, carries nothing. */
static int sa_packets(struct kernel *k, uint32_t local, uint32_t spi, bool out, uint64_t *ret)
{
	struct kernel_sa_counters c = { 0 };
	int r = kernel_sa_counters(k, local, spi, out, &c);

	if (r < 0 && r != -ENOENT)
		return r;
	*ret = c.packets;
	return 0;
}

static int on_group_sa_packets(void *ctx, uint32_t local, uint32_t spi, uint64_t *ret_in, uint64_t *ret_out)
{
	struct daemon *d = ctx;
	uint64_t in = 0;
	int r = sa_packets(d->kernel, local, spi, false, &in);

	if (r >= 0)
		r = sa_packets(d->kernel, local, spi, true, ret_out);
	if (r >= 0)
		*ret_in = in;
	return r;
}

static struct group_ops group_ops(struct daemon *d)
{
	return (struct group_ops){
		.unknown_spi = d->options->no_kernel ? NULL : on_group_unknown_spi,
		.sa_packets = d->options->no_kernel ? NULL : on_group_sa_packets,
		.send = on_group_send,
		.listen = on_group_listen,
		.changed = on_group_changed,
		.log = on_group_log,
		.random = on_group_random,
		.ctx = d,
	};
}

/* --- what an earlier run left --- */

/* Keys whose SA is not in the kernel any more are of no use. */
static void drop_lost_keys(struct daemon *d, const struct saved_vpn *vpn)
{
	for (size_t i = 0; i < vpn->n_policies; i++) {
		struct keyring_policy *p = &vpn->policies[i];
		size_t kept = 0;

		for (size_t j = 0; j < p->n_keys; j++) {
			struct kernel_sa_counters unused;

			if (kernel_sa_counters(d->kernel, vpn->local, p->keys[j].tek.spi, false, &unused) == 0)
				p->keys[kept++] = p->keys[j];
		}
		p->n_keys = kept;
	}
}

/* The groups, with what an earlier run left for them in the kernel: so a restart is nothing that traffic notices. */
static int make_groups(struct daemon *d)
{
	_cleanup_(saved_freep) struct saved *saved = NULL;
	const struct group_ops ops = group_ops(d);
	int r = d->kernel ? saved_read(&saved, d->saved_path) : -ENOENT;

	if (r < 0 && r != -ENOENT && r != -ESTALE)
		log_write(d->log, LOG_LEVEL_WARNING, NULL, "%s is not used: %s", d->saved_path, strerror(-r));
	r = groups_make(&d->groups, d->config, NULL, saved, &ops);
	for (size_t i = 0; r == 0 && i < d->groups.n; i++) {
		const struct saved_vpn *vpn = saved_find(saved, d->config, i);

		if (!vpn || vpn->slot != group_slot(d->groups.items[i]))
			continue;
		drop_lost_keys(d, vpn);
		group_restore(d->groups.items[i], vpn->policies, vpn->n_policies, now_ms());
	}
	return r;
}

static void save_groups(struct daemon *d)
{
	int r = d->kernel ? saved_write(d->saved_path, d->groups.items, d->groups.n) : 0;

	if (r < 0 && r != d->save_errno)
		log_write(d->log, LOG_LEVEL_WARNING, NULL, "cannot write %s, a restart will lose packets: %s",
			  d->saved_path, strerror(-r));
	d->save_errno = r;
}

/* --- the plan and the kernel --- */

static enum log_level level_of(int priority)
{
	if (priority <= LOG_ERR)
		return LOG_LEVEL_ERROR;
	if (priority == LOG_WARNING)
		return LOG_LEVEL_WARNING;
	if (priority == LOG_NOTICE)
		return LOG_LEVEL_NOTICE;
	return priority == LOG_INFO ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG;
}

static void on_kernel_log(void *ctx, int priority, const char *text)
{
	struct daemon *d = ctx;

	log_write(d->log, level_of(priority), NULL, "%s", text);
}

/* Makes the plan anew and brings the kernel to it. */
static int apply_plan(struct daemon *d, bool stopped, char err[static 256])
{
	_cleanup_(plan_freep) struct plan *plan = NULL;
	int r = planner_plan(&plan, d->config, d->groups.items, stopped, now_ms());

	if (r < 0) {
		snprintf(err, 256, "cannot make the plan: %s", strerror(-r));
		return r;
	}
	if (d->kernel) {
		r = kernel_apply(d->kernel, plan, err);
		if (r < 0)
			return r;
		if (r == KERNEL_CONFLICT && strcmp(err, d->conflict) != 0)
			log_write(d->log, LOG_LEVEL_ERROR, NULL, "%s", err);
		snprintf(d->conflict, sizeof(d->conflict), "%s", r == KERNEL_CONFLICT ? err : "");
	} else if (!stopped) {
		kernel_describe(plan, stdout);
		fflush(stdout);
	}
	plan_free(d->plan);
	d->plan = TAKE(plan);
	return 0;
}

static int refresh_plan(struct daemon *d)
{
	char err[256];
	int r;

	d->plan_stale = false;
	d->apply_again = UINT64_MAX;
	r = apply_plan(d, false, err);
	if (r == 0) {
		save_groups(d);
		return 0;
	}
	log_write(d->log, LOG_LEVEL_ERROR, NULL, "the kernel does not hold the plan: %s; tried again in %d s", err,
		  APPLY_AGAIN_MS / 1000);
	d->apply_again = now_ms() + APPLY_AGAIN_MS;
	return r;
}

/* --- the loop --- */

static void arm_timer(struct daemon *d)
{
	uint64_t at = d->apply_again;
	int r;

	for (size_t i = 0; i < d->config->n_vpns; i++) {
		uint64_t deadline = group_deadline(d->groups.items[i]);

		if (deadline < at)
			at = deadline;
	}
	r = sd_event_source_set_time(d->timer, at == UINT64_MAX ? UINT64_MAX : at * 1000);
	if (r >= 0)
		r = sd_event_source_set_enabled(d->timer, at == UINT64_MAX ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
	if (r < 0)
		log_write(d->log, LOG_LEVEL_ERROR, NULL, "cannot set the timer: %s", strerror(-r));
}

static void notify_status(struct daemon *d)
{
	char status[512];
	size_t n = 0;

	for (size_t i = 0; i < d->config->n_vpns && n < sizeof(status); i++)
		n += (size_t)snprintf(status + n, sizeof(status) - n, "%s%s: %s", i > 0 ? ", " : "",
				      d->config->vpns[i].name, group_state_name(group_state(d->groups.items[i])));
	sd_notifyf(0, "STATUS=%s", status);
}

/* After every event: what follows from it, once. */
static void settle(struct daemon *d)
{
	if (d->plan_stale || d->apply_again <= now_ms())
		(void)refresh_plan(d); /* tried again by the timer */
	arm_timer(d);
	notify_status(d);
}

static int on_timer(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct daemon *d = userdata;

	(void)s;
	(void)usec;
	for (size_t i = 0; i < d->config->n_vpns; i++)
		group_tick(d->groups.items[i], now_ms());
	settle(d);
	return 0;
}

static void on_datagram(void *ctx, const struct udp_ends *ends, const uint8_t *data, size_t len)
{
	struct daemon *d = ctx;

	for (size_t i = 0; i < d->config->n_vpns; i++)
		if (group_datagram(d->groups.items[i], now_ms(), ends, data, len))
			break;
	settle(d);
}

static int on_kernel_event(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct daemon *d = userdata;
	bool reapply = false;
	int r = kernel_event(d->kernel, &reapply);

	(void)s;
	(void)fd;
	(void)revents;
	if (r < 0)
		log_write(d->log, LOG_LEVEL_WARNING, NULL, "cannot read the kernel's events: %s", strerror(-r));
	if (reapply)
		d->plan_stale = true;
	settle(d);
	return 0;
}

/* --- verbs --- */

static struct json_object *verb_snapshot(void *ctx)
{
	struct daemon *d = ctx;

	return snapshot_make(&(struct snapshot_input){ .config = d->config,
						       .groups = d->groups.items,
						       .plan = d->plan,
						       .kernel = d->kernel,
						       .now = now_ms() });
}

static int verb_explain(void *ctx, const struct explain_request *q, struct json_object **ret,
			char err[static BUS_TEXT_MAX])
{
	struct daemon *d = ctx;

	return explain_make(ret, d->plan, q, route_lookup, err);
}

static int verb_clear(void *ctx, const char *vpn, char err[static BUS_TEXT_MAX])
{
	struct daemon *d = ctx;
	bool found = false;

	for (size_t i = 0; i < d->config->n_vpns; i++) {
		if (vpn && strcmp(d->config->vpns[i].name, vpn) != 0)
			continue;
		found = true;
		group_clear(d->groups.items[i], now_ms());
	}
	settle(d);
	if (found || !vpn)
		return 0;
	snprintf(err, BUS_TEXT_MAX, "no VPN '%s' is configured", vpn);
	return -ENOENT;
}

void config_log_warnings(const struct config *config, struct log *log)
{
	for (size_t i = 0; i < config->n_warnings; i++)
		log_write(log, LOG_LEVEL_WARNING, NULL, "%s", config->warnings[i].text);
}

static int add_sockets(struct daemon *d, const struct config *c, char err[static 256])
{
	for (size_t i = 0; i < c->n_vpns; i++) {
		int r = transport_add(d->transport, c->gateways[c->vpns[i].gateway].local_address, GDOI_PORT, err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* What differs is applied: a VPN that stays the same group keeps its keys.  A bad configuration changes nothing. */
static int reload(struct daemon *d, char err[static 256])
{
	const struct group_ops ops = group_ops(d);
	_cleanup_(config_freep) struct config *c = NULL;
	struct groups groups;
	struct config_error e;
	int r = config_load(&c, d->options->config_path, &e);

	if (r < 0) {
		snprintf(err, 256, "%.255s", e.text);
		return r;
	}
	r = add_sockets(d, c, err);
	if (r < 0)
		return r;
	r = groups_make(&groups, c, &d->groups, NULL, &ops);
	if (r < 0) {
		snprintf(err, 256, "%s", strerror(-r));
		return r;
	}
	config_log_warnings(c, d->log);
	groups_replace(&d->groups, &groups, now_ms());
	config_free(d->config);
	d->config = TAKE(c);
	d->on_stop = d->config->on_stop;
	d->plan_stale = true;
	groups_start_new(&d->groups, now_ms());
	log_write(d->log, LOG_LEVEL_NOTICE, NULL, "configuration %s loaded", d->options->config_path);
	settle(d);
	return 0;
}

static int verb_reload(void *ctx, char err[static BUS_TEXT_MAX])
{
	return reload(ctx, err);
}

static int on_deferred_stop(sd_event_source *s, void *userdata)
{
	(void)s;
	return sd_event_exit(((struct daemon *)userdata)->event, 0);
}

static int verb_stop(void *ctx, bool keep, char err[static BUS_TEXT_MAX])
{
	struct daemon *d = ctx;
	int r;

	if (keep)
		d->on_stop = CONFIG_STOP_KEEP;
	if (d->deferred_stop)
		return 0;
	/* After the reply has gone. */
	r = sd_event_add_defer(d->event, &d->deferred_stop, on_deferred_stop, d);
	if (r >= 0)
		r = sd_event_source_set_priority(d->deferred_stop, SD_EVENT_PRIORITY_IDLE);
	if (r < 0)
		snprintf(err, BUS_TEXT_MAX, "cannot stop: %s", strerror(-r));
	return r < 0 ? r : 0;
}

static void verb_note(void *ctx, const char *text)
{
	log_write(((struct daemon *)ctx)->log, LOG_LEVEL_NOTICE, NULL, "%s", text);
}

static const struct bus_verbs verbs = {
	.snapshot = verb_snapshot,
	.explain = verb_explain,
	.clear = verb_clear,
	.reload = verb_reload,
	.stop = verb_stop,
	.note = verb_note,
};

static int on_hangup(sd_event_source *s, const struct signalfd_siginfo *si, void *userdata)
{
	struct daemon *d = userdata;
	char err[256];

	(void)s;
	(void)si;
	sd_notify(0, "RELOADING=1");
	if (reload(d, err) < 0)
		log_write(d->log, LOG_LEVEL_ERROR, NULL, "not reloaded, everything stays as it is: %s", err);
	sd_notify(0, "READY=1");
	return 0;
}

static int on_terminate(sd_event_source *s, const struct signalfd_siginfo *si, void *userdata)
{
	(void)si;
	(void)userdata;
	return sd_event_exit(sd_event_source_get_event(s), 0);
}

/* --- start and stop --- */

static int open_loop(struct daemon *d)
{
	sigset_t signals;
	int r;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return -errno;
	r = sd_event_new(&d->event);
	if (r < 0)
		return r;
	r = sd_event_add_signal(d->event, NULL, SIGTERM, on_terminate, d);
	if (r >= 0)
		r = sd_event_add_signal(d->event, NULL, SIGINT, on_terminate, d);
	if (r >= 0)
		r = sd_event_add_signal(d->event, NULL, SIGHUP, on_hangup, d);
	if (r >= 0)
		r = sd_event_add_time(d->event, &d->timer, CLOCK_BOOTTIME, 0, TIMER_ACCURACY_US, on_timer, d);
	if (r >= 0)
		r = sd_event_source_set_enabled(d->timer, SD_EVENT_OFF);
	return r < 0 ? r : 0;
}

/* Everything that can fail for want of a privilege, a port or a kernel feature comes before the first change to the
 * kernel. */
static int open_all(struct daemon *d, char err[static 256])
{
	int r = open_loop(d);

	if (r >= 0)
		r = transport_new(&d->transport, d->event, d->log, on_datagram, d);
	if (r < 0) {
		snprintf(err, 256, "cannot set up the event loop: %s", strerror(-r));
		return r;
	}
	r = add_sockets(d, d->config, err);
	if (r < 0)
		return r;
	if (!d->options->no_kernel) {
		r = kernel_open(&d->kernel, on_kernel_log, d, err);
		if (r < 0)
			return r;
		r = sd_event_add_io(d->event, NULL, kernel_event_fd(d->kernel), EPOLLIN, on_kernel_event, d);
		if (r < 0) {
			snprintf(err, 256, "cannot watch the kernel's events: %s", strerror(-r));
			return r;
		}
	}
	r = make_groups(d);
	if (r < 0) {
		snprintf(err, 256, "%s", strerror(-r));
		return r;
	}
	return bus_new(&d->bus, d->event, d->options->socket_path, &verbs, d, err);
}

static int stop(struct daemon *d, char err[static 256])
{
	if (!d->kernel)
		return 0;
	if (d->on_stop != CONFIG_STOP_KEEP)
		(void)unlink(d->saved_path); /* nothing of it will be there */
	switch (d->on_stop) {
	case CONFIG_STOP_FAIL_CLOSE:
		return apply_plan(d, true, err);
	case CONFIG_STOP_KEEP:
		return 0;
	case CONFIG_STOP_REMOVE:
		return kernel_flush(d->kernel, err);
	}
	return 0;
}

static const char *on_stop_text(enum config_on_stop s)
{
	switch (s) {
	case CONFIG_STOP_FAIL_CLOSE:
		return "keys removed, the blocks of fail-close stay";
	case CONFIG_STOP_KEEP:
		return "keys and policies stay";
	case CONFIG_STOP_REMOVE:
		return "keys, policies and blocks removed";
	}
	return "?";
}

static int run(struct daemon *d)
{
	char err[256];
	int r = open_all(d, err);

	if (r >= 0)
		r = apply_plan(d, false, err);
	if (r < 0) {
		log_write(d->log, LOG_LEVEL_ERROR, NULL, "cannot start: %s", err);
		return r;
	}
	groups_start_new(&d->groups, now_ms());
	settle(d);
	sd_notify(0, "READY=1");
	r = sd_event_loop(d->event);
	if (r < 0)
		log_write(d->log, LOG_LEVEL_ERROR, NULL, "the event loop failed: %s", strerror(-r));
	sd_notify(0, "STOPPING=1");
	if (stop(d, err) < 0) {
		log_write(d->log, LOG_LEVEL_ERROR, NULL, "cannot stop as configured (%s): %s", on_stop_text(d->on_stop),
			  err);
		return -EIO;
	}
	log_write(d->log, LOG_LEVEL_NOTICE, NULL, "stopped: %s",
		  d->kernel ? on_stop_text(d->on_stop) : "nothing was programmed");
	return r;
}

static void saved_path_beside(const char *socket_path, char ret[static PATH_MAX])
{
	const char *slash = strrchr(socket_path, '/');
	int dir = slash ? (int)(slash - socket_path) + 1 : 0;

	snprintf(ret, PATH_MAX, "%.*sstate", dir, socket_path);
}

int daemon_run(const struct daemon_options *options, struct config *config, struct log *log)
{
	struct daemon d = {
		.options = options,
		.log = log,
		.config = config,
		.apply_again = UINT64_MAX,
		.on_stop = config->on_stop,
	};
	int r;

	saved_path_beside(options->socket_path, d.saved_path);
	r = run(&d);
	bus_free(d.bus);
	groups_free(&d.groups);
	transport_free(d.transport);
	kernel_close(d.kernel);
	plan_free(d.plan);
	sd_event_source_disable_unref(d.deferred_stop);
	sd_event_source_disable_unref(d.timer);
	sd_event_unref(d.event);
	config_free(d.config);
	return r;
}
