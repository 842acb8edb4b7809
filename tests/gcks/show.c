/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/show.h"

#include <inttypes.h>

static const char *plain_cipher_name(enum cipher c)
{
	switch (c) {
	case CIPHER_NONE:
		return "none";
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

static const char *kek_cipher_name(enum cipher c)
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

static const char *auth_name(enum auth a)
{
	switch (a) {
	case AUTH_NONE:
		return "none";
	case AUTH_HMAC_SHA1_96:
		return "sha1";
	case AUTH_HMAC_SHA256_128:
		return "sha256";
	case AUTH_HMAC_SHA384_192:
		return "sha384";
	case AUTH_HMAC_SHA512_256:
		return "sha512";
	}
	return "?";
}

static const char *sig_hash_name(enum sig_hash h)
{
	switch (h) {
	case SIG_HASH_SHA1:
		return "sha1";
	case SIG_HASH_SHA256:
		return "sha256";
	case SIG_HASH_SHA384:
		return "sha384";
	case SIG_HASH_SHA512:
		return "sha512";
	}
	return "?";
}

static const char *sig_algorithm_name(enum sig_algorithm a)
{
	switch (a) {
	case SIG_RSA:
		return "RSA";
	case SIG_ECDSA_256:
		return "ECDSA-256";
	case SIG_ECDSA_384:
		return "ECDSA-384";
	case SIG_ECDSA_521:
		return "ECDSA-521";
	}
	return "?";
}

static void format_addr(char ret[static 16], uint32_t a)
{
	snprintf(ret, 16, "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
}

static void format_wall(char ret[static 40], const struct gcks_show_source *src, uint64_t then)
{
	time_t t = src->wall - (time_t)((src->now - then) / 1000);
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL || strftime(ret, 40, "%a %b %e %Y %H:%M:%S", &tm) == 0)
		snprintf(ret, 40, "unknown");
}

static void print_group(FILE *out, const struct gdoi_group_config *c)
{
	fprintf(out, "Group: %s, Group Id: %" PRIu32 "\n", c->name, c->id);
}

static void print_stats(FILE *out, const struct gcks_stats *s, bool with_threshold)
{
	const struct {
		const char *name;
		uint64_t value;
		bool shown;
	} lines[] = {
		{ "Pull Succeeded", s->pull_succeeded, true },
		{ "Pull Failed", s->pull_failed, true },
		{ "Pull Exceed Member Threshold", s->pull_exceed_threshold, with_threshold },
		{ "Push Sent", s->push_sent, true },
		{ "Push Acknowledged", s->push_acknowledged, true },
		{ "Push Unacknowledged", s->push_unacknowledged, true },
	};

	fprintf(out, "  Stats:\n");
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (lines[i].shown)
			fprintf(out, "      %-*s : %" PRIu64 "\n", with_threshold ? 28 : 26, lines[i].name,
				lines[i].value);
	}
}

static void show_members(FILE *out, const struct gdoi_group *g, const struct gcks_show_source *src, bool detail)
{
	const struct gdoi_group_config *c = gdoi_group_config(g);
	char ip[16], when[40];

	print_group(out, c);
	fprintf(out, "  Total number of registered members: %zu\n", gdoi_group_n_registered(g));
	if (!detail)
		fprintf(out, "%-24s %-15s %-24s %s\n", "Member Gateway", "Member IP", "Last Update", "Vsys");
	for (size_t i = 0; i < c->n_members; i++) {
		struct gcks_member_view m;

		gdoi_group_member(g, i, &m);
		if (!m.registered)
			continue;
		format_addr(ip, m.config->addr);
		format_wall(when, src, m.last_update);
		if (!detail) {
			fprintf(out, "%-24s %-15s %-24s root\n", m.config->name, ip, when);
			continue;
		}
		fprintf(out, "\nMember gateway: %s, Member IP: %s, Vsys: root\n", m.config->name, ip);
		fprintf(out, "  Last Update: %s\n", when);
		print_stats(out, m.stats, false);
	}
}

static void show_statistics(FILE *out, const struct gdoi_group *g, const struct gcks_show_source *src, bool detail)
{
	(void)src;
	(void)detail;
	print_group(out, gdoi_group_config(g));
	print_stats(out, gdoi_group_stats(g), true);
}

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
	fprintf(out, "Authentication method: %s\n", sig_algorithm_name(v->kek->sig_algorithm));
	fprintf(out, "Lifetime: Expires in %" PRIu32 " seconds, %s\n", v->remaining,
		v->replaced ? "Replaced" : "Activated");
	if (!v->replaced)
		fprintf(out, "Rekey in %" PRIu32 " seconds\n", v->rekey_in);
	fprintf(out, "  Algorithms:\n");
	fprintf(out, "   Sig-hash            : %s\n", sig_hash_name(v->kek->sig_hash));
	fprintf(out, "   Encryption          : %s\n", kek_cipher_name(v->kek->cipher));
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

static void show_kek(FILE *out, const struct gdoi_group *g, const struct gcks_show_source *src, bool detail)
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
	if (detail && gdoi_group_n_keks(g) > 0) /* of the group, not of one of its KEKs */
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

	format_addr(src, p->sel.src.addr);
	format_addr(dst, p->sel.dst.addr);
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
	fprintf(out, "  Protocol: ESP, Authentication: %s, Encryption: %s\n", auth_name(v->tek->auth),
		plain_cipher_name(v->tek->cipher));
	fprintf(out, "  Anti-replay: D3P disabled");
	if (c->anti_replay_window_ms > 0)
		fprintf(out, " (anti-replay-time-window %" PRIu32 " is configured but cannot be sent)",
			c->anti_replay_window_ms);
	fprintf(out, "\n  SPI: %08" PRIx32 "\n", v->tek->spi);
	fprintf(out, "    Lifetime: Expires in %" PRIu32 " seconds, %s\n", v->remaining,
		v->replaced ? "Replaced" : "Activated");
	if (!v->replaced)
		fprintf(out, "    Rekey in %" PRIu32 " seconds\n", v->rekey_in);
}

static bool has_spi(const struct gdoi_group *g, uint64_t now, size_t policy, uint32_t spi)
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
static bool is_first(const struct gdoi_group *g, uint64_t now, size_t i, uint32_t spi)
{
	for (size_t j = 0; j < i; j++) {
		if (has_spi(g, now, j, spi))
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
		snprintf(algorithm, sizeof(algorithm), "ESP:%s/%s", plain_cipher_name(v->tek->cipher),
			 auth_name(v->tek->auth));
		fprintf(out, "  %-24s %-23s %08" PRIx32 "   %" PRIu32 "\n", c->policies[policy].sa, algorithm,
			v->tek->spi, v->remaining);
		return;
	}
	print_tek(out, c, &c->policies[policy], v);
	for (size_t i = policy; i < c->n_policies; i++) {
		if (has_spi(g, now, i, v->tek->spi))
			print_policy(out, &c->policies[i]);
	}
}

static void show_ipsec(FILE *out, const struct gdoi_group *g, const struct gcks_show_source *src, bool detail)
{
	const struct gdoi_group_config *c = gdoi_group_config(g);
	struct gcks_tek_view v;
	size_t total = 0;

	for (size_t i = 0; i < c->n_policies; i++) {
		for (size_t j = 0; j < gdoi_group_n_teks(g, i); j++) {
			gdoi_group_tek(g, src->now, i, j, &v);
			total += is_first(g, src->now, i, v.tek->spi);
		}
	}
	print_group(out, c);
	fprintf(out, "  Total IPsec SAs: %zu\n", total);
	if (!detail)
		fprintf(out, "  %-24s %-23s %-10s %s\n", "IPsec SA", "Algorithm", "SPI", "Lifetime");
	for (size_t i = 0; i < c->n_policies; i++) {
		for (size_t j = 0; j < gdoi_group_n_teks(g, i); j++) {
			gdoi_group_tek(g, src->now, i, j, &v);
			if (is_first(g, src->now, i, v.tek->spi))
				print_sa(out, g, src->now, i, &v, detail);
		}
	}
}

static void show_cluster(FILE *out, const struct gdoi_group *g, const struct gcks_show_source *src, bool detail)
{
	const struct gdoi_cluster *c = NULL;

	(void)detail;
	for (size_t i = 0; i < src->n_groups && src->clusters != NULL; i++) {
		if (src->groups[i] == g)
			c = src->clusters[i];
	}
	print_group(out, gdoi_group_config(g));
	if (c != NULL)
		gdoi_cluster_show(out, c, src->now);
	else
		fprintf(out, "  No server-cluster is configured\n");
}

struct view {
	const char *words[3]; /* unused ones NULL */
	bool has_detail;
	const char *header; /* printed once, before all groups, when not in detail */
	bool apart;         /* a blank line between groups */
	void (*show)(FILE *out, const struct gdoi_group *g, const struct gcks_show_source *src, bool detail);
};

static const struct view views[] = {
	{ { "registered-members" }, true, NULL, true, show_members },
	{ { "statistics" }, false, NULL, true, show_statistics },
	{ { "kek", "security-associations" },
	  true,
	  "Index   Life:sec  Initiator cookie  Responder cookie  GroupId\n",
	  false,
	  show_kek },
	{ { "ipsec", "security-associations" }, true, NULL, true, show_ipsec },
	{ { "server-cluster" }, false, NULL, true, show_cluster },
};

static bool abbreviates(const char *typed, const char *word)
{
	return typed[0] != '\0' && strncmp(typed, word, strlen(typed)) == 0;
}

static bool is_detail(const char *typed)
{
	return abbreviates(typed, "detail");
}

/* How many of TYPED name V: all of its words, or -EINVAL. */
static int match(const struct view *v, const char *const *typed, size_t n)
{
	size_t i = 0;

	for (; i < ARRAY_SIZE(v->words) && v->words[i] != NULL; i++) {
		if (i == n || !abbreviates(typed[i], v->words[i]))
			return -EINVAL;
	}
	return (int)i;
}

static size_t skip_hierarchy(const char *const *words, size_t n)
{
	static const char *const hierarchy[] = { "security", "group-vpn", "server" };

	if (n < ARRAY_SIZE(hierarchy))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(hierarchy); i++) {
		if (!abbreviates(words[i], hierarchy[i]))
			return 0;
	}
	return ARRAY_SIZE(hierarchy);
}

int gcks_show(FILE *out, const char *const *words, size_t n_words, const struct gcks_show_source *src,
	      char err[static 256])
{
	size_t skip = skip_hierarchy(words, n_words);
	const struct view *v = NULL;
	bool detail = false;
	int used = -EINVAL;

	words += skip;
	n_words -= skip;
	for (size_t i = 0; i < ARRAY_SIZE(views) && used < 0; i++) {
		v = &views[i];
		used = match(v, words, n_words);
	}
	if (used < 0) {
		snprintf(err, 256,
			 "show %.40s: not known; one of \"registered-members [detail]\", \"statistics\", \"kek "
			 "security-associations "
			 "[detail]\", \"ipsec security-associations [detail]\", \"server-cluster\" is expected",
			 n_words > 0 ? words[0] : "(nothing)");
		return -EINVAL;
	}
	if (n_words > (size_t)used && v->has_detail && is_detail(words[used])) {
		detail = true;
		used++;
	}
	if (n_words > (size_t)used) {
		snprintf(err, 256, "show: \"%.40s\" is too much here%s", words[used],
			 v->has_detail && !detail ? "; \"detail\" or nothing is expected" : "");
		return -EINVAL;
	}
	if (v->header != NULL && !detail)
		fputs(v->header, out);
	for (size_t i = 0; i < src->n_groups; i++) {
		if (i > 0 && (v->apart || detail))
			fputc('\n', out);
		v->show(out, src->groups[i], src, detail);
	}
	return 0;
}
