/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The key server as a program that serves: everything around tests/gcks/server.h that touches the system. */
#ifndef GCKS_SERVE_H
#define GCKS_SERVE_H

#include <stdbool.h>
#include <stdint.h>

struct gcks_options {
	bool debug, check; /* CHECK: load the configuration, say whether it can be used, and return */
	const char *config_path, *control_path;
	uint16_t port, cluster_port;
};

/* Serves until SIGTERM or SIGINT.  A negative errno: the reason is on stderr. */
int gcks_serve(const struct gcks_options *options);

#endif
