/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/interfaces.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>

static struct interface_use *find(const struct interfaces *i, size_t vpn, const char *name)
{
	for (size_t n = 0; n < i->n; n++)
		if (i->list[n].vpn == vpn && strcmp(i->list[n].name, name) == 0)
			return &i->list[n];
	return NULL;
}

static int add(struct interfaces *i, size_t vpn, const char *name, const char *zone)
{
	struct interface_use *more;

	if (find(i, vpn, name))
		return 0;
	more = reallocarray(i->list, i->n + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	i->list = more;
	more[i->n] = (struct interface_use){ .vpn = vpn, .present = true };
	snprintf(more[i->n].name, sizeof(more->name), "%s", name);
	snprintf(more[i->n].zone, sizeof(more->zone), "%s", zone);
	i->n++;
	return 0;
}

static int add_zone(struct interfaces *i, size_t vpn, const struct config_zone *z)
{
	int r = 0;

	for (size_t n = 0; r == 0 && n < z->n_interfaces; n++)
		r = add(i, vpn, z->interfaces[n], z->name);
	return r;
}

int interfaces_of(struct interfaces *ret, const struct config *c)
{
	struct interfaces i = { 0 };
	int r = 0;

	for (size_t n = 0; r == 0 && n < c->n_ipsec_policies; n++) {
		const struct config_ipsec_policy *p = &c->ipsec_policies[n];

		r = add_zone(&i, p->vpn, &c->zones[p->from]);
		if (r == 0)
			r = add_zone(&i, p->vpn, &c->zones[p->to]);
	}
	for (size_t n = 0; r == 0 && n < c->n_vpns; n++) {
		if (!c->vpns[n].used)
			continue;
		r = add(&i, n, c->vpns[n].external, "");
		if (r == 0)
			find(&i, n, c->vpns[n].external)->external = true;
	}
	if (r < 0) {
		interfaces_free(&i);
		return r;
	}
	*ret = i;
	return 0;
}

void interfaces_free(struct interfaces *i)
{
	free(i->list);
	*i = (struct interfaces){ 0 };
}

void interfaces_look(struct interfaces *i, void (*changed)(void *ctx, const struct interface_use *use), void *ctx)
{
	for (size_t n = 0; n < i->n; n++) {
		bool present = if_nametoindex(i->list[n].name) != 0;

		if (present == i->list[n].present)
			continue;
		i->list[n].present = present;
		changed(ctx, &i->list[n]);
	}
}

void interface_text(char ret[static 256], const struct interface_use *use)
{
	const char *zone = use->zone[0] ? " of security-zone " : "";

	if (use->present)
		snprintf(ret, 256, "interface %s%s%s exists now", use->name, zone, use->zone);
	else if (use->external)
		snprintf(ret, 256,
			 "external interface %s%s%s does not exist on this host: nothing passes by it; see "
			 "'ip link'",
			 use->name, zone, use->zone);
	else
		snprintf(ret, 256,
			 "interface %s%s%s does not exist on this host: a mistyped name protects nothing, and "
			 "what comes by the right one passes in clear; see 'ip link'",
			 use->name, zone, use->zone);
}

static void log_change(void *ctx, const struct interface_use *use)
{
	char text[256];

	interface_text(text, use);
	log_write(ctx, LOG_LEVEL_WARNING, NULL, "%s", text);
}

void interfaces_log_missing(const struct config *c, struct log *log)
{
	struct interfaces i;

	if (interfaces_of(&i, c) < 0)
		return;
	interfaces_look(&i, log_change, log);
	interfaces_free(&i);
}
