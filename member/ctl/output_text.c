/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text, laid out as Junos prints it: show_render.h has the views. */
#include "member/ctl/output.h"

#include "member/ctl/explain_text.h"
#include "member/ctl/show_part.h"
#include "member/ctl/show_render.h"

#include <inttypes.h>
#include <time.h>

static int put_snapshot(FILE *out, enum show_view view, struct json_object *snapshot)
{
	_cleanup_(json_putp) struct json_object *part = NULL;
	int r = show_part(&part, view, snapshot);

	if (r == 0)
		r = json_make_printable(part);
	if (r < 0)
		return r;
	show_render_failure(out, part);
	switch (view) {
	case SHOW_KEK:
		show_render_kek(out, part);
		break;
	case SHOW_KEK_DETAIL:
		show_render_kek_detail(out, part);
		break;
	case SHOW_IPSEC:
		show_render_ipsec(out, part);
		break;
	case SHOW_IPSEC_DETAIL:
		show_render_ipsec_detail(out, part);
		break;
	case SHOW_STATISTICS:
		show_render_statistics(out, part);
		break;
	case SHOW_POLICY:
		show_render_policy(out, part);
		break;
	}
	return 0;
}

static int put_answer(FILE *out, struct json_object *answer)
{
	explain_print(out, answer);
	return 0;
}

static void put_time(FILE *out)
{
	time_t now = time(NULL);
	struct tm tm;
	char text[32] = "";

	if (localtime_r(&now, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	fputs(text, out);
}

static int put_event(FILE *out, struct json_object *event)
{
	static const char *const keys[] = { "vpn", "server", "spi" };

	put_time(out);
	fprintf(out, " %s", show_string(event, "event"));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (show_get(event, keys[i]))
			fprintf(out, " %s=%s", keys[i], show_string(event, keys[i]));
	fprintf(out, ": %s\n", show_string(event, "text"));
	return fflush(out) == 0 ? 0 : -EIO;
}

static int put_packets(FILE *out, const struct output_packets *grown, size_t n)
{
	put_time(out);
	fputs(" packets", out);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s %s +%" PRId64, i > 0 ? "," : "", grown[i].name, grown[i].more);
	fputc('\n', out);
	return fflush(out) == 0 ? 0 : -EIO;
}

const struct output output_text = {
	.snapshot = put_snapshot,
	.answer = put_answer,
	.event = put_event,
	.packets = put_packets,
};
