/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/import.h"

#include "member/config.h"
#include "member/import_notes.h"
#include "member/import_rules.h"
#include "member/import_text.h"
#include "member/junos.h"

#include <ctype.h>
#include <stdlib.h>

#define PATH_MAX_WORDS 512
#define OMITTED_MAX 20000 /* statements that are listed; those beyond are counted */

struct omitted {
	const struct import_rule *rule;
	char *line; /* NULL: only counted */
};

struct import {
	FILE *out, *report;
	const struct import_options *options;
	const struct junos_word *path[PATH_MAX_WORDS];
	size_t n_path;
	const struct junos_node *const *off; /* "deactivate" statements */
	size_t n_off;
	struct omitted *omitted;
	size_t n_omitted, n_allocated, n_unlisted;
	char unmapped[1024]; /* the names, ", " between them */
	struct import_addresses addresses;
	size_t kept;
	const struct junos_word *zone, *zone_interface; /* kept last */
};

/* --- words --- */

static bool word_is(const struct junos_word *w, const char *text)
{
	return strcmp(w->text, text) == 0;
}

static bool needs_quotes(const struct junos_word *w)
{
	if (w->len == 0)
		return true;
	for (const char *p = w->text; *p; p++)
		if (!isgraph((unsigned char)*p) || strchr("\"{}[];#\\", *p) || (p[0] == '/' && p[1] == '*'))
			return true;
	return false;
}

static void put_word(FILE *out, const struct junos_word *w)
{
	if (!w->quoted && !needs_quotes(w)) {
		fputs(w->text, out);
		return;
	}
	fputc('"', out);
	for (const char *p = w->text; *p; p++) {
		if (*p == '"' || *p == '\\')
			fputc('\\', out);
		if (*p == '\n')
			fputs("\\n", out);
		else if (*p == '\t')
			fputs("\\t", out);
		else
			fputc(*p, out);
	}
	fputc('"', out);
}

/* --- interfaces --- */

/* Whether a name is one of Junos: "ge-0/0/1", "ae0", "reth1", with a unit or without. */
static bool is_junos_interface(const char *name)
{
	static const char *const plain[] = { "ae", "reth", "irb", "st", "fxp", "em", "me", "vlan" };

	if (strchr(name, '/'))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		size_t n = strlen(plain[i]);
		const char *p = name + n;

		if (strncmp(name, plain[i], n) != 0 || !isdigit((unsigned char)*p))
			continue;
		/* eth0 and em1 are Linux too: only with a unit it is certain. */
		while (isdigit((unsigned char)*p))
			p++;
		if (*p == '.' && isdigit((unsigned char)p[1]))
			return true;
	}
	return false;
}

/* NAME with its unit; one without has unit 0. */
static void with_unit(char *ret, size_t size, const char *name, size_t len, const char *unit)
{
	bool has = memchr(name, '.', len) != NULL;

	snprintf(ret, size, "%.*s%s%s", (int)len, name, has ? "" : ".", has ? "" : unit);
}

/* What --map says for interface NAME, unit UNIT; NULL: nothing. */
static const char *mapped(const struct import *im, const char *name, const char *unit)
{
	char want[128], have[128];

	with_unit(want, sizeof(want), name, strlen(name), unit);
	for (size_t i = 0; i < im->options->n_maps; i++) {
		const char *map = im->options->maps[i], *equals = strchr(map, '=');

		with_unit(have, sizeof(have), map, (size_t)(equals - map), "0");
		if (strcmp(have, want) == 0)
			return equals + 1;
	}
	return NULL;
}

static void note_unmapped(struct import *im, const char *name, const char *unit)
{
	char whole[128];
	size_t n = strlen(im->unmapped);

	with_unit(whole, sizeof(whole), name, strlen(name), unit);
	for (const char *p = whole; *p; p++)
		if (!isgraph((unsigned char)*p))
			return; /* the configuration's own reader says what is wrong with it */
	for (const char *at = im->unmapped; (at = strstr(at, whole)); at++)
		if ((at == im->unmapped || at[-1] == ' ') && strchr(",", at[strlen(whole)]))
			return;
	snprintf(im->unmapped + n, sizeof(im->unmapped) - n, "%s%s", n > 0 ? ", " : "", whole);
}

/* --- what is kept --- */

static void keep(struct import *im, const struct import_rule *rule)
{
	const size_t at = rule->interface_word;

	fputs("set", im->out);
	for (size_t i = 0; i < im->n_path; i++) {
		/* "interfaces X unit N" is the one statement in which the unit stands apart. */
		bool apart = at == 1 && im->n_path > 3;
		const char *unit = apart ? im->path[3]->text : "0", *linux_name = NULL;

		fputc(' ', im->out);
		if (i == at) {
			linux_name = mapped(im, im->path[i]->text, unit);
			if (!linux_name && is_junos_interface(im->path[i]->text))
				note_unmapped(im, im->path[i]->text, unit);
		}
		if (linux_name)
			fputs(linux_name, im->out);
		else if (apart && i == 3 && mapped(im, im->path[1]->text, unit))
			fputc('0', im->out); /* the name here is that of the unit */
		else
			put_word(im->out, im->path[i]);
	}
	fputc('\n', im->out);
	im->kept++;
}

/* --- what is left out --- */

static int omit(struct import *im, const struct import_rule *rule)
{
	struct omitted *o;
	size_t size;

	if (im->n_omitted == OMITTED_MAX) {
		im->n_unlisted++;
		return 0;
	}
	if (im->n_omitted == im->n_allocated) {
		size_t n = im->n_allocated > 0 ? 2 * im->n_allocated : 64;
		struct omitted *more = reallocarray(im->omitted, n, sizeof(*more));

		if (!more)
			return -ENOMEM;
		im->omitted = more;
		im->n_allocated = n;
	}
	o = &im->omitted[im->n_omitted];
	*o = (struct omitted){ .rule = rule };
	FILE *f = open_memstream(&o->line, &size);
	if (!f)
		return -ENOMEM;
	/* Of what may hold a secret, no more than where it stood. */
	for (size_t i = 0; i < im->n_path && (!rule->secret || i < 2); i++) {
		fputs(i > 0 ? " " : "", f);
		put_word(f, im->path[i]);
	}
	if (fclose(f) != 0)
		return -ENOMEM;
	im->n_omitted++;
	return 0;
}

static void put_printable(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(iscntrl((unsigned char)*text) ? '?' : *text, out);
}

/* Equal lines one after the other are one, with their number. */
static void tell_lines(struct import *im, size_t first)
{
	const struct import_rule *rule = im->omitted[first].rule;

	for (size_t i = first; i < im->n_omitted; i++) {
		size_t times = 1;

		if (im->omitted[i].rule != rule || !im->omitted[i].line)
			continue;
		for (size_t j = i + 1; j < im->n_omitted; j++)
			if (im->omitted[j].rule == rule && im->omitted[j].line &&
			    strcmp(im->omitted[j].line, im->omitted[i].line) == 0) {
				times++;
				free(im->omitted[j].line);
				im->omitted[j].line = NULL;
			}
		fputs("  ", im->report);
		put_printable(im->report, im->omitted[i].line);
		fprintf(im->report, times > 1 ? " (%zu statements)\n" : "\n", times);
		free(im->omitted[i].line);
		im->omitted[i].line = NULL;
	}
}

static void tell_omitted(struct import *im)
{
	for (size_t i = 0; i < im->n_omitted; i++) {
		if (!im->omitted[i].line)
			continue;
		fprintf(im->report, "left out, %s:\n", im->omitted[i].rule->reason);
		tell_lines(im, i);
	}
	if (im->n_unlisted > 0)
		fprintf(im->report, "left out, and not listed: %zu more statements\n", im->n_unlisted);
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

static const struct import_rule inactive = {
	.path = "", .reason = "it is inactive on the device", .interface_word = IMPORT_NO_WORD, .secret = true
};

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

	if (off || is_off(im))
		return omit(im, &inactive);
	if (im->n_path >= 8 && word_is(im->path[0], "interfaces") && word_is(im->path[5], "inet") &&
	    word_is(im->path[6], "address"))
		import_addresses_add(&im->addresses, im->path[7]->text);
	if (im->n_path >= 6 && word_is(im->path[1], "zones") && word_is(im->path[4], "interfaces"))
		keep_zone_interface(im);
	else if (!rule->reason)
		keep(im, rule);
	return rule->reason ? omit(im, rule) : 0;
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

static int check_maps(const struct import_options *o, FILE *report)
{
	for (size_t i = 0; i < o->n_maps; i++) {
		const char *equals = strchr(o->maps[i], '=');
		size_t n = equals ? strlen(equals + 1) : 0;

		if (!equals || equals == o->maps[i] || n == 0 || n >= GVPN_IFNAME_MAX || strchr(equals + 1, '/') ||
		    strpbrk(equals + 1, " \t\n\"{}[];#\\")) {
			fprintf(report, "--map %s: expected JUNOS=LINUX, such as ge-0/0/1.0=wan0\n", o->maps[i]);
			return -EINVAL;
		}
	}
	return 0;
}

/* The result as gvpnd will read it: what it would complain of is told now. */
static int check_result(const struct import *im, const char *text, size_t len)
{
	_cleanup_(config_freep) struct config *c = NULL;
	struct config_error err = { "" };
	int r = config_parse(&c, "what is printed", text, len, &err);

	if (r < 0) {
		fprintf(im->report, "incomplete: %s\n", err.text);
		return 1;
	}
	for (size_t i = 0; i < c->n_warnings; i++)
		fprintf(im->report, "note: %s\n", c->warnings[i].text);
	import_notes(im->report, c, &im->addresses);
	return 0;
}

static int finish(struct import *im, FILE *out, const char *text, size_t len)
{
	int r;

	tell_omitted(im);
	fwrite(text, 1, len, out);
	if (im->kept == 0) {
		fprintf(im->report,
			"incomplete: there is no group VPN member in it; expected [security group-vpn member]\n");
		return 1;
	}
	if (im->unmapped[0]) {
		fprintf(im->report,
			"incomplete: say which interfaces of this host these are, with --map %.*s=NAME: %s\n",
			(int)strcspn(im->unmapped, ","), im->unmapped, im->unmapped);
		return 1;
	}
	r = check_result(im, text, len);
	if (r == 0)
		fprintf(im->report, "complete: %zu statements; 'gvpnd --check' accepts them\n", im->kept);
	return r;
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
	put_printable(im->out, name);
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
	struct import im = { .report = report, .options = options };
	_cleanup_(junos_freep) struct junos *j = NULL;
	struct junos_error err = { "" };
	char *plain = NULL;
	size_t plain_len;
	int r = check_maps(options, report);

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
	for (size_t i = 0; i < im.n_omitted; i++)
		free(im.omitted[i].line);
	free(im.omitted);
	free((void *)im.off);
	return r;
}
