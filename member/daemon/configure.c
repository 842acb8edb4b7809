/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration of a running daemon: its sockets, the copy for a bad boot, and a reload. */
#include "member/daemon/private.h"

#include "member/daemon/last_config.h"
#include "member/daemon/transport.h"

void config_log_warnings(const struct config *config, struct log *log)
{
	for (size_t i = 0; i < config->n_warnings; i++)
		record_say(log, RECORD_CONFIG_WARNING, record_text(config->warnings[i].text));
}

int daemon_add_sockets(struct daemon *d, const struct config *c, struct record *why)
{
	for (size_t i = 0; i < c->n_vpns; i++) {
		int r = transport_add(d->transport, c->gateways[c->vpns[i].gateway].local_address, GDOI_PORT, why);

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

static int load_again(struct daemon *d, struct record *why)
{
	const struct group_env env = daemon_group_env(d);
	_cleanup_(config_freep) struct config *c = NULL;
	struct groups groups;
	struct config_error e;
	int r = config_load(&c, d->options->config_path, &e);

	if (r < 0) {
		record_set(why, RECORD_PLAIN, record_text_part(e.text, BUS_TEXT_MAX - 1));
		return r;
	}
	r = daemon_add_sockets(d, c, why);
	if (r < 0)
		return r;
	r = daemon_make_group_timers(d, c->n_vpns);
	if (r >= 0)
		r = groups_make(&groups, c, &d->groups, NULL, &env);
	if (r < 0) {
		groups_explain(why, r);
		return r;
	}
	config_log_warnings(c, d->journal.log);
	/* Groups and configuration change together: what a group does meanwhile looks at both. */
	_cleanup_(config_freep) struct config *before = d->config;
	d->config = TAKE(c);
	daemon_want_plan(d);
	groups_replace(&d->groups, &groups, daemon_now(d));
	daemon_keep_config(d);
	groups_start_new(&d->groups, daemon_now(d));
	daemon_carry_out_all(d);
	journal_say(&d->journal, RECORD_CONFIG_LOADED, record_text(d->options->config_path));
	daemon_apply_if_due(d); /* whoever asked for the reload is answered when it is in force */
	return 0;
}

int daemon_reload(struct daemon *d, struct record *why)
{
	int r = load_again(d, why);

	if (r < 0)
		journal_say(&d->journal, RECORD_CONFIG_NOT_RELOADED, record_clause(why));
	return r;
}
