/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/snapshot.h"

#include "ike/gdoi_gap.h"
#include "member/show_part.h"
#include "policy/selector.h"

#include <inttypes.h>
#include <stdio.h>

static void add_string(struct json_object *o, const char *key, const char *value)
{
	json_object_object_add(o, key, json_object_new_string(value));
}

static void add_count(struct json_object *o, const char *key, uint64_t value)
{
	json_object_object_add(o, key, json_object_new_int64((int64_t)value));
}

static void add_bool(struct json_object *o, const char *key, bool value)
{
	json_object_object_add(o, key, json_object_new_boolean(value));
}

static void add_address(struct json_object *o, const char *key, uint32_t addr)
{
	char text[ADDRESS_TEXT_MAX];

	add_string(o, key, address_format(addr, text));
}

/* Seconds until AT, rounded down as a countdown is; null for never. */
static void add_seconds_until(struct json_object *o, const char *key, uint64_t now, uint64_t at)
{
	if (at == UINT64_MAX)
		json_object_object_add(o, key, NULL);
	else
		add_count(o, key, at > now ? (at - now) / 1000 : 0);
}

/* As the show outputs print algorithms: "aes-256", "sha256-128". */
static const char *cipher_text(enum cipher c)
{
	switch (c) {
	case CIPHER_NONE:
		return "null";
	case CIPHER_AES_CBC_128:
		return "aes-128";
	case CIPHER_AES_CBC_192:
		return "aes-192";
	case CIPHER_AES_CBC_256:
		return "aes-256";
	case CIPHER_AES_GCM_128:
		return "aes-gcm-128";
	case CIPHER_AES_GCM_192:
		return "aes-gcm-192";
	case CIPHER_AES_GCM_256:
		return "aes-gcm-256";
	}
	return "?";
}

static const char *auth_text(enum auth a)
{
	switch (a) {
	case AUTH_NONE:
		return "none";
	case AUTH_HMAC_SHA1_96:
		return "sha1-96";
	case AUTH_HMAC_SHA256_128:
		return "sha256-128";
	case AUTH_HMAC_SHA384_192:
		return "sha384-192";
	case AUTH_HMAC_SHA512_256:
		return "sha512-256";
	}
	return "?";
}

static const char *kek_cipher_text(enum cipher c)
{
	switch (c) {
	case CIPHER_AES_CBC_128:
		return "aes128-cbc";
	case CIPHER_AES_CBC_192:
		return "aes192-cbc";
	case CIPHER_AES_CBC_256:
		return "aes256-cbc";
	case CIPHER_NONE:
	case CIPHER_AES_GCM_128:
	case CIPHER_AES_GCM_192:
	case CIPHER_AES_GCM_256:
		break;
	}
	return "?";
}

/* The guide's member calls the hash of the signature by the name of an HMAC. */
static const char *sig_hash_text(enum sig_hash h)
{
	switch (h) {
	case SIG_HASH_SHA1:
		return "hmac-sha1-96";
	case SIG_HASH_SHA256:
		return "hmac-sha256-128";
	case SIG_HASH_SHA384:
		return "hmac-sha384-192";
	case SIG_HASH_SHA512:
		return "hmac-sha512-256";
	}
	return "?";
}

static const char *df_text(enum config_df df)
{
	switch (df) {
	case CONFIG_DF_CLEAR:
		return "clear";
	case CONFIG_DF_SET:
		return "set";
	case CONFIG_DF_COPY:
		return "copy";
	}
	return "?";
}

static const char *direction_text(enum config_direction d)
{
	switch (d) {
	case CONFIG_DIRECTION_NONE:
		return NULL;
	case CONFIG_DIRECTION_INPUT:
		return "input";
	case CONFIG_DIRECTION_OUTPUT:
		return "output";
	}
	return NULL;
}

static const char *reason_text(enum plan_reason r)
{
	switch (r) {
	case PLAN_OWN_IKE:
		return NULL; /* ours by necessity, not a policy of the operator's */
	case PLAN_EXCLUDE:
		return "Exclude";
	case PLAN_GROUP_POLICY:
		return "Secure";
	case PLAN_FAIL_OPEN:
		return "Fail-open";
	case PLAN_FAIL_CLOSE:
		return "Fail-close";
	case PLAN_NOT_GOVERNED:
		return NULL;
	}
	return NULL;
}

static struct json_object *end_prefix(struct ip_prefix p, uint8_t protocol, struct port_range ports)
{
	struct json_object *o = json_object_new_object();
	char text[PREFIX_TEXT_MAX];

	add_string(o, "prefix", prefix_format(p, text));
	add_count(o, "protocol", protocol);
	add_count(o, "port_min", ports.min);
	add_count(o, "port_max", ports.max);
	return o;
}

static struct json_object *end_range(struct ip_prefix p, uint8_t protocol, struct port_range ports)
{
	struct json_object *o = json_object_new_object();

	add_address(o, "first", p.addr);
	add_address(o, "last", prefix_last(p));
	add_count(o, "port_min", ports.min);
	add_count(o, "port_max", ports.max);
	add_count(o, "protocol", protocol);
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

/* Each direction has the whole lifetime (xfrm/state.h): what remains is what remains of the busier one. */
static void add_kilobytes(struct json_object *o, uint32_t kilobytes, const struct traffic *t)
{
	uint64_t used = (t->in.bytes > t->out.bytes ? t->in.bytes : t->out.bytes) / 1024;

	if (kilobytes > 0)
		add_count(o, "lifesize_kilobytes", used < kilobytes ? kilobytes - used : 0);
	else
		json_object_object_add(o, "lifesize_kilobytes", NULL);
}

static void add_traffic(struct json_object *o, const struct traffic *t)
{
	add_count(o, "packets_in", t->in.packets);
	add_count(o, "bytes_in", t->in.bytes);
	add_count(o, "packets_out", t->out.packets);
	add_count(o, "bytes_out", t->out.bytes);
}

/* As the kernel says it: what it refused, or somebody else has the place of, is not there. */
static bool is_installed(const struct snapshot_input *in, uint32_t local, uint32_t spi, bool sends)
{
	struct kernel_sa_counters unused;

	return in->kernel && kernel_sa_counters(in->kernel, local, spi, false, &unused) != -ENOENT &&
	       (!sends || kernel_sa_counters(in->kernel, local, spi, true, &unused) != -ENOENT);
}

/* How far one policy uses it; what is planned, whether the kernel has it or not. */
static const char *const sa_states[] = { "installed", "receive-only", "expiring" };

static size_t key_state(const struct snapshot_input *in, const struct keyring_policy *p, const struct keyring_key *key)
{
	if (keyring_sender(p, in->now) == key->sa)
		return 0;
	return key->send_at > in->now ? 1 : 2;
}

static void add_state(struct json_object *o, size_t planned, bool installed)
{
	add_string(o, "state", installed ? sa_states[planned] : "not installed");
	add_string(o, "planned_state", sa_states[planned]);
}

static struct json_object *make_sa_policy(const struct keyring_policy *p, size_t planned, bool installed)
{
	struct json_object *o = json_object_new_object();

	add_count(o, "tunnel_id", p->tunnel_id);
	json_object_object_add(o, "source", end_prefix(p->sel.src, p->sel.protocol, p->sel.sport));
	json_object_object_add(o, "destination", end_prefix(p->sel.dst, p->sel.protocol, p->sel.dport));
	add_state(o, planned, installed);
	return o;
}

static const struct keyring_key *key_of(const struct keyring_policy *p, const struct keyring_sa *sa)
{
	for (size_t i = 0; i < p->n_keys; i++)
		if (p->keys[i].sa == sa)
			return &p->keys[i];
	return NULL;
}

static bool sends(const struct snapshot_input *in, const struct keyring *keys, const struct keyring_sa *sa)
{
	for (size_t i = 0; i < keyring_policies(keys); i++)
		if (keyring_sender(keyring_policy(keys, i), in->now) == sa)
			return true;
	return false;
}

/* The SA's own state is that of the policy which uses it most: it sends, will send, or has sent. */
static void add_policies(struct json_object *o, const struct snapshot_input *in, uint32_t local,
			 const struct keyring *keys, const struct keyring_sa *sa)
{
	bool installed = is_installed(in, local, sa->tek.spi, sends(in, keys, sa));
	struct json_object *policies = json_object_new_array();
	size_t most = ARRAY_SIZE(sa_states) - 1;

	for (size_t i = 0; i < keyring_policies(keys); i++) {
		const struct keyring_policy *p = keyring_policy(keys, i);
		const struct keyring_key *key = key_of(p, sa);
		size_t planned = key ? key_state(in, p, key) : most;

		if (!key)
			continue;
		most = planned < most ? planned : most;
		json_object_array_add(policies, make_sa_policy(p, planned, installed));
	}
	add_state(o, most, installed);
	json_object_object_add(o, "policies", policies);
}

static struct json_object *make_sa(const struct snapshot_input *in, uint32_t local, const struct keyring *keys,
				   const struct keyring_sa *k)
{
	struct traffic traffic = traffic_of(in, local, k->tek.spi);
	struct json_object *o = json_object_new_object();
	char spi[9];

	snprintf(spi, sizeof(spi), "%08" PRIx32, k->tek.spi);
	add_string(o, "spi", spi);
	add_string(o, "protocol", "ESP");
	add_string(o, "encryption", cipher_text(k->tek.cipher));
	add_string(o, "authentication", auth_text(k->tek.auth));
	add_string(o, "direction", "bi-directional");
	add_seconds_until(o, "hard_seconds", in->now, k->hard_at);
	add_seconds_until(o, "soft_seconds", in->now, k->soft_at);
	add_kilobytes(o, k->tek.life_kilobytes, &traffic);
	add_string(o, "mode", "Tunnel");
	add_policies(o, in, local, keys, k);
	add_string(o, "anti_replay", "D3P disabled");
	add_traffic(o, &traffic);
	return o;
}

/* Whether SA is a key of a policy before number N, or an earlier one of that: it has been told. */
static bool told(const struct keyring *keys, size_t n, const struct keyring_sa *sa)
{
	for (size_t i = 0; i < n; i++)
		if (key_of(keyring_policy(keys, i), sa))
			return true;
	return false;
}

/* In the order of their first policies, and of one policy the oldest first. */
static struct json_object *make_sas(const struct snapshot_input *in, uint32_t local, const struct keyring *keys)
{
	struct json_object *sas = json_object_new_array();

	for (size_t i = 0; i < keyring_policies(keys); i++) {
		const struct keyring_policy *p = keyring_policy(keys, i);

		for (size_t j = 0; j < p->n_keys; j++)
			if (!told(keys, i, p->keys[j].sa))
				json_object_array_add(sas, make_sa(in, local, keys, p->keys[j].sa));
	}
	return sas;
}

static struct json_object *make_kek(const struct snapshot_input *in, const struct group *g)
{
	const struct kek *k = group_kek(g);
	const struct group_kek_stats *s = group_kek_stats(g);
	struct json_object *o;
	char cookie[17];

	if (!k)
		return NULL;
	o = json_object_new_object();
	/* A number to call it by, as the guide's outputs have one: from its SPI, so it stays the same. */
	add_count(o, "index", (uint64_t)k->spi[0] << 16 | (uint64_t)k->spi[1] << 8 | k->spi[2]);
	add_address(o, "server_address", group_server(g));
	add_seconds_until(o, "life_seconds", in->now, group_kek_ends(g));
	for (size_t half = 0; half < 2; half++) {
		for (size_t i = 0; i < 8; i++)
			snprintf(cookie + 2 * i, 3, "%02x", k->spi[half * 8 + i]);
		add_string(o, half == 0 ? "initiator_cookie" : "responder_cookie", cookie);
	}
	add_count(o, "sequence", k->seq);
	add_string(o, "sig_hash", sig_hash_text(k->sig_hash));
	add_string(o, "encryption", kek_cipher_text(k->cipher));
	add_count(o, "input_bytes", s->input_bytes);
	add_count(o, "output_bytes", s->output_bytes);
	add_count(o, "input_packets", s->input_packets);
	add_count(o, "output_packets", s->output_packets);
	add_count(o, "push_received", s->push_received);
	add_count(o, "delete_received", s->delete_received);
	return o;
}

static struct json_object *make_stats(const struct group_stats *s)
{
	struct json_object *o = json_object_new_object();

	add_count(o, "pull_succeeded", s->pull_succeeded);
	add_count(o, "pull_failed", s->pull_failed);
	add_count(o, "pull_timeout", s->pull_timeout);
	add_count(o, "pull_aborted", s->pull_aborted);
	add_count(o, "push_succeeded", s->push_succeeded);
	add_count(o, "push_failed", s->push_failed);
	add_count(o, "server_failover", s->server_failover);
	add_count(o, "delete_received", s->delete_received);
	add_count(o, "exceed_maximum_keys", s->exceed_maximum_keys);
	add_count(o, "exceed_maximum_policies", s->exceed_maximum_policies);
	add_count(o, "unsupported_algo", s->unsupported_algo);
	add_count(o, "refused", s->refused);
	add_count(o, "clear_notifies", s->clear_notifies);
	add_count(o, "recovery_probes", s->recovery_probes);
	return o;
}

static struct json_object *make_zone(const struct plan_scope *s)
{
	struct json_object *o = json_object_new_object(), *policies = json_object_new_array();

	add_string(o, "from", s->from_zone);
	add_string(o, "to", s->to_zone);
	for (size_t i = 0; i < s->n_rules; i++) {
		const struct plan_rule *r = &s->rules[i];
		struct json_object *p;

		if (!reason_text(r->reason))
			continue;
		p = json_object_new_object();
		add_count(p, "tunnel_id", r->tunnel_id);
		add_string(p, "type", reason_text(r->reason));
		add_string(p, "name", r->name);
		json_object_object_add(p, "source", end_range(r->sel.src, r->sel.protocol, r->sel.sport));
		json_object_object_add(p, "destination", end_range(r->sel.dst, r->sel.protocol, r->sel.dport));
		json_object_array_add(policies, p);
	}
	json_object_object_add(o, "policies", policies);
	return o;
}

static void add_configured(struct json_object *o, const struct config_vpn *vpn, const struct config_gateway *gw)
{
	add_string(o, "name", vpn->name);
	add_count(o, "group_id", vpn->group);
	add_address(o, "local_gateway", gw->local_address);
	add_count(o, "server_port", GDOI_PORT);
	add_string(o, "routing_instance", "default");
	add_bool(o, "recovery_probe", vpn->recovery_probe);
	add_string(o, "df_bit", df_text(vpn->df));
	json_object_object_add(o, "tunnel_mtu", vpn->tunnel_mtu ? json_object_new_int(vpn->tunnel_mtu) : NULL);
	json_object_object_add(o, "match_direction",
			       vpn->match_direction ? json_object_new_string(direction_text(vpn->match_direction))
						    : NULL);
	add_count(o, "max_keys", vpn->max_keys);
	add_count(o, "max_policies", vpn->max_policies);
}

static struct json_object *make_interfaces(const struct interfaces *list, size_t vpn)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; list && i < list->n; i++) {
		const struct interface_use *use = &list->list[i];
		struct json_object *o;

		if (use->vpn != vpn)
			continue;
		o = json_object_new_object();
		add_string(o, "name", use->name);
		json_object_object_add(o, "zone", use->zone[0] ? json_object_new_string(use->zone) : NULL);
		add_bool(o, "external", use->external);
		add_bool(o, "present", use->present);
		json_object_array_add(all, o);
	}
	return all;
}

/* Each with its SPI, or null; the last says how many there were beside. */
static struct json_object *make_refusals(const struct group *g)
{
	struct json_object *all = json_object_new_array();
	size_t n, more;
	const struct group_refusal *list = group_refusals(g, &n, &more);

	for (size_t i = 0; i < n + (more > 0); i++) {
		struct json_object *o = json_object_new_object();
		char text[64];

		snprintf(text, sizeof(text), "%08" PRIx32, i < n ? list[i].spi : 0);
		json_object_object_add(o, "spi", i < n && list[i].spi ? json_object_new_string(text) : NULL);
		snprintf(text, sizeof(text), "%zu further policies or keys were refused", more);
		add_string(o, "reason", i < n ? list[i].text : text);
		json_object_array_add(all, o);
	}
	return all;
}

/* What the server sent that means nothing here. */
static void add_unknown(struct json_object *o, const struct group_unknown *u)
{
	struct json_object *ids = json_object_new_array(), *gap = json_object_new_array();

	for (size_t i = 0; i < u->vendor_ids.n; i++) {
		char text[VENDOR_ID_TEXT_MAX];

		json_object_array_add(ids, json_object_new_string(vendor_id_text(&u->vendor_ids.list[i], text)));
	}
	for (size_t i = 0; i < u->n_gap; i++) {
		struct json_object *attribute = json_object_new_object();
		char text[GAP_VALUE_TEXT_MAX];

		add_count(attribute, "type", u->gap[i].type);
		add_string(attribute, "value", gdoi_gap_value_text(&u->gap[i], text));
		json_object_array_add(gap, attribute);
	}
	json_object_object_add(o, "vendor_ids", ids);
	json_object_object_add(o, "gap_unknown", gap);
}

static struct json_object *make_vpn(const struct snapshot_input *in, size_t index)
{
	const struct group *g = in->groups[index];
	const struct config_gateway *gw = group_gateway(g);
	const struct keyring *keys = group_keyring(g);
	struct json_object *o = json_object_new_object(), *zones = json_object_new_array();
	enum group_state state = group_state(g);

	add_configured(o, group_vpn(g), gw);
	add_address(o, "gdoi_server", group_server(g));
	add_string(o, "state", group_state_name(state));
	add_string(o, "state_reason", group_reason(g));
	add_bool(o, "rekey_needed", state != GROUP_REGISTERED);
	add_seconds_until(o, "next_registration_seconds", in->now, group_next_registration(g));
	json_object_object_add(o, "refusals", make_refusals(g));
	add_unknown(o, group_unknown(g));
	json_object_object_add(o, "stats", make_stats(group_stats(g)));
	json_object_object_add(o, "sas", make_sas(in, gw->local_address, keys));
	json_object_object_add(o, "kek", make_kek(in, g));
	for (size_t i = 0; in->plan && i < in->plan->n_scopes; i++)
		if (strcmp(in->plan->scopes[i].vpn, group_vpn(g)->name) == 0)
			json_object_array_add(zones, make_zone(&in->plan->scopes[i]));
	json_object_object_add(o, "zones", zones);
	json_object_object_add(o, "interfaces", make_interfaces(in->interfaces, index));
	return o;
}

static struct json_object *make_counters(struct kernel *kernel)
{
	struct kernel_counters c;
	struct json_object *o;

	if (!kernel || kernel_counters(kernel, &c) < 0)
		return NULL;
	o = json_object_new_object();
	add_count(o, "clear_in_dropped", c.clear_in_dropped);
	add_count(o, "fail_close_in", c.fail_close_in);
	add_count(o, "fail_close_out", c.fail_close_out);
	add_count(o, "unknown_spi", c.unknown_spi);
	add_count(o, "readdressed", c.readdressed);
	add_count(o, "misfit", c.misfit);
	add_count(o, "unprotected_out", c.unprotected_out);
	add_count(o, "icmp_quoted", c.icmp_quoted);
	add_count(o, "esp_in", c.esp_in);
	add_count(o, "esp_out", c.esp_out);
	add_count(o, "esp_in_bytes", c.esp_in_bytes);
	add_count(o, "esp_out_bytes", c.esp_out_bytes);
	return o;
}

void snapshot_add_kernel(struct json_object *o, bool kernel, const struct retry *failing, uint64_t now)
{
	struct json_object *failure;

	add_bool(o, "kernel", kernel);
	if (!failing || !retry_failing(failing))
		return;
	failure = json_object_new_object();
	add_count(failure, "seconds", (now - failing->since) / 1000);
	add_string(failure, "reason", failing->why);
	json_object_object_add(o, SHOW_KERNEL_FAILURE, failure);
}

struct json_object *snapshot_make(const struct snapshot_input *in)
{
	struct json_object *o = json_object_new_object(), *vpns = json_object_new_array();

	add_count(o, "format", SNAPSHOT_FORMAT);
	add_string(o, "version", GVPN_VERSION);
	snapshot_add_kernel(o, in->kernel != NULL, in->failing, in->now);
	for (size_t i = 0; i < in->config->n_vpns; i++)
		json_object_array_add(vpns, make_vpn(in, i));
	json_object_object_add(o, "vpns", vpns);
	json_object_object_add(o, "counters", make_counters(in->kernel));
	return o;
}
