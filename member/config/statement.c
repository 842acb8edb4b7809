/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/config/statement.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "member/config/statement_private.h"

const struct statement *statements_root(const struct statements *s)
{
	return s->root;
}

bool statements_unkeyed(const struct statements *s)
{
	return s->unkeyed;
}

static bool is_named(const struct statement *st, const char *keyword)
{
	return st->schema->name && strcmp(st->schema->name, keyword) == 0;
}

const struct statement *statement_child(const struct statement *block, const char *name)
{
	if (!block)
		return NULL;
	for (const struct statement *c = block->child; c; c = c->next) {
		if (is_named(c, name))
			return c;
	}
	return NULL;
}

const struct statement *statement_next(const struct statement *st)
{
	for (const struct statement *c = st->next; c; c = c->next) {
		if (c->schema == st->schema)
			return c;
	}
	return NULL;
}

const struct statement *statement_named(const struct statement *block, const char *keyword, const char *name)
{
	for (const struct statement *c = statement_child(block, keyword); c; c = statement_next(c)) {
		if (c->name && strcmp(c->name->text, name) == 0)
			return c;
	}
	return NULL;
}

const struct statement_value *statement_value(const struct statement *block, const char *name)
{
	const struct statement *leaf = statement_child(block, name);

	return leaf && leaf->n_values > 0 ? &leaf->values[0] : NULL;
}

uint32_t statement_number(const struct statement *block, const char *name, uint32_t fallback)
{
	const struct statement_value *v = statement_value(block, name);

	return v ? v->number : fallback;
}

const char *statement_names(const struct statement *block, const char *keyword, char buf[static 128])
{
	size_t used = 0;

	for (const struct statement *c = statement_child(block, keyword); c; c = statement_next(c)) {
		int n = snprintf(buf + used, 128 - used, "%s%s", used ? ", " : "", c->name->text);

		if ((size_t)n >= 128 - used) {
			strcpy(buf + (used > 123 ? 123 : used), " ...");
			return buf;
		}
		used += (size_t)n;
	}
	if (used == 0)
		strcpy(buf, "none is defined");
	return buf;
}

/* "security group-vpn member ike gateway KeySrv" */
static size_t path_text(const struct statement *st, char *buf, size_t size)
{
	char name[68];
	size_t used;

	if (!st || !st->parent) {
		buf[0] = '\0';
		return 0;
	}
	used = path_text(st->parent, buf, size);
	if (st->schema->name && used < size)
		used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? " " : "", st->schema->name);
	if (st->name && used < size)
		used += (size_t)snprintf(buf + used, size - used, " %s", statement_show(st->name, name));
	return used < size ? used : size - 1;
}

__attribute__((format(printf, 5, 0))) static void set_error(struct config_error *ret, const struct statements *s,
							    const struct statement *st, const struct junos_word *at,
							    const char *fmt, va_list ap)
{
	static const struct junos_word beginning = { .line = 1, .column = 1 };
	char path[200];

	if (!at)
		at = st && st->keyword ? st->keyword : &beginning;
	ret->line = at->line;
	ret->column = at->column;
	path_text(st, path, sizeof(path));
	config_error_words(ret, junos_name(s->junos), path, fmt, ap);
}

__attribute__((format(printf, 5, 0))) static int refuse_statement(struct statements *s, struct config_error kind,
								  const struct statement *st,
								  const struct junos_word *at, const char *fmt,
								  va_list ap)
{
	*s->err = kind;
	set_error(s->err, s, st, at, fmt, ap);
	return -EINVAL;
}

int statement_fail(struct statements *s, const struct statement *st, const struct junos_word *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int r = refuse_statement(s, (struct config_error){ .fault = CONFIG_FAULT_SENSE }, st, at, fmt, ap);
	va_end(ap);
	return r;
}

int statement_fault(struct statements *s, enum config_fault fault, const struct statement *st,
		    const struct junos_word *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int r = refuse_statement(s, (struct config_error){ .fault = fault }, st, at, fmt, ap);
	va_end(ap);
	return r;
}

int statement_fault_word(struct statements *s, enum config_fault fault, const struct statement *st,
			 const struct junos_word *at, const char *fmt, ...)
{
	char word[68];
	bool repeats = strcmp(statement_show(at, word), at->text) == 0;
	va_list ap;

	va_start(ap, fmt);
	int r = refuse_statement(s, (struct config_error){ .fault = fault, .repeats_word = repeats }, st, at, fmt, ap);
	va_end(ap);
	return r;
}

void statement_warn(struct statements *s, const struct statement *st, const struct junos_word *at, const char *fmt, ...)
{
	va_list ap;

	if (s->n_warnings == STATEMENT_WARNINGS_MAX)
		return;
	va_start(ap, fmt);
	set_error(&s->warnings[s->n_warnings++], s, st, at, fmt, ap);
	va_end(ap);
}

size_t statement_warnings(const struct statements *s)
{
	return s->n_warnings;
}

const char *statement_warning(const struct statements *s, size_t i)
{
	return i < s->n_warnings ? s->warnings[i].text : NULL;
}

static void put_leaf(FILE *out, const struct statement *leaf)
{
	bool list = leaf->n_values > 1;

	fputs(list ? " [" : "", out);
	for (size_t i = 0; i < leaf->n_values; i++) {
		putc(' ', out);
		junos_put_quoted(out, leaf->values[i].word->text);
	}
	fputs(list ? " ];\n" : ";\n", out);
}

static void put_statement(FILE *out, const struct statement *st)
{
	if (!(st->schema->flags & STATEMENT_ANY_NAME))
		fputs(st->schema->name, out);
	if (st->name) {
		putc(' ', out);
		junos_put_quoted(out, st->name->text);
	}
	if (st->schema->kind == STATEMENT_LEAF) {
		put_leaf(out, st);
		return;
	}
	fputs(" {\n", out);
	if (st->schema->flags & STATEMENT_SECRETS)
		fputs("ascii-text " STATEMENTS_UNKEYED_KEY ";\n", out);
	/* Not deeper than the schema. */
	for (const struct statement *c = st->child; c && !(st->schema->flags & STATEMENT_SECRETS); c = c->next)
		if (c->schema->kind != STATEMENT_IGNORED)
			put_statement(out, c);
	fputs("}\n", out);
}

int statements_unkeyed_text(char **ret, const struct statements *s)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	bool failed;

	if (!out)
		return -ENOMEM;
	for (const struct statement *st = statements_root(s)->child; st; st = st->next)
		if (st->schema->kind != STATEMENT_IGNORED)
			put_statement(out, st);
	failed = ferror(out) != 0;
	if (fclose(out) != 0 || failed) {
		free(text);
		return -ENOMEM;
	}
	*ret = text;
	return 0;
}

static void free_statement(struct statement *st)
{
	while (st) { /* recursion only as deep as the schema */
		struct statement *next = st->next;

		free_statement(st->child);
		free(st->values);
		free(st);
		st = next;
	}
}

void statements_free(struct statements *s)
{
	if (!s)
		return;
	free_statement(s->root);
	free(s);
}
