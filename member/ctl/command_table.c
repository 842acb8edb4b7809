/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/ctl/command.h"

#include "member/api/bus.h"

#define WORD(text)                                                                                                     \
	{                                                                                                              \
		.word = (text), .shortest = 1                                                                          \
	}
#define VALUE(kind, name, text)                                                                                        \
	{                                                                                                              \
		.type = (kind), .word = (name), .what = (text)                                                         \
	}
#define FORM(list, ...)                                                                                                \
	{                                                                                                              \
		.tokens = (list), .n_tokens = ARRAY_SIZE(list), __VA_ARGS__                                            \
	}
#define OPTION(o) (1U << OPTION_##o)

/* As on the device: show security group-vpn member ... */
#define DEVICE                                                                                                         \
	{ .word = "security", .shortest = 1, .opens = 1 }, WORD("group-vpn"),                                          \
	{                                                                                                              \
		.word = "member", .shortest = 1, .closes = 1                                                           \
	}
#define DETAIL                                                                                                         \
	{                                                                                                              \
		.word = "detail", .shortest = 1, .effect = EFFECT_DETAIL, .opens = 1, .closes = 1                      \
	}

static const struct token show_kek[] = { DEVICE, WORD("kek"), WORD("security-associations"), DETAIL };
static const struct token show_ipsec[] = { DEVICE, WORD("ipsec"), WORD("security-associations"), DETAIL };
static const struct token show_statistics[] = { DEVICE, WORD("ipsec"), WORD("statistics") };
static const struct token show_policy[] = { DEVICE, WORD("policy") };

static const struct token explain_packet[] = {
	VALUE(TOKEN_SOURCE, "SRC", "the source address"),
	VALUE(TOKEN_DESTINATION, "DST", "the destination address"),
	{ .type = TOKEN_PROTOCOL, .word = "PROTOCOL", .opens = 1 },
	{ .type = TOKEN_SOURCE_PORT, .word = "SPORT", .what = "the source port", .opens = 1 },
	{ .type = TOKEN_DESTINATION_PORT, .word = "DPORT", .what = "the destination port", .closes = 2 },
	{ .word = "in", .effect = EFFECT_IN, .opens = 1, .alternative = true },
	{ .word = "out", .effect = EFFECT_OUT, .closes = 1 },
	{ .word = "on", .opens = 1 },
	{ .type = TOKEN_INTERFACE, .word = "INTERFACE", .what = "the name of an interface", .closes = 1 },
};

/* As on the device, in full like all that changes something: clear security group-vpn member group ... */
static const struct token clear_vpn[] = {
	{ .word = "security", .opens = 1 },
	{ .word = "group-vpn" },
	{ .word = "member" },
	{ .word = "group", .closes = 1 },
	{ .type = TOKEN_VPN, .word = "VPN", .opens = 1, .closes = 1 },
};

static const struct token import_file[] = { { .type = TOKEN_FILE, .word = "FILE" } };

static const struct command_form show_forms[] = {
	FORM(show_kek, .view = SHOW_KEK, .help = "the keys that protect rekeys"),
	FORM(show_ipsec, .view = SHOW_IPSEC, .help = "the SAs, and the registration"),
	FORM(show_statistics, .view = SHOW_STATISTICS, .help = "counters, and packets dropped by cause"),
	FORM(show_policy, .view = SHOW_POLICY, .help = "what happens to which traffic"),
};
static const struct command_form explain_forms[] = { FORM(explain_packet) };
static const struct command_form clear_forms[] = { FORM(clear_vpn) };
static const struct command_form import_forms[] = { FORM(import_file) };
static const struct command_form alone[] = { { .n_tokens = 0 } };

#define FORMS(list) .forms = (list), .n_forms = ARRAY_SIZE(list)

const struct verb_token command_verbs[COMMAND_VERBS] = {
	[VERB_SHOW] = { "show", .shortest = 2, FORMS(show_forms), .synopsis = "WORDS...", .complaint = COMPLAINT_WORDS,
			.options = OPTION(SOCKET) | OPTION(JSON), .help = "what the member holds" },
	[VERB_EXPLAIN] = { "explain", .shortest = 2, FORMS(explain_forms), .complaint = COMPLAINT_SYNOPSIS,
			   .options = OPTION(SOCKET) | OPTION(JSON),
			   .help = "what happens to such a packet now, and why" },
	[VERB_MONITOR] = { "monitor", .shortest = 2, FORMS(alone), .complaint = COMPLAINT_TAKES,
			   .takes = "nothing follows it", .options = OPTION(SOCKET) | OPTION(JSON),
			   .help = "events and counters as they come, until interrupted" },
	[VERB_METRICS] = { "metrics", .shortest = 2, FORMS(alone), .complaint = COMPLAINT_TAKES,
			   .takes = "nothing follows it", .options = OPTION(SOCKET),
			   .help = "the state in the Prometheus text format" },
	[VERB_CLEAR] = { "clear", FORMS(clear_forms), .leading_words_in_full = true, .synopsis = "[VPN]",
			 .complaint = COMPLAINT_TAKES, .takes = "it takes the name of one VPN, or none for all",
			 .options = OPTION(SOCKET),
			 .help = "delete the SAs of one group VPN, or of all, and register again" },
	[VERB_RELOAD] = { "reload", FORMS(alone), .complaint = COMPLAINT_TAKES, .takes = "nothing follows it",
			  .options = OPTION(SOCKET),
			  .help = "read the configuration again; a bad one changes nothing" },
	[VERB_STOP] = { "stop", FORMS(alone), .complaint = COMPLAINT_TAKES, .takes = "nothing follows it",
			.options = OPTION(SOCKET) | OPTION(KEEP),
			.help = "end the daemon; what stays in the kernel is what 'on-stop' says" },
	[VERB_IMPORT] = { "import", FORMS(import_forms), .complaint = COMPLAINT_TAKES,
			  .takes = "it takes one file, or - for standard input",
			  .missing = "import: a file is missing, or - for standard input",
			  .options = OPTION(MAP) | OPTION(KEYS),
			  .help = "print the configuration of a Junos member as one of ours, and list on stderr what\n"
				  "was left out and why; no daemon is needed" },
};

const struct option_token command_options[COMMAND_OPTIONS] = {
	[OPTION_SOCKET] = { "socket", .value = "PATH", .tolerated = true,
			    .help = "the daemon's socket (" BUS_SOCKET ")" },
	[OPTION_JSON] = { "json", .help = "print what is shown, explained or monitored as JSON" },
	[OPTION_KEEP] = { "keep", .behind = true, .help = "with stop: leave SAs and policies in place" },
	[OPTION_MAP] = { "map", .value = "JUNOS=LINUX", .value_in_help = "A=B", .repeats = true, .behind = true,
			 .help = "with import: the Junos interface A, such as ge-0/0/1.0, is B here" },
	[OPTION_KEYS] = { "keys", .value = "DIR", .behind = true,
			  .help = "with import: write keys that Junos only spells otherwise ($9$) to files in DIR" },
	[OPTION_HELP] = { "help" },
	[OPTION_VERSION] = { "version" },
};
