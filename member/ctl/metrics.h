/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state in the text format of Prometheus (exposition format 0.0.4), from the snapshot that the show outputs are
 * made of (member/ctl/output.h), so that a number means the same in both.
 *
 * Counters end in _total and start anew with the daemon, those of an SA with the SA; times are seconds.  A value that
 * the snapshot does not have is left out.
 */
#ifndef MEMBER_CTL_METRICS_H
#define MEMBER_CTL_METRICS_H

#include "lib/gvpn.h"
#include <json-c/json.h>
#include <stdio.h>

/* -EBADMSG when SNAPSHOT is not a snapshot.  Errors of OUT are the caller's to find. */
GVPN_MUST_CHECK int metrics_print(FILE *out, struct json_object *snapshot);

#endif
