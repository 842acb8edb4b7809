/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/import.h"

#include "member/import_facts.h"
#include "member/import_interfaces.h"
#include "member/import_omitted.h"
#include "member/import_result.h"
#include "member/import_rules.h"
#include "member/import_text.h"
#include "member/junos.h"
#include "member/printable.h"

#include <stdlib.h>

#define PATH_MAX_WORDS 512

struct import {
	FILE *out, *report;
	const struct junos_word *path[PATH_MAX_WORDS];
	size_t n_path;
	const struct junos_node *const *off; /* "deactivate" statements */
	size_t n_off;
	struct import_omitted omitted;
	struct import_interfaces interfaces;
	struct import_facts facts;
	size_t kept;
	const struct junos_word *zone, *zone_interface; /* kept last */
};

/* --- words --- */

static bool word_is(const struct junos_word *w, const char *text)
{
	return strcmp(w->text, text) == 0;
}

/* --- what is kept --- */

static void keep(struct import *im, const struct import_rule *rule)
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
			fputc('0', im->out); /* the name here is that of the unit */
		else
			import_put_word(im->out, im->path[i]);
	}
	fputc('\n', im->out);
	im->kept++;
}

/* --- the statements --- */

/* Whether a "deactivate" statement names PATH, or a hierarchy around it. */
static bool is_off(const struct import *im)
{
	for (size_t i = 0; i < im->n_off; i++) {
		const struct junos_node *o = im->off[i];
		size_t j = 1;

		while (j < o->n_words && j - 1 < im->n_path && strcmp(o->words[j].text, im->path[j - 1]->text) == 0)
			j++;
		if (j == o->n_words && j > 1)
			return true;
	}
	return false;
}

/* "security zones security-zone Z interfaces I ...": what follows is left out, that I is in the zone is not. */
static void keep_zone_interface(struct import *im)
{
	const size_t n = im->n_path;
	const struct import_rule *rule = import_rule_for(im->path, 6);

	/* Each of its lines names it again. */
	if (im->zone && strcmp(im->zone->text, im->path[3]->text) == 0 &&
	    strcmp(im->zone_interface->text, im->path[5]->text) == 0)
		return;
	im->zone = im->path[3];
	im->zone_interface = im->path[5];
	im->n_path = 6;
	if (!rule->reason)
		keep(im, rule);
	im->n_path = n;
}

static int take(struct import *im, bool off)
{
	const struct import_rule *rule = import_rule_for(im->path, im->n_path);

	if (off || is_off(im)) {
		const struct import_rule inactive = { .path = "", .secret = rule->secret };

		return import_omit(&im->omitted, &inactive, "it is inactive on the device", im->path, im->n_path);
	}
	import_facts_take(&im->facts, im->path, im->n_path);
	if (im->n_path >= 6 && word_is(im->path[1], "zones") && word_is(im->path[4], "interfaces") && !rule->incomplete)
		keep_zone_interface(im);
	else if (!rule->reason)
		keep(im, rule);
	return rule->reason ? import_omit(&im->omitted, rule, NULL, im->path, im->n_path) : 0;
}

static int walk(struct import *im, const struct junos_node *n, bool off);

/* The words of N from I on; a list makes a statement of each of its words. */
static int walk_words(struct import *im, const struct junos_node *n, bool off)
{
	const size_t before = im->n_path;
	size_t plain = 0;
	int r = 0;

	while (plain < n->n_words && !n->words[plain].listed)
		plain++;
	if (before + plain + 1 > PATH_MAX_WORDS)
		return -E2BIG;
	for (size_t i = 0; i < plain; i++)
		im->path[im->n_path++] = &n->words[i];
	if (plain == n->n_words)
		r = n->child ? walk(im, n->child, off) : take(im, off);
	im->n_path = before + plain;
	for (size_t i = plain; r == 0 && i < n->n_words; i++) {
		im->path[im->n_path++] = &n->words[i];
		r = n->child ? walk(im, n->child, off) : take(im, off);
		im->n_path = before + plain;
	}
	im->n_path = before;
	return r;
}

static int walk(struct import *im, const struct junos_node *n, bool off)
{
	int r = 0;

	for (; r == 0 && n; n = n->next)
		if (im->n_path > 0 || !word_is(&n->words[0], "deactivate"))
			r = walk_words(im, n, off || n->inactive);
	return r;
}

static int find_off(struct import *im, const struct junos_node *first)
{
	const struct junos_node **off;
	size_t n = 0;

	for (const struct junos_node *s = first; s; s = s->next)
		n += word_is(&s->words[0], "deactivate");
	off = calloc(n + 1, sizeof(*off));
	if (!off)
		return -ENOMEM;
	n = 0;
	for (const struct junos_node *s = first; s; s = s->next)
		if (word_is(&s->words[0], "deactivate"))
			off[n++] = s;
	im->off = off;
	im->n_off = n;
	return 0;
}

/* --- the whole --- */

static int finish(struct import *im, FILE *out, char *text, size_t len)
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
		fprintf(im->report,
			"incomplete: what is left out above may be what protects traffic; see its reasons\n");
	complete = !im->omitted.incomplete && complete;
	complete = import_facts_tell(&im->facts, &im->interfaces, im->report) && complete;
	r = import_result_check(&result, im->report, &im->facts.addresses);
	if (r < 0)
		return r;
	import_interfaces_warn(&im->interfaces, im->report);
	fwrite(text, 1, result.len, out);
	if (complete && r == 0)
		fprintf(im->report, "complete: %zu statements; 'gvpnd --check' accepts them\n", im->kept);
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
	r = walk(im, first, false);
	if (fclose(im->out) != 0 && r == 0)
		r = -ENOMEM;
	if (r == -E2BIG) {
		fprintf(im->report, "%s: a statement has more than %d words\n", name, PATH_MAX_WORDS);
		r = -EINVAL;
	}
	if (r == 0)
		r = finish(im, out, text, len);
	explicit_bzero(text, len);
	free(text);
	return r;
}

int import_run(FILE *out, FILE *report, const char *name, const char *text, size_t len,
	       const struct import_options *options)
{
	struct import im = { .report = report, .interfaces = { .options = options } };
	_cleanup_(junos_freep) struct junos *j = NULL;
	struct junos_error err = { "" };
	char *plain = NULL;
	size_t plain_len;
	int r = import_maps_check(options, report);

	if (r == 0)
		r = import_text_plain(&plain, &plain_len, text, len);
	if (r < 0)
		return r;
	r = junos_parse(&j, name, plain, plain_len, &err);
	if (r == -EINVAL)
		fprintf(report, "%s\n", err.text);
	if (r == 0)
		r = import_tree(&im, junos_first(j), out, name);
	explicit_bzero(plain, plain_len);
	free(plain);
	import_omitted_free(&im.omitted);
	free((void *)im.off);
	return r;
}
