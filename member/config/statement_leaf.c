/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statements that take values. */
#include <stdio.h>
#include <stdlib.h>

#include "member/config/statement_private.h"

#define SHOWN_MAX 80

/* W for a message about ST: what may be a key is not repeated. */
static const char *shown_word(const struct statement *st, const struct junos_word *w, char buf[static SHOWN_MAX])
{
	char word[68];

	for (; st; st = st->parent)
		if (st->schema->flags & STATEMENT_SECRETS)
			return "a word that is not shown, for it may be a key,";
	snprintf(buf, SHOWN_MAX, "'%s'", statement_show(w, word));
	return buf;
}

int statement_check_value(struct statements *s, const struct statement *st, const struct statement_schema *schema,
			  const struct junos_word *w, struct statement_value *ret)
{
	enum value_fault fault = statement_value_parse(ret, schema, w);
	char why[VALUE_WORDS_MAX], word[SHOWN_MAX];
	const char *name;

	if (fault == VALUE_NONE)
		return 0;
	name = shown_word(st, w, word);
	if (name != word)
		return statement_fail(s, st, w, "%s: %s", name, statement_value_words(why, fault, schema, w));
	return statement_fault_word(s, statement_value_config_fault(fault), st, w, "%s: %s", name,
				    statement_value_words(why, fault, schema, w));
}

static int add_value(struct statements *s, struct statement *leaf, const struct junos_word *w)
{
	struct statement_value v, *values;
	char word[SHOWN_MAX];
	int r = statement_check_value(s, leaf, leaf->schema, w, &v);

	if (r < 0)
		return r;
	for (size_t i = 0; i < leaf->n_values; i++) {
		const struct junos_word *first = leaf->values[i].word;

		if (strcmp(first->text, w->text) == 0)
			return statement_fail(s, leaf, w, "%s is given twice; the first is at line %u, column %u",
					      shown_word(leaf, w, word), first->line, first->column);
	}
	if (leaf->n_values > 0 && leaf->n_values == leaf->schema->limit)
		return statement_fail(s, leaf, w, "%s is the %zuth value; expected at most %zu",
				      shown_word(leaf, w, word), leaf->n_values + 1, leaf->schema->limit);
	values = reallocarray(leaf->values, leaf->n_values + 1, sizeof(*values));
	if (!values)
		return -ENOMEM;
	values[leaf->n_values] = v;
	leaf->values = values;
	leaf->n_values++;
	return 0;
}

/*
 * Several values without the brackets of a list.  The message shows them as the list that was meant, when each has a
 * form that no key has.
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
				shown_word(leaf, &words[1], word), leaf->schema->name);
		if (used + strlen(words[i].text) + 8 < sizeof(list))
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s ", words[i].text);
	}
	return statement_fail(s, leaf, &words[1],
			      "%s stands behind what is complete; expected several values in brackets, '%s [ %s]', or "
			      "';' between statements",
			      shown_word(leaf, &words[1], word), leaf->schema->name, list);
}

/* Checks the shape of a leaf's values; C stands behind the keyword. */
static int check_shape(struct statements *s, const struct statement *leaf, struct statement_cursor c)
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
			      shown_word(leaf, &words[room], word));
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
					      shown_word(leaf, &n->words[1], word),
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

int statement_read_leaf(struct statements *s, struct statement *block, const struct statement_schema *schema,
			struct statement_cursor c)
{
	const struct junos_word *keyword = &c.node->words[c.i - 1];
	struct statement *leaf;
	bool again = statement_find(block, schema, NULL) != NULL;
	int r = statement_find_or_add(s, &leaf, block, schema, keyword, NULL);

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
