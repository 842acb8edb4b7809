/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of a group's policies by an operator (group_change.h). */
#include "tests/gcks/group_change.h"

#include "lib/selector.h"
#include "tests/gcks/group_private.h"

#include <inttypes.h>
#include <stdio.h>

int gdoi_group_find_policy(const struct gdoi_group *g, const char *name, size_t *ret, struct gcks_error *err)
{
	const char *slash = strchr(name, '/');
	size_t found = 0, at = 0;

	for (size_t i = 0; i < g->config.n_policies; i++) {
		const struct gdoi_policy_config *c = &g->config.policies[i];
		size_t len = strlen(c->sa);

		if (strcmp(c->name, name) != 0 && (slash == NULL || strncmp(c->sa, name, len) != 0 ||
						   name[len] != '/' || strcmp(c->name, name + len + 1) != 0))
			continue;
		at = i;
		found++;
	}
	if (found == 1) {
		*ret = at;
		return 0;
	}
	gcks_error_set(
		err, "%.64s: %s", name,
		found == 0
			? "no policy of the group has this name; \"show ipsec security-associations detail\" lists them"
			: "several policies have this name; name it as IPSEC-SA/NAME");
	return found == 0 ? -ENOENT : -EINVAL;
}

/* No other policy than EXCEPT has this selector (row D5). */
static int check_unique_selector(const struct gdoi_group *g, const struct selector *sel, size_t except,
				 const char *name, struct gcks_error *err)
{
	for (size_t i = 0; i < g->config.n_policies; i++) {
		if (i == except || !selector_equal(&g->config.policies[i].sel, sel))
			continue;
		return gcks_fail(
			err, -EEXIST,
			"policy %.30s is the same as %.63s/%.63s; give it other addresses, ports or another protocol",
			name, g->config.policies[i].sa, g->config.policies[i].name);
	}
	return 0;
}

static int check_new_policy(const struct gdoi_group *g, const struct gdoi_policy_config *c, struct gcks_error *err)
{
	if (g->config.n_policies == GCKS_POLICIES_MAX) {
		return gcks_fail(err, -ENOSPC, "group %s has %d policies already; remove one first", g->config.name,
				 GCKS_POLICIES_MAX);
	}
	for (size_t i = 0; i < g->config.n_policies; i++) {
		if (strcmp(g->config.policies[i].sa, c->sa) == 0 && strcmp(g->config.policies[i].name, c->name) == 0) {
			return gcks_fail(err, -EEXIST,
					 "ipsec-sa %s has a policy %s already; choose another name, or change it",
					 c->sa, c->name);
		}
	}
	return check_unique_selector(g, &c->sel, SIZE_MAX, c->name, err);
}

int gdoi_group_add_policy(struct gdoi_group *g, uint64_t now, const struct gdoi_policy_config *c,
			  struct gcks_error *err)
{
	struct tek_slot s;
	int r = check_new_policy(g, c, err);

	if (r < 0)
		return r;
	r = gdoi_keys_make_tek(g, c, now, &s);
	if (r < 0) {
		return gcks_fail(err, r, "no key for policy %s could be made: %s; it is not added", c->name,
				 strerror(-r));
	}
	change_begin(g, now, true);
	g->config.policies[g->config.n_policies++] = *c;
	for (size_t i = 0; i < g->config.n_policies; i++) {
		while (g->policies[i].n_teks > gdoi_keys_teks_per_policy(g->config.n_policies))
			gdoi_keys_drop_tek(&g->policies[i], 0);
	}
	gdoi_keys_keep_tek(g, g->config.n_policies - 1, &s);
	gdoi_note_gcm(g);
	explicit_bzero(&s, sizeof(s));
	return (int)change_end(g, now);
}

/*
 * The TEKs of a policy are deleted, for all policies that share them: only a delete tells the members that a policy has
 * left an SA.
 */
static void delete_policy_teks(struct gdoi_group *g, size_t policy)
{
	while (g->policies[policy].n_teks > 0) {
		uint32_t spi = g->policies[policy].teks[0].tek.spi;

		change_tell_delete(g, spi);
		gdoi_keys_drop_spi(g, spi);
	}
}

/* The SA that a policy has left gets a new TEK for its other policies. */
static int renew_left_sa(struct gdoi_group *g, uint64_t now, const char *sa)
{
	for (size_t i = 0; !g->config.spi_per_policy && i < g->config.n_policies; i++) {
		if (strcmp(g->config.policies[i].sa, sa) == 0)
			return gdoi_keys_add_tek(g, i, now);
	}
	return 0;
}

int gdoi_group_remove_policy(struct gdoi_group *g, uint64_t now, size_t policy, struct gcks_error *err)
{
	struct gdoi_policy_config *c = g->config.policies;
	size_t after = g->config.n_policies - policy - 1, n;
	char sa[GVPN_NAME_MAX];
	int r;

	if (g->config.n_policies == 1) {
		return gcks_fail(err, -EBUSY,
				 "policy %s is the only one of group %s, which has one at least; add another first",
				 c->name, g->config.name);
	}
	g->version++;
	memcpy(sa, c[policy].sa, sizeof(sa));
	change_begin(g, now, true);
	delete_policy_teks(g, policy);
	memmove(&c[policy], &c[policy + 1], after * sizeof(c[0]));
	memmove(&g->policies[policy], &g->policies[policy + 1], after * sizeof(g->policies[0]));
	g->config.n_policies--;
	explicit_bzero(&g->policies[g->config.n_policies], sizeof(g->policies[0]));
	gdoi_note_gcm(g);
	r = renew_left_sa(g, now, sa);
	n = change_end(g, now);
	return r == 0 ? (int)n
		      : change_without_key(g, now, r, "removed, but a new key for its ipsec-sa could not be made", err);
}

int gdoi_group_change_policy(struct gdoi_group *g, uint64_t now, size_t policy, const struct selector *sel,
			     struct gcks_error *err)
{
	struct gdoi_policy_config *c = &g->config.policies[policy], changed = *c;
	struct tek_slot s;
	int r = check_unique_selector(g, sel, policy, c->name, err);

	if (r < 0)
		return r;
	changed.sel = *sel;
	r = gdoi_keys_make_tek(g, &changed, now, &s);
	if (r < 0) {
		return gcks_fail(err, r, "no key for policy %s could be made: %s; it is not changed", c->name,
				 strerror(-r));
	}
	change_begin(g, now, true);
	delete_policy_teks(g, policy);
	*c = changed;
	gdoi_keys_keep_tek(g, policy, &s);
	explicit_bzero(&s, sizeof(s));
	return (int)change_end(g, now);
}

static int check_move(const struct gdoi_group *g, const size_t *policies, size_t n, const char *sa,
		      struct gcks_error *err)
{
	const struct gdoi_policy_config *c = g->config.policies;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < g->config.n_policies; j++) {
			bool moves = false;

			for (size_t k = 0; k < i; k++)
				moves |= policies[k] == j;
			if (j == policies[i] || (!moves && strcmp(c[j].sa, sa) != 0) ||
			    strcmp(c[j].name, c[policies[i]].name) != 0)
				continue;
			return gcks_fail(err, -EEXIST,
					 "ipsec-sa %.63s has a policy %.63s already; change its name first", sa,
					 c[j].name);
		}
	}
	return 0;
}

static void move_policy(struct gdoi_group *g, size_t policy, const char *sa)
{
	struct gdoi_policy_config *c = &g->config.policies[policy];

	for (size_t i = 0; i < g->config.n_policies; i++) {
		const struct gdoi_policy_config *like = &g->config.policies[i];

		if (strcmp(like->sa, sa) != 0)
			continue;
		c->cipher = like->cipher;
		c->auth = like->auth;
		c->life_seconds = like->life_seconds;
		c->life_kilobytes = like->life_kilobytes;
		break;
	}
	snprintf(c->sa, sizeof(c->sa), "%s", sa);
}

int gdoi_group_move_policies(struct gdoi_group *g, uint64_t now, const size_t *policies, size_t n, const char *sa,
			     struct gcks_error *err)
{
	bool concerned[GCKS_POLICIES_MAX] = { false }; /* the SA of this policy changes */
	int r = check_move(g, policies, n, sa, err);
	size_t told;

	if (r < 0)
		return r;
	for (size_t i = 0; i < g->config.n_policies; i++) {
		concerned[i] = strcmp(g->config.policies[i].sa, sa) == 0;
		for (size_t j = 0; j < n; j++)
			concerned[i] |= gdoi_group_same_sa(g, i, policies[j]);
	}
	change_begin(g, now, true);
	for (size_t i = 0; i < n; i++)
		move_policy(g, policies[i], sa);
	for (size_t i = 0; i < g->config.n_policies && r == 0; i++)
		r = concerned[i] && gdoi_group_leads_sa(g, i) ? gdoi_keys_add_tek(g, i, now) : 0;
	gdoi_note_gcm(g);
	told = change_end(g, now);
	return r == 0 ? (int)told : change_without_key(g, now, r, "moved, but a new key could not be made", err);
}
