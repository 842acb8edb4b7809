/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon_private.h"

#include "member/planner.h"
#include "xfrm/describe.h"
#include "xfrm/trim.h"

#include <inttypes.h>
#include <stdio.h>
#include <syslog.h>

/* How soon it is looked whether another program's SA or policy still has the place of ours: nobody tells its end. */
#define CONFLICT_AGAIN_MS 30000

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

void daemon_on_kernel_log(void *ctx, int priority, enum kernel_news news, const char *text)
{
	struct daemon *d = ctx;

	switch (news) {
	case KERNEL_NEWS_CHANGED:
		daemon_say_limited(d, level_of(priority), EVENT_KERNEL_CHANGED, text);
		return;
	case KERNEL_NEWS_CONFLICT:
		daemon_event(d, level_of(priority), EVENT_KERNEL_CONFLICT, "%s", text);
		return;
	case KERNEL_NEWS_NONE:
		break;
	}
	daemon_event(d, level_of(priority), EVENT_NONE, "%s", text);
}

/* ERR is the text that kernel_apply() has given with IS, whether others have the place of something of ours. */
static void note_conflict(struct daemon *d, bool stopped, bool is, const char err[static 256])
{
	if (is && strcmp(err, d->conflict) != 0)
		daemon_event(d, LOG_LEVEL_ERROR, EVENT_KERNEL_CONFLICT, "%s", err);
	else if (!is && d->conflict[0] && !stopped)
		daemon_event(d, LOG_LEVEL_NOTICE, EVENT_NONE, "nobody else has the place of anything of ours any more");
	snprintf(d->conflict, sizeof(d->conflict), "%s", is ? err : "");
	if (is)
		d->apply_again = daemon_now() + CONFLICT_AGAIN_MS;
}

_Static_assert(CONFIG_RULES_ALL_MAX == KERNEL_RULES_MAX, "a configuration is checked by what the kernel takes");

/* One VPN that comes to more than the kernel can be given is closed as far as needed, and the others go on. */
static void trim(struct daemon *d, struct plan *plan)
{
	char text[256];
	bool is = plan_trim(plan, text) > 0;

	if (is && strcmp(text, d->trimmed) != 0)
		daemon_event(d, LOG_LEVEL_ERROR, EVENT_KERNEL_FAILED, "%s", text);
	snprintf(d->trimmed, sizeof(d->trimmed), "%s", is ? text : "");
}

/* Makes the plan anew and brings the kernel to it. */
int daemon_apply_plan(struct daemon *d, bool stopped, char err[static 256])
{
	_cleanup_(plan_freep) struct plan *plan = NULL;
	int r = planner_plan(&plan, d->config, d->groups.items, stopped, daemon_now());

	if (r < 0) {
		snprintf(err, 256, "cannot make the plan: %s", strerror(-r));
		return r;
	}
	trim(d, plan);
	if (d->kernel) {
		r = kernel_apply(d->kernel, plan, err);
		if (r < 0)
			return r;
		note_conflict(d, stopped, r == KERNEL_CONFLICT, err);
	} else if (!stopped) {
		kernel_describe(plan, stdout);
		fflush(stdout);
	}
	/* The keyring has the keys, and the kernel; nothing asks the plan for them any more. */
	plan_forget_sas(plan);
	plan_free(d->plan);
	d->plan = TAKE(plan);
	d->interfaces_stale = !stopped;
	return 0;
}

int daemon_refresh_plan(struct daemon *d)
{
	char err[256];
	uint64_t now = daemon_now(), since = d->failing.since;
	bool tell;
	int r;

	d->plan_stale = false;
	d->apply_again = UINT64_MAX;
	r = daemon_apply_plan(d, false, err);
	if (r == 0) {
		if (retry_succeeded(&d->failing))
			daemon_event(d, LOG_LEVEL_NOTICE, EVENT_NONE,
				     "the kernel holds the plan again, after %" PRIu64 " s", (now - since) / 1000);
		daemon_save_groups(d);
		return 0;
	}
	d->apply_again = now + retry_failed(&d->failing, now, err, &tell);
	if (tell)
		daemon_event(d, LOG_LEVEL_ERROR, EVENT_KERNEL_FAILED,
			     "the kernel does not hold the plan: %s; tried again after %d s, and up to %d s later", err,
			     RETRY_FIRST_MS / 1000, RETRY_MAX_MS / 1000);
	return r;
}

/* --- the loop --- */

static void arm_timer(struct daemon *d)
{
	uint64_t at = d->apply_again < daemon_log_deadline(d) ? d->apply_again : daemon_log_deadline(d);
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

/* After every event: what follows from it, once. */
void daemon_settle(struct daemon *d)
{
	if (d->plan_stale || d->apply_again <= daemon_now())
		(void)daemon_refresh_plan(d); /* tried again by the timer */
	daemon_keep_sockets(d);
	if (d->interfaces_stale)
		daemon_look_at_interfaces(d);
	daemon_log_tick(d);
	arm_timer(d);
	bus_changed(d->bus);
	daemon_notify(&d->notified, &d->groups, d->failing.why);
}

int daemon_on_timer(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct daemon *d = userdata;

	(void)s;
	(void)usec;
	for (size_t i = 0; i < d->config->n_vpns; i++)
		group_tick(d->groups.items[i], daemon_now());
	daemon_settle(d);
	return 0;
}

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

	for (size_t i = 0; i < d->config->n_vpns && !taken; i++)
		taken = group_datagram(d->groups.items[i], daemon_now(), ends, data, len);
	if (!taken)
		transport_dropped(
			d->transport, is_server(d, ends->remote) ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, ends,
			"no group takes it: neither of an exchange that is under way nor under a KEK that is held");
	daemon_settle(d);
}

int daemon_on_kernel_event(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct daemon *d = userdata;
	struct kernel_worn worn;
	bool reapply = false;
	int r = kernel_event(d->kernel, &reapply);

	(void)s;
	(void)fd;
	(void)revents;
	if (r < 0)
		daemon_event(d, LOG_LEVEL_WARNING, EVENT_KERNEL_FAILED, "cannot read the kernel's events: %s",
			     strerror(-r));
	while (kernel_worn(d->kernel, &worn))
		for (size_t i = 0; i < d->config->n_vpns; i++)
			group_sa_worn(d->groups.items[i], daemon_now(), worn.local, worn.spi, worn.hard);
	if (reapply)
		d->plan_stale = true;
	d->interfaces_stale = true;
	daemon_settle(d);
	return 0;
}
