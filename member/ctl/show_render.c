/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/ctl/show_render.h"

#include "lib/plan.h"
#include "member/ctl/show_part.h"

#include <inttypes.h>

struct json_object *show_get(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	json_object_object_get_ex(o, key, &v);
	return v;
}

const char *show_string(struct json_object *o, const char *key)
{
	struct json_object *v = show_get(o, key);

	return json_object_is_type(v, json_type_string) ? json_object_get_string(v) : "-";
}

int64_t show_int(struct json_object *o, const char *key)
{
	return json_object_get_int64(show_get(o, key));
}

uint64_t show_counter(struct json_object *o, const char *key)
{
	return json_object_get_uint64(show_get(o, key));
}

size_t show_count(struct json_object *o, const char *key)
{
	struct json_object *v = show_get(o, key);

	return json_object_is_type(v, json_type_array) ? json_object_array_length(v) : 0;
}

struct json_object *show_nth(struct json_object *o, const char *key, size_t i)
{
	return json_object_array_get_idx(show_get(o, key), i);
}

struct show_number show_number_or(struct json_object *o, const char *key, const char *text)
{
	struct show_number n;

	if (show_get(o, key))
		snprintf(n.text, sizeof(n.text), "%" PRId64, show_int(o, key));
	else
		snprintf(n.text, sizeof(n.text), "%s", text);
	return n;
}

void show_render_traffic(FILE *out, uint64_t bytes_in, uint64_t bytes_out, uint64_t packets_in, uint64_t packets_out)
{
	fprintf(out, "   Input  bytes        : %20" PRIu64 "\n", bytes_in);
	fprintf(out, "   Output bytes        : %20" PRIu64 "\n", bytes_out);
	fprintf(out, "   Input  packets: %26" PRIu64 "\n", packets_in);
	fprintf(out, "   Output packets: %26" PRIu64 "\n", packets_out);
}

void show_render_failure(FILE *out, struct json_object *part)
{
	struct json_object *o = show_get(part, SNAPSHOT_KERNEL_FAILURE);

	if (o)
		fprintf(out, "The kernel does not hold the plan, for %" PRIu64 " s now: %s\n\n",
			show_counter(o, "seconds"), show_string(o, "reason"));
	else if (show_get(part, "kernel") && !json_object_get_boolean(show_get(part, "kernel")))
		fprintf(out, "The kernel is not programmed (gvpnd --no-kernel): this is what it would hold\n\n");
}

void show_render_missing(FILE *out, struct json_object *vpn)
{
	for (size_t i = 0; i < show_count(vpn, "interfaces"); i++) {
		struct json_object *o = show_nth(vpn, "interfaces", i);

		if (json_object_get_boolean(show_get(o, "present")))
			continue;
		fprintf(out, "  Interface missing on this host: %s", show_string(o, "name"));
		if (show_get(o, "zone"))
			fprintf(out, ", Zone: %s", show_string(o, "zone"));
		fprintf(out, "\n");
	}
}

void show_render_kek(FILE *out, struct json_object *part)
{
	fprintf(out, "  Index      Server Address  Life:sec  Initiator cookie  Responder cookie  GroupId\n");
	for (size_t i = 0; i < show_count(part, "vpns"); i++) {
		struct json_object *vpn = show_nth(part, "vpns", i), *kek = show_get(vpn, "kek");
		if (!kek)
			continue;
		fprintf(out, "  %-10" PRId64 " %-15s %-9s %-17s %-17s %" PRId64 "\n", show_int(kek, "index"),
			show_string(kek, "server_address"), show_number_or(kek, "life_seconds", "unlim").text,
			show_string(kek, "initiator_cookie"), show_string(kek, "responder_cookie"),
			show_int(vpn, "group_id"));
	}
}

static void render_kek(FILE *out, struct json_object *vpn, struct json_object *kek)
{
	fprintf(out, "  Index %" PRId64 ", Group Id: %" PRId64 "\n", show_int(kek, "index"), show_int(vpn, "group_id"));
	fprintf(out, "  Group VPN Name: %s\n", show_string(vpn, "name"));
	fprintf(out, "  Local Gateway: %s, GDOI Server: %s\n", show_string(vpn, "local_gateway"),
		show_string(vpn, "gdoi_server"));
	fprintf(out, "  Initiator cookie: %s, Responder cookie: %s\n", show_string(kek, "initiator_cookie"),
		show_string(kek, "responder_cookie"));
	if (show_get(kek, "life_seconds"))
		fprintf(out, "  Lifetime: Expires in %" PRId64 " seconds\n", show_int(kek, "life_seconds"));
	else
		fprintf(out, "  Lifetime: Unlimited\n");
	fprintf(out, "  Group Key Push Sequence number: %" PRId64 "\n\n", show_int(kek, "sequence"));

	fprintf(out, "  Algorithms:\n");
	fprintf(out, "   Sig-hash            : %s\n", show_string(kek, "sig_hash"));
	fprintf(out, "   Encryption          : %s\n", show_string(kek, "encryption"));
	fprintf(out, "  Traffic statistics:\n");
	show_render_traffic(out, show_counter(kek, "input_bytes"), show_counter(kek, "output_bytes"),
			    show_counter(kek, "input_packets"), show_counter(kek, "output_packets"));
	fprintf(out, "  Stats:\n");
	fprintf(out, "   Push received       : %20" PRId64 "\n", show_int(kek, "push_received"));
	fprintf(out, "   Delete received     : %20" PRId64 "\n", show_int(kek, "delete_received"));
}

void show_render_kek_detail(FILE *out, struct json_object *part)
{
	for (size_t i = 0; i < show_count(part, "vpns"); i++) {
		struct json_object *vpn = show_nth(part, "vpns", i), *kek = show_get(vpn, "kek");
		if (i > 0)
			fprintf(out, "\n");
		if (kek)
			render_kek(out, vpn, kek);
		else
			fprintf(out, "  Group VPN Name: %s, Group Id: %" PRId64 "\n  No KEK is held\n",
				show_string(vpn, "name"), show_int(vpn, "group_id"));
	}
}

static void render_traffic_end(FILE *out, const char *label, struct json_object *end)
{
	fprintf(out, "    %-11s : IP <%s - %s>, Port <%" PRId64 " - %" PRId64 ">, Protocol <%" PRId64 ">\n", label,
		show_string(end, "first"), show_string(end, "last"), show_int(end, "port_min"),
		show_int(end, "port_max"), show_int(end, "protocol"));
}

/* What a rule of TYPE does with a packet that is not in ESP. */
static bool lets_pass(const char *type)
{
	return strcmp(type, plan_reason_name(PLAN_EXCLUDE)) == 0 || strcmp(type, plan_reason_name(PLAN_FAIL_OPEN)) == 0;
}

static void render_zone(FILE *out, struct json_object *zone)
{
	fprintf(out, "  From-zone: %s, To-zone: %s\n", show_string(zone, "from"), show_string(zone, "to"));
	for (size_t i = 0; i < show_count(zone, "policies"); i++) {
		struct json_object *policy = show_nth(zone, "policies", i), *name = show_get(policy, "name");
		fprintf(out, "  Tunnel-id: %" PRId64 ", Policy type: %s\n", show_int(policy, "tunnel_id"),
			show_string(policy, "type"));
		render_traffic_end(out, "Source", show_get(policy, "source"));
		render_traffic_end(out, "Destination", show_get(policy, "destination"));
		if (json_object_get_string_len(name) > 0)
			fprintf(out, "    Rule        : %s\n", json_object_get_string(name));
		if (show_int(policy, "clear_packets") > 0)
			fprintf(out, "    %-11s : %" PRId64 " packets, %" PRId64 " bytes\n",
				lets_pass(show_string(policy, "type")) ? "Passed" : "Dropped",
				show_int(policy, "clear_packets"), show_int(policy, "clear_bytes"));
	}
}

void show_render_policy(FILE *out, struct json_object *part)
{
	for (size_t i = 0; i < show_count(part, "vpns"); i++) {
		struct json_object *vpn = show_nth(part, "vpns", i);
		if (i > 0)
			fprintf(out, "\n");
		fprintf(out, "  Group VPN Name: %s, Group Id: %" PRId64 "\n", show_string(vpn, "name"),
			show_int(vpn, "group_id"));
		for (size_t z = 0; z < show_count(vpn, "zones"); z++)
			render_zone(out, show_nth(vpn, "zones", z));
		show_render_missing(out, vpn);
	}
}
