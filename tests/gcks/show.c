/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/show_private.h"

#include <inttypes.h>

void gcks_format_addr(char ret[static 16], uint32_t a)
{
	snprintf(ret, 16, "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
}

static void format_wall_time(char ret[static 40], const struct gcks_show_source *src, uint64_t then)
{
	time_t t = src->wall - (time_t)((src->now - then) / 1000);
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL || strftime(ret, 40, "%a %b %e %Y %H:%M:%S", &tm) == 0)
		snprintf(ret, 40, "unknown");
}

void gcks_print_group(FILE *out, const struct gdoi_group_config *c)
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

	gcks_print_group(out, c);
	fprintf(out, "  Total number of registered members: %zu\n", gdoi_group_n_registered(g));
	if (!detail)
		fprintf(out, "%-24s %-15s %-24s %s\n", "Member Gateway", "Member IP", "Last Update", "Vsys");
	for (size_t i = 0; i < c->n_members; i++) {
		struct gcks_member_view m;

		gdoi_group_member(g, i, &m);
		if (!m.registered)
			continue;
		gcks_format_addr(ip, m.config->addr);
		format_wall_time(when, src, m.last_update);
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
	gcks_print_group(out, gdoi_group_config(g));
	print_stats(out, gdoi_group_stats(g), true);
}

static void show_cluster(FILE *out, const struct gdoi_group *g, const struct gcks_show_source *src, bool detail)
{
	const struct gdoi_cluster *c = NULL;

	(void)detail;
	for (size_t i = 0; i < src->n_groups && src->clusters != NULL; i++) {
		if (src->groups[i] == g)
			c = src->clusters[i];
	}
	gcks_print_group(out, gdoi_group_config(g));
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
	  gcks_show_kek },
	{ { "ipsec", "security-associations" }, true, NULL, true, gcks_show_ipsec },
	{ { "server-cluster" }, false, NULL, true, show_cluster },
};

static bool is_abbreviation(const char *typed, const char *word)
{
	return typed[0] != '\0' && strncmp(typed, word, strlen(typed)) == 0;
}

static bool is_detail(const char *typed)
{
	return is_abbreviation(typed, "detail");
}

/* How many of the TYPED words are the name of view V; -EINVAL when they do not begin with it. */
static int match_view(const struct view *v, const char *const *typed, size_t n)
{
	size_t i = 0;

	for (; i < ARRAY_SIZE(v->words) && v->words[i] != NULL; i++) {
		if (i == n || !is_abbreviation(typed[i], v->words[i]))
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
		if (!is_abbreviation(words[i], hierarchy[i]))
			return 0;
	}
	return ARRAY_SIZE(hierarchy);
}

int gcks_show(FILE *out, const char *const *words, size_t n_words, const struct gcks_show_source *src,
	      struct gcks_error *err)
{
	size_t skip = skip_hierarchy(words, n_words);
	const struct view *v = NULL;
	bool detail = false;
	int used = -EINVAL;

	words += skip;
	n_words -= skip;
	for (size_t i = 0; i < ARRAY_SIZE(views) && used < 0; i++) {
		v = &views[i];
		used = match_view(v, words, n_words);
	}
	if (used < 0) {
		return gcks_fail(err, -EINVAL,
				 "show %.40s: not known; one of \"registered-members [detail]\", \"statistics\", \"kek "
				 "security-associations "
				 "[detail]\", \"ipsec security-associations [detail]\", \"server-cluster\" is expected",
				 n_words > 0 ? words[0] : "(nothing)");
	}
	if (n_words > (size_t)used && v->has_detail && is_detail(words[used])) {
		detail = true;
		used++;
	}
	if (n_words > (size_t)used) {
		return gcks_fail(err, -EINVAL, "show: \"%.40s\" is too much here%s", words[used],
				 v->has_detail && !detail ? "; \"detail\" or nothing is expected" : "");
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
