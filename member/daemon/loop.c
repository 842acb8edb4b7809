/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop.  Each event is an input of a group or of the kernel's schedule (apply_schedule.h).  The handler of an
 * event gives the input and carries out the effects of the group, and does nothing more.  All other consequences are
 * done once after the event, in settle(), by one post source.
 */
#include "member/daemon/private.h"

#include "xfrm/kernel.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

/* Before the bus, which sends what was told, and before the next event. */
#define SETTLE_PRIORITY (SD_EVENT_PRIORITY_NORMAL - 1)

uint64_t daemon_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

uint64_t daemon_now(const struct daemon *d)
{
	uint64_t usec;

	return sd_event_now(d->loop.event, CLOCK_BOOTTIME, &usec) < 0 ? daemon_clock() : usec / 1000;
}

/* --- timers --- */

static void on_group_timer(void *owner, size_t index)
{
	struct daemon *d = owner;

	if (index >= d->groups.n) /* a reload has taken it */
		return;
	group_tick(d->groups.items[index], daemon_now(d));
	daemon_carry_out(d, d->groups.items[index]);
}

/* Sets the flag only: settle() does the work that is due. */
static void on_timer(void *owner, size_t index)
{
	(void)owner;
	(void)index;
}

int daemon_make_group_timers(struct daemon *d, size_t n)
{
	struct timer **timers;
	int r = 0;

	if (n <= d->loop.n_group_timers)
		return 0;
	timers = reallocarray(d->loop.group_timers, n, sizeof(struct timer *));
	if (!timers)
		return -ENOMEM;
	d->loop.group_timers = timers;
	while (r >= 0 && d->loop.n_group_timers < n) {
		r = timer_new(&timers[d->loop.n_group_timers], d->loop.event, on_group_timer, d,
			      d->loop.n_group_timers);
		if (r >= 0)
			d->loop.n_group_timers++;
	}
	return r;
}

static int set_timers(struct daemon *d)
{
	const struct host_drop *drop = &d->applied.host_drop;
	int r = timer_set(d->loop.timers[DAEMON_TIMER_APPLY], apply_deadline(&d->applied.schedule)), first = r;

	r = timer_set(d->loop.timers[DAEMON_TIMER_HOST_DROP], drop->look_at != 0 ? drop->look_at : UINT64_MAX);
	first = first < 0 ? first : r;
	r = timer_set(d->loop.timers[DAEMON_TIMER_SEARCH], d->senders.search_at);
	first = first < 0 ? first : r;
	r = timer_set(d->loop.timers[DAEMON_TIMER_D3P],
		      d->applied.d3p.look_at != 0 ? d->applied.d3p.look_at : UINT64_MAX);
	first = first < 0 ? first : r;
	r = timer_set(d->loop.timers[DAEMON_TIMER_LOG], journal_deadline(&d->journal));
	first = first < 0 ? first : r;
	for (size_t i = 0; i < d->loop.n_group_timers; i++) {
		r = timer_set(d->loop.group_timers[i],
			      i < d->groups.n ? group_deadline(d->groups.items[i]) : UINT64_MAX);
		first = first < 0 ? first : r;
	}
	return first;
}

/* --- after every event --- */

static void on_interface_changed(void *ctx, const struct interface_use *use)
{
	struct daemon *d = ctx;
	struct record r;

	interface_record(&r, use);
	journal_tell(&d->journal, &d->config->vpns[use->vpn], &r);
}

static void settle(struct daemon *d)
{
	int r;

	daemon_apply_if_due(d);
	daemon_search_if_due(d);
	daemon_look_if_due(d);
	daemon_pass_turns(d);
	daemon_keep_sockets(d);
	interfaces_refresh(&d->interfaces, d->config, on_interface_changed, d);
	journal_tick(&d->journal, daemon_now(d));
	r = set_timers(d);
	if (r < 0)
		journal_say(&d->journal, RECORD_NO_TIMER, record_text(strerror(-r)));
	bus_changed(d->bus);
	daemon_notify(&d->notified, &d->groups,
		      d->applied.schedule.refused.holds ? d->applied.schedule.refused.why : NULL);
}

static int on_post(sd_event_source *s, void *userdata)
{
	(void)s;
	settle(userdata);
	return 0;
}

/* The start is an event too. */
static int on_start(sd_event_source *s, void *userdata)
{
	(void)s;
	(void)userdata;
	return 0;
}

/* --- events --- */

static bool is_server(const struct daemon *d, uint32_t address)
{
	for (size_t i = 0; i < d->config->n_vpns; i++) {
		const struct config_gateway *g = &d->config->gateways[d->config->vpns[i].gateway];

		for (size_t j = 0; j < g->n_servers; j++)
			if (g->servers[j] == address)
				return true;
	}
	return false;
}

void daemon_on_datagram(void *ctx, const struct udp_ends *ends, const uint8_t *data, size_t len)
{
	struct daemon *d = ctx;
	bool taken = false;

	for (size_t i = 0; i < d->config->n_vpns && !taken; i++) {
		taken = group_datagram(d->groups.items[i], daemon_now(d), ends, data, len);
		daemon_carry_out(d, d->groups.items[i]);
	}
	if (!taken)
		journal_datagram_dropped(&d->journal, daemon_now(d), ends, is_server(d, ends->remote));
}

int daemon_on_kernel_event(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct daemon *d = userdata;
	struct kernel_expiry worn;
	enum kernel_reapply reapply = KERNEL_KEEP;
	int r = kernel_event(d->kernel, &reapply);

	(void)s;
	(void)fd;
	(void)revents;
	if (r < 0)
		journal_kernel_unreadable(&d->journal, daemon_now(d), r);
	while (kernel_next_expiry(d->kernel, &worn))
		for (size_t i = 0; i < d->config->n_vpns; i++) {
			if (worn.sequence)
				group_sequence(d->groups.items[i], daemon_now(d), worn.local, worn.spi, worn.hard);
			else
				group_sa_worn(d->groups.items[i], daemon_now(d), worn.local, worn.spi, worn.hard);
			daemon_carry_out(d, d->groups.items[i]);
		}
	daemon_kernel_touched(d, reapply);
	interfaces_want_look(&d->interfaces);
	return 0;
}

static int on_hangup(sd_event_source *s, const struct signalfd_siginfo *si, void *userdata)
{
	struct daemon *d = userdata;
	struct record why;

	(void)s;
	(void)si;
	daemon_notify_reloading(&d->notified);
	(void)daemon_reload(d, &why); /* which tells why not */
	return 0;
}

static int on_terminate(sd_event_source *s, const struct signalfd_siginfo *si, void *userdata)
{
	(void)si;
	(void)userdata;
	return sd_event_exit(sd_event_source_get_event(s), 0);
}

/* --- the loop itself --- */

static int open_timers(struct daemon *d)
{
	int r = 0;

	for (size_t i = 0; i < DAEMON_TIMERS && r >= 0; i++)
		r = timer_new(&d->loop.timers[i], d->loop.event, on_timer, d, i);
	if (r >= 0)
		r = sd_event_add_defer(d->loop.event, NULL, on_start, d);
	if (r >= 0)
		r = sd_event_add_post(d->loop.event, &d->loop.post, on_post, d);
	if (r >= 0)
		r = sd_event_source_set_priority(d->loop.post, SETTLE_PRIORITY);
	return r;
}

int daemon_open_loop(struct daemon *d)
{
	sigset_t signals;
	int r;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return -errno;
	r = sd_event_new(&d->loop.event);
	if (r < 0)
		return r;
	r = sd_event_add_signal(d->loop.event, NULL, SIGTERM, on_terminate, d);
	if (r >= 0)
		r = sd_event_add_signal(d->loop.event, NULL, SIGINT, on_terminate, d);
	if (r >= 0)
		r = sd_event_add_signal(d->loop.event, NULL, SIGHUP, on_hangup, d);
	if (r >= 0)
		r = open_timers(d);
	if (r >= 0)
		r = sd_event_set_watchdog(d->loop.event, true); /* when the unit has one */
	return r < 0 ? r : 0;
}

void daemon_close_loop(struct daemon *d)
{
	for (size_t i = 0; i < DAEMON_TIMERS; i++)
		timer_free(d->loop.timers[i]);
	while (d->loop.n_group_timers > 0)
		timer_free(d->loop.group_timers[--d->loop.n_group_timers]);
	free(d->loop.group_timers);
	sd_event_source_disable_unref(d->loop.post);
	sd_event_source_disable_unref(d->stopping.deferred);
	sd_event_unref(d->loop.event);
}
