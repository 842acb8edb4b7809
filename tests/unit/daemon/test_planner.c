/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a configuration to the plan: which scopes there are and what they decide, for the guide's MX members and for
 * zones; and the bounds of what a plan can hold.
 */
#include "member/daemon/planner.h"
#include "policy/engine.h"

#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "member/daemon/transport.h"
#include "member/group/private.h"
#include "tests/unit/support/config_cases.h"

#define NOW 1000000
#define LAN_3 0xac106705u /* 172.16.103.5, behind GM-0003 */
#define LAN_1 0xac106505u /* 172.16.101.5, behind another member */
#define SERVER 0x0a0a6401u
#define OTHER 0x08080808u

static struct config *parsed(const char *text)
{
	struct config *c;
	struct config_error err;

	ck_assert_msg(config_parse(&c, "f.conf", text, strlen(text), &err) == 0, "%s", err.text);
	return c;
}

static struct config *loaded(const char *path)
{
	char *text = config_file(path);
	struct config *c = parsed(text);

	free(text);
	return c;
}

static void assert_refused(const char *text, const char *says)
{
	struct config *c;
	struct config_error err = { .text = "" };

	ck_assert_int_eq(config_parse(&c, "f.conf", text, strlen(text), &err), -EINVAL);
	ck_assert_msg(strstr(err.text, says) != NULL, "%s", err.text);
}

/* The group of VPN INDEX, which holds one key for 172.16.0.0/12 both ways. */
static struct group *keyed_for(const struct config *c, size_t index, enum cipher cipher, const struct group_env *env)
{
	struct keyring_outcome outcome;
	struct download *d = calloc(1, sizeof(*d));
	struct group *g;

	ck_assert_int_eq(group_new(&g, c, index, index, env), 0);
	d->n_teks = 1;
	d->teks[0] = (struct tek){
		.spi = 0x1000 + (uint32_t)index,
		.sel = { .src = { 0xac100000, 12 },
			 .dst = { 0xac100000, 12 },
			 .sport = { 0, UINT16_MAX },
			 .dport = { 0, UINT16_MAX } },
		.cipher = cipher,
		.auth = cipher_is_counter_mode(cipher) ? AUTH_NONE : AUTH_HMAC_SHA256_128,
		.life_seconds = 3600,
		.tunnel = true,
	};
	ck_assert_int_eq(
		secret_set(&d->teks[0].key, "0123456789abcdef0123456789abcdefsalt", cipher_esp_key_len(cipher)), 0);
	ck_assert_int_eq(
		secret_set(&d->teks[0].auth_key, "fedcba9876543210fedcba9876543210", auth_key_len(d->teks[0].auth)), 0);
	keyring_pull(g->keys, d, NOW, &outcome);
	ck_assert_uint_eq(outcome.new_keys, 1);
	free(d);
	return g;
}

static struct group *keyed(const struct config *c, size_t index)
{
	static const struct group_env none;

	return keyed_for(c, index, CIPHER_AES_CBC_256, &none);
}

static struct plan *planned(const struct config *c, struct group *const *groups, bool stopped)
{
	struct plan *p = NULL;

	ck_assert_int_eq(planner_plan(&p, c, groups, stopped ? PLANNER_STOPPED : PLANNER_KEYS, NOW + 1000), 0);
	return p;
}

struct decision {
	struct packet_key packet;
	bool in;
	enum plan_verdict verdict[3]; /* before the first key, with a key, stopped with it */
	enum plan_reason reason[3];
	const char *name[3]; /* "" for rules that are not configured */
};

#define SAME(x)                                                                                                        \
	{                                                                                                              \
		x, x, x                                                                                                \
	}
#define UDP(s, d, sp, dp)                                                                                              \
	{                                                                                                              \
		s, d, IPPROTO_UDP, sp, dp                                                                              \
	}
#define SKIPPED SAME(PLAN_CLEAR), SAME(PLAN_EXCLUDE)
#define FREE SAME(PLAN_CLEAR), SAME(PLAN_NOT_GOVERNED), SAME("")
#define GROUP                                                                                                          \
	{ PLAN_BLOCK, PLAN_ENCRYPT, PLAN_BLOCK }, { PLAN_FAIL_CLOSE, PLAN_GROUP_POLICY, PLAN_GROUP_POLICY },           \
	{                                                                                                              \
		"GROUP_ID-0001", "", ""                                                                                \
	}

static const struct decision gm_0003[] = {
	{ UDP(0x0a126701, SERVER, 848, 848), false, SAME(PLAN_CLEAR), SAME(PLAN_OWN_IKE), SAME("") },
	{ UDP(SERVER, 0x0a126701, 848, 848), true, SAME(PLAN_CLEAR), SAME(PLAN_OWN_IKE), SAME("") },
	{ UDP(0x0a126701, SERVER, 514, 514), false, SKIPPED, SAME("outbound-ks") },
	{ UDP(LAN_3, SERVER, 1, 2), false, SKIPPED, SAME("outbound-ks") },
	{ UDP(SERVER, SERVER, 1, 2), true, SKIPPED, SAME("inbound-ks") }, /* the guide's erratum */
	{ UDP(SERVER, LAN_3, 1, 2), true, FREE },
	{ UDP(LAN_3, SERVER, 1, 2), true, SKIPPED, SAME("outbound-ks") }, /* the filter sees it as it comes */
	{ UDP(LAN_3, LAN_1, 1, 2), false, GROUP },
	{ UDP(LAN_1, LAN_3, 1, 2), true, GROUP },
	{ UDP(LAN_3, OTHER, 1, 2), false, FREE },
	{ UDP(OTHER, LAN_3, 1, 2), true, FREE },
	{ { 0x0a126701, 0x0a126501, 89, 0, 0 }, false, FREE },
};

static const struct decision gm_0004[] = {
	/* Its filter names other servers than the one it registers with: the member's own traffic is clear all the
	   same. */
	{ UDP(0x0a126801, SERVER, 848, 848), false, SAME(PLAN_CLEAR), SAME(PLAN_OWN_IKE), SAME("") },
	{ UDP(SERVER, 0x0a126801, 848, 848), true, SAME(PLAN_CLEAR), SAME(PLAN_OWN_IKE), SAME("") },
	{ UDP(LAN_3, SERVER, 1, 2), false, FREE },
	{ UDP(LAN_3, 0x0a116501, 1, 2), false, SKIPPED, SAME("outbound-ks") },
	{ UDP(LAN_3, 0x0a116801, 1, 2), false, SKIPPED, SAME("outbound-ks") },
	{ UDP(LAN_3, LAN_1, 1, 2), false, GROUP },
	{ UDP(LAN_1, LAN_3, 1, 2), true, GROUP },
	{ UDP(LAN_3, OTHER, 1, 2), false, FREE },
};

static void check_decisions(const struct plan *p, size_t state, const struct decision *d, size_t n)
{
	ck_assert_uint_eq(p->n_scopes, 1);
	ck_assert(p->scopes[0].filter);
	ck_assert_str_eq(p->scopes[0].external, "wan0");
	ck_assert_uint_eq(p->scopes[0].tunnel_mtu, 1400);
	ck_assert_str_eq(p->scopes[0].from_zone, "");
	ck_assert_uint_eq(p->scopes[0].n_from + p->scopes[0].n_to, 0);
	ck_assert_uint_eq(p->n_sas, state == 1);
	for (size_t i = 0; i < n; i++) {
		const struct plan_rule *r = plan_decide(&p->scopes[0], &d[i].packet, d[i].in);

		ck_assert_msg(r && r->verdict == d[i].verdict[state] && r->reason == d[i].reason[state] &&
				      strcmp(r->name, d[i].name[state]) == 0,
			      "packet %zu in state %zu: verdict %d reason %d '%s'", i, state, r ? (int)r->verdict : -1,
			      r ? (int)r->reason : -1, r ? r->name : "none");
	}
}

static void check_member(const char *path, const struct decision *d, size_t n)
{
	struct config *c = loaded(path);
	struct group *groups[1] = { NULL };
	struct plan *p;

	p = planned(c, groups, false);
	check_decisions(p, 0, d, n);
	plan_free(p);
	groups[0] = keyed(c, 0);
	for (size_t stopped = 0; stopped < 2; stopped++) {
		p = planned(c, groups, stopped != 0);
		check_decisions(p, 1 + stopped, d, n);
		plan_free(p);
	}
	group_free(groups[0]);
	config_free(c);
}

START_TEST(guide_decides_this)
{
	check_member("tests/configs/gm-0003.conf", gm_0003, ARRAY_SIZE(gm_0003));
	check_member("tests/configs/gm-0003-set.conf", gm_0003, ARRAY_SIZE(gm_0003));
	check_member("tests/configs/gm-0004.conf", gm_0004, ARRAY_SIZE(gm_0004));
}
END_TEST

#define IKE                                                                                                            \
	"security { group-vpn { member { ike { proposal P { authentication-method pre-shared-keys; "                   \
	"authentication-algorithm sha-256; dh-group group14; encryption-algorithm aes-256-cbc; } policy P { "          \
	"proposals P; pre-shared-key ascii-text x; } gateway G { ike-policy P; server-address 10.10.100.1; "           \
	"local-address 10.18.101.1; } } ipsec { vpn V { ike-gateway G; group 1; %s } } } } }\n"
#define FILTER                                                                                                         \
	"set firewall family inet service-filter F term T from source-address 172.16.0.0/12\n"                         \
	"set firewall family inet service-filter F term T from protocol tcp\n"                                         \
	"set firewall family inet service-filter F term T from destination-port 80\n"                                  \
	"set firewall family inet service-filter F term T then service\n"
#define SET "set services service-set S ipsec-group-vpn V\n"
#define ON(way, unit) "set interfaces wan0 unit " unit " family inet service " way " service-set S"

static struct config *mx(const char *vpn, const char *rest)
{
	char *text;
	struct config *c;

	ck_assert_int_gt(asprintf(&text, IKE "%s", vpn, rest), 0);
	c = parsed(text);
	free(text);
	return c;
}

static void mx_refused(const char *vpn, const char *rest, const char *says)
{
	char *text;

	ck_assert_int_gt(asprintf(&text, IKE "%s", vpn, rest), 0);
	assert_refused(text, says);
	free(text);
}

/* 'T': the term as it is written, 'R': in reverse, 'A': everything */
static char form(const struct config_term *t, size_t n)
{
	const struct ip_prefix *src = &t->sel.src, *dst = &t->sel.dst;

	ck_assert_uint_eq(n, 1);
	ck_assert(t->service);
	if (t->sel.protocol == 0 && src->len == 0 && dst->len == 0)
		return 'A';
	ck_assert_uint_eq(t->sel.protocol, IPPROTO_TCP);
	if (src->len == 12 && dst->len == 0 && t->sel.dport.min == 80 && port_any(t->sel.sport))
		return 'T';
	ck_assert(src->len == 0 && dst->len == 12 && t->sel.sport.max == 80 && port_any(t->sel.dport));
	return 'R';
}

static const struct {
	const char *interfaces, *external;
	char output, input;
} carried[] = {
	{ ON("output", "0") " service-filter F\n", "wan0", 'T', 'R' },
	{ ON("input", "0") " service-filter F\n", "wan0", 'R', 'T' },
	{ ON("output", "5") " service-filter F\n" ON("input", "5") " service-filter F\n", "wan0.5", 'T', 'T' },
	{ ON("output", "5") " service-filter F\n" ON("input", "5") "\n", "wan0.5", 'T', 'A' },
	{ "interfaces { wan0 unit 0 family inet service { input service-set S service-filter F; output { service-set S "
	  "{ service-filter F; } } } }\n",
	  "wan0", 'T', 'T' },
	{ ON("output", "00") "\n" ON("input", "00") " service-filter F\n", "wan0", 'A', 'T' },
};

START_TEST(one_way_stands_for_both)
{
	char rest[1024];
	struct config *c;

	snprintf(rest, sizeof(rest), "%s%s%s", carried[_i].interfaces, SET, FILTER);
	c = mx("", rest);
	ck_assert_uint_eq(c->n_services, 1);
	ck_assert_uint_eq(c->n_warnings, 0);
	ck_assert_int_eq(form(c->services[0].output, c->services[0].n_output), carried[_i].output);
	ck_assert_int_eq(form(c->services[0].input, c->services[0].n_input), carried[_i].input);
	ck_assert_str_eq(c->vpns[0].external, carried[_i].external);
	ck_assert(c->vpns[0].used);
	config_free(c);
}
END_TEST

START_TEST(limits_of_mx)
{
	static const char rest[] = ON("output", "0") "\n" SET;
	struct config *c = mx("", rest);

	/* Without any filter everything is serviced. */
	ck_assert_int_eq(form(c->services[0].output, c->services[0].n_output), 'A');
	ck_assert_int_eq(form(c->services[0].input, c->services[0].n_input), 'A');
	ck_assert_uint_eq(c->vpns[0].max_policies, 1);
	ck_assert_uint_eq(c->vpns[0].max_keys, 4);
	config_free(c);
	c = mx("max-policies 7; group-vpn-external-interface wan0;", rest);
	ck_assert_uint_eq(c->vpns[0].max_policies, 7);
	config_free(c);
}
END_TEST

START_TEST(terms_up_to_their_bound)
{
	static const char head[] = ON("output", "0") " service-filter F\n" SET;
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	struct config *c;

	fputs(head, f);
	for (unsigned i = 0; i < CONFIG_TERMS_MAX; i++)
		fprintf(f, "set firewall family inet service-filter F term T%u then %s\n", i,
			i % 2 ? "skip" : "service");
	fflush(f);
	c = mx("", text);
	ck_assert_uint_eq(c->services[0].n_output, CONFIG_TERMS_MAX);
	ck_assert_uint_eq(c->services[0].n_input, CONFIG_TERMS_MAX);
	ck_assert(c->services[0].output[30].service && !c->services[0].output[31].service);
	config_free(c);
	fprintf(f, "set firewall family inet service-filter F term LAST then skip\n");
	fclose(f);
	mx_refused("", text, "33th 'term'; expected at most 32");
	free(text);
}
END_TEST

START_TEST(zones_and_services_are_apart)
{
	static const char zones[] =
		ON("output", "0") "\n" SET "set security group-vpn member ipsec vpn W ike-gateway G\n"
				  "set security group-vpn member ipsec vpn W group 2\n"
				  "set security group-vpn member ipsec vpn W group-vpn-external-interface wan1\n"
				  "set security zones security-zone LAN interfaces lan0\n"
				  "set security zones security-zone WAN interfaces wan1\n"
				  "set security ipsec-policy from-zone LAN to-zone WAN ipsec-group-vpn W\n";
	char text[2048];
	struct group *groups[2] = { NULL, NULL };
	struct config *c = mx("", zones);
	struct plan *p = planned(c, groups, false);

	ck_assert_uint_eq(p->n_scopes, 2);
	ck_assert(!p->scopes[0].filter && p->scopes[1].filter);
	ck_assert_str_eq(p->scopes[0].vpn, "W");
	ck_assert_str_eq(p->scopes[1].vpn, "V");
	ck_assert_uint_ne(p->scopes[0].reqids, p->scopes[1].reqids);
	plan_free(p);
	config_free(c);
	snprintf(text, sizeof(text), "%sset security zones security-zone LAN interfaces wan0\n", zones);
	mx_refused("", text, "interface wan0 is in security-zone LAN of an ipsec-policy too");
}
END_TEST

/* N from-zones with one interface each; M to-zones: the pairs are all of vpn V. */
static char *many_zones(unsigned n, unsigned m)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	for (unsigned i = 0; i < n; i++)
		fprintf(f, "set security zones security-zone F%u interfaces f%u\n", i, i);
	fprintf(f, "set security zones security-zone WAN interfaces wan0\n");
	for (unsigned i = 0; i < n; i++) {
		fprintf(f, "set security ipsec-policy from-zone F%u to-zone WAN ipsec-group-vpn V\n", i);
		for (unsigned k = 1; k < m; k++)
			fprintf(f, "set security ipsec-policy from-zone F%u to-zone T%u ipsec-group-vpn V\n", i, k);
	}
	fclose(f);
	return text;
}

START_TEST(seven_from_zones_and_no_more)
{
	static const char external[] = "group-vpn-external-interface wan0;";
	char *seven = many_zones(7, 1), *eight = many_zones(8, 1), *pairs = many_zones(7, 11);
	struct config *c = mx(external, seven);
	struct group *groups[1] = { keyed(c, 0) };
	struct plan *p = planned(c, groups, false);

	/* The SAs belong to the VPN, and stand in the plan once. */
	ck_assert_uint_eq(p->n_scopes, 7);
	ck_assert_uint_eq(p->n_sas, 1);
	ck_assert_uint_eq(p->scopes[6].reqids, p->scopes[0].reqids);
	plan_free(p);
	group_free(groups[0]);
	config_free(c);
	mx_refused(external, eight, "from-zone F7: the 8th from-zone");
	mx_refused(external, eight, "no more than 7 apart; expected");
	mx_refused(external, pairs, "more than 64 pairs of zones; expected at most 64");
	free(seven);
	free(eight);
	free(pairs);
}
END_TEST

static void add_vpn(FILE *f, const char *vpn, unsigned group, const char *rules, unsigned n)
{
	fprintf(f, "set security group-vpn member ipsec vpn %s ike-gateway G\n", vpn);
	fprintf(f, "set security group-vpn member ipsec vpn %s group %u\n", vpn, group);
	for (unsigned i = 0; i < n; i++)
		fprintf(f, "set security group-vpn member ipsec vpn %s %s rule r%u application bgp\n", vpn, rules, i);
}

/* N service-sets: each has a server, 10 exclude rules (bgp stands for two), 64 skip terms, and the group. */
static char *many_services(unsigned n)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	for (unsigned i = 0; i < 32; i++)
		fprintf(f, "set firewall family inet service-filter F term T%u then skip\n", i);
	for (unsigned i = 0; i < n; i++) {
		char vpn[16];

		snprintf(vpn, sizeof(vpn), "W%u", i);
		add_vpn(f, vpn, 2 + i, "exclude", 10);
		fprintf(f, "set services service-set S%u ipsec-group-vpn %s\n", i, vpn);
		for (unsigned in = 0; in < 2; in++)
			fprintf(f,
				"set interfaces x%u unit 0 family inet service %s service-set S%u service-filter F\n",
				i, in ? "input" : "output", i);
	}
	fclose(f);
	return text;
}

START_TEST(as_many_rules_as_the_kernel_has_room_for)
{
	char *fits = many_services(23), *exceeds = many_services(24);
	struct config *c = mx("", fits);

	ck_assert_uint_eq(c->n_services, 23);
	config_free(c);
	mx_refused("", exceeds, "come to 2064 rules, and the kernel's policies to 2048"); /* 24 * (1 + 20 + 64 + 1) */
	free(fits);
	free(exceeds);
}
END_TEST

/* N from-zones to one other, of a VPN with 10 fail-open rules. */
static char *many_open(unsigned n)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	add_vpn(f, "W", 2, "fail-open", 10);
	fprintf(f, "set security group-vpn member ipsec vpn W group-vpn-external-interface wan1\n");
	fprintf(f, "set security zones security-zone W interfaces wan1\n");
	for (unsigned i = 0; i < n; i++) {
		fprintf(f, "set security zones security-zone F%u interfaces f%u\n", i, i);
		fprintf(f, "set security ipsec-policy from-zone F%u to-zone W ipsec-group-vpn W\n", i);
	}
	fclose(f);
	return text;
}

/* More than the kernel may be asked for, if the server sends all that it may: said before it happens. */
START_TEST(what_the_server_may_make_of_it)
{
	char *fits = many_open(4), *may_exceed = many_open(5);
	struct config *c = mx("", fits);
	bool said = false;

	for (size_t i = 0; i < c->n_warnings; i++)
		ck_assert_ptr_null(strstr(c->warnings[i].text, "fail-open"));
	config_free(c);
	c = mx("", may_exceed);
	for (size_t i = 0; i < c->n_warnings; i++)
		said |= strstr(c->warnings[i].text,
			       "fail-open: with max-policies 10 this can come to 2200 rules, all VPNs "
			       "to 2210, and the kernel's policies to 2048") != NULL;
	ck_assert(said);
	config_free(c);
	free(fits);
	free(may_exceed);
}
END_TEST

/* N gateways with an address each, and M VPNs. */
static char *many_gateways(unsigned n, unsigned m)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	for (unsigned i = 0; i < n; i++) {
		fprintf(f, "set security group-vpn member ike gateway H%u ike-policy P\n", i);
		fprintf(f, "set security group-vpn member ike gateway H%u server-address 10.0.0.1\n", i);
		fprintf(f, "set security group-vpn member ike gateway H%u local-address 10.1.0.%u\n", i, i + 1);
	}
	for (unsigned i = 0; i < m; i++)
		add_vpn(f, (char[]){ 'A', (char)('a' + i / 26), (char)('a' + i % 26), '\0' }, 2 + i, "exclude", 0);
	fclose(f);
	return text;
}

/* One gateway and one VPN are there already. */
START_TEST(as_many_gateways_and_vpns_as_sockets)
{
	char *fits = many_gateways(CONFIG_GATEWAYS_MAX - 1, CONFIG_VPNS_MAX - 1);
	char *gateways = many_gateways(CONFIG_GATEWAYS_MAX, 0), *vpns = many_gateways(0, CONFIG_VPNS_MAX);
	struct config *c = mx("", fits);

	ck_assert_uint_eq(c->n_gateways, CONFIG_GATEWAYS_MAX);
	ck_assert_uint_eq(c->n_vpns, CONFIG_VPNS_MAX);
	ck_assert_uint_le(c->n_gateways + c->n_vpns * GROUP_PORTS_MAX, TRANSPORT_SOCKETS_MAX);
	config_free(c);
	mx_refused("", gateways, "64");
	mx_refused("", vpns, "64");
	free(fits);
	free(gateways);
	free(vpns);
}
END_TEST

START_TEST(groups_share_an_external_interface)
{
	struct config *c = mx("group-vpn-external-interface wan0;",
			      "set security group-vpn member ipsec vpn W ike-gateway G\n"
			      "set security group-vpn member ipsec vpn W group 2\n"
			      "set security group-vpn member ipsec vpn W group-vpn-external-interface wan0\n"
			      "set security zones security-zone LAN interfaces [ lan0 lan1 ]\n"
			      "set security zones security-zone LAB interfaces lab0\n"
			      "set security zones security-zone WAN interfaces [ wan0 wan1 ]\n"
			      "set security ipsec-policy from-zone LAN to-zone WAN ipsec-group-vpn V\n"
			      "set security ipsec-policy from-zone LAB to-zone WAN ipsec-group-vpn W\n");
	struct group *groups[2] = { keyed(c, 0), keyed(c, 1) };
	struct plan *p = planned(c, groups, false);

	ck_assert_uint_eq(p->n_scopes, 2);
	ck_assert_uint_eq(p->n_sas, 2);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_str_eq(p->scopes[i].external, "wan0");
		ck_assert_uint_eq(p->scopes[i].n_to, 2);
		ck_assert_uint_eq(p->scopes[i].n_from, 2 - i);
		ck_assert_uint_eq(p->sas[i].scope, i);
		ck_assert_uint_eq(p->sas[i].reqid, p->scopes[i].reqids);
		group_free(groups[i]);
	}
	plan_free(p);
	config_free(c);
}
END_TEST

/* One SA with ten policies: one SA in the plan, ten rules with its reqid, and what it may carry. */
START_TEST(one_sa_many_policies)
{
	struct keyring_outcome outcome;
	struct download *d = calloc(1, sizeof(*d));
	struct config *c = loaded("tests/configs/gm-0001.conf");
	struct group *g = keyed(c, 0);
	size_t n = 0;
	struct plan *p;

	for (; d->n_teks < 10; d->n_teks++) {
		d->teks[d->n_teks] = (struct tek){ .spi = 0x7777,
						   .sel = { .src = { 0xac100000, 12 },
							    .dst = { 0xac100000, 12 },
							    .protocol = (uint8_t)(d->n_teks + 40),
							    .sport = { 0, UINT16_MAX },
							    .dport = { 0, UINT16_MAX } },
						   .cipher = CIPHER_AES_CBC_256,
						   .auth = AUTH_HMAC_SHA256_128,
						   .life_seconds = 3600,
						   .tunnel = true };
		d->teks[d->n_teks].key.len = d->teks[d->n_teks].auth_key.len = 32;
	}
	keyring_pull(g->keys, d, NOW, &outcome);
	ck_assert_uint_eq(outcome.new_keys, 1);
	p = planned(c, &g, false);
	ck_assert_uint_eq(p->n_sas, 1);
	ck_assert(p->sas[0].in && p->sas[0].out);
	ck_assert_uint_eq(p->n_fits, 10);
	for (size_t i = 0; i < p->scopes[0].n_rules; i++) {
		const struct plan_rule *r = &p->scopes[0].rules[i];

		if (r->reason != PLAN_GROUP_POLICY)
			continue;
		ck_assert_int_eq(r->verdict, PLAN_ENCRYPT);
		ck_assert_uint_eq(r->reqid, p->sas[0].reqid);
		ck_assert_uint_eq(r->tunnel_id, p->fits[n].tunnel_id);
		ck_assert_uint_eq(r->sel.protocol, p->fits[n].sel.protocol);
		ck_assert_uint_eq(p->fits[n++].reqid, p->sas[0].reqid);
	}
	ck_assert_uint_eq(n, 10);
	plan_free(p);
	group_free(g);
	config_free(c);
	free(d);
}
END_TEST

/* A counter mode: it receives; it is searched for, when there is an id; it sends when it was found. */
START_TEST(a_counter_mode)
{
	struct config *c = loaded("tests/configs/gm-0003.conf");
	struct sender_store *store;
	struct group_env env = { .counter_modes = UINT32_MAX };
	struct download *d = calloc(1, sizeof(*d));
	const struct packet_key packet = { LAN_3, LAN_1, 17, 1, 2 };
	struct group *g;
	struct plan *p;

	ck_assert_int_eq(sender_store_new(&store, &(struct sender_store_env){ 0 }), 0);
	env.senders = store;
	g = keyed_for(c, 0, CIPHER_AES_GCM_256, &env);
	for (int step = 0; step < 3; step++) {
		if (step == 1) {
			d->sender_id_bits = 8;
			d->n_sender_ids = 1;
			d->sender_ids[0] = 0x5a;
			group_take_sender_ids(g, d);
			group_change(g);
		} else if (step == 2) {
			ck_assert_int_eq(group_sender_found(g, NOW, 1, 0x1000, 0x5a000001, 9), SENDER_YES);
		}
		p = planned(c, &g, false);
		ck_assert_uint_eq(p->n_sas, 1);
		ck_assert(p->sas[0].in);
		ck_assert_int_eq(p->sas[0].out, step == 2);
		ck_assert_int_eq(plan_sa_searched(&p->sas[0]), step == 1);
		ck_assert_uint_eq(p->sas[0].sender.bits, step == 0 ? 0 : 8);
		ck_assert_uint_eq(p->sas[0].sender.id, step == 0 ? 0 : 0x5a);
		ck_assert_uint_eq(p->sas[0].sender.prefix, step == 2 ? 0x5a000001 : 0);
		ck_assert_int_eq(plan_decide(&p->scopes[0], &packet, false)->verdict,
				 step == 2 ? PLAN_ENCRYPT : PLAN_BLOCK);
		plan_free(p);
	}
	p = planned(c, &g, true); /* stopped */
	ck_assert_uint_eq(p->n_sas, 0);
	plan_free(p);
	group_free(g);
	sender_store_free(store);
	free(d);
	config_free(c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("planner");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(t, guide_decides_this);
	tcase_add_loop_test(t, one_way_stands_for_both, 0, (int)ARRAY_SIZE(carried));
	tcase_add_test(t, limits_of_mx);
	tcase_add_test(t, one_sa_many_policies);
	tcase_add_test(t, terms_up_to_their_bound);
	tcase_add_test(t, zones_and_services_are_apart);
	tcase_add_test(t, seven_from_zones_and_no_more);
	tcase_add_test(t, as_many_rules_as_the_kernel_has_room_for);
	tcase_add_test(t, what_the_server_may_make_of_it);
	tcase_add_test(t, groups_share_an_external_interface);
	tcase_add_test(t, as_many_gateways_and_vpns_as_sockets);
	tcase_add_test(t, a_counter_mode);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
