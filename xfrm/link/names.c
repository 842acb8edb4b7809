/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/link/names.h"

#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>

void names_clear(struct names *n)
{
	free(n->items);
	*n = (struct names){ 0 };
}

/* --- which interfaces a plan names --- */

static struct named *find_named(const struct names *n, const char *name)
{
	for (size_t i = 0; i < n->n; i++)
		if (strcmp(n->items[i].name, name) == 0)
			return &n->items[i];
	return NULL;
}

static int add_name(struct names *n, const struct names *old, const char *name)
{
	struct named *known, *items;

	if (find_named(n, name))
		return 0;
	items = reallocarray(n->items, n->n + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	n->items = items;
	known = find_named(old, name);
	items[n->n] = known ? *known : (struct named){ 0 };
	snprintf(items[n->n++].name, sizeof(items->name), "%s", name);
	return 0;
}

static int add_names(struct names *n, const struct names *old, const char list[][GVPN_IFNAME_MAX], size_t count)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = add_name(n, old, list[i]);
	return r;
}

/* The interfaces of PLAN.  Those that were known before keep what is known of them. */
static int collect_names(struct names *n, const struct plan *plan)
{
	struct names fresh = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->n_scopes; i++) {
		const struct plan_scope *s = &plan->scopes[i];

		r = add_name(&fresh, n, s->external);
		if (r == 0)
			r = add_names(&fresh, n, s->from, s->n_from);
		if (r == 0)
			r = add_names(&fresh, n, s->to, s->n_to);
	}
	if (r < 0) {
		names_clear(&fresh);
		return r;
	}
	names_clear(n);
	*n = fresh;
	return 0;
}

static void look_at_named(const struct names *n, struct named *item, const struct link_list *links)
{
	const struct link_item *i = link_list_named(links, item->name);

	if (!i && item->seen.index != 0) {
		i = link_list_find(links, item->seen.index);
		if (i && find_named(n, i->name)) /* the plan names that interface itself */
			i = NULL;
	}
	item->seen = i ? *i : (struct link_item){ 0 };
}

/* --- the view --- */

static bool in_vrf(const struct link_item *s)
{
	return s->master != 0 && !link_is_port(s);
}

static const char *name_of(const struct named *item)
{
	const struct link_item *s = &item->seen;

	if (s->index == 0)
		return item->name;
	return link_is_port(s) ? s->master_name : s->name;
}

static int append_name(char list[][GVPN_IFNAME_MAX], size_t *n, const char *name)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(list[i], name) == 0)
			return 0;
	if (*n == PLAN_INTERFACES_MAX)
		return -E2BIG;
	snprintf(list[(*n)++], GVPN_IFNAME_MAX, "%s", name);
	return 0;
}

/* The configured names stay: an interface that gets one of them is governed before its event has been read. */
static int add_others(const struct names *n, char list[][GVPN_IFNAME_MAX], size_t *count)
{
	size_t configured = *count;
	int r = 0;

	for (size_t i = 0; r == 0 && i < configured; i++) {
		const struct named *item = find_named(n, list[i]);

		if (!item || item->seen.index == 0)
			continue;
		r = append_name(list, count, item->seen.name);
		if (r == 0 && item->seen.master != 0)
			r = append_name(list, count, item->seen.master_name);
	}
	return r;
}

int names_rewrite(const struct names *n, struct plan_scope *s)
{
	const struct named *external = find_named(n, s->external);
	int r = add_others(n, s->from, &s->n_from);

	if (external)
		snprintf(s->external, sizeof(s->external), "%s", name_of(external));
	return r < 0 ? r : add_others(n, s->to, &s->n_to);
}

static bool one_in_vrf(const struct names *n, const char list[][GVPN_IFNAME_MAX], size_t count)
{
	for (size_t i = 0; i < n->n; i++)
		for (size_t j = 0; j < count; j++)
			if (in_vrf(&n->items[i].seen) && strcmp(n->items[i].seen.name, list[j]) == 0)
				return true;
	return false;
}

bool names_in_vrf(const struct names *n, const struct plan_scope *s)
{
	return one_in_vrf(n, &s->external, 1) || one_in_vrf(n, s->from, s->n_from) || one_in_vrf(n, s->to, s->n_to);
}

static bool same_link(const struct link_item *a, const struct link_item *b)
{
	return a->master == b->master && strcmp(a->name, b->name) == 0 && strcmp(a->master_name, b->master_name) == 0;
}

static void tell_operator(struct named *item, names_say_fn say, void *ctx)
{
	const struct link_item *s = &item->seen;
	char text[256];

	if (same_link(s, &item->told))
		return;
	item->told = *s;
	if (s->index == 0)
		return;
	if (in_vrf(s)) {
		snprintf(text, sizeof(text),
			 "interface %s is in the VRF %s, which is not supported: what no rule admits stays blocked, "
			 "for the VRF's other interfaces too; take it out of the VRF",
			 item->name, s->master_name);
		say(ctx, true, text);
	} else if (s->master != 0) {
		snprintf(text, sizeof(text),
			 "interface %s belongs to %s (%s), under whose name its packets come and go: %s is taken in "
			 "its place; name it in the configuration",
			 item->name, s->master_name, s->kind[0] ? s->kind : "its master", s->master_name);
		say(ctx, true, text);
	} else if (strcmp(s->name, item->name) != 0) {
		snprintf(text, sizeof(text),
			 "interface %s is called %s now, and is followed there until another takes the name %s or the "
			 "configuration names it no more",
			 item->name, s->name, item->name);
		say(ctx, false, text);
	}
}

int names_view(struct names *n, const struct link_list *links, const struct plan *plan, struct plan *ret,
	       names_say_fn say, void *ctx, char err[static 256])
{
	struct plan_scope *scopes = calloc(plan->n_scopes + 1, sizeof(*scopes));
	int r = scopes ? collect_names(n, plan) : -ENOMEM;

	if (r < 0)
		snprintf(err, 256, "%s", strerror(-r));
	for (size_t i = 0; r == 0 && i < n->n; i++) {
		look_at_named(n, &n->items[i], links);
		tell_operator(&n->items[i], say, ctx);
	}
	for (size_t i = 0; r == 0 && i < plan->n_scopes; i++) {
		scopes[i] = plan->scopes[i];
		r = names_rewrite(n, &scopes[i]);
		if (r < 0)
			snprintf(err, 256,
				 "%s: a zone has more than %d interfaces, with the other names that they have",
				 scopes[i].vpn, PLAN_INTERFACES_MAX);
	}
	if (r < 0) {
		free(scopes);
		return r;
	}
	*ret = *plan;
	ret->scopes = scopes;
	return 0;
}

bool names_concerned(const struct names *n, const struct nlmsghdr *nlh)
{
	struct link_item s;

	if (!link_parse(nlh, &s))
		return false;
	for (size_t i = 0; i < n->n; i++) {
		const struct named *item = &n->items[i];
		bool named = strcmp(item->name, s.name) == 0, known = item->seen.index == s.index;

		if (known && (nlh->nlmsg_type == RTM_DELLINK || item->seen.master != s.master ||
			      strcmp(item->seen.name, s.name) != 0))
			return true;
		if (named && !known && nlh->nlmsg_type == RTM_NEWLINK)
			return true;
	}
	return false;
}
