/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/import/result.h"

#include "member/import/omitted.h"

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
static bool is_of_one_line(const char *what)
{
	const char *quote = strstr(what, ": '");

	if (strstr(what, ": unknown statement") || strstr(what, " as Junos "))
		return true;
	return quote && strstr(quote, "': ") && !strstr(what, "is missing here");
}

static bool is_of_interface(const char *what)
{
	return strstr(what, "name of one Linux interface") || strstr(what, "no Linux interface name") ||
	       strstr(what, "not an interface name");
}

/* What is said of a block because a line of it was told before. */
static bool is_consequence(const char *what)
{
	return strstr(what, "is missing here") || strstr(what, "has no value") || strstr(what, "names nothing");
}

/* Without one of its conditions a rule, a term or a zone would say something else. */
static bool may_go(const char *what, const struct line *l)
{
	char *copy = strndup(l->at, l->len);
	bool decides = !copy || strstr(copy, " exclude ") || strstr(copy, " fail-open ") || strstr(copy, " term ") ||
		       strstr(copy, " zones ") || strstr(copy, " ipsec-policy ") || strstr(copy, "set interfaces ");

	free(copy);
	return !decides && strstr(what, ": unknown statement");
}

/* Where in L its column COLUMN is, which counts characters. */
static size_t column_at(const struct line *l, unsigned long column)
{
	size_t i = 0;

	while (i < l->len && column > 1)
		if (++i == l->len || ((unsigned char)l->at[i] & 0xc0) != 0x80)
			column--;
	return i;
}

/*
 * The line as far as the word that WHAT, the error, is of.  That word only when the error repeats it, and nothing
 * behind it: of what gvpnd does not know nobody can say that it is no secret.
 */
static void put_line(FILE *report, const struct line *l, const char *what, unsigned long column)
{
	size_t at = column_at(l, column), len = 0;
	char quoted[80];

	while (at + len < l->len && l->at[at + len] != ' ')
		len++;
	snprintf(quoted, sizeof(quoted), "'%.*s'", len < 64 ? (int)len : 64, l->at + at);
	if (!strstr(what, quoted))
		len = 0;
	/* Without "set". */
	fprintf(report, "  %.*s%s\n", (int)(at + len > 4 ? at + len - 4 : 0), l->at + 4,
		at + len < l->len ? (len > 0 ? " (not shown)" : "(not shown)") : "");
}

/* "what is printed:7:33: PATH: WHAT" about line 7, which is blanked in COPY; false: it is not about a line alone. */
static bool take_fault(struct import_result *r, char *copy, FILE *report, const char *error, unsigned *faults)
{
	char *end;
	unsigned long number, column;
	struct line here, there;
	const char *what;
	bool goes;

	if (strncmp(error, NAME ":", strlen(NAME ":")) != 0 || !is_of_one_line(error))
		return false;
	number = strtoul(error + strlen(NAME ":"), &end, 10);
	column = *end == ':' ? strtoul(end + 1, NULL, 10) : 1;
	what = strstr(end, ": ");
	here = find_line(r->text, r->len, number);
	there = find_line(copy, r->len, number);
	if (!what || there.len == 0 || there.at[0] == ' ' || strncmp(there.at, "set ", 4) != 0)
		return false;
	goes = may_go(error, &here);
	if (r->unmapped && is_of_interface(error)) {
		memset(there.at, ' ', there.len);
		return true;
	}
	*faults += 1;
	fprintf(report, "%s, %s:\n", goes ? "left out" : "kept, and gvpnd refuses it", what + 2);
	put_line(report, &here, what, column);
	memset(there.at, ' ', there.len);
	if (goes)
		memset(here.at, ' ', here.len);
	return true;
}

/* Lines that were blanked. */
static void squeeze(struct import_result *r)
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

/* A VPN without the statement that says where it protects: that is lost, or its line is. */
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
	struct config_error err = { "" };
	char *copy = malloc(result->len + 1);
	unsigned faults = 0, tries = 0;
	int r;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, result->text, result->len);
	while ((r = config_parse(&c, NAME, copy, result->len, &err)) < 0 && tries < FAULTS_MAX &&
	       take_fault(result, copy, report, err.text, &faults))
		tries++;
	explicit_bzero(copy, result->len);
	free(copy);
	squeeze(result);
	if (r == -ENOMEM)
		return r;
	if (r < 0 && !result->unmapped && !(faults > 0 && is_consequence(err.text)))
		fprintf(report, "incomplete: %s\n", err.text);
	if (faults > 0)
		fprintf(report, "incomplete: %u statement%s above %s not what gvpnd knows\n", faults,
			faults > 1 ? "s" : "", faults > 1 ? "are" : "is");
	if (r < 0)
		return 1;
	for (size_t i = 0; i < c->n_warnings; i++)
		fprintf(report, "note: %s\n", c->warnings[i].text);
	import_notes(report, c, addresses);
	note_keys(result, report);
	return tell_unbound(c, report) || faults > 0;
}
