/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of a snapshot (member/show.h) that one view shows.  The text is rendered from this part alone, so that what
 * --json prints is what the text says.
 */
#ifndef MEMBER_SHOW_PART_H
#define MEMBER_SHOW_PART_H

#include "member/show_words.h"
#include <json-c/json.h>

/* A part of every view, when it is there. */
#define SHOW_KERNEL_FAILURE "kernel_failure"

/* A new object that shares nothing with SNAPSHOT.  -EBADMSG when SNAPSHOT is not a snapshot, -ENOMEM. */
GVPN_MUST_CHECK int show_part(struct json_object **ret, enum show_view view, struct json_object *snapshot);

/* Replaces control characters in every string, in place, so that no text of a peer drives the terminal. */
GVPN_MUST_CHECK int show_make_printable(struct json_object *part);

static inline void json_putp(struct json_object **o)
{
	json_object_put(*o);
}

#endif
