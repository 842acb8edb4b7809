/* SPDX-License-Identifier: GPL-2.0-or-later */
/* XFRM policies: what a rule becomes, the messages, and the order in which they change. */
#include "tests/unit/support/xfrm_plan.h"
#include "xfrm/plan/check.h"
#include "xfrm/plan/forms.h"
#include "xfrm/sync.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>
#include <time.h>

#ifdef __SANITIZE_ADDRESS__
#define RUNS 5000 /* of random plans: several times as slow, and fewer show faults of memory */
#else
#define RUNS 20000
#endif

#define HEADER sizeof(struct xfrm_userpolicy_info)
#define IFINDEX 5

static struct sample *sample;
static struct spd_list list;
static struct message m;

static void setup(void)
{
	sample = sample_new();
	list = (struct spd_list){ 0 };
}

static void teardown(void)
{
	free(sample);
	spd_list_clear(&list);
}

static void compile_scope(size_t scope, uint32_t ifindex, uint32_t unmarked)
{
	uint32_t priority = KERNEL_PRIORITY_MIN + 10 * (uint32_t)scope;

	ck_assert_int_eq(spd_list_add_scope(&list, &sample->plan, scope, ifindex, unmarked, &priority), 0);
}

static void compile(void)
{
	uint32_t priority = KERNEL_PRIORITY_MIN;

	for (size_t i = 0; i < sample->plan.n_scopes; i++)
		ck_assert_int_eq(spd_list_add_scope(&list, &sample->plan, i, IFINDEX + (uint32_t)i, 0, &priority), 0);
}

static const struct spd_policy *nth(uint8_t dir, size_t n)
{
	for (size_t i = 0; i < list.n; i++)
		if (list.items[i].dir == dir && n-- == 0)
			return &list.items[i];
	return NULL;
}

static size_t count(uint8_t dir)
{
	size_t n = 0;

	while (nth(dir, n))
		n++;
	return n;
}

START_TEST(encrypt_becomes_three)
{
	const struct spd_policy *out, *in;

	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY,
		    sample_selector((struct ip_prefix){ 0x0a010000, 16 }, (struct ip_prefix){ 0x0a020000, 16 }));
	compile();
	ck_assert_uint_eq(list.n, 3);
	out = nth(XFRM_POLICY_OUT, 0);
	ck_assert_uint_eq(out->sel.saddr.a4, htonl(0x0a010000));
	ck_assert_uint_eq(out->sel.daddr.a4, htonl(0x0a020000));
	ck_assert_int_eq(out->sel.ifindex, IFINDEX);
	ck_assert_uint_eq(out->action, XFRM_POLICY_ALLOW);
	ck_assert_uint_eq(out->priority, KERNEL_PRIORITY_MIN);
	ck_assert(out->required);
	ck_assert_uint_eq(out->n_reqids, 1);
	ck_assert_uint_eq(out->tmpl_src, SAMPLE_LOCAL);
	ck_assert_uint_eq(out->tmpl_dst, KERNEL_DUMMY);
	for (uint8_t dir = XFRM_POLICY_IN; dir <= XFRM_POLICY_FWD; dir++) {
		if (dir == XFRM_POLICY_OUT)
			continue;
		in = nth(dir, 0);
		ck_assert_uint_eq(in->sel.saddr.a4, htonl(0x0a020000));
		ck_assert_uint_eq(in->sel.daddr.a4, htonl(0x0a010000));
		ck_assert_int_eq(in->sel.ifindex, 0);
		ck_assert_msg(in->priority == KERNEL_PRIORITY_IN_MIN,
			      "strangers' policies on the way in are asked first");
		ck_assert(!in->required);
		ck_assert_uint_eq(in->reqids[0], SAMPLE_REQID);
		ck_assert_uint_eq(in->tmpl_src, 0);
	}
}
END_TEST

START_TEST(other_verdicts)
{
	sample_rule(sample, PLAN_CLEAR, PLAN_EXCLUDE, sample_selector((struct ip_prefix){ 0 }, SAMPLE_GROUP));
	sample_rule(sample, PLAN_BLOCK, PLAN_GROUP_POLICY, sample_group());
	sample_rule(sample, PLAN_BLOCK, PLAN_FAIL_CLOSE,
		    sample_selector((struct ip_prefix){ 0 }, (struct ip_prefix){ 0 }));
	compile();
	ck_assert_msg(list.n == 2, "fail-close is the gate's: %zu policies", list.n);
	ck_assert_int_eq(spd_effect(&list.items[0]), SPD_OPENS);
	ck_assert_uint_eq(list.items[0].n_reqids, 0);
	ck_assert_int_eq(spd_effect(&list.items[1]), SPD_CLOSES);
	ck_assert_uint_eq(list.items[1].action, XFRM_POLICY_BLOCK);
	ck_assert_uint_eq(list.items[1].priority, KERNEL_PRIORITY_MIN + 1);
}
END_TEST

/* A policy that must not send may still receive (RFC 6407 5.4: deactivation delay). */
START_TEST(blocked_but_receiving)
{
	sample_rule(sample, PLAN_BLOCK, PLAN_GROUP_POLICY, sample_group());
	sample_sa(sample, SAMPLE_SPI, true, false);
	compile();
	ck_assert_uint_eq(count(XFRM_POLICY_OUT), 1);
	ck_assert_uint_eq(count(XFRM_POLICY_IN), 1);
	ck_assert_uint_eq(count(XFRM_POLICY_FWD), 1);
	ck_assert_uint_eq(nth(XFRM_POLICY_IN, 0)->reqids[0], SAMPLE_REQID);
	ck_assert_int_eq(spd_effect(nth(XFRM_POLICY_IN, 0)), SPD_NEITHER);
}
END_TEST

/* RFC 4301 5.2: by the SAs whose own selector meets it a packet may have come, by no other. */
START_TEST(ways_in)
{
	struct selector ab =
		sample_selector((struct ip_prefix){ 0x0a010000, 16 }, (struct ip_prefix){ 0x0a020000, 16 });
	struct selector other = sample_selector((struct ip_prefix){ 0x0a010000, 16 },
						(struct ip_prefix){ 0x0a030000, 16 }),
			http = ab;
	const struct spd_policy *in;
	struct spd_policy back;

	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, ab);
	sample_sa_of(sample, SAMPLE_SPI, true, true, SAMPLE_REQID, ab);
	/* the mirrored policy, an SA of its own */
	sample_sa_of(sample, SAMPLE_SPI + 1, true, true, SAMPLE_REQID + 1, selector_reverse(&ab));
	/* covers only a part */
	sample_sa_of(sample, SAMPLE_SPI + 2, true, true, SAMPLE_REQID + 2,
		     sample_selector((struct ip_prefix){ 0x0a020000, 24 }, (struct ip_prefix){ 0x0a010000, 16 }));
	sample_sa_of(sample, SAMPLE_SPI + 3, false, true, SAMPLE_REQID + 3, ab); /* does not receive */
	/* other destinations; and one of its policies has ours */
	sample_sa_of(sample, SAMPLE_SPI + 4, true, true, SAMPLE_REQID + 4, other);
	sample_sa_of(sample, SAMPLE_SPI + 6, true, true, SAMPLE_REQID + 6, other);
	sample_fit(sample, SAMPLE_REQID + 6, ab);
	/* other ports, which the rule takes too */
	http.dport = (struct port_range){ 80, 80 };
	sample_sa_of(sample, SAMPLE_SPI + 5, true, true, SAMPLE_REQID + 5, http);
	compile();
	in = nth(XFRM_POLICY_IN, 0);
	ck_assert_uint_eq(in->n_reqids, 5);
	ck_assert_uint_eq(in->reqids[0], SAMPLE_REQID);
	ck_assert_uint_eq(in->reqids[1], SAMPLE_REQID + 1);
	ck_assert_uint_eq(in->reqids[2], SAMPLE_REQID + 2);
	ck_assert_uint_eq(in->reqids[3], SAMPLE_REQID + 6);
	ck_assert_uint_eq(in->reqids[4], SAMPLE_REQID + 5);
	sample->rules[0][0].sel.protocol = 6;
	sample->rules[0][0].sel.dport = (struct port_range){ 81, 90 };
	spd_list_clear(&list);
	compile();
	ck_assert_msg(nth(XFRM_POLICY_IN, 0)->n_reqids == 4, "neither way do the ports meet");

	/* More than the kernel's form has room for: all, and our own reading of it stays ours. */
	for (uint32_t i = 0; i < 20; i++)
		sample_sa_of(sample, 0x1000 + i, true, true, SAMPLE_REQID + 10 + i, ab);
	spd_list_clear(&list);
	compile();
	in = nth(XFRM_POLICY_IN, 0);
	ck_assert_uint_eq(in->n_reqids, 1);
	ck_assert_uint_eq(in->reqids[0], SPD_ANY_REQID);
	ck_assert_int_eq(spd_build_add(&m, in, false), 0);
	ck_assert(spd_parse(&m.hdr, &back));
	ck_assert(spd_equal(&back, in));
	ck_assert_msg(nth(XFRM_POLICY_OUT, 0)->reqids[0] == SAMPLE_REQID, "the way out names its own");
}
END_TEST

/* Rules of one way make policies of that way; what is not governed makes none. */
START_TEST(ways_of_rules)
{
	struct selector all = sample_selector((struct ip_prefix){ 0 }, (struct ip_prefix){ 0 });

	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group())->way = PLAN_IN;
	compile();
	ck_assert_uint_eq(list.n, 2);
	ck_assert_uint_eq(count(XFRM_POLICY_OUT), 0);
	sample->rules[0][0].way = PLAN_OUT;
	spd_list_clear(&list);
	compile();
	ck_assert_uint_eq(list.n, 1);
	ck_assert_uint_eq(count(XFRM_POLICY_OUT), 1);
	sample_rule(sample, PLAN_CLEAR, PLAN_EXCLUDE, all)->way = PLAN_IN;
	sample_rule(sample, PLAN_BLOCK, PLAN_FAIL_CLOSE, all)->way = PLAN_OUT;
	sample_rule(sample, PLAN_CLEAR, PLAN_NOT_GOVERNED, all);
	spd_list_clear(&list);
	compile();
	ck_assert_uint_eq(list.n, 1);
}
END_TEST

/* Two zones behind one interface: equal selectors stand side by side, each for what its zone sends. */
START_TEST(zones_have_marks)
{
	struct spd_policy back, *p;
	struct zones z;

	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group());
	snprintf(sample_scope(sample, "wan0", SAMPLE_LOCAL)->from[0], GVPN_IFNAME_MAX, "lab0");
	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group());
	sample_scope(sample, "wan0", SAMPLE_LOCAL)->filter = true;
	sample->scopes[2].n_from = sample->scopes[2].n_to = 0;
	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group());
	ck_assert_int_eq(zones_of(&sample->plan, &z), 0);
	ck_assert_uint_eq(z.n, 2);
	ck_assert_uint_eq(zones_bits(&z), 0xc0000000);
	for (size_t i = 0; i < 3; i++)
		compile_scope(i, IFINDEX, zone_bit(&z, &sample->scopes[i]));
	ck_assert_uint_eq(count(XFRM_POLICY_OUT), 3);
	ck_assert_uint_eq(nth(XFRM_POLICY_OUT, 0)->unmarked, 0x80000000);
	ck_assert_uint_eq(nth(XFRM_POLICY_OUT, 1)->unmarked, 0x40000000);
	ck_assert_msg(nth(XFRM_POLICY_OUT, 2)->unmarked == 0, "a filter governs whatever leaves");
	ck_assert_msg(count(XFRM_POLICY_IN) == 1, "the way in has no zone");
	for (size_t i = 0; i < list.n; i++) {
		const struct nlattr *attr;

		p = &list.items[i];
		ck_assert_ptr_eq(spd_list_find(&list, p), p);
		ck_assert_int_eq(spd_build_add(&m, p, false), 0);
		attr = attribute(&m.hdr, HEADER, XFRMA_MARK);
		ck_assert_int_eq(attr != NULL, p->unmarked != 0);
		if (attr) {
			const struct xfrm_mark *mark = mnl_attr_get_payload(attr);

			ck_assert_uint_eq(mark->v, 0);
			ck_assert_uint_eq(mark->m, p->unmarked);
		}
		ck_assert(spd_parse(&m.hdr, &back));
		ck_assert(spd_equal(&back, p));
		ck_assert_int_eq(spd_build_id(&m, XFRM_MSG_DELPOLICY, p), 0);
		ck_assert_int_eq(attribute(&m.hdr, sizeof(struct xfrm_userpolicy_id), XFRMA_MARK) != NULL,
				 p->unmarked != 0);
	}
}
END_TEST

START_TEST(equal_selectors_first_wins)
{
	sample_rule(sample, PLAN_CLEAR, PLAN_EXCLUDE, sample_group());
	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group());
	sample_scope(sample, "wan1", SAMPLE_LOCAL + 1);
	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group());
	compile();
	ck_assert_uint_eq(count(XFRM_POLICY_OUT), 2);
	ck_assert_uint_eq(nth(XFRM_POLICY_OUT, 0)->n_reqids, 0);
	ck_assert_msg(nth(XFRM_POLICY_OUT, 1)->sel.ifindex == IFINDEX + 1, "another interface is another selector");
	ck_assert_uint_eq(nth(XFRM_POLICY_OUT, 1)->priority, KERNEL_PRIORITY_MIN + 2);
	ck_assert_msg(count(XFRM_POLICY_IN) == 1, "the way in has no interface");
}
END_TEST

START_TEST(ports_become_pairs)
{
	struct selector s = sample_group();

	s.protocol = 6;
	s.sport = (struct port_range){ 1, 6 };       /* 1, 2-3, 4-5, 6 */
	s.dport = (struct port_range){ 8080, 8081 }; /* one */
	sample_rule(sample, PLAN_CLEAR, PLAN_EXCLUDE, s);
	compile();
	ck_assert_uint_eq(list.n, 4);
	ck_assert_uint_eq(list.items[0].sel.sport, htons(1));
	ck_assert_uint_eq(list.items[0].sel.sport_mask, 0xffff);
	ck_assert_uint_eq(list.items[1].sel.sport, htons(2));
	ck_assert_uint_eq(list.items[1].sel.sport_mask, htons(0xfffe));
	ck_assert_uint_eq(list.items[3].sel.dport, htons(8080));
	ck_assert_uint_eq(list.items[3].sel.dport_mask, htons(0xfffe));
	for (size_t i = 0; i < list.n; i++) {
		ck_assert_uint_eq(list.items[i].sel.proto, 6);
		ck_assert_uint_eq(list.items[i].priority, KERNEL_PRIORITY_MIN);
	}
}
END_TEST

START_TEST(too_many_rules)
{
	uint32_t priority = KERNEL_PRIORITY_MIN;

	for (uint32_t i = 0; i < PLAN_RULES_MAX + 1; i++)
		sample_rule(sample, PLAN_CLEAR, PLAN_EXCLUDE,
			    sample_selector((struct ip_prefix){ 0 }, (struct ip_prefix){ i << 8, 24 }));
	ck_assert_int_eq(spd_list_add_scope(&list, &sample->plan, 0, IFINDEX, 0, &priority), -E2BIG);
	sample->scopes[0].n_rules = PLAN_RULES_MAX;
	spd_list_clear(&list);
	priority = KERNEL_PRIORITY_MIN;
	ck_assert_int_eq(spd_list_add_scope(&list, &sample->plan, 0, IFINDEX, 0, &priority), 0);
	ck_assert_uint_eq(list.items[PLAN_RULES_MAX - 1].priority, KERNEL_PRIORITY_MAX);

	/* Ranges of ports multiply. */
	for (uint32_t i = 0; i < 10; i++) {
		struct selector *s = &sample->rules[0][i].sel;

		s->protocol = 17;
		s->sport = s->dport = (struct port_range){ 1, 65534 };
	}
	spd_list_clear(&list);
	priority = KERNEL_PRIORITY_MIN;
	ck_assert_int_eq(spd_list_add_scope(&list, &sample->plan, 0, IFINDEX, 0, &priority), -E2BIG);
	ck_assert_uint_le(list.n, PLAN_POLICIES_MAX);
}
END_TEST

START_TEST(closed_by_policies)
{
	uint32_t priority = KERNEL_PRIORITY_MAX - 1;
	struct spd_policy back;

	ck_assert_int_eq(spd_list_add_fail_close(&list, SAMPLE_LOCAL, IFINDEX, 0x80000000, &priority), 0);
	ck_assert_uint_eq(list.n, 2);
	ck_assert_int_eq(spd_effect(&list.items[0]), SPD_OPENS);
	ck_assert_uint_eq(list.items[0].sel.saddr.a4, htonl(SAMPLE_LOCAL));
	ck_assert_int_eq(spd_effect(&list.items[1]), SPD_CLOSES);
	ck_assert_uint_eq(list.items[1].sel.prefixlen_s, 0);
	ck_assert_uint_gt(list.items[1].priority, list.items[0].priority);
	for (size_t i = 0; i < list.n; i++) {
		ck_assert_int_eq(spd_build_add(&m, &list.items[i], false), 0);
		ck_assert(spd_parse(&m.hdr, &back));
		ck_assert(spd_equal(&back, &list.items[i]));
	}
	ck_assert_int_eq(spd_list_add_fail_close(&list, SAMPLE_LOCAL, IFINDEX, 0, &priority), -E2BIG);
}
END_TEST

START_TEST(messages)
{
	const struct xfrm_userpolicy_info *info = mnl_nlmsg_get_payload(&m.hdr);
	const struct xfrm_userpolicy_id *id = mnl_nlmsg_get_payload(&m.hdr);
	const struct xfrm_user_tmpl *t;
	const struct nlattr *attr;
	struct spd_policy back;

	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group());
	compile();
	for (size_t i = 0; i < list.n; i++) {
		const struct spd_policy *p = &list.items[i];

		ck_assert_int_eq(spd_build_add(&m, p, false), 0);
		ck_assert_uint_eq(m.hdr.nlmsg_type, XFRM_MSG_NEWPOLICY);
		ck_assert_uint_eq(m.hdr.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
		ck_assert_uint_eq(info->sel.family, AF_INET);
		ck_assert_uint_eq(info->sel.prefixlen_s, 12);
		ck_assert_uint_eq(info->priority,
				  p->dir == XFRM_POLICY_OUT ? KERNEL_PRIORITY_MIN : KERNEL_PRIORITY_IN_MIN);
		ck_assert_uint_eq(info->lft.hard_byte_limit, XFRM_INF);
		ck_assert_uint_eq(info->dir, p->dir);
		attr = attribute(&m.hdr, HEADER, XFRMA_TMPL);
		ck_assert_ptr_nonnull(attr);
		ck_assert_uint_eq(mnl_attr_get_payload_len(attr), sizeof(*t));
		t = mnl_attr_get_payload(attr);
		ck_assert_uint_eq(t->id.proto, 50);
		ck_assert_uint_eq(t->id.spi, 0);
		ck_assert_uint_eq(t->family, AF_INET);
		ck_assert_uint_eq(t->mode, XFRM_MODE_TUNNEL);
		ck_assert_uint_eq(t->reqid, SAMPLE_REQID);
		ck_assert_uint_eq(t->optional, p->dir != XFRM_POLICY_OUT);
		ck_assert_uint_eq(t->aalgos, UINT32_MAX);
		ck_assert(spd_parse(&m.hdr, &back));
		ck_assert(spd_equal(&back, p));
	}
	ck_assert_int_eq(spd_build_add(&m, &list.items[0], true), 0);
	ck_assert_uint_eq(m.hdr.nlmsg_type, XFRM_MSG_UPDPOLICY);
	ck_assert_int_eq(spd_build_id(&m, XFRM_MSG_DELPOLICY, &list.items[0]), 0);
	ck_assert_uint_eq(m.hdr.nlmsg_type, XFRM_MSG_DELPOLICY);
	ck_assert_uint_eq(id->dir, list.items[0].dir);
	ck_assert_mem_eq(&id->sel, &list.items[0].sel, sizeof(id->sel));
}
END_TEST

/* A group policy leads to its carrier, and what has the carrier's address goes into the SA that sends. */
START_TEST(with_stamps)
{
	const struct spd_policy *p;
	const struct xfrm_user_tmpl *t;
	struct spd_policy back;

	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group());
	sample_sa(sample, SAMPLE_SPI, true, true)->window_ms = 1000;
	ck_assert_int_eq(spd_list_add_stamped(&list, &sample->plan), 0);
	ck_assert_uint_eq(list.n, 1);
	p = &list.items[0];
	ck_assert(p->stamped && p->required && spd_effect(p) == SPD_CLOSES);
	ck_assert_uint_eq(p->sel.daddr.a4, htonl(0xf7760007));
	ck_assert_uint_eq(p->sel.prefixlen_d, 32);
	ck_assert_uint_eq(p->sel.prefixlen_s, 0);
	ck_assert_uint_eq(p->sel.proto, 253);
	ck_assert_int_eq(p->sel.ifindex, 0);
	ck_assert_uint_eq(p->tmpl_dst, KERNEL_DUMMY);
	ck_assert_int_eq(spd_list_add_stamped(&list, &sample->plan), 0);
	ck_assert_msg(list.n == 1, "one for each reqid");
	compile();
	p = nth(XFRM_POLICY_OUT, 1);
	ck_assert_uint_eq(p->tmpl_dst, 0xf7760007);
	ck_assert(!p->beet[0] && !p->stamped);
	for (size_t i = 0; i < list.n; i++) {
		p = &list.items[i];
		ck_assert_int_eq(spd_build_add(&m, p, false), 0);
		t = mnl_attr_get_payload(attribute(&m.hdr, HEADER, XFRMA_TMPL));
		ck_assert_uint_eq(t->reqid, SAMPLE_REQID);
		ck_assert_int_eq(t->mode, p->dir == XFRM_POLICY_OUT && !p->stamped ? XFRM_MODE_TUNNEL : XFRM_MODE_BEET);
		ck_assert_int_eq(t->id.proto, p->tmpl_dst == 0xf7760007 ? 51 : 50);
		ck_assert_int_eq(attribute(&m.hdr, HEADER, XFRMA_IF_ID) != NULL, p->stamped);
		ck_assert(spd_parse(&m.hdr, &back));
		ck_assert(spd_equal(&back, p));
		ck_assert_int_eq(spd_build_id(&m, XFRM_MSG_DELPOLICY, p), 0);
		ck_assert_int_eq(attribute(&m.hdr, sizeof(struct xfrm_userpolicy_id), XFRMA_IF_ID) != NULL, p->stamped);
	}
}
END_TEST

/* When the SAs are too many for one policy, one template of each mode takes all. */
START_TEST(many_of_both_modes)
{
	struct spd_policy back;
	const struct spd_policy *in;

	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group());
	for (uint32_t i = 0; i < 20; i++)
		sample_sa_of(sample, 0x1000 + i, true, true, SAMPLE_REQID + i, sample_group())->window_ms =
			i < 8 ? 0 : 1000;
	compile();
	in = nth(XFRM_POLICY_IN, 0);
	ck_assert_uint_eq(in->n_reqids, 2);
	ck_assert(in->reqids[0] == SPD_ANY_REQID && in->reqids[1] == SPD_ANY_REQID);
	ck_assert(!in->beet[0] && in->beet[1]);
	ck_assert_int_eq(spd_build_add(&m, in, false), 0);
	ck_assert(spd_parse(&m.hdr, &back));
	ck_assert(spd_equal(&back, in));
}
END_TEST

static bool parsed_with(struct spd_policy p, uint16_t extra, uint32_t value)
{
	struct spd_policy back;

	ck_assert_int_eq(spd_build_add(&m, &p, false), 0);
	if (extra)
		message_put(&m, extra, &(struct xfrm_mark){ value, value }, extra == XFRMA_MARK ? 8 : 4);
	return spd_parse(&m.hdr, &back);
}

START_TEST(foreign_policies_are_not_seen)
{
	struct spd_policy p;

	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group());
	sample_rule(sample, PLAN_CLEAR, PLAN_EXCLUDE, sample_selector((struct ip_prefix){ 0 }, SAMPLE_GROUP));
	compile();
	p = list.items[0];
	ck_assert(parsed_with(p, 0, 0));
	ck_assert_msg(!parsed_with(p, XFRMA_MARK, 1), "a value is not ours");
	p.unmarked = 0x00800000;
	ck_assert_msg(!parsed_with(p, 0, 0), "nor is a bit that no zone has");
	p.unmarked = 0x80000000;
	ck_assert(parsed_with(p, 0, 0));
	p.dir = XFRM_POLICY_FWD;
	ck_assert_msg(!parsed_with(p, 0, 0), "nor a mark on the way in");
	p = list.items[0];
	ck_assert(!parsed_with(p, XFRMA_IF_ID, 1));
	ck_assert(parsed_with(p, XFRMA_IF_ID, KERNEL_STAMPER_IF_ID));
	p.priority = KERNEL_PRIORITY_MIN - 1;
	ck_assert(!parsed_with(p, 0, 0));
	p.priority = KERNEL_PRIORITY_MAX + 1;
	ck_assert(!parsed_with(p, 0, 0));
	p.priority = KERNEL_PRIORITY_MAX;
	ck_assert(parsed_with(p, 0, 0));
	p.priority = KERNEL_PRIORITY_IN_MIN;
	ck_assert_msg(!parsed_with(p, 0, 0), "a way out has no place there");
	p = *nth(XFRM_POLICY_FWD, 0);
	ck_assert_uint_eq(p.priority, KERNEL_PRIORITY_IN_MIN);
	ck_assert(parsed_with(p, 0, 0));
	p.priority = KERNEL_PRIORITY_IN_MIN - 1;
	ck_assert(!parsed_with(p, 0, 0));
	p.priority = KERNEL_PRIORITY_MIN;
	ck_assert_msg(parsed_with(p, 0, 0), "an earlier version's way in");
	p = list.items[0];
	p.reqids[0] = KERNEL_REQID_MIN - 1;
	ck_assert_msg(!parsed_with(p, 0, 0), "a template of somebody else's");
	p.reqids[0] = SAMPLE_REQID;
	p.reqids[1] = 3;
	p.n_reqids = 2;
	ck_assert_msg(!parsed_with(p, 0, 0), "one of two templates is somebody else's");
	p = *nth(XFRM_POLICY_OUT, 1);
	ck_assert(parsed_with(p, 0, 0));
	p.sel.ifindex = 0;
	ck_assert_msg(!parsed_with(p, 0, 0), "without template and interface nothing shows that it is ours");
}
END_TEST

/* --- the order of changes, on a model of the kernel --- */

#define PLACES 4 /* destinations 0-3; a rule is one of them, a half, or all */
#define MARKS 4  /* the bits of two zones; a rule is for packets without one of them, or for all */

struct model_rule {
	uint8_t base, len; /* prefix of the 2-bit place */
	bool opens;
	uint32_t carried; /* reqid of SAs with stamps; 0: a plain one, or a block */
	uint32_t unmarked;
};
#define CARRIED 3 /* reqids */

static struct spd_policy model_policy(struct model_rule r, uint32_t priority)
{
	struct spd_policy p = { .dir = XFRM_POLICY_OUT, .priority = priority, .unmarked = r.unmarked };

	p.action = r.opens ? XFRM_POLICY_ALLOW : XFRM_POLICY_BLOCK;
	p.sel.daddr.a4 = r.base;
	p.sel.prefixlen_d = r.len;
	if (!r.opens && r.carried) {
		p.action = XFRM_POLICY_ALLOW;
		p.required = true;
		p.reqids[p.n_reqids++] = r.carried;
		p.tmpl_dst = kernel_carrier(r.carried);
	}
	return p;
}

/* The policy of a carrier. */
static struct spd_policy model_stamped(uint32_t reqid)
{
	struct spd_policy p = { .dir = XFRM_POLICY_OUT, .required = true, .stamped = true, .n_reqids = 1 };

	p.sel.daddr.a4 = htonl(kernel_carrier(reqid));
	p.sel.prefixlen_d = 32;
	p.reqids[0] = reqid;
	p.beet[0] = true;
	p.tmpl_dst = KERNEL_DUMMY;
	return p;
}

static bool covers(const struct spd_policy *p, unsigned place)
{
	return p->sel.prefixlen_d == 0 || (place ^ p->sel.daddr.a4) >> (2 - p->sel.prefixlen_d) == 0;
}

/* Whether clear text with MARK to PLACE passes: as the strongest says, and if two are as strong, if either lets it (the
 * worse case). */
static bool passes(const struct spd_list *l, unsigned place, uint32_t mark)
{
	uint32_t best = UINT32_MAX;
	bool open = true;

	for (size_t i = 0; i < l->n; i++) {
		const struct spd_policy *p = &l->items[i];

		if (p->stamped || !covers(p, place) || (p->unmarked & mark) || p->priority > best)
			continue;
		open = (p->priority == best && open) || spd_effect(p) == SPD_OPENS;
		best = p->priority;
	}
	return open;
}

static void model_list(struct spd_list *l)
{
	size_t n = 1 + (size_t)(random() % 5);

	struct model_rule rules[5];

	*l = (struct spd_list){ 0 };
	for (size_t i = 0; i < n; i++) {
		struct spd_policy p;

		rules[i] = (struct model_rule){ .len = (uint8_t)(random() % 3),
						.opens = random() % 2,
						.carried = (uint32_t)(random() % (CARRIED + 1)),
						.unmarked = (uint32_t)random() % 3 };
		rules[i].base = (uint8_t)((unsigned)random() % PLACES & (0xcu >> rules[i].len));
		p = model_stamped(rules[i].carried);
		if (!rules[i].opens && rules[i].carried && !spd_list_find(l, &p))
			ck_assert_int_eq(spd_list_add(l, &p), 0);
	}
	for (size_t i = 0; i < n; i++) {
		struct spd_policy p = model_policy(rules[i], 10 + (uint32_t)i);

		if (!spd_list_find(l, &p))
			ck_assert_int_eq(spd_list_add(l, &p), 0);
	}
}

struct model {
	struct spd_list old, want, now;
};

static void expect_closed(const struct model *x)
{
	for (unsigned place = 0; place < PLACES; place++)
		for (uint32_t mark = 0; mark < MARKS; mark++)
			ck_assert_msg(!passes(&x->now, place, mark) || passes(&x->old, place, mark) ||
					      passes(&x->want, place, mark),
				      "place %u, mark %u passes in clear, which neither plan admits", place, mark);
}

/* Whether each policy that leads to a carrier leads on. */
static void expect_way_on(const struct model *x)
{
	for (size_t i = 0; i < x->now.n; i++) {
		const struct spd_policy *p = &x->now.items[i];
		struct spd_policy on = model_stamped(p->n_reqids ? p->reqids[0] : 0);

		if (!p->stamped && p->n_reqids && !spd_list_find(&x->now, &on))
			ck_abort_msg("reqid %u leads to a carrier that leads nowhere", p->reqids[0]);
	}
}

static void model_change(struct model *x, enum sync_step step)
{
	for (size_t i = 0; i < x->want.n; i++) {
		const struct spd_policy *p = &x->want.items[i], *old = spd_list_find(&x->old, p);

		if (sync_step_of(p, old) != step)
			continue;
		if (old)
			*(struct spd_policy *)(uintptr_t)spd_list_find(&x->now, p) = *p;
		else
			ck_assert_int_eq(spd_list_add(&x->now, p), 0);
		expect_closed(x);
		expect_way_on(x);
	}
}

/* A list is only added to: what stays becomes another one. */
static void take_out(struct spd_list *l, size_t item)
{
	struct spd_list left = { 0 };

	for (size_t i = 0; i < l->n; i++)
		if (i != item)
			ck_assert_int_eq(spd_list_add(&left, &l->items[i]), 0);
	spd_list_clear(l);
	*l = left;
}

static void model_remove(struct model *x, bool clear)
{
	for (int stamped = 0; stamped < 2; stamped++)
		for (size_t i = x->now.n; i-- > 0;) {
			const struct spd_policy *p = &x->now.items[i];

			if (p->stamped != stamped || (clear && spd_effect(p) != SPD_OPENS) ||
			    spd_list_find(&x->want, p))
				continue;
			take_out(&x->now, i);
			expect_closed(x);
			expect_way_on(x);
		}
}

/* kernel.c's order, between random plans, looked at after every single change. */
START_TEST(no_moment_is_more_open)
{
	srandom(2);
	for (unsigned run = 0; run < RUNS; run++) {
		struct model x = { 0 };

		model_list(&x.old);
		model_list(&x.want);
		for (size_t i = 0; i < x.old.n; i++)
			ck_assert_int_eq(spd_list_add(&x.now, &x.old.items[i]), 0);
		model_change(&x, SYNC_BLOCK);
		model_change(&x, SYNC_PROTECT);
		model_remove(&x, true);
		model_change(&x, SYNC_CLEAR_LESS);
		model_change(&x, SYNC_PROTECT_LESS);
		model_change(&x, SYNC_CLEAR);
		model_remove(&x, false);
		ck_assert_uint_eq(x.now.n, x.want.n);
		for (size_t i = 0; i < x.want.n; i++)
			ck_assert(spd_equal(spd_list_find(&x.now, &x.want.items[i]), &x.want.items[i]));
		spd_list_clear(&x.old);
		spd_list_clear(&x.want);
		spd_list_clear(&x.now);
	}
}
END_TEST

/* --- SAs in counter mode: what a policy names --- */

static struct plan_sa *counter_sa(struct sample *s, uint32_t spi, bool out, uint32_t reqid)
{
	struct plan_sa *sa = sample_sa_of(s, spi, true, out, reqid, sample_group());

	sa->tek.cipher = CIPHER_AES_GCM_128;
	sa->tek.auth = AUTH_NONE;
	sa->tek.key.len = 20;
	sa->tek.auth_key.len = 0;
	sa->sender.has_prefix = out;
	sa->sender.prefix = out ? 0x5a000000u | spi : 0;
	return sa;
}

START_TEST(counter_mode_is_named)
{
	const struct spd_policy *out;
	struct spd_policy back;

	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group());
	sample_sa(sample, 0x100, true, true); /* CBC alone: the newest */
	compile();
	ck_assert_uint_eq(nth(XFRM_POLICY_OUT, 0)->spi, 0);
	counter_sa(sample, 0x200, false, SAMPLE_REQID); /* its successor, which cannot send yet */
	spd_list_clear(&list);
	compile();
	ck_assert_uint_eq(nth(XFRM_POLICY_OUT, 0)->spi, 0x100);
	ck_assert_uint_eq(nth(XFRM_POLICY_IN, 0)->spi, 0);
	sample->sas[0].out = false; /* nobody sends: blocked */
	spd_list_clear(&list);
	compile();
	out = nth(XFRM_POLICY_OUT, 0);
	ck_assert_uint_eq(out->action, XFRM_POLICY_BLOCK);
	ck_assert_uint_eq(out->n_reqids, 0);
	ck_assert_uint_eq(count(XFRM_POLICY_IN), 1);
	sample->sas[1].out = true;
	spd_list_clear(&list);
	compile();
	out = nth(XFRM_POLICY_OUT, 0);
	ck_assert_uint_eq(out->spi, 0x200);
	ck_assert_int_eq(spd_build_add(&m, out, false), 0);
	ck_assert_uint_eq(
		((const struct xfrm_user_tmpl *)mnl_attr_get_payload(attribute(&m.hdr, HEADER, XFRMA_TMPL)))->id.spi,
		htonl(0x200));
	ck_assert(spd_parse(&m.hdr, &back));
	ck_assert(spd_equal(&back, out));
	back.spi = 0;
	ck_assert(!spd_equal(&back, out));
	sample_scope(sample, "wan1", SAMPLE_LOCAL + 1); /* by another uplink nobody sends */
	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group());
	spd_list_clear(&list);
	compile();
	ck_assert_uint_eq(nth(XFRM_POLICY_OUT, 1)->action, XFRM_POLICY_BLOCK);
}
END_TEST

/* At the device the SA is named; before it, the carrier takes all or, where nobody sends, nothing. */
START_TEST(counter_mode_with_stamps)
{
	const struct spd_policy *p;

	sample_rule(sample, PLAN_ENCRYPT, PLAN_GROUP_POLICY, sample_group());
	counter_sa(sample, 0x200, true, SAMPLE_REQID)->window_ms = 1000;
	ck_assert_int_eq(spd_list_add_stamped(&list, &sample->plan), 0);
	compile();
	p = nth(XFRM_POLICY_OUT, 0);
	ck_assert(p->stamped && p->beet[0]);
	ck_assert_uint_eq(p->spi, 0x200);
	ck_assert_uint_eq(p->tmpl_dst, KERNEL_DUMMY);
	p = nth(XFRM_POLICY_OUT, 1);
	ck_assert(!p->stamped);
	ck_assert_uint_eq(p->spi, 0);
	ck_assert_uint_eq(p->tmpl_dst, kernel_carrier(SAMPLE_REQID));
	sample->sas[0].out = false;
	spd_list_clear(&list);
	ck_assert_int_eq(spd_list_add_stamped(&list, &sample->plan), 0);
	ck_assert_msg(list.n == 0, "the device passes nothing");
	compile();
	ck_assert_uint_eq(nth(XFRM_POLICY_OUT, 0)->action, XFRM_POLICY_BLOCK);
	ck_assert_uint_eq(count(XFRM_POLICY_IN), 1);
	sample_sa(sample, 0x100, true, true)->window_ms = 1000; /* an older key, of CBC */
	spd_list_clear(&list);
	ck_assert_int_eq(spd_list_add_stamped(&list, &sample->plan), 0);
	ck_assert_uint_eq(list.items[0].spi, 0x100);
}
END_TEST

/* Some SAs of three reqids, of which one sends at most, and some rules that name these. */
static struct sample *random_sample(void)
{
	struct sample *s = sample_new();
	size_t rules = 1 + (size_t)random() % 4;

	for (uint32_t q = 0; q < 3; q++) {
		long n = random() % 3, sender = random() % 3;
		uint32_t window = random() % 2 ? 1000 : 0;

		for (long i = 0; i < n; i++) {
			uint32_t spi = 0x100 * (q + 1) + (uint32_t)random() % 2, reqid = SAMPLE_REQID + q;

			if (random() % 2)
				counter_sa(s, spi, i == sender, reqid)->sender.has_prefix |= random() % 4 == 0;
			else
				sample_sa_of(s, spi + 0x80, true, i == sender, reqid, sample_group());
			s->sas[s->plan.n_sas - 1].window_ms = window;
		}
	}
	for (size_t i = 0; i < rules; i++) {
		struct ip_prefix to = { (uint32_t)random() % 4 << 24, 8 };
		enum plan_verdict verdict = (enum plan_verdict)(random() % 3);
		struct plan_rule *r = sample_rule(s, verdict, PLAN_GROUP_POLICY, sample_selector(SAMPLE_GROUP, to));

		r->reqid = SAMPLE_REQID + (uint32_t)random() % 3;
	}
	return s;
}

/* The kernel: what it has of SAs that send, in the order in which they came, the guard, and the policies. */
struct host_sa {
	uint32_t spi, reqid;
	bool counter_mode, candidate;
};
struct host_sas {
	struct host_sa items[32];
	size_t n;
};
struct host {
	struct host_sas sas, guard;
	struct spd_list policies;
	uint32_t searched;
};

static const struct host_sa *find_sender(const struct host_sas *l, uint32_t spi)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->items[i].spi == spi)
			return &l->items[i];
	return NULL;
}

static void put_sender(struct host_sas *l, const struct plan_sa *sa)
{
	struct host_sa *there = (struct host_sa *)(uintptr_t)find_sender(l, sa->tek.spi);

	if (there)
		there->candidate = false;
	else
		l->items[l->n++] = (struct host_sa){ .spi = sa->tek.spi,
						     .reqid = sa->reqid,
						     .counter_mode = cipher_is_counter_mode(sa->tek.cipher) };
}

static const struct plan_sa *sender_of_plan(const struct plan *plan, uint32_t spi)
{
	for (size_t i = 0; i < plan->n_sas; i++)
		if (plan_sa_ready(&plan->sas[i]) && plan->sas[i].tek.spi == spi)
			return &plan->sas[i];
	return NULL;
}

static void expect_named(const struct host *h)
{
	for (size_t i = 0; i < h->policies.n; i++) {
		const struct spd_policy *p = &h->policies.items[i];
		const struct host_sa *s = find_sender(&h->sas, p->spi);

		if (p->dir != XFRM_POLICY_OUT || p->n_reqids == 0 || p->tmpl_dst != KERNEL_DUMMY)
			continue;
		if (p->spi != 0) {
			ck_assert_msg(s != NULL, "a policy names SPI %x, which is not there", p->spi);
			ck_assert_msg(!s->candidate, "a policy names a candidate");
			ck_assert_msg(find_sender(&h->guard, p->spi) != NULL, "the guard does not know SPI %x", p->spi);
			continue;
		}
		for (size_t j = 0; j < h->sas.n; j++)
			ck_assert_msg(h->sas.items[j].reqid != p->reqids[0] || !h->sas.items[j].candidate,
				      "a policy without an SPI may take a candidate");
	}
}

static void host_change(struct host *h, const struct spd_list *want, const struct spd_list *old, enum sync_step step)
{
	for (size_t i = 0; i < want->n; i++) {
		const struct spd_policy *p = &want->items[i], *was = spd_list_find(old, p);

		if (sync_step_of(p, was) != step)
			continue;
		if (was)
			*(struct spd_policy *)(uintptr_t)spd_list_find(&h->policies, p) = *p;
		else
			ck_assert_int_eq(spd_list_add(&h->policies, p), 0);
		expect_named(h);
	}
}

static void host_remove(struct host *h, const struct spd_list *want, bool clear)
{
	for (size_t i = h->policies.n; i-- > 0;) {
		const struct spd_policy *p = &h->policies.items[i];

		if ((clear && spd_effect(p) != SPD_OPENS) || spd_list_find(want, p))
			continue;
		take_out(&h->policies, i);
		expect_named(h);
	}
}

static void host_remove_senders(struct host *h, const struct plan *plan, bool candidates)
{
	for (size_t i = h->sas.n; i-- > 0;) {
		const struct host_sa *s = &h->sas.items[i];
		struct sa_seen seen = {
			.id = { .src = SAMPLE_LOCAL, .dst = KERNEL_DUMMY, .spi = s->spi, .reqid = s->reqid }
		};

		if (s->candidate != candidates || (candidates ? sync_keeps_candidate(plan, &seen, h->searched)
							      : sender_of_plan(plan, s->spi) != NULL))
			continue;
		memmove(&h->sas.items[i], &h->sas.items[i + 1], (--h->sas.n - i) * sizeof(h->sas.items[0]));
		expect_named(h);
	}
}

/* kernel_apply() on the model, looked at after every single change. */
static void host_apply(struct host *h, const struct plan *plan)
{
	uint32_t priority = KERNEL_PRIORITY_MIN;
	struct spd_list want = { 0 }, old = { 0 };

	ck_assert_int_eq(spd_list_add_stamped(&want, plan), 0);
	ck_assert_int_eq(spd_list_add_scope(&want, plan, 0, IFINDEX, 0, &priority), 0);
	for (size_t i = 0; i < h->policies.n; i++)
		ck_assert_int_eq(spd_list_add(&old, &h->policies.items[i]), 0);
	h->guard.n = 0;
	for (size_t i = 0; i < h->sas.n; i++)
		if (!h->sas.items[i].candidate)
			h->guard.items[h->guard.n++] = h->sas.items[i];
	for (size_t i = 0; i < plan->n_sas; i++)
		if (plan_sa_ready(&plan->sas[i]))
			put_sender(&h->guard, &plan->sas[i]);
	expect_named(h);
	host_change(h, &want, &old, SYNC_BLOCK);
	host_remove_senders(h, plan, true);
	for (size_t i = 0; i < plan->n_sas; i++)
		if (plan_sa_ready(&plan->sas[i]))
			put_sender(&h->sas, &plan->sas[i]);
	expect_named(h);
	host_change(h, &want, &old, SYNC_PROTECT);
	host_remove(h, &want, true);
	host_change(h, &want, &old, SYNC_CLEAR_LESS);
	host_change(h, &want, &old, SYNC_PROTECT_LESS);
	host_change(h, &want, &old, SYNC_CLEAR);
	host_remove(h, &want, false);
	host_remove_senders(h, plan, false);
	ck_assert_uint_eq(h->policies.n, want.n);
	spd_list_clear(&want);
	spd_list_clear(&old);
}

/* A search begins for an SA of PLAN that receives in counter mode and does not send. */
static void host_search(struct host *h, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_sas; i++) {
		const struct plan_sa *sa = &plan->sas[i];

		if (plan_sa_ready(sa) || !cipher_is_counter_mode(sa->tek.cipher) || find_sender(&h->sas, sa->tek.spi))
			continue;
		put_sender(&h->sas, sa);
		h->sas.items[h->sas.n - 1].candidate = true;
		h->searched = sa->tek.spi;
		break;
	}
	expect_named(h);
}

/* As in leave_out_lost(): a plan makes no SA that sends in counter mode. */
static void host_leave_out_lost(const struct host *h, struct plan *plan)
{
	for (size_t i = 0; i < plan->n_sas; i++)
		if (cipher_is_counter_mode(plan->sas[i].tek.cipher) && !find_sender(&h->sas, plan->sas[i].tek.spi))
			plan->sas[i].out = plan->sas[i].sender.has_prefix = false;
}

START_TEST(no_moment_uses_an_sa_that_nobody_has_seen)
{
	size_t named = 0, promoted = 0;

	srandom(3);
	for (unsigned run = 0; run < RUNS; run++) {
		struct sample *old = random_sample(), *want = random_sample();
		struct host h = { 0 };

		host_apply(&h, &old->plan);
		host_search(&h, &old->plan);
		host_leave_out_lost(&h, &want->plan);
		for (size_t i = 0; i < want->plan.n_sas; i++)
			promoted += plan_sa_ready(&want->sas[i]) && find_sender(&h.sas, want->sas[i].tek.spi) &&
				    find_sender(&h.sas, want->sas[i].tek.spi)->candidate;
		host_apply(&h, &want->plan);
		for (size_t i = 0; i < h.policies.n; i++)
			named += h.policies.items[i].spi != 0;
		spd_list_clear(&h.policies);
		free(old);
		free(want);
	}
	printf("test_spd: %zu policies named an SPI, %zu candidates became SAs\n", named, promoted);
	ck_assert_uint_gt(named, RUNS / 20);
	ck_assert_uint_gt(promoted, RUNS / 200);
}
END_TEST

/* Processor time of N policies that are made, found and looked for in vain, in nanoseconds: the least of five runs. */
static uint64_t cost_of(uint32_t n)
{
	uint64_t least = UINT64_MAX;

	for (int run = 0; run < 5; run++) {
		struct spd_list l = { 0 };
		struct spd_policy p = { .sel.family = AF_INET, .dir = XFRM_POLICY_OUT };
		struct timespec from, to;
		uint64_t took;

		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
		for (uint32_t i = 0; i < n; i++) {
			p.sel.daddr.a4 = htonl(i);
			ck_assert_ptr_null(spd_list_find(&l, &p));
			ck_assert_int_eq(spd_list_add(&l, &p), 0);
			ck_assert_ptr_eq(spd_list_find(&l, &p), &l.items[i]);
		}
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
		spd_list_clear(&l);
		took = (uint64_t)(to.tv_sec - from.tv_sec) * 1000000000u + (uint64_t)to.tv_nsec -
		       (uint64_t)from.tv_nsec;
		if (took < least)
			least = took;
	}
	return least;
}

/* Eight times as many cost about eight times as much, and not 64 times. */
START_TEST(as_many_as_there_may_be)
{
	uint64_t few = cost_of(PLAN_POLICIES_MAX / 8), all = cost_of(PLAN_POLICIES_MAX);

	ck_assert_msg(all < 24 * few, "%u policies took %llu ns, %u took %llu ns", PLAN_POLICIES_MAX / 8,
		      (unsigned long long)few, PLAN_POLICIES_MAX, (unsigned long long)all);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spd");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, encrypt_becomes_three);
	tcase_add_test(t, other_verdicts);
	tcase_add_test(t, blocked_but_receiving);
	tcase_add_test(t, ways_in);
	tcase_add_test(t, ways_of_rules);
	tcase_add_test(t, zones_have_marks);
	tcase_add_test(t, equal_selectors_first_wins);
	tcase_add_test(t, ports_become_pairs);
	tcase_add_test(t, too_many_rules);
	tcase_add_test(t, closed_by_policies);
	tcase_add_test(t, messages);
	tcase_add_test(t, with_stamps);
	tcase_add_test(t, many_of_both_modes);
	tcase_add_test(t, foreign_policies_are_not_seen);
	tcase_add_test(t, no_moment_is_more_open);
	tcase_add_test(t, counter_mode_is_named);
	tcase_add_test(t, counter_mode_with_stamps);
	tcase_add_test(t, no_moment_uses_an_sa_that_nobody_has_seen);
	tcase_add_test(t, as_many_as_there_may_be);
	tcase_set_timeout(t, 120);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
