/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gvpnd: the one process that owns everything that happens, in one event loop and without threads.
 *
 * Objects.  A configuration has one group for each VPN (groups.h).  All groups together have one plan, made by the
 * policy engine of the configuration and the groups' keys, and one kernel, which is brought to the plan.  The transport
 * has the UDP sockets, the bus has the clients, the journal is the one voice of the daemon.  struct daemon
 * (private.h) holds these parts; each is written by one file.
 *
 * Who calls what.  An event is an input of a group or of the schedule of the plan; what follows from it goes out, and
 * nothing climbs back:
 *
 *   datagram, timer, a path that is there -> loop.c -> the group takes (now, input) -> its effects
 *   group_effects.c carries them out: datagrams, records for the journal, "apply the plan", an acknowledgement owed
 *   apply.c: planner.c -> policy/ -> xfrm/ ; the result goes back to the group as an input, and may owe a datagram
 *   kernel event -> loop.c -> group (an SA is used up), apply.c (another program changed what is ours)
 *   gvpnctl -> bus/ -> verbs.c -> snapshot.c, explain.c, the groups, configure.c (reload)
 *   after every event -> loop.c, settle(): what is due is applied, looked at, told, and the timers are set
 *
 * A start: configure.c (sockets), adopt.c (the groups, with the keys of an earlier run), apply.c (the plan with these
 * keys), then the groups start.  All that can fail comes before the first change to the kernel.
 *
 * Known races.
 * - Another program changes the kernel between our look and our change.  Each transaction is a whole one, and the
 *   kernel's events say that something of ours was touched: apply_schedule.h has when it is mended.
 * - A push must not be acknowledged before the kernel holds its keys (RFC 8263 6).  So the plan is applied while the
 *   effects of the push are carried out, not after the event.
 * - A reload takes a group away while its datagrams wait in a socket.  Groups and configuration are exchanged together
 *   between two events, and a datagram that no group takes is dropped.
 * - Two daemons start at once: bus/socket.c lets one of them wait, and refuse.
 * - The daemon is killed: the kernel keeps SAs and policies, and adopt.c takes them over at the next start.
 *
 * Standards: RFC 6407 (GDOI) over UDP port 848, RFC 8263 (acknowledgements), sd_notify(3), sd_listen_fds(3), D-Bus.
 */
#include "member/daemon/private.h"

#include "member/daemon/paths.h"
#include "member/daemon/transport.h"
#include "xfrm/kernel.h"

static int open_kernel(struct daemon *d, struct record *why)
{
	char err[256];
	int r;

	if (d->options->no_kernel)
		return 0;
	r = kernel_open(&d->kernel, d->options->bpf_folder, daemon_on_kernel_log, d, err);
	if (r >= 0)
		r = kernel_probe_esp(d->kernel, err);
	if (r < 0) {
		record_set(why, RECORD_PLAIN, record_text(err));
		return r;
	}
	r = sd_event_add_io(d->loop.event, NULL, kernel_event_fd(d->kernel), EPOLLIN, daemon_on_kernel_event, d);
	if (r < 0)
		record_set(why, ERROR_KERNEL_EVENTS, record_text(strerror(-r)));
	return r;
}

static int open_bus(struct daemon *d, struct record *why)
{
	char err[BUS_TEXT_MAX];
	int r = bus_new(&d->bus, d->loop.event, d->options->socket_path, &daemon_verbs, d, err);

	if (r < 0) {
		record_set(why, RECORD_PLAIN, record_text(err));
		return r;
	}
	d->journal.bus = d->bus;
	if (strcmp(d->options->socket_path, BUS_SOCKET) != 0)
		return 0; /* the name on the system bus is for the daemon of the system */
	r = bus_attach_system(d->bus);
	if (r < 0)
		journal_say(&d->journal, RECORD_NO_SYSTEM_BUS, record_text(strerror(-r)));
	return 0;
}

/* Everything that can fail for want of a privilege, a port or a kernel feature comes before the first change to the
 * kernel. */
static int open_all(struct daemon *d, struct record *why)
{
	int r = daemon_open_loop(d);

	if (r >= 0)
		r = transport_new(&d->transport, d->loop.event, d->journal.log, daemon_on_datagram, d);
	if (r >= 0)
		r = turns_new(&d->turns);
	if (r >= 0)
		r = paths_new(&d->paths, d->loop.event, daemon_on_path_up, d);
	if (r < 0) {
		record_set(why, ERROR_LOOP, record_text(strerror(-r)));
		return r;
	}
	r = daemon_add_sockets(d, d->config, why);
	if (r < 0)
		return r;
	r = open_kernel(d, why);
	if (r < 0)
		return r;
	r = daemon_open_senders(d);
	if (r == 0)
		r = daemon_make_groups(d);
	if (r < 0) {
		groups_explain(why, r);
		return r;
	}
	return open_bus(d, why);
}

/* "gvpnctl stop --keep" overrules the configuration. */
static enum config_on_stop on_stop(const struct daemon *d)
{
	return d->stopping.keep ? CONFIG_STOP_KEEP : d->config->on_stop;
}

static int stop_kernel(struct daemon *d, struct record *why)
{
	char err[256];
	int r;

	if (!d->kernel)
		return 0;
	if (on_stop(d) != CONFIG_STOP_KEEP)
		daemon_forget_state(d); /* the kernel will have nothing of it */
	switch (on_stop(d)) {
	case CONFIG_STOP_FAIL_CLOSE:
		return daemon_apply_plan(d, true, why);
	case CONFIG_STOP_KEEP:
		return 0;
	case CONFIG_STOP_REMOVE:
		r = kernel_flush(d->kernel, d->options->bpf_folder, err);
		if (r < 0)
			record_set(why, RECORD_PLAIN, record_text(err));
		return r;
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
	struct record why;
	int r = open_all(d, &why);

	if (r >= 0)
		r = daemon_apply_plan(d, false, &why);
	if (r < 0) {
		journal_say(&d->journal, RECORD_CANNOT_START, record_clause(&why));
		return r;
	}
	journal_say(&d->journal, RECORD_STARTED, record_number(d->config->n_vpns),
		    record_text(d->options->config_path));
	daemon_tell_clock(d, false);
	daemon_keep_config(d);
	groups_start_new(&d->groups, daemon_now(d));
	daemon_carry_out_all(d);
	r = sd_event_loop(d->loop.event);
	if (r < 0)
		journal_say(&d->journal, RECORD_LOOP_FAILED, record_text(strerror(-r)));
	daemon_notify_stopping();
	if (stop_kernel(d, &why) < 0) {
		journal_say(&d->journal, RECORD_CANNOT_STOP, record_phrase(stop_words(on_stop(d))),
			    record_clause(&why));
		return -EIO;
	}
	journal_say(&d->journal, RECORD_STOPPED, record_phrase(d->kernel ? stop_words(on_stop(d)) : STOP_NOTHING));
	return r;
}

int daemon_run(const struct daemon_options *options, struct config *config, struct log *log)
{
	struct daemon d = {
		.options = options,
		.journal.log = log,
		.config = config,
	};
	int r;

	daemon_place_state(&d);
	r = run(&d);
	bus_free(d.bus);
	d.journal.bus = NULL; /* the groups may still have something to tell */
	groups_free(&d.groups);
	sender_store_free(d.senders.store);
	turns_free(d.turns);
	paths_free(d.paths);
	transport_free(d.transport);
	kernel_close(d.kernel);
	plan_free(d.applied.plan);
	interfaces_free(&d.interfaces);
	daemon_close_loop(&d);
	config_free(d.config);
	return r;
}
