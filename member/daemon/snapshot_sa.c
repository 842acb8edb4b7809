/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SAs of a snapshot, each with its policies. */
#include "member/daemon/snapshot.h"

#include "lib/json.h"
#include "lib/selector.h"

#include <inttypes.h>
#include <stdio.h>

static struct json_object *end_prefix(struct ip_prefix p, uint8_t protocol, struct port_range ports)
{
	struct json_object *o = json_object_new_object();
	char text[PREFIX_TEXT_MAX];

	json_add_string(o, "prefix", prefix_format(p, text));
	json_add_count(o, "protocol", protocol);
	json_add_count(o, "port_min", ports.min);
	json_add_count(o, "port_max", ports.max);
	return o;
}

struct traffic {
	struct kernel_sa_counters in, out;
};

static struct traffic traffic_of(const struct snapshot_input *in, uint32_t local, uint32_t spi)
{
	struct traffic t = { 0 };

	if (in->kernel && kernel_sa_counters(in->kernel, local, spi, false, &t.in) < 0)
		t.in = (struct kernel_sa_counters){ 0 };
	if (in->kernel && kernel_sa_counters(in->kernel, local, spi, true, &t.out) < 0)
		t.out = (struct kernel_sa_counters){ 0 };
	return t;
}

/* Each direction may use the whole lifetime, so the busier direction says how much remains. */
static void add_kilobytes(struct json_object *o, uint32_t kilobytes, const struct traffic *t)
{
	uint64_t used = (t->in.bytes > t->out.bytes ? t->in.bytes : t->out.bytes) / 1024;

	if (kilobytes > 0)
		json_add_count(o, "lifesize_kilobytes", used < kilobytes ? kilobytes - used : 0);
	else
		json_object_object_add(o, "lifesize_kilobytes", NULL);
}

static void add_traffic(struct json_object *o, const struct traffic *t)
{
	json_add_count(o, "packets_in", t->in.packets);
	json_add_count(o, "bytes_in", t->in.bytes);
	json_add_count(o, "packets_out", t->out.packets);
	json_add_count(o, "bytes_out", t->out.bytes);
}

/* Whether the kernel has the SA.  It has not when it refused the SA, or when another program has its place. */
static bool is_installed(const struct snapshot_input *in, uint32_t local, uint32_t spi, bool sends)
{
	struct kernel_sa_counters unused;

	return in->kernel && kernel_sa_counters(in->kernel, local, spi, false, &unused) != -ENOENT &&
	       (!sends || kernel_sa_counters(in->kernel, local, spi, true, &unused) != -ENOENT);
}

/* How a policy uses an SA, by the plan: whether the kernel has the SA is another question. */
static const char *const sa_states[] = { "installed", "receive-only", "expiring" };

static size_t key_state(const struct snapshot_input *in, const struct keyring_policy *p, const struct keyring_key *key)
{
	if (keyring_sender(p, in->now) == key->sa)
		return 0;
	if (key->send_at > in->now)
		return 1;
	return keyring_sa_may_send(key->sa) || key->overtaken || key->sa->deleted ? 2 : 1;
}

static void add_state(struct json_object *o, size_t planned, bool installed)
{
	json_add_string(o, "state", installed ? sa_states[planned] : "not installed");
	json_add_string(o, "planned_state", sa_states[planned]);
}

static struct json_object *make_sa_policy(const struct keyring_policy *p, size_t planned, bool installed)
{
	struct json_object *o = json_object_new_object();

	json_add_count(o, "tunnel_id", p->tunnel_id);
	json_object_object_add(o, "source", end_prefix(p->sel.src, p->sel.protocol, p->sel.sport));
	json_object_object_add(o, "destination", end_prefix(p->sel.dst, p->sel.protocol, p->sel.dport));
	add_state(o, planned, installed);
	return o;
}

/* Several policies may use an SA.  Its state is that of the policy which uses it most: now, later, or no more. */
static void add_policies(struct json_object *o, const struct snapshot_input *in, uint32_t local,
			 const struct keyring *keys, const struct keyring_sa *sa)
{
	bool installed = is_installed(in, local, sa->tek.spi, keyring_sends(keys, sa, in->now));
	struct json_object *policies = json_object_new_array();
	size_t most = ARRAY_SIZE(sa_states) - 1;

	for (size_t i = 0; i < keyring_policies(keys); i++) {
		const struct keyring_policy *p = keyring_policy(keys, i);
		const struct keyring_key *key = keyring_key(p, sa);
		size_t planned = key ? key_state(in, p, key) : most;

		if (!key)
			continue;
		most = planned < most ? planned : most;
		json_object_array_add(policies, make_sa_policy(p, planned, installed));
	}
	add_state(o, most, installed);
	json_object_object_add(o, "policies", policies);
}

/* A number when HAS, else null. */
static void add_count_if(struct json_object *o, const char *key, bool has, uint64_t value)
{
	if (has)
		json_add_count(o, key, value);
	else
		json_object_object_add(o, key, NULL);
}

/* Of a counter mode alone: what its IVs are made of (RFC 6054), or why it only receives. */
static struct json_object *make_sender(const struct keyring_sa *sa, const struct traffic *t)
{
	const struct sender *s = &sa->sender;
	struct json_object *o = json_object_new_object();
	enum record_id why = group_sends_not(sa->sending);
	char prefix[9], words[RECORD_TEXT_MAX];
	struct record reason;

	snprintf(prefix, sizeof(prefix), "%08" PRIx32, s->prefix);
	json_add_bool(o, "found", s->has_prefix);
	add_count_if(o, "id", s->bits > 0, s->id);
	add_count_if(o, "bits", s->bits > 0, s->bits);
	json_add_string_or_null(o, "iv_prefix", s->has_prefix ? prefix : NULL);
	add_count_if(o, "tries", s->has_prefix && s->tries > 0, s->tries);
	add_count_if(o, "sequence_left", s->has_prefix, sender_sequence_left(t->out.packets));
	record_make(&reason, why, NULL, 0);
	json_add_string_or_null(o, "reason", why != RECORD_NOTHING ? record_words(&reason, words) : NULL);
	return o;
}

static struct json_object *make_sa(const struct snapshot_input *in, uint32_t local, const struct keyring *keys,
				   const struct keyring_sa *k)
{
	struct traffic traffic = traffic_of(in, local, k->tek.spi);
	struct json_object *o = json_object_new_object();
	char spi[9];

	snprintf(spi, sizeof(spi), "%08" PRIx32, k->tek.spi);
	json_add_string(o, "spi", spi);
	json_add_string(o, "protocol", "ESP");
	json_add_string(o, "encryption", cipher_shown(k->tek.cipher));
	json_add_string(o, "authentication", auth_shown(k->tek.auth));
	json_add_string(o, "direction", "bi-directional");
	snapshot_add_seconds_until(o, "hard_seconds", in->now, k->hard_at);
	snapshot_add_seconds_until(o, "soft_seconds", in->now, k->soft_at);
	add_kilobytes(o, k->tek.life_kilobytes, &traffic);
	json_add_string(o, "mode", "Tunnel");
	add_policies(o, in, local, keys, k);
	json_add_string(o, "anti_replay", k->window_ms > 0 ? "D3P enabled" : "D3P disabled");
	json_add_count(o, "anti_replay_window_ms", k->window_ms);
	json_object_object_add(o, "stamp_age_us", traffic.in.has_age ? json_object_new_int64(traffic.in.age_us) : NULL);
	add_traffic(o, &traffic);
	if (cipher_is_counter_mode(k->tek.cipher))
		json_object_object_add(o, "sender", make_sender(k, &traffic));
	return o;
}

/* Whether SA is a key of one of the first N policies, and so is in the list already. */
static bool is_listed(const struct keyring *keys, size_t n, const struct keyring_sa *sa)
{
	for (size_t i = 0; i < n; i++)
		if (keyring_key(keyring_policy(keys, i), sa))
			return true;
	return false;
}

struct json_object *snapshot_sas(const struct snapshot_input *in, uint32_t local, const struct keyring *keys)
{
	struct json_object *sas = json_object_new_array();

	for (size_t i = 0; i < keyring_policies(keys); i++) {
		const struct keyring_policy *p = keyring_policy(keys, i);

		for (size_t j = 0; j < p->n_keys; j++)
			if (!is_listed(keys, i, p->keys[j].sa))
				json_object_array_add(sas, make_sa(in, local, keys, p->keys[j].sa));
	}
	return sas;
}
