/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The member's configuration: what the guide's examples mean, in either form, and the error of each thing that is
 * wrong. */
#include "member/config/config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support/config_cases.h"

#define CONFIGS "tests/configs/"
#define OTHER_GID 65533

static int load(const char *name, const char *text, size_t len, char err[static 512])
{
	struct config *c = NULL;
	struct config_error e = { .text = "" };
	int r = config_parse(&c, name, text, len, &e);

	ck_assert(r >= 0 || c == NULL);
	config_free(c);
	memcpy(err, e.text, 512);
	return r;
}

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

static void write_selector(FILE *f, const struct config_rule *r)
{
	fprintf(f, "  rule %s %08x/%u>%08x/%u p%u %u-%u>%u-%u '%s'\n", r->name, r->sel.src.addr, r->sel.src.len,
		r->sel.dst.addr, r->sel.dst.len, r->sel.protocol, r->sel.sport.min, r->sel.sport.max, r->sel.dport.min,
		r->sel.dport.max, r->application);
}

static void write_terms(FILE *f, const struct config_term *t, size_t n)
{
	for (; n > 0; n--, t++)
		fprintf(f, "  %s %s %08x/%u>%08x/%u p%u %u-%u>%u-%u\n", t->service ? "service" : "skip", t->name,
			t->sel.src.addr, t->sel.src.len, t->sel.dst.addr, t->sel.dst.len, t->sel.protocol,
			t->sel.sport.min, t->sel.sport.max, t->sel.dport.min, t->sel.dport.max);
}

static void write_octets(FILE *f, const char *what, unsigned type, const uint8_t *data, size_t len)
{
	fprintf(f, "  %s %u:", what, type);
	for (size_t i = 0; i < len; i++)
		fprintf(f, "%02x", data[i]);
	fputc('\n', f);
}

static void write_gateway(FILE *f, const struct config_gateway *g)
{
	fprintf(f, "gateway %s mode %d local %08x doi %u ", g->name, (int)g->mode, g->local_address, g->doi);
	if (g->has_situation)
		fprintf(f, "situation %u ", g->situation);
	fprintf(f, "form %d servers", (int)g->group_form);
	for (size_t i = 0; i < g->n_servers; i++)
		fprintf(f, " %08x", g->servers[i]);
	fputc('\n', f);
	for (size_t i = 0; i < g->n_proposals; i++)
		fprintf(f, "  proposal %d %d %d %u\n", (int)g->proposals[i].hash, (int)g->proposals[i].group,
			(int)g->proposals[i].cipher, g->proposals[i].lifetime_seconds);
	write_octets(f, "psk", 0, g->psk.data, g->psk.len);
	write_octets(f, "local-identity", g->local_identity.type, g->local_identity.data, g->local_identity.len);
	write_octets(f, "remote-identity", g->remote_identity.type, g->remote_identity.data, g->remote_identity.len);
}

/* Everything that a configuration says, as text: two that mean the same give the same. */
static char *described(const struct config *c)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	for (size_t i = 0; i < c->n_zones; i++) {
		fprintf(f, "zone %s", c->zones[i].name);
		for (size_t k = 0; k < c->zones[i].n_interfaces; k++)
			fprintf(f, " %s", c->zones[i].interfaces[k]);
		fputc('\n', f);
	}
	for (size_t i = 0; i < c->n_gateways; i++)
		write_gateway(f, &c->gateways[i]);
	for (size_t i = 0; i < c->n_vpns; i++) {
		const struct config_vpn *v = &c->vpns[i];

		fprintf(f,
			"vpn %s gateway %zu group %u external %s used %d probe %d %u/%u df %d mtu %u direction %d keys "
			"%u policies %u\n",
			v->name, v->gateway, v->group, v->external, v->used, v->recovery_probe, v->probe_packets,
			v->probe_seconds, (int)v->df, v->tunnel_mtu, (int)v->match_direction, v->max_keys,
			v->max_policies);
		for (size_t k = 0; k < v->n_exclude; k++)
			write_selector(f, &v->exclude[k]);
		fprintf(f, " fail-open\n");
		for (size_t k = 0; k < v->n_fail_open; k++)
			write_selector(f, &v->fail_open[k]);
	}
	for (size_t i = 0; i < c->n_ipsec_policies; i++)
		fprintf(f, "pair %zu %zu vpn %zu\n", c->ipsec_policies[i].from, c->ipsec_policies[i].to,
			c->ipsec_policies[i].vpn);
	for (size_t i = 0; i < c->n_services; i++) {
		const struct config_service *s = &c->services[i];

		fprintf(f, "service %s vpn %zu\n output '%s'\n", s->name, s->vpn, s->output_filter);
		write_terms(f, s->output, s->n_output);
		fprintf(f, " input '%s'\n", s->input_filter);
		write_terms(f, s->input, s->n_input);
	}
	fprintf(f, "on-stop %d\n", (int)c->on_stop);
	fclose(f);
	return text;
}

static void assert_same(const char *a, const char *b)
{
	struct config *ca = parsed(a), *cb = parsed(b);
	char *da = described(ca), *db = described(cb);

	ck_assert_str_eq(da, db);
	free(da);
	free(db);
	config_free(ca);
	config_free(cb);
}

START_TEST(guide_means_this)
{
	static const char *const want[] = {
		"zone LAN lan0\nzone WAN wan0\n"
		"gateway KeySrv mode 2 local 0a126501 doi 0 form 0 servers 0a0a6401\n"
		"  proposal 4 14 3 28800\n  psk 0:24414243313233\n  local-identity 0:\n  remote-identity 0:\n"
		"vpn GROUP_ID-0001 gateway 0 group 1 external wan0 used 1 probe 1 100/30 df 0 mtu 0 direction 0 keys 4 "
		"policies 10\n"
		" fail-open\npair 0 1 vpn 0\non-stop 0\n",
		"zone LAN lan0\nzone WAN wan0\n"
		"gateway KeySrv mode 2 local 0a126601 doi 0 form 0 servers 0a0a6401\n"
		"  proposal 4 14 3 28800\n  psk 0:24414243313233\n  local-identity 0:\n  remote-identity 0:\n"
		"vpn GROUP_ID-0001 gateway 0 group 1 external wan0 used 1 probe 1 100/30 df 0 mtu 0 direction 0 keys 4 "
		"policies 10\n"
		" fail-open\npair 0 1 vpn 0\non-stop 0\n",
		"gateway KeySrv mode 2 local 0a126701 doi 0 form 0 servers 0a0a6401\n"
		"  proposal 4 14 3 28800\n  psk 0:24414243313233\n  local-identity 0:\n  remote-identity 0:\n"
		"vpn GROUP_ID-0001 gateway 0 group 1 external wan0 used 1 probe 0 100/30 df 0 mtu 1400 direction 2 "
		"keys 4 "
		"policies 1\n"
		" fail-open\nservice GROUP_ID-0001 vpn 0\n output 'GroupVPN-KS'\n"
		"  skip inbound-ks 0a0a6401/32>0a0a6401/32 p0 0-65535>0-65535\n"
		"  skip outbound-ks 00000000/0>0a0a6401/32 p0 0-65535>0-65535\n"
		"  service GROUP_ID-0001 ac100000/12>ac100000/12 p0 0-65535>0-65535\n"
		" input 'GroupVPN-KS'\n"
		"  skip inbound-ks 0a0a6401/32>0a0a6401/32 p0 0-65535>0-65535\n"
		"  skip outbound-ks 00000000/0>0a0a6401/32 p0 0-65535>0-65535\n"
		"  service GROUP_ID-0001 ac100000/12>ac100000/12 p0 0-65535>0-65535\n"
		"on-stop 0\n",
		"gateway KeySrv mode 2 local 0a126801 doi 0 form 0 servers 0a0a6401\n"
		"  proposal 4 14 3 28800\n  psk 0:24414243313233\n  local-identity 0:\n  remote-identity 0:\n"
		"vpn GROUP_ID-0001 gateway 0 group 1 external wan0 used 1 probe 0 100/30 df 0 mtu 1400 direction 2 "
		"keys 4 "
		"policies 1\n"
		" fail-open\nservice GROUP_ID-0001 vpn 0\n output 'GroupVPN-KS'\n"
		"  skip inbound-ks 0a0a6501/32>0a0a6501/32 p0 0-65535>0-65535\n"
		"  skip outbound-ks 00000000/0>0a116501/32 p0 0-65535>0-65535\n"
		"  skip outbound-ks 00000000/0>0a116601/32 p0 0-65535>0-65535\n"
		"  skip outbound-ks 00000000/0>0a116701/32 p0 0-65535>0-65535\n"
		"  skip outbound-ks 00000000/0>0a116801/32 p0 0-65535>0-65535\n"
		"  service GROUP_ID-0001 ac100000/12>ac100000/12 p0 0-65535>0-65535\n"
		" input 'GroupVPN-KS'\n"
		"  skip inbound-ks 0a0a6501/32>0a0a6501/32 p0 0-65535>0-65535\n"
		"  skip outbound-ks 00000000/0>0a116501/32 p0 0-65535>0-65535\n"
		"  skip outbound-ks 00000000/0>0a116601/32 p0 0-65535>0-65535\n"
		"  skip outbound-ks 00000000/0>0a116701/32 p0 0-65535>0-65535\n"
		"  skip outbound-ks 00000000/0>0a116801/32 p0 0-65535>0-65535\n"
		"  service GROUP_ID-0001 ac100000/12>ac100000/12 p0 0-65535>0-65535\n"
		"on-stop 0\n",
	};
	static const char *const files[][2] = {
		{ CONFIGS "gm-0001.conf", CONFIGS "gm-0001-set.conf" },
		{ CONFIGS "gm-0002.conf", CONFIGS "gm-0002-set.conf" },
		{ CONFIGS "gm-0003.conf", CONFIGS "gm-0003-set.conf" },
		{ CONFIGS "gm-0004.conf", CONFIGS "gm-0004-set.conf" },
	};

	for (size_t k = 0; k < 2; k++) {
		struct config *c = loaded(files[_i][k]);
		char *have = described(c);

		ck_assert_str_eq(have, want[_i]);
		free(have);
		config_free(c);
	}
}
END_TEST

static const char every_statement[] =
	"zone LAN lan0 lan1\nzone WAN wan0 wan1\nzone LAB lab0\n"
	"gateway FOUR mode 4 local 0a126501 doi 1 situation 0 form 1 servers 0a0a6401 0a0a6402 0a0a6403 0a0a6404\n"
	"  proposal 5 20 2 86400\n  proposal 2 24 1 28800\n"
	"  psk 0:71756f74656420226b65792220776974682"
	"05c20696e206974\n"
	"  local-identity 3:676d31406578616d706c652e6e6574\n  remote-identity 2:6b732e6578616d706c652e6e6574\n"
	"gateway ONE mode 2 local 0a12c901 doi 2 form 2 servers 0a0ac801\n"
	"  proposal 2 24 1 28800\n  psk 0:00ff10aa\n  local-identity 11:0102ff\n  remote-identity 1:0a0ac809\n"
	"gateway MX mode 2 local 0a12ca01 doi 0 form 0 servers 0a0ac802\n"
	"  proposal 2 24 1 28800\n  psk 0:00ff10aa\n  local-identity 0:\n  remote-identity 0:\n"
	"vpn A gateway 0 group 4294967295 external wan0 used 1 probe 1 50/20 df 2 mtu 1400 direction 2 keys 8 policies "
	"64\n"
	"  rule routing 00000000/0>00000000/0 p6 0-65535>179-179 'bgp'\n"
	"  rule routing 00000000/0>00000000/0 p6 179-179>0-65535 'bgp'\n"
	"  rule ospf 00000000/0>00000000/0 p89 0-65535>0-65535 ''\n"
	"  rule management ac106505/32>0a000000/8 p6 1024-65535>22-22 ''\n"
	" fail-open\n"
	"  rule phones 00000000/0>ac140000/16 p17 0-65535>0-65535 ''\n"
	"vpn B gateway 1 group 2 external wan1 used 1 probe 0 100/30 df 1 mtu 0 direction 0 keys 4 policies 10\n"
	" fail-open\n"
	"vpn C gateway 2 group 3 external mx0.7 used 1 probe 0 100/30 df 0 mtu 0 direction 0 keys 4 policies 1\n"
	" fail-open\n"
	"pair 0 1 vpn 0\npair 2 1 vpn 1\n"
	"service OVER vpn 2\n output 'WHAT'\n"
	"  skip not-these ac1e0000/16>c0a80000/16 p6 1025-65535>53-53\n"
	"  skip not-these ac1e0000/16>c0a80000/16 p6 1025-65535>67-68\n"
	"  skip not-these ac1e0000/16>c0a80000/16 p17 1025-65535>53-53\n"
	"  skip not-these ac1e0000/16>c0a80000/16 p17 1025-65535>67-68\n"
	"  skip not-these ac1f0000/16>c0a80000/16 p6 1025-65535>53-53\n"
	"  skip not-these ac1f0000/16>c0a80000/16 p6 1025-65535>67-68\n"
	"  skip not-these ac1f0000/16>c0a80000/16 p17 1025-65535>53-53\n"
	"  skip not-these ac1f0000/16>c0a80000/16 p17 1025-65535>67-68\n"
	"  service these 00000000/0>ac100000/12 p0 0-65535>0-65535\n"
	"  service these 00000000/0>c0a80000/16 p0 0-65535>0-65535\n"
	" input ''\n"
	"  service any 00000000/0>00000000/0 p0 0-65535>0-65535\n"
	"on-stop 1\n";

START_TEST(every_statement_means_this)
{
	struct config *c = loaded(CONFIGS "every-statement.conf");
	char *have = described(c);

	ck_assert_str_eq(have, every_statement);
	free(have);
	config_free(c);
	config_free(NULL);
}
END_TEST

START_TEST(set_lines_mean_the_same)
{
	static const char *const files[] = { CONFIGS "every-statement.conf", CONFIGS "gm-0001.conf",
					     CONFIGS "gm-0002.conf", CONFIGS "gm-0003.conf", CONFIGS "gm-0004.conf" };
	char *braces = config_file(files[_i]), *lines = config_as_set_lines(braces);
	char *mixed;

	assert_same(braces, lines);
	/* Either half in either form, in one file: blocks of one name are one block. */
	ck_assert_int_gt(asprintf(&mixed,
				  "%s\nset security group-vpn member ike proposal LAST lifetime-seconds 200\n"
				  "security { group-vpn { member { ike { proposal LAST { authentication-method "
				  "pre-shared-keys; authentication-algorithm sha-256; dh-group group14; "
				  "encryption-algorithm aes-128-cbc; } } } } }\n",
				  lines),
			 0);
	assert_same(braces, mixed);
	free(mixed);
	free(lines);
	free(braces);
}
END_TEST

/* The text that is kept for another boot (D6): every statement but the keys. */
START_TEST(unkeyed_means_the_same)
{
	static const char *const files[] = { "every-statement.conf", "gm-0001.conf", "gm-0001-set.conf",
					     "gm-0002.conf",         "gm-0003.conf", "gm-0004-set.conf",
					     "gm-0004.conf" };
	char path[64], *have, *want;
	struct config *c, *again;

	snprintf(path, sizeof(path), CONFIGS "%s", files[_i]);
	c = loaded(path);
	ck_assert_ptr_null(strstr(c->unkeyed, "ABC123"));
	ck_assert_ptr_null(strstr(c->unkeyed, "quoted"));
	ck_assert_ptr_null(strstr(c->unkeyed, "00ff10Aa"));
	again = parsed(c->unkeyed);
	ck_assert_str_eq(again->unkeyed, c->unkeyed);
	ck_assert_uint_eq(again->n_gateways, c->n_gateways);
	for (size_t i = 0; i < c->n_gateways; i++) {
		ck_assert(!secret_equal(&again->gateways[i].psk, &c->gateways[i].psk));
		again->gateways[i].psk = c->gateways[i].psk;
	}
	have = described(again);
	want = described(c);
	ck_assert_str_eq(have, want);
	free(have);
	free(want);
	config_free(c);
	config_free(again);
}
END_TEST

/* TEXT, which is freed, with FIND replaced. */
static char *replace_in(char *text, const char *find, const char *replace)
{
	char *at = strstr(text, find), *ret;

	ck_assert_msg(at != NULL, "%s", find);
	ck_assert_int_gt(asprintf(&ret, "%.*s%s%s", (int)(at - text), text, replace, at + strlen(find)), 0);
	free(text);
	return ret;
}

/* every-statement.conf with FIND replaced. */
static char *with(const char *find, const char *replace)
{
	return replace_in(config_file(CONFIGS "every-statement.conf"), find, replace);
}

/* What is kept reads back whatever the words are, and has no key, none that is inactive either. */
static const char *const to_keep[] = {
	"pre-shared-key ascii-text GEHEIM;",
	"pre-shared-key { ascii-text \"GEHEIM \\\"}\\\\\"; }",
	"pre-shared-key hexadecimal 6E65BABE;",
	"inactive: pre-shared-key ascii-text GEHEIM; pre-shared-key ascii-text x;",
	"pre-shared-key { inactive: ascii-text GEHEIM; hexadecimal 6E65BABE; }",
	"pre-shared-key { } pre-shared-key ascii-text GEHEIM; pre-shared-key { }",
	"/* pre-shared-key ascii-text GEHEIM; */ pre-shared-key ascii-text GEHEIM; # GEHEIM",
	"} policy pre-shared-key { description ascii-text; proposals FIRST; pre-shared-key ascii-text GEHEIM; } "
	"policy OCTETS { pre-shared-key ascii-text GEHEIM;",
};

static const char *const descriptions[] = {
	"pre-shared-key",
	"\"pre-shared-key ascii-text\"",
	"ascii-text",
	"\"set {}[]; # /* inactive: \\t\\n\\\\ \\\" */\"",
};

START_TEST(unkeyed_has_no_key)
{
	char *text, *full = NULL, *have, *want;
	struct config *c = NULL, *again = NULL;

	text = with("pre-shared-key hexadecimal 00ff10Aa;", to_keep[_i]);
	/* What such words say in other places is no matter. */
	text = replace_in(text, "\"a key of octets\"", descriptions[(size_t)_i % ARRAY_SIZE(descriptions)]);
	ck_assert_int_gt(asprintf(&full,
				  "%s\nset snmp community GEHEIM\ninactive: security { x { y GEHEIM; } }\n"
				  "system { root-authentication { encrypted-password GEHEIM; } }\n",
				  text),
			 0);
	c = parsed(full);
	ck_assert_msg(!strstr(c->unkeyed, "GEHEIM") && !strcasestr(c->unkeyed, "6e65babe"), "%s", c->unkeyed);
	again = parsed(c->unkeyed);
	ck_assert_str_eq(again->unkeyed, c->unkeyed);
	for (size_t i = 0; i < c->n_gateways; i++)
		again->gateways[i].psk = c->gateways[i].psk;
	have = described(again);
	want = described(c);
	ck_assert_str_eq(have, want);
	free(have);
	free(want);
	config_free(c);
	config_free(again);
	free(text);
	free(full);
}
END_TEST

/* Wherever a key is written by mistake: no message has it, and what is governed is known all the same. */
static const char *const mistaken[] = {
	"pre-shared-key GEHEIM;",
	"pre-shared-key { GEHEIM; }",
	"pre-shared-key { ascii-text a; GEHEIM; }",
	"pre-shared-key [ GEHEIM GEHEIM ];",
	"pre-shared-key credential GEHEIM;",
	"pre-shared-key credential \"GEHEIM with space\";",
	"pre-shared-key credential a/GEHEIM;",
	"pre-shared-key credential .GEHEIM;",
	"pre-shared-key credential a GEHEIM;",
	"pre-shared-key credential [ a GEHEIM ];",
	"pre-shared-key credential a { GEHEIM; }",
	"pre-shared-key file GEHEIM;",
	"pre-shared-key file /GEHEIM;",
	"pre-shared-key file /etc/passwd GEHEIM;",
	"pre-shared-key ascii-text a GEHEIM;",
	"pre-shared-key ascii-text { GEHEIM; }",
	"pre-shared-key ascii-text a{GEHEIM;}",
	"pre-shared-key ascii-text [ GEHEIM GEHEIM ];",
	"pre-shared-key ascii-text $9$GEHEIM;",
	"pre-shared-key ascii-text a; pre-shared-key ascii-text GEHEIM;",
	"pre-shared-key ascii-text a; pre-shared-key hexadecimal GEHEIM;",
	"pre-shared-key hexadecimal GEHEIM;",
};
/* These are mistakes of the policy too: nothing says where the key ends. */
static const char *const mistaken_around[] = {
	"pre-shared-key ascii-text a;GEHEIM;",
	"pre-shared-key ascii-text a;GEHEIM{}",
	"pre-shared-key ascii-text a}GEHEIM;",
	"pre-shared-kay ascii-text GEHEIM;",
	"psk GEHEIM;",
	"ascii-text GEHEIM;",
	"hexadecimal { GEHEIM; }",
	"GEHEIM;",
	"secret \"GEHEIM GEHEIM\";",
	"pre-shared-key ascii-text \"GEHEIM;",
};

static void check_mistake(const char *statement, bool around)
{
	char path[] = "/tmp/gvpn-test-XXXXXX", *text = with("pre-shared-key hexadecimal 00ff10Aa;", statement);
	struct config *c = NULL;
	struct config_error err;
	FILE *f = fdopen(mkstemp(path), "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_int_lt(config_load(&c, path, &err), 0);
	ck_assert_msg(!strstr(err.text, "GEHEIM"), "%s", err.text);
	if (around) {
		ck_assert_int_lt(config_load_unkeyed(&c, path, &err), 0);
		ck_assert_msg(!strstr(err.text, "GEHEIM"), "%s", err.text);
	} else {
		ck_assert_msg(config_load_unkeyed(&c, path, &err) == 0, "%s: %s", statement, err.text);
		ck_assert_uint_gt(c->n_vpns, 0);
		ck_assert_ptr_null(strstr(c->unkeyed, "GEHEIM"));
		config_free(c);
	}
	unlink(path);
	free(text);
}

START_TEST(no_message_repeats_a_key)
{
	unsetenv("CREDENTIALS_DIRECTORY");
	for (size_t i = 0; i < ARRAY_SIZE(mistaken); i++)
		check_mistake(mistaken[i], false);
	setenv("CREDENTIALS_DIRECTORY", "/nowhere", 1);
	for (size_t i = 0; i < ARRAY_SIZE(mistaken); i++)
		check_mistake(mistaken[i], false);
	unsetenv("CREDENTIALS_DIRECTORY");
	for (size_t i = 0; i < ARRAY_SIZE(mistaken_around); i++)
		check_mistake(mistaken_around[i], true);
}
END_TEST

static const struct config_case cases[] = {
#include "tests/unit/config/test_config_cases.inc"
};

START_TEST(errors)
{
	char *good = config_file(CONFIGS "every-statement.conf");

	config_case_check(&cases[_i], good, load);
	free(good);
}
END_TEST

START_TEST(every_leaf_spoilt)
{
	static const char *const multiple[] = { "server-address",        "proposals",
						"from/source-address",   "from/destination-address",
						"from/protocol",         "from/source-port",
						"from/destination-port", NULL };
	char *good = config_file(CONFIGS "every-statement.conf");

	/* 78 statements stand in the file: three ways each, and two for those three that are flags. */
	ck_assert_uint_eq(config_spoil_leaves(good, multiple, load), 231);
	free(good);
}
END_TEST

static const struct {
	const char *find, *replace, *says; /* says NULL: no warning but those of the file itself */
} warnings[] = {
	{ "LAN to-zone WAN { ipsec-group-vpn A; }", "LAN to-zone WAN { ipsec-group-vpn B; }",
	  "no ipsec-policy names this vpn" },
	{ "interfaces { lan0;", "interfaces { inactive: lan0;", NULL },
	{ "interfaces lab0;", "", "has no interfaces" },
	{ "interfaces lab0;", "interfaces lab0; screen x;", "security zones security-zone LAB screen: ignored" },
	{ "version 15.1X49;", "version 15; system { host-name x; services { ssh; } }", "f.conf:3:13: system: ignored" },
	{ "version 15.1X49;", "routing-options { static { route 0/0 next-hop 1.1.1.1; } }",
	  "routing-options: ignored" },
	{ "version 15.1X49;", "set security policies default-policy deny-all", "security policies: ignored" },
	{ "version 15.1X49;", "set security address-book global address a 1.1.1.1", "security address-book: ignored" },
	{ "version 15.1X49;", "interfaces { ge-0/0/0 { unit 0 { family inet { address 10.0.0.1/8; } } } }",
	  "f.conf:3:1: interfaces: ignored in part" },
	{ "version 15.1X49;", "interfaces { ge-0/0/0 { unit 0 { family inet6; } mtu 9000; } }",
	  "f.conf:3:1: interfaces: ignored in part" },
	{ "version 15.1X49;", "set firewall filter protect-re term 1 then accept", "f.conf:3:5: firewall: ignored in" },
	{ "version 15.1X49;", "set firewall family inet filter f term 1 then accept", "firewall: ignored in part" },
	{ "version 15.1X49;", "set services rpm probe x", "f.conf:3:5: services: ignored in part" },
	{ "version 15.1X49;", "set services service-set NAT nat-rules r", "services: ignored in part" },
	{ "skip;", "count c; skip;", "term not-these then count: ignored" },
	{ "interfaces {\n\tmx0 {",
	  "services service-set NAT nat-rules r;\n"
	  "interfaces lan0 unit 0 family inet service input service-set NAT;\ninterfaces {\n\tmx0 {",
	  "service-set NAT: ignored: service-set NAT names no ipsec-group-vpn" },
};

START_TEST(warns)
{
	char *text = with(warnings[_i].find, warnings[_i].replace);
	struct config *c = parsed(text);
	bool said = false;

	for (size_t i = 0; i < c->n_warnings; i++)
		said = said || (warnings[_i].says && strstr(c->warnings[i].text, warnings[_i].says));
	ck_assert_msg(said == (warnings[_i].says != NULL), "%s: %zu warnings", warnings[_i].replace, c->n_warnings);
	config_free(c);
	free(text);
}
END_TEST

/* The gateway of vpn A sends the group as an address, and so it may be written. */
START_TEST(group_as_an_address)
{
	char *text = with("group 4294967295;", "group 10.0.0.1;");
	struct config *c = parsed(text);

	ck_assert_uint_eq(c->vpns[0].group, 0x0a000001);
	config_free(c);
	free(text);
}
END_TEST

/* What is weak is said once each, and what is not is not. */
START_TEST(warns_of_weak_choices)
{
	static const char *const weak[] = { "SHA-1 is weak", "group24 is weak", "in aggressive mode anybody" };
	static const char *const strong[][2] = { { "authentication-algorithm sha1;",
						   "authentication-algorithm sha-256;" },
						 { "dh-group group24;", "dh-group group14;" },
						 { "mode aggressive;", "mode main;" } };

	for (size_t i = 0; i < ARRAY_SIZE(weak); i++)
		for (int mended = 0; mended < 2; mended++) {
			char *text = with(strong[i][0], strong[i][mended]);
			struct config *c = parsed(text);
			unsigned said = 0;

			for (size_t j = 0; j < c->n_warnings; j++)
				said += strstr(c->warnings[j].text, weak[i]) != NULL;
			ck_assert_uint_eq(said, mended ? 0 : 1);
			config_free(c);
			free(text);
		}
}
END_TEST

START_TEST(warns_once_for_each_statement)
{
	struct config *c = loaded(CONFIGS "gm-0001-set.conf");

	/* interfaces, routing-options, address-book, policies, and host-inbound-traffic of two zones: 36 lines */
	ck_assert_uint_eq(c->n_warnings, 6);
	config_free(c);
}
END_TEST

/* A member with its key in pre-shared-key KEY. */
static int load_key(struct config **ret, struct config_error *err, const char *key)
{
	char *text, *key_text;
	int r;

	ck_assert_int_gt(asprintf(&key_text, "pre-shared-key %s;", key), 0);
	text = with("pre-shared-key hexadecimal 00ff10Aa;", key_text);
	r = config_parse(ret, "f.conf", text, strlen(text), err);
	free(text);
	free(key_text);
	return r;
}

static void check_key(const char *key, const char *want, size_t len)
{
	struct config *c;
	struct config_error err;

	ck_assert_msg(load_key(&c, &err, key) == 0, "%s: %s", key, err.text);
	ck_assert_uint_eq(c->gateways[1].psk.len, len);
	ck_assert_mem_eq(c->gateways[1].psk.data, want, len);
	config_free(c);
}

START_TEST(keys_in_the_file)
{
	char longest[SECRET_MAX + 1], text[SECRET_MAX + 32];

	memset(longest, 'k', SECRET_MAX);
	longest[SECRET_MAX] = '\0';
	check_key("ascii-text x", "x", 1);
	check_key("ascii-text \"$ABC123\"", "$ABC123", 7);
	check_key("ascii-text $ABC123", "$ABC123", 7);
	check_key("ascii-text \"with space\"", "with space", 10);
	check_key("hexadecimal 00", "\0", 1);
	check_key("hexadecimal ABcd09", "\xab\xcd\x09", 3);
	snprintf(text, sizeof(text), "ascii-text %s", longest);
	check_key(text, longest, SECRET_MAX);
}
END_TEST

static void write_file(const char *path, const char *text, size_t len, mode_t mode)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, len, f), len);
	fclose(f);
	ck_assert_int_eq(chmod(path, mode), 0);
}

START_TEST(keys_in_files)
{
	char dir[] = "/tmp/gvpn-test-XXXXXX", path[64], key[96], large[SECRET_MAX + 1];
	struct config *c;
	struct config_error err;
	size_t before;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/key", dir);
	snprintf(key, sizeof(key), "file %s", path);
	write_file(path, "from a file\n", 12, 0600);
	check_key(key, "from a file", 11);
	ck_assert_int_eq(load_key(&c, &err, key), 0);
	before = c->n_warnings;
	config_free(c);
	write_file(path, "from a file\r\n", 13, 0640);
	check_key(key, "from a file", 11);
	write_file(path, "two\n\n", 5, 0600); /* one newline is the editor's, the second is the key's */
	check_key(key, "two\n", 4);
	write_file(path, "open", 4, 0644);
	ck_assert_int_eq(load_key(&c, &err, key), 0);
	ck_assert_uint_eq(c->n_warnings, before + 1);
	ck_assert_ptr_nonnull(strstr(c->warnings[c->n_warnings - 1].text, "open to everybody (mode 0644)"));
	config_free(c);
	/* The socket has the process's group. */
	write_file(path, "of the group", 12, 0640);
	ck_assert_msg(chown(path, 0, OTHER_GID) == 0, "run the test as root");
	ck_assert_int_eq(load_key(&c, &err, key), 0);
	ck_assert_uint_eq(c->n_warnings, before);
	config_free(c);
	ck_assert_int_eq(setegid(OTHER_GID), 0);
	ck_assert_int_eq(load_key(&c, &err, key), 0);
	ck_assert_uint_eq(c->n_warnings, before + 1);
	ck_assert_ptr_nonnull(strstr(c->warnings[c->n_warnings - 1].text, "readable by the group 65533 (mode 0640)"));
	config_free(c);
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert_int_eq(load_key(&c, &err, key), 0);
	ck_assert_uint_eq(c->n_warnings, before);
	config_free(c);
	ck_assert_int_eq(setegid(0), 0);
	write_file(path, "\n", 1, 0600);
	ck_assert_int_eq(load_key(&c, &err, key), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "the key is empty"));
	memset(large, 'k', sizeof(large));
	write_file(path, large, sizeof(large), 0600);
	ck_assert_int_eq(load_key(&c, &err, key), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "the key has 257 octets; expected 1 to 256"));
	ck_assert_ptr_null(strstr(err.text, "kkk"));
	unlink(path);
	ck_assert_int_eq(load_key(&c, &err, key), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "No such file or directory"));
	ck_assert_ptr_nonnull(strstr(err.text, "f.conf:39:26: "));
	snprintf(key, sizeof(key), "file %s", dir);
	ck_assert_int_eq(load_key(&c, &err, key), -EISDIR);
	rmdir(dir);
}
END_TEST

START_TEST(keys_in_credentials)
{
	char dir[] = "/tmp/gvpn-test-XXXXXX", path[64];
	struct config *c;
	struct config_error err;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/psk", dir);
	write_file(path, "a credential\n", 13, 0400);
	unsetenv("CREDENTIALS_DIRECTORY");
	ck_assert_int_eq(load_key(&c, &err, "credential psk"), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "LoadCredential=NAME:PATH"));
	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	check_key("credential psk", "a credential", 12);
	ck_assert_int_eq(load_key(&c, &err, "credential other"), -ENOENT);
	ck_assert_int_eq(load_key(&c, &err, "credential ../psk"), -EINVAL);
	unsetenv("CREDENTIALS_DIRECTORY");
	unlink(path);
	rmdir(dir);
}
END_TEST

START_TEST(loads_files)
{
	char path[] = "/tmp/gvpn-test-XXXXXX", *text = config_file(CONFIGS "gm-0001.conf");
	struct config *c = NULL;
	struct config_error err;
	size_t n;

	close(mkstemp(path));
	write_file(path, text, strlen(text), 0600);
	ck_assert_int_eq(config_load(&c, path, &err), 0);
	n = c->n_warnings;
	config_free(c);
	write_file(path, text, strlen(text), 0644);
	ck_assert_int_eq(config_load(&c, path, &err), 0);
	ck_assert_uint_eq(c->n_warnings, n + 1);
	ck_assert_ptr_nonnull(strstr(c->warnings[n].text, "open to everybody (mode 0644)"));
	config_free(c);
	c = NULL;
	write_file(path, "security {", 10, 0600);
	ck_assert_int_eq(config_load(&c, path, &err), -EINVAL);
	ck_assert(strncmp(err.text, path, strlen(path)) == 0 && strstr(err.text, ":1:10: "));
	unlink(path);
	ck_assert_int_eq(config_load(&c, path, &err), -ENOENT);
	ck_assert_int_eq(config_load(&c, "/tmp", &err), -EISDIR);
	ck_assert_ptr_null(c);
	free(text);
}
END_TEST

START_TEST(says_no_secret)
{
	static const char *const spoilt[] = {
		"ascii-text hunter2 hunter2",
		"hunter2",
		"ascii-text hunter2; hexadecimal 00",
		"hexadecimal hunter2",
		"ascii-text \"$9$hunter2\"",
		"ascii-text [ hunter2 ]",
		"ascii-text { hunter2; }",
		"\"hunter2\"",
		"hexadecimal \"hunter2",
	};
	struct config *c;
	struct config_error err;

	for (size_t i = 0; i < ARRAY_SIZE(spoilt); i++) {
		ck_assert_int_eq(load_key(&c, &err, spoilt[i]), -EINVAL);
		ck_assert_msg(!strstr(err.text, "hunter2"), "%s", err.text);
	}
}
END_TEST

START_TEST(names_up_to_their_bound)
{
	char name[GVPN_NAME_MAX + 1], find[] = "ike-gateway ONE;", text[256], err[512];
	char *a, *b;

	memset(name, 'n', GVPN_NAME_MAX);
	for (size_t len = GVPN_NAME_MAX - 1; len <= GVPN_NAME_MAX; len++) {
		name[len] = '\0';
		snprintf(text, sizeof(text), "ike-gateway %s;", name);
		a = with(find, text);
		snprintf(text, sizeof(text), "gateway %s {", name);
		ck_assert_int_gt(asprintf(&b, "%.*s%s%s", (int)(strstr(a, "gateway ONE {") - a), a, text,
					  strstr(a, "gateway ONE {") + 13),
				 0);
		ck_assert_int_eq(load("f.conf", b, strlen(b), err), len < GVPN_NAME_MAX ? 0 : -EINVAL);
		ck_assert(len < GVPN_NAME_MAX || strstr(err, "f.conf:54:13: security group-vpn member ike: "));
		ck_assert(len < GVPN_NAME_MAX || strstr(err, "64 characters; expected 1 to 63"));
		free(a);
		free(b);
		name[len] = 'n';
	}
}
END_TEST

static char *many_rules(const char *block, unsigned n)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	fprintf(f, "df-bit set; %s {", block);
	for (unsigned i = 1; i <= n; i++)
		fprintf(f, " rule r%u { application bgp; }", i);
	fprintf(f, " }");
	fclose(f);
	return text;
}

START_TEST(ten_rules_and_no_more)
{
	static const char *const blocks[] = { "exclude", "fail-open" };

	for (size_t i = 0; i < 2; i++) {
		char *ten = many_rules(blocks[i], 10), *eleven = many_rules(blocks[i], 11), *text, err[512];
		struct config *c;

		text = with("df-bit set;", ten);
		c = parsed(text);
		ck_assert_uint_eq(i ? c->vpns[1].n_fail_open : c->vpns[1].n_exclude, 20);
		config_free(c);
		free(text);
		text = with("df-bit set;", eleven);
		ck_assert_int_eq(load("f.conf", text, strlen(text), err), -EINVAL);
		ck_assert_msg(strstr(err, "11th 'rule'; expected at most 10") != NULL, "%s", err);
		ck_assert_msg(strstr(err, blocks[i]) != NULL, "%s", err);
		free(text);
		free(ten);
		free(eleven);
	}
}
END_TEST

START_TEST(accepts_every_choice)
{
	static const struct {
		const char *find, *replace;
	} good[] = {
		{ "algorithm sha-384;", "algorithm sha-512;" },
		{ "algorithm sha-384;", "algorithm sha-256;" },
		{ "group group20;", "dh-group group14;" },
		{ "group group20;", "group group19;" },
		{ "group group20;", "group group21;" },
		{ "seconds 86400;", "seconds 180;" },
		{ "192-cbc", "256-cbc" },
		{ "on-stop keep;", "on-stop remove;" },
		{ "on-stop keep;", "on-stop fail-close;" },
		{ "on-stop keep;", "" },
		{ "situation 0;", "situation 4294967295;" },
		{ "group 4294967295;", "group 1;" },
		{ "tunnel-mtu 1400;", "tunnel-mtu 256;" },
		{ "tunnel-mtu 1400;", "tunnel-mtu 9192;" },
		{ "max-keys 8;", "max-keys 1;" },
		{ "application bgp;", "application junos-ospf;" },
		{ "application bgp;", "application any;" },
		{ "protocol ospf;", "protocol 0; source-address any;" },
		{ "form inet;", "form key-id;" },
		{ "key-id 0x0102ff;", "key-id member-1;" },
		{ "port 22;", "port 0;" },
		{ "port 22;", "port 22-22;" },
		{ "port 22;", "port 0-65535;" },
		{ "address 10.0.0.0/8;", "address 0.0.0.0/0;" },
		{ "protocol 17;", "protocol 255;" },
		{ "mode aggressive;", "mode main;" },
		{ "mode aggressive;", "" },
		{ "recovery-probe { outbound-threshold-packets 50; outbound-threshold-seconds 20; }", "" },
		{ "recovery-probe { outbound-threshold-packets 50; outbound-threshold-seconds 20; }",
		  "recovery-probe;" },
		{ "recovery-probe { outbound-threshold-packets 50; outbound-threshold-seconds 20; }",
		  "recovery-probe outbound-threshold-seconds 3600;" },
		{ "protocol ospf;", "application ospf;" },
		{ "protocol ospf;", "protocol 89;" },
		{ "external-interface wan1;", "external-interface wan0;" },
		{ "df-bit copy;", "df-bit clear;" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		char *text = with(good[i].find, good[i].replace), err[512];

		ck_assert_msg(load("f.conf", text, strlen(text), err) == 0, "%s: %s", good[i].replace, err);
		free(text);
	}
}
END_TEST

START_TEST(mutations_are_survived)
{
	static const char *const files[] = { "every-statement.conf", "gm-0001.conf", "gm-0001-set.conf",
					     "gm-0002-set.conf",     "gm-0003.conf", "gm-0004-set.conf" };
	char path[64], *good;

	snprintf(path, sizeof(path), CONFIGS "%s", files[_i]);
	good = config_file(path);
	config_mutate(good, 100 + (unsigned)_i, 2500, load);
	free(good);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config");
	TCase *t = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(t, guide_means_this, 0, 4);
	tcase_add_test(t, every_statement_means_this);
	tcase_add_loop_test(t, set_lines_mean_the_same, 0, 5);
	tcase_add_loop_test(t, unkeyed_means_the_same, 0, 7);
	tcase_add_loop_test(t, unkeyed_has_no_key, 0, (int)ARRAY_SIZE(to_keep));
	tcase_add_test(t, no_message_repeats_a_key);
	tcase_add_loop_test(t, errors, 0, (int)ARRAY_SIZE(cases));
	tcase_add_test(t, every_leaf_spoilt);
	tcase_add_loop_test(t, warns, 0, (int)ARRAY_SIZE(warnings));
	tcase_add_test(t, group_as_an_address);
	tcase_add_test(t, warns_of_weak_choices);
	tcase_add_test(t, warns_once_for_each_statement);
	tcase_add_test(t, keys_in_the_file);
	tcase_add_test(t, keys_in_files);
	tcase_add_test(t, keys_in_credentials);
	tcase_add_test(t, loads_files);
	tcase_add_test(t, says_no_secret);
	tcase_add_test(t, names_up_to_their_bound);
	tcase_add_test(t, ten_rules_and_no_more);
	tcase_add_test(t, accepts_every_choice);
	tcase_add_loop_test(t, mutations_are_survived, 0, 6);
	tcase_set_timeout(t, 60);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
