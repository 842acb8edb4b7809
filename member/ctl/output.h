/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The output of the tool, apart from its form: one set of calls, and a renderer for each form.  The daemon's state
 * comes as one snapshot, as JSON (gvpn-json(5) describes each key), so that no two forms can differ in content.
 *
 * The calls write to OUT and do not look after its errors; event() and packets() alone flush it, and return -EIO when
 * that fails.  The strings of a snapshot are made printable by the renderer, those of an answer or an event by the
 * caller.
 */
#ifndef MEMBER_CTL_OUTPUT_H
#define MEMBER_CTL_OUTPUT_H

#include "member/ctl/command.h"

#include <json-c/json.h>
#include <stdio.h>

/* By how much a packet counter grew. */
struct output_packets {
	const char *key, *name;
	int64_t more;
};

struct output {
	/* Prints the part of SNAPSHOT that VIEW shows.  -EBADMSG when SNAPSHOT is not a snapshot, -ENOMEM. */
	int (*snapshot)(FILE *out, enum show_view view, struct json_object *snapshot);
	/* The answer of explain (member/api/explain.h). */
	int (*answer)(FILE *out, struct json_object *answer);
	/*
	 * An event, at the time of the call.  Fields that the event does not have are left out: vpn, server, spi, text.
	 */
	int (*event)(FILE *out, struct json_object *event);
	int (*packets)(FILE *out, const struct output_packets *grown, size_t n);
};

extern const struct output output_text;
extern const struct output output_json;
extern const struct output output_metrics; /* snapshot() alone, and all of it whatever the view */

#endif
