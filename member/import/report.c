/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/import/report.h"

#include "lib/printable.h"
#include "member/config/schema.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>

/* --- places in doubt --- */

#define DOUBTS_TOLD_MAX 20

void import_doubt(struct import_doubts *d, size_t line, const char *fmt, ...)
{
	va_list ap;

	if (d->n++ >= DOUBTS_TOLD_MAX)
		return;
	fputs("incomplete: ", d->report);
	printable_put(d->report, d->name);
	fprintf(d->report, ":%zu: ", line);
	va_start(ap, fmt);
	vfprintf(d->report, fmt, ap);
	va_end(ap);
	fputc('\n', d->report);
}

void import_doubts_tell(const struct import_doubts *d)
{
	if (d->n > DOUBTS_TOLD_MAX)
		fprintf(d->report, "incomplete: %zu more lines are in doubt as those above are\n",
			d->n - DOUBTS_TOLD_MAX);
}

/* --- statements that are left out --- */

#define OMITTED_MAX 20000 /* statements that are listed; those beyond are counted */

static bool needs_quotes(const struct junos_word *w)
{
	if (w->len == 0)
		return true;
	for (const char *p = w->text; *p; p++)
		if (!isgraph((unsigned char)*p) || strchr("\"{}[];#\\", *p) || (p[0] == '/' && p[1] == '*'))
			return true;
	return false;
}

void import_put_word(FILE *out, const struct junos_word *w)
{
	if (w->quoted || needs_quotes(w))
		junos_put_quoted(out, w->text);
	else
		fputs(w->text, out);
}

bool import_names_secret(const char *word)
{
	static const char *const names[] = { "ascii-text",         "hexadecimal",        "secret",
					     "encrypted-password", "password",           "plain-text-password-value",
					     "simple-password",    "authentication-key", "key",
					     "community" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(word, names[i]) == 0)
			return true;
	return false;
}

/* Whether NEXT, behind WORD, may be a secret: the words that are before one have many names and few endings. */
static bool may_be_secret(const char *word, const char *next)
{
	static const char *const parts[] = { "secret", "password", "passphrase", "psk", "community" };
	size_t len = strlen(word);

	if (strcmp(word, "pre-shared-key") == 0 && import_names_secret(next))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (strcasestr(word, parts[i]))
			return true;
	return import_names_secret(word) || (len > 3 && strcasecmp(word + len - 3, "key") == 0);
}

/* Junos writes an obscured, encrypted or hashed secret in this form: "$9$...". */
static bool is_secret(const char *word)
{
	return word[0] == '$' && isalnum((unsigned char)word[1]) && strchr(word + 1, '$');
}

static const struct statement_schema *find_schema(const struct statement_schema *block, const char *word)
{
	const struct statement_schema *c = block->children;

	while (c->name && !(c->flags & STATEMENT_ANY_NAME) && strcmp(c->name, word) != 0 &&
	       !(c->alias && strcmp(c->alias, word) == 0))
		c++;
	return c->name ? c : NULL;
}

/*
 * How many of the words may be shown.  In a statement that gvpnd does not know, a secret may stand anywhere behind the
 * name: the name is the last word that is shown.  Beside a key even the name may be a part of the key, and is not
 * shown.
 */
static size_t told_words(const struct junos_word *const *words, size_t n)
{
	const struct statement_schema *block = &config_member_root;
	size_t i = 0;

	while (i < n) {
		const struct statement_schema *c = find_schema(block, words[i]->text);

		if (!c && strncmp(words[i]->text, "apply-groups", strlen("apply-groups")) == 0)
			return i + 2; /* the name of a group */
		if (!c)
			return block->flags & STATEMENT_SECRETS || words[i]->quoted ? i : i + 1;
		i++;
		if (c->kind != STATEMENT_BLOCK)
			return block->flags & STATEMENT_SECRETS ? i : n;
		i += (c->flags & (STATEMENT_NAMED | STATEMENT_ANY_NAME)) == STATEMENT_NAMED;
		block = c;
	}
	return n;
}

/*
 * A line of the terminal's, "delete ...", has a statement behind its first word.  A first word in quotes is none of
 * Junos': the line before it is lost, and it may be a key.
 */
static size_t told_of(const struct import_rule *rule, const struct junos_word *const *words, size_t n)
{
	bool is_command = n > 0 && import_rules_is_command(words[0]);
	size_t told = is_command ? 1 + told_words(words + 1, n - 1) : told_words(words, n);

	if (rule->secret && !is_command) /* the rule knows the first word */
		return n < 2 ? n : 2;
	return rule->secret && told > 2 ? 2 : told;
}

static int make_line(char **ret, const struct import_rule *rule, const struct junos_word *const *words, size_t n)
{
	size_t size, told = told_of(rule, words, n);
	FILE *f = open_memstream(ret, &size);

	if (!f)
		return -ENOMEM;
	for (size_t i = 0; i < n && (!rule->secret || i < told); i++) {
		fputs(i > 0 ? " " : "", f);
		if (i >= told || is_secret(words[i]->text) ||
		    (i > 0 && may_be_secret(words[i - 1]->text, words[i]->text))) {
			fputs("(not shown)", f);
			break;
		}
		import_put_word(f, words[i]);
	}
	return fclose(f) == 0 ? 0 : -ENOMEM;
}

int import_omit(struct import_omitted *o, const struct import_rule *rule, const char *reason,
		const struct junos_word *const *words, size_t n)
{
	int r;

	o->incomplete |= rule->incomplete;
	if (o->n == OMITTED_MAX) {
		o->n_unlisted++;
		return 0;
	}
	if (o->n == o->n_allocated) {
		size_t more = o->n_allocated > 0 ? 2 * o->n_allocated : 64;
		struct import_omission *list = reallocarray(o->list, more, sizeof(*list));

		if (!list)
			return -ENOMEM;
		o->list = list;
		o->n_allocated = more;
	}
	o->list[o->n] = (struct import_omission){ .reason = reason ? reason : rule->reason };
	r = make_line(&o->list[o->n].line, rule, words, n);
	if (r == 0)
		o->n++;
	return r;
}

int import_keep_unsure(struct import_omitted *o, const char *reason, const struct junos_word *const *words, size_t n)
{
	const struct import_rule rule = { .path = "", .incomplete = true };
	size_t before = o->n;
	int r = import_omit(o, &rule, reason, words, n);

	if (r == 0 && o->n > before)
		o->list[before].kept = true;
	return r;
}

static void forget_line(struct import_omission *o)
{
	free(o->line);
	o->line = NULL;
}

/* Equal lines are one, with their number. */
static void tell_lines(struct import_omitted *o, FILE *report, size_t first)
{
	const char *reason = o->list[first].reason;

	for (size_t i = first; i < o->n; i++) {
		size_t times = 1;

		if (o->list[i].reason != reason || o->list[i].kept != o->list[first].kept || !o->list[i].line)
			continue;
		for (size_t j = i + 1; j < o->n; j++)
			if (o->list[j].reason == reason && o->list[j].kept == o->list[i].kept && o->list[j].line &&
			    strcmp(o->list[j].line, o->list[i].line) == 0) {
				times++;
				forget_line(&o->list[j]);
			}
		fputs("  ", report);
		printable_put(report, o->list[i].line);
		fprintf(report, times > 1 ? " (%zu statements)\n" : "\n", times);
		forget_line(&o->list[i]);
	}
}

void import_omitted_tell(struct import_omitted *o, FILE *report)
{
	for (size_t i = 0; i < o->n; i++) {
		if (!o->list[i].line)
			continue;
		fprintf(report, o->list[i].kept ? "kept, but %s:\n" : "left out, %s:\n", o->list[i].reason);
		tell_lines(o, report, i);
	}
	if (o->n_unlisted > 0)
		fprintf(report, "left out, and not listed: %zu more statements\n", o->n_unlisted);
}

void import_omitted_free(struct import_omitted *o)
{
	for (size_t i = 0; i < o->n; i++)
		free(o->list[i].line);
	free(o->list);
}
