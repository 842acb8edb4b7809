/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The running member, as main() starts it; daemon.c opens with an essay about its parts. */
#ifndef MEMBER_DAEMON_DAEMON_H
#define MEMBER_DAEMON_DAEMON_H

#include "member/config/config.h"
#include "member/log/log.h"

/* Warns of statements that will not have the effect that they seem to have. */
void config_log_warnings(const struct config *config, struct log *log);

struct daemon_options {
	const char *config_path, *socket_path, *bpf_folder;
	bool no_kernel; /* register and hold keys, program nothing, print what would be programmed */
};

/*
 * Runs until it is stopped; takes CONFIG.  0 after an orderly stop, negative errno when it could not start (nothing is
 * then left behind) or could not stop as configured; the log says why.
 */
GVPN_MUST_CHECK int daemon_run(const struct daemon_options *options, struct config *config, struct log *log);

#endif
