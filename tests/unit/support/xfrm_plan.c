/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/xfrm_plan.h"

#include "lib/selector.h"
#include "xfrm/netlink/message.h"
#include "xfrm/plan/ids.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

struct plan_scope *sample_scope(struct sample *s, const char *external, uint32_t local)
{
	struct plan_scope *scope = &s->scopes[s->plan.n_scopes];

	*scope = (struct plan_scope){ .vpn = "group", .from_zone = "LAN", .to_zone = "WAN", .n_from = 1, .n_to = 1 };
	scope->reqids = KERNEL_REQID_MIN;
	scope->rules = s->rules[s->plan.n_scopes++];
	scope->local = local;
	snprintf(scope->external, sizeof(scope->external), "%s", external);
	snprintf(scope->to[0], sizeof(scope->to[0]), "%s", external);
	snprintf(scope->from[0], sizeof(scope->from[0]), "lan0");
	return scope;
}

struct sample *sample_new(void)
{
	struct sample *s = calloc(1, sizeof(*s));

	ck_assert_ptr_nonnull(s);
	s->plan.scopes = s->scopes;
	s->plan.sas = s->sas;
	s->plan.fits = s->fits;
	sample_scope(s, "wan0", SAMPLE_LOCAL);
	return s;
}

struct plan_rule *sample_rule(struct sample *s, enum plan_verdict verdict, enum plan_reason reason, struct selector sel)
{
	struct plan_scope *scope = &s->scopes[s->plan.n_scopes - 1];
	struct plan_rule *r = &scope->rules[scope->n_rules++];

	*r = (struct plan_rule){ .verdict = verdict, .reason = reason, .sel = sel };
	if (reason == PLAN_GROUP_POLICY)
		r->reqid = SAMPLE_REQID;
	return r;
}

void sample_fit(struct sample *s, uint32_t reqid, struct selector sel)
{
	for (size_t i = 0; i < s->plan.n_fits; i++)
		if (s->fits[i].reqid == reqid && selector_equal(&s->fits[i].sel, &sel))
			return;
	s->fits[s->plan.n_fits++] = (struct plan_fit){ .scope = s->plan.n_scopes - 1, .reqid = reqid, .sel = sel };
}

struct plan_sa *sample_sa_of(struct sample *s, uint32_t spi, bool in, bool out, uint32_t reqid, struct selector sel)
{
	struct plan_sa *sa = &s->sas[s->plan.n_sas++];

	sample_fit(s, reqid, sel);
	*sa = (struct plan_sa){ .scope = s->plan.n_scopes - 1, .reqid = reqid, .in = in, .out = out };
	sa->tek =
		(struct tek){ .spi = spi, .cipher = CIPHER_AES_CBC_256, .auth = AUTH_HMAC_SHA256_128, .tunnel = true };
	for (uint8_t i = 0; i < 32; i++) {
		sa->tek.key.data[i] = (uint8_t)(0x40 + i);
		sa->tek.auth_key.data[i] = (uint8_t)(0x80 + i);
	}
	sa->tek.key.len = sa->tek.auth_key.len = 32;
	return sa;
}

struct plan_sa *sample_sa(struct sample *s, uint32_t spi, bool in, bool out)
{
	return sample_sa_of(s, spi, in, out, SAMPLE_REQID, sample_group());
}

struct selector sample_selector(struct ip_prefix src, struct ip_prefix dst)
{
	return (struct selector){ .src = src, .dst = dst, .sport = { 0, UINT16_MAX }, .dport = { 0, UINT16_MAX } };
}

struct selector sample_group(void)
{
	return sample_selector(SAMPLE_GROUP, SAMPLE_GROUP);
}

const struct nlattr *attribute(const struct nlmsghdr *nlh, size_t header, uint16_t type)
{
	const struct nlattr *attr, *found = NULL;

	message_for_each(attr, nlh, header)
	{
		if (mnl_attr_get_type(attr) != type)
			continue;
		ck_assert_msg(!found, "attribute %u stands twice", type);
		found = attr;
	}
	return found;
}

void sample_full(struct sample *s)
{
	struct selector bgp = sample_selector((struct ip_prefix){ 0 }, (struct ip_prefix){ 0 });

	bgp.protocol = 6;
	bgp.dport = (struct port_range){ 179, 180 };
	sample_rule(s, PLAN_CLEAR, PLAN_EXCLUDE, bgp);
	sample_rule(s, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group());
	sample_rule(s, PLAN_BLOCK, PLAN_FAIL_CLOSE, sample_selector((struct ip_prefix){ 0 }, (struct ip_prefix){ 0 }));
	sample_sa(s, SAMPLE_SPI, true, true);
}

void sample_filter(struct sample *s)
{
	struct selector all = sample_selector((struct ip_prefix){ 0 }, (struct ip_prefix){ 0 });
	struct selector term = sample_selector(SAMPLE_GROUP, (struct ip_prefix){ 0x0a000000, 8 });

	s->scopes[0].filter = true;
	s->scopes[0].n_from = s->scopes[0].n_to = 0;
	all.protocol = 89;
	sample_rule(s, PLAN_CLEAR, PLAN_EXCLUDE, all)->way = PLAN_OUT;
	sample_rule(s, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group())->way = PLAN_OUT;
	sample_rule(s, PLAN_BLOCK, PLAN_FAIL_CLOSE, term)->way = PLAN_OUT;
	sample_rule(s, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group())->way = PLAN_IN;
	term.src = (struct ip_prefix){ 0xc0a80000, 16 };
	sample_rule(s, PLAN_BLOCK, PLAN_FAIL_CLOSE, term)->way = PLAN_IN;
	all.protocol = 0;
	sample_rule(s, PLAN_CLEAR, PLAN_NOT_GOVERNED, all);
	sample_sa(s, SAMPLE_SPI, true, true);
}
