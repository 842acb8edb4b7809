/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "member/config/statement.h"
#include "member/config/statement_private.h"

static int read_node(struct statements *s, struct statement *block, const struct junos_node *node);

static const struct statement_schema *find_schema(const struct statement *block, const struct junos_word *w)
{
	for (const struct statement_schema *c = block->schema->children; c->name; c++) {
		if (c->flags & STATEMENT_ANY_NAME)
			return c;
		if (strcmp(c->name, w->text) == 0 || (c->alias && strcmp(c->alias, w->text) == 0))
			return c;
	}
	return NULL;
}

/* Whether a key may go on in BLOCK, where its statement seems to have ended. */
static bool is_around_secrets(const struct statement *block)
{
	for (const struct statement_schema *c = block->schema->children; c->name; c++)
		if (c->flags & STATEMENT_SECRETS)
			return true;
	return false;
}

static int refuse_unknown(struct statements *s, const struct statement *block, const struct junos_word *w)
{
	const char *names[64], *near;
	char list[200], word[68];
	size_t n = 0;

	list[0] = '\0';
	for (const struct statement_schema *c = block->schema->children; c->name && n + 1 < ARRAY_SIZE(names); c++) {
		if (c->flags & STATEMENT_ANY_NAME)
			continue;
		names[n++] = c->name;
		if (c->alias)
			names[n++] = c->alias;
		if (c->kind == STATEMENT_LEAF || c->kind == STATEMENT_BLOCK)
			statement_list_add(list, sizeof(list), c->name);
	}
	near = statement_nearest(w->text, names, n);
	if (block->schema->flags & STATEMENT_SECRETS)
		return statement_fault(s, CONFIG_FAULT_UNKNOWN, block, w, "unknown statement; expected one of %s",
				       list);
	if (!near && is_around_secrets(block))
		return statement_fault(
			s, CONFIG_FAULT_UNKNOWN, block, w,
			"unknown statement, not shown, for it may be the end of a key: a key with ';' or "
			"other marks stands in quotes; expected one of %s",
			list);
	if (near)
		return statement_fault_word(s, CONFIG_FAULT_UNKNOWN, block, w,
					    "unknown statement '%s'; did you mean '%s'?", statement_show(w, word),
					    near);
	return statement_fault_word(s, CONFIG_FAULT_UNKNOWN, block, w, "unknown statement '%s'; expected one of %s",
				    statement_show(w, word), list);
}

struct statement *statement_find(const struct statement *block, const struct statement_schema *schema,
				 const struct junos_word *name)
{
	struct statement *last = block->last;

	/* Files are written block by block: it is the last one nearly always. */
	if (last && last->schema == schema && (!name || strcmp(last->name->text, name->text) == 0))
		return last;
	for (struct statement *c = block->child; c; c = c->next) {
		if (c->schema == schema && (!name || strcmp(c->name->text, name->text) == 0))
			return c;
	}
	return NULL;
}

static int check_room(struct statements *s, struct statement *block, const struct statement_schema *schema,
		      const struct junos_word *keyword, const struct junos_word *name)
{
	size_t n = 0;

	if ((block->schema->flags & STATEMENT_ONE_OF) && block->child)
		return statement_fail(s, block, keyword,
				      "'%s' beside '%s' of line %u, column %u; expected only one of the two",
				      schema->name, block->child->schema->name, block->child->keyword->line,
				      block->child->keyword->column);
	if (!name || schema->limit == 0)
		return 0;
	for (const struct statement *c = block->child; c; c = c->next)
		n += c->schema == schema;
	if (n == schema->limit)
		return statement_fail(s, block, keyword, "%zuth '%s'; expected at most %zu", n + 1, schema->name,
				      schema->limit);
	return 0;
}

int statement_find_or_add(struct statements *s, struct statement **ret, struct statement *block,
			  const struct statement_schema *schema, const struct junos_word *keyword,
			  const struct junos_word *name)
{
	struct statement *st = statement_find(block, schema, name);
	int r;

	if (!st) {
		r = check_room(s, block, schema, keyword, name);
		if (r < 0)
			return r;
		st = calloc(1, sizeof(*st));
		if (!st)
			return -ENOMEM;
		*st = (struct statement){ .schema = schema, .keyword = keyword, .name = name, .parent = block };
		if (block->last)
			block->last->next = st;
		else
			block->child = st;
		block->last = st;
	}
	*ret = st;
	return 0;
}

/* One note for all statements that are passed over in BLOCK. */
static void note_ignored(struct statements *s, struct statement *block)
{
	while (block->parent && !block->schema->help)
		block = block->parent;
	if (block->schema->help && !block->noted)
		statement_warn(s, block, NULL, "ignored in part: %s", block->schema->help);
	block->noted = true;
}

/* Is W near to the name of a statement that BLOCK does have? */
static bool is_misspelt(const struct statement *block, const struct junos_word *w)
{
	const char *names[16];
	size_t n = 0;

	for (const struct statement_schema *c = block->schema->children; c->name && n < ARRAY_SIZE(names); c++) {
		if (!(c->flags & STATEMENT_ANY_NAME))
			names[n++] = c->name;
	}
	return statement_nearest(w->text, names, n) != NULL;
}

static int read_ignored(struct statements *s, struct statement *block, const struct statement_schema *schema,
			const struct junos_word *keyword)
{
	bool again = statement_find(block, schema, NULL) != NULL;
	struct statement *st;
	int r;

	if ((schema->flags & STATEMENT_ANY_NAME) && is_misspelt(block, keyword))
		return refuse_unknown(s, block, keyword);
	if (!schema->help) {
		note_ignored(s, block);
		return 0;
	}
	if (again)
		return 0;
	r = statement_find_or_add(s, &st, block, schema, keyword, NULL);
	if (r >= 0)
		statement_warn(s, st, keyword, "ignored: %s", schema->help);
	return r;
}

static int read_words(struct statements *s, struct statement *block, struct statement_cursor c);

static int read_block(struct statements *s, struct statement *block, const struct statement_schema *schema,
		      struct statement_cursor c)
{
	static const struct statement_schema a_name = { .type = TYPE_NAME };
	const struct junos_word *keyword = &c.node->words[c.i], *name = NULL;
	bool any_name = schema->flags & STATEMENT_ANY_NAME;
	struct statement *st;
	struct statement_value v;
	int r;

	c.i++;
	if (any_name) {
		name = keyword;
		r = statement_check_value(s, block, schema, name, &v);
		if (r < 0)
			return r;
	} else if (schema->flags & STATEMENT_NAMED) {
		if (c.i == c.node->n_words || c.node->words[c.i].listed)
			return statement_fail(s, block, keyword, "'%s' has no name; expected '%s NAME'", schema->name,
					      schema->name);
		name = &c.node->words[c.i++];
		r = statement_check_value(s, block, &a_name, name, &v);
		if (r < 0)
			return r;
	}
	r = statement_find_or_add(s, &st, block, schema, keyword, name);
	if (r < 0 || (s->unkeyed && (schema->flags & STATEMENT_SECRETS)))
		return r;
	return read_words(s, st, c);
}

static int read_words(struct statements *s, struct statement *block, struct statement_cursor c)
{
	const struct statement_schema *schema;
	const struct junos_word *w;
	int r = 0;

	if (c.i == c.node->n_words) {
		for (const struct junos_node *n = c.node->child; n && r >= 0; n = n->next)
			r = read_node(s, block, n);
		return r;
	}
	w = &c.node->words[c.i];
	schema = find_schema(block, w);
	if (!schema)
		return refuse_unknown(s, block, w);
	if (w->listed && !(schema->flags & STATEMENT_ANY_NAME))
		return statement_fail(s, block, w,
				      "a list in [ ] where a statement belongs; expected statements in { }");
	switch (schema->kind) {
	case STATEMENT_LEAF:
		c.i++;
		return statement_read_leaf(s, block, schema, c);
	case STATEMENT_BLOCK:
		if (!w->listed)
			return read_block(s, block, schema, c);
		for (; r >= 0 && c.i < c.node->n_words; c.i++) { /* names in a list: no block follows */
			struct junos_node one = { .words = &c.node->words[c.i], .n_words = 1 };

			r = read_block(s, block, schema, (struct statement_cursor){ &one, 0 });
		}
		return r;
	case STATEMENT_IGNORED:
		return read_ignored(s, block, schema, w);
	case STATEMENT_REFUSED:
		if (strcmp(w->text, schema->name) != 0) /* another spelling */
			return statement_fault(s, CONFIG_FAULT_REFUSED, block, w, "'%s': %s", schema->name,
					       schema->help);
		return statement_fault_word(s, CONFIG_FAULT_REFUSED, block, w, "'%s': %s", schema->name, schema->help);
	}
	return -EINVAL;
}

static int read_node(struct statements *s, struct statement *block, const struct junos_node *node)
{
	if (node->inactive)
		return 0;
	return read_words(s, block, (struct statement_cursor){ node, 0 });
}

static int check_mandatory(struct statements *s, const struct statement *block)
{
	char expected[200];
	int r = 0;

	if (block->schema->kind != STATEMENT_BLOCK || (s->unkeyed && (block->schema->flags & STATEMENT_SECRETS)))
		return 0;
	if ((block->schema->flags & STATEMENT_ONE_OF) && !block->child) {
		const struct statement_schema *c = block->schema->children;

		snprintf(expected, sizeof(expected), "%s", c->name);
		for (c++; c->name; c++)
			snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected), ", %s", c->name);
		return statement_fault(s, CONFIG_FAULT_LACKING, block, NULL, "has no value; expected one of %s",
				       expected);
	}
	for (const struct statement_schema *c = block->schema->children; c && c->name; c++) {
		if (!(c->flags & STATEMENT_MANDATORY) || statement_child(block, c->name))
			continue;
		if (c->kind == STATEMENT_LEAF)
			return statement_fault(s, CONFIG_FAULT_LACKING, block, NULL,
					       "'%s' is missing here; expected it with %s", c->name,
					       statement_expected(c, expected));
		return statement_fault(s, CONFIG_FAULT_LACKING, block, NULL,
				       "'%s' is missing here; expected it in this block", c->name);
	}
	for (const struct statement *c = block->child; c && r >= 0; c = c->next)
		r = check_mandatory(s, c);
	return r;
}

static int read_all(struct statements **ret, const struct junos *j, const struct statement_schema *root, bool unkeyed,
		    struct config_error *err)
{
	_cleanup_(statements_freep) struct statements *s = calloc(1, sizeof(*s));
	int r = 0;

	if (!s)
		return -ENOMEM;
	s->junos = j;
	s->err = err;
	s->unkeyed = unkeyed;
	s->root = calloc(1, sizeof(*s->root));
	if (!s->root)
		return -ENOMEM;
	s->root->schema = root;
	for (const struct junos_node *n = junos_first(j); n && r >= 0; n = n->next)
		r = read_node(s, s->root, n);
	if (r >= 0)
		r = check_mandatory(s, s->root);
	if (r < 0)
		return r;
	*ret = TAKE(s);
	return 0;
}

int statements_read(struct statements **ret, const struct junos *j, const struct statement_schema *root,
		    struct config_error *err)
{
	return read_all(ret, j, root, false, err);
}

int statements_read_unkeyed(struct statements **ret, const struct junos *j, const struct statement_schema *root,
			    struct config_error *err)
{
	return read_all(ret, j, root, true, err);
}
