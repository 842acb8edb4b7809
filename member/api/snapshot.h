/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys of the daemon's JSON (gvpn-json(5)) on which the daemon and the tool agree. */
#ifndef MEMBER_API_SNAPSHOT_H
#define MEMBER_API_SNAPSHOT_H

/* A part of every view, when it is there. */
#define SNAPSHOT_KERNEL_FAILURE "kernel_failure"
/* The kernel's counters: of the snapshot, and of the answer to Counters(). */
#define SNAPSHOT_COUNTERS "counters"

#endif
