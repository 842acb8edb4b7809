/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/private.h"

#include "member/daemon/planner.h"
#include "xfrm/plan/check.h"
#include "xfrm/plan/forms.h"
#include "xfrm/plan/shrink.h"
#include "xfrm/plan/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <syslog.h>

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
	case KERNEL_NEWS_TABLE:
	case KERNEL_NEWS_XFRM:
	case KERNEL_NEWS_ROUTE:
	case KERNEL_NEWS_LOST:
	case KERNEL_NEWS_OFFLOAD:
		daemon_kernel_changed(d, level_of(priority), news, text);
		return;
	case KERNEL_NEWS_CONFLICT:
		daemon_event(d, level_of(priority), EVENT_KERNEL_CONFLICT, "%s", text);
		return;
	case KERNEL_NEWS_NONE:
		break;
	}
	daemon_event(d, level_of(priority), EVENT_NONE, "%s", text);
}

/* WHY: what others have the place of; NULL: of nothing. */
static void note_conflict(struct daemon *d, bool stopped, const char *why)
{
	switch (apply_conflict(&d->applying, daemon_now(), why)) {
	case CONDITION_BEGAN:
		daemon_event(d, LOG_LEVEL_ERROR, EVENT_KERNEL_CONFLICT, "%s", why);
		return;
	case CONDITION_ENDED:
		if (!stopped)
			daemon_event(d, LOG_LEVEL_NOTICE, EVENT_NONE,
				     "nobody else has the place of anything of ours any more");
		return;
	case CONDITION_AS_BEFORE:
		return;
	}
}

_Static_assert(CONFIG_RULES_ALL_MAX == PLAN_RULES_MAX, "a configuration is checked by what the kernel takes");
_Static_assert(CONFIG_SCOPES_MAX == PLAN_SCOPES_MAX && CONFIG_FROM_ZONES_MAX == ZONES_MAX,
	       "a configuration is checked by what a plan holds");

/* One VPN that comes to more than the kernel can be given is closed as far as needed, and the others go on. */
static void trim_plan(struct daemon *d, struct plan *plan)
{
	char text[256];
	bool trimmed = plan_shrink(plan, text) > 0;

	if (condition_set(&d->applying.trimmed, daemon_now(), trimmed ? text : NULL) == CONDITION_BEGAN)
		daemon_event(d, LOG_LEVEL_ERROR, EVENT_KERNEL_FAILED, "%s", text);
}

static void look_at_drops(struct daemon *d)
{
	struct kernel_counters c;
	struct host_drop_counts counts;
	uint64_t in = 0, out = 0;

	if (kernel_counters(d->kernel, &c) < 0) /* the table is just being made; with the next look */
		c = (struct kernel_counters){ 0 };
	counts = (struct host_drop_counts){ c.esp_in, c.esp_delivered, c.esp_out, c.esp_left };
	host_drop_look(&d->host_drop, daemon_now(), &counts, &in, &out);
	if (in > 0)
		daemon_event(d, LOG_LEVEL_ERROR, EVENT_KERNEL_CONFLICT,
			     "this host drops the group's ESP in its own chains input: %" PRIu64
			     " packets came and none "
			     "got through; its firewall must accept protocol esp (50) there, to any address (nft: 'ip "
			     "protocol esp accept'), and rp_filter what comes by the external interface",
			     in);
	if (out > 0)
		daemon_event(d, LOG_LEVEL_ERROR, EVENT_KERNEL_CONFLICT,
			     "this host drops the group's ESP in its own chains output: of %" PRIu64
			     " packets none got "
			     "through; its firewall must accept protocol esp (50) there, to any address (nft: 'ip "
			     "protocol esp accept')",
			     out);
}

/* Makes the plan anew and brings the kernel to it. */
int daemon_apply_plan(struct daemon *d, bool stopped, char err[static 256])
{
	_cleanup_(plan_freep) struct plan *plan = NULL;
	int r = planner_plan(&plan, d->config, d->groups.items, stopped, daemon_now());
	bool has_sas;

	if (r < 0) {
		snprintf(err, 256, "cannot make the plan: %s", strerror(-r));
		return r;
	}
	trim_plan(d, plan);
	has_sas = plan->n_sas > 0;
	if (d->kernel) {
		r = kernel_apply(d->kernel, plan, err);
		if (r < 0)
			return r;
		note_conflict(d, stopped, r == KERNEL_CONFLICT ? err : NULL);
		if (has_sas && !d->has_sas) /* the first ones: ESP may come and go now */
			host_drop_watch(&d->host_drop, daemon_now());
	} else if (!stopped) {
		plan_print(plan, stdout);
		fflush(stdout);
	}
	/* The keyring has the keys, and the kernel; nothing asks the plan for them any more. */
	plan_forget_keys(plan);
	plan_free(d->plan);
	d->plan = TAKE(plan);
	interfaces_want_look(&d->interfaces);
	d->has_sas = has_sas;
	return 0;
}

static uint64_t processor_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

int daemon_refresh_plan(struct daemon *d)
{
	char err[256];
	uint64_t now = daemon_now(), cost = processor_ms(), since;
	int r;

	apply_begin(&d->applying);
	r = daemon_apply_plan(d, false, err);
	if (apply_end(&d->applying, now, daemon_now(), processor_ms() - cost))
		log_write(d->log, LOG_LEVEL_DEBUG, NULL,
			  "what others changed in the kernel was looked at and mended in %" PRIu64
			  " ms; the next time not before %" PRIu64 " ms have passed",
			  daemon_now() - now, d->applying.repair.wait_ms);
	if (r == 0) {
		if (apply_taken(&d->applying, &since))
			daemon_event(d, LOG_LEVEL_NOTICE, EVENT_NONE,
				     "the kernel holds the plan again, after %" PRIu64 " s", (now - since) / 1000);
		daemon_save_groups(d);
		return 0;
	}
	if (apply_refused(&d->applying, now, err))
		daemon_event(d, LOG_LEVEL_ERROR, EVENT_KERNEL_FAILED,
			     "the kernel does not hold the plan: %s; tried again after %d s, and up to %d s later",
			     d->applying.refused.why, RETRY_FIRST_MS / 1000, RETRY_MAX_MS / 1000);
	return r;
}

/* --- the loop --- */

static void arm_timer(struct daemon *d)
{
	uint64_t at = apply_deadline(&d->applying);
	int r;

	if (daemon_log_deadline(d) < at)
		at = daemon_log_deadline(d);
	if (d->host_drop.look_at != 0 && d->host_drop.look_at < at)
		at = d->host_drop.look_at;

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
	if (apply_is_due(&d->applying, daemon_now()))
		(void)daemon_refresh_plan(d); /* tried again by the timer */
	if (host_drop_is_due(&d->host_drop, daemon_now()))
		look_at_drops(d);
	daemon_pass_turns(d);
	daemon_keep_sockets(d);
	interfaces_refresh(&d->interfaces, d->config, daemon_interface_changed, d);
	daemon_log_tick(d);
	arm_timer(d);
	bus_changed(d->bus);
	daemon_notify(&d->notified, &d->groups, d->applying.refused.holds ? d->applying.refused.why : NULL);
}

int daemon_on_timer(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct daemon *d = userdata;

	(void)s;
	(void)usec;
	for (size_t i = 0; i < d->config->n_vpns; i++) {
		group_tick(d->groups.items[i], daemon_now());
		daemon_carry_out(d, d->groups.items[i]);
	}
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

	for (size_t i = 0; i < d->config->n_vpns && !taken; i++) {
		taken = group_datagram(d->groups.items[i], daemon_now(), ends, data, len);
		daemon_carry_out(d, d->groups.items[i]);
	}
	if (!taken)
		daemon_datagram_dropped(d, ends, is_server(d, ends->remote));
	daemon_settle(d);
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
		daemon_kernel_unreadable(d, r);
	while (kernel_next_expiry(d->kernel, &worn))
		for (size_t i = 0; i < d->config->n_vpns; i++) {
			group_sa_worn(d->groups.items[i], daemon_now(), worn.local, worn.spi, worn.hard);
			daemon_carry_out(d, d->groups.items[i]);
		}
	if (reapply != KERNEL_KEEP && d->has_sas)
		host_drop_watch(&d->host_drop, daemon_now());
	if (reapply == KERNEL_REPAIR)
		apply_want_repair(&d->applying, daemon_now());
	if (reapply == KERNEL_REAPPLY)
		apply_want(&d->applying);
	interfaces_want_look(&d->interfaces);
	daemon_settle(d);
	return 0;
}
