/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folder in which programs and maps are pinned (load.h).  It belongs to the daemon's user, whom root, who fills and
 * empties it, need not trust: what is in the folder is reached by descriptors, and no link in it is followed.
 */
#ifndef XFRM_BPF_PINS_H
#define XFRM_BPF_PINS_H

#include "lib/gvpn.h"

#include <sys/types.h>

/* ERR: "cannot WHAT NAME" and the reason of R, which is returned. */
int pins_failed(char err[static 256], int r, const char *what, const char *name);

/* A descriptor of the folder, which is made where it is not there; it is in a BPF file system, or ERR says how. */
GVPN_MUST_CHECK int pins_make(const char *folder, uid_t uid, gid_t gid, char err[static 256]);

/* A folder within, to be read; a negative errno, when it is none or a link. */
int pins_open(int folder, const char *name);
/* Makes one, for root alone until it is given away. */
GVPN_MUST_CHECK int pins_make_within(int folder, const char *name, char err[static 256]);
GVPN_MUST_CHECK int pins_give(int folder, uid_t uid, gid_t gid, char err[static 256]); /* with all that is in it */

GVPN_MUST_CHECK int pins_put(int folder, const char *name, int object, char err[static 256]);
int pins_get(int folder, const char *name); /* a descriptor of the object, or a negative errno */

/* Calls FN for what is in the folder, a descriptor that is closed then, until it does not return 0. */
typedef int (*pins_fn)(void *ctx, int folder, const char *name, char err[static 256]);
int pins_each(int folder, pins_fn fn, void *ctx, char err[static 256]);
/* A folder within, with its pins, or what stands in its place; that there is none is fine. */
GVPN_MUST_CHECK int pins_remove(int folder, const char *name, char err[static 256]);

#endif
