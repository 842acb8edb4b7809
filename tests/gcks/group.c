/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/group.h"

#include "tests/gcks/group_private.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void gdoi_group_note(const struct gdoi_group *g, enum ike_note_level level, const char *format, ...)
{
	char text[400];
	va_list ap;
	int n;

	if (g->ops.log == NULL)
		return;
	n = snprintf(text, sizeof(text), "group %s (%" PRIu32 "): ", g->config.name, g->config.id);
	va_start(ap, format);
	vsnprintf(text + n, sizeof(text) - (size_t)n, format, ap);
	va_end(ap);
	g->ops.log(g->ops.ctx, level, text);
}

static int renew_keys(struct gdoi_group *g, uint64_t now)
{
	int r;

	change_begin(g, now, true);
	r = gdoi_keys_renew(g, now);
	change_end(g, now);
	return r;
}

void gdoi_group_step(struct gdoi_group *g, uint64_t now)
{
	if (g->part != GROUP_LEADS) {
		gdoi_keys_end(g, now);
		return;
	}
	push_log_step(g, now);
	if (now < g->retry_at)
		return;
	g->retry_at = renew_keys(g, now) == 0 ? 0 : now + GCKS_RETRY_MS;
}

static uint64_t earlier_time(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The keys of a follower end as well; the new ones come from the leader. */
static uint64_t next_end(const struct gdoi_group *g)
{
	uint64_t d = UINT64_MAX;

	for (size_t i = 0; i < g->config.n_policies; i++) {
		if (g->policies[i].n_teks > 0)
			d = earlier_time(d, g->policies[i].teks[0].life.ends);
	}
	return g->n_keks > 0 ? earlier_time(d, g->keks[0].life.ends) : d;
}

uint64_t gdoi_group_deadline(const struct gdoi_group *g)
{
	uint64_t d = push_log_deadline(g);

	if (g->part != GROUP_LEADS)
		return earlier_time(d, next_end(g));
	if (g->retry_at > 0)
		return earlier_time(d, g->retry_at);
	for (size_t i = 0; i < g->config.n_policies; i++) {
		const struct policy *p = &g->policies[i];

		if (p->n_teks == 0)
			return 0;
		d = earlier_time(d, p->teks[0].life.ends);
		d = earlier_time(d, p->teks[p->n_teks - 1].life.rekey_at);
	}
	if (g->n_keks > 0) {
		d = earlier_time(d, g->keks[0].life.ends);
		d = earlier_time(d, g->keks[g->n_keks - 1].life.rekey_at);
	}
	return d;
}

static int check_config(const struct gdoi_group_config *c, struct gcks_error *err)
{
	if (c->n_policies == 0 || c->n_policies > GCKS_POLICIES_MAX) {
		return gcks_fail(err, -EINVAL, "group %s: %zu match-policies; a group has 1 to %d of them", c->name,
				 c->n_policies, GCKS_POLICIES_MAX);
	}
	if (c->n_members == 0 || c->n_members > GCKS_MEMBERS_MAX) {
		return gcks_fail(err, -EINVAL, "group %s: %zu ike-gateways; a group has 1 to %d of them", c->name,
				 c->n_members, GCKS_MEMBERS_MAX);
	}
	for (size_t i = 0; i < c->n_policies; i++) {
		if (c->policies[i].life_seconds < 2) {
			return gcks_fail(
				err, -EINVAL,
				"group %s: the keys of policy %s live too short a time; give them 2 s at least",
				c->name, c->policies[i].name);
		}
	}
	if (c->sender_id_bits > SID_BITS_MAX ||
	    (c->clustered && c->sender_id_bits > 0 && c->sender_id_bits <= GCKS_SERVER_BITS)) {
		return gcks_fail(err, -EINVAL,
				 "group %s: sender-id-bits %u; expected 1 to %d, and more than %d in a cluster, where "
				 "%d bits say which server gave the id",
				 c->name, c->sender_id_bits, SID_BITS_MAX, GCKS_SERVER_BITS, GCKS_SERVER_BITS);
	}
	if (c->has_push && c->push.life_seconds < 2) {
		return gcks_fail(err, -EINVAL, "group %s: the KEK lives too short a time; give it 2 s at least",
				 c->name);
	}
	return 0;
}

static int copy_config(struct gdoi_group *g, const struct gdoi_group_config *c)
{
	g->config = *c;
	g->config.members = calloc(c->n_members, sizeof(*c->members));
	g->config.policies = calloc(GCKS_POLICIES_MAX, sizeof(*c->policies));
	g->members = calloc(c->n_members, sizeof(*g->members));
	g->policies = calloc(GCKS_POLICIES_MAX, sizeof(*g->policies));
	if (c->has_push)
		g->change.what = calloc(1, sizeof(*g->change.what));
	if (g->config.members == NULL || g->config.policies == NULL || g->members == NULL || g->policies == NULL ||
	    (c->has_push && g->change.what == NULL))
		return -ENOMEM;
	memcpy(g->config.members, c->members, c->n_members * sizeof(*c->members));
	memcpy(g->config.policies, c->policies, c->n_policies * sizeof(*c->policies));
	g->sender_generation = c->clustered ? 0 : 1;
	gdoi_note_gcm(g);
	return 0;
}

int gdoi_group_new(struct gdoi_group **ret, const struct gdoi_group_config *c, const struct gdoi_group_ops *ops,
		   uint64_t now, struct gcks_error *err)
{
	_cleanup_(gdoi_group_freep) struct gdoi_group *g = NULL;
	int r;

	r = check_config(c, err);
	if (r < 0)
		return r;
	gcks_error_set(err, "group %s: no memory", c->name);
	g = calloc(1, sizeof(*g));
	if (g == NULL)
		return -ENOMEM;
	g->ops = *ops;
	r = copy_config(g, c);
	if (r < 0)
		return r;
	if (c->clustered) {
		g->part = GROUP_WAITS;
		*ret = TAKE(g);
		return 0;
	}
	if (c->has_push)
		r = ops->signature != NULL ? ops->signature(ops->ctx, c->push.sig_algorithm, &g->signature)
					   : gcks_keys_signature(&g->signature, c->push.sig_algorithm);
	if (r == 0)
		r = renew_keys(g, now);
	if (r < 0) {
		return gcks_fail(err, r, "group %s: no keys could be made: %s", c->name, strerror(-r));
	}
	*ret = TAKE(g);
	return 0;
}

void gdoi_group_free(struct gdoi_group *g)
{
	if (g == NULL)
		return;
	push_log_clear(&g->log);
	if (g->change.what != NULL)
		push_wipe(g->change.what);
	free(g->change.what);
	if (g->policies != NULL)
		explicit_bzero(g->policies, GCKS_POLICIES_MAX * sizeof(*g->policies));
	free(g->policies);
	free(g->members);
	free(g->config.members);
	free(g->config.policies);
	EVP_PKEY_free(g->signature);
	explicit_bzero(g, sizeof(*g));
	free(g);
}
