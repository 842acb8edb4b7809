/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/group_change.h"

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

size_t change_end(struct gdoi_group *g, uint64_t now)
{
	struct change *c = &g->change;
	size_t n = 0;

	if (c->what == NULL)
		return 0;
	if (c->what->has_policy) {
		gdoi_group_fill_gap(&g->config, &c->what->download);
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
				c->what->download.has_atd || c->what->download.has_dtd ? ", delays" : "");
	push_wipe(c->what);
	explicit_bzero(&c->under, sizeof(c->under));
	c->has_under = c->tell_new = false;
	return n;
}

int change_without_key(struct gdoi_group *g, uint64_t now, int r, const char *what, struct gcks_error *err)
{
	g->retry_at = now + GCKS_RETRY_MS;
	return gcks_fail(err, -EIO, "%s: %s; it is tried again every second", what, strerror(-r));
}

int gdoi_group_rekey_teks(struct gdoi_group *g, uint64_t now, struct gcks_error *err)
{
	size_t n;
	int r = 0;

	change_begin(g, now, true);
	for (size_t i = 0; i < g->config.n_policies && r == 0; i++)
		r = gdoi_group_leads_sa(g, i) ? gdoi_keys_add_tek(g, i, now) : 0;
	n = change_end(g, now);
	if (r == 0)
		return (int)n;
	return gcks_fail(err, r, "not every TEK could be renewed: %s; the present ones stay", strerror(-r));
}

static int refuse_without_kek(const struct gdoi_group *g, struct gcks_error *err)
{
	return gcks_fail(err, -ENOKEY, "group %s has no KEK; its configuration has no server-member-communication",
			 g->config.name);
}

int gdoi_group_rekey_kek(struct gdoi_group *g, uint64_t now, struct gcks_error *err)
{
	size_t n;
	int r;

	if (!g->config.has_push)
		return refuse_without_kek(g, err);
	change_begin(g, now, true);
	r = gdoi_keys_add_kek(g, now);
	n = change_end(g, now);
	if (r == 0)
		return (int)n;
	return gcks_fail(err, r, "no new KEK could be made: %s; the present one stays", strerror(-r));
}

/* Deletes */

void change_tell_delete(struct gdoi_group *g, uint32_t spi)
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

/* An older key of a policy needs no successor: it has one. */
static int delete_tek(struct gdoi_group *g, uint64_t now, size_t policy, size_t i)
{
	struct policy *p = &g->policies[policy];
	bool newest = i + 1 == p->n_teks;

	change_tell_delete(g, p->teks[i].tek.spi);
	gdoi_keys_drop_spi(g, p->teks[i].tek.spi);
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

/* All keys are others now, and every member has to register again: no id that was given out is of use any more. */
static void restart_sender_ids(struct gdoi_group *g)
{
	g->sender_ids = 0;
	g->sender_generation++;
	memset(g->sender_given, 0, sizeof(g->sender_given));
}

int gdoi_group_delete(struct gdoi_group *g, uint64_t now, const struct gdoi_delete *d, struct gcks_error *err)
{
	size_t policy = 0, tek = 0, n;
	int r = 0;

	if (d->spi != 0 && find_tek(g, d->spi, &policy, &tek) < 0) {
		return gcks_fail(err, -ENOENT,
				 "no live TEK has the SPI %08" PRIx32
				 "; \"show ipsec security-associations\" lists them",
				 d->spi);
	}
	if (d->kek && !g->config.has_push)
		return refuse_without_kek(g, err);
	g->version++;
	change_begin(g, now, d->replace);
	if (d->teks)
		r = delete_teks(g, now);
	else if (d->spi != 0)
		r = delete_tek(g, now, policy, tek);
	if (d->kek && r == 0)
		r = delete_kek(g, now);
	if (d->teks && !d->replace && r == 0 && (d->kek || !g->config.has_push))
		restart_sender_ids(g);
	n = change_end(g, now);
	return r == 0 ? (int)n : change_without_key(g, now, r, "deleted, but a new key could not be made", err);
}
