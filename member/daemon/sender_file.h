/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file of the sender ids (member/group/sender_store.h): which ids each VPN has, and which IVs were sent under which
 * key, by a fingerprint of the key.  It is kept over reboots, in $STATE_DIRECTORY, which systemd sets; without one it
 * is beside the bus socket.
 */
#ifndef MEMBER_DAEMON_SENDER_FILE_H
#define MEMBER_DAEMON_SENDER_FILE_H

#include "member/group/sender_store.h"

#include <limits.h>

/* Where the file is; BESIDE, the path of another file, says where it is without a state directory. */
void sender_file_place(char ret[static PATH_MAX], const char *beside);
/* On the disk when it returns 0; mode 0600. */
GVPN_MUST_CHECK int sender_file_write(const char *path, const struct sender_store *s);
/*
 * Into S, which is empty.  1: there is no file, and nothing was sent before, unless it is lost: see below.  -EPERM:
 * somebody else could have written it; -EINVAL: it is not one of ours; -ENODATA: one was lost; S is empty then, and
 * what was sent before is not known.
 */
GVPN_MUST_CHECK int sender_file_read(struct sender_store *s, const char *path);
/* There is no file while an SA sends: this one in its place says so at each start, until somebody removes it. */
GVPN_MUST_CHECK int sender_file_write_lost(const char *path);
const char *sender_file_why(int r); /* a clause */

#endif
