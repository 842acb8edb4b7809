/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The import of a Junos configuration
 *
 * A device's configuration reaches a file in many ways: over a terminal with a pager, in mail, in a guide.  The import
 * reads the text in four steps, and each step notes the places that it is not sure of:
 * - screen.c: the text as the terminal showed it.  Pager marks, overwritten characters, line ends and UTF-16 are
 * undone.
 * - text.c: plain configuration.  Prompts and commands are followed (text_prompt.c).
 * - junos.h: the tree of statements, in the tolerant form of the grammar.
 * - import.c, here: each statement in turn is kept, left out with a reason (rules.c), or in doubt (damage.c).
 *
 * A kept statement is printed as a "set" line.  Names of interfaces are mapped (interfaces.c), and a key that the
 * device printed in another spelling goes into a file (keys.c, device_key.c).  checks.c looks at several statements
 * together. result.c has member/config read the result, as gvpnd will, and takes out the lines that can go without
 * changing what is protected.
 *
 * Either the result is complete, or the report (report.c) says what is missing: a rule that is left out silently would
 * let traffic pass in clear that the device encrypts.  The report repeats no secret: of an unknown statement it names
 * nothing behind the statement's name.
 */
#include "member/import/import.h"

#include "lib/printable.h"
#include "member/config/junos.h"
#include "member/import/checks.h"
#include "member/import/damage.h"
#include "member/import/interfaces.h"
#include "member/import/keys.h"
#include "member/import/report.h"
#include "member/import/result.h"
#include "member/import/rules.h"
#include "member/import/screen.h"
#include "member/import/text.h"

#include <stdlib.h>

#define PATH_MAX_WORDS 512

struct import {
	FILE *out, *report;
	const struct junos_word *path[PATH_MAX_WORDS];
	size_t n_path;
	bool cut; /* the statement at hand has more words than are looked at */
	struct off {
		const struct junos_node *node; /* a "deactivate" statement */
		bool used;
	} * off;
	size_t n_off;
	struct import_omitted omitted;
	struct import_interfaces interfaces;
	struct import_checks checks;
	struct import_keys keys;
	struct import_doubts doubts;
	struct import_cut_lines cut_lines;
	size_t n_lines, kept;
	const struct junos_word *zone, *zone_interface; /* kept last */
};

/* --- words --- */

static bool word_is(const struct junos_word *w, const char *text)
{
	return strcmp(w->text, text) == 0;
}

/* --- what is kept --- */

static void print_kept(struct import *im, const struct import_rule *rule)
{
	const size_t at = rule->interface_word;
	/* "interfaces X unit N" is the one statement in which the unit stands apart. */
	bool apart = at == 1 && im->n_path > 3;
	const char *linux_name = NULL;

	if (at < im->n_path)
		linux_name =
			import_interface_take(&im->interfaces, im->path[at]->text, apart ? im->path[3]->text : NULL);
	fputs("set", im->out);
	for (size_t i = 0; i < im->n_path; i++) {
		fputc(' ', im->out);
		if (linux_name && i == at)
			fputs(linux_name, im->out);
		else if (linux_name && apart && i == 3)
			fputc('0', im->out); /* here the name belongs to the unit */
		else
			import_put_word(im->out, im->path[i]);
	}
	fputc('\n', im->out);
	im->kept++;
}

/* --- the statements --- */

/*
 * How many of the statement's first words are active: all, when no "deactivate" statement names it or a hierarchy
 * around it.
 */
static size_t active_words(struct import *im)
{
	size_t active = im->n_path;

	for (size_t i = 0; i < im->n_off; i++) {
		const struct junos_node *o = im->off[i].node;
		size_t j = 1;

		while (j < o->n_words && j - 1 < im->n_path && strcmp(o->words[j].text, im->path[j - 1]->text) == 0)
			j++;
		if (j < o->n_words || j == 1)
			continue;
		im->off[i].used = true;
		active = j - 2 < active ? j - 2 : active;
	}
	return active;
}

/* "security zones security-zone Z interfaces I ...": the words behind I are left out; that I is in the zone is kept. */
static void keep_zone_interface(struct import *im)
{
	const size_t n = im->n_path;
	const struct import_rule *rule = import_rule_for(im->path, 6);

	/* Each line about the interface names the interface again. */
	if (im->zone && strcmp(im->zone->text, im->path[3]->text) == 0 &&
	    strcmp(im->zone_interface->text, im->path[5]->text) == 0)
		return;
	im->zone = im->path[3];
	im->zone_interface = im->path[5];
	im->n_path = 6;
	if (!rule->reason)
		print_kept(im, rule);
	im->n_path = n;
}

/* A statement that is kept, or a key's file in its place. */
static int keep_statement(struct import *im, const struct import_rule *rule)
{
	char *path = NULL;
	int r = import_keys_take(&im->keys, &path, im->path, im->n_path);
	const struct junos_word form = { .text = "file", .len = strlen("file") };
	struct junos_word value = { .quoted = true };
	const struct junos_word **last = &im->path[im->n_path - 1];

	if (r <= 0) {
		if (r == 0)
			print_kept(im, rule);
		return r;
	}
	value.text = path;
	value.len = strlen(path);
	const struct junos_word *device_form = last[-1], *device_value = last[0];
	last[-1] = &form;
	last[0] = &value;
	print_kept(im, rule);
	last[-1] = device_form;
	last[0] = device_value;
	free(path);
	return 0;
}

/* Why the statement at hand may be another on the device; NULL: nothing speaks for it. */
static const char *find_damage(const struct import *im, bool kept, bool cut)
{
	if (kept && import_is_cut_line(&im->cut_lines, im->path[im->n_path - 1]))
		return "its line ends at the edge of a terminal, which may have cut it: export from a wider one, after "
		       "'set cli screen-width 0'";
	return import_damage_of(im->path, im->n_path, kept, cut);
}

/* The statement is in a zone's interface, or is one. */
static bool is_of_zone_interface(const struct import *im)
{
	return im->n_path >= 6 && word_is(im->path[1], "zones") && word_is(im->path[4], "interfaces");
}

/* ACTIVE: so many words of the statement stand before an inactive part. */
static int take_statement(struct import *im, size_t active, bool cut)
{
	const struct import_rule *rule = import_rule_for(im->path, im->n_path);
	size_t also = active_words(im);
	const char *why;
	int r;

	active = also < active ? also : active;
	if (active < im->n_path) {
		const struct import_rule inactive = { .path = "", .secret = rule->secret };

		if (active >= 6 && is_of_zone_interface(im))
			keep_zone_interface(im);
		return import_omit(&im->omitted, &inactive, "it is inactive on the device", im->path, im->n_path);
	}
	import_checks_take(&im->checks, im->path, im->n_path);
	why = find_damage(im, !rule->reason, cut);
	if (why && rule->reason) {
		const struct import_rule lost = { .path = "", .secret = rule->secret, .incomplete = true };

		return import_omit(&im->omitted, &lost, why, im->path, im->n_path);
	}
	if (why) {
		r = import_keep_unsure(&im->omitted, why, im->path, im->n_path);
		if (r < 0)
			return r;
	}
	if (is_of_zone_interface(im) && !rule->incomplete)
		keep_zone_interface(im);
	else if (!rule->reason)
		return keep_statement(im, rule);
	return rule->reason ? import_omit(&im->omitted, rule, NULL, im->path, im->n_path) : 0;
}

static int walk_nodes(struct import *im, const struct junos_node *n, size_t active);

static void put_path(struct import *im, const struct junos_word *w)
{
	if (im->n_path == PATH_MAX_WORDS)
		im->cut = true;
	else
		im->path[im->n_path++] = w;
}

/* The words of N; a list makes a statement of each of its words. */
static int walk_words(struct import *im, const struct junos_node *n, size_t active)
{
	const size_t before = im->n_path;
	const bool was_cut = im->cut;
	size_t plain = 0;
	int r = 0;

	im->cut |= n->cut;
	while (plain < n->n_words && !n->words[plain].listed)
		plain++;
	for (size_t i = 0; i < plain; i++)
		put_path(im, &n->words[i]);
	if (plain == n->n_words)
		r = n->child ? walk_nodes(im, n->child, active) : take_statement(im, active, im->cut);
	for (size_t i = plain; r == 0 && i < n->n_words; i++) {
		im->n_path = before + plain < PATH_MAX_WORDS ? before + plain : PATH_MAX_WORDS;
		put_path(im, &n->words[i]);
		r = n->child ? walk_nodes(im, n->child, active) : take_statement(im, active, im->cut);
	}
	im->n_path = before;
	im->cut = was_cut;
	return r;
}

static int walk_nodes(struct import *im, const struct junos_node *n, size_t active)
{
	int r = 0;

	for (; r == 0 && n; n = n->next)
		if (im->n_path > 0 || !word_is(&n->words[0], "deactivate"))
			r = walk_words(im, n, n->inactive && im->n_path < active ? im->n_path : active);
	return r;
}

static int find_off(struct import *im, const struct junos_node *first)
{
	size_t n = 0;

	for (const struct junos_node *s = first; s; s = s->next)
		n += word_is(&s->words[0], "deactivate");
	im->off = calloc(n + 1, sizeof(*im->off));
	if (!im->off)
		return -ENOMEM;
	for (const struct junos_node *s = first; s; s = s->next)
		if (word_is(&s->words[0], "deactivate"))
			im->off[im->n_off++].node = s;
	return 0;
}

/* A "deactivate" line that may be damaged, or that names nothing: on the device every such line names a statement. */
static int check_off(struct import *im)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < im->n_off; i++) {
		const struct junos_node *o = im->off[i].node;
		const struct import_rule lost = { .path = "", .secret = true, .incomplete = true };
		const char *why;

		for (im->n_path = 0; im->n_path < o->n_words; im->n_path++)
			im->path[im->n_path] = &o->words[im->n_path];
		why = find_damage(im, true, o->cut);
		if (!why && !im->off[i].used && import_rules_may_change_kept(im->path + 1, im->n_path - 1))
			why = "it names nothing of this text: a line is broken, or lost";
		if (why)
			r = import_omit(&im->omitted, &lost, why, im->path, im->n_path);
	}
	im->n_path = 0;
	return r;
}

/* --- the whole --- */

static int finish_result(struct import *im, FILE *out, char *text, size_t len)
{
	struct import_result result = { .text = text, .len = len, .unmapped = im->interfaces.unmapped[0] };
	bool complete;
	int r;

	import_omitted_tell(&im->omitted, im->report);
	if (im->kept == 0) {
		fwrite(text, 1, len, out);
		fprintf(im->report,
			"incomplete: there is no group VPN member in it; expected [security group-vpn member]\n");
		return 1;
	}
	complete = !import_interfaces_missing(&im->interfaces, im->report);
	if (im->omitted.incomplete)
		fprintf(im->report, "incomplete: what is left out or in doubt above may be what protects traffic; see "
				    "its reasons\n");
	import_doubts_tell(&im->doubts);
	complete = !im->omitted.incomplete && im->doubts.n == 0 && !im->keys.failed && complete;
	complete = import_checks_incomplete(&im->checks, &im->interfaces, im->report) && complete;
	r = import_result_check(&result, im->report, &im->checks.addresses);
	if (r < 0)
		return r;
	import_interfaces_warn(&im->interfaces, im->report);
	fwrite(text, 1, result.len, out);
	if (complete && r == 0)
		fprintf(im->report, "complete: %zu statements, read from %zu lines; 'gvpnd --check' accepts them\n",
			im->kept, im->n_lines);
	return complete ? r : 1;
}

static int import_tree(struct import *im, const struct junos_node *first, FILE *out, const char *name)
{
	char *text = NULL;
	size_t len = 0;
	int r = find_off(im, first);

	if (r < 0)
		return r;
	im->out = open_memstream(&text, &len);
	if (!im->out)
		return -ENOMEM;
	fprintf(im->out, "# The group VPN member of ");
	printable_put(im->out, name);
	fprintf(im->out, ", by gvpnctl import.\n");
	r = walk_nodes(im, first, SIZE_MAX);
	if (r == 0)
		r = check_off(im);
	if (fclose(im->out) != 0 && r == 0)
		r = -ENOMEM;
	if (r == 0)
		r = finish_result(im, out, text, len);
	explicit_bzero(text, len);
	free(text);
	return r;
}

/* The text as a terminal shows it, and then as junos.h reads it. */
static int read_text(struct import *im, struct junos **ret, const char *name, const char *text, size_t len)
{
	struct config_error err = { .text = "" };
	char *shown, *plain;
	size_t shown_len, plain_len;
	uint32_t comment = 0;
	int r = import_screen(&shown, &shown_len, text, len, &im->doubts);

	if (r < 0)
		return r;
	for (size_t i = 0; i < shown_len; i++)
		im->n_lines += shown[i] == '\n' || i + 1 == shown_len;
	r = import_text_plain(&plain, &plain_len, shown, shown_len, &im->doubts);
	explicit_bzero(shown, shown_len);
	free(shown);
	if (r < 0)
		return r;
	r = junos_parse_tolerant(ret, name, plain, plain_len, &comment, &err);
	if (r == -EINVAL)
		fprintf(im->report, "%s\n", err.text);
	if (comment > 0)
		import_doubt(&im->doubts, comment,
			     "a comment may hold a statement: the end of a line, or of the comment, is lost");
	if (r == 0)
		r = import_cut_lines_find(&im->cut_lines, plain, plain_len);
	explicit_bzero(plain, plain_len);
	free(plain);
	return r;
}

int import_run(FILE *out, FILE *report, const char *name, const char *text, size_t len,
	       const struct import_options *options)
{
	struct import im = { .report = report,
			     .interfaces = { .options = options },
			     .doubts = { .report = report, .name = name } };
	_cleanup_(junos_freep) struct junos *j = NULL;
	int r = import_maps_check(options, report);

	if (r == 0)
		r = import_keys_open(&im.keys, options->keys, report);
	if (r < 0)
		return r;
	r = read_text(&im, &j, name, text, len);
	if (r == 0)
		r = import_tree(&im, junos_first(j), out, name);
	import_keys_close(&im.keys, r < 0);
	import_cut_lines_free(&im.cut_lines);
	import_omitted_free(&im.omitted);
	free(im.off);
	return r;
}
