/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The views of keys: kek security-associations and ipsec security-associations. */
#include "tests/gcks/show_private.h"

#include <inttypes.h>

/* The first and the second half of the SPI. */
static void format_cookies(char ret[static 2][17], const uint8_t spi[static KEK_SPI_LEN])
{
	for (size_t i = 0; i < KEK_SPI_LEN; i++)
		snprintf(&ret[i / 8][2 * (i % 8)], 3, "%02x", spi[i]);
}

static void print_kek(FILE *out, const struct gdoi_group *g, const struct gcks_kek_view *v)
{
	const struct gdoi_group_config *c = gdoi_group_config(g);
	char cookies[2][17];

	format_cookies(cookies, v->kek->spi);
	fprintf(out, "Index %" PRIu32 ", Group Name: %s, Group Id: %" PRIu32 "\n", v->index, c->name, c->id);
	fprintf(out, "Initiator cookie: %s, Responder cookie: %s\n", cookies[0], cookies[1]);
	fprintf(out, "Authentication method: %s\n", sig_shown(v->kek->sig_algorithm));
	fprintf(out, "Lifetime: Expires in %" PRIu32 " seconds, %s\n", v->remaining,
		v->replaced ? "Replaced" : "Activated");
	if (!v->replaced)
		fprintf(out, "Rekey in %" PRIu32 " seconds\n", v->rekey_in);
	fprintf(out, "  Algorithms:\n");
	fprintf(out, "   Sig-hash            : %s\n", sig_hash_shown_server(v->kek->sig_hash));
	fprintf(out, "   Encryption          : %s\n", cipher_shown_kek(v->kek->cipher));
	fprintf(out, "  Traffic statistics:\n");
	fprintf(out, "   Input  bytes  : %20" PRIu64 "\n", v->input_bytes);
	fprintf(out, "   Output bytes  : %20" PRIu64 "\n", v->output_bytes);
	fprintf(out, "   Input  packets: %20" PRIu64 "\n", v->input_packets);
	fprintf(out, "   Output packets: %20" PRIu64 "\n", v->output_packets);
	fprintf(out, "  Server Member Communication: Unicast\n");
	fprintf(out, "  Retransmission Period: %" PRIu32 ", Number of Retransmissions: %" PRIu32 "\n",
		c->push.retransmission_period, c->push.retransmissions);
	fprintf(out, "  Group Key Push sequence number: %" PRIu32 "\n", v->kek->seq);
}

void gcks_show_kek(FILE *out, const struct gdoi_group *g, const struct gcks_show_source *src, bool detail)
{
	const struct gdoi_group_config *c = gdoi_group_config(g);
	char cookies[2][17];

	for (size_t i = 0; i < gdoi_group_n_keks(g); i++) {
		struct gcks_kek_view v;

		gdoi_group_kek(g, src->now, i, &v);
		if (detail) {
			print_kek(out, g, &v);
			continue;
		}
		format_cookies(cookies, v.kek->spi);
		fprintf(out, "%-7" PRIu32 " %-9" PRIu32 " %s  %s  %" PRIu32 "\n", v.index, v.remaining, cookies[0],
			cookies[1], c->id);
	}
	if (detail && gdoi_group_n_keks(g) > 0) /* the group's pushes, whatever the KEK */
		fprintf(out, "\nPUSH negotiations in progress: %zu\n", gdoi_group_n_pushes(g));
}

static void print_ports(FILE *out, const char *name, const struct port_range *p)
{
	if (p->min == 0 && p->max == 65535)
		fprintf(out, "    %s: 0\n", name);
	else if (p->min == p->max)
		fprintf(out, "    %s: %u\n", name, p->min);
	else
		fprintf(out, "    %s: %u-%u\n", name, p->min, p->max);
}

static void print_policy(FILE *out, const struct gdoi_policy_config *p)
{
	char src[16], dst[16];

	gcks_format_addr(src, p->sel.src.addr);
	gcks_format_addr(dst, p->sel.dst.addr);
	fprintf(out, "  Policy Name: %s\n", p->name);
	fprintf(out, "    Source: %s/%u\n", src, p->sel.src.len);
	fprintf(out, "    Destination: %s/%u\n", dst, p->sel.dst.len);
	print_ports(out, "Source Port", &p->sel.sport);
	print_ports(out, "Destination Port", &p->sel.dport);
	fprintf(out, "    Protocol: %u\n", p->sel.protocol);
}

static void print_tek(FILE *out, const struct gdoi_group_config *c, const struct gdoi_policy_config *p,
		      const struct gcks_tek_view *v)
{
	fprintf(out, "IPsec SA: %s\n", p->sa);
	fprintf(out, "  Protocol: ESP, Authentication: %s, Encryption: %s\n", auth_shown_server(v->tek->auth),
		cipher_shown(v->tek->cipher));
	fprintf(out, "  Anti-replay: D3P %s\n", c->anti_replay_window_ms > 0 ? "enabled" : "disabled");
	fprintf(out, "  SPI: %08" PRIx32 "\n", v->tek->spi);
	fprintf(out, "    Lifetime: Expires in %" PRIu32 " seconds, %s\n", v->remaining,
		v->replaced ? "Replaced" : "Activated");
	if (!v->replaced)
		fprintf(out, "    Rekey in %" PRIu32 " seconds\n", v->rekey_in);
}

static bool policy_has_spi(const struct gdoi_group *g, uint64_t now, size_t policy, uint32_t spi)
{
	for (size_t j = 0; j < gdoi_group_n_teks(g, policy); j++) {
		struct gcks_tek_view v;

		gdoi_group_tek(g, now, policy, j, &v);
		if (v.tek->spi == spi)
			return true;
	}
	return false;
}

/* Whether policy I is the first that has this SPI: an SA is shown once, with all of its policies. */
static bool is_first_of_spi(const struct gdoi_group *g, uint64_t now, size_t i, uint32_t spi)
{
	for (size_t j = 0; j < i; j++) {
		if (policy_has_spi(g, now, j, spi))
			return false;
	}
	return true;
}

static void print_sa(FILE *out, const struct gdoi_group *g, uint64_t now, size_t policy, const struct gcks_tek_view *v,
		     bool detail)
{
	const struct gdoi_group_config *c = gdoi_group_config(g);
	char algorithm[48];

	if (!detail) {
		snprintf(algorithm, sizeof(algorithm), "ESP:%s/%s", cipher_shown(v->tek->cipher),
			 auth_shown_server(v->tek->auth));
		fprintf(out, "  %-24s %-23s %08" PRIx32 "   %" PRIu32 "\n", c->policies[policy].sa, algorithm,
			v->tek->spi, v->remaining);
		return;
	}
	print_tek(out, c, &c->policies[policy], v);
	for (size_t i = policy; i < c->n_policies; i++) {
		if (policy_has_spi(g, now, i, v->tek->spi))
			print_policy(out, &c->policies[i]);
	}
}

/* Ours, at the end of the block. */
static void print_sender_ids(FILE *out, const struct gdoi_group *g)
{
	uint64_t given, all;
	unsigned bits;

	if (gdoi_group_sender_id_counts(g, &bits, &given, &all))
		fprintf(out, "  Sender ids: %" PRIu64 " of %" PRIu64 " given, %u bits\n", given, all, bits);
}

void gcks_show_ipsec(FILE *out, const struct gdoi_group *g, const struct gcks_show_source *src, bool detail)
{
	const struct gdoi_group_config *c = gdoi_group_config(g);
	struct gcks_tek_view v;
	size_t total = 0;

	for (size_t i = 0; i < c->n_policies; i++) {
		for (size_t j = 0; j < gdoi_group_n_teks(g, i); j++) {
			gdoi_group_tek(g, src->now, i, j, &v);
			total += is_first_of_spi(g, src->now, i, v.tek->spi);
		}
	}
	gcks_print_group(out, c);
	fprintf(out, "  Total IPsec SAs: %zu\n", total);
	if (!detail)
		fprintf(out, "  %-24s %-23s %-10s %s\n", "IPsec SA", "Algorithm", "SPI", "Lifetime");
	for (size_t i = 0; i < c->n_policies; i++) {
		for (size_t j = 0; j < gdoi_group_n_teks(g, i); j++) {
			gdoi_group_tek(g, src->now, i, j, &v);
			if (is_first_of_spi(g, src->now, i, v.tek->spi))
				print_sa(out, g, src->now, i, &v, detail);
		}
	}
	if (detail)
		print_sender_ids(out, g);
}
