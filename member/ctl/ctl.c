/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gvpnctl, the operator's tool
 *
 * The tool holds no state.  One run reads one command line, asks the daemon once, prints, and exits.  Only monitor
 * stays.
 *
 * Objects.  The command line is a table of tokens (command_table.c): verbs, the forms of each verb, options.  Reading a
 * command line gives a struct command; usage, help and completions are made from the same table.  struct ctl is one
 * run: the command, the options, and the two files that it writes to.  struct bus_client is the connection to the
 * daemon, with a limit in time for every call.  struct output is a form of printing, with three renderers: text, JSON,
 * metrics.
 *
 * Who calls what.  ctl_run() takes the options, finds the verb, and has command_parse() read the words; only then is
 * the daemon asked, so that a wrong word is told without a daemon too.  show and metrics take the same snapshot of the
 * daemon's state; show_part.c cuts out of the snapshot what a view shows, and each renderer prints that part alone, so
 * that text and JSON cannot differ.  import needs no daemon: see member/import/import.h.
 *
 * What comes from the daemon may repeat words of a peer.  Every string goes through json_make_printable() or
 * printable_put() before it reaches a terminal.
 *
 * Known races.  A snapshot is one moment of the daemon; the next call sees another.  monitor counts what grew between
 * two looks at the counters, and a table of the kernel that was made anew begins at zero: then the whole count is the
 * growth. A daemon that ends closes the connection, and monitor ends with an error.
 *
 * The words of show and the layout of its text are those of Junos ("show security group-vpn member ..."); the metrics
 * are in the text format of Prometheus, version 0.0.4; times in JSON are those of RFC 3339.
 */
#include "member/ctl/ctl.h"

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/printable.h"
#include "member/api/bus.h"
#include "member/ctl/bus_client.h"
#include "member/ctl/verbs.h"

#include <getopt.h>

enum ctl_exit ctl_complain(struct ctl *c, int r, const char *text)
{
	fputs("gvpnctl: ", c->err);
	printable_put(c->err, text);
	fputc('\n', c->err);
	return r == -EREMOTEIO ? CTL_REFUSED : CTL_UNREACHABLE;
}

static enum ctl_exit wrong_usage(struct ctl *c, const char *text)
{
	fprintf(c->err, "gvpnctl: %s\n", text);
	command_usage(c->err);
	return CTL_USAGE;
}

enum ctl_exit ctl_finish(struct ctl *c)
{
	if (fflush(c->out) == 0 && !ferror(c->out))
		return CTL_OK;
	fprintf(c->err, "gvpnctl: cannot write the output: %s\n", strerror(errno));
	return CTL_REFUSED;
}

/* The daemon's unit forbids it the system call, and this tool runs on the same host. */
static void add_clock(struct json_object *snapshot)
{
	struct json_object *o = NULL;
	struct clock_state clock;

	clock_look(&clock);
	if (clock.known) {
		o = json_object_new_object();
		json_add_bool(o, "synchronised", clock.synchronised);
		json_add_count(o, "maximum_error_ms", clock.error_ms);
		json_object_object_add(o, "tai_offset", json_object_new_int(clock.tai_offset));
	}
	json_object_object_add(snapshot, "clock", o);
}

/* show and metrics: the state in the form of C's output. */
static enum ctl_exit run_snapshot(struct ctl *c, const char *not_understood)
{
	_cleanup_(bus_client_closep) struct bus_client *client = NULL;
	_cleanup_(json_putp) struct json_object *snapshot = NULL;
	char text[BUS_CLIENT_TEXT_MAX];
	int r = bus_client_open(&client, c->socket, text);

	if (r == 0)
		r = bus_client_snapshot(client, &snapshot, text);
	if (r < 0)
		return ctl_complain(c, r, text);
	if (json_object_is_type(snapshot, json_type_object))
		add_clock(snapshot);
	r = c->output->snapshot(c->out, c->command.view, snapshot);
	if (r < 0)
		return ctl_complain(c, -EREMOTEIO, r == -ENOMEM ? "out of memory" : not_understood);
	return ctl_finish(c);
}

static enum ctl_exit run_explain(struct ctl *c)
{
	_cleanup_(bus_client_closep) struct bus_client *client = NULL;
	_cleanup_(json_putp) struct json_object *answer = NULL;
	char text[BUS_CLIENT_TEXT_MAX];
	int r = bus_client_open(&client, c->socket, text);

	if (r == 0)
		r = bus_client_explain(client, &c->command.packet, &answer, text);
	if (r < 0)
		return ctl_complain(c, r, text);
	if (json_make_printable(answer) < 0 || c->output->answer(c->out, answer) < 0)
		return ctl_complain(c, -EREMOTEIO, "out of memory");
	return ctl_finish(c);
}

/* The commands that change something and print nothing. */
static enum ctl_exit run_change(struct ctl *c)
{
	_cleanup_(bus_client_closep) struct bus_client *client = NULL;
	char text[BUS_CLIENT_TEXT_MAX];
	int r = bus_client_open(&client, c->socket, text);

	if (r == 0 && c->command.verb == VERB_CLEAR)
		r = bus_client_clear(client, c->command.vpn, text);
	else if (r == 0 && c->command.verb == VERB_RELOAD)
		r = bus_client_reload(client, text);
	else if (r == 0)
		r = bus_client_stop(client, c->keep, text);
	return r < 0 ? ctl_complain(c, r, text) : CTL_OK;
}

static enum ctl_exit run_command(struct ctl *c)
{
	switch (c->command.verb) {
	case VERB_SHOW:
		return run_snapshot(c, "the daemon's answer is not a snapshot; is gvpnd of another version?");
	case VERB_EXPLAIN:
		return run_explain(c);
	case VERB_MONITOR:
		return ctl_monitor(c);
	case VERB_METRICS:
		c->output = &output_metrics;
		return run_snapshot(c, "the daemon's answer is not understood");
	case VERB_CLEAR:
	case VERB_RELOAD:
	case VERB_STOP:
		return run_change(c);
	case VERB_IMPORT:
		return ctl_import(c);
	}
	return CTL_USAGE;
}

/* An option that goes with other verbs. */
static enum ctl_exit refuse_option(struct ctl *c, size_t option)
{
	char verbs[96], text[160];

	command_list_verbs(verbs, sizeof(verbs), (int)option);
	snprintf(text, sizeof(text), "--%s goes with %s only", command_options[option].name, verbs);
	return wrong_usage(c, text);
}

static enum ctl_exit read_and_run(struct ctl *c, const char *verb, const char *const *words, size_t n_words)
{
	struct command_error err;
	enum command_verb v;

	if (command_verb_find(&v, verb, &err) < 0)
		return wrong_usage(c, err.text);
	for (size_t i = 0; i < COMMAND_OPTIONS; i++)
		if (c->given >> i & 1 && !(command_verbs[v].options >> i & 1) && !command_options[i].tolerated)
			return refuse_option(c, i);
	/* The words are checked before the daemon is asked, so that a wrong word is told even without a daemon. */
	if (command_parse(&c->command, v, words, n_words, &err) == 0)
		return run_command(c);
	if (err.with_usage)
		return wrong_usage(c, err.text);
	fprintf(c->err, "gvpnctl: %s\n", err.text);
	return CTL_USAGE;
}

/* Negative to go on, else the exit status. */
static int take_option(struct ctl *c, enum command_option option, const char *value)
{
	c->given |= 1U << option;
	switch (option) {
	case OPTION_SOCKET:
		c->socket = value;
		break;
	case OPTION_JSON:
		c->output = &output_json;
		break;
	case OPTION_KEEP:
		c->keep = true;
		break;
	case OPTION_MAP:
		if (c->n_maps == IMPORT_MAPS_MAX)
			return wrong_usage(c, "too many --map");
		c->maps[c->n_maps++] = value;
		break;
	case OPTION_KEYS:
		c->keys = value;
		break;
	case OPTION_HELP:
		command_help(c->out);
		return ctl_finish(c);
	case OPTION_VERSION:
		fprintf(c->out, "gvpnctl " GVPN_VERSION "\n");
		return ctl_finish(c);
	}
	return -1;
}

#define FIRST_OPTION 256 /* above every character, which getopt_long(3) returns too */

/* Negative to go on, else the exit status. */
static int parse_options(struct ctl *c, int argc, char **argv)
{
	struct option options[COMMAND_OPTIONS + 1] = { 0 };
	char text[160];
	int o, status = -1;

	for (int i = 0; i < COMMAND_OPTIONS; i++)
		options[i] = (struct option){ .name = command_options[i].name,
					      .has_arg = command_options[i].value ? required_argument : no_argument,
					      .val = FIRST_OPTION + i };
	optind = 0; /* starts anew, getopt(3) */
	while (status < 0 && (o = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (o == 'h')
			o = FIRST_OPTION + OPTION_HELP;
		if (o >= FIRST_OPTION) {
			status = take_option(c, (enum command_option)(o - FIRST_OPTION), optarg);
			continue;
		}
		snprintf(text, sizeof(text), "the option '%.40s' %s", argv[optind - 1],
			 o == ':' ? "needs a value" : "is unknown");
		return wrong_usage(c, text);
	}
	return status;
}

enum ctl_exit ctl_run(int argc, char **argv, FILE *out, FILE *err)
{
	struct ctl c = { .socket = BUS_SOCKET, .output = &output_text, .out = out, .err = err };
	char verbs[96], text[160];
	int status;

	/* A verb for the shells' completions alone, so neither the usage nor the man page has it. */
	if (argc > 1 && strcmp(argv[1], "complete") == 0) {
		command_complete(out, (const char *const *)argv + 2, (size_t)argc - 2);
		return ctl_finish(&c);
	}
	status = parse_options(&c, argc, argv);
	if (status >= 0)
		return (enum ctl_exit)status;
	if (optind < argc)
		return read_and_run(&c, argv[optind], (const char *const *)argv + optind + 1,
				    (size_t)(argc - optind - 1));
	command_list_verbs(verbs, sizeof(verbs), -1);
	snprintf(text, sizeof(text), "a command is missing; expected %s", verbs);
	return wrong_usage(&c, text);
}
