/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/operate.h"

#include "lib/selector.h"
#include "tests/gcks/group_change.h"

#include <inttypes.h>
#include <stdlib.h>

#define SELECTOR_KEYWORDS 5
static const char *const selector_keywords[SELECTOR_KEYWORDS] = { "source", "destination", "protocol", "source-port",
								  "destination-port" };

/* What may follow the object of a command, in any order. */
struct arguments {
	const char *group;    /* "group NAME-OR-ID", or, where BARE_GROUP, a word alone */
	const char *ipsec_sa; /* "ipsec-sa NAME" */
	const char *selector[SELECTOR_KEYWORDS];
	bool with_replacement;
};

#define TAKES_BARE_GROUP (1u << 0)
#define TAKES_REPLACEMENT (1u << 1)
#define TAKES_SELECTOR (1u << 2)
#define TAKES_IPSEC_SA (1u << 3)

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

static int expected(const char *word, unsigned takes, char err[static 256])
{
	snprintf(err, 256, "\"%.40s\" is not expected here; %s%s%s%s may follow", word,
		 (takes & TAKES_SELECTOR) != 0 ? "source, destination, protocol, source-port, destination-port, " : "",
		 (takes & TAKES_IPSEC_SA) != 0 ? "ipsec-sa NAME, " : "",
		 (takes & TAKES_REPLACEMENT) != 0 ? "with-replacement, " : "", "group NAME-OR-ID");
	return -EINVAL;
}

static int read_arguments(struct arguments *ret, const struct operation *op, size_t from, unsigned takes,
			  char err[static 256])
{
	struct arguments a = { 0 };

	for (size_t i = from; i < op->n_words; i++) {
		const char **value = find_argument(&a, op->words[i], takes);

		if (value != NULL && i + 1 == op->n_words) {
			snprintf(err, 256, "a value is expected after \"%.40s\"", op->words[i]);
			return -EINVAL;
		}
		if (value != NULL && *value != NULL) {
			snprintf(err, 256, "\"%.40s\" is said twice", op->words[i]);
			return -EINVAL;
		}
		if (value != NULL)
			*value = op->words[++i];
		else if ((takes & TAKES_REPLACEMENT) != 0 && strcmp(op->words[i], "with-replacement") == 0)
			a.with_replacement = true;
		else if ((takes & TAKES_BARE_GROUP) != 0 && a.group == NULL)
			a.group = op->words[i];
		else
			return expected(op->words[i], takes, err);
	}
	*ret = a;
	return 0;
}

/* Names and numbers do not clash but by intent; the name wins. */
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

/* Its change would be lost with the primary's next one. */
static int not_primary(const struct gdoi_group *g, char err[static 256])
{
	snprintf(
		err, 256,
		"this server is not the primary of group %s; ask the one that \"show server-cluster\" names as Primary",
		gdoi_group_config(g)->name);
	return -EPERM;
}

static int pick_group(const struct operation *op, const char *name, struct gdoi_group **ret, char err[static 256])
{
	size_t n;
	struct gdoi_group *const *groups = gcks_server_groups(op->server, &n);
	struct gdoi_group *g = name != NULL ? find_group(groups, n, name) : n == 1 ? groups[0] : NULL;

	if (g != NULL && !gdoi_group_leads(g))
		return not_primary(g, err);
	if (g != NULL) {
		*ret = g;
		return 0;
	}
	if (name != NULL)
		snprintf(err, 256, "no group has the name or group-id %.40s; \"show statistics\" lists the groups",
			 name);
	else
		snprintf(err, 256, "there are %zu groups; say which one with \"group NAME-OR-ID\"", n);
	return -ENOENT;
}

/* N: members, or a negative errno, of which ERR tells already. */
static int report(FILE *out, const struct gdoi_group *g, const char *what, int n)
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

int gcks_rekey(const struct operation *op, FILE *out, char err[static 256])
{
	bool kek = op->n_words > 0 && strcmp(op->words[0], "kek") == 0;
	struct gdoi_group *g = NULL;
	struct arguments a;
	int r;

	if (op->n_words == 0 || (!kek && strcmp(op->words[0], "tek") != 0)) {
		snprintf(err, 256, "rekey %.40s: \"rekey tek [GROUP]\" or \"rekey kek [GROUP]\" is expected",
			 op->n_words > 0 ? op->words[0] : "(nothing)");
		return -EINVAL;
	}
	r = read_arguments(&a, op, 1, TAKES_BARE_GROUP, err);
	if (r == 0)
		r = pick_group(op, a.group, &g, err);
	if (r < 0)
		return r;
	r = kek ? gdoi_group_rekey_kek(g, op->now, err) : gdoi_group_rekey_teks(g, op->now, err);
	return report(out, g, kek ? "a new KEK" : "new TEKs", r);
}

/* Deletes */

/* As the show outputs have it, with or without 0x. */
static int parse_spi(const char *text, uint32_t *ret)
{
	const char *p = strncmp(text, "0x", 2) == 0 ? text + 2 : text;

	if (*p == '\0' || strlen(p) > 8 || strspn(p, "0123456789abcdefABCDEF") != strlen(p))
		return -EINVAL;
	*ret = (uint32_t)strtoul(p, NULL, 16);
	return *ret == 0 ? -EINVAL : 0;
}

/* An SPI is in one group only, so it says which one. */
static int group_of_spi(const struct operation *op, const char *name, uint32_t spi, struct gdoi_group **ret,
			char err[static 256])
{
	size_t n;
	struct gdoi_group *const *groups = gcks_server_groups(op->server, &n);

	if (name != NULL)
		return pick_group(op, name, ret, err);
	for (size_t i = 0; i < n; i++) {
		if (gdoi_group_has_spi(groups[i], spi) && !gdoi_group_leads(groups[i]))
			return not_primary(groups[i], err);
		if (gdoi_group_has_spi(groups[i], spi)) {
			*ret = groups[i];
			return 0;
		}
	}
	snprintf(err, 256, "no live TEK has the SPI %08" PRIx32 "; \"show ipsec security-associations\" lists them",
		 spi);
	return -ENOENT;
}

static int delete_tek(const struct operation *op, FILE *out, char err[static 256])
{
	struct gdoi_delete d = { 0 };
	struct gdoi_group *g = NULL;
	struct arguments a;
	int r;

	if (op->n_words < 2 || parse_spi(op->words[1], &d.spi) < 0) {
		snprintf(err, 256, "delete tek %.40s: an SPI of up to 8 hexadecimal digits, not 0, is expected",
			 op->n_words < 2 ? "(nothing)" : op->words[1]);
		return -EINVAL;
	}
	r = read_arguments(&a, op, 2, TAKES_REPLACEMENT, err);
	if (r == 0)
		r = group_of_spi(op, a.group, d.spi, &g, err);
	if (r < 0)
		return r;
	d.replace = a.with_replacement;
	return report(out, g, "the TEK is deleted", gdoi_group_delete(g, op->now, &d, err));
}

int gcks_delete(const struct operation *op, FILE *out, char err[static 256])
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
		snprintf(err, 256, "delete %.40s: \"tek SPI\", \"teks\", \"kek\" or \"all\" is expected", word);
		return -EINVAL;
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
	return report(out, g, objects[i].done, gdoi_group_delete(g, op->now, &d, err));
}

/* Policies */

/* What is not said is as in FROM; without FROM it is as in a match-policy that does not say it. */
static int read_selector(const struct arguments *a, const struct selector *from, struct selector *ret,
			 char err[static 256])
{
	char text[1400] = "", known[SELECTOR_KEYWORDS][32];
	struct config_error why = { "" };
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
		snprintf(err, 256, "%.255s", why.text);
	return r;
}

static int copy_name(char ret[static GVPN_NAME_MAX], const char *name, char err[static 256])
{
	if (strlen(name) < GVPN_NAME_MAX && strpbrk(name, "/\"\\;{}[]#") == NULL) {
		memcpy(ret, name, strlen(name) + 1);
		return 0;
	}
	snprintf(err, 256, "%.64s: a policy's name has 1 to %d characters, none of them of / \" \\ ; { } [ ] #", name,
		 GVPN_NAME_MAX - 1);
	return -EINVAL;
}

/* Algorithms and lifetime are those of its ipsec-sa: the named one, or the group's first. */
static int from_ipsec_sa(struct gdoi_policy_config *ret, const struct gdoi_group *g, const char *sa,
			 char err[static 256])
{
	const struct gdoi_group_config *c = gdoi_group_config(g);

	for (size_t i = 0; i < c->n_policies; i++) {
		if (sa != NULL && strcmp(c->policies[i].sa, sa) != 0)
			continue;
		*ret = c->policies[i];
		return 0;
	}
	snprintf(err, 256,
		 "no policy of group %s is of the ipsec-sa %.64s; \"show ipsec security-associations\" lists them",
		 c->name, sa);
	return -ENOENT;
}

static int add_policy(const struct arguments *a, struct gdoi_group *g, const struct operation *op, char err[static 256])
{
	struct gdoi_policy_config c;
	int r = from_ipsec_sa(&c, g, a->ipsec_sa, err);

	if (r == 0)
		r = copy_name(c.name, op->words[1], err);
	if (r == 0)
		r = read_selector(a, NULL, &c.sel, err);
	return r < 0 ? r : gdoi_group_add_policy(g, op->now, &c, err);
}

static int remove_policy(const struct arguments *a, struct gdoi_group *g, const struct operation *op,
			 char err[static 256])
{
	size_t i;
	int r = gdoi_group_find_policy(g, op->words[1], &i, err);

	(void)a;
	return r < 0 ? r : gdoi_group_remove_policy(g, op->now, i, err);
}

static int change_policy(const struct arguments *a, struct gdoi_group *g, const struct operation *op,
			 char err[static 256])
{
	struct selector sel;
	size_t i;
	int r = gdoi_group_find_policy(g, op->words[1], &i, err);

	if (r == 0)
		r = read_selector(a, &gdoi_group_config(g)->policies[i].sel, &sel, err);
	return r < 0 ? r : gdoi_group_change_policy(g, op->now, i, &sel, err);
}

/* "policy move NAME... ipsec-sa NAME [group ...]" */
static int move_policies(const struct arguments *a, struct gdoi_group *g, const struct operation *op,
			 char err[static 256])
{
	size_t policies[GCKS_POLICIES_MAX], n = 0;
	char sa[GVPN_NAME_MAX];
	int r = copy_name(sa, a->ipsec_sa, err);

	for (size_t i = 1; r == 0 && strcmp(op->words[i], "ipsec-sa") != 0; i++) {
		if (n == GCKS_POLICIES_MAX) {
			snprintf(err, 256, "more policies than a group has");
			return -EINVAL;
		}
		r = gdoi_group_find_policy(g, op->words[i], &policies[n++], err);
	}
	return r < 0 ? r : gdoi_group_move_policies(g, op->now, policies, n, sa, err);
}

/* Where the arguments begin: behind all names that are moved. */
static int read_move(struct arguments *ret, const struct operation *op, char err[static 256])
{
	size_t i = 1;

	while (i < op->n_words && strcmp(op->words[i], "ipsec-sa") != 0)
		i++;
	if (i == 1 || i == op->n_words) {
		snprintf(err, 256, "\"policy move NAME ... ipsec-sa NAME\" is expected");
		return -EINVAL;
	}
	return read_arguments(ret, op, i, TAKES_IPSEC_SA, err);
}

int gcks_policy(const struct operation *op, FILE *out, char err[static 256])
{
	static const struct {
		const char *word, *done;
		unsigned takes;
		int (*run)(const struct arguments *a, struct gdoi_group *g, const struct operation *op,
			   char err[static 256]);
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
		snprintf(err, 256,
			 "policy %.40s: \"policy add NAME source P destination P ...\", \"policy change NAME ...\", "
			 "\"policy move NAME ... ipsec-sa NAME\" or \"policy remove NAME\" is expected",
			 op->n_words > 0 ? op->words[0] : "(nothing)");
		return -EINVAL;
	}
	r = verbs[i].run == move_policies ? read_move(&a, op, err) : read_arguments(&a, op, 2, verbs[i].takes, err);
	if (r == 0)
		r = pick_group(op, a.group, &g, err);
	return r < 0 ? r : report(out, g, verbs[i].done, verbs[i].run(&a, g, op, err));
}

/* Members */

int gcks_member(const struct operation *op, FILE *out, char err[static 256])
{
	struct gdoi_group *const *groups, *g = NULL;
	struct arguments a;
	size_t n, removed = 0, following = 0;
	int r;

	if (op->n_words < 2 || strcmp(op->words[0], "remove") != 0) {
		snprintf(err, 256, "member %.40s: \"member remove NAME\" is expected",
			 op->n_words > 0 ? op->words[0] : "(nothing)");
		return -EINVAL;
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
		return not_primary(groups[0], err);
	snprintf(err, 256, "%.64s is not registered; \"show registered-members\" lists those that are", op->words[1]);
	return -ENOENT;
}
