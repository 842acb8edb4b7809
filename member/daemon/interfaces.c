/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/interfaces.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>

static struct interface_use *find_use(const struct interfaces *i, size_t vpn, const char *name)
{
	for (size_t n = 0; n < i->n; n++)
		if (i->list[n].vpn == vpn && strcmp(i->list[n].name, name) == 0)
			return &i->list[n];
	return NULL;
}

static int add_use(struct interfaces *i, size_t vpn, const char *name, const char *zone)
{
	struct interface_use *more;

	if (find_use(i, vpn, name))
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
		r = add_use(i, vpn, z->interfaces[n], z->name);
	return r;
}

/* All as present.  -ENOMEM. */
static int interfaces_of(struct interfaces *ret, const struct config *c)
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
		r = add_use(&i, n, c->vpns[n].external, "");
		if (r == 0)
			find_use(&i, n, c->vpns[n].external)->external = true;
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

bool interface_is_present(const char *name)
{
	return if_nametoindex(name) != 0;
}

void interfaces_want_look(struct interfaces *i)
{
	i->look = true;
}

/* The state of an interface stays known when the configuration changes. */
static void carry_over(struct interfaces *now, const struct interfaces *before)
{
	for (size_t i = 0; i < now->n; i++)
		for (size_t j = 0; j < before->n; j++)
			if (strcmp(now->list[i].name, before->list[j].name) == 0)
				now->list[i].present = before->list[j].present;
}

void interfaces_refresh(struct interfaces *i, const struct config *c, interface_changed_fn changed, void *ctx)
{
	struct interfaces now;

	if (!i->look || interfaces_of(&now, c) < 0) /* without memory: at the next event */
		return;
	carry_over(&now, i);
	interfaces_free(i);
	*i = now;
	for (size_t n = 0; n < i->n; n++) {
		bool present = interface_is_present(i->list[n].name);

		if (present == i->list[n].present)
			continue;
		i->list[n].present = present;
		changed(ctx, &i->list[n]);
	}
}

void interface_record(struct record *ret, const struct interface_use *use)
{
	enum record_id id = RECORD_INTERFACE_PRESENT;
	struct record zone;

	if (!use->present)
		id = use->external ? RECORD_EXTERNAL_INTERFACE_MISSING : RECORD_INTERFACE_MISSING;
	record_set(&zone, use->zone[0] ? CLAUSE_OF_ZONE : RECORD_NOTHING, record_text(use->zone));
	record_set(ret, id, record_text(use->name), record_clause(&zone));
}

/* --check has no event to tell: it runs beside a daemon. */
static void log_change(void *ctx, const struct interface_use *use)
{
	struct record r;

	interface_record(&r, use);
	r.event = EVENT_NONE;
	record_log(ctx, NULL, 0, &r);
}

void interfaces_log_missing(const struct config *c, struct log *log)
{
	struct interfaces i = { .look = true };

	interfaces_refresh(&i, c, log_change, log);
	interfaces_free(&i);
}
