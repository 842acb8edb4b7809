/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration: from Junos text to plain data
 *
 * Objects, in the order in which one is made of the other:
 * - struct junos: the text as a tree of words and blocks.  junos_lex.c makes words, junos_parse.c knows the grammar,
 * braces and "set" lines alike.  Neither knows a statement.
 * - struct statements: the tree, read by a schema (schema.c, service_schema.c).  The schema says which statements there
 * are, which values they take, and how often each may stand.  statement_read.c reads blocks, statement_leaf.c the
 * values of a leaf, statement_value.c one value.
 * - struct config: the meaning of the statements.  Names are resolved and sense is checked in gateway.c, ike.c, psk.c,
 * vpn.c, rule.c, zone.c and service.c.  The result is plain data, without pointers to the text.
 * - struct config_error: the first fault that is found, with its kind, its place, and the words for the user.
 *
 * Who calls what.  config_load() and config_parse() go through the three steps, here in this file; each step returns at
 * the first error.  The key server of the tests uses the first two steps and the phase 1 statements (ike.h), with a
 * schema of its own.  The import of gvpnctl uses the grammar in its tolerant form, and all three steps to try its
 * result.  All or nothing: a struct config that is returned is complete and consistent, and the caller's old one has
 * not been touched.
 *
 * Secrets.  A pre-shared key may stand in the text, in a file or in a credential.  The copies of the text are wiped
 * when they are freed.  No message repeats a word that may be a part of a key (STATEMENT_SECRETS).  The field `unkeyed`
 * is the configuration as text again, with a word in the place of each key: a boot that finds a bad file reads that
 * text, and learns which traffic must stay blocked (row D6).
 *
 * Known races.  A file may change while it is read: the file is read once, whole, and the octets that were read are
 * judged. The mode of a key file is that of the file that was opened.
 *
 * The statements are those of Junos' group VPN member, on SRX (security ipsec-policy) and on MX (services, firewall).
 * Identities are those of RFC 2407 4.6.2.1.
 */
#include "member/config/config.h"

#include <stdio.h>
#include <stdlib.h>

#include "member/config/ike.h"
#include "member/config/junos.h"
#include "member/config/psk.h"
#include "member/config/reading.h"
#include "member/config/schema.h"
#include "member/config/service.h"

size_t config_count(const struct statement *block, const char *keyword)
{
	size_t n = 0;

	for (const struct statement *st = statement_child(block, keyword); st; st = statement_next(st))
		n++;
	return n;
}

#define MSS_MIN 64 /* as in Junos */

static int read_mss(struct config_reading *r, const struct statement *st)
{
	const struct statement_value *v = statement_value(st, "mss");
	char *end;
	unsigned long n;

	if (!v)
		return 0;
	if (strcmp(v->word->text, "auto") == 0) {
		r->c->mss = PLAN_MSS_AUTO;
		return 0;
	}
	n = strtoul(v->word->text, &end, 10);
	if (*end != '\0' || n < MSS_MIN || n > UINT16_MAX || v->word->text[0] == '-')
		return statement_fail(r->s, statement_child(st, "mss"), v->word,
				      "'%s' is no size of a segment; expected a number from %u to %u, or auto",
				      v->word->text, MSS_MIN, UINT16_MAX);
	r->c->mss = (uint16_t)n;
	return 0;
}

/* What the datapath does beside ESP: segments of TCP, and IPv6. */
static int read_forwarding(struct config_reading *r)
{
	const struct statement *flow = statement_child(r->security, "flow"),
			       *options = statement_child(r->security, "forwarding-options"),
			       *inet6 = statement_child(statement_child(options, "family"), "inet6");

	r->c->inet6 = (enum config_inet6)statement_number(inet6, "mode", CONFIG_INET6_DROP);
	if (r->c->inet6 != CONFIG_INET6_DROP)
		statement_warn(
			r->s, statement_child(inet6, "mode"), NULL,
			"IPv6 passes between the zones in clear as the host's own rules say: no group policy is of "
			"IPv6; 'mode drop' ends that");
	return read_mss(r, statement_child(statement_child(flow, "tcp-mss"), "ipsec-vpn"));
}

/* Fills C, which is zeroed.  On an error what C owns so far is the caller's to free, as always. */
static int read_member(struct config *c, struct statements *s)
{
	const struct statement *security = statement_child(statements_root(s), "security");
	const struct statement *member = statement_child(statement_child(security, "group-vpn"), "member");
	struct config_reading r = {
		.c = c,
		.s = s,
		.security = security,
		.ike = statement_child(member, "ike"),
		.ipsec = statement_child(member, "ipsec"),
	};
	int err = config_ike_check(s, r.ike);

	c->on_stop = (enum config_on_stop)statement_number(member, "on-stop", CONFIG_STOP_FAIL_CLOSE);
	if (err >= 0)
		err = read_forwarding(&r);
	if (err >= 0)
		err = config_zones_read(&r);
	if (err >= 0)
		err = config_gateways_read(&r);
	if (err >= 0)
		err = config_vpns_read(&r);
	if (err >= 0)
		err = config_pairs_read(&r);
	if (err >= 0)
		err = config_services_read(&r);
	if (err >= 0)
		err = config_check_rules(&r);
	if (err >= 0)
		config_warn_unused(&r);
	return err;
}

static int add_warning(struct config *c, const char *text)
{
	struct config_warning *w = reallocarray(c->warnings, c->n_warnings + 1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	c->warnings = w;
	snprintf(w[c->n_warnings++].text, sizeof(w->text), "%s", text);
	return 0;
}

static int read_config(struct config *c, const char *name, const char *text, size_t len, bool unkeyed,
		       struct config_error *err)
{
	_cleanup_(junos_freep) struct junos *j = NULL;
	_cleanup_(statements_freep) struct statements *s = NULL;
	int r = junos_parse(&j, name, text, len, err);

	if (r < 0)
		return r;
	r = unkeyed ? statements_read_unkeyed(&s, j, &config_member_root, err)
		    : statements_read(&s, j, &config_member_root, err);
	if (r < 0)
		return r;
	r = read_member(c, s);
	for (size_t i = 0; i < statement_warnings(s) && r >= 0; i++)
		r = add_warning(c, statement_warning(s, i));
	return r < 0 ? r : statements_unkeyed_text(&c->unkeyed, s);
}

static int parse_config(struct config **ret, const char *name, const char *text, size_t len, bool unkeyed,
			struct config_error *err)
{
	_cleanup_(config_freep) struct config *c = calloc(1, sizeof(*c));
	struct config_error why = { .text = "out of memory" };
	int r = c ? read_config(c, name, text, len, unkeyed, &why) : -ENOMEM;

	if (r < 0) {
		*err = why;
		return r;
	}
	*ret = TAKE(c);
	return 0;
}

int config_parse(struct config **ret, const char *name, const char *text, size_t len, struct config_error *err)
{
	return parse_config(ret, name, text, len, false, err);
}

/* Keys may stand in the file itself. */
static int warn_mode(struct config *c, const char *path, const struct junos_file *f)
{
	char text[sizeof(c->warnings->text)], lax[CONFIG_PSK_LAX_MAX];

	if (!config_psk_is_lax(lax, f))
		return 0;
	snprintf(text, sizeof(text), "%.200s: keys may stand in it, and it is %s", path, lax);
	return add_warning(c, text);
}

static int load_config(struct config **ret, const char *path, bool unkeyed, struct config_error *err)
{
	_cleanup_(config_freep) struct config *c = NULL;
	struct config_error why = { .text = "out of memory" };
	struct junos_file f;
	int r = junos_file_read(&f, path, JUNOS_SIZE_MAX, &why);

	if (r < 0) {
		*err = why;
		return r;
	}
	r = parse_config(&c, path, f.text, f.len, unkeyed, err);
	if (r >= 0 && !unkeyed)
		r = warn_mode(c, path, &f);
	junos_file_free(&f);
	if (r < 0)
		return r;
	*ret = TAKE(c);
	return 0;
}

int config_load(struct config **ret, const char *path, struct config_error *err)
{
	return load_config(ret, path, false, err);
}

int config_load_unkeyed(struct config **ret, const char *path, struct config_error *err)
{
	return load_config(ret, path, true, err);
}

void config_free(struct config *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n_gateways; i++)
		secret_wipe(&c->gateways[i].psk);
	free(c->zones);
	free(c->gateways);
	free(c->vpns);
	free(c->ipsec_policies);
	free(c->services);
	free(c->warnings);
	free(c->unkeyed);
	free(c);
}
