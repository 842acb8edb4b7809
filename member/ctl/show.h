/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The show outputs (rows F1, F2; the guide's member outputs, field by field).  The daemon publishes one snapshot of its
 * state as JSON; text is rendered from it here, by gvpnctl, so that --json and the text cannot differ.  gvpn-json(5)
 * says what each key is.
 */
#ifndef MEMBER_CTL_SHOW_H
#define MEMBER_CTL_SHOW_H

#include "member/ctl/command.h"

#include <json-c/json.h>
#include <stdio.h>

/* -EBADMSG with ERR when SNAPSHOT is not a snapshot; -ENOMEM. */
int show_text(FILE *out, enum show_view view, struct json_object *snapshot, char err[static 256]);
/* The part of the snapshot that VIEW shows, as a new reference. */
int show_json(struct json_object **ret, enum show_view view, struct json_object *snapshot, char err[static 256]);

#endif
