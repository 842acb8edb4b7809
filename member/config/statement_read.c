/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "member/config/statement.h"
#include "member/config/statement_private.h"

/* A place in a statement's words; what follows the last word is the node's block. */
struct cursor {
	const struct junos_node *node;
	size_t i;
};

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

#define SHOWN_MAX 80

/* W for a message about ST: what may be a key is not repeated. */
static const char *shown(const struct statement *st, const struct junos_word *w, char buf[static SHOWN_MAX])
{
	char word[68];

	for (; st; st = st->parent)
		if (st->schema->flags & STATEMENT_SECRETS)
			return "a word that is not shown, for it may be a key,";
	snprintf(buf, SHOWN_MAX, "'%s'", statement_show(w, word));
	return buf;
}

/* Whether a key may go on in BLOCK, where its statement seems to have ended. */
static bool is_around_secrets(const struct statement *block)
{
	for (const struct statement_schema *c = block->schema->children; c->name; c++)
		if (c->flags & STATEMENT_SECRETS)
			return true;
	return false;
}

static int unknown(struct statements *s, const struct statement *block, const struct junos_word *w)
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

static struct statement *find_statement(const struct statement *block, const struct statement_schema *schema,
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

static int find_or_add(struct statements *s, struct statement **ret, struct statement *block,
		       const struct statement_schema *schema, const struct junos_word *keyword,
		       const struct junos_word *name)
{
	struct statement *st = find_statement(block, schema, name);
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

static int check_value(struct statements *s, const struct statement *st, const struct statement_schema *schema,
		       const struct junos_word *w, struct statement_value *ret)
{
	enum value_fault fault = statement_value_parse(ret, schema, w);
	char why[VALUE_WORDS_MAX], word[SHOWN_MAX];
	const char *name;

	if (fault == VALUE_NONE)
		return 0;
	name = shown(st, w, word);
	if (name != word)
		return statement_fail(s, st, w, "%s: %s", name, statement_value_words(why, fault, schema, w));
	return statement_fault_word(s, statement_value_config_fault(fault), st, w, "%s: %s", name,
				    statement_value_words(why, fault, schema, w));
}

static int add_value(struct statements *s, struct statement *leaf, const struct junos_word *w)
{
	struct statement_value v, *values;
	char word[SHOWN_MAX];
	int r = check_value(s, leaf, leaf->schema, w, &v);

	if (r < 0)
		return r;
	for (size_t i = 0; i < leaf->n_values; i++) {
		const struct junos_word *first = leaf->values[i].word;

		if (strcmp(first->text, w->text) == 0)
			return statement_fail(s, leaf, w, "%s is given twice; the first is at line %u, column %u",
					      shown(leaf, w, word), first->line, first->column);
	}
	if (leaf->n_values > 0 && leaf->n_values == leaf->schema->limit)
		return statement_fail(s, leaf, w, "%s is the %zuth value; expected at most %zu", shown(leaf, w, word),
				      leaf->n_values + 1, leaf->schema->limit);
	values = reallocarray(leaf->values, leaf->n_values + 1, sizeof(*values));
	if (!values)
		return -ENOMEM;
	values[leaf->n_values] = v;
	leaf->values = values;
	leaf->n_values++;
	return 0;
}

/*
 * Several values without the brackets of a list: they are shown as the list that was meant, where each is of a form
 * that no key has.
 */
static int suggest_list(struct statements *s, const struct statement *leaf, const struct junos_word *words, size_t n)
{
	char list[160] = "A B ", word[SHOWN_MAX];
	bool plain = leaf->schema->type != TYPE_NAME && leaf->schema->type != TYPE_INTERFACE;
	size_t used = 0;

	for (size_t i = 0; i < n && plain; i++) {
		struct statement_value v;

		if (words[i].listed || statement_value_parse(&v, leaf->schema, &words[i]) != VALUE_NONE)
			return statement_fail(
				s, leaf, &words[1],
				"%s stands behind what is complete; expected one statement at a time, each "
				"ended by ';' or its line's end, or several values in brackets, '%s [ A B ]'",
				shown(leaf, &words[1], word), leaf->schema->name);
		if (used + strlen(words[i].text) + 8 < sizeof(list))
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s ", words[i].text);
	}
	return statement_fail(s, leaf, &words[1],
			      "%s stands behind what is complete; expected several values in brackets, '%s [ %s]', or "
			      "';' between statements",
			      shown(leaf, &words[1], word), leaf->schema->name, list);
}

/* Checks the shape of a leaf's values; C stands behind the keyword. */
static int check_shape(struct statements *s, const struct statement *leaf, struct cursor c)
{
	const struct statement_schema *schema = leaf->schema;
	const struct junos_word *words = c.node->words + c.i, *keyword = words - 1;
	size_t n = c.node->n_words - c.i, room = schema->type == TYPE_FLAG ? 0 : 1;
	char expected[200], word[SHOWN_MAX];

	if (c.node->block)
		return statement_fail(s, leaf, keyword, "a block { } where a value belongs; expected %s and ';'",
				      statement_expected(schema, expected));
	if (n < room)
		return statement_fault(s, CONFIG_FAULT_LACKING, leaf, keyword, "has no value; expected %s",
				       statement_expected(schema, expected));
	if (n > 0 && words[0].listed && schema->limit > 0)
		return 0;
	if (n > 0 && words[0].listed)
		return statement_fail(s, leaf, &words[0], "a list in [ ]; expected %s",
				      room ? "a single value" : "no value");
	if (n == room)
		return 0;
	if (schema->limit > 0 && schema->type != TYPE_TEXT && n > 1)
		return suggest_list(s, leaf, words, n);
	if (schema->type == TYPE_SECRET)
		return statement_fail(s, leaf, &words[room],
				      "more than one word; expected one, or a key with spaces in quotes");
	return statement_fail(s, leaf, &words[room],
			      "%s stands behind what is complete; expected one statement at a "
			      "time, each ended by ';' or its line's end",
			      shown(leaf, &words[room], word));
}

/* { A; B; }: as Junos shows several values of one statement. */
static int read_value_block(struct statements *s, struct statement *leaf, const struct junos_node *node)
{
	char expected[200], word[SHOWN_MAX];
	int r = 0;

	for (const struct junos_node *n = node->child; n && r >= 0; n = n->next) {
		if (n->inactive)
			continue;
		if (n->n_words > 1)
			return statement_fail(s, leaf, &n->words[1], "%s stands behind a value; expected %s and ';'",
					      shown(leaf, &n->words[1], word),
					      statement_expected(leaf->schema, expected));
		if (n->block)
			return statement_fail(s, leaf, &n->words[0], "a block { } where a value belongs; expected ';'");
		r = add_value(s, leaf, &n->words[0]);
	}
	if (r >= 0 && leaf->n_values == 0)
		return statement_fault(s, CONFIG_FAULT_LACKING, leaf, NULL, "has no value; expected %s",
				       statement_expected(leaf->schema, expected));
	return r;
}

static int read_leaf(struct statements *s, struct statement *block, const struct statement_schema *schema,
		     struct cursor c)
{
	const struct junos_word *keyword = &c.node->words[c.i - 1];
	struct statement *leaf;
	bool again = find_statement(block, schema, NULL) != NULL;
	int r = find_or_add(s, &leaf, block, schema, keyword, NULL);

	if (r < 0)
		return r;
	if (again && schema->limit == 0)
		return statement_fail(s, leaf, keyword,
				      "is given twice; the first is at line %u, column %u; expected it once",
				      leaf->keyword->line, leaf->keyword->column);
	if (c.node->block && c.i == c.node->n_words && (schema->flags & STATEMENT_VALUE_BLOCK))
		return read_value_block(s, leaf, c.node);
	r = check_shape(s, leaf, c);
	while (r >= 0 && c.i < c.node->n_words)
		r = add_value(s, leaf, &c.node->words[c.i++]);
	return r;
}

/* One note for all that is passed over in BLOCK. */
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
	bool again = find_statement(block, schema, NULL) != NULL;
	struct statement *st;
	int r;

	if ((schema->flags & STATEMENT_ANY_NAME) && is_misspelt(block, keyword))
		return unknown(s, block, keyword);
	if (!schema->help) {
		note_ignored(s, block);
		return 0;
	}
	if (again)
		return 0;
	r = find_or_add(s, &st, block, schema, keyword, NULL);
	if (r >= 0)
		statement_warn(s, st, keyword, "ignored: %s", schema->help);
	return r;
}

static int read_words(struct statements *s, struct statement *block, struct cursor c);

static int read_block(struct statements *s, struct statement *block, const struct statement_schema *schema,
		      struct cursor c)
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
		r = check_value(s, block, schema, name, &v);
		if (r < 0)
			return r;
	} else if (schema->flags & STATEMENT_NAMED) {
		if (c.i == c.node->n_words || c.node->words[c.i].listed)
			return statement_fail(s, block, keyword, "'%s' has no name; expected '%s NAME'", schema->name,
					      schema->name);
		name = &c.node->words[c.i++];
		r = check_value(s, block, &a_name, name, &v);
		if (r < 0)
			return r;
	}
	r = find_or_add(s, &st, block, schema, keyword, name);
	if (r < 0 || (s->unkeyed && (schema->flags & STATEMENT_SECRETS)))
		return r;
	return read_words(s, st, c);
}

static int read_words(struct statements *s, struct statement *block, struct cursor c)
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
		return unknown(s, block, w);
	if (w->listed && !(schema->flags & STATEMENT_ANY_NAME))
		return statement_fail(s, block, w,
				      "a list in [ ] where a statement belongs; expected statements in { }");
	switch (schema->kind) {
	case STATEMENT_LEAF:
		c.i++;
		return read_leaf(s, block, schema, c);
	case STATEMENT_BLOCK:
		if (!w->listed)
			return read_block(s, block, schema, c);
		for (; r >= 0 && c.i < c.node->n_words; c.i++) { /* names in a list: no block follows */
			struct junos_node one = { .words = &c.node->words[c.i], .n_words = 1 };

			r = read_block(s, block, schema, (struct cursor){ &one, 0 });
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
	return read_words(s, block, (struct cursor){ node, 0 });
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
