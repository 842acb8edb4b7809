/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/ctl/ctl.h"

#include "lib/printable.h"
#include "member/api/bus.h"
#include "member/ctl/bus_client.h"
#include "member/ctl/explain_text.h"
#include "member/ctl/show.h"
#include "member/ctl/show_part.h"
#include "member/ctl/show_words.h"
#include "member/ctl/verbs.h"

#include <getopt.h>

static const char usage[] =
	"usage: gvpnctl [--socket PATH] [--json] show WORDS...\n"
	"       gvpnctl [--socket PATH] [--json] explain SRC DST [PROTOCOL [SPORT DPORT]] [in|out]\n"
	"               [on INTERFACE]\n"
	"       gvpnctl [--socket PATH] [--json] monitor\n"
	"       gvpnctl [--socket PATH] metrics\n"
	"       gvpnctl [--socket PATH] clear [VPN]\n"
	"       gvpnctl [--socket PATH] reload\n"
	"       gvpnctl [--socket PATH] stop [--keep]\n"
	"       gvpnctl import FILE [--map JUNOS=LINUX]... [--keys DIR]\n"
	"       gvpnctl --help | --version\n";

static const char help[] =
	"\n"
	"show [security group-vpn member] WORDS, each word abbreviated at will:\n"
	"  kek security-associations [detail]    the keys that protect rekeys\n"
	"  ipsec security-associations [detail]  the SAs, and the registration\n"
	"  ipsec statistics                      counters, and packets dropped by cause\n"
	"  policy                                what happens to which traffic\n"
	"explain         what happens to such a packet now, and why\n"
	"monitor         events and counters as they come, until interrupted\n"
	"metrics         the state in the Prometheus text format\n"
	"clear [VPN]     delete the SAs of one group VPN, or of all, and register again\n"
	"reload          read the configuration again; a bad one changes nothing\n"
	"stop            end the daemon; what stays in the kernel is what 'on-stop' says\n"
	"import FILE     print the configuration of a Junos member as one of ours, and list on stderr what\n"
	"                was left out and why; no daemon is needed\n"
	"\n"
	"  --socket PATH  the daemon's socket (" BUS_SOCKET ")\n"
	"  --json         print what is shown, explained or monitored as JSON\n"
	"  --keep         with stop: leave SAs and policies in place\n"
	"  --map A=B      with import: the Junos interface A, such as ge-0/0/1.0, is B here\n"
	"  --keys DIR     with import: write keys that Junos only spells otherwise ($9$) to files in DIR\n"
	"\n"
	"Exit status: 0 done, 1 the daemon refused or failed, 2 wrong usage, 3 no daemon answers.\n";

enum ctl_exit ctl_complain(struct ctl *c, int r, const char *text)
{
	fputs("gvpnctl: ", c->err);
	printable_put(c->err, text);
	fputc('\n', c->err);
	return r == -EREMOTEIO ? CTL_REFUSED : CTL_UNREACHABLE;
}

enum ctl_exit ctl_wrong_usage(struct ctl *c, const char *text)
{
	fprintf(c->err, "gvpnctl: %s\n%s", text, usage);
	return CTL_USAGE;
}

enum ctl_exit ctl_finish(struct ctl *c)
{
	if (fflush(c->out) == 0 && !ferror(c->out))
		return CTL_OK;
	fprintf(c->err, "gvpnctl: cannot write the output: %s\n", strerror(errno));
	return CTL_REFUSED;
}

void ctl_print_json(struct ctl *c, struct json_object *o)
{
	fprintf(c->out, "%s\n",
		json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
}

static enum ctl_exit run_show(struct ctl *c)
{
	_cleanup_(bus_client_closep) struct bus_client *client = NULL;
	_cleanup_(json_putp) struct json_object *snapshot = NULL, *part = NULL;
	const char *const *words = (const char *const *)c->words;
	char text[BUS_CLIENT_TEXT_MAX];
	enum show_view view;
	int r;

	/* Before the daemon is asked, so that a wrong word is told even without one. */
	if (show_words_parse(&view, words, c->n_words, text) < 0) {
		fprintf(c->err, "gvpnctl: %s\n", text);
		return CTL_USAGE;
	}
	r = bus_client_open(&client, c->socket, text);
	if (r == 0)
		r = bus_client_snapshot(client, &snapshot, text);
	if (r < 0)
		return ctl_complain(c, r, text);
	if (c->json) {
		r = show_json(&part, words, c->n_words, snapshot, text);
		if (r == 0)
			ctl_print_json(c, part);
	} else {
		r = show_text(c->out, words, c->n_words, snapshot, text);
	}
	if (r < 0)
		return ctl_complain(c, -EREMOTEIO, text);
	return ctl_finish(c);
}

static enum ctl_exit run_explain(struct ctl *c)
{
	_cleanup_(bus_client_closep) struct bus_client *client = NULL;
	_cleanup_(json_putp) struct json_object *answer = NULL;
	struct explain_request q;
	char text[BUS_CLIENT_TEXT_MAX];
	int r;

	if (explain_words(&q, c->words, c->n_words, text) < 0)
		return ctl_wrong_usage(c, text);
	r = bus_client_open(&client, c->socket, text);
	if (r == 0)
		r = bus_client_explain(client, &q, &answer, text);
	if (r < 0)
		return ctl_complain(c, r, text);
	if (json_make_printable(answer) < 0)
		return ctl_complain(c, -EREMOTEIO, "out of memory");
	if (c->json)
		ctl_print_json(c, answer);
	else
		explain_print(c->out, answer);
	return ctl_finish(c);
}

static enum ctl_exit finish_change(struct ctl *c, struct bus_client *client, int r, const char *text)
{
	bus_client_close(client);
	return r < 0 ? ctl_complain(c, r, text) : CTL_OK;
}

static enum ctl_exit run_clear(struct ctl *c)
{
	struct bus_client *client = NULL;
	char text[BUS_CLIENT_TEXT_MAX];
	int r = bus_client_open(&client, c->socket, text);

	if (r == 0)
		r = bus_client_clear(client, c->n_words > 0 ? c->words[0] : NULL, text);
	return finish_change(c, client, r, text);
}

static enum ctl_exit run_reload(struct ctl *c)
{
	struct bus_client *client = NULL;
	char text[BUS_CLIENT_TEXT_MAX];
	int r = bus_client_open(&client, c->socket, text);

	if (r == 0)
		r = bus_client_reload(client, text);
	return finish_change(c, client, r, text);
}

static enum ctl_exit run_stop(struct ctl *c)
{
	struct bus_client *client = NULL;
	char text[BUS_CLIENT_TEXT_MAX];
	int r = bus_client_open(&client, c->socket, text);

	if (r == 0)
		r = bus_client_stop(client, c->keep, text);
	return finish_change(c, client, r, text);
}

#define ANY_WORDS SIZE_MAX

static const struct verb {
	const char *name;
	size_t shortest; /* what changes something is written in full */
	size_t max_words;
	const char *takes; /* how the words beyond are refused */
	bool json, keep, map;
	enum ctl_exit (*run)(struct ctl *c);
} verbs[] = {
	{ "show", 2, ANY_WORDS, NULL, .json = true, .run = run_show },
	{ "explain", 2, ANY_WORDS, NULL, .json = true, .run = run_explain },
	{ "monitor", 2, 0, "nothing follows it", .json = true, .run = ctl_monitor },
	{ "metrics", 2, 0, "nothing follows it", .run = ctl_metrics },
	{ "clear", 5, 1, "it takes the name of one VPN, or none for all", .run = run_clear },
	{ "reload", 6, 0, "nothing follows it", .run = run_reload },
	{ "stop", 4, 0, "nothing follows it", .keep = true, .run = run_stop },
	{ "import", 6, 1, "it takes one file, or - for standard input", .map = true, .run = ctl_import },
};

#define VERB_NAMES "show, explain, monitor, metrics, clear, reload, stop or import"

/* "clear security group-vpn member group [VPN]", as on the device; in full, like all that changes something. */
static void pass_over_device_words(struct ctl *c)
{
	static const char *const words[] = { "security", "group-vpn", "member", "group" };

	if (c->n_words < ARRAY_SIZE(words))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(c->words[i], words[i]) != 0)
			return;
	c->words += ARRAY_SIZE(words);
	c->n_words -= ARRAY_SIZE(words);
}

static enum ctl_exit run_verb(struct ctl *c, const struct verb *v)
{
	char text[160];

	if (c->json && !v->json)
		return ctl_wrong_usage(c, "--json goes with 'show', 'explain' and 'monitor' only");
	if (c->keep && !v->keep)
		return ctl_wrong_usage(c, "--keep goes with 'stop' only");
	if (c->n_maps > 0 && !v->map)
		return ctl_wrong_usage(c, "--map goes with 'import' only");
	if (c->keys && !v->map)
		return ctl_wrong_usage(c, "--keys goes with 'import' only");
	if (v->run == run_clear)
		pass_over_device_words(c);
	if (c->n_words <= v->max_words)
		return v->run(c);
	snprintf(text, sizeof(text), "'%.40s' is too much after '%s': %s", c->words[v->max_words], v->name, v->takes);
	return ctl_wrong_usage(c, text);
}

static enum ctl_exit run_command(struct ctl *c, const char *command)
{
	const size_t len = strlen(command);
	char text[160];

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (len >= verbs[i].shortest && strncmp(verbs[i].name, command, len) == 0)
			return run_verb(c, &verbs[i]);
	snprintf(text, sizeof(text), "'%.40s' is unknown; expected " VERB_NAMES, command);
	return ctl_wrong_usage(c, text);
}

/* Negative to go on, else the exit status. */
static int parse_options(struct ctl *c, int argc, char **argv)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' }, { "json", no_argument, NULL, 'j' },
		{ "keep", no_argument, NULL, 'k' },         { "map", required_argument, NULL, 'm' },
		{ "keys", required_argument, NULL, 'f' },   { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },      { NULL, 0, NULL, 0 },
	};
	char text[160];
	int o;

	optind = 0; /* starts anew, getopt(3) */
	while ((o = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (o) {
		case 's':
			c->socket = optarg;
			break;
		case 'j':
			c->json = true;
			break;
		case 'k':
			c->keep = true;
			break;
		case 'm':
			if (c->n_maps == IMPORT_MAPS_MAX)
				return ctl_wrong_usage(c, "too many --map");
			c->maps[c->n_maps++] = optarg;
			break;
		case 'f':
			c->keys = optarg;
			break;
		case 'h':
			fprintf(c->out, "%s%s", usage, help);
			return ctl_finish(c);
		case 'V':
			fprintf(c->out, "gvpnctl " GVPN_VERSION "\n");
			return ctl_finish(c);
		default:
			snprintf(text, sizeof(text), "the option '%.40s' %s", argv[optind - 1],
				 o == ':' ? "needs a value" : "is unknown");
			return ctl_wrong_usage(c, text);
		}
	}
	return -1;
}

enum ctl_exit ctl_run(int argc, char **argv, FILE *out, FILE *err)
{
	struct ctl c = { .socket = BUS_SOCKET, .out = out, .err = err };
	int status = parse_options(&c, argc, argv);

	if (status >= 0)
		return (enum ctl_exit)status;
	if (optind >= argc)
		return ctl_wrong_usage(&c, "a command is missing; expected " VERB_NAMES);
	c.words = argv + optind + 1;
	c.n_words = (size_t)(argc - optind - 1);
	return run_command(&c, argv[optind]);
}
