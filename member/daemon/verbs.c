/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/private.h"

#include "member/daemon/explain.h"
#include "member/daemon/last_config.h"
#include "member/daemon/snapshot.h"

#include <stdio.h>

static struct json_object *verb_snapshot(void *ctx)
{
	struct daemon *d = ctx;
	struct plan_holding holding = apply_holding(&d->applying);

	return snapshot_make(&(struct snapshot_input){ .config = d->config,
						       .groups = d->groups.items,
						       .plan = d->plan,
						       .kernel = d->kernel,
						       .holding = &holding,
						       .interfaces = &d->interfaces,
						       .now = daemon_now(d) });
}

static struct json_object *verb_counters(void *ctx)
{
	return snapshot_counters(((struct daemon *)ctx)->kernel);
}

static int verb_explain(void *ctx, const struct explain_request *q, struct json_object **ret,
			char err[static BUS_TEXT_MAX])
{
	struct daemon *d = ctx;
	struct plan_holding holding = apply_holding(&d->applying);
	int r = explain_make(ret, d->plan, q, route_lookup, err);

	if (r == 0)
		snapshot_add_kernel(*ret, d->kernel != NULL, &holding, daemon_now(d));
	return r;
}

static int verb_clear(void *ctx, const char *vpn, char err[static BUS_TEXT_MAX])
{
	struct daemon *d = ctx;
	bool found = false;

	for (size_t i = 0; i < d->config->n_vpns; i++) {
		if (vpn && strcmp(d->config->vpns[i].name, vpn) != 0)
			continue;
		found = true;
		group_clear(d->groups.items[i], daemon_now(d));
		daemon_carry_out(d, d->groups.items[i]);
	}
	if (found || !vpn)
		return 0;
	snprintf(err, BUS_TEXT_MAX, "no VPN '%s' is configured", vpn);
	return -ENOENT;
}

void config_log_warnings(const struct config *config, struct log *log)
{
	for (size_t i = 0; i < config->n_warnings; i++)
		record_say(log, RECORD_CONFIG_WARNING, record_text(config->warnings[i].text));
}

int daemon_add_sockets(struct daemon *d, const struct config *c, char err[static 256])
{
	for (size_t i = 0; i < c->n_vpns; i++) {
		int r = transport_add(d->transport, c->gateways[c->vpns[i].gateway].local_address, GDOI_PORT, err);

		if (r < 0)
			return r;
	}
	return 0;
}

void daemon_keep_config(struct daemon *d)
{
	const char *directory = d->kernel ? last_config_directory() : NULL;
	char why[FILE_WHY_MAX];
	int r = directory ? last_config_write(directory, d->config, why) : 0;

	if (r < 0)
		journal_say(&d->journal, RECORD_CONFIG_NOT_KEPT, record_text(directory), record_text(why));
}

static int reload(struct daemon *d, char err[static 256])
{
	const struct group_env env = daemon_group_env(d);
	_cleanup_(config_freep) struct config *c = NULL;
	struct groups groups;
	struct config_error e;
	int r = config_load(&c, d->options->config_path, &e);

	if (r < 0) {
		snprintf(err, 256, "%.255s", e.text);
		return r;
	}
	r = daemon_add_sockets(d, c, err);
	if (r < 0)
		return r;
	r = daemon_make_group_timers(d, c->n_vpns);
	if (r >= 0)
		r = groups_make(&groups, c, &d->groups, NULL, &env);
	if (r < 0) {
		groups_explain(r, err);
		return r;
	}
	config_log_warnings(c, d->journal.log);
	/* Groups and configuration change together: what a group does meanwhile looks at both. */
	_cleanup_(config_freep) struct config *before = d->config;
	d->config = TAKE(c);
	d->on_stop = d->config->on_stop;
	apply_want(&d->applying);
	groups_replace(&d->groups, &groups, daemon_now(d));
	daemon_keep_config(d);
	groups_start_new(&d->groups, daemon_now(d));
	daemon_carry_out_all(d);
	journal_say(&d->journal, RECORD_CONFIG_LOADED, record_text(d->options->config_path));
	/* Who asked for the reload is answered when it is in force. */
	if (apply_is_due(&d->applying, daemon_now(d)))
		(void)daemon_refresh_plan(d); /* tried again by the timer */
	return 0;
}

int daemon_reload(struct daemon *d, char err[static 256])
{
	int r = reload(d, err);

	if (r < 0)
		journal_say(&d->journal, RECORD_CONFIG_NOT_RELOADED, record_text(err));
	return r;
}

static int verb_reload(void *ctx, char err[static BUS_TEXT_MAX])
{
	return daemon_reload(ctx, err);
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
		r = sd_event_source_set_priority(d->deferred_stop, BUS_PRIORITY); /* clients do not put it off */
	if (r < 0)
		snprintf(err, BUS_TEXT_MAX, "cannot stop: %s", strerror(-r));
	return r < 0 ? r : 0;
}

static bool verb_group(void *ctx, size_t i, struct bus_group *ret)
{
	struct daemon *d = ctx;
	const struct group *g = i < d->groups.n ? d->groups.items[i] : NULL;

	if (!g)
		return false;
	*ret = (struct bus_group){
		.name = group_vpn(g)->name,
		.state = group_state_name(group_state(g)),
		.id = group_vpn(g)->group,
		.local = group_gateway(g)->local_address,
		.server = group_server(g),
		.keys = (uint32_t)keyring_sas(group_keyring(g)),
		.next_registration =
			group_next_registration(g) == UINT64_MAX ? UINT64_MAX : group_next_registration(g) * 1000,
		.stats = group_stats(g),
	};
	record_words(group_reason(g), ret->reason);
	return true;
}

static void verb_note(void *ctx, const char *text)
{
	struct daemon *d = ctx;

	journal_client_refused(&d->journal, daemon_now(d), text);
}

const struct bus_verbs daemon_verbs = {
	.snapshot = verb_snapshot,
	.counters = verb_counters,
	.explain = verb_explain,
	.clear = verb_clear,
	.reload = verb_reload,
	.stop = verb_stop,
	.group = verb_group,
	.note = verb_note,
};
