/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/ctl/show_words.h"

#include <stdio.h>

#define VIEW_NONE (-1)

/* What may stand at one place: a list that ends with a null word.  view: what is shown when the words end here. */
struct word {
	const char *word;
	int view;
	const struct word *next;
};

static const struct word kek_detail[] = { { "detail", SHOW_KEK_DETAIL, NULL }, { NULL, VIEW_NONE, NULL } };
static const struct word ipsec_detail[] = { { "detail", SHOW_IPSEC_DETAIL, NULL }, { NULL, VIEW_NONE, NULL } };
static const struct word kek[] = {
	{ "security-associations", SHOW_KEK, kek_detail },
	{ NULL, VIEW_NONE, NULL },
};
static const struct word ipsec[] = {
	{ "security-associations", SHOW_IPSEC, ipsec_detail },
	{ "statistics", SHOW_STATISTICS, NULL },
	{ NULL, VIEW_NONE, NULL },
};
static const struct word member[] = {
	{ "kek", VIEW_NONE, kek },
	{ "ipsec", VIEW_NONE, ipsec },
	{ "policy", SHOW_POLICY, NULL },
	{ NULL, VIEW_NONE, NULL },
};
static const struct word group_vpn[] = { { "member", VIEW_NONE, member }, { NULL, VIEW_NONE, NULL } };
static const struct word security[] = { { "group-vpn", VIEW_NONE, group_vpn }, { NULL, VIEW_NONE, NULL } };
static const struct word nothing[] = { { NULL, VIEW_NONE, NULL } };
static const struct word root[] = {
	{ "security", VIEW_NONE, security }, { "kek", VIEW_NONE, kek }, { "ipsec", VIEW_NONE, ipsec },
	{ "policy", SHOW_POLICY, NULL },     { NULL, VIEW_NONE, NULL },
};

/* "a, b or c" of those that begin with PREFIX. */
static void list_words(char *out, size_t size, const struct word *list, const char *prefix)
{
	size_t n = 0, total = 0, at = 0;

	for (const struct word *w = list; w->word; w++)
		total += strncmp(w->word, prefix, strlen(prefix)) == 0;
	out[0] = '\0';
	for (const struct word *w = list; w->word; w++) {
		if (strncmp(w->word, prefix, strlen(prefix)) != 0)
			continue;
		n++;
		int len = snprintf(out + at, size - at, "%s%s", n == 1 ? "" : n == total ? " or " : ", ", w->word);
		if (len < 0 || (size_t)len >= size - at)
			return;
		at += (size_t)len;
	}
}

static size_t find_word(const struct word **ret, const struct word *list, const char *typed)
{
	size_t n = 0;

	for (const struct word *w = list; w->word; w++) {
		if (typed[0] == '\0' || strncmp(w->word, typed, strlen(typed)) != 0)
			continue;
		*ret = w;
		if (strcmp(w->word, typed) == 0)
			return 1;
		n++;
	}
	return n;
}

static int refuse(const struct word *list, const char *typed, size_t matches, const char *after, char err[static 256])
{
	char expected[128], shown[41];
	size_t i;

	for (i = 0; typed[i] && i < sizeof(shown) - 1; i++)
		shown[i] = typed[i] < ' ' || typed[i] > '~' ? '?' : typed[i];
	shown[i] = '\0';

	if (list == nothing) {
		snprintf(err, 256, "'%s' is too much: nothing can follow 'show%s'", shown, after);
		return -EINVAL;
	}
	list_words(expected, sizeof(expected), list, matches > 1 ? typed : "");
	if (matches > 1)
		snprintf(err, 256, "'%s' after 'show%s' is ambiguous: %s", shown, after, expected);
	else
		snprintf(err, 256, "'%s' is unknown after 'show%s'; expected %s", shown, after, expected);
	return -EINVAL;
}

int show_words_parse(enum show_view *ret, const char *const *words, size_t n_words, char err[static 256])
{
	const struct word *list = root, *found = NULL;
	char after[96] = "", expected[128];
	size_t at = 0;

	for (size_t i = 0; i < n_words; i++) {
		size_t matches = find_word(&found, list, words[i]);
		if (matches != 1)
			return refuse(list, words[i], matches, after, err);
		at += (size_t)snprintf(after + at, sizeof(after) - at, " %s", found->word);
		list = found->next ? found->next : nothing;
	}
	if (!found || found->view == VIEW_NONE) {
		list_words(expected, sizeof(expected), list, "");
		snprintf(err, 256, "a word is missing after 'show%s'; expected %s", after, expected);
		return -EINVAL;
	}
	*ret = (enum show_view)found->view;
	return 0;
}
