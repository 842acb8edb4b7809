/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last configuration that a daemon ran with, kept over reboots.  When a boot finds a bad configuration, the kept
 * one says which traffic was governed, and that traffic is blocked (row D6).  It holds no key.
 */
#ifndef MEMBER_DAEMON_LAST_CONFIG_H
#define MEMBER_DAEMON_LAST_CONFIG_H

#include "lib/file.h"
#include "member/config/config.h"

/* The folder that keeps the file: $STATE_DIRECTORY, which systemd sets (StateDirectory=).  NULL: there is none. */
const char *last_config_directory(void);
/*
 * Keeps C in DIRECTORY, in place of what was kept there.  Negative errno, with WHY for the log: -EPERM where others
 * could exchange the file, -EINVAL when C could not be read again; the configuration that was kept before then stays.
 */
GVPN_MUST_CHECK int last_config_write(const char *directory, const struct config *c, char why[static FILE_WHY_MAX]);
/* Errors: config_load_unkeyed()'s, and -EPERM as above. */
GVPN_MUST_CHECK int last_config_load(struct config **ret, const char *directory, struct config_error *err);

#endif
