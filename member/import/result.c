/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/import/result.h"

#include "member/import/report.h"

#include <stdlib.h>

#define NAME "what is printed"
#define FAULTS_MAX 200 /* each is a parse of the whole; those beyond are found by the next run */

/* A line of its own in TEXT, without its end. */
struct line {
	char *at;
	size_t len;
};

static struct line find_line(char *text, size_t len, unsigned long number)
{
	char *p = text, *end = text + len;

	for (; number > 1 && p < end; number--) {
		char *eol = memchr(p, '\n', (size_t)(end - p));

		p = eol ? eol + 1 : end;
	}
	char *eol = memchr(p, '\n', (size_t)(end - p));
	return (struct line){ p, (size_t)((eol ? eol : end) - p) };
}

/* Whether the error is one of a word alone: a statement that is unknown or refused, or a value. */
static bool is_of_one_word(enum config_fault fault)
{
	switch (fault) {
	case CONFIG_FAULT_UNKNOWN:
	case CONFIG_FAULT_REFUSED:
	case CONFIG_FAULT_VALUE:
	case CONFIG_FAULT_INTERFACE:
		return true;
	case CONFIG_FAULT_NONE:
	case CONFIG_FAULT_FILE:
	case CONFIG_FAULT_GRAMMAR:
	case CONFIG_FAULT_LACKING:
	case CONFIG_FAULT_SENSE:
		break;
	}
	return false;
}

/* Without one of its conditions a rule, a term or a zone would say something else. */
static bool may_go(const struct config_error *err, const struct line *l)
{
	char *copy = strndup(l->at, l->len);
	bool decides = !copy || strstr(copy, " exclude ") || strstr(copy, " fail-open ") || strstr(copy, " term ") ||
		       strstr(copy, " zones ") || strstr(copy, " ipsec-policy ") || strstr(copy, "set interfaces ");

	free(copy);
	return !decides && err->fault == CONFIG_FAULT_UNKNOWN;
}

/* The place in L of its column COLUMN, which counts characters. */
static size_t column_at(const struct line *l, unsigned long column)
{
	size_t i = 0;

	while (i < l->len && column > 1)
		if (++i == l->len || ((unsigned char)l->at[i] & 0xc0) != 0x80)
			column--;
	return i;
}

/*
 * The line up to the word at fault.  The word itself is shown only when the error repeats it.  No word behind it is
 * shown: a word that gvpnd does not know may be a secret.
 */
static void put_line(FILE *report, const struct line *l, const struct config_error *err)
{
	size_t at = column_at(l, err->column), len = 0;

	/* In quotes the word is not the one that the error has. */
	while (err->repeats_word && at + len < l->len && l->at[at] != '"' && l->at[at + len] != ' ')
		len++;
	/* The statement without the word "set". */
	fprintf(report, "  %.*s%s\n", (int)(at + len > 4 ? at + len - 4 : 0), l->at + 4,
		at + len < l->len ? (len > 0 ? " (not shown)" : "(not shown)") : "");
}

/* Tells of an error that is about a line alone, which is blanked in COPY; false: the error is of another kind. */
static bool take_fault(struct import_result *r, char *copy, FILE *report, const struct config_error *err,
		       unsigned *faults)
{
	struct line here = find_line(r->text, r->len, err->line), there = find_line(copy, r->len, err->line);
	bool goes;

	if (!is_of_one_word(err->fault) || there.len == 0 || there.at[0] == ' ' || strncmp(there.at, "set ", 4) != 0)
		return false;
	if (r->unmapped && err->fault == CONFIG_FAULT_INTERFACE) {
		memset(there.at, ' ', there.len);
		return true;
	}
	goes = may_go(err, &here);
	*faults += 1;
	fprintf(report, "%s, %s:\n", goes ? "left out" : "kept, and gvpnd refuses it", err->text + err->statement_at);
	put_line(report, &here, err);
	memset(there.at, ' ', there.len);
	if (goes)
		memset(here.at, ' ', here.len);
	return true;
}

/* Lines that were blanked. */
static void squeeze_lines(struct import_result *r)
{
	char *to = r->text, *end = r->text + r->len;

	for (char *p = r->text; p < end;) {
		char *eol = memchr(p, '\n', (size_t)(end - p)), *next = eol ? eol + 1 : end;

		if (*p != ' ') {
			memmove(to, p, (size_t)(next - p));
			to += next - p;
		}
		p = next;
	}
	r->len = (size_t)(to - r->text);
}

static void note_keys(const struct import_result *r, FILE *report)
{
	static const char *const forms[] = { " pre-shared-key ascii-text ", " pre-shared-key hexadecimal " };
	bool has = false;

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		has |= memmem(r->text, r->len, forms[i], strlen(forms[i])) != NULL;
	if (has)
		fprintf(report,
			"key: it stands in what is printed: let nobody else read that (umask 077), or better put the "
			"key into /etc/credstore/gvpn-psk (root, mode 0600) and write 'pre-shared-key credential "
			"gvpn-psk'; those who look with 'gvpnctl show' need no key: they are in the group gvpn-view\n");
}

/* A VPN that no ipsec-policy and no service-set names: the statement that names it, or its line, is lost. */
static bool tell_unbound(const struct config *c, FILE *report)
{
	bool any = false;

	for (size_t i = 0; i < c->n_vpns; i++) {
		if (c->vpns[i].used)
			continue;
		any = true;
		fprintf(report,
			"incomplete: vpn %s protects nothing: no ipsec-policy and no service-set that an interface has "
			"names it; export the whole configuration, or leave this VPN out\n",
			c->vpns[i].name);
	}
	return any;
}

int import_result_check(struct import_result *result, FILE *report, const struct import_addresses *addresses)
{
	_cleanup_(config_freep) struct config *c = NULL;
	struct config_error err = { .text = "" };
	char *copy = malloc(result->len + 1);
	unsigned faults = 0, tries = 0;
	int r;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, result->text, result->len);
	while ((r = config_parse(&c, NAME, copy, result->len, &err)) < 0 && tries < FAULTS_MAX &&
	       take_fault(result, copy, report, &err, &faults))
		tries++;
	explicit_bzero(copy, result->len);
	free(copy);
	squeeze_lines(result);
	if (r == -ENOMEM)
		return r;
	if (r < 0 && !result->unmapped && !(faults > 0 && err.fault == CONFIG_FAULT_LACKING))
		fprintf(report, "incomplete: %s\n", err.text);
	if (faults > 0)
		fprintf(report, "incomplete: %u statement%s above %s not what gvpnd knows\n", faults,
			faults > 1 ? "s" : "", faults > 1 ? "are" : "is");
	if (r < 0)
		return 1;
	for (size_t i = 0; i < c->n_warnings; i++)
		fprintf(report, "note: %s\n", c->warnings[i].text);
	import_checks_odd(report, c, addresses);
	note_keys(result, report);
	return tell_unbound(c, report) || faults > 0;
}
