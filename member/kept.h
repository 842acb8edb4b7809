/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last configuration that a daemon ran with, kept over reboots, for a boot that finds a bad one: what was governed
 * is blocked then too (row D6).  It holds no key.
 */
#ifndef MEMBER_KEPT_H
#define MEMBER_KEPT_H

#include "member/config.h"

/* Where it is kept: $STATE_DIRECTORY, which systemd sets (StateDirectory=).  NULL: nowhere. */
const char *kept_directory(void);
/* Keeps C in DIRECTORY, in place of what was kept there.  Negative errno. */
GVPN_MUST_CHECK int kept_write(const char *directory, const struct config *c);
/* Errors: config_load()'s. */
GVPN_MUST_CHECK int kept_load(struct config **ret, const char *directory, struct config_error *err);

#endif
