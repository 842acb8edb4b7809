/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/ctl/metrics.h"

#include "lib/json.h"
#include "member/api/group_state.h"
#include "member/ctl/output.h"
#include "member/ctl/show_render.h"

#include <inttypes.h>

/* The labels of a sample, as they stand between the braces; a value is cut where it is longer than any of ours. */
#define LABELS_MAX 1024
#define VALUE_MAX (2 * GVPN_NAME_MAX)

enum kind { KIND_COUNTER, KIND_GAUGE };

static void put_family(FILE *out, const char *name, enum kind kind, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind == KIND_COUNTER ? "counter" : "gauge");
}

static void put_sample(FILE *out, const char *name, const char *labels, int64_t value)
{
	fprintf(out, labels[0] ? "%s{%s} %" PRId64 "\n" : "%s%s %" PRId64 "\n", name, labels, value);
}

/* NAME="VALUE" after what TEXT has already, if there is room; the three characters that the format wants escaped are.
 */
static void add_label(char text[static LABELS_MAX], const char *name, const char *value)
{
	size_t n = strlen(text);
	int r = snprintf(text + n, LABELS_MAX - n, "%s%s=\"", n > 0 ? "," : "", name);

	if (r < 0 || n + (size_t)r + VALUE_MAX + 4 > LABELS_MAX)
		return;
	n += (size_t)r;
	for (size_t end = n + VALUE_MAX; *value && n < end; value++) {
		if (*value == '\\' || *value == '"' || *value == '\n')
			text[n++] = '\\';
		text[n++] = *value == '\n' ? 'n' : *value;
	}
	text[n++] = '"';
	text[n] = '\0';
}

static const char *get_string(struct json_object *o, const char *key)
{
	struct json_object *v = show_get(o, key);

	return json_object_is_type(v, json_type_string) ? json_object_get_string(v) : "";
}

static void add_number_label(char text[static LABELS_MAX], const char *name, struct json_object *value)
{
	char number[24];

	if (!json_object_is_type(value, json_type_int))
		return;
	snprintf(number, sizeof(number), "%" PRId64, json_object_get_int64(value));
	add_label(text, name, number);
}

static void vpn_labels(struct json_object *vpn, char ret[static LABELS_MAX])
{
	ret[0] = '\0';
	add_label(ret, "vpn", get_string(vpn, "name"));
	add_number_label(ret, "group", show_get(vpn, "group_id"));
}

/* A number of the snapshot, and the metric that it is. */
struct metric {
	const char *key, *name, *help;
	enum kind kind;
};

static const struct metric of_stats[] = {
	{ "pull_succeeded", "gvpn_pull_succeeded_total", "Registrations that succeeded.", KIND_COUNTER },
	{ "pull_failed", "gvpn_pull_failed_total",
	  "Registrations that failed: refused, without an answer, or given up.", KIND_COUNTER },
	{ "pull_timeout", "gvpn_pull_timeout_total",
	  "Of those that failed, the ones that a server left without an answer.", KIND_COUNTER },
	{ "pull_aborted", "gvpn_pull_aborted_total", "Of those that failed, the ones that the member gave up.",
	  KIND_COUNTER },
	{ "push_succeeded", "gvpn_push_succeeded_total", "Pushes that were verified and taken.", KIND_COUNTER },
	{ "push_failed", "gvpn_push_failed_total", "Pushes that were refused.", KIND_COUNTER },
	{ "server_failover", "gvpn_server_failover_total", "Changes to the next server of the list.", KIND_COUNTER },
	{ "delete_received", "gvpn_delete_received_total", "Deletes by the server.", KIND_COUNTER },
	{ "exceed_maximum_keys", "gvpn_exceed_maximum_keys_total", "Keys refused because of the limit.", KIND_COUNTER },
	{ "exceed_maximum_policies", "gvpn_exceed_maximum_policies_total", "Policies refused because of the limit.",
	  KIND_COUNTER },
	{ "unsupported_algo", "gvpn_unsupported_algorithm_total", "Keys refused because of their algorithm.",
	  KIND_COUNTER },
	{ "refused", "gvpn_refused_total",
	  "Keys and policies refused for another reason: selector, attribute, protocol, key.", KIND_COUNTER },
	{ "clear_notifies", "gvpn_clear_notifies_total", "Notifies that came in the clear, and prove nothing.",
	  KIND_COUNTER },
	{ "unknown_attributes", "gvpn_unknown_attributes_total",
	  "Attributes of GAP payloads that are not known here and were passed over.", KIND_COUNTER },
	{ "recovery_probes", "gvpn_recovery_probes_total", "Registrations that the recovery probe began.",
	  KIND_COUNTER },
};

static const struct metric of_kek[] = {
	{ "life_seconds", "gvpn_kek_life_seconds", "What remains of the KEK's lifetime.", KIND_GAUGE },
	{ "sequence", "gvpn_kek_sequence", "Sequence number of the last push under the KEK.", KIND_GAUGE },
	{ "push_received", "gvpn_kek_push_received_total", "Pushes under the present KEK.", KIND_COUNTER },
	{ "delete_received", "gvpn_kek_delete_received_total", "Deletes under the present KEK.", KIND_COUNTER },
	{ "input_packets", "gvpn_kek_input_packets_total", "Datagrams received under the present KEK.", KIND_COUNTER },
	{ "output_packets", "gvpn_kek_output_packets_total", "Datagrams sent under the present KEK.", KIND_COUNTER },
	{ "input_bytes", "gvpn_kek_input_bytes_total", "Octets received under the present KEK.", KIND_COUNTER },
	{ "output_bytes", "gvpn_kek_output_bytes_total", "Octets sent under the present KEK.", KIND_COUNTER },
};

static const struct metric of_sa[] = {
	{ "soft_seconds", "gvpn_sa_soft_seconds", "Time to the SA's soft end.", KIND_GAUGE },
	{ "hard_seconds", "gvpn_sa_hard_seconds", "Time to the SA's hard end.", KIND_GAUGE },
	{ "anti_replay_window_ms", "gvpn_sa_anti_replay_window_milliseconds",
	  "The SA's anti-replay window (D3P); 0: it has none.", KIND_GAUGE },
	{ "stamp_age_us", "gvpn_sa_stamp_age_microseconds",
	  "How old the time stamps were that came by the SA of late; negative: ahead of this host's clock.",
	  KIND_GAUGE },
};

static const struct metric of_sender[] = {
	{ "id", "gvpn_sa_sender_id", "The sender id that the SA's IVs begin with, or will.", KIND_GAUGE },
	{ "tries", "gvpn_sa_sender_tries", "SAs that were made until one had the sender id.", KIND_GAUGE },
	{ "sequence_left", "gvpn_sa_sequence_left", "Packets that the SA may still send.", KIND_GAUGE },
	{ "found", "gvpn_sa_sender_found", "1: an SA with the sender id was found; 0: the SA only receives.",
	  KIND_GAUGE },
};

static const struct metric of_kernel[] = {
	{ "esp_in", "gvpn_esp_in_packets_total", "ESP packets received, of all group VPNs.", KIND_COUNTER },
	{ "esp_out", "gvpn_esp_out_packets_total", "ESP packets sent, of all group VPNs.", KIND_COUNTER },
	{ "esp_in_bytes", "gvpn_esp_in_bytes_total", "Octets received in ESP, of all group VPNs.", KIND_COUNTER },
	{ "esp_out_bytes", "gvpn_esp_out_bytes_total", "Octets sent in ESP, of all group VPNs.", KIND_COUNTER },
};

static const struct {
	const char *key, *cause;
} drops[] = {
	{ "clear_in_dropped", "clear-in" },
	{ "fail_close_in", "fail-close-in" },
	{ "fail_close_out", "fail-close-out" },
	{ "unknown_spi", "unknown-spi" },
	{ "readdressed", "readdressed" },
	{ "misfit", "misfit" },
	{ "unprotected_out", "unprotected-out" },
	{ "icmp_quoted", "icmp-quoted" },
	{ "inet6_dropped", "inet6" },
	{ "d3p_too_old", "d3p-too-old" },
	{ "d3p_too_new", "d3p-too-new" },
	{ "d3p_no_timestamp", "d3p-no-timestamp" },
	{ "d3p_unexpected", "d3p-unexpected" },
	{ "d3p_type_error", "d3p-type-error" },
	{ "d3p_length_error", "d3p-length-error" },
	{ "d3p_next_header_error", "d3p-next-header-error" },
	{ "wrong_iv", "wrong-iv" },
};

/* The value of KEY in O under LABELS, when it has one. */
static void print_value(FILE *out, const char *name, const char *labels, struct json_object *o, const char *key)
{
	struct json_object *v = show_get(o, key);

	if (json_object_is_type(v, json_type_int) || json_object_is_type(v, json_type_boolean))
		put_sample(out, name, labels, json_object_get_int64(v));
}

/* One metric of every VPN.  WITHIN is the object of the VPN that has the number. */
static void print_of_vpns(FILE *out, struct json_object *vpns, const struct metric *m, const char *within)
{
	char labels[LABELS_MAX];

	put_family(out, m->name, m->kind, m->help);
	for (size_t i = 0; i < json_object_array_length(vpns); i++) {
		struct json_object *vpn = json_object_array_get_idx(vpns, i);

		vpn_labels(vpn, labels);
		/* Counters begin anew with each KEK: the label gives each KEK a series of its own. */
		if (strcmp(within, "kek") == 0)
			add_number_label(labels, "kek", show_get(show_get(vpn, within), "index"));
		print_value(out, m->name, labels, show_get(vpn, within), m->key);
	}
}

static void print_states(FILE *out, struct json_object *vpns)
{
	static const enum group_state states[] = { GROUP_IDLE,     GROUP_REGISTERING, GROUP_REGISTERED,
						   GROUP_RENEWING, GROUP_WAITING,     GROUP_UNUSABLE };

	put_family(out, "gvpn_state", KIND_GAUGE, "1 for the state that the group VPN is in.");
	for (size_t i = 0; i < json_object_array_length(vpns); i++) {
		struct json_object *vpn = json_object_array_get_idx(vpns, i);

		for (size_t j = 0; j < ARRAY_SIZE(states); j++) {
			const char *state = group_state_name(states[j]);
			char labels[LABELS_MAX];

			vpn_labels(vpn, labels);
			add_label(labels, "state", state);
			put_sample(out, "gvpn_state", labels, strcmp(get_string(vpn, "state"), state) == 0);
		}
	}
}

static size_t n_sas(struct json_object *vpn)
{
	struct json_object *sas = show_get(vpn, "sas");

	return json_object_is_type(sas, json_type_array) ? json_object_array_length(sas) : 0;
}

/* An alert on 1 finds a mistyped name before somebody misses the protection. */
static void print_interfaces(FILE *out, struct json_object *vpns)
{
	static const char name[] = "gvpn_interface_missing";

	put_family(out, name, KIND_GAUGE,
		   "1 for an interface that the configuration names and this host does not have.");
	for (size_t i = 0; i < json_object_array_length(vpns); i++) {
		struct json_object *vpn = json_object_array_get_idx(vpns, i), *list = show_get(vpn, "interfaces");

		for (size_t j = 0; json_object_is_type(list, json_type_array) && j < json_object_array_length(list);
		     j++) {
			struct json_object *o = json_object_array_get_idx(list, j);
			char labels[LABELS_MAX];

			vpn_labels(vpn, labels);
			add_label(labels, "interface", get_string(o, "name"));
			put_sample(out, name, labels, !json_object_get_boolean(show_get(o, "present")));
		}
	}
}

static void print_registration(FILE *out, struct json_object *vpns)
{
	char labels[LABELS_MAX];

	put_family(out, "gvpn_keys", KIND_GAUGE, "Traffic keys held.");
	for (size_t i = 0; i < json_object_array_length(vpns); i++) {
		struct json_object *vpn = json_object_array_get_idx(vpns, i);

		vpn_labels(vpn, labels);
		put_sample(out, "gvpn_keys", labels, (int64_t)n_sas(vpn));
	}
	put_family(out, "gvpn_refusals", KIND_GAUGE, "What of the last download was refused, keys and policies.");
	for (size_t i = 0; i < json_object_array_length(vpns); i++) {
		struct json_object *vpn = json_object_array_get_idx(vpns, i), *list = show_get(vpn, "refusals");

		vpn_labels(vpn, labels);
		put_sample(out, "gvpn_refusals", labels,
			   json_object_is_type(list, json_type_array) ? (int64_t)json_object_array_length(list) : 0);
	}
	put_family(out, "gvpn_next_registration_seconds", KIND_GAUGE, "Time to the next registration.");
	for (size_t i = 0; i < json_object_array_length(vpns); i++) {
		struct json_object *vpn = json_object_array_get_idx(vpns, i);

		vpn_labels(vpn, labels);
		print_value(out, "gvpn_next_registration_seconds", labels, vpn, "next_registration_seconds");
	}
}

/*
 * The metric NAME of every SA.  WITHIN is the object of the SA that has the number, NULL: the SA itself.  DIRECTION is
 * a label; NULL: the metric has no direction.
 */
static void print_of_sas(FILE *out, struct json_object *vpns, const char *name, const char *within, const char *key,
			 const char *direction)
{
	for (size_t i = 0; i < json_object_array_length(vpns); i++) {
		struct json_object *vpn = json_object_array_get_idx(vpns, i);

		for (size_t j = 0; j < n_sas(vpn); j++) {
			struct json_object *sa = json_object_array_get_idx(show_get(vpn, "sas"), j);
			char labels[LABELS_MAX];

			vpn_labels(vpn, labels);
			add_label(labels, "spi", get_string(sa, "spi"));
			if (direction)
				add_label(labels, "direction", direction);
			print_value(out, name, labels, within ? show_get(sa, within) : sa, key);
		}
	}
}

static void print_sas(FILE *out, struct json_object *vpns)
{
	for (size_t i = 0; i < ARRAY_SIZE(of_sa); i++) {
		put_family(out, of_sa[i].name, of_sa[i].kind, of_sa[i].help);
		print_of_sas(out, vpns, of_sa[i].name, NULL, of_sa[i].key, NULL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(of_sender); i++) {
		put_family(out, of_sender[i].name, of_sender[i].kind, of_sender[i].help);
		print_of_sas(out, vpns, of_sender[i].name, "sender", of_sender[i].key, NULL);
	}
	put_family(out, "gvpn_sa_packets_total", KIND_COUNTER, "Packets of the SA.");
	print_of_sas(out, vpns, "gvpn_sa_packets_total", NULL, "packets_in", "in");
	print_of_sas(out, vpns, "gvpn_sa_packets_total", NULL, "packets_out", "out");
	put_family(out, "gvpn_sa_bytes_total", KIND_COUNTER, "Octets of the SA.");
	print_of_sas(out, vpns, "gvpn_sa_bytes_total", NULL, "bytes_in", "in");
	print_of_sas(out, vpns, "gvpn_sa_bytes_total", NULL, "bytes_out", "out");
}

static void rule_labels(struct json_object *vpn, struct json_object *zone, struct json_object *rule,
			char ret[static LABELS_MAX])
{
	vpn_labels(vpn, ret);
	add_label(ret, "from_zone", get_string(zone, "from"));
	add_label(ret, "to_zone", get_string(zone, "to"));
	add_label(ret, "type", get_string(rule, "type"));
	add_label(ret, "rule", get_string(rule, "name"));
	add_number_label(ret, "tunnel_id", show_get(rule, "tunnel_id"));
}

/* Adds KEY of the rules of ZONE to SUMS, by labels. */
static void sum_rules(struct json_object *sums, struct json_object *vpn, struct json_object *zone, const char *key)
{
	struct json_object *rules = show_get(zone, "policies");

	for (size_t i = 0; json_object_is_type(rules, json_type_array) && i < json_object_array_length(rules); i++) {
		struct json_object *rule = json_object_array_get_idx(rules, i), *value = show_get(rule, key), *sum;
		char labels[LABELS_MAX];

		if (!json_object_is_type(value, json_type_int))
			continue;
		rule_labels(vpn, zone, rule, labels);
		if (json_object_object_get_ex(sums, labels, &sum))
			json_object_int_inc(sum, json_object_get_int64(value));
		else
			json_object_object_add(sums, labels, json_object_new_int64(json_object_get_int64(value)));
	}
}

/* One statement may have made several rules: they have the same labels, and a sample together. */
static void print_of_rules(FILE *out, struct json_object *vpns, const char *name, const char *key)
{
	_cleanup_(json_putp) struct json_object *sums = json_object_new_object();

	for (size_t i = 0; i < json_object_array_length(vpns); i++) {
		struct json_object *vpn = json_object_array_get_idx(vpns, i), *zones = show_get(vpn, "zones");

		for (size_t j = 0; json_object_is_type(zones, json_type_array) && j < json_object_array_length(zones);
		     j++)
			sum_rules(sums, vpn, json_object_array_get_idx(zones, j), key);
	}
	json_object_object_foreach (sums, labels, sum) {
		put_sample(out, name, labels, json_object_get_int64(sum));
	}
}

static void print_rules(FILE *out, struct json_object *vpns)
{
	put_family(out, "gvpn_rule_packets_total", KIND_COUNTER,
		   "Packets that the rule has let pass or dropped outside of ESP.");
	print_of_rules(out, vpns, "gvpn_rule_packets_total", "clear_packets");
	put_family(out, "gvpn_rule_bytes_total", KIND_COUNTER, "Their octets.");
	print_of_rules(out, vpns, "gvpn_rule_bytes_total", "clear_bytes");
}

static void print_kernel(FILE *out, struct json_object *counters)
{
	char labels[LABELS_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(of_kernel); i++) {
		put_family(out, of_kernel[i].name, of_kernel[i].kind, of_kernel[i].help);
		print_value(out, of_kernel[i].name, "", counters, of_kernel[i].key);
	}
	put_family(out, "gvpn_dropped_packets_total", KIND_COUNTER, "Packets dropped, by cause, of all group VPNs.");
	for (size_t i = 0; i < ARRAY_SIZE(drops); i++) {
		labels[0] = '\0';
		add_label(labels, "cause", drops[i].cause);
		print_value(out, "gvpn_dropped_packets_total", labels, counters, drops[i].key);
	}
}

/* An alert on 0 finds it before packets are lost. */
static void print_clock(FILE *out, struct json_object *clock)
{
	put_family(out, "gvpn_clock_synchronised", KIND_GAUGE,
		   "1 when this host's clock is synchronised, as anti-replay by time (D3P) needs it.");
	put_sample(out, "gvpn_clock_synchronised", "", json_object_get_boolean(show_get(clock, "synchronised")));
}

int metrics_print(FILE *out, struct json_object *snapshot)
{
	struct json_object *vpns = show_get(snapshot, "vpns");
	char labels[LABELS_MAX] = "";

	if (!json_object_is_type(vpns, json_type_array))
		return -EBADMSG;
	put_family(out, "gvpn_build_info", KIND_GAUGE, "1; the label says which version runs.");
	add_label(labels, "version", get_string(snapshot, "version"));
	put_sample(out, "gvpn_build_info", labels, 1);
	print_states(out, vpns);
	print_registration(out, vpns);
	print_interfaces(out, vpns);
	for (size_t i = 0; i < ARRAY_SIZE(of_stats); i++)
		print_of_vpns(out, vpns, &of_stats[i], "stats");
	for (size_t i = 0; i < ARRAY_SIZE(of_kek); i++)
		print_of_vpns(out, vpns, &of_kek[i], "kek");
	print_sas(out, vpns);
	print_rules(out, vpns);
	if (json_object_is_type(show_get(snapshot, "counters"), json_type_object))
		print_kernel(out, show_get(snapshot, "counters"));
	if (json_object_is_type(show_get(snapshot, "clock"), json_type_object))
		print_clock(out, show_get(snapshot, "clock"));
	return 0;
}

static int put_snapshot(FILE *out, enum show_view view, struct json_object *snapshot)
{
	(void)view;
	return metrics_print(out, snapshot);
}

const struct output output_metrics = { .snapshot = put_snapshot };
