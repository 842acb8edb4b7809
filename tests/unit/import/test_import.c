/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The import of Junos configurations, the guide's members first.  Run from the root of the tree. */
#include "member/import/import.h"

#include "lib/printable.h"
#include "member/config/config.h"
#include "member/ctl/ctl.h"
#include "tests/unit/support/import_run.h"

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#define GUIDE "tests/configs/guide/"

static const struct {
	const char *file;
	const char *maps[2];
	const char *note; /* what is odd in the guide's own text, NULL: nothing */
	uint32_t local;
	bool service;
} members[] = {
	{ "gm-0001.txt", { "ge-0/0/0=lan0", "ge-0/0/1.0=wan0" }, NULL, 0x0a126501, false },
	{ "gm-0002.txt",
	  { "ge-0/0/0=lan0", "ge-0/0/1.0=wan0" },
	  "no interface in this file has its local-address 10.18.102.1",
	  0x0a126601,
	  false },
	{ "gm-0003.txt",
	  { "xe-0/0/1=wan0", "xe-0/0/2=lan0" },
	  "speaks of packets from 10.10.100.1 to itself",
	  0x0a126701,
	  true },
	{ "gm-0004.txt",
	  { "xe-0/0/1=wan0", "xe-0/0/2=lan0" },
	  "no term of service-filter GroupVPN-KS skips the key server 10.10.100.1",
	  0x0a126801,
	  true },
};

START_TEST(the_guides_members)
{
	char path[64];
	struct config *c = NULL;
	struct config_error err = { .text = "" };

	snprintf(path, sizeof(path), GUIDE "%s", members[_i].file);
	char *text = import_read_file(path);
	ck_assert_int_eq(import(path, text, strlen(text), members[_i].maps, 2), 0);
	free(text);
	TOLD("complete: ");
	TOLD("addresses and interfaces are the host's network configuration's");
	TOLD("routes are the host's network configuration's");
	if (members[_i].note)
		TOLD(members[_i].note);
	else
		NOT_TOLD("note:");
	NOT_TOLD("$ABC123");
	ck_assert_msg(config_parse(&c, "result", import_printed, strlen(import_printed), &err) == 0, "%s", err.text);
	ck_assert_uint_eq(c->n_vpns, 1);
	ck_assert_str_eq(c->vpns[0].name, "GROUP_ID-0001");
	ck_assert_str_eq(c->vpns[0].external, "wan0");
	ck_assert_uint_eq(c->gateways[0].local_address, members[_i].local);
	ck_assert_uint_eq(c->gateways[0].servers[0], 0x0a0a6401);
	ck_assert_uint_eq(c->gateways[0].psk.len, strlen("$ABC123"));
	if (members[_i].service) {
		ck_assert_uint_eq(c->n_services, 1);
		ck_assert_str_eq(c->services[0].output[c->services[0].n_output - 1].name, "GROUP_ID-0001");
		ck_assert(c->services[0].output[c->services[0].n_output - 1].service);
		ck_assert(!c->services[0].output[0].service);
		ck_assert_uint_eq(c->vpns[0].tunnel_mtu, 1400);
	} else {
		ck_assert_uint_eq(c->n_ipsec_policies, 1);
		ck_assert_uint_eq(c->n_zones, 2);
		ck_assert(c->vpns[0].recovery_probe);
		TOLD("security policies default-policy deny-all");
		TOLD("security zones security-zone WAN host-inbound-traffic system-services ping");
	}
	config_free(c);
}
END_TEST

START_TEST(braces_of_a_device)
{
	struct config *c = NULL;
	struct config_error err = { .text = "" };

	ck_assert_int_eq(
		import_text("## Last commit: 2026-01-01 00:00:00 UTC by root\nversion 15.1X49;\n"
			    "system { root-authentication { encrypted-password \"$6$geheim\"; } host-name r1;\n"
			    " services { ssh; } }\n" MEMBER "snmp { community geheim2 { authorization read-only; } }\n"
			    "interfaces { ge-0/0/1 { unit 0 { family inet { address 10.1.0.1/24; } } } }\n"),
		0);
	/* what was a list is a line of each, and the key keeps what had to be quoted */
	PRINTED("server-address 10.0.0.1\n");
	PRINTED("server-address 10.0.0.2\n");
	PRINTED("\"a \\\"b\\\\c #d\"");
	TOLD("write 'pre-shared-key credential gvpn-psk'");
	PRINTED("set security zones security-zone L interfaces lan0\n");
	TOLD("security zones security-zone L interfaces ge-0/0/0.0 host-inbound-traffic system-services all");
	TOLD("  system host-name\n");
	TOLD("  snmp community\n");
	NOT_TOLD("geheim");
	NOT_TOLD("note:");
	ck_assert_msg(config_parse(&c, "result", import_printed, strlen(import_printed), &err) == 0, "%s", err.text);
	ck_assert_uint_eq(c->gateways[0].psk.len, strlen("a \"b\\c #d"));
	config_free(c);
}
END_TEST

START_TEST(interfaces_that_are_not_mapped)
{
	ck_assert_int_eq(import("text", MEMBER, strlen(MEMBER), NULL, 0), 1);
	TOLD("incomplete: say which interfaces of this host these are, with --map ge-0/0/1.0=NAME: ge-0/0/1.0, "
	     "ge-0/0/0.0; --map ge-0/0/1.0=ge-0/0/1.0 keeps a name that is this host's already\n");
	NOT_TOLD("\ncomplete: ");
}
END_TEST

/* Names that could be Linux ones, and are not this host's: none becomes an interface of a zone by itself. */
START_TEST(every_interface_is_mapped)
{
	static const char *const names[] = {
		"irb.5", "vlan.100", "lo0.0", "pp0.0", "all", "any", "st0.1", "em0", "lan0"
	};
	char text[4096], told[64], map[64];
	const char *maps[] = { "ge-0/0/0=lan1", "ge-0/0/1.0=wan0", map };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(text, sizeof(text), MEMBER "set security zones security-zone L interfaces %s\n", names[i]);
		ck_assert_int_eq(import_text(text), 1);
		snprintf(told, sizeof(told), "with --map %s=NAME: %s;", names[i], names[i]);
		TOLD(told);
		snprintf(map, sizeof(map), "%s=%s", names[i], i == 8 ? "lan0" : "eth7");
		ck_assert_int_eq(import("text", text, strlen(text), maps, 3), 0);
		snprintf(told, sizeof(told), "interfaces %s\n", i == 8 ? "lan0" : "eth7");
		PRINTED(told);
	}
}
END_TEST

START_TEST(maps_that_are_wrong_together)
{
	static const char *const twice[] = { "ge-0/0/0=lan0", "ge-0/0/1.0=wan0", "ge-0/0/0.0=lan1" };
	static const char *const unused[] = { "ge-0/0/0=lan0", "ge-0/0/1.0=wan0", "ge-0/0/7=lan7" };
	static const char *const same[] = { "ge-0/0/0=wan0", "ge-0/0/1.0=wan0" };

	ck_assert_int_eq(import("text", MEMBER, strlen(MEMBER), twice, 3), -EINVAL);
	TOLD("--map ge-0/0/0.0=lan1: ge-0/0/0=lan0 is given too");
	ck_assert_int_eq(import("text", MEMBER, strlen(MEMBER), unused, 3), 0);
	TOLD("warning: --map ge-0/0/7=lan7: nothing that is kept names this interface\n");
	import("text", MEMBER, strlen(MEMBER), same, 2);
	TOLD("warning: --map ge-0/0/1.0=wan0: ge-0/0/0=wan0 names the same interface of this host\n");
}
END_TEST

START_TEST(units)
{
	static const char *const here[] = { "ge-0/0/0=lan0", "ge-0/0/1.0=wan0", "xe-0/0/1.100=vlan100", "eth3=eth3" };

	import_text("set interfaces xe-0/0/1 unit 100 family inet service output service-set S service-filter F\n"
		    "set interfaces ge-0/0/1 unit 7 family inet service output service-set S service-filter F\n"
		    "set security zones security-zone L interfaces xe-0/0/1.100\n"
		    "set security zones security-zone L interfaces ge-0/0/1\n"
		    "set security zones security-zone L interfaces eth3\n");
	PRINTED("set interfaces vlan100 unit 0 family");
	PRINTED("interfaces vlan100\n");
	PRINTED("interfaces wan0\n");
	PRINTED("interfaces eth3\n");
	PRINTED("set interfaces ge-0/0/1 unit 7 ");
	TOLD("--map ge-0/0/1.7=NAME: ge-0/0/1.7, eth3;");
	static const char again[] =
		"set security zones security-zone L interfaces eth3 host-inbound-traffic system-services ping\n"
		"set security zones security-zone L interfaces eth3 host-inbound-traffic system-services ssh\n";
	import("text", again, strlen(again), here, ARRAY_SIZE(here));
	ck_assert_ptr_null(strstr(strstr(import_printed, "interfaces eth3\n") + strlen("interfaces eth3\n"), "eth3"));
}
END_TEST

START_TEST(what_is_off)
{
	ck_assert_int_eq(import_text(MEMBER "deactivate security group-vpn member ipsec vpn V\n"), 1);
	NOT_PRINTED("ipsec vpn V");
	TOLD("left out, it is inactive on the device:\n  security group-vpn member ipsec vpn V ike-gateway G\n");
	TOLD("  security group-vpn member ipsec vpn V group 1\n");
	import_text("security { group-vpn { member { ike { inactive: policy K { pre-shared-key ascii-text geheim1; "
		    "mode main; } "
		    "inactive: policy H { pre-shared-key hexadecimal 6765; } } } } }\n"
		    "inactive: system { root-authentication { encrypted-password geheim2; } }\n"
		    "inactive: snmp { community geheim3; }\n");
	TOLD("  security group-vpn member ike policy K pre-shared-key ascii-text (not shown)\n");
	TOLD("  security group-vpn member ike policy H pre-shared-key hexadecimal (not shown)\n");
	TOLD("  security group-vpn member ike policy K mode main\n");
	TOLD("  system root-authentication\n");
	NOT_TOLD("geheim");
	NOT_TOLD("6765");
	import_text("inactive: security { zones { security-zone L { interfaces { ge-0/0/0.0; } } } }\n");
	NOT_PRINTED("zones");
	import_text("set security zones security-zone L interfaces ge-0/0/0.0\n"
		    "delete security zones security-zone L\n");
	TOLD("what is taken back must be gone before");
}
END_TEST

/* What is inactive below an interface of a zone does not take the interface out of the zone. */
START_TEST(off_below_an_interface)
{
	static const char *const ways[] = {
		"security { zones { security-zone L { interfaces { ge-0/0/0.0; ge-0/0/3.0 {\n"
		"inactive: host-inbound-traffic { system-services { all; } } } } } } }\n",
		"security { zones { security-zone L { interfaces { ge-0/0/0.0; ge-0/0/3.0 { host-inbound-traffic {\n"
		"inactive: system-services { all; } } } } } } }\n",
		"set security zones security-zone L interfaces ge-0/0/3.0 host-inbound-traffic system-services all\n"
		"deactivate security zones security-zone L interfaces ge-0/0/3.0 host-inbound-traffic\n",
	};
	static const char *const gone[] = {
		"security { zones { security-zone L { interfaces { ge-0/0/0.0; inactive: ge-0/0/3.0 {\n"
		"host-inbound-traffic { system-services { all; } } } } } } }\n",
		"set security zones security-zone L interfaces ge-0/0/3.0 host-inbound-traffic system-services all\n"
		"deactivate security zones security-zone L interfaces ge-0/0/3.0\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		import_text(ways[i]);
		PRINTED("set security zones security-zone L interfaces ge-0/0/3.0\n");
	}
	for (size_t i = 0; i < ARRAY_SIZE(gone); i++) {
		import_text(gone[i]);
		NOT_PRINTED("ge-0/0/3");
	}
}
END_TEST

/* What is not seen may be the very statement that protects traffic: with any of these the result is not complete. */
static const struct {
	const char *text, *told;
} lost[] = {
	{ "set groups G security ipsec-policy from-zone D to-zone W ipsec-group-vpn geheim\nset apply-groups G\n",
	  "display inheritance no-comments" },
	{ "set security apply-groups G\n", "security apply-groups G" },
	{ "set security group-vpn member apply-groups G\n", "security group-vpn member apply-groups G" },
	{ "set security group-vpn member ike gateway G apply-groups X\n", "gateway G apply-groups X" },
	{ "set security zones security-zone L apply-groups-except X\n", "display inheritance no-comments" },
	{ "set interfaces ge-0/0/3 apply-groups X\n", "display inheritance no-comments" },
	{ "set logical-systems LS1 security group-vpn member ike proposal P dh-group group14\n",
	  "set cli logical-system" },
	{ "set tenants T1 security ipsec-policy from-zone L to-zone W ipsec-group-vpn V\n",
	  "of a router within the device" },
	{ "set services service-set S next-hop-service inside-service-interface ms-0/0/0.1\n"
	  "set services service-set S ipsec-group-vpn V\n",
	  "service-set S has next-hop-service: gvpnd takes what an interface carries" },
	{ "delete security zones security-zone L interfaces ge-0/0/0.0\n", "what is taken back must be gone before" },
	{ "activate security zones\n", "what is changed by commands is not followed" },
	{ "set security group-vpn member frobnicate 7\n", "gvpnd knows nothing like it" },
	/* a command names what it changes before "to", "before" or "after" */
	{ "rename security zones security-zone L to security-zone M\n", "what is changed by commands is not followed" },
	{ "copy security zones security-zone L to security-zone M\n", "what is changed by commands is not followed" },
	{ "rename interfaces ge-0/0/1 to ge-0/0/2\n", "what is changed by commands is not followed" },
	{ "copy interfaces ge-0/0/1 unit 0 to unit 5\n", "what is changed by commands is not followed" },
	{ "rename services service-set S to service-set T\n", "what is changed by commands is not followed" },
	{ "insert security zones security-zone W before security-zone L\n",
	  "what is changed by commands is not followed" },
	/* below a hierarchy that is not seen */
	{ "delete fail-open\n", "what is taken back must be gone before" },
	{ "rename rule R to rule Q\n", "what is changed by commands is not followed" },
	{ "deactivate fail-open\n", "it names nothing of this text" },
	{ "deactivate rule R\n", "it names nothing of this text" },
	/* two lines that became one, and words that are damaged, where others are left out */
	{ "set security zones security-zone W interfaces ge-0/0/1.0 deactivate security group-vpn member ipsec vpn V "
	  "fail-open\n",
	  "Junos has nothing like it there" },
	{ "set security zones security-zone W interfaces ge-0/0/1.0 frobnicate 7\n",
	  "Junos has nothing like it there" },
	{ "set services service-set S ipsec-gr oup-vpn V\n", "Junos has nothing like it there" },
	{ "set services service-set S interface-serv ice service-interface ms-0/0/0.0\n",
	  "Junos has nothing like it there" },
	{ "set firewall family inet service-fil ter F term T from protocol tcp\n", "Junos has nothing like it there" },
	{ "set firewall fam ily inet service-filter F term T from protocol tcp\n", "Junos has nothing like it there" },
	{ "set services service-set S interface-service serv ice-interface ms-0/0/0.0\n",
	  "Junos has nothing like it there" },
/* keys that whoever gave the text away has taken out, and what is no key but the hash of one */
#define KEY "set security group-vpn member ike policy M pre-shared-key ascii-text "
	{ KEY "\"<removed>\"\n", "its key was made unreadable before" },
	{ KEY "\"[REDACTED]\"\n", "its key was made unreadable before" },
	{ KEY "\"/* SECRET-DATA */\"\n", "its key was made unreadable before" },
	{ KEY "\"....\"\n", "its key was made unreadable before" },
	{ KEY "\"$1$salt$0123456789012345678901\"\n", "its key was made unreadable before" },
	{ KEY "\"$5$salt$0123456789012345678901\"\n", "its key was made unreadable before" },
	{ KEY "\"$6$salt$0123456789012345678901\"\n", "its key was made unreadable before" },
#undef KEY
	/* a gateway and a group that protect nothing: what says so is lost */
	{ "set security group-vpn member ipsec vpn U ike-gateway G\n"
	  "set security group-vpn member ipsec vpn U group 2\n"
	  "set security group-vpn member ipsec vpn U group-vpn-external-interface ge-0/0/1.0\n",
	  "vpn U protects nothing" },
};

START_TEST(what_is_not_seen_is_missing)
{
	char text[4096];

	snprintf(text, sizeof(text), MEMBER "%s", lost[_i].text);
	ck_assert_int_eq(import_text(text), 1);
	TOLD(lost[_i].told);
	TOLD("\nincomplete: ");
	NOT_TOLD("\ncomplete: ");
	NOT_TOLD("geheim");
}
END_TEST

/* A key stands behind words that gvpnd does not know, or has known for something else; the report has none of them. */
static const char *const secretive[] = {
	"set security group-vpn member ike policy K pre-shared-key psk GEHEIM\n",
	"set security group-vpn member ike policy K pre-shared-key GEHEIM\n",
	"set security group-vpn member ike policy K pre-shared-kee ascii GEHEIM\n",
	"set security group-vpn member ike policy K shared-key \"a GEHEIM\"\n",
	"set security group-vpn member ike policy K psk GEHEIM\n",
	"set security group-vpn member ike policy K GEHEIM\n",
	"set security group-vpn member ike policy K pre-shared-key credential \"GEHEIM a\"\n",
	"set security group-vpn member ike policy K pre-shared-key file GEHEIM\n",
	"set security group-vpn member ike policy K pre-shared-key ascii-text a GEHEIM\n",
	"set security group-vpn member ike gateway G xauth-key GEHEIM\n",
	"set security group-vpn member ike gateway G aaa client username me password GEHEIM\n",
	"set security group-vpn member psk GEHEIM\n",
	"set security group-vpn member ipsec vpn V manual authentication key-value GEHEIM\n",
	"set security group-vpn mem ike policy K pre-shared-key psk GEHEIM\n",
	"set interfaces pp0 unit 0 ppp-options chap default-chap-secret GEHEIM\n",
	"set interfaces pp0 unit 0 ppp-options pap local-password GEHEIM\n",
	"set interfaces ge-0/0/1 unit 0 family inet address 10.1.0.1/24 vrrp-group 1 authentication-key GEHEIM\n",
	"set interfaces ge-0/0/1 unit 0 something $9$GEHEIM$\n",
	"set security zones security-zone L shared-secret GEHEIM\n",
	"set routing-options authentication-key GEHEIM\n",
	"set security { GEHEIM }\n",
	"deactivate security group-vpn member ike policy Q\n"
	"set security group-vpn member ike policy Q pre-shared-key psk GEHEIM\n"
	"set security group-vpn member ike policy Q psk GEHEIM\n"
	"set security group-vpn member ike policy Q pre-shared-key credential GEHEIM\n",
	"delete security group-vpn member ike policy K pre-shared-key psk GEHEIM\n",
	"rename security group-vpn member ike policy K psk GEHEIM\n",
	"set text \"GEHEIM\"\n",
	"set \"GEHEIM\"\n",
	"set \"GEHEIM\" a b\n",
	"deactivate text \"GEHEIM\"\n",
	"delete \"GEHEIM\"\n",
	"set pre-shared-key ascii-text \"GEHEIM\"\n",
	"set policy K pre-shared-key ascii-text \"GEHEIM\"\n",
	"set security policy K pre-shared-key ascii-text \"GEHEIM\"\n",
};

START_TEST(the_report_has_no_key)
{
	char text[4096];

	snprintf(text, sizeof(text), MEMBER "%s", secretive[_i]);
	import_text(text);
	NOT_TOLD("GEHEIM");
}
END_TEST

/* What commands a terminal: an escape sequence in C1, as UTF-8 and as a single octet, and another direction. */
static const struct {
	const char *text;
	bool kept;
} commanding[] = {
	{ "set interfaces ge-0/0/1 description \"a\xc2\x9b"
	  "31mb\"\n",
	  true },
	{ "set security policies from-zone \"a\xc2\x9b"
	  "31mb\" to-zone W policy P match\n",
	  true },
	{ "set security group-vpn member ike gateway G description \"a\xc2\x9b"
	  "31mb\"\n",
	  true },
	{ "set security group-vpn member ike gateway G description \"a\x9b"
	  "31mb\"\n",
	  true },
	{ "set security group-vpn member ike gateway G description \"a\xe2\x80\xae"
	  "mb\"\n",
	  true },
	{ "set security group-vpn member ike gateway \"a\xc2\x9b"
	  "31mb\" ike-policy K\n",
	  false },
	{ "set security group-vpn member ike policy Q pre-shared-key ascii-text \"a\xc2\x9b"
	  "31mb\"\n",
	  false },
	{ "set security group-vpn member ipsec vpn V \xc2\x9b"
	  "31mb\n",
	  false },
	{ "set security zones security-zone Z\xc2\x9b"
	  "31m interfaces ge-0/0/0.0\n",
	  false },
};

START_TEST(nothing_commands_a_terminal)
{
	char text[4096], path[] = "/tmp/gvpn-import-XXXXXX", name[] = "gvpnctl", verb[] = "import", map[] = "--map";
	char inside[] = "ge-0/0/0=lan0", outside[] = "ge-0/0/1.0=wan0";
	char *argv[] = { name, verb, path, map, inside, map, outside, NULL };
	size_t size, next;
	FILE *f = fdopen(mkstemp(path), "w"), *out, *err;

	ck_assert_ptr_nonnull(f);
	fprintf(f, MEMBER "%s", commanding[_i].text);
	fclose(f);
	import_forget();
	out = open_memstream(&import_printed, &size);
	err = open_memstream(&import_told, &size);
	ck_assert_int_eq(ctl_run(7, argv, out, err), commanding[_i].kept ? CTL_OK : CTL_REFUSED);
	fclose(out);
	fclose(err);
	unlink(path);
	snprintf(text, sizeof(text), "%s", import_printed);
	for (const char *p = text; *p; p += next)
		ck_assert_msg(printable_bad(p, &next) == 0 || *p == '\n', "the result: %s", import_printed);
	for (const char *p = import_told; *p; p += next)
		ck_assert_msg(printable_bad(p, &next) == 0 || *p == '\n', "the report: %s", import_told);
	TOLD(commanding[_i].kept ? "\ncomplete: " : "\nincomplete: ");
}
END_TEST

/* And these say nothing about the member. */
static const char *const harmless[] = {
	"set groups G system host-name x\n",
	"set system apply-groups X\n",
	"set security policies apply-groups X\n",
	"delete system services telnet\n",
	"set services service-set T next-hop-service inside-service-interface ms-0/0/0.1\n",
	"set logical-systems LS1 interfaces ge-0/0/3 unit 0 family inet address 10.9.0.1/24\n",
	"set security group-vpn member ike traceoptions flag all\n",
	"set security group-vpn member ipsec traceoptions flag all\n",
	"protect security zones\n",
	"rename security policies from-zone L to-zone W policy A to policy B\n",
	"insert security policies from-zone L to-zone W policy A before policy B\n",
	"set firewall family inet filter F term T then accept\n",
	"set firewall family inet6 filter F term T then accept\n",
	"set firewall filter F term T then accept\n",
	"set firewall policer P then discard\n",
	"set security zones security-zone W interfaces ge-0/0/1.0 host-inbound-traffic system-services ike\n",
	"set security zones security-zone W interfaces ge-0/0/1.0 apply-macro x y z\n",
	"set services service-set T syslog host local services any\n",
	"set services service-set T nat-rules R\n",
};

START_TEST(what_is_of_no_matter)
{
	char text[4096];

	snprintf(text, sizeof(text), MEMBER "%s", harmless[_i]);
	ck_assert_int_eq(import_text(text), 0);
	NOT_TOLD("incomplete: ");
	NOT_PRINTED("traceoptions");
}
END_TEST

START_TEST(routing_instances)
{
	ck_assert_int_eq(import_text(MEMBER "set routing-instances VR1 interface ge-0/0/1.0\n"
					    "set routing-instances VR2 interface ge-0/0/9.0\n"
					    "set routing-instances VR2 instance-type virtual-router\n"),
			 0);
	TOLD("note: ge-0/0/1.0 is in routing-instance VR1 on the device; gvpnd uses this host's main routing table: "
	     "wan0 must "
	     "reach the key servers and members by that\n");
	NOT_TOLD("note: ge-0/0/9.0");
	NOT_TOLD("has no part in a group VPN");
}
END_TEST

START_TEST(tags)
{
	ck_assert_int_eq(import_text("protect: " MEMBER), 0);
	import_text("security { zones { protect: inactive: security-zone L { interfaces { ge-0/0/0.0; } } } }\n");
	NOT_PRINTED("zones");
}
END_TEST

/* Every fault is told in one run, and what cannot be left out without changing what is protected stays for gvpnd to
 * refuse. */
START_TEST(all_that_is_unknown)
{
	ck_assert_int_eq(
		import_text(MEMBER
			    "set security group-vpn member ike gateway G dead-peer-detection interval 10\n"
			    "set security group-vpn member ike gateway G nat-keepalive 5\n"
			    "set security group-vpn member ipsec vpn V heartbeat-threshold 3\n"
			    "set security group-vpn member ipsec vpn V exclude rule R application any\n"
			    "set security group-vpn member ipsec vpn V exclude rule R destination-address 10.2.0.0/16\n"
			    "set security group-vpn member ipsec vpn V exclude rule Q application my-own\n"),
		1);
	TOLD("  security group-vpn member ike gateway G dead-peer-detection (not shown)\n");
	TOLD("  security group-vpn member ike gateway G nat-keepalive (not shown)\n");
	TOLD("  security group-vpn member ipsec vpn V heartbeat-threshold (not shown)\n");
	TOLD("unknown statement 'nat-keepalive'");
	TOLD("'my-own'");
	NOT_PRINTED("nat-keepalive");
	NOT_PRINTED("heartbeat");
	PRINTED("exclude rule R application any\n");
	PRINTED("exclude rule Q application my-own\n");
	TOLD("\nincomplete: ");
	NOT_TOLD("\ncomplete: ");
}
END_TEST

static const struct {
	const char *text;
	int r;
	const char *told;
} refused[] = {
	{ "", 1, "there is no group VPN member in it" },
	{ "set security group-vpn server group G group-id 1\n", 1, "there is no group VPN member in it" },
	{ "security { zones {\n", -EINVAL, "text:" },
	{ "set security \"open\nset x y\n", -EINVAL, "text:1:" },
	{ "set security group-vpn member ipsec vpn V ike-gateway G\n", 1, "incomplete: what is printed:" },
	{ "set security group-vpn member ipsec vpn V frobnicate 7\n", 1, "unknown statement 'frobnicate'" },
	{ "set security group-vpn member traceoptions flag all\n", 1, "gvpnd logs to the journal" },
};

START_TEST(refusals)
{
	ck_assert_int_eq(import_text(refused[_i].text), refused[_i].r);
	TOLD(refused[_i].told);
	if (refused[_i].r < 0)
		ck_assert_str_eq(import_printed, "");
}
END_TEST

START_TEST(wrong_maps)
{
	static const char *const wrong[] = { "ge-0/0/1.0",   "=wan0",        "ge-0/0/1=",
					     "ge-0/0/1=a/b", "ge-0/0/1=a b", "ge-0/0/1=abcdefghijklmnop",
					     "ge-0/0/1=a;b" };

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		ck_assert_int_eq(import("text", MEMBER, strlen(MEMBER), &wrong[i], 1), -EINVAL);
		TOLD("expected JUNOS=LINUX");
		ck_assert_str_eq(import_printed, "");
	}
}
END_TEST

/* What is unmapped and what is unknown are told in one run, and nothing that only follows from them. */
START_TEST(all_in_one_run)
{
	static const char text[] =
		MEMBER "set security group-vpn member ike gateway G nat-keepalive 5\n"
		       "set security group-vpn member ike policy H proposals P\n"
		       "set security group-vpn member ike policy H pre-shared-key ascii-text \"$9$geheim\"\n";

	ck_assert_int_eq(import("text", text, strlen(text), NULL, 0), 1);
	TOLD("with --map ge-0/0/1.0=NAME");
	TOLD("unknown statement 'nat-keepalive'");
	TOLD("a key as Junos spells it");
	TOLD("  security group-vpn member ike policy H pre-shared-key ascii-text (not shown)\n");
	TOLD("incomplete: 2 statements above are not what gvpnd knows\n");
	NOT_TOLD("is missing here");
	NOT_TOLD("no Linux interface name");
	NOT_TOLD("geheim");
	PRINTED("$9$geheim");
}
END_TEST

/* The member's own statements of D3P are kept, and the key server's, which is left out, is told. */
START_TEST(anti_replay_by_time)
{
	static const char text[] =
		MEMBER "set security group-vpn member ipsec vpn V anti-replay-time-window 1000\n"
		       "set security group-vpn member ike gateway G d3p-type-attribute 200\n"
		       "set security group-vpn member ike gateway G d3p-window-attribute 201\n"
		       "set security group-vpn server group GROUP_ID-0001 anti-replay-time-window 500\n"
		       "deactivate security group-vpn server group OFF\n"
		       "set security group-vpn server group OFF anti-replay-time-window 9\n";

	ck_assert_int_eq(import_text(text), 0);
	PRINTED("vpn V anti-replay-time-window 1000\n");
	PRINTED("gateway G d3p-type-attribute 200\n");
	PRINTED("gateway G d3p-window-attribute 201\n");
	NOT_PRINTED("server group");
	TOLD("note: the key server's group GROUP_ID-0001 has anti-replay-time-window 500: its members stamp");
	NOT_TOLD("anti-replay-time-window 9");
	import_forget();
	ck_assert_int_eq(import_text(MEMBER), 0);
	NOT_TOLD("anti-replay");
}
END_TEST

/* Every beginning of the guide's text, and every octet of it changed: refused or taken, never anything worse. */
START_TEST(hostile_text)
{
	char *text = import_read_file(GUIDE "gm-0003.txt");
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i += 7)
		import("text", text, i, NULL, 0);
	for (size_t i = 0; i < len; i += 5) {
		char was = text[i];

		text[i] = "\n[]\"{};#@\\\x01\xff"[i / 5 % 12];
		import("text", text, len, NULL, 0);
		text[i] = was;
	}
	free(text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("import");
	TCase *t = tcase_create("import");
	SRunner *r;

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, NULL, import_forget);
	tcase_add_loop_test(t, the_guides_members, 0, ARRAY_SIZE(members));
	tcase_add_test(t, braces_of_a_device);
	tcase_add_test(t, interfaces_that_are_not_mapped);
	tcase_add_test(t, units);
	tcase_add_test(t, what_is_off);
	tcase_add_test(t, off_below_an_interface);
	tcase_add_test(t, every_interface_is_mapped);
	tcase_add_test(t, maps_that_are_wrong_together);
	tcase_add_loop_test(t, what_is_not_seen_is_missing, 0, ARRAY_SIZE(lost));
	tcase_add_loop_test(t, the_report_has_no_key, 0, (int)ARRAY_SIZE(secretive));
	tcase_add_loop_test(t, nothing_commands_a_terminal, 0, (int)ARRAY_SIZE(commanding));
	tcase_add_loop_test(t, what_is_of_no_matter, 0, ARRAY_SIZE(harmless));
	tcase_add_test(t, routing_instances);
	tcase_add_test(t, tags);
	tcase_add_test(t, all_that_is_unknown);
	tcase_add_test(t, all_in_one_run);
	tcase_add_loop_test(t, refusals, 0, ARRAY_SIZE(refused));
	tcase_add_test(t, wrong_maps);
	tcase_add_test(t, anti_replay_by_time);
	tcase_add_test(t, hostile_text);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
