/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/operate_private.h"

#include <inttypes.h>
#include <stdlib.h>

int gcks_rekey(const struct operation *op, FILE *out, struct gcks_error *err)
{
	bool kek = op->n_words > 0 && strcmp(op->words[0], "kek") == 0;
	struct gdoi_group *g = NULL;
	struct arguments a;
	int r;

	if (op->n_words == 0 || (!kek && strcmp(op->words[0], "tek") != 0)) {
		return gcks_fail(err, -EINVAL,
				 "rekey %.40s: \"rekey tek [GROUP]\" or \"rekey kek [GROUP]\" is expected",
				 op->n_words > 0 ? op->words[0] : "(nothing)");
	}
	r = read_arguments(&a, op, 1, TAKES_BARE_GROUP, err);
	if (r == 0)
		r = pick_group(op, a.group, &g, err);
	if (r < 0)
		return r;
	r = kek ? gdoi_group_rekey_kek(g, op->now, err) : gdoi_group_rekey_teks(g, op->now, err);
	return report_push(out, g, kek ? "a new KEK" : "new TEKs", r);
}

/* Deletes */

/* In hexadecimal digits as in the show outputs, with or without 0x. */
static int parse_spi(const char *text, uint32_t *ret)
{
	const char *p = strncmp(text, "0x", 2) == 0 ? text + 2 : text;

	if (*p == '\0' || strlen(p) > 8 || strspn(p, "0123456789abcdefABCDEF") != strlen(p))
		return -EINVAL;
	*ret = (uint32_t)strtoul(p, NULL, 16);
	return *ret == 0 ? -EINVAL : 0;
}

/* The group that has a TEK of this SPI: no two groups have the same one. */
static int find_group_of_spi(const struct operation *op, const char *name, uint32_t spi, struct gdoi_group **ret,
			     struct gcks_error *err)
{
	size_t n;
	struct gdoi_group *const *groups = gcks_server_groups(op->server, &n);

	if (name != NULL)
		return pick_group(op, name, ret, err);
	for (size_t i = 0; i < n; i++) {
		if (gdoi_group_has_spi(groups[i], spi) && !gdoi_group_leads(groups[i]))
			return refuse_follower(groups[i], err);
		if (gdoi_group_has_spi(groups[i], spi)) {
			*ret = groups[i];
			return 0;
		}
	}
	return gcks_fail(err, -ENOENT,
			 "no live TEK has the SPI %08" PRIx32 "; \"show ipsec security-associations\" lists them", spi);
}

static int delete_tek(const struct operation *op, FILE *out, struct gcks_error *err)
{
	struct gdoi_delete d = { 0 };
	struct gdoi_group *g = NULL;
	struct arguments a;
	int r;

	if (op->n_words < 2 || parse_spi(op->words[1], &d.spi) < 0) {
		return gcks_fail(err, -EINVAL,
				 "delete tek %.40s: an SPI of up to 8 hexadecimal digits, not 0, is expected",
				 op->n_words < 2 ? "(nothing)" : op->words[1]);
	}
	r = read_arguments(&a, op, 2, TAKES_REPLACEMENT, err);
	if (r == 0)
		r = find_group_of_spi(op, a.group, d.spi, &g, err);
	if (r < 0)
		return r;
	d.replace = a.with_replacement;
	return report_push(out, g, "the TEK is deleted", gdoi_group_delete(g, op->now, &d, err));
}

int gcks_delete(const struct operation *op, FILE *out, struct gcks_error *err)
{
	static const struct {
		const char *word, *done;
		bool teks, kek;
	} objects[] = {
		{ "teks", "all TEKs are deleted", true, false },
		{ "kek", "the KEK is deleted", false, true },
		{ "all", "all keys are deleted", true, true },
	};
	const char *word = op->n_words > 0 ? op->words[0] : "(nothing)";
	struct gdoi_group *g = NULL;
	struct arguments a;
	size_t i = 0;
	int r;

	if (strcmp(word, "tek") == 0)
		return delete_tek(op, out, err);
	while (i < ARRAY_SIZE(objects) && strcmp(word, objects[i].word) != 0)
		i++;
	if (i == ARRAY_SIZE(objects)) {
		return gcks_fail(err, -EINVAL, "delete %.40s: \"tek SPI\", \"teks\", \"kek\" or \"all\" is expected",
				 word);
	}
	r = read_arguments(&a, op, 1, TAKES_BARE_GROUP | TAKES_REPLACEMENT, err);
	if (r == 0)
		r = pick_group(op, a.group, &g, err);
	if (r < 0)
		return r;
	const struct gdoi_delete d = {
		.teks = objects[i].teks,
		.kek = objects[i].kek && (!objects[i].teks || gdoi_group_config(g)->has_push),
		.replace = a.with_replacement,
	};
	return report_push(out, g, objects[i].done, gdoi_group_delete(g, op->now, &d, err));
}

/* Members */

int gcks_member(const struct operation *op, FILE *out, struct gcks_error *err)
{
	struct gdoi_group *const *groups, *g = NULL;
	struct arguments a;
	size_t n, removed = 0, following = 0;
	int r;

	if (op->n_words < 2 || strcmp(op->words[0], "remove") != 0) {
		return gcks_fail(err, -EINVAL, "member %.40s: \"member remove NAME\" is expected",
				 op->n_words > 0 ? op->words[0] : "(nothing)");
	}
	r = read_arguments(&a, op, 2, 0, err);
	if (r == 0 && a.group != NULL)
		r = pick_group(op, a.group, &g, err);
	if (r < 0)
		return r;
	groups = gcks_server_groups(op->server, &n);
	for (size_t i = 0; i < n; i++) {
		following += !gdoi_group_leads(groups[i]);
		if ((g != NULL && groups[i] != g) || !gdoi_group_leads(groups[i]) ||
		    gdoi_group_remove(groups[i], op->words[1]) < 0)
			continue;
		fprintf(out, "group %s: %s is removed\n", gdoi_group_config(groups[i])->name, op->words[1]);
		removed++;
	}
	if (removed > 0)
		return 0;
	if (following > 0)
		return refuse_follower(groups[0], err);
	return gcks_fail(err, -ENOENT, "%.64s is not registered; \"show registered-members\" lists those that are",
			 op->words[1]);
}

/* Anti-replay by time */

/* In milliseconds; "off" is 0. */
static int parse_window(const char *text, uint32_t *ret)
{
	unsigned long ms;

	*ret = 0;
	if (strcmp(text, "off") == 0)
		return 0;
	if (*text == '\0' || strlen(text) > 5 || strspn(text, "0123456789") != strlen(text))
		return -EINVAL;
	ms = strtoul(text, NULL, 10);
	*ret = (uint32_t)ms;
	return ms < 1 || ms > 60000 ? -EINVAL : 0;
}

int gcks_anti_replay(const struct operation *op, FILE *out, struct gcks_error *err)
{
	struct gdoi_group *g = NULL;
	struct arguments a;
	uint32_t window;
	int r;

	if (op->n_words == 0 || parse_window(op->words[0], &window) < 0) {
		return gcks_fail(err, -EINVAL, "anti-replay %.40s: 1 to 60000 milliseconds, or \"off\", is expected",
				 op->n_words > 0 ? op->words[0] : "(nothing)");
	}
	r = read_arguments(&a, op, 1, TAKES_BARE_GROUP | TAKES_PRESENT_KEYS, err);
	if (r == 0)
		r = pick_group(op, a.group, &g, err);
	if (r < 0)
		return r;
	r = gdoi_group_set_window(g, op->now, window, a.present_keys, err);
	return report_push(out, g, window > 0 ? "D3P enabled" : "D3P disabled", r);
}
