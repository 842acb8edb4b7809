/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfrm/nft/chains.h"

#include "xfrm/plan/forms.h"
#include "xfrm/plan/text.h"

#include <linux/netfilter.h>
#include <stdio.h>

void chain_name(char name[static CHAIN_NAME_MAX], const char *what, size_t scope)
{
	snprintf(name, CHAIN_NAME_MAX, "%s_%zu", what, scope);
}

void finish_rule(struct batch *b, struct rule *r, int verdict, const char *to, const char *comment)
{
	if (comment)
		rule_comment(r, comment);
	rule_verdict(r, verdict, to);
	batch_rule(b, r);
}

void finish_drop(struct batch *b, struct rule *r, enum table_counter counter, const char *comment)
{
	rule_count(r, table_counters[counter]);
	finish_rule(b, r, NF_DROP, NULL, comment);
}

void scope_text(const struct plan_scope *s, char text[static SCOPE_TEXT_MAX])
{
	if (s->filter)
		snprintf(text, SCOPE_TEXT_MAX, "VPN %.40s, service filter", s->vpn);
	else
		snprintf(text, SCOPE_TEXT_MAX, "VPN %.40s, zone %.32s to zone %.32s", s->vpn, s->from_zone, s->to_zone);
}

void comment_plan_rule(struct rule *r, const struct plan_rule *p)
{
	char text[GVPN_NAME_MAX + 32];

	snprintf(text, sizeof(text), "%s%s%s", plan_reason_text(p->reason), p->name[0] ? " " : "", p->name);
	rule_comment(r, text);
}

/* One rule for each protocol of P. */
static void put_plan_rule(struct batch *b, const char *chain, const struct plan_rule *p, bool in, int verdict,
			  enum table_counter counter)
{
	struct selector sel = in ? selector_reverse(&p->sel) : p->sel;
	uint8_t protocols[SELECTOR_PROTOCOLS_MAX];
	size_t n = selector_protocols(&sel, protocols);

	for (size_t i = 0; i < n; i++) {
		struct rule r;

		rule_start(&r, chain);
		sel.protocol = protocols[i];
		rule_selector(&r, &sel);
		comment_plan_rule(&r, p);
		if (verdict == NF_DROP)
			finish_drop(b, &r, counter, NULL);
		else
			finish_rule(b, &r, verdict, NULL, NULL);
	}
}

size_t uplinks(const struct plan_scope *s)
{
	return s->filter ? 1 : s->n_to;
}

const char *uplink(const struct plan_scope *s, size_t i)
{
	return s->filter ? s->external : s->to[i];
}

static bool is_uplink(const struct plan_scope *s, const char *name)
{
	for (size_t i = 0; i < uplinks(s); i++)
		if (strcmp(uplink(s, i), name) == 0)
			return true;
	return false;
}

void put_by_uplink(struct batch *b, const struct plan *plan, put_by_uplink_fn put)
{
	for (size_t i = 0; i < plan->n_scopes; i++)
		for (size_t j = 0; j < uplinks(&plan->scopes[i]); j++) {
			const char *name = uplink(&plan->scopes[i], j);
			bool done = false;

			for (size_t k = 0; !done && k < i; k++)
				done = is_uplink(&plan->scopes[k], name);
			if (!done)
				put(b, name);
		}
}

void jump_by_uplink(struct batch *b, const char *from, const struct plan_scope *s, const char *to)
{
	char text[SCOPE_TEXT_MAX];

	scope_text(s, text);
	for (size_t i = 0; i < uplinks(s); i++) {
		struct rule r;

		rule_start(&r, from);
		rule_oifname(&r, uplink(s, i));
		finish_rule(b, &r, NFT_JUMP, to, text);
	}
}

void put_rules(struct batch *b, const char *chain, const struct plan_scope *s, bool in, enum table_counter protected,
	       bool fail_close)
{
	for (size_t i = 0; i < s->n_rules; i++) {
		const struct plan_rule *p = &s->rules[i];

		if (!plan_rule_goes(p, in) || (p->reason == PLAN_FAIL_CLOSE && !fail_close))
			continue;
		if (p->reason == PLAN_NOT_GOVERNED)
			put_plan_rule(b, chain, p, in, NFT_RETURN, protected); /* another filter may govern it */
		else
			put_plan_rule(b, chain, p, in, p->verdict == PLAN_CLEAR ? NF_ACCEPT : NF_DROP, protected);
	}
}
