/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/ctl.h"

#include "member/bus.h"
#include "member/bus_client.h"
#include "member/explain_text.h"
#include "member/show.h"
#include "member/show_part.h"
#include "member/show_words.h"

#include <getopt.h>

struct ctl {
	const char *socket;
	bool json, keep;
	char *const *words; /* after the command */
	size_t n_words;
	FILE *out, *err;
};

static const char usage[] =
	"usage: gvpnctl [--socket PATH] [--json] show WORDS...\n"
	"       gvpnctl [--socket PATH] [--json] explain SRC DST [PROTOCOL [SPORT DPORT]] [in|out]\n"
	"               [on INTERFACE]\n"
	"       gvpnctl [--socket PATH] clear [VPN]\n"
	"       gvpnctl [--socket PATH] reload\n"
	"       gvpnctl [--socket PATH] stop [--keep]\n"
	"       gvpnctl --help | --version\n";

static const char help[] = "\n"
			   "show [security group-vpn member] WORDS, each word abbreviated at will:\n"
			   "  kek security-associations [detail]    the keys that protect rekeys\n"
			   "  ipsec security-associations [detail]  the SAs, and the registration\n"
			   "  ipsec statistics                      counters, and packets dropped by cause\n"
			   "  policy                                what happens to which traffic\n"
			   "explain         what happens to such a packet now, and why\n"
			   "clear [VPN]     delete the SAs of one group VPN, or of all, and register again\n"
			   "reload          read the configuration again; a bad one changes nothing\n"
			   "stop            end the daemon; what stays in the kernel is what 'on-stop' says\n"
			   "\n"
			   "  --socket PATH  the daemon's socket (" BUS_SOCKET ")\n"
			   "  --json         print what is shown or explained as JSON\n"
			   "  --keep         with stop: leave SAs and policies in place\n"
			   "\n"
			   "Exit status: 0 done, 1 the daemon refused or failed, 2 wrong usage, 3 no daemon answers.\n";

static enum ctl_exit complain(struct ctl *c, int r, const char *text)
{
	fprintf(c->err, "gvpnctl: %s\n", text);
	return r == -EREMOTEIO ? CTL_REFUSED : CTL_UNREACHABLE;
}

static enum ctl_exit wrong_usage(struct ctl *c, const char *text)
{
	fprintf(c->err, "gvpnctl: %s\n%s", text, usage);
	return CTL_USAGE;
}

static enum ctl_exit finish(struct ctl *c)
{
	if (fflush(c->out) == 0 && !ferror(c->out))
		return CTL_OK;
	fprintf(c->err, "gvpnctl: cannot write the output: %s\n", strerror(errno));
	return CTL_REFUSED;
}

static void print_json(struct ctl *c, struct json_object *o)
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
		return complain(c, r, text);
	if (c->json) {
		r = show_json(&part, words, c->n_words, snapshot, text);
		if (r == 0)
			print_json(c, part);
	} else {
		r = show_text(c->out, words, c->n_words, snapshot, text);
	}
	if (r < 0)
		return complain(c, -EREMOTEIO, text);
	return finish(c);
}

static enum ctl_exit run_explain(struct ctl *c)
{
	_cleanup_(bus_client_closep) struct bus_client *client = NULL;
	_cleanup_(json_putp) struct json_object *answer = NULL;
	struct explain_request q;
	char text[BUS_CLIENT_TEXT_MAX];
	int r;

	if (explain_words(&q, c->words, c->n_words, text) < 0)
		return wrong_usage(c, text);
	r = bus_client_open(&client, c->socket, text);
	if (r == 0)
		r = bus_client_explain(client, &q, &answer, text);
	if (r < 0)
		return complain(c, r, text);
	if (show_make_printable(answer) < 0)
		return complain(c, -EREMOTEIO, "out of memory");
	if (c->json)
		print_json(c, answer);
	else
		explain_print(c->out, answer);
	return finish(c);
}

enum change { CHANGE_CLEAR, CHANGE_RELOAD, CHANGE_STOP };

static enum ctl_exit run_change(struct ctl *c, enum change change)
{
	_cleanup_(bus_client_closep) struct bus_client *client = NULL;
	char text[BUS_CLIENT_TEXT_MAX];
	int r = bus_client_open(&client, c->socket, text);

	if (r < 0)
		return complain(c, r, text);
	switch (change) {
	case CHANGE_CLEAR:
		r = bus_client_clear(client, c->n_words > 0 ? c->words[0] : NULL, text);
		break;
	case CHANGE_RELOAD:
		r = bus_client_reload(client, text);
		break;
	case CHANGE_STOP:
		r = bus_client_stop(client, c->keep, text);
		break;
	}
	return r < 0 ? complain(c, r, text) : CTL_OK;
}

static enum ctl_exit run_command(struct ctl *c, const char *command)
{
	static const struct {
		const char *name;
		enum change change;
		size_t max_words;
	} changes[] = { { "clear", CHANGE_CLEAR, 1 }, { "reload", CHANGE_RELOAD, 0 }, { "stop", CHANGE_STOP, 0 } };
	char text[160];

	/* What changes something is written in full; "show" alone may be abbreviated. */
	bool show = strlen(command) >= 2 && strncmp("show", command, strlen(command)) == 0;

	bool explain = strcmp(command, "explain") == 0;

	if (c->json && !show && !explain)
		return wrong_usage(c, "--json goes with 'show' and 'explain' only");
	if (c->keep && strcmp(command, "stop") != 0)
		return wrong_usage(c, "--keep goes with 'stop' only");
	if (show)
		return run_show(c);
	if (explain)
		return run_explain(c);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		if (strcmp(command, changes[i].name) != 0)
			continue;
		if (c->n_words <= changes[i].max_words)
			return run_change(c, changes[i].change);
		snprintf(text, sizeof(text), "'%.40s' is too much after '%s'%s", c->words[changes[i].max_words],
			 command,
			 changes[i].max_words ? ": it takes the name of one VPN, or none for all"
					      : ": nothing follows it");
		return wrong_usage(c, text);
	}
	snprintf(text, sizeof(text), "'%.40s' is unknown; expected show, explain, clear, reload or stop", command);
	return wrong_usage(c, text);
}

enum ctl_exit ctl_run(int argc, char **argv, FILE *out, FILE *err)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' }, { "json", no_argument, NULL, 'j' },
		{ "keep", no_argument, NULL, 'k' },         { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },      { NULL, 0, NULL, 0 },
	};
	struct ctl c = { .socket = BUS_SOCKET, .out = out, .err = err };
	char text[160];
	int o;

	optind = 0; /* starts anew, getopt(3) */
	while ((o = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (o) {
		case 's':
			c.socket = optarg;
			break;
		case 'j':
			c.json = true;
			break;
		case 'k':
			c.keep = true;
			break;
		case 'h':
			fprintf(out, "%s%s", usage, help);
			return finish(&c);
		case 'V':
			fprintf(out, "gvpnctl " GVPN_VERSION "\n");
			return finish(&c);
		default:
			snprintf(text, sizeof(text), "the option '%.40s' %s", argv[optind - 1],
				 o == ':' ? "needs a value" : "is unknown");
			return wrong_usage(&c, text);
		}
	}
	if (optind >= argc)
		return wrong_usage(&c, "a command is missing; expected show, explain, clear, reload or stop");
	c.words = argv + optind + 1;
	c.n_words = (size_t)(argc - optind - 1);
	return run_command(&c, argv[optind]);
}
