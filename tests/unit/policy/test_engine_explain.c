/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What plan_explain() says of packets, in the words an operator reads: the scope, the rule, the SPI and the reason. */
#include "policy/explain.h"
#include "tests/unit/support/engine_world.h"

#include <check.h>
#include <stdlib.h>

struct question {
	const char *way; /* "out lan0 wan0", "in lan0 wan0": inside, outside; "out-local", "in-local" for this host's */
	const char *packet;
	enum explain_verdict verdict;
	const char *text; /* the whole sentence */
};

static struct explain_question question_of(const struct question *q)
{
	struct explain_question ret = { .packet = engine_world_packet(q->packet) };
	char way[16];

	ck_assert_int_eq(sscanf(q->way, "%15s %15s %15s", way, ret.inside, ret.outside), 3);
	if (strcmp(ret.inside, "-") == 0)
		ret.inside[0] = '\0';
	ret.in = way[0] == 'i';
	ret.local = strchr(way, '-') != NULL;
	return ret;
}

static struct explain_answer ask(const struct plan *p, const struct question *q)
{
	struct explain_question asked = question_of(q);
	struct explain_answer a;

	memset(&a, 0xff, sizeof(a));
	plan_explain(p, &asked, &a);
	ck_assert_msg(a.verdict == q->verdict && strcmp(a.text, q->text) == 0,
		      "%s %s:\n%s, \"%s\", expected\n%s, \"%s\"", q->way, q->packet, explain_verdict_name(a.verdict),
		      a.text, explain_verdict_name(q->verdict), q->text);
	ck_assert(!a.scope == !a.rule);
	return a;
}

static void ask_all(const struct plan *p, const struct question *q, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ask(p, &q[i]);
	printf("explain: %zu answers by hand\n", n);
	fflush(stdout);
}

static void lines(struct engine_world *w, const char *const *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		engine_world_line(w, text[i]);
	engine_world_keys(w);
}

static struct plan *plan_of(const struct engine_scope *scopes, size_t n)
{
	struct plan *p = NULL;

	ck_assert_int_eq(engine_plan(&p, scopes, n), 0);
	return p;
}

/* Asks all of Q of the plan that the lines of TEXT make. */
static void ask_lines(const char *const *text, size_t n_text, const struct question *q, size_t n)
{
	static struct engine_world w;
	struct plan *p;

	lines(&w, text, n_text);
	p = plan_of(&w.scope, 1);
	ask_all(p, q, n);
	plan_free(p);
}

static const char *const guide_srx[] = {
	"zones",
	"server 10.10.100.1",
	"exclude bgp any any tcp,d=179",
	"open ssh any any tcp,d=22",
	"policy P1 172.16.0.0/12 172.16.0.0/12 any",
	"policy P2 192.168.0.0/16 192.168.0.0/16 any",
	"downloaded",
	"key P1",
};

/* Zones LAN (lan0) and WAN (wan0, the external interface, and wan1). */
START_TEST(between_zones)
{
	static const struct question q[] = {
		{ "out lan0 wan0", "172.16.1.1 172.17.1.1 icmp", EXPLAIN_ESP,
		  "leaves in ESP by SPI 0x00001000: group policy 172.16.0.0/12 -> 172.16.0.0/12 of VPN V" },
		{ "in lan0 wan0", "172.17.1.1 172.16.1.1 icmp", EXPLAIN_ESP,
		  "taken in ESP by SPI 0x00001000 only, dropped in clear: group policy 172.16.0.0/12 -> 172.16.0.0/12 "
		  "of "
		  "VPN V" },
		{ "out lan0 wan1", "172.16.1.1 172.17.1.1 icmp", EXPLAIN_DROP,
		  "dropped: group policy 172.16.0.0/12 -> 172.16.0.0/12 of VPN V protects on interface wan0 only, and "
		  "it "
		  "leaves by wan1" },
		{ "in lan0 wan1", "172.17.1.1 172.16.1.1 icmp", EXPLAIN_DROP,
		  "dropped: group policy 172.16.0.0/12 -> 172.16.0.0/12 of VPN V protects on interface wan0 only, and "
		  "it "
		  "comes by wan1" },
		{ "out lan0 wan0", "172.16.1.1 172.17.1.1 tcp,s=1,d=179", EXPLAIN_CLEAR,
		  "passes in clear: exclude rule bgp of VPN V" },
		{ "out lan0 wan1", "172.16.1.1 172.17.1.1 tcp,s=1,d=179", EXPLAIN_CLEAR,
		  "passes in clear: exclude rule bgp of VPN V" },
		{ "out lan0 wan0", "192.168.1.1 192.168.2.2 tcp,s=1,d=22", EXPLAIN_CLEAR,
		  "passes in clear: fail-open rule ssh of VPN V, open while there is no valid TEK" },
		{ "out lan0 wan0", "192.168.1.1 192.168.2.2 tcp,s=1,d=23", EXPLAIN_DROP,
		  "dropped: group policy 192.168.0.0/16 -> 192.168.0.0/16 of VPN V has no valid TEK and no fail-open "
		  "rule "
		  "admits it" },
		{ "in lan0 wan0", "192.168.2.2 192.168.1.1 tcp,s=23,d=1", EXPLAIN_DROP,
		  "dropped: group policy 192.168.0.0/16 -> 192.168.0.0/16 of VPN V has no valid TEK and no fail-open "
		  "rule "
		  "admits it" },
		{ "out lan0 wan0", "172.16.1.1 8.8.8.8 icmp", EXPLAIN_DROP,
		  "dropped: fail-close between zones LAN and WAN of VPN V, and no other rule names it" },
		{ "in lan0 wan1", "8.8.8.8 172.16.1.1 icmp", EXPLAIN_DROP,
		  "dropped: fail-close between zones LAN and WAN of VPN V, and no other rule names it" },
		/* other interfaces */
		{ "out lan0 lan1", "172.16.1.1 172.17.1.1 icmp", EXPLAIN_OTHER,
		  "not governed: no ipsec-policy and no service filter is for traffic from lan0 to lan1" },
		{ "out dmz0 wan0", "172.16.1.1 172.17.1.1 icmp", EXPLAIN_OTHER,
		  "not governed: no ipsec-policy and no service filter is for traffic from dmz0 to wan0" },
		{ "in dmz0 wan0", "172.17.1.1 172.16.1.1 icmp", EXPLAIN_OTHER,
		  "not governed: no ipsec-policy and no service filter is for traffic from wan0 to dmz0" },
		{ "in dmz0 wan0", "8.8.8.8 172.16.1.1 icmp", EXPLAIN_OTHER,
		  "not governed: no ipsec-policy and no service filter is for traffic from wan0 to dmz0" },
		{ "in dmz0 wan1", "172.17.1.1 172.16.1.1 icmp", EXPLAIN_OTHER,
		  "not governed: no ipsec-policy and no service filter is for traffic from wan1 to dmz0" },
		/* this host's own */
		{ "out-local wan0 wan0", "10.18.101.1 10.10.100.1 udp,s=848,d=848", EXPLAIN_CLEAR,
		  "passes in clear: the member's own GDOI traffic with server 10.10.100.1" },
		{ "in-local - wan0", "10.10.100.1 10.18.101.1 udp,s=848,d=848", EXPLAIN_CLEAR,
		  "passes in clear: the member's own GDOI traffic with server 10.10.100.1" },
		{ "out-local lan0 wan0", "172.16.1.254 172.17.1.1 icmp", EXPLAIN_ESP,
		  "leaves in ESP by SPI 0x00001000: group policy 172.16.0.0/12 -> 172.16.0.0/12 of VPN V" },
		{ "in-local lan0 wan0", "172.17.1.1 172.16.1.254 icmp", EXPLAIN_ESP,
		  "taken in ESP by SPI 0x00001000 only, dropped in clear: group policy 172.16.0.0/12 -> 172.16.0.0/12 "
		  "of "
		  "VPN V" },
		{ "out-local wan0 wan0", "172.16.9.9 172.17.1.1 icmp", EXPLAIN_ESP,
		  "leaves in ESP by SPI 0x00001000: group policy 172.16.0.0/12 -> 172.16.0.0/12 of VPN V" },
		{ "out-local lan0 wan0", "172.16.1.254 8.8.8.8 icmp", EXPLAIN_DROP,
		  "dropped: fail-close between zones LAN and WAN of VPN V, and no other rule names it" },
		{ "out-local wan0 wan0", "10.18.101.1 8.8.8.8 icmp", EXPLAIN_OTHER,
		  "not governed: it is this host's own traffic, leaving by wan0 with that interface's address" },
		{ "out-local wan0 wan0", "10.18.101.1 8.8.8.8 tcp,s=1,d=179", EXPLAIN_OTHER,
		  "not governed: it is this host's own traffic, leaving by wan0 with that interface's address" },
		{ "in dmz0 wan0", "172.17.1.1 172.16.1.1 tcp,s=179,d=1", EXPLAIN_OTHER,
		  "not governed: no ipsec-policy and no service filter is for traffic from wan0 to dmz0" },
		{ "in-local lan0 wan0", "8.8.8.8 172.16.1.254 icmp", EXPLAIN_OTHER,
		  "not governed: fail-close between zones LAN and WAN of VPN V is not for what this host itself "
		  "receives" },
		{ "out-local lan0 wan1", "172.16.1.254 172.17.1.1 icmp", EXPLAIN_DROP,
		  "dropped: group policy 172.16.0.0/12 -> 172.16.0.0/12 of VPN V protects on interface wan0 only, and "
		  "it "
		  "leaves by wan1" },
		{ "out-local wan1 wan1", "10.9.9.9 172.17.1.1 icmp", EXPLAIN_OTHER,
		  "not governed: it is this host's own traffic, leaving by wan1 with that interface's address" },
		{ "in-local wan1 wan1", "172.17.1.1 10.9.9.9 icmp", EXPLAIN_OTHER,
		  "not governed: it is this host's own traffic, coming by wan1 with that interface's address" },
		{ "out-local lan0 lan0", "172.16.1.254 172.16.1.1 icmp", EXPLAIN_OTHER,
		  "not governed: it is this host's own traffic, leaving by lan0 with that interface's address" },
	};

	ask_lines(guide_srx, ARRAY_SIZE(guide_srx), q, ARRAY_SIZE(q));
}
END_TEST

START_TEST(under_a_filter)
{
	static const char *const text[] = {
		"filter",
		"local 10.18.103.1",
		"server 10.10.100.1",
		"exclude bgp any any tcp,d=179",
		"output outbound-ks skip any 10.10.100.1 any",
		"output G service 172.16.0.0/12 172.16.0.0/12 any",
		"input G service 172.16.0.0/12 172.16.0.0/12 any",
		"policy P1 172.16.0.0/16 172.16.0.0/16 any",
		"downloaded",
		"key P1",
	};
	static const struct question q[] = {
		{ "out lan0 wan0", "172.16.1.1 172.16.2.2 icmp", EXPLAIN_ESP,
		  "leaves in ESP by SPI 0x00001000: group policy 172.16.0.0/16 -> 172.16.0.0/16 of VPN V" },
		{ "in any9 wan0", "172.16.2.2 172.16.1.1 icmp", EXPLAIN_ESP,
		  "taken in ESP by SPI 0x00001000 only, dropped in clear: group policy 172.16.0.0/16 -> 172.16.0.0/16 "
		  "of "
		  "VPN V" },
		{ "out lan0 wan0", "172.17.1.1 172.16.2.2 icmp", EXPLAIN_DROP,
		  "dropped: fail-close of filter term G of VPN V, and no other rule names it" },
		{ "in lan0 wan0", "172.16.2.2 172.17.1.1 icmp", EXPLAIN_DROP,
		  "dropped: fail-close of filter term G of VPN V, and no other rule names it" },
		{ "out lan0 wan0", "172.16.1.1 8.8.8.8 icmp", EXPLAIN_OTHER,
		  "not governed: no term of the output filter of VPN V names it, so the host's own rules decide" },
		{ "in lan0 wan0", "8.8.8.8 172.16.1.1 icmp", EXPLAIN_OTHER,
		  "not governed: no term of the input filter of VPN V names it, so the host's own rules decide" },
		{ "out lan0 wan0", "172.16.1.1 10.10.100.1 icmp", EXPLAIN_CLEAR,
		  "passes in clear: the skipping filter term outbound-ks of VPN V" },
		{ "out lan0 wan0", "172.16.1.1 172.16.2.2 tcp,s=1,d=179", EXPLAIN_CLEAR,
		  "passes in clear: exclude rule bgp of VPN V" },
		{ "out lan0 lan1", "172.16.1.1 172.16.2.2 icmp", EXPLAIN_OTHER,
		  "not governed: no ipsec-policy and no service filter is for traffic from lan0 to lan1" },
		/* this host's own */
		{ "out-local wan0 wan0", "10.18.103.1 10.10.100.1 udp,s=848,d=848", EXPLAIN_CLEAR,
		  "passes in clear: the member's own GDOI traffic with server 10.10.100.1" },
		{ "out-local lan0 wan0", "172.16.1.254 172.16.2.2 icmp", EXPLAIN_ESP,
		  "leaves in ESP by SPI 0x00001000: group policy 172.16.0.0/16 -> 172.16.0.0/16 of VPN V" },
		{ "out-local lan0 wan0", "172.17.1.254 172.16.2.2 icmp", EXPLAIN_DROP,
		  "dropped: fail-close of filter term G of VPN V, and no other rule names it" },
		{ "out-local wan0 wan0", "172.17.1.254 172.16.2.2 icmp", EXPLAIN_OTHER,
		  "not governed: fail-close of filter term G of VPN V is not for what this host sends with that "
		  "interface's own address" },
		{ "in-local lan0 wan0", "172.16.2.2 172.17.1.254 icmp", EXPLAIN_OTHER,
		  "not governed: fail-close of filter term G of VPN V is not for what this host itself receives" },
		{ "in-local - wan0", "172.16.2.2 172.16.1.254 icmp", EXPLAIN_ESP,
		  "taken in ESP by SPI 0x00001000 only, dropped in clear: group policy 172.16.0.0/16 -> 172.16.0.0/16 "
		  "of "
		  "VPN V" },
	};

	ask_lines(text, ARRAY_SIZE(text), q, ARRAY_SIZE(q));
}
END_TEST

/* The sentence turns a selector into the sense of the packet asked about, and names what is not symmetric. */
START_TEST(sense_of_the_packet)
{
	static const char *const text[] = { "zones", "policy P1 10.1.0.0/16 10.2.0.0/16 tcp,d=80", "downloaded",
					    "key P1" };
	static const struct question q[] = {
		{ "out lan0 wan0", "10.1.1.1 10.2.2.2 tcp,s=5,d=80", EXPLAIN_ESP,
		  "leaves in ESP by SPI 0x00001000: group policy 10.1.0.0/16 -> 10.2.0.0/16:80 protocol 6 of VPN V" },
		{ "in lan0 wan0", "10.2.2.2 10.1.1.1 tcp,s=80,d=5", EXPLAIN_ESP,
		  "taken in ESP by SPI 0x00001000 only, dropped in clear: group policy 10.2.0.0/16:80 -> 10.1.0.0/16 "
		  "protocol 6 of VPN V" },
	};

	ask_lines(text, ARRAY_SIZE(text), q, ARRAY_SIZE(q));
}
END_TEST

/* The second pair of zones of a VPN has no SAs of its own: they belong to the VPN.  A rollover has several. */
START_TEST(spis)
{
	static const char guests[1][GVPN_IFNAME_MAX] = { "guest0" };
	static const struct question out = {
		"out guest0 wan0", "172.16.1.1 172.17.1.1 icmp", EXPLAIN_ESP,
		"leaves in ESP by SPI 0x0000000b: group policy 172.16.0.0/12 -> 172.16.0.0/12 "
		"of VPN V"
	};
	static const struct question in = {
		"in guest0 wan0", "172.17.1.1 172.16.1.1 icmp", EXPLAIN_ESP,
		"taken in ESP by SPI 0x0000000a or 0x0000000b or 0x0000000c only, dropped in "
		"clear: group policy 172.16.0.0/12 -> 172.16.0.0/12 of VPN V"
	};
	static const struct tek teks[3] = { { .spi = 10 }, { .spi = 11 }, { .spi = 12 } };
	static struct engine_world w;
	struct engine_scope scopes[2];
	struct explain_answer a;
	struct plan *p;

	lines(&w, guide_srx, ARRAY_SIZE(guide_srx));
	for (size_t i = 0; i < 3; i++)
		w.keys[i] = (struct engine_key){ .tek = &teks[i], .reqid = WORLD_REQID, .in = true, .out = i == 1 };
	w.scope.n_keys = 3;
	scopes[0] = scopes[1] = w.scope;
	scopes[1].from = guests;
	scopes[1].n_keys = 0;
	p = plan_of(scopes, 2);
	a = ask(p, &out);
	ck_assert_ptr_eq(a.scope, &p->scopes[1]);
	ck_assert_uint_eq(a.n_spis, 1);
	ck_assert_uint_eq(a.spis[0], 11);
	a = ask(p, &in);
	ck_assert_uint_eq(a.n_spis, 3);
	ck_assert_uint_eq(a.spis[2], 12);
	plan_free(p);
}
END_TEST

/* Anti-replay by time: what leaves is stamped, and of what comes each SA says what it wants.  The longest sentence
 * fits.
 */
START_TEST(stamps)
{
	static const struct question out = { "out lan0 wan0", "172.16.1.1 172.17.1.1 icmp", EXPLAIN_ESP,
					     "leaves in ESP by SPI 0x00000003, stamped with the time (D3P): group "
					     "policy 172.16.0.0/12 -> 172.16.0.0/12 of VPN V" };
	static const struct question in = {
		"in lan0 wan0", "172.17.1.1 172.16.1.1 icmp", EXPLAIN_ESP,
		"taken in ESP by SPI 0x00000003 (D3P, window 4294967295 ms) or 0x00000004 or 0x00000005 (D3P, window "
		"4294967295 ms) or 0x00000006 or 0x00000007 (D3P, window 4294967295 ms) or 0x00000008 or 0x00000009 "
		"(D3P, window 4294967295 ms) or 0x0000000a only, dropped in clear: group policy 172.16.0.0/12 -> "
		"172.16.0.0/12 of VPN V"
	};
	static struct tek teks[EXPLAIN_SPIS_MAX + 2];
	static struct engine_world w;
	struct explain_answer a;
	struct plan *p;

	lines(&w, guide_srx, ARRAY_SIZE(guide_srx));
	for (size_t i = 0; i < ARRAY_SIZE(teks); i++) {
		teks[i].spi = (uint32_t)i + 1;
		w.keys[i] = (struct engine_key){ .tek = &teks[i],
						 .reqid = WORLD_REQID,
						 .in = true,
						 .out = i == 2,
						 .window_ms = i % 2 == 0 ? UINT32_MAX : 0 };
	}
	w.scope.n_keys = ARRAY_SIZE(teks);
	p = plan_of(&w.scope, 1);
	a = ask(p, &out);
	ck_assert_uint_eq(a.windows[0], UINT32_MAX);
	a = ask(p, &in);
	ck_assert_uint_eq(a.n_spis, EXPLAIN_SPIS_MAX);
	plan_free(p);
}
END_TEST

/* A TEK to receive with only (RFC 6407 5.5.1.1.2): nothing can be sent, ESP is taken. */
START_TEST(receiver_only)
{
	static const struct question q[] = {
		{ "out lan0 wan0", "172.16.1.1 172.17.1.1 icmp", EXPLAIN_DROP,
		  "dropped: group policy 172.16.0.0/12 -> 172.16.0.0/12 of VPN V has no valid TEK and no fail-open "
		  "rule "
		  "admits it" },
		{ "in lan0 wan0", "172.17.1.1 172.16.1.1 icmp", EXPLAIN_ESP,
		  "taken in ESP by SPI 0x00001000 only, dropped in clear: group policy 172.16.0.0/12 -> 172.16.0.0/12 "
		  "of "
		  "VPN V" },
	};
	static struct engine_world w;
	struct plan *p;

	lines(&w, guide_srx, ARRAY_SIZE(guide_srx));
	w.policies[0].keyed = false;
	w.keys[0].out = false;
	p = plan_of(&w.scope, 1);
	ask_all(p, q, ARRAY_SIZE(q));
	plan_free(p);
}
END_TEST

static void rename_scope(struct engine_scope *s, const char *vpn, const char *zone)
{
	s->vpn = vpn;
	s->from_zone = zone;
}

/* Two groups with the same addresses in different zones behind one interface (A5): each zone asks its own. */
START_TEST(two_groups_one_interface)
{
	static const char guests[1][GVPN_IFNAME_MAX] = { "guest0" };
	static const struct question q[] = {
		{ "out lan0 wan0", "172.16.1.1 172.17.1.1 icmp", EXPLAIN_ESP,
		  "leaves in ESP by SPI 0x00001000: group policy 172.16.0.0/12 -> 172.16.0.0/12 of VPN A" },
		{ "out guest0 wan0", "172.16.1.1 172.17.1.1 icmp", EXPLAIN_DROP,
		  "dropped: group policy 172.16.0.0/12 -> 172.16.0.0/12 of VPN B has no valid TEK and no fail-open "
		  "rule "
		  "admits it" },
		{ "in guest0 wan0", "172.17.1.1 172.16.1.1 tcp,s=179,d=5", EXPLAIN_CLEAR,
		  "passes in clear: exclude rule bgp of VPN B" },
		{ "out-local wan0 wan0", "10.18.101.1 10.10.100.1 udp,s=848,d=848", EXPLAIN_CLEAR,
		  "passes in clear: the member's own GDOI traffic with server 10.10.100.1" },
		/* A's policy, which stands first, covers the server of B */
		{ "out-local wan0 wan0", "172.16.200.1 172.16.200.2 udp,s=848,d=848", EXPLAIN_CLEAR,
		  "passes in clear: the member's own GDOI traffic with server 172.16.200.2" },
		{ "in-local wan0 wan0", "172.16.200.2 172.16.200.1 udp,s=848,d=848", EXPLAIN_CLEAR,
		  "passes in clear: the member's own GDOI traffic with server 172.16.200.2" },
		{ "out-local wan0 wan0", "172.16.200.1 172.16.200.2 icmp", EXPLAIN_ESP,
		  "leaves in ESP by SPI 0x00001000: group policy 172.16.0.0/12 -> 172.16.0.0/12 of VPN A" },
	};
	static struct engine_world a, b;
	struct engine_scope scopes[2];
	struct plan *p;

	lines(&a, guide_srx, ARRAY_SIZE(guide_srx));
	lines(&b, guide_srx, ARRAY_SIZE(guide_srx));
	engine_world_line(&b, "local 172.16.200.1");
	engine_world_line(&b, "lose P1");
	b.scope.servers[0] = engine_world_packet("172.16.200.2 172.16.200.2 any").src;
	b.policies[0].reqid = WORLD_REQID + PLAN_REQIDS;
	b.scope.n_keys = 0;
	b.scope.from = guests;
	scopes[0] = a.scope;
	scopes[1] = b.scope;
	rename_scope(&scopes[0], "A", "LAN");
	rename_scope(&scopes[1], "B", "GUESTS");
	p = plan_of(scopes, 2);
	ask_all(p, q, ARRAY_SIZE(q));
	ck_assert_int_eq(p->scopes[0].rules[1].reason, PLAN_OWN_IKE);
	ck_assert_int_ne(p->scopes[1].rules[1].reason, PLAN_OWN_IKE); /* nothing of B covers A's server */
	plan_free(p);
}
END_TEST

/* Two VPNs filter one interface: what the first does not name is asked of the second. */
START_TEST(two_filters)
{
	static const char *const one[] = { "filter", "output one service 10.1.0.0/16 any any" };
	static const char *const two[] = { "filter", "output two service 10.2.0.0/16 any any" };
	static const struct question q[] = {
		{ "out lan0 wan0", "10.1.1.1 9.9.9.9 icmp", EXPLAIN_DROP,
		  "dropped: fail-close of filter term one of VPN V, and no other rule names it" },
		{ "out lan0 wan0", "10.2.1.1 9.9.9.9 icmp", EXPLAIN_DROP,
		  "dropped: fail-close of filter term two of VPN V, and no other rule names it" },
		{ "out lan0 wan0", "10.3.1.1 9.9.9.9 icmp", EXPLAIN_OTHER,
		  "not governed: no term of the output filter of VPN V names it, so the host's own rules decide" },
	};
	static struct engine_world a, b;
	struct plan *p;

	lines(&a, one, ARRAY_SIZE(one));
	lines(&b, two, ARRAY_SIZE(two));
	p = plan_of((struct engine_scope[]){ a.scope, b.scope }, 2);
	ask_all(p, q, ARRAY_SIZE(q));
	plan_free(p);
}
END_TEST

START_TEST(nothing_configured)
{
	static const struct question q = {
		"out lan0 wan0", "10.1.1.1 9.9.9.9 icmp", EXPLAIN_OTHER,
		"not governed: nothing that is configured uses a group VPN, so the host's own "
		"rules decide"
	};
	struct plan *p = plan_of(NULL, 0);
	struct explain_answer a = ask(p, &q);

	ck_assert_ptr_null(a.scope);
	ck_assert_str_eq(explain_verdict_name(EXPLAIN_CLEAR), "clear");
	ck_assert_str_eq(explain_verdict_name(EXPLAIN_ESP), "esp");
	ck_assert_str_eq(explain_verdict_name(EXPLAIN_DROP), "drop");
	ck_assert_str_eq(explain_verdict_name(EXPLAIN_OTHER), "not governed");
	plan_free(p);
}
END_TEST

/* The longest names and the most SPIs still make a sentence that ends within its room. */
START_TEST(long_names)
{
	static const struct explain_question q = { .inside = "lan0", .outside = "wan0", .in = true };
	static const char name[] = "a234567890123456789012345678901234567890123456789012345678901234567890";
	static struct tek teks[WORLD_MOST];
	static struct engine_world w;
	struct explain_answer a;
	struct plan *p;

	lines(&w, (const char *const[]){ "zones", "policy all any any any", "downloaded", "key all" }, 4);
	rename_scope(&w.scope, name, name);
	for (uint32_t i = 0; i < WORLD_MOST; i++) {
		teks[i].spi = 0x1000 + i;
		w.keys[i] = (struct engine_key){ .tek = &teks[i], .reqid = WORLD_REQID, .in = true };
	}
	w.scope.n_keys = WORLD_MOST;
	p = plan_of(&w.scope, 1);
	plan_explain(p, &q, &a);
	ck_assert_int_eq(a.verdict, EXPLAIN_ESP);
	ck_assert_uint_eq(a.n_spis, EXPLAIN_SPIS_MAX);
	ck_assert_uint_eq(a.spis[EXPLAIN_SPIS_MAX - 1], 0x1000 + WORLD_MOST - 1); /* the newest ones */
	ck_assert_uint_lt(strnlen(a.text, sizeof(a.text)), sizeof(a.text));
	plan_free(p);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("engine_explain");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(t, between_zones);
	tcase_add_test(t, under_a_filter);
	tcase_add_test(t, sense_of_the_packet);
	tcase_add_test(t, spis);
	tcase_add_test(t, stamps);
	tcase_add_test(t, receiver_only);
	tcase_add_test(t, two_groups_one_interface);
	tcase_add_test(t, two_filters);
	tcase_add_test(t, nothing_configured);
	tcase_add_test(t, long_names);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
