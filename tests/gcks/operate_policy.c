/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command "policy" (man/gcks.8): add, remove, change, move. */
#include "tests/gcks/operate_private.h"

#include "lib/selector.h"

/* A keyword that is not given has its value from FROM; without FROM, the default of a match-policy. */
static int make_selector(const struct arguments *a, const struct selector *from, struct selector *ret,
			 struct gcks_error *err)
{
	char text[1400] = "", known[SELECTOR_KEYWORDS][32];
	struct config_error why = { .text = "" };
	size_t len = 0;
	int r;

	if (from != NULL) {
		prefix_format(from->src, known[0]);
		prefix_format(from->dst, known[1]);
		snprintf(known[2], sizeof(known[2]), "%u", from->protocol);
		snprintf(known[3], sizeof(known[3]), "%u-%u", from->sport.min, from->sport.max);
		snprintf(known[4], sizeof(known[4]), "%u-%u", from->dport.min, from->dport.max);
	}
	for (size_t i = 0; i < SELECTOR_KEYWORDS; i++) {
		const char *value = a->selector[i] != NULL ? a->selector[i] : from != NULL ? known[i] : NULL;
		int n = value == NULL
				? 0
				: snprintf(text + len, sizeof(text) - len, "%s %s;\n", selector_keywords[i], value);

		if (n < 0 || (size_t)n >= sizeof(text) - len)
			return -EINVAL;
		len += (size_t)n;
	}
	r = gcks_selector_parse(ret, text, &why);
	if (r < 0)
		gcks_error_set(err, "%.255s", why.text);
	return r;
}

static int copy_policy_name(char ret[static GVPN_NAME_MAX], const char *name, struct gcks_error *err)
{
	if (strlen(name) < GVPN_NAME_MAX && strpbrk(name, "/\"\\;{}[]#") == NULL) {
		memcpy(ret, name, strlen(name) + 1);
		return 0;
	}
	return gcks_fail(err, -EINVAL,
			 "%.64s: a policy's name has 1 to %d characters, none of them of / \" \\ ; { } [ ] #", name,
			 GVPN_NAME_MAX - 1);
}

/* A policy with the algorithms and lifetimes of the ipsec-sa SA, or, without a name, of the group's first policy. */
static int make_policy_like_sa(struct gdoi_policy_config *ret, const struct gdoi_group *g, const char *sa,
			       struct gcks_error *err)
{
	const struct gdoi_group_config *c = gdoi_group_config(g);

	for (size_t i = 0; i < c->n_policies; i++) {
		if (sa != NULL && strcmp(c->policies[i].sa, sa) != 0)
			continue;
		*ret = c->policies[i];
		return 0;
	}
	return gcks_fail(
		err, -ENOENT,
		"no policy of group %s is of the ipsec-sa %.64s; \"show ipsec security-associations\" lists them",
		c->name, sa);
}

static int add_policy(const struct arguments *a, struct gdoi_group *g, const struct operation *op,
		      struct gcks_error *err)
{
	struct gdoi_policy_config c;
	int r = make_policy_like_sa(&c, g, a->ipsec_sa, err);

	if (r == 0)
		r = copy_policy_name(c.name, op->words[1], err);
	if (r == 0)
		r = make_selector(a, NULL, &c.sel, err);
	return r < 0 ? r : gdoi_group_add_policy(g, op->now, &c, err);
}

static int remove_policy(const struct arguments *a, struct gdoi_group *g, const struct operation *op,
			 struct gcks_error *err)
{
	size_t i;
	int r = gdoi_group_find_policy(g, op->words[1], &i, err);

	(void)a;
	return r < 0 ? r : gdoi_group_remove_policy(g, op->now, i, err);
}

static int change_policy(const struct arguments *a, struct gdoi_group *g, const struct operation *op,
			 struct gcks_error *err)
{
	struct selector sel;
	size_t i;
	int r = gdoi_group_find_policy(g, op->words[1], &i, err);

	if (r == 0)
		r = make_selector(a, &gdoi_group_config(g)->policies[i].sel, &sel, err);
	return r < 0 ? r : gdoi_group_change_policy(g, op->now, i, &sel, err);
}

/* "policy move NAME... ipsec-sa NAME [group ...]" */
static int move_policies(const struct arguments *a, struct gdoi_group *g, const struct operation *op,
			 struct gcks_error *err)
{
	size_t policies[GCKS_POLICIES_MAX], n = 0;
	char sa[GVPN_NAME_MAX];
	int r = copy_policy_name(sa, a->ipsec_sa, err);

	for (size_t i = 1; r == 0 && strcmp(op->words[i], "ipsec-sa") != 0; i++) {
		if (n == GCKS_POLICIES_MAX) {
			return gcks_fail(err, -EINVAL, "more policies than a group has");
		}
		r = gdoi_group_find_policy(g, op->words[i], &policies[n++], err);
	}
	return r < 0 ? r : gdoi_group_move_policies(g, op->now, policies, n, sa, err);
}

/* The arguments begin behind the names of the policies. */
static int read_move_arguments(struct arguments *ret, const struct operation *op, struct gcks_error *err)
{
	size_t i = 1;

	while (i < op->n_words && strcmp(op->words[i], "ipsec-sa") != 0)
		i++;
	if (i == 1 || i == op->n_words) {
		return gcks_fail(err, -EINVAL, "\"policy move NAME ... ipsec-sa NAME\" is expected");
	}
	return read_arguments(ret, op, i, TAKES_IPSEC_SA, err);
}

int gcks_policy(const struct operation *op, FILE *out, struct gcks_error *err)
{
	static const struct {
		const char *word, *done;
		unsigned takes;
		int (*run)(const struct arguments *a, struct gdoi_group *g, const struct operation *op,
			   struct gcks_error *err);
	} verbs[] = {
		{ "add", "the policy is added", TAKES_SELECTOR | TAKES_IPSEC_SA, add_policy },
		{ "remove", "the policy is removed", 0, remove_policy },
		{ "change", "the policy is changed", TAKES_SELECTOR, change_policy },
		{ "move", "the policies are moved", 0, move_policies },
	};
	struct gdoi_group *g = NULL;
	struct arguments a;
	size_t i = 0;
	int r;

	while (i < ARRAY_SIZE(verbs) && (op->n_words < 2 || strcmp(op->words[0], verbs[i].word) != 0))
		i++;
	if (i == ARRAY_SIZE(verbs)) {
		return gcks_fail(
			err, -EINVAL,
			"policy %.40s: \"policy add NAME source P destination P ...\", \"policy change NAME ...\", "
			"\"policy move NAME ... ipsec-sa NAME\" or \"policy remove NAME\" is expected",
			op->n_words > 0 ? op->words[0] : "(nothing)");
	}
	r = verbs[i].run == move_policies ? read_move_arguments(&a, op, err)
					  : read_arguments(&a, op, 2, verbs[i].takes, err);
	if (r == 0)
		r = pick_group(op, a.group, &g, err);
	return r < 0 ? r : report_push(out, g, verbs[i].done, verbs[i].run(&a, g, op, err));
}
