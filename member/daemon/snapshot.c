/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/snapshot.h"

#include "ike/gdoi_gap.h"
#include "lib/json.h"
#include "lib/selector.h"
#include "member/api/snapshot.h"

#include <inttypes.h>
#include <stdio.h>

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

void snapshot_add_seconds_until(struct json_object *o, const char *key, uint64_t now, uint64_t at)
{
	if (at == UINT64_MAX)
		json_object_object_add(o, key, NULL);
	else
		json_add_count(o, key, at > now ? (at - now) / 1000 : 0);
}

static struct json_object *end_range(struct ip_prefix p, uint8_t protocol, struct port_range ports)
{
	struct json_object *o = json_object_new_object();

	json_add_address(o, "first", p.addr);
	json_add_address(o, "last", prefix_last(p));
	json_add_count(o, "port_min", ports.min);
	json_add_count(o, "port_max", ports.max);
	json_add_count(o, "protocol", protocol);
	return o;
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
	/* The guide's outputs have an index for the KEK.  Ours is made of the SPI, so it stays the same. */
	json_add_count(o, "index", (uint64_t)k->spi[0] << 16 | (uint64_t)k->spi[1] << 8 | k->spi[2]);
	json_add_address(o, "server_address", group_server(g));
	snapshot_add_seconds_until(o, "life_seconds", in->now, group_kek_ends(g));
	for (size_t half = 0; half < 2; half++) {
		for (size_t i = 0; i < 8; i++)
			snprintf(cookie + 2 * i, 3, "%02x", k->spi[half * 8 + i]);
		json_add_string(o, half == 0 ? "initiator_cookie" : "responder_cookie", cookie);
	}
	json_add_count(o, "sequence", k->seq);
	json_add_string(o, "sig_hash", sig_hash_shown(k->sig_hash));
	json_add_string(o, "encryption", cipher_shown_kek(k->cipher));
	json_add_count(o, "input_bytes", s->input_bytes);
	json_add_count(o, "output_bytes", s->output_bytes);
	json_add_count(o, "input_packets", s->input_packets);
	json_add_count(o, "output_packets", s->output_packets);
	json_add_count(o, "push_received", s->push_received);
	json_add_count(o, "delete_received", s->delete_received);
	return o;
}

static struct json_object *make_stats(const struct group_stats *s)
{
	struct json_object *o = json_object_new_object();

	json_add_count(o, "pull_succeeded", s->pull_succeeded);
	json_add_count(o, "pull_failed", s->pull_failed);
	json_add_count(o, "pull_timeout", s->pull_timeout);
	json_add_count(o, "pull_aborted", s->pull_aborted);
	json_add_count(o, "push_succeeded", s->push_succeeded);
	json_add_count(o, "push_failed", s->push_failed);
	json_add_count(o, "server_failover", s->server_failover);
	json_add_count(o, "delete_received", s->delete_received);
	json_add_count(o, "exceed_maximum_keys", s->exceed_maximum_keys);
	json_add_count(o, "exceed_maximum_policies", s->exceed_maximum_policies);
	json_add_count(o, "unsupported_algo", s->unsupported_algo);
	json_add_count(o, "refused", s->refused);
	json_add_count(o, "clear_notifies", s->clear_notifies);
	json_add_count(o, "unknown_attributes", s->unknown_attributes);
	json_add_count(o, "recovery_probes", s->recovery_probes);
	return o;
}

/*
 * What the rule itself has let pass or dropped; what SAs carry is counted there.  Fail-close is the last rule of the
 * table behind the programs too, which drops first: its packets are in the kernel's counters by cause.
 */
static void add_rule_count(struct json_object *o, struct kernel *kernel, const struct plan_scope *s,
			   const struct plan_rule *r)
{
	struct kernel_rule_counters c;

	if (!kernel || r->reason == PLAN_FAIL_CLOSE || kernel_rule_counters(kernel, s, r, &c) < 0)
		return;
	json_add_count(o, "clear_packets", c.packets);
	json_add_count(o, "clear_bytes", c.bytes);
}

static struct json_object *make_zone(struct kernel *kernel, const struct plan_scope *s)
{
	struct json_object *o = json_object_new_object(), *policies = json_object_new_array();

	json_add_string(o, "from", s->from_zone);
	json_add_string(o, "to", s->to_zone);
	for (size_t i = 0; i < s->n_rules; i++) {
		const struct plan_rule *r = &s->rules[i];
		struct json_object *p;

		/* Neither of the two is a policy that the operator wrote. */
		if (r->reason == PLAN_OWN_IKE || r->reason == PLAN_NOT_GOVERNED)
			continue;
		p = json_object_new_object();
		json_add_count(p, "tunnel_id", r->tunnel_id);
		json_add_string(p, "type", plan_reason_name(r->reason));
		json_add_string(p, "name", r->name);
		json_object_object_add(p, "source", end_range(r->sel.src, r->sel.protocol, r->sel.sport));
		json_object_object_add(p, "destination", end_range(r->sel.dst, r->sel.protocol, r->sel.dport));
		add_rule_count(p, kernel, s, r);
		json_object_array_add(policies, p);
	}
	json_object_object_add(o, "policies", policies);
	return o;
}

static void add_configured(struct json_object *o, const struct config_vpn *vpn, const struct config_gateway *gw)
{
	json_add_string(o, "name", vpn->name);
	json_add_count(o, "group_id", vpn->group);
	json_add_address(o, "local_gateway", gw->local_address);
	json_add_count(o, "server_port", GDOI_PORT);
	json_add_string(o, "routing_instance", "default");
	json_add_bool(o, "recovery_probe", vpn->recovery_probe);
	json_add_string(o, "df_bit", df_text(vpn->df));
	json_object_object_add(o, "tunnel_mtu", vpn->tunnel_mtu ? json_object_new_int(vpn->tunnel_mtu) : NULL);
	json_add_string_or_null(o, "match_direction", direction_text(vpn->match_direction));
	json_add_count(o, "max_keys", vpn->max_keys);
	json_add_count(o, "max_policies", vpn->max_policies);
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
		json_add_string(o, "name", use->name);
		json_add_string_or_null(o, "zone", use->zone);
		json_add_bool(o, "external", use->external);
		json_add_bool(o, "present", use->present);
		json_object_array_add(all, o);
	}
	return all;
}

/* Each has its SPI, or null; the last one says how many further refusals there were. */
static struct json_object *make_refusals(const struct group *g)
{
	struct json_object *all = json_object_new_array();
	size_t n, more;
	const struct keyring_refusal *list = group_refusals(g, &n, &more);

	for (size_t i = 0; i < n + (more > 0); i++) {
		struct json_object *o = json_object_new_object();
		char spi[9], words[RECORD_TEXT_MAX];
		struct record reason;

		if (i < n)
			group_refusal_record(&list[i], &reason);
		else
			record_set(&reason, RECORD_MORE_REFUSED, record_number(more));
		record_words(&reason, words);
		words[GROUP_REFUSAL_TEXT_MAX - 1] = '\0';
		snprintf(spi, sizeof(spi), "%08" PRIx32, i < n ? list[i].spi : 0);
		json_object_object_add(o, "spi", i < n && list[i].spi ? json_object_new_string(spi) : NULL);
		json_add_string(o, "reason", words);
		json_object_array_add(all, o);
	}
	return all;
}

/* Vendor ids and attributes of the server that this member does not know. */
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

		json_add_count(attribute, "type", u->gap[i].type);
		json_add_string(attribute, "value", gdoi_gap_value_text(&u->gap[i], text));
		json_object_array_add(gap, attribute);
	}
	json_object_object_add(o, "vendor_ids", ids);
	json_object_object_add(o, "gap_unknown", gap);
}

/* Of the last registration; null: the server gave none, or nothing here needs one. */
static struct json_object *make_sender_ids(const struct sender_ids *ids)
{
	struct json_object *o, *list;

	if (!ids)
		return NULL;
	o = json_object_new_object();
	list = json_object_new_array();
	json_add_count(o, "bits", ids->bits);
	for (size_t i = 0; i < ids->n; i++)
		json_object_array_add(list, json_object_new_uint64(ids->ids[i]));
	json_object_object_add(o, "ids", list);
	return o;
}

static struct json_object *make_vpn(const struct snapshot_input *in, size_t index)
{
	const struct group *g = in->groups[index];
	const struct config_gateway *gw = group_gateway(g);
	const struct keyring *keys = group_keyring(g);
	struct json_object *o = json_object_new_object(), *zones = json_object_new_array();
	enum group_state state = group_state(g);
	char reason[RECORD_TEXT_MAX];

	add_configured(o, group_vpn(g), gw);
	json_add_address(o, "gdoi_server", group_server(g));
	json_add_string(o, "state", group_state_name(state));
	json_add_string(o, "state_reason", record_words(group_reason(g), reason));
	json_add_bool(o, "rekey_needed", state != GROUP_REGISTERED);
	snapshot_add_seconds_until(o, "next_registration_seconds", in->now, group_next_registration(g));
	json_object_object_add(o, "refusals", make_refusals(g));
	add_unknown(o, group_unknown(g));
	json_object_object_add(o, "stats", make_stats(group_stats(g)));
	json_object_object_add(o, "sas", snapshot_sas(in, gw->local_address, keys));
	json_object_object_add(o, "sender_ids", make_sender_ids(group_sender_ids(g)));
	json_object_object_add(o, "kek", make_kek(in, g));
	for (size_t i = 0; in->plan && i < in->plan->n_scopes; i++)
		if (strcmp(in->plan->scopes[i].vpn, group_vpn(g)->name) == 0)
			json_object_array_add(zones, make_zone(in->kernel, &in->plan->scopes[i]));
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
	json_add_count(o, "clear_in_dropped", c.clear_in_dropped);
	json_add_count(o, "fail_close_in", c.fail_close_in);
	json_add_count(o, "fail_close_out", c.fail_close_out);
	json_add_count(o, "unknown_spi", c.unknown_spi);
	json_add_count(o, "readdressed", c.readdressed);
	json_add_count(o, "misfit", c.misfit);
	json_add_count(o, "unprotected_out", c.unprotected_out);
	json_add_count(o, "icmp_quoted", c.icmp_quoted);
	json_add_count(o, "inet6_dropped", c.inet6);
	json_add_count(o, "d3p_too_old", c.d3p.too_old);
	json_add_count(o, "d3p_too_new", c.d3p.too_new);
	json_add_count(o, "d3p_no_timestamp", c.d3p.no_timestamp);
	json_add_count(o, "d3p_unexpected", c.d3p.unexpected);
	json_add_count(o, "d3p_type_error", c.d3p.type_error);
	json_add_count(o, "d3p_length_error", c.d3p.length_error);
	json_add_count(o, "d3p_next_header_error", c.d3p.next_header_error);
	json_add_count(o, "wrong_iv", c.wrong_iv);
	json_add_count(o, "esp_in", c.esp_in);
	json_add_count(o, "esp_out", c.esp_out);
	json_add_count(o, "esp_in_bytes", c.esp_in_bytes);
	json_add_count(o, "esp_out_bytes", c.esp_out_bytes);
	return o;
}

struct json_object *snapshot_counters(struct kernel *kernel)
{
	struct json_object *o = json_object_new_object();

	json_add_count(o, "format", SNAPSHOT_FORMAT);
	json_object_object_add(o, SNAPSHOT_COUNTERS, make_counters(kernel));
	return o;
}

void snapshot_add_kernel(struct json_object *o, bool kernel, const struct plan_holding *holding, uint64_t now)
{
	struct json_object *failure;

	json_add_bool(o, "kernel", kernel);
	if (!holding || holding->is == PLAN_HELD)
		return;
	failure = json_object_new_object();
	json_add_count(failure, "seconds", (now - holding->since) / 1000);
	json_add_string(failure, "reason", holding->why);
	json_object_object_add(o, SNAPSHOT_KERNEL_FAILURE, failure);
}

struct json_object *snapshot_make(const struct snapshot_input *in)
{
	struct json_object *o = json_object_new_object(), *vpns = json_object_new_array();

	json_add_count(o, "format", SNAPSHOT_FORMAT);
	json_add_string(o, "version", GVPN_VERSION);
	snapshot_add_kernel(o, in->kernel != NULL, in->holding, in->now);
	for (size_t i = 0; i < in->config->n_vpns; i++)
		json_object_array_add(vpns, make_vpn(in, i));
	json_object_object_add(o, "vpns", vpns);
	json_object_object_add(o, SNAPSHOT_COUNTERS, make_counters(in->kernel));
	return o;
}
