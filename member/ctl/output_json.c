/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON, for programs: gvpn-json(5). */
#include "member/ctl/output.h"

#include "member/ctl/show_part.h"

#include <time.h>

static int put_object(FILE *out, struct json_object *o)
{
	fprintf(out, "%s\n",
		json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	return 0;
}

static int put_snapshot(FILE *out, enum show_view view, struct json_object *snapshot)
{
	_cleanup_(json_putp) struct json_object *part = NULL;
	int r = show_part(&part, view, snapshot);

	return r < 0 ? r : put_object(out, part);
}

/* RFC 3339: programs need the offset, and strftime() writes it without its colon. */
static void add_time(struct json_object *o)
{
	time_t now = time(NULL);
	struct tm tm;
	char text[40] = "", offset[16];
	size_t n;

	if (localtime_r(&now, &tm) && strftime(offset, sizeof(offset), "%z", &tm) == 5) {
		n = strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &tm);
		snprintf(text + n, sizeof(text) - n, "%.3s:%.2s", offset, offset + 3);
	}
	json_object_object_add(o, "time", json_object_new_string(text));
}

/* On a line of its own, with its time, at once. */
static int put_line(FILE *out, struct json_object *o)
{
	add_time(o);
	fprintf(out, "%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE));
	return fflush(out) == 0 ? 0 : -EIO;
}

static int put_packets(FILE *out, const struct output_packets *grown, size_t n)
{
	_cleanup_(json_putp) struct json_object *line = json_object_new_object();
	struct json_object *packets = json_object_new_object();

	for (size_t i = 0; i < n; i++)
		json_object_object_add(packets, grown[i].key, json_object_new_int64(grown[i].more));
	json_object_object_add(line, "packets", packets);
	return put_line(out, line);
}

const struct output output_json = {
	.snapshot = put_snapshot,
	.answer = put_object,
	.event = put_line,
	.packets = put_packets,
};
