/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/private.h"

static void tell(void *ctx, const struct interface_use *use)
{
	struct daemon *d = ctx;
	const struct config_vpn *vpn = &d->config->vpns[use->vpn];
	char text[256];

	interface_text(text, use);
	daemon_say(d, use->present ? LOG_LEVEL_NOTICE : LOG_LEVEL_WARNING,
		   &(struct log_fields){ .vpn = vpn->name,
					 .group = vpn->group,
					 .event = use->present ? EVENT_INTERFACE_PRESENT : EVENT_INTERFACE_MISSING },
		   "%s", text);
}

/* What was known of an interface stays known when the configuration is read anew. */
static void carry_over(struct interfaces *now, const struct interfaces *before)
{
	for (size_t i = 0; i < now->n; i++)
		for (size_t j = 0; j < before->n; j++)
			if (strcmp(now->list[i].name, before->list[j].name) == 0)
				now->list[i].present = before->list[j].present;
}

void daemon_look_at_interfaces(struct daemon *d)
{
	struct interfaces now;

	if (interfaces_of(&now, d->config) < 0)
		return; /* with the next event */
	d->interfaces_stale = false;
	carry_over(&now, &d->interfaces);
	interfaces_free(&d->interfaces);
	d->interfaces = now;
	interfaces_look(&d->interfaces, tell, d);
}
