/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/operate_private.h"

#include <inttypes.h>

const char *const selector_keywords[SELECTOR_KEYWORDS] = { "source", "destination", "protocol", "source-port",
							   "destination-port" };

static const char **find_argument(struct arguments *a, const char *word, unsigned takes)
{
	if (strcmp(word, "group") == 0)
		return &a->group;
	if ((takes & TAKES_IPSEC_SA) != 0 && strcmp(word, "ipsec-sa") == 0)
		return &a->ipsec_sa;
	for (size_t i = 0; (takes & TAKES_SELECTOR) != 0 && i < SELECTOR_KEYWORDS; i++) {
		if (strcmp(word, selector_keywords[i]) == 0)
			return &a->selector[i];
	}
	return NULL;
}

static int refuse_word(const char *word, unsigned takes, struct gcks_error *err)
{
	return gcks_fail(
		err, -EINVAL, "\"%.40s\" is not expected here; %s%s%s%s%s may follow", word,
		(takes & TAKES_SELECTOR) != 0 ? "source, destination, protocol, source-port, destination-port, " : "",
		(takes & TAKES_IPSEC_SA) != 0 ? "ipsec-sa NAME, " : "",
		(takes & TAKES_REPLACEMENT) != 0 ? "with-replacement, " : "",
		(takes & TAKES_PRESENT_KEYS) != 0 ? "present-keys, " : "", "group NAME-OR-ID");
}

int read_arguments(struct arguments *ret, const struct operation *op, size_t from, unsigned takes,
		   struct gcks_error *err)
{
	struct arguments a = { 0 };

	for (size_t i = from; i < op->n_words; i++) {
		const char **value = find_argument(&a, op->words[i], takes);

		if (value != NULL && i + 1 == op->n_words) {
			return gcks_fail(err, -EINVAL, "a value is expected after \"%.40s\"", op->words[i]);
		}
		if (value != NULL && *value != NULL) {
			return gcks_fail(err, -EINVAL, "\"%.40s\" is said twice", op->words[i]);
		}
		if (value != NULL)
			*value = op->words[++i];
		else if ((takes & TAKES_REPLACEMENT) != 0 && strcmp(op->words[i], "with-replacement") == 0)
			a.with_replacement = true;
		else if ((takes & TAKES_PRESENT_KEYS) != 0 && strcmp(op->words[i], "present-keys") == 0)
			a.present_keys = true;
		else if ((takes & TAKES_BARE_GROUP) != 0 && a.group == NULL)
			a.group = op->words[i];
		else
			return refuse_word(op->words[i], takes, err);
	}
	*ret = a;
	return 0;
}

/* By name, else by number: a group may be called by the number of another one, and then the name wins. */
static struct gdoi_group *find_group(struct gdoi_group *const *groups, size_t n, const char *name)
{
	char id[16];

	for (size_t i = 0; i < n; i++) {
		if (strcmp(gdoi_group_config(groups[i])->name, name) == 0)
			return groups[i];
	}
	for (size_t i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "%" PRIu32, gdoi_group_config(groups[i])->id);
		if (strcmp(id, name) == 0)
			return groups[i];
	}
	return NULL;
}

int refuse_follower(const struct gdoi_group *g, struct gcks_error *err)
{
	return gcks_fail(
		err, -EPERM,
		"this server is not the primary of group %s; ask the one that \"show server-cluster\" names as Primary",
		gdoi_group_config(g)->name);
}

int pick_group(const struct operation *op, const char *name, struct gdoi_group **ret, struct gcks_error *err)
{
	size_t n;
	struct gdoi_group *const *groups = gcks_server_groups(op->server, &n);
	struct gdoi_group *g = name != NULL ? find_group(groups, n, name) : n == 1 ? groups[0] : NULL;

	if (g != NULL && !gdoi_group_leads(g))
		return refuse_follower(g, err);
	if (g != NULL) {
		*ret = g;
		return 0;
	}
	if (name != NULL)
		gcks_error_set(err, "no group has the name or group-id %.40s; \"show statistics\" lists the groups",
			       name);
	else
		gcks_error_set(err, "there are %zu groups; say which one with \"group NAME-OR-ID\"", n);
	return -ENOENT;
}

int report_push(FILE *out, const struct gdoi_group *g, const char *what, int n)
{
	const struct gdoi_group_config *c = gdoi_group_config(g);

	if (n < 0)
		return n;
	fprintf(out, "group %s: %s; ", c->name, what);
	if (!c->has_push)
		fprintf(out, "no push, because the group has no server-member-communication\n");
	else if (n == 0)
		fprintf(out, "no push, because no registered member holds the KEK\n");
	else
		fprintf(out, "a push goes to %d member%s\n", n, n == 1 ? "" : "s");
	return 0;
}
