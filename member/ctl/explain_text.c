/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/ctl/explain_text.h"

#include "lib/selector.h"
#include "member/ctl/show_render.h"

#include <inttypes.h>
#include <netinet/in.h>

static void put_label(FILE *out, const char *name)
{
	fprintf(out, "  %-11s: ", name);
}

static const char *port_text(struct json_object *packet, const char *key, char buf[static 24])
{
	int64_t v = show_int(packet, key);

	if (v == 0)
		return "any";
	snprintf(buf, 24, "%" PRId64, v);
	return buf;
}

static void print_packet(FILE *out, struct json_object *packet)
{
	int64_t proto = show_int(packet, "protocol");
	char sport[24], dport[24];

	put_label(out, "Packet");
	fprintf(out, "%s -> %s, ", show_string(packet, "source"), show_string(packet, "destination"));
	switch (proto) {
	case 0:
		fprintf(out, "of a protocol that no rule names");
		break;
	case IPPROTO_ICMP:
		fprintf(out, "icmp");
		break;
	case IPPROTO_TCP:
		fprintf(out, "tcp");
		break;
	case IPPROTO_UDP:
		fprintf(out, "udp");
		break;
	default:
		fprintf(out, "protocol %" PRId64, proto);
	}
	if (proto > 0 && proto <= UINT8_MAX && protocol_has_ports((uint8_t)proto))
		fprintf(out, ", port %s -> %s", port_text(packet, "source_port", sport),
			port_text(packet, "destination_port", dport));
	fprintf(out, "\n");
}

static void print_path(FILE *out, struct json_object *answer)
{
	struct json_object *inside = show_get(answer, "inside"), *outside = show_get(answer, "outside");

	put_label(out, "Direction");
	fprintf(out, "%s\n", show_get(answer, "direction") ? show_string(answer, "direction") : "-");
	put_label(out, "Interfaces");
	if (show_get(inside, "interface") || show_get(outside, "interface"))
		fprintf(out, "inside %s%s, outside %s\n",
			show_get(inside, "interface") ? show_string(inside, "interface") : "-",
			json_object_get_boolean(show_get(inside, "local")) ? " (this host itself)" : "",
			show_get(outside, "interface") ? show_string(outside, "interface") : "-");
	else
		fprintf(out, "-\n");
}

static void print_rule(FILE *out, struct json_object *rule)
{
	put_label(out, "Rule");
	if (!rule) {
		fprintf(out, "-\n");
		return;
	}
	fprintf(out, "%s", show_string(rule, "type"));
	if (show_string(rule, "name")[0])
		fprintf(out, " %s", show_string(rule, "name"));
	if (show_get(rule, "tunnel_id"))
		fprintf(out, ", Tunnel-id: %" PRId64, show_int(rule, "tunnel_id"));
	fprintf(out, ", %s\n", show_string(rule, "selector"));
}

void explain_print(FILE *out, struct json_object *answer)
{
	struct json_object *zones = show_get(answer, "zones");
	size_t n = show_count(answer, "spis");

	show_render_failure(out, answer);
	print_packet(out, show_get(answer, "packet"));
	print_path(out, answer);
	put_label(out, "VPN");
	fprintf(out, "%s\n", show_get(answer, "vpn") ? show_string(answer, "vpn") : "-");
	put_label(out, "Zones");
	if (zones)
		fprintf(out, "from %s to %s\n", show_string(zones, "from"), show_string(zones, "to"));
	else
		fprintf(out, "%s\n", show_get(answer, "vpn") ? "none, a service filter" : "-");
	print_rule(out, show_get(answer, "rule"));
	put_label(out, "SPI");
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s%s", i > 0 ? ", " : "", json_object_get_string(show_nth(answer, "spis", i)));
	fprintf(out, "%s\n", n > 0 ? "" : "-");
	put_label(out, "Verdict");
	fprintf(out, "%s\n", show_string(answer, "verdict"));
	put_label(out, "Because");
	fprintf(out, "%s\n", show_string(answer, "because"));
}
