/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/server_private.h"

#include "tests/gcks/server_config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void gcks_server_log(const struct gcks_server *s, enum ike_note_level level, const char *text)
{
	if (s->ops.log != NULL)
		s->ops.log(s->ops.ctx, level, text);
}

/* Questions of the responder */

/* Phase 1 is of a gateway, which may be in several groups. */
static bool gateway_has_d3p(const struct gcks_server *s, const char *gateway)
{
	for (size_t i = 0; i < s->n_groups; i++) {
		const struct gdoi_group_config *c = gdoi_group_config(s->groups[i]);

		for (size_t j = 0; c->anti_replay_window_ms > 0 && j < c->n_members; j++) {
			if (strcmp(c->members[j].name, gateway) == 0)
				return true;
		}
	}
	return false;
}

static int find_peer(void *ctx, uint32_t addr, struct responder_peer *ret)
{
	const struct local *l = ctx;
	const struct gcks_config *c = l->server->config;

	for (size_t i = 0; i < c->n_gateways; i++) {
		struct gcks_gateway *g = &c->gateways[i];

		if (g->address != addr || g->local_address != l->addr)
			continue;
		*ret = (struct responder_peer){
			.d3p = gateway_has_d3p(l->server, g->name),
			.n_proposals = g->n_proposals,
			.psk = g->psk,
			.local_id = g->local_identity,
			.remote_id = g->remote_identity,
			.main_mode = g->mode == IKE_MAIN,
			.aggressive_mode = g->mode == IKE_AGGRESSIVE,
			.doi_only = c->doi_only,
			.id_length_2 = c->id_length_2,
			.tag = g,
		};
		memcpy(ret->proposals, g->proposals, g->n_proposals * sizeof(g->proposals[0]));
		return 0;
	}
	return -ENOENT;
}

static struct gdoi_group *find_group(const struct gcks_server *s, uint32_t id)
{
	for (size_t i = 0; i < s->n_groups; i++) {
		if (gdoi_group_config(s->groups[i])->id == id)
			return s->groups[i];
	}
	return NULL;
}

struct gdoi_cluster *gcks_server_find_cluster(const struct gcks_server *s, uint32_t id)
{
	for (size_t i = 0; i < s->n_groups; i++) {
		if (gdoi_group_config(s->groups[i])->id == id)
			return s->clusters[i];
	}
	return NULL;
}

static int give_keys(void *ctx, void *tag, uint32_t addr, uint32_t id, struct download *ret)
{
	const struct local *l = ctx;
	const struct gcks_gateway *gateway = tag;
	struct gdoi_group *g = find_group(l->server, id);
	char text[200];

	(void)addr;
	if (l->server->answer == GCKS_ANSWER_DENIAL)
		return -EACCES;
	if (g == NULL) {
		snprintf(text, sizeof(text), "pull of %s refused: no group has the group-id %" PRIu32, gateway->name,
			 id);
		gcks_server_log(l->server, IKE_NOTE_WARNING, text);
		return -EACCES;
	}
	return gdoi_group_pull(g, l->server->now, gateway->name, ret);
}

static int give_sender_ids(void *ctx, void *tag, uint32_t addr, uint32_t id, uint16_t wanted, struct download *d)
{
	const struct local *l = ctx;
	const struct gcks_gateway *gateway = tag;
	struct gdoi_group *g = find_group(l->server, id);

	(void)addr;
	return g != NULL ? gdoi_group_give_sender_ids(g, l->server->now, gateway->name, wanted, d) : -EACCES;
}

static void count_unanswered_pull(void *ctx, void *tag, uint32_t addr, uint32_t id)
{
	const struct local *l = ctx;
	const struct gcks_gateway *gateway = tag;
	struct gdoi_group *g = find_group(l->server, id);

	(void)addr;
	if (g != NULL)
		gdoi_group_unanswered(g, gateway->name);
}

static void confirm_registration(void *ctx, void *tag, uint32_t addr, uint32_t id)
{
	const struct local *l = ctx;
	const struct gcks_gateway *gateway = tag;
	struct gdoi_group *g = find_group(l->server, id);
	struct gdoi_cluster *cluster;
	uint64_t change;
	bool has_kek;

	if (g == NULL || gdoi_group_pulled(g, gateway->name, &change, &has_kek) < 0)
		return;
	gdoi_group_registered(g, l->server->now, gateway->name);
	cluster = gcks_server_find_cluster(l->server, id);
	if (cluster != NULL)
		gdoi_cluster_registered(cluster, l->server->now, addr, change, has_kek);
}

void gcks_server_set_answer(struct gcks_server *s, enum gcks_answer answer)
{
	s->answer = answer;
}

struct gdoi_cluster *const *gcks_server_clusters(const struct gcks_server *s)
{
	return s->clusters;
}

uint32_t gcks_server_cluster_local(const struct gcks_server *s, size_t i)
{
	return gcks_config_cluster_local(s->config, i);
}

size_t gcks_server_n_cluster_locals(const struct gcks_server *s)
{
	size_t n = 0;

	while (gcks_config_cluster_local(s->config, n) != 0)
		n++;
	return n;
}

uint64_t gcks_server_deadline(const struct gcks_server *s)
{
	uint64_t d = UINT64_MAX;

	for (size_t i = 0; i < s->n_groups; i++) {
		uint64_t t = gdoi_group_deadline(s->groups[i]);

		d = t < d ? t : d;
		t = s->clusters[i] != NULL ? gdoi_cluster_deadline(s->clusters[i]) : UINT64_MAX;
		d = t < d ? t : d;
	}
	for (size_t i = 0; i < s->n_locals; i++) {
		uint64_t t = responder_deadline(s->locals[i].responder);

		d = t < d ? t : d;
	}
	return d;
}

size_t gcks_server_n_locals(const struct gcks_server *s)
{
	return s->n_locals;
}

uint32_t gcks_server_local(const struct gcks_server *s, size_t i)
{
	return s->locals[i].addr;
}

struct gdoi_group *const *gcks_server_groups(const struct gcks_server *s, size_t *ret_n)
{
	*ret_n = s->n_groups;
	return s->groups;
}

/* Life */

static int draw_random(void *ctx, void *buf, size_t len)
{
	const struct gcks_server *s = ctx;

	return s->ops.random(s->ops.ctx, buf, len);
}

static int make_signature(void *ctx, enum sig_algorithm algorithm, EVP_PKEY **ret)
{
	const struct gcks_server *s = ctx;

	if (s->ops.signature == NULL)
		return gcks_keys_signature(ret, algorithm);
	return s->ops.signature(s->ops.ctx, algorithm, ret);
}

static bool is_spi_taken(void *ctx, uint32_t spi)
{
	const struct gcks_server *s = ctx;

	for (size_t i = 0; i < s->n_groups; i++) {
		if (gdoi_group_has_spi(s->groups[i], spi))
			return true;
	}
	return false;
}

static void log_of_group(void *ctx, enum ike_note_level level, const char *text)
{
	gcks_server_log(ctx, level, text);
}

static void send_to_cluster(void *ctx, uint32_t local, uint32_t to, const uint8_t *data, size_t len)
{
	const struct gcks_server *s = ctx;

	if (s->ops.cluster_send != NULL)
		s->ops.cluster_send(s->ops.ctx, local, to, data, len);
}

/* For the group that was added last. */
static int add_cluster(struct gcks_server *s, const struct gdoi_cluster_config *c, uint64_t now, struct gcks_error *err)
{
	const struct gdoi_cluster_ops ops = {
		.random = draw_random, .send = send_to_cluster, .log = log_of_group, .ctx = s
	};
	size_t i = s->n_groups - 1;
	int r = gdoi_cluster_new(&s->clusters[i], s->groups[i], c, &ops, now);

	if (r < 0)
		gcks_error_set(err, "group %s: no cluster could be made: %s", gdoi_group_config(s->groups[i])->name,
			       strerror(-r));
	return r;
}

static int add_group(struct gcks_server *s, const struct gcks_group *g, uint64_t now, struct gcks_error *err)
{
	const struct gdoi_group_ops ops = { .random = draw_random,
					    .signature = make_signature,
					    .spi_taken = is_spi_taken,
					    .log = log_of_group,
					    .ctx = s };
	struct gdoi_group_config c;
	struct gdoi_cluster_config cluster;
	int r;

	gcks_config_cluster(s->config, g, &cluster);
	r = gcks_config_group(s->config, g, &c);
	c.server_index = c.clustered ? gdoi_cluster_server_index(&cluster) : 0;
	if (r == 0)
		r = gdoi_group_new(&s->groups[s->n_groups], &c, &ops, now, err);
	if (r == 0) {
		s->n_groups++;
		r = c.clustered ? add_cluster(s, &cluster, now, err) : 0;
	}
	explicit_bzero(&cluster, sizeof(cluster));
	free(c.policies);
	free(c.members);
	return r;
}

static int add_local(struct gcks_server *s, uint32_t addr, struct gcks_error *err)
{
	struct local *l;
	int r;

	for (size_t i = 0; i < s->n_locals; i++) {
		if (s->locals[i].addr == addr)
			return 0;
	}
	if (s->n_locals == ARRAY_SIZE(s->locals)) {
		return gcks_fail(err, -EINVAL,
				 "the ike gateways name more than %d different local-addresses; use fewer",
				 GCKS_LOCALS_MAX);
	}
	l = &s->locals[s->n_locals];
	*l = (struct local){
		.server = s,
		.addr = addr,
		.ops = { .peer = find_peer,
			 .pull = give_keys,
			 .sender_ids = give_sender_ids,
			 .unanswered = count_unanswered_pull,
			 .registered = confirm_registration,
			 .ctx = l },
	};
	r = responder_new(&l->responder, &l->ops, addr);
	if (r < 0)
		gcks_error_set(err, "no GDOI responder could be made: %s", strerror(-r));
	else
		s->n_locals++;
	return r;
}

int gcks_server_new(struct gcks_server **ret, const struct gcks_config *c, const struct gcks_server_ops *ops,
		    uint64_t now, struct gcks_error *err)
{
	_cleanup_(gcks_server_freep) struct gcks_server *s = calloc(1, sizeof(*s));
	int r = 0;

	gcks_error_set(err, "no memory");
	if (s == NULL)
		return -ENOMEM;
	s->config = c;
	s->answer = c->answer;
	s->ops = *ops;
	for (size_t i = 0; i < c->n_gateways && r == 0; i++)
		r = add_local(s, c->gateways[i].local_address, err);
	for (size_t i = 0; i < c->n_groups && r == 0; i++)
		r = add_group(s, &c->groups[i], now, err);
	if (r < 0)
		return r;
	*ret = TAKE(s);
	return 0;
}

void gcks_server_free(struct gcks_server *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n_locals; i++)
		responder_free(s->locals[i].responder);
	for (size_t i = 0; i < s->n_groups; i++) {
		gdoi_cluster_free(s->clusters[i]);
		gdoi_group_free(s->groups[i]);
	}
	free(s);
}
