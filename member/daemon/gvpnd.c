/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gvpnd(8): the group VPN member daemon. */
#include "lib/clock.h"
#include "member/config/config.h"
#include "member/daemon/bus/bus.h"
#include "member/daemon/daemon.h"
#include "member/daemon/interfaces.h"
#include "member/daemon/last_config.h"
#include "member/daemon/planner.h"
#include "member/log/record.h"
#include "xfrm/kernel.h"

#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <syslog.h>
#include <unistd.h>

#define CONFIG_PATH "/etc/gvpn/gvpnd.conf"
#define EXIT_USAGE 2

static const char usage[] =
	"usage: gvpnd [-c FILE] [--socket PATH] [--no-kernel] [--debug]\n"
	"       gvpnd [-c FILE] --check\n"
	"       gvpnd [-c FILE] --fail-close\n"
	"       gvpnd --load\n"
	"       gvpnd --flush\n"
	"\n"
	"Group VPN member: registers with key servers over GDOI (RFC 6407) and programs the group's keys into the "
	"kernel.\n"
	"Runs in the foreground; logs to the journal, or to stderr elsewhere.\n"
	"\n"
	"  -c, --config FILE  the configuration (" CONFIG_PATH ")\n"
	"      --check        check the configuration; exit 0 when it is good, 1 when not\n"
	"      --no-kernel    register and hold keys, program nothing, print what would be programmed\n"
	"      --socket PATH  where gvpnctl finds this daemon (" BUS_SOCKET ")\n"
	"      --fail-close   install the blocks of fail-close and exit, for the time before the daemon runs\n"
	"      --load         load the datapath's BPF programs for the daemon and exit; root, before the daemon "
	"starts\n"
	"      --bpf DIR      where they are pinned, a folder of a BPF file system (" KERNEL_BPF_FOLDER ")\n"
	"      --flush        remove everything of gvpnd's from the kernel, blocks included, and exit\n"
	"      --debug        log the details of the exchanges\n"
	"      --version, --help\n";

enum {
	OPTION_CHECK = 256,
	OPTION_NO_KERNEL,
	OPTION_SOCKET,
	OPTION_FAIL_CLOSE,
	OPTION_LOAD,
	OPTION_BPF,
	OPTION_FLUSH,
	OPTION_DEBUG,
	OPTION_VERSION
};

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check", no_argument, NULL, OPTION_CHECK },
	{ "no-kernel", no_argument, NULL, OPTION_NO_KERNEL },
	{ "socket", required_argument, NULL, OPTION_SOCKET },
	{ "fail-close", no_argument, NULL, OPTION_FAIL_CLOSE },
	{ "load", no_argument, NULL, OPTION_LOAD },
	{ "bpf", required_argument, NULL, OPTION_BPF },
	{ "flush", no_argument, NULL, OPTION_FLUSH },
	{ "debug", no_argument, NULL, OPTION_DEBUG },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static void kernel_log(void *ctx, int priority, enum kernel_news news, const char *text)
{
	(void)news;
	struct record r;

	record_set(&r, RECORD_KERNEL_LINE, record_text(text));
	r.level = priority <= LOG_ERR ? LOG_LEVEL_ERROR : LOG_LEVEL_NOTICE;
	record_log(ctx, NULL, 0, &r);
}

/* The daemon's unit forbids it to ask, so whoever loads the programs before each start says it. */
static void say_clock(struct log *log)
{
	struct clock_state clock;

	clock_look(&clock);
	if (clock.known && !clock.synchronised)
		record_say(log, RECORD_CLOCK_UNSYNCHRONISED);
}

/* For the daemon's user, where there is one; else for who calls. */
static int load_programs(const char *folder, struct log *log)
{
	const struct passwd *user = getpwnam("gvpn");
	char err[256];

	if (kernel_load(folder, user ? user->pw_uid : geteuid(), user ? user->pw_gid : getegid(), err) == 0) {
		kernel_say_tcx(kernel_log, log);
		say_clock(log);
		return EXIT_SUCCESS;
	}
	log_write(log, LOG_LEVEL_ERROR, NULL, "%s", err);
	return EXIT_FAILURE;
}

static int flush_kernel(const char *folder, struct log *log)
{
	struct kernel *k = NULL;
	char err[256];
	int r = kernel_open(&k, NULL, kernel_log, log, err);

	if (r >= 0)
		r = kernel_flush(k, folder, err);
	kernel_close(k);
	if (r < 0) {
		record_say(log, RECORD_CANNOT_FLUSH, record_text(err));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

/* Installs what a daemon that has not registered yet would install (row D6).  A table that is there already stays. */
static int install_blocks(const struct config *config, struct log *log)
{
	_cleanup_(plan_freep) struct plan *plan = NULL;
	struct group **none = calloc(config->n_vpns + 1, sizeof(struct group *));
	struct kernel *k = NULL;
	char err[256] = "out of memory";
	int r = none ? planner_plan(&plan, config, none, PLANNER_STOPPED, 0) : -ENOMEM;

	free(none);
	if (r >= 0)
		r = kernel_open(&k, NULL, kernel_log, log, err);
	if (r >= 0 && kernel_has_table(k)) {
		record_say(log, RECORD_NOTHING_TO_BLOCK);
	} else if (r >= 0) {
		r = kernel_apply(k, plan, err);
	}
	kernel_close(k);
	if (r < 0) {
		record_say(log, RECORD_CANNOT_BLOCK, record_text(err));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

static int load_config(struct config **ret, const char *path, struct log *log)
{
	struct config_error err;
	int r = config_load(ret, path, &err);

	if (r < 0) {
		record_say(log, RECORD_CONFIG_REFUSED, record_text(err.text));
		return r;
	}
	config_log_warnings(*ret, log);
	return 0;
}

/*
 * The blocks need to know which traffic is governed, even when the configuration is bad.  A key that cannot be read
 * does not matter for that; for any other mistake the last good configuration is taken.
 */
static int load_blocks(struct config **ret, const char *path, struct log *log)
{
	const char *kept = last_config_directory();
	struct config_error err;

	if (load_config(ret, path, log) == 0)
		return 0;
	if (config_load_unkeyed(ret, path, &err) == 0) {
		record_say(log, RECORD_BLOCKS_WITHOUT_KEY, record_text(path));
		return 0;
	}
	if (!kept) {
		record_say(log, RECORD_BLOCKS_NOT_KEPT);
		return -ENOENT;
	}
	if (last_config_load(ret, kept, &err) < 0) {
		record_say(log, RECORD_BLOCKS_UNKNOWN, record_text(err.text));
		return -ENOENT;
	}
	record_say(log, RECORD_BLOCKS_OF_LAST_CONFIG, record_text(kept));
	return 0;
}

static int fail_close(const char *path, struct log *log)
{
	_cleanup_(config_freep) struct config *config = NULL;

	return load_blocks(&config, path, log) < 0 ? EX_CONFIG : install_blocks(config, log);
}

struct invocation {
	struct daemon_options options;
	bool check, fail_close, load, flush, debug;
};

/* The exit status; negative: go on. */
static int parse_arguments(struct invocation *v, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "c:h", long_options, NULL)) != -1) {
		switch (c) {
		case 'c':
			v->options.config_path = optarg;
			break;
		case OPTION_CHECK:
			v->check = true;
			break;
		case OPTION_NO_KERNEL:
			v->options.no_kernel = true;
			break;
		case OPTION_SOCKET:
			v->options.socket_path = optarg;
			break;
		case OPTION_FAIL_CLOSE:
			v->fail_close = true;
			break;
		case OPTION_LOAD:
			v->load = true;
			break;
		case OPTION_BPF:
			v->options.bpf_folder = optarg;
			break;
		case OPTION_FLUSH:
			v->flush = true;
			break;
		case OPTION_DEBUG:
			v->debug = true;
			break;
		case OPTION_VERSION:
			puts("gvpnd " GVPN_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "gvpnd: unexpected argument '%s'\n%s", argv[optind], usage);
		return EXIT_USAGE;
	}
	if (v->check + v->fail_close + v->load + v->flush + v->options.no_kernel > 1) {
		fprintf(stderr, "gvpnd: --check, --fail-close, --load, --flush and --no-kernel exclude one another\n");
		return EXIT_USAGE;
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct invocation v = { .options = { .config_path = CONFIG_PATH, .socket_path = BUS_SOCKET } };
	_cleanup_(log_closep) struct log *log = NULL;
	struct config *config = NULL;
	int status = parse_arguments(&v, argc, argv);

	if (status >= 0)
		return status;
	if (log_open(&log, v.debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO) < 0)
		return EXIT_FAILURE;
	/* The memory has the group's keys: no core file, and no debugger of another user.  --debug allows both. */
	if (!v.debug)
		(void)prctl(PR_SET_DUMPABLE, 0);
	if (!v.options.bpf_folder)
		v.options.bpf_folder = KERNEL_BPF_FOLDER;
	if (v.load)
		return load_programs(v.options.bpf_folder, log);
	if (v.flush)
		return flush_kernel(v.options.bpf_folder, log);
	if (v.fail_close)
		return fail_close(v.options.config_path, log);
	/* A status of its own, by which the service manager knows that another start does not mend the file. */
	if (load_config(&config, v.options.config_path, log) < 0)
		return v.check ? EXIT_FAILURE : EX_CONFIG;
	if (v.check) {
		interfaces_log_missing(config, log);
		config_free(config);
		return EXIT_SUCCESS;
	}
	return daemon_run(&v.options, config, log) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
