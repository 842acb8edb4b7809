/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/config/unkeyed.h"

#include <stdio.h>
#include <stdlib.h>

/* The escapes that junos_parse() undoes.  In quotes no word is a tag or a command. */
static void put_word(FILE *out, const struct junos_word *w)
{
	putc('"', out);
	for (const char *p = w->text; *p; p++) {
		switch (*p) {
		case '"':
		case '\\':
			fprintf(out, "\\%c", *p);
			break;
		case '\n':
			fputs("\\n", out);
			break;
		case '\t':
			fputs("\\t", out);
			break;
		default:
			putc(*p, out);
		}
	}
	putc('"', out);
}

static void put_leaf(FILE *out, const struct statement *leaf)
{
	bool list = leaf->n_values > 1;

	fputs(list ? " [" : "", out);
	for (size_t i = 0; i < leaf->n_values; i++) {
		putc(' ', out);
		put_word(out, leaf->values[i].word);
	}
	fputs(list ? " ];\n" : ";\n", out);
}

static void put_statement(FILE *out, const struct statement *st)
{
	if (!(st->schema->flags & STATEMENT_ANY_NAME))
		fputs(st->schema->name, out);
	if (st->name) {
		putc(' ', out);
		put_word(out, st->name);
	}
	if (st->schema->kind == STATEMENT_LEAF) {
		put_leaf(out, st);
		return;
	}
	fputs(" {\n", out);
	if (st->schema->flags & STATEMENT_SECRETS)
		fputs("ascii-text " CONFIG_UNKEYED_PLACEHOLDER ";\n", out);
	/* Not deeper than the schema. */
	for (const struct statement *c = st->child; c && !(st->schema->flags & STATEMENT_SECRETS); c = c->next)
		if (c->schema->kind != STATEMENT_IGNORED)
			put_statement(out, c);
	fputs("}\n", out);
}

int config_unkeyed_text(char **ret, const struct statements *s)
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
