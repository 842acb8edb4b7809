/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys of the snapshot (gvpn-json(5)) that the daemon writes and every view of the tool keeps. */
#ifndef MEMBER_API_SNAPSHOT_H
#define MEMBER_API_SNAPSHOT_H

/* A part of every view, when it is there. */
#define SNAPSHOT_KERNEL_FAILURE "kernel_failure"

#endif
