/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/ctl/show.h"

#include "member/ctl/show_part.h"
#include "member/ctl/show_render.h"

static int refuse_snapshot(int r, char err[static 256])
{
	snprintf(err, 256, "%s",
		 r == -ENOMEM ? "out of memory"
			      : "the daemon's answer is not a snapshot; is gvpnd of another version?");
	return r;
}

int show_json(struct json_object **ret, enum show_view view, struct json_object *snapshot, char err[static 256])
{
	int r = show_part(ret, view, snapshot);
	return r < 0 ? refuse_snapshot(r, err) : 0;
}

int show_text(FILE *out, enum show_view view, struct json_object *snapshot, char err[static 256])
{
	_cleanup_(json_putp) struct json_object *part = NULL;
	int r = show_part(&part, view, snapshot);
	if (r == 0)
		r = json_make_printable(part);
	if (r < 0)
		return refuse_snapshot(r, err);

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
