/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/private.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static int on_hangup(sd_event_source *s, const struct signalfd_siginfo *si, void *userdata)
{
	struct daemon *d = userdata;
	char err[256];

	(void)s;
	(void)si;
	daemon_notify_reloading(&d->notified);
	(void)daemon_reload(d, err); /* which says why not */
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
		r = daemon_open_timers(d);
	if (r >= 0)
		r = sd_event_set_watchdog(d->event, true); /* when the unit has one */
	return r < 0 ? r : 0;
}

/* Everything that can fail for want of a privilege, a port or a kernel feature comes before the first change to the
 * kernel. */
static int open_all(struct daemon *d, char err[static 256])
{
	int r = open_loop(d);

	if (r >= 0)
		r = transport_new(&d->transport, d->event, d->journal.log, daemon_on_datagram, d);
	if (r >= 0)
		r = turns_new(&d->turns);
	if (r >= 0)
		r = paths_new(&d->paths, d->event, daemon_on_path_up, d);
	if (r < 0) {
		snprintf(err, 256, "cannot set up the event loop: %s", strerror(-r));
		return r;
	}
	r = daemon_add_sockets(d, d->config, err);
	if (r < 0)
		return r;
	if (!d->options->no_kernel) {
		r = kernel_open(&d->kernel, daemon_on_kernel_log, d, err);
		if (r >= 0)
			r = kernel_probe_esp(d->kernel, err);
		if (r < 0)
			return r;
		r = sd_event_add_io(d->event, NULL, kernel_event_fd(d->kernel), EPOLLIN, daemon_on_kernel_event, d);
		if (r < 0) {
			snprintf(err, 256, "cannot watch the kernel's events: %s", strerror(-r));
			return r;
		}
	}
	r = daemon_make_groups(d);
	if (r < 0) {
		groups_explain(r, err);
		return r;
	}
	r = bus_new(&d->bus, d->event, d->options->socket_path, &daemon_verbs, d, err);
	if (r >= 0)
		d->journal.bus = d->bus;
	if (r < 0 || strcmp(d->options->socket_path, BUS_SOCKET) != 0)
		return r; /* the name on the system bus is for the daemon of the system */
	r = bus_attach_system(d->bus);
	if (r < 0)
		journal_say(&d->journal, RECORD_NO_SYSTEM_BUS, record_text(strerror(-r)));
	return 0;
}

static int stop(struct daemon *d, char err[static 256])
{
	if (!d->kernel)
		return 0;
	if (d->on_stop != CONFIG_STOP_KEEP)
		(void)unlink(d->saved_path); /* nothing of it will be there */
	switch (d->on_stop) {
	case CONFIG_STOP_FAIL_CLOSE:
		return daemon_apply_plan(d, true, err);
	case CONFIG_STOP_KEEP:
		return 0;
	case CONFIG_STOP_REMOVE:
		return kernel_flush(d->kernel, err);
	}
	return 0;
}

static enum record_id stop_words(enum config_on_stop s)
{
	switch (s) {
	case CONFIG_STOP_FAIL_CLOSE:
		return STOP_FAIL_CLOSE;
	case CONFIG_STOP_KEEP:
		return STOP_KEEP;
	case CONFIG_STOP_REMOVE:
		return STOP_REMOVE;
	}
	return RECORD_NOTHING;
}

static int run(struct daemon *d)
{
	char err[256];
	int r = open_all(d, err);

	if (r >= 0)
		r = daemon_apply_plan(d, false, err);
	if (r < 0) {
		journal_say(&d->journal, RECORD_CANNOT_START, record_text(err));
		return r;
	}
	journal_say(&d->journal, RECORD_STARTED, record_number(d->config->n_vpns),
		    record_text(d->options->config_path));
	daemon_keep_config(d);
	groups_start_new(&d->groups, daemon_now(d));
	daemon_carry_out_all(d);
	r = sd_event_loop(d->event);
	if (r < 0)
		journal_say(&d->journal, RECORD_LOOP_FAILED, record_text(strerror(-r)));
	daemon_notify_stopping();
	if (stop(d, err) < 0) {
		journal_say(&d->journal, RECORD_CANNOT_STOP, record_phrase(stop_words(d->on_stop)), record_text(err));
		return -EIO;
	}
	journal_say(&d->journal, RECORD_STOPPED, record_phrase(d->kernel ? stop_words(d->on_stop) : STOP_NOTHING));
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
		.journal.log = log,
		.config = config,
		.on_stop = config->on_stop,
	};
	int r;

	saved_path_beside(options->socket_path, d.saved_path);
	r = run(&d);
	bus_free(d.bus);
	d.journal.bus = NULL; /* the groups may still have something to tell */
	groups_free(&d.groups);
	turns_free(d.turns);
	paths_free(d.paths);
	transport_free(d.transport);
	kernel_close(d.kernel);
	plan_free(d.plan);
	interfaces_free(&d.interfaces);
	sd_event_source_disable_unref(d.deferred_stop);
	daemon_close_timers(&d);
	sd_event_unref(d.event);
	config_free(d.config);
	return r;
}
