/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/group_change.h"

#include "lib/selector.h"
#include "tests/gcks/group_private.h"

#include <inttypes.h>
#include <stdio.h>

void change_begin(struct gdoi_group *g, uint64_t now, bool tell_new)
{
	struct change *c = &g->change;

	if (c->what == NULL)
		return;
	memset(c->what, 0, sizeof(*c->what));
	c->tell_new = tell_new;
	c->has_under = g->n_keks > 0 && now < g->keks[g->n_keks - 1].life.ends;
	if (c->has_under)
		c->under = g->keks[g->n_keks - 1].kek;
}

static void fill_gap(const struct gdoi_group_config *c, struct download *d)
{
	d->has_atd = c->has_activation_delay;
	d->has_dtd = c->has_deactivation_delay;
	d->activation_delay = d->has_atd ? c->activation_delay : 0;
	d->deactivation_delay = d->has_dtd ? c->deactivation_delay : 0;
	d->has_gap = d->has_atd || d->has_dtd;
}

size_t change_end(struct gdoi_group *g, uint64_t now)
{
	struct change *c = &g->change;
	size_t n = 0;

	if (c->what == NULL)
		return 0;
	if (c->what->has_policy) {
		fill_gap(&g->config, &c->what->download);
		c->what->download.key_packets = g->config.key_packets;
	}
	if (c->what->has_policy || c->what->delete_kek || c->what->delete_all_teks || c->what->n_delete_spis > 0)
		n = push_log_add(g, now);
	if (n > 0)
		gdoi_group_note(g, IKE_NOTE_INFO, "push %" PRIu32 " to %zu members: %zu new TEKs%s%s%s%s", c->what->seq,
				n, c->what->download.n_teks, c->what->download.has_kek ? ", a new KEK" : "",
				c->what->delete_all_teks     ? ", a delete of all TEKs"
				: c->what->n_delete_spis > 0 ? ", a delete of TEKs"
							     : "",
				c->what->delete_kek ? ", a delete of the KEK" : "",
				c->what->download.has_gap ? ", delays" : "");
	push_wipe(c->what);
	explicit_bzero(&c->under, sizeof(c->under));
	c->has_under = c->tell_new = false;
	return n;
}

/* Untold, the members would go on with a key that the group has no more; the next step tries again. */
static int no_key(struct gdoi_group *g, uint64_t now, int r, const char *what, char err[static 256])
{
	g->retry_at = now + GCKS_RETRY_MS;
	snprintf(err, 256, "%s: %s; it is tried again every second", what, strerror(-r));
	return -EIO;
}

int gdoi_group_rekey_teks(struct gdoi_group *g, uint64_t now, char err[static 256])
{
	size_t n;
	int r = 0;

	change_begin(g, now, true);
	for (size_t i = 0; i < g->config.n_policies && r == 0; i++)
		r = gdoi_group_leads_sa(g, i) ? gdoi_keys_add_tek(g, i, now) : 0;
	n = change_end(g, now);
	if (r == 0)
		return (int)n;
	snprintf(err, 256, "not every TEK could be renewed: %s; the present ones stay", strerror(-r));
	return r;
}

static int without_kek(const struct gdoi_group *g, char err[static 256])
{
	snprintf(err, 256, "group %s has no KEK; its configuration has no server-member-communication", g->config.name);
	return -ENOKEY;
}

int gdoi_group_rekey_kek(struct gdoi_group *g, uint64_t now, char err[static 256])
{
	size_t n;
	int r;

	if (!g->config.has_push)
		return without_kek(g, err);
	change_begin(g, now, true);
	r = gdoi_keys_add_kek(g, now);
	n = change_end(g, now);
	if (r == 0)
		return (int)n;
	snprintf(err, 256, "no new KEK could be made: %s; the present one stays", strerror(-r));
	return r;
}

/* Deletes */

static void tell_delete(struct gdoi_group *g, uint32_t spi)
{
	struct push *what = g->change.what;

	if (what == NULL)
		return;
	if (what->n_delete_spis < PUSH_DELETES_MAX)
		what->delete_spis[what->n_delete_spis++] = spi;
}

static int find_tek(const struct gdoi_group *g, uint32_t spi, size_t *ret_policy, size_t *ret_tek)
{
	for (size_t i = 0; i < g->config.n_policies; i++) {
		for (size_t j = 0; j < g->policies[i].n_teks; j++) {
			if (g->policies[i].teks[j].tek.spi == spi) {
				*ret_policy = i;
				*ret_tek = j;
				return 0;
			}
		}
	}
	return -ENOENT;
}

/* From all policies that have it. */
static void drop_spi(struct gdoi_group *g, uint32_t spi)
{
	for (size_t i = 0; i < g->config.n_policies; i++) {
		for (size_t j = g->policies[i].n_teks; j-- > 0;) {
			if (g->policies[i].teks[j].tek.spi == spi)
				gdoi_keys_drop_tek(&g->policies[i], j);
		}
	}
}

/* An older key of a policy needs no successor: it has one. */
static int delete_one(struct gdoi_group *g, uint64_t now, size_t policy, size_t i)
{
	struct policy *p = &g->policies[policy];
	bool newest = i + 1 == p->n_teks;

	tell_delete(g, p->teks[i].tek.spi);
	drop_spi(g, p->teks[i].tek.spi);
	return newest ? gdoi_keys_add_tek(g, policy, now) : 0;
}

static int delete_teks(struct gdoi_group *g, uint64_t now)
{
	int r = 0;

	if (g->change.what != NULL)
		g->change.what->delete_all_teks = true;
	for (size_t i = 0; i < g->config.n_policies; i++) {
		while (g->policies[i].n_teks > 0)
			gdoi_keys_drop_tek(&g->policies[i], 0);
	}
	for (size_t i = 0; i < g->config.n_policies && r == 0; i++)
		r = gdoi_group_leads_sa(g, i) ? gdoi_keys_add_tek(g, i, now) : 0;
	return r;
}

static int delete_kek(struct gdoi_group *g, uint64_t now)
{
	g->change.what->delete_kek = true;
	while (g->n_keks > 0)
		gdoi_keys_drop_oldest_kek(g);
	return gdoi_keys_add_kek(g, now);
}

int gdoi_group_delete(struct gdoi_group *g, uint64_t now, const struct gdoi_delete *d, char err[static 256])
{
	size_t policy = 0, tek = 0, n;
	int r = 0;

	if (d->spi != 0 && find_tek(g, d->spi, &policy, &tek) < 0) {
		snprintf(err, 256,
			 "no live TEK has the SPI %08" PRIx32 "; \"show ipsec security-associations\" lists them",
			 d->spi);
		return -ENOENT;
	}
	if (d->kek && !g->config.has_push)
		return without_kek(g, err);
	g->version++;
	change_begin(g, now, d->replace);
	if (d->teks)
		r = delete_teks(g, now);
	else if (d->spi != 0)
		r = delete_one(g, now, policy, tek);
	if (d->kek && r == 0)
		r = delete_kek(g, now);
	n = change_end(g, now);
	return r == 0 ? (int)n : no_key(g, now, r, "deleted, but a new key could not be made", err);
}

/* Policies */

int gdoi_group_find_policy(const struct gdoi_group *g, const char *name, size_t *ret, char err[static 256])
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
	snprintf(
		err, 256, "%.64s: %s", name,
		found == 0
			? "no policy of the group has this name; \"show ipsec security-associations detail\" lists them"
			: "several policies have this name; name it as IPSEC-SA/NAME");
	return found == 0 ? -ENOENT : -EINVAL;
}

/* Row D5, for all but EXCEPT. */
static int check_unique(const struct gdoi_group *g, const struct selector *sel, size_t except, const char *name,
			char err[static 256])
{
	for (size_t i = 0; i < g->config.n_policies; i++) {
		if (i == except || !selector_equal(&g->config.policies[i].sel, sel))
			continue;
		snprintf(err, 256,
			 "policy %.30s is the same as %.63s/%.63s; give it other addresses, ports or another protocol",
			 name, g->config.policies[i].sa, g->config.policies[i].name);
		return -EEXIST;
	}
	return 0;
}

static int check_new(const struct gdoi_group *g, const struct gdoi_policy_config *c, char err[static 256])
{
	if (g->config.n_policies == GCKS_POLICIES_MAX) {
		snprintf(err, 256, "group %s has %d policies already; remove one first", g->config.name,
			 GCKS_POLICIES_MAX);
		return -ENOSPC;
	}
	for (size_t i = 0; i < g->config.n_policies; i++) {
		if (strcmp(g->config.policies[i].sa, c->sa) == 0 && strcmp(g->config.policies[i].name, c->name) == 0) {
			snprintf(err, 256, "ipsec-sa %s has a policy %s already; choose another name, or change it",
				 c->sa, c->name);
			return -EEXIST;
		}
	}
	return check_unique(g, &c->sel, SIZE_MAX, c->name, err);
}

int gdoi_group_add_policy(struct gdoi_group *g, uint64_t now, const struct gdoi_policy_config *c, char err[static 256])
{
	struct tek_slot s;
	int r = check_new(g, c, err);

	if (r < 0)
		return r;
	r = gdoi_keys_make_tek(g, c, now, &s);
	if (r < 0) {
		snprintf(err, 256, "no key for policy %s could be made: %s; it is not added", c->name, strerror(-r));
		return r;
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

/* An SA that a policy leaves ends for all that have it: a delete is the only way to tell members of a push. */
static void drop_teks(struct gdoi_group *g, size_t policy)
{
	while (g->policies[policy].n_teks > 0) {
		uint32_t spi = g->policies[policy].teks[0].tek.spi;

		tell_delete(g, spi);
		drop_spi(g, spi);
	}
}

/* The SA that a policy has left gets a new TEK, for the policies that it still has. */
static int replace_left(struct gdoi_group *g, uint64_t now, const char *sa)
{
	for (size_t i = 0; !g->config.spi_per_policy && i < g->config.n_policies; i++) {
		if (strcmp(g->config.policies[i].sa, sa) == 0)
			return gdoi_keys_add_tek(g, i, now);
	}
	return 0;
}

int gdoi_group_remove_policy(struct gdoi_group *g, uint64_t now, size_t policy, char err[static 256])
{
	struct gdoi_policy_config *c = g->config.policies;
	size_t after = g->config.n_policies - policy - 1, n;
	char sa[GVPN_NAME_MAX];
	int r;

	if (g->config.n_policies == 1) {
		snprintf(err, 256, "policy %s is the only one of group %s, which has one at least; add another first",
			 c->name, g->config.name);
		return -EBUSY;
	}
	g->version++;
	memcpy(sa, c[policy].sa, sizeof(sa));
	change_begin(g, now, true);
	drop_teks(g, policy);
	memmove(&c[policy], &c[policy + 1], after * sizeof(c[0]));
	memmove(&g->policies[policy], &g->policies[policy + 1], after * sizeof(g->policies[0]));
	g->config.n_policies--;
	explicit_bzero(&g->policies[g->config.n_policies], sizeof(g->policies[0]));
	gdoi_note_gcm(g);
	r = replace_left(g, now, sa);
	n = change_end(g, now);
	return r == 0 ? (int)n : no_key(g, now, r, "removed, but a new key for its ipsec-sa could not be made", err);
}

int gdoi_group_change_policy(struct gdoi_group *g, uint64_t now, size_t policy, const struct selector *sel,
			     char err[static 256])
{
	struct gdoi_policy_config *c = &g->config.policies[policy], changed = *c;
	struct tek_slot s;
	int r = check_unique(g, sel, policy, c->name, err);

	if (r < 0)
		return r;
	changed.sel = *sel;
	r = gdoi_keys_make_tek(g, &changed, now, &s);
	if (r < 0) {
		snprintf(err, 256, "no key for policy %s could be made: %s; it is not changed", c->name, strerror(-r));
		return r;
	}
	change_begin(g, now, true);
	drop_teks(g, policy);
	*c = changed;
	gdoi_keys_keep_tek(g, policy, &s);
	explicit_bzero(&s, sizeof(s));
	return (int)change_end(g, now);
}

static int check_move(const struct gdoi_group *g, const size_t *policies, size_t n, const char *sa,
		      char err[static 256])
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
			snprintf(err, 256, "ipsec-sa %.63s has a policy %.63s already; change its name first", sa,
				 c[j].name);
			return -EEXIST;
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
			     char err[static 256])
{
	bool concerned[GCKS_POLICIES_MAX] = { false }; /* its SA has other policies now */
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
	return r == 0 ? (int)told : no_key(g, now, r, "moved, but a new key could not be made", err);
}
