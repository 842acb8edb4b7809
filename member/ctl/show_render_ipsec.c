/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/ctl/show_render.h"

#include "lib/gvpn.h"

#include <inttypes.h>
#include <netdb.h>

static bool sa_has_state(struct json_object *sa, const char *state)
{
	return strcmp(show_string(sa, "state"), state) == 0;
}

static bool is_active_policy(struct json_object *policy)
{
	return !sa_has_state(policy, "not installed");
}

/* Whether an SA before number I has this policy and is in the kernel. */
static bool told_before(struct json_object *vpn, size_t i, int64_t tunnel_id)
{
	for (size_t j = 0; j < i; j++) {
		struct json_object *sa = show_nth(vpn, "sas", j);

		for (size_t k = 0; k < show_count(sa, "policies"); k++) {
			struct json_object *policy = show_nth(sa, "policies", k);

			if (show_int(policy, "tunnel_id") == tunnel_id && is_active_policy(policy))
				return true;
		}
	}
	return false;
}

/* A tunnel is a policy.  During a rollover it has several SAs, and each has its row: the tunnel counts once. */
static size_t active_tunnels(struct json_object *vpn)
{
	size_t n = 0;

	for (size_t i = 0; i < show_count(vpn, "sas"); i++) {
		struct json_object *sa = show_nth(vpn, "sas", i);

		for (size_t j = 0; j < show_count(sa, "policies"); j++) {
			struct json_object *policy = show_nth(sa, "policies", j);

			n += is_active_policy(policy) && !told_before(vpn, i, show_int(policy, "tunnel_id"));
		}
	}
	return n;
}

static void render_row(FILE *out, struct json_object *vpn, struct json_object *sa, struct json_object *policy)
{
	const char *direction = show_string(sa, "direction"), *auth = show_string(sa, "authentication"), *mark = "<>";
	char id[32], algorithm[96], life[64];

	if (strcmp(direction, "sender-only") == 0)
		mark = ">";
	else if (strcmp(direction, "receiver-only") == 0)
		mark = "<";
	snprintf(id, sizeof(id), "%s%" PRId64, mark, show_int(policy, "tunnel_id"));
	snprintf(algorithm, sizeof(algorithm), "%s:%s%s%s", show_string(sa, "protocol"), show_string(sa, "encryption"),
		 auth[0] ? "/" : "", auth);
	snprintf(life, sizeof(life), "%s/ %s", show_number_or(sa, "hard_seconds", "unlim").text,
		 show_number_or(sa, "lifesize_kilobytes", "unlim").text);
	fprintf(out, "  %-7s %-15s %-5" PRId64 " %-27s %-8s %-12s %-8" PRId64 " root\n", id,
		show_string(vpn, "gdoi_server"), show_int(vpn, "server_port"), algorithm, show_string(sa, "spi"), life,
		show_int(vpn, "group_id"));
}

/* A VPN that got nothing usable stands in no row: it is named. */
static void render_unusable(FILE *out, struct json_object *vpn)
{
	if (strcmp(show_string(vpn, "state"), "unusable") == 0)
		fprintf(out, "  Group VPN Name: %s, unusable (%s)\n", show_string(vpn, "name"),
			show_string(vpn, "state_reason"));
}

void show_render_ipsec(FILE *out, struct json_object *part)
{
	size_t active = 0, rows = 0;

	for (size_t i = 0; i < show_count(part, "vpns"); i++) {
		active += active_tunnels(show_nth(part, "vpns", i));
		for (size_t j = 0; j < show_count(show_nth(part, "vpns", i), "sas"); j++)
			rows += show_count(show_nth(show_nth(part, "vpns", i), "sas", j), "policies");
	}
	fprintf(out, "  Total active tunnels: %zu\n", active);
	for (size_t i = 0; i < show_count(part, "vpns"); i++)
		render_unusable(out, show_nth(part, "vpns", i));
	if (rows == 0)
		return;
	fprintf(out,
		"  ID      Server          Port  Algorithm                   SPI      Life:sec/kb  GId      lsys\n");
	for (size_t i = 0; i < show_count(part, "vpns"); i++) {
		struct json_object *vpn = show_nth(part, "vpns", i);
		for (size_t j = 0; j < show_count(vpn, "sas"); j++) {
			struct json_object *sa = show_nth(vpn, "sas", j);
			for (size_t k = 0; k < show_count(sa, "policies"); k++)
				render_row(out, vpn, sa, show_nth(sa, "policies", k));
		}
	}
}

static void render_stat(FILE *out, struct json_object *vpn, const char *label, const char *max, const char *key)
{
	char name[64];

	if (max)
		snprintf(name, sizeof(name), "%s(%" PRId64 ")", label, show_int(vpn, max));
	else
		snprintf(name, sizeof(name), "%s", label);
	/* Junos lets the colon of a long name follow at once, and the number take up the rest. */
	int wide = fprintf(out, "    %-26s:", name) - 4;
	fprintf(out, " %*" PRId64 "\n", wide > 27 ? 33 - wide : 6, show_int(show_get(vpn, "stats"), key));
}

static void render_stats(FILE *out, struct json_object *vpn)
{
	fprintf(out, "  Stats:\n");
	render_stat(out, vpn, "Pull Succeeded", NULL, "pull_succeeded");
	render_stat(out, vpn, "Pull Failed", NULL, "pull_failed");
	render_stat(out, vpn, "Pull Timeout", NULL, "pull_timeout");
	render_stat(out, vpn, "Pull Aborted", NULL, "pull_aborted");
	render_stat(out, vpn, "Push Succeeded", NULL, "push_succeeded");
	render_stat(out, vpn, "Push Failed", NULL, "push_failed");
	render_stat(out, vpn, "Server Failover", NULL, "server_failover");
	render_stat(out, vpn, "Delete Received", NULL, "delete_received");
	render_stat(out, vpn, "Exceed Maximum Keys", "max_keys", "exceed_maximum_keys");
	render_stat(out, vpn, "Exceed Maximum Policies", "max_policies", "exceed_maximum_policies");
	render_stat(out, vpn, "Unsupported Algo", NULL, "unsupported_algo");
	if (show_get(show_get(vpn, "stats"), "recovery_probes") &&
	    json_object_get_boolean(show_get(vpn, "recovery_probe"))) /* ours, where it can be other than 0 */
		render_stat(out, vpn, "Recovery Probes", NULL, "recovery_probes");
}

/* [0..7] are the octets of the identity: an address and a mask. */
static void render_selector(FILE *out, const char *label, struct json_object *sel)
{
	int64_t protocol = show_int(sel, "protocol"), min = show_int(sel, "port_min"), max = show_int(sel, "port_max");
	const char *name = NULL;
	char number[24];

	switch (protocol) {
	case IPPROTO_IP:
		name = "any";
		break;
	case IPPROTO_ICMP:
		name = "icmp";
		break;
	case IPPROTO_TCP:
		name = "tcp";
		break;
	case IPPROTO_UDP:
		name = "udp";
		break;
	default:
		snprintf(number, sizeof(number), "%" PRId64, protocol);
		name = number;
	}
	fprintf(out, "    %s IP: ipv4_subnet(%s:", label, name);
	if (min == 0 && (max == 65535 || max == 0))
		fprintf(out, "0");
	else if (min == max)
		fprintf(out, "%" PRId64, min);
	else
		fprintf(out, "%" PRId64 "-%" PRId64, min, max);
	fprintf(out, ",[0..7]=%s)\n", show_string(sel, "prefix"));
}

static void render_lifetimes(FILE *out, struct json_object *sa)
{
	const char *activated =
		sa_has_state(sa, "installed") || sa_has_state(sa, "expiring") ? "Activated" : "Not activated";

	if (show_get(sa, "hard_seconds"))
		fprintf(out, "    Hard lifetime: Expires in %" PRId64 " seconds, %s\n", show_int(sa, "hard_seconds"),
			activated);
	else
		fprintf(out, "    Hard lifetime: Unlimited, %s\n", activated);
	if (show_get(sa, "lifesize_kilobytes"))
		fprintf(out, "    Lifesize Remaining:  %" PRId64 " kilobytes\n", show_int(sa, "lifesize_kilobytes"));
	else
		fprintf(out, "    Lifesize Remaining:  Unlimited\n");
	if (show_get(sa, "soft_seconds"))
		fprintf(out, "    Soft lifetime: Expires in %" PRId64 " seconds\n", show_int(sa, "soft_seconds"));
	else
		fprintf(out, "    Soft lifetime: Unlimited\n");
}

static void render_policy(FILE *out, struct json_object *sa, struct json_object *policy)
{
	fprintf(out, "  Tunnel-id: %" PRId64 "\n", show_int(policy, "tunnel_id"));
	render_selector(out, "Source", show_get(policy, "source"));
	render_selector(out, "Destination", show_get(policy, "destination"));
	fprintf(out, "    Direction: %s, SPI: %s\n", show_string(sa, "direction"), show_string(sa, "spi"));
}

/* Ours: of a counter mode alone. */
static void render_sender(FILE *out, struct json_object *sender)
{
	if (!sender)
		return;
	if (!show_get(sender, "id")) {
		fprintf(out, "    Sender id: none, receives only: %s\n", show_string(sender, "reason"));
		return;
	}
	fprintf(out, "    Sender id: %" PRId64 " (%" PRId64 " bits), ", show_int(sender, "id"),
		show_int(sender, "bits"));
	if (!show_get(sender, "iv_prefix")) {
		fprintf(out, "an SA with it is searched for\n");
		return;
	}
	fprintf(out, "IV prefix: %s, Tries: %s, Sequence left: %" PRId64 "\n", show_string(sender, "iv_prefix"),
		show_number_or(sender, "tries", "-").text, show_int(sender, "sequence_left"));
}

static void render_sender_ids(FILE *out, struct json_object *ids)
{
	if (!ids)
		return;
	fprintf(out, "  Sender ids (%" PRId64 " bits):", show_int(ids, "bits"));
	for (size_t i = 0; i < show_count(ids, "ids"); i++)
		fprintf(out, " %" PRId64, json_object_get_int64(show_nth(ids, "ids", i)));
	fprintf(out, "\n");
}

/* Nothing is printed where nothing came: the guide's outputs have no such line. */
static void render_stamps(FILE *out, struct json_object *sa)
{
	int64_t us = show_int(sa, "stamp_age_us");

	if (!show_get(sa, "stamp_age_us"))
		return;
	fprintf(out, "    Time stamps of late: %" PRId64 ".%03" PRId64 " ms %s\n", (us < 0 ? -us : us) / 1000,
		(us < 0 ? -us : us) % 1000, us < 0 ? "ahead of this host's clock" : "old");
}

/* An SA stands below the first of its policies; the others follow, with its SPI. */
static void render_sa(FILE *out, struct json_object *sa)
{
	const char *auth = show_string(sa, "authentication");

	if (show_count(sa, "policies") > 0)
		render_policy(out, sa, show_nth(sa, "policies", 0));
	fprintf(out, "    Protocol: %s, Authentication: %s, Encryption: %s\n", show_string(sa, "protocol"),
		auth[0] ? auth : "none", show_string(sa, "encryption"));
	render_lifetimes(out, sa);
	fprintf(out, "    Mode: %s, Type: Group VPN, State: %s", show_string(sa, "mode"), show_string(sa, "state"));
	if (sa_has_state(sa, "not installed") && show_get(sa, "planned_state"))
		fprintf(out, ", planned: %s", show_string(sa, "planned_state"));
	fprintf(out, "\n");
	fprintf(out, "    Anti-replay service: %s\n", show_string(sa, "anti_replay"));
	render_stamps(out, sa);
	fprintf(out, "    Input packets: %" PRId64 ", Input bytes: %" PRId64 "\n", show_int(sa, "packets_in"),
		show_int(sa, "bytes_in"));
	fprintf(out, "    Output packets: %" PRId64 ", Output bytes: %" PRId64 "\n", show_int(sa, "packets_out"),
		show_int(sa, "bytes_out"));
	render_sender(out, show_get(sa, "sender"));
	for (size_t i = 1; i < show_count(sa, "policies"); i++)
		render_policy(out, sa, show_nth(sa, "policies", i));
}

/* Junos on an MX has the first line and no recovery probe; on an SRX it is the other way round. */
static void render_service(FILE *out, struct json_object *vpn)
{
	bool direction = show_get(vpn, "match_direction"), mtu = show_get(vpn, "tunnel_mtu");
	bool probe = json_object_get_boolean(show_get(vpn, "recovery_probe"));

	if (direction)
		fprintf(out, "  Rule Match Direction: %s%s", show_string(vpn, "match_direction"), mtu ? ", " : "\n");
	if (mtu)
		fprintf(out, "%sTunnel-MTU: %" PRId64 "\n", direction ? "" : "  ", show_int(vpn, "tunnel_mtu"));
	fprintf(out, "  Routing Instance: %s\n", show_string(vpn, "routing_instance"));
	if (probe || !direction)
		fprintf(out, "  Recovery Probe: %s\n", probe ? "Enabled" : "Disabled");
	fprintf(out, "  DF-bit: %s\n", show_string(vpn, "df_bit"));
}

static void render_registration(FILE *out, struct json_object *vpn)
{
	struct json_object *reason = show_get(vpn, "state_reason");

	fprintf(out, "  Registration state: %s", show_string(vpn, "state"));
	if (json_object_get_string_len(reason) > 0)
		fprintf(out, " (%s)", json_object_get_string(reason));
	if (show_get(vpn, "next_registration_seconds"))
		fprintf(out, ", next registration in %" PRId64 " seconds", show_int(vpn, "next_registration_seconds"));
	fprintf(out, "\n");
}

static void render_refusals(FILE *out, struct json_object *vpn)
{
	for (size_t i = 0; i < show_count(vpn, "refusals"); i++) {
		struct json_object *refusal = show_nth(vpn, "refusals", i);

		if (i == 0)
			fprintf(out, "  Refused of what the server gave last:\n");
		fprintf(out, "    %s\n", show_string(refusal, "reason"));
	}
}

/* Nothing is printed where nothing was sent: the guide's outputs have no such lines. */
static void render_unknown(FILE *out, struct json_object *vpn)
{
	struct json_object *ids = show_get(vpn, "vendor_ids");
	size_t n = show_count(vpn, "vendor_ids");

	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s%s%s", i == 0 ? "  Vendor IDs of the server: " : ", ",
			json_object_get_string(json_object_array_get_idx(ids, i)), i + 1 == n ? "\n" : "");
	for (size_t i = 0; i < show_count(vpn, "gap_unknown"); i++) {
		struct json_object *attribute = show_nth(vpn, "gap_unknown", i);

		if (i == 0)
			fprintf(out, "  GAP attributes of the server that are not known here:\n");
		fprintf(out, "    %" PRId64 " = %s\n", show_int(attribute, "type"), show_string(attribute, "value"));
	}
}

void show_render_ipsec_detail(FILE *out, struct json_object *part)
{
	for (size_t i = 0; i < show_count(part, "vpns"); i++) {
		struct json_object *vpn = show_nth(part, "vpns", i);
		if (i > 0)
			fprintf(out, "\n");
		fprintf(out, "  Virtual-system: root Group VPN Name: %s\n", show_string(vpn, "name"));
		fprintf(out, "  Local Gateway: %s, GDOI Server: %s\n", show_string(vpn, "local_gateway"),
			show_string(vpn, "gdoi_server"));
		fprintf(out, "  Group Id: %" PRId64 "\n", show_int(vpn, "group_id"));
		render_service(out, vpn);
		render_stats(out, vpn);
		fprintf(out, "  Flags:\n");
		fprintf(out, "    Rekey Needed:        %s\n",
			json_object_get_boolean(show_get(vpn, "rekey_needed")) ? "yes" : "no");
		fprintf(out, "\n  List of policies received from server:\n");
		for (size_t j = 0; j < show_count(vpn, "sas"); j++)
			render_sa(out, show_nth(vpn, "sas", j));
		render_refusals(out, vpn);
		render_unknown(out, vpn);
		render_sender_ids(out, show_get(vpn, "sender_ids"));
		render_registration(out, vpn);
		show_render_missing(out, vpn);
	}
}

static void render_counters(FILE *out, struct json_object *counters)
{
	static const struct {
		const char *label, *key;
	} drops[] = {
		{ "Cleartext for the group, inbound", "clear_in_dropped" },
		{ "Fail-close, inbound", "fail_close_in" },
		{ "Fail-close, outbound", "fail_close_out" },
		{ "ESP with an unknown SPI", "unknown_spi" },
		{ "ESP with other addresses outside", "readdressed" },
		{ "ESP that does not fit its SA", "misfit" },
		{ "Taken from its SA, outbound", "unprotected_out" },
		{ "ICMP that quotes what ESP held", "icmp_quoted" },
		{ "IPv6 between the zones", "inet6_dropped" },
		{ "D3P too old", "d3p_too_old" },
		{ "D3P too new", "d3p_too_new" },
		{ "D3P no timestamp", "d3p_no_timestamp" },
		{ "D3P unexpected", "d3p_unexpected" },
		{ "D3P type error", "d3p_type_error" },
		{ "D3P length error", "d3p_length_error" },
		{ "D3P next header error", "d3p_next_header_error" },
		{ "ESP with another sender's IV", "wrong_iv" },
	};

	fprintf(out, "  ESP statistics of all group VPNs:\n");
	show_render_traffic(out, show_counter(counters, "esp_in_bytes"), show_counter(counters, "esp_out_bytes"),
			    show_counter(counters, "esp_in"), show_counter(counters, "esp_out"));
	fprintf(out, "  Packets dropped, by cause:\n");
	for (size_t i = 0; i < ARRAY_SIZE(drops); i++)
		fprintf(out, "   %-32s: %10" PRId64 "\n", drops[i].label, show_int(counters, drops[i].key));
}

/* Stamps are compared with it (D3P). */
static void render_clock(FILE *out, struct json_object *clock)
{
	if (!clock)
		return;
	if (json_object_get_boolean(show_get(clock, "synchronised")))
		fprintf(out, "  Clock of this host: synchronised, at most %" PRId64 " ms off\n",
			show_int(clock, "maximum_error_ms"));
	else
		fprintf(out, "  Clock of this host: not synchronised\n");
}

void show_render_statistics(FILE *out, struct json_object *part)
{
	struct json_object *counters = show_get(part, "counters");

	for (size_t i = 0; i < show_count(part, "vpns"); i++) {
		struct json_object *vpn = show_nth(part, "vpns", i);
		uint64_t bytes_in = 0, bytes_out = 0, packets_in = 0, packets_out = 0;

		for (size_t j = 0; j < show_count(vpn, "sas"); j++) {
			struct json_object *sa = show_nth(vpn, "sas", j);
			bytes_in += show_counter(sa, "bytes_in");
			bytes_out += show_counter(sa, "bytes_out");
			packets_in += show_counter(sa, "packets_in");
			packets_out += show_counter(sa, "packets_out");
		}
		fprintf(out, "  Group VPN Name: %s, Group Id: %" PRId64 "\n", show_string(vpn, "name"),
			show_int(vpn, "group_id"));
		render_stats(out, vpn);
		fprintf(out, "  Traffic statistics of the present SAs:\n");
		show_render_traffic(out, bytes_in, bytes_out, packets_in, packets_out);
		fprintf(out, "\n");
	}
	if (counters)
		render_counters(out, counters);
	else
		fprintf(out, "  No packet counters: %s\n",
			json_object_get_boolean(show_get(part, "kernel")) ? "the daemon could not read them"
									  : "gvpnd runs with --no-kernel");
	render_clock(out, show_get(part, "clock"));
}
