/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of a snapshot (member/ctl/output.h) that one view shows.  The text is rendered from this part alone, so that
 * what
 * --json prints is what the text says.
 */
#ifndef MEMBER_CTL_SHOW_PART_H
#define MEMBER_CTL_SHOW_PART_H

#include "lib/json.h"
#include "member/api/snapshot.h"
#include "member/ctl/command.h"

/* A new object that shares nothing with SNAPSHOT.  -EBADMSG when SNAPSHOT is not a snapshot, -ENOMEM. */
GVPN_MUST_CHECK int show_part(struct json_object **ret, enum show_view view, struct json_object *snapshot);

#endif
