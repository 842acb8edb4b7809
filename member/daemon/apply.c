/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/private.h"

#include "lib/clock.h"
#include "member/daemon/planner.h"
#include "xfrm/kernel.h"
#include "xfrm/plan/check.h"
#include "xfrm/plan/forms.h"
#include "xfrm/plan/shrink.h"
#include "xfrm/plan/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <syslog.h>
#include <time.h>

#define UNSTAMPED_NAMES_MAX 80 /* octets of names of VPNs in a line */

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
	enum record_id id = RECORD_KERNEL_LINE;
	struct record r;

	switch (news) {
	case KERNEL_NEWS_TABLE:
	case KERNEL_NEWS_XFRM:
	case KERNEL_NEWS_ROUTE:
	case KERNEL_NEWS_LOST:
	case KERNEL_NEWS_PROGRAMS:
		journal_kernel_changed(&d->journal, daemon_now(d), level_of(priority), news, text);
		return;
	case KERNEL_NEWS_CONFLICT:
		id = RECORD_KERNEL_CONFLICT;
		break;
	case KERNEL_NEWS_NONE:
		break;
	}
	record_set(&r, id, record_text(text));
	r.level = level_of(priority);
	journal_tell(&d->journal, NULL, &r);
}

/* WHY: what others have the place of; NULL: of nothing. */
static void note_conflict(struct daemon *d, bool stopped, const char *why)
{
	switch (apply_conflict(&d->applied.schedule, daemon_now(d), why)) {
	case CONDITION_BEGAN:
		journal_say(&d->journal, RECORD_KERNEL_CONFLICT, record_text(why));
		return;
	case CONDITION_ENDED:
		if (!stopped)
			journal_say(&d->journal, RECORD_KERNEL_CONFLICT_ENDED);
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

	if (condition_set(&d->applied.schedule.trimmed, daemon_now(d), trimmed ? text : NULL) == CONDITION_BEGAN)
		journal_say(&d->journal, RECORD_PLAN_TRIMMED, record_text(text));
}

static void look_at_drops(struct daemon *d)
{
	struct kernel_drops c = { 0 };
	struct host_drop_counts counts;
	struct host_drop_news news;

	if (kernel_drops(d->kernel, &c) < 0) /* with the next look */
		c = (struct kernel_drops){ 0 };
	counts = (struct host_drop_counts){ .in = { c.came, c.delivered },
					    .out = { c.made, c.left },
					    .stamped = { c.to_stamp, c.at_stamp },
					    .stamps = d->applied.has_windows };
	host_drop_look(&d->applied.host_drop, daemon_now(d), &counts, &news);
	if (news.in > 0)
		journal_say(&d->journal, RECORD_ESP_DROPPED_IN, record_number(news.in));
	if (news.out > 0)
		journal_say(&d->journal, RECORD_ESP_DROPPED_OUT, record_number(news.out));
	if (news.stamped > 0)
		journal_say(&d->journal, RECORD_D3P_DROPPED_OUT, record_number(news.stamped));
}

void daemon_tell_clock(struct daemon *d, bool windows)
{
	struct clock_state clock;

	clock_look(&clock);
	if (!clock.known || clock.synchronised)
		return;
	if (windows)
		journal_say(&d->journal, RECORD_CLOCK_UNSYNCHRONISED_D3P);
	else
		journal_say(&d->journal, RECORD_CLOCK_UNSYNCHRONISED);
}

static void look_at_d3p(struct daemon *d)
{
	struct kernel_d3p_counters now, news;
	struct clock_state clock;
	uint64_t ms;

	kernel_d3p_counters(d->kernel, &now);
	if (!d3p_watch_look(&d->applied.d3p, daemon_now(d), &now, &news, &ms))
		return;
	clock_look(&clock);
	journal_say(&d->journal, RECORD_D3P_DROPPED, record_seconds(ms), record_number(news.too_old),
		    record_number(news.too_new), record_number(news.no_timestamp), record_number(news.unexpected),
		    record_number(news.type_error), record_number(news.length_error),
		    record_number(news.next_header_error),
		    record_phrase(clock.known && !clock.synchronised ? CLAUSE_CLOCK_UNSYNCHRONISED : RECORD_NOTHING));
}

/* Keys with a window have come: from here on the clock matters, and what is dropped is looked at. */
static void follow_windows(struct daemon *d, const struct plan *plan)
{
	bool windows = false;

	for (size_t i = 0; i < plan->n_sas; i++)
		windows |= plan->sas[i].window_ms > 0;
	if (windows && !d->applied.has_windows) {
		daemon_tell_clock(d, true);
		if (d->kernel)
			host_drop_watch(&d->applied.host_drop, daemon_now(d));
	}
	d->applied.has_windows = windows;
	if (d->kernel)
		d3p_watch_set(&d->applied.d3p, plan->n_sas > 0, daemon_now(d));
}

/* "VPN A, B cannot stamp packets with the time (D3P): " and the kernel's reason, of the VPNs whose keys in PLAN ask. */
static void unstamped_text(const struct plan *plan, const char *why, char text[static 256])
{
	const char *last = "";
	size_t n = (size_t)snprintf(text, 256, "VPN");

	for (size_t i = 0; i < plan->n_sas; i++) {
		const char *vpn = plan->scopes[plan->sas[i].scope].vpn;

		if (plan->sas[i].window_ms == 0 || strcmp(vpn, last) == 0)
			continue;
		if (n + strlen(vpn) > UNSTAMPED_NAMES_MAX && last[0]) {
			n += (size_t)snprintf(text + n, 256 - n, " and others");
			break;
		}
		n += (size_t)snprintf(text + n, 256 - n, "%s %s", last[0] ? "," : "", vpn);
		last = vpn;
	}
	snprintf(text + n, 256 - n, " cannot stamp packets with the time (D3P): %s", why);
}

/* WHY: unstamped_text(); NULL: all packets get what their keys ask for. */
static void note_unstamped(struct daemon *d, bool stopped, const char *why)
{
	uint64_t since = d->applied.schedule.unstamped.since, now = daemon_now(d);

	switch (apply_unstamped(&d->applied.schedule, now, why)) {
	case CONDITION_BEGAN:
		journal_say(&d->journal, RECORD_D3P_BLOCKED, record_text(why), record_number(RETRY_FIRST_MS / 1000),
			    record_number(RETRY_MAX_MS / 1000));
		return;
	case CONDITION_ENDED:
		if (!stopped)
			journal_say(&d->journal, RECORD_D3P_BLOCKED_ENDED, record_number((now - since) / 1000));
		return;
	case CONDITION_AS_BEFORE:
		return;
	}
}

/* A plan of the keys WHICH, and the kernel brought to it.  *RET is the plan also after an error of the kernel. */
static int plan_and_apply(struct daemon *d, enum planner_keys which, struct plan **ret, char err[static 256],
			  struct record *why)
{
	int r = planner_plan(ret, d->config, d->groups.items, which, daemon_now(d));

	if (r < 0) {
		record_set(why, ERROR_PLAN, record_text(strerror(-r)));
		return r;
	}
	trim_plan(d, *ret);
	if (!d->kernel)
		return 0;
	r = kernel_apply(d->kernel, *ret, err);
	if (r < 0)
		record_set(why, RECORD_PLAIN, record_text(err));
	return r;
}

/* Makes the plan anew and brings the kernel to it. */
int daemon_apply_plan(struct daemon *d, bool stopped, struct record *why)
{
	_cleanup_(plan_freep) struct plan *plan = NULL;
	char err[256] = "", unstamped[256] = "";
	int r = plan_and_apply(d, stopped ? PLANNER_STOPPED : PLANNER_KEYS, &plan, err, why);
	bool has_sas;

	if (r == KERNEL_UNSTAMPED) { /* all else goes on */
		unstamped_text(plan, err, unstamped);
		plan_free(TAKE(plan));
		r = plan_and_apply(d, PLANNER_KEYS_UNSTAMPED, &plan, err, why);
	}
	if (r < 0)
		return r;
	has_sas = plan->n_sas > 0;
	if (d->kernel) {
		note_conflict(d, stopped, r == KERNEL_CONFLICT ? err : NULL);
		daemon_follow_senders(d);
		note_unstamped(d, stopped, unstamped[0] ? unstamped : NULL);
		if (has_sas && !d->applied.has_sas) /* the first ones: ESP may come and go now */
			host_drop_watch(&d->applied.host_drop, daemon_now(d));
	} else if (!stopped) {
		plan_print(plan, stdout);
		fflush(stdout);
	}
	if (!unstamped[0])
		follow_windows(d, plan);
	/* The keyring has the keys, and the kernel; nothing asks the plan for them any more. */
	plan_forget_keys(plan);
	plan_free(d->applied.plan);
	d->applied.plan = TAKE(plan);
	interfaces_want_look(&d->interfaces);
	d->applied.has_sas = has_sas;
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
	char words[RECORD_TEXT_MAX];
	struct record why;
	uint64_t now = daemon_now(d), began = daemon_clock(), cost = processor_ms(), since;
	int r;

	apply_begin(&d->applied.schedule);
	r = daemon_apply_plan(d, false, &why);
	if (apply_end(&d->applied.schedule, began, daemon_clock(), processor_ms() - cost))
		journal_say(&d->journal, RECORD_PLAN_REPAIRED, record_number(daemon_clock() - began),
			    record_number(d->applied.schedule.repair.wait_ms));
	if (r == 0) {
		if (apply_taken(&d->applied.schedule, &since))
			journal_say(&d->journal, RECORD_PLAN_HELD_AGAIN, record_number((now - since) / 1000));
		daemon_save_groups(d);
		daemon_sweep_senders(d);
		return 0;
	}
	if (apply_refused(&d->applied.schedule, now, record_words(&why, words)))
		journal_say(&d->journal, RECORD_PLAN_NOT_HELD, record_text(d->applied.schedule.refused.why),
			    record_number(RETRY_FIRST_MS / 1000), record_number(RETRY_MAX_MS / 1000));
	return r;
}

void daemon_want_plan(struct daemon *d)
{
	apply_want(&d->applied.schedule);
}

void daemon_kernel_touched(struct daemon *d, enum kernel_reapply reapply)
{
	if (reapply != KERNEL_KEEP && d->applied.has_sas) /* the rules of this host may be others now */
		host_drop_watch(&d->applied.host_drop, daemon_now(d));
	if (reapply == KERNEL_REPAIR) {
		host_drop_rebase(&d->applied.host_drop);
		apply_want_repair(&d->applied.schedule, daemon_now(d));
	}
	if (reapply == KERNEL_REAPPLY)
		apply_want(&d->applied.schedule);
}

void daemon_apply_if_due(struct daemon *d)
{
	if (apply_is_due(&d->applied.schedule, daemon_now(d)))
		(void)daemon_refresh_plan(d); /* tried again by the timer */
}

void daemon_look_if_due(struct daemon *d)
{
	if (host_drop_is_due(&d->applied.host_drop, daemon_now(d)))
		look_at_drops(d);
	if (d3p_watch_is_due(&d->applied.d3p, daemon_now(d))) {
		kernel_vouch(d->kernel);
		look_at_d3p(d);
	}
}
