/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gcks: a GDOI key server for tests and demonstration (row G).  This file has the command line: "gcks" serves
 * (tests/gcks/serve.h), "gcks ctl" asks a running server (tests/gcks/control.h).
 */
#include "tests/gcks/cluster.h"
#include "tests/gcks/control.h"
#include "tests/gcks/serve.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#define CONFIG_PATH "/etc/gvpn/gcks.conf"

static const char usage[] = "usage: gcks [-c FILE] [--port N] [--control PATH] [--debug]   serve\n"
			    "       gcks [-c FILE] --check                                 check the configuration\n"
			    "       gcks ctl [--control PATH] COMMAND...                   ask a running server\n"
			    "  -c, --config FILE    configuration (default " CONFIG_PATH ")\n"
			    "      --check          say whether FILE can be used: exit 0 or 1\n"
			    "      --control PATH   control socket (default " GCKS_CONTROL_PATH ")\n"
			    "      --port N         UDP port (default 848)\n"
			    "      --cluster-port N UDP port between the servers of a cluster (default 8848)\n"
			    "      --debug          log also what is only of interest when something is searched for\n"
			    "      --version, --help\n"
			    "COMMAND: show registered-members [detail] | statistics |\n"
			    "         kek security-associations [detail] | ipsec security-associations [detail] |\n"
			    "         server-cluster |\n"
			    "         rekey tek|kek [GROUP]\n"
			    "         delete tek SPI | teks [GROUP] | kek [GROUP] | all [GROUP]  [with-replacement]\n"
			    "         policy add|change NAME [source P] [destination P] [protocol N] [source-port N]\n"
			    "                [destination-port N] [ipsec-sa NAME] [group GROUP]\n"
			    "         policy remove NAME [group GROUP]\n"
			    "         member remove NAME [group GROUP]\n"
			    "         answer normal|silence|garbage|refusal|denial\n";

enum option_code {
	OPTION_CHECK = 256,
	OPTION_CONTROL,
	OPTION_PORT,
	OPTION_CLUSTER_PORT,
	OPTION_DEBUG,
	OPTION_VERSION,
	OPTION_HELP,
};

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "debug", no_argument, NULL, OPTION_DEBUG },
	{ "check", no_argument, NULL, OPTION_CHECK },
	{ "control", required_argument, NULL, OPTION_CONTROL },
	{ "port", required_argument, NULL, OPTION_PORT },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "cluster-port", required_argument, NULL, OPTION_CLUSTER_PORT },
	{ NULL, 0, NULL, 0 },
};

static int parse_port(const char *option, const char *text, uint16_t *ret)
{
	char *end = NULL;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno != 0 || text[0] < '0' || text[0] > '9' || *end != '\0' || n == 0 || n > 65535) {
		fprintf(stderr, "gcks: --%s '%s': a number from 1 to 65535 is expected\n", option, text);
		return -EINVAL;
	}
	*ret = (uint16_t)n;
	return 0;
}

/* 0: go on; 1: done (--help, --version); -EINVAL: a message was printed. */
static int parse_options(struct gcks_options *o, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "+c:", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->config_path = optarg;
			break;
		case OPTION_DEBUG:
			o->debug = true;
			break;
		case OPTION_CHECK:
			o->check = true;
			break;
		case OPTION_CONTROL:
			o->control_path = optarg;
			break;
		case OPTION_PORT:
			if (parse_port("port", optarg, &o->port) < 0)
				return -EINVAL;
			break;
		case OPTION_CLUSTER_PORT:
			if (parse_port("cluster-port", optarg, &o->cluster_port) < 0)
				return -EINVAL;
			break;
		case OPTION_VERSION:
			puts("gcks " GVPN_VERSION);
			return 1;
		case OPTION_HELP:
			fputs(usage, stdout);
			return 1;
		default: /* getopt_long has said what is wrong */
			fputs("gcks: see gcks --help\n", stderr);
			return -EINVAL;
		}
	}
	return 0;
}

static int ask_server(const char *control_path, int argc, char **argv)
{
	char line[GCKS_CONTROL_LINE_MAX] = "";
	struct gcks_error err = { "no memory" };
	size_t len = 0;

	if (argc == 0) {
		fputs("gcks: ctl: a command is expected; see gcks --help\n", stderr);
		return EXIT_FAILURE;
	}
	for (int i = 0; i < argc; i++) {
		int n = snprintf(line + len, sizeof(line) - len, "%s%s", i > 0 ? " " : "", argv[i]);

		if (n < 0 || (size_t)n >= sizeof(line) - len || strchr(argv[i], '\n') != NULL) {
			fputs("gcks: ctl: the command is too long or has a line end in it\n", stderr);
			return EXIT_FAILURE;
		}
		len += (size_t)n;
	}
	if (gcks_control_ask(control_path, line, stdout, &err) < 0) {
		fprintf(stderr, "gcks: %s\n", err.text);
		return EXIT_FAILURE;
	}
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct gcks_options o = {
		.config_path = CONFIG_PATH,
		.control_path = GCKS_CONTROL_PATH,
		.port = GDOI_PORT,
		.cluster_port = GCKS_CLUSTER_PORT,
	};
	bool ctl = argc > 1 && strcmp(argv[1], "ctl") == 0;
	int r = parse_options(&o, argc - ctl, argv + ctl);

	argc -= optind + ctl;
	argv += optind + ctl;
	if (r != 0)
		return r == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
	if (ctl)
		return ask_server(o.control_path, argc, argv);
	if (argc > 0) {
		fprintf(stderr, "gcks: '%s' is not expected here; see gcks --help\n", argv[0]);
		return EXIT_FAILURE;
	}
	return gcks_serve(&o) >= 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
