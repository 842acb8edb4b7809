/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/config/config.h"

#include <stdio.h>
#include <stdlib.h>

#include "member/config/junos.h"
#include "member/config/member.h"
#include "member/config/psk.h"
#include "member/config/statement.h"
#include "member/config/unkeyed.h"

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
	r = config_member_read(c, s);
	for (size_t i = 0; i < statement_warnings(s) && r >= 0; i++)
		r = add_warning(c, statement_warning(s, i));
	return r < 0 ? r : config_unkeyed_text(&c->unkeyed, s);
}

static int parse(struct config **ret, const char *name, const char *text, size_t len, bool unkeyed,
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
	return parse(ret, name, text, len, false, err);
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

static int load(struct config **ret, const char *path, bool unkeyed, struct config_error *err)
{
	_cleanup_(config_freep) struct config *c = NULL;
	struct config_error why = { .text = "out of memory" };
	struct junos_file f;
	int r = junos_file_read(&f, path, JUNOS_SIZE_MAX, &why);

	if (r < 0) {
		*err = why;
		return r;
	}
	r = parse(&c, path, f.text, f.len, unkeyed, err);
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
	return load(ret, path, false, err);
}

int config_load_unkeyed(struct config **ret, const char *path, struct config_error *err)
{
	return load(ret, path, true, err);
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
