/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs that clients of the bus can ask the daemon for. */
#include "member/daemon/private.h"

#include "member/daemon/explain.h"
#include "member/daemon/snapshot.h"

static struct json_object *verb_snapshot(void *ctx)
{
	struct daemon *d = ctx;
	struct plan_holding holding = apply_holding(&d->applied.schedule);

	return snapshot_make(&(struct snapshot_input){ .config = d->config,
						       .groups = d->groups.items,
						       .plan = d->applied.plan,
						       .kernel = d->kernel,
						       .holding = &holding,
						       .interfaces = &d->interfaces,
						       .now = daemon_now(d) });
}

static struct json_object *verb_counters(void *ctx)
{
	return snapshot_counters(((struct daemon *)ctx)->kernel);
}

static int verb_explain(void *ctx, const struct explain_request *q, struct json_object **ret, struct record *why)
{
	struct daemon *d = ctx;
	struct plan_holding holding = apply_holding(&d->applied.schedule);
	int r = explain_make(ret, d->applied.plan, q, route_lookup, why);

	if (r == 0)
		snapshot_add_kernel(*ret, d->kernel != NULL, &holding, daemon_now(d));
	return r;
}

static int verb_clear(void *ctx, const char *vpn, struct record *why)
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
	record_set(why, ERROR_NO_VPN, record_text(vpn));
	return -ENOENT;
}

static int verb_reload(void *ctx, struct record *why)
{
	return daemon_reload(ctx, why);
}

static int on_deferred_stop(sd_event_source *s, void *userdata)
{
	(void)s;
	return sd_event_exit(((struct daemon *)userdata)->loop.event, 0);
}

static int verb_stop(void *ctx, bool keep, struct record *why)
{
	struct daemon *d = ctx;
	int r;

	d->stopping.keep |= keep;
	if (d->stopping.deferred)
		return 0;
	/* After the reply has gone. */
	r = sd_event_add_defer(d->loop.event, &d->stopping.deferred, on_deferred_stop, d);
	if (r >= 0)
		r = sd_event_source_set_priority(d->stopping.deferred, BUS_PRIORITY); /* clients do not put it off */
	if (r < 0)
		record_set(why, ERROR_STOP, record_text(strerror(-r)));
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
