/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/ctl/bus_client.h"
#include "member/ctl/metrics.h"
#include "member/ctl/show_part.h"
#include "member/ctl/verbs.h"

enum ctl_exit ctl_metrics(struct ctl *c)
{
	_cleanup_(bus_client_closep) struct bus_client *client = NULL;
	_cleanup_(json_putp) struct json_object *snapshot = NULL;
	char text[BUS_CLIENT_TEXT_MAX];
	int r = bus_client_open(&client, c->socket, text);

	if (r == 0)
		r = bus_client_snapshot(client, &snapshot, text);
	if (r < 0)
		return ctl_complain(c, r, text);
	if (metrics_print(c->out, snapshot) < 0)
		return ctl_complain(c, -EREMOTEIO, "the daemon's answer is not understood");
	return ctl_finish(c);
}
