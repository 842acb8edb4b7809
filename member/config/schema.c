/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/config/schema.h"
#include "lib/limits.h"
#include "member/config/config.h"
#include "member/config/ike.h"

static const struct statement_choice dois[] = { { "ipsec", IKE_DOI_IPSEC }, { "gdoi", IKE_DOI_GDOI }, { NULL, 0 } };
static const struct statement_choice group_forms[] = {
	{ "key-id", PULL_GROUP_KEY_ID },
	{ "inet", PULL_GROUP_IPV4 },
	{ "text", PULL_GROUP_TEXT },
	{ NULL, 0 },
};
static const struct statement_choice df_bits[] = {
	{ "clear", CONFIG_DF_CLEAR },
	{ "set", CONFIG_DF_SET },
	{ "copy", CONFIG_DF_COPY },
	{ NULL, 0 },
};
static const struct statement_choice directions[] = {
	{ "input", CONFIG_DIRECTION_INPUT },
	{ "output", CONFIG_DIRECTION_OUTPUT },
	{ NULL, 0 },
};
static const struct statement_choice on_stops[] = {
	{ "fail-close", CONFIG_STOP_FAIL_CLOSE },
	{ "keep", CONFIG_STOP_KEEP },
	{ "remove", CONFIG_STOP_REMOVE },
	{ NULL, 0 },
};

static const struct statement_choice inet6_modes[] = {
	{ "drop", CONFIG_INET6_DROP },
	{ "packet-based", CONFIG_INET6_PACKET_BASED },
	{ "flow-based", CONFIG_INET6_FLOW_BASED },
	{ NULL, 0 },
};

static const struct statement_schema gateway[] = {
	{ .name = "ike-policy", .flags = STATEMENT_MANDATORY, .type = TYPE_NAME },
	{ .name = "server-address", .flags = STATEMENT_MANDATORY, .type = TYPE_ADDRESS, .limit = CONFIG_SERVERS_MAX },
	{ .name = "local-address", .flags = STATEMENT_MANDATORY, .type = TYPE_ADDRESS },
	CONFIG_IDENTITY("local-identity"),
	CONFIG_IDENTITY("remote-identity"),
	{ .name = "doi", .type = TYPE_CHOICE, .choices = dois },
	{ .name = "situation", .type = TYPE_NUMBER, .min = 0, .max = UINT32_MAX },
	{ .name = "allow-sha1-signatures", .type = TYPE_FLAG },
	CONFIG_D3P_NUMBERS,
	{ .name = "group-identity-form", .type = TYPE_CHOICE, .choices = group_forms },
	{ .name = "description", .type = TYPE_TEXT },
	SCHEMA_END,
};

static const struct statement_schema ike[] = {
	CONFIG_IKE_BLOCKS(CONFIG_IKE_NAMES_MAX, CONFIG_GATEWAYS_MAX, gateway),
	SCHEMA_IGNORED("traceoptions", "the log level is set by gvpnd's command line"),
	SCHEMA_END,
};

static const struct statement_schema rule[] = {
	{ .name = "source-address", .type = TYPE_PREFIX },
	{ .name = "destination-address", .type = TYPE_PREFIX },
	{ .name = "protocol", .type = TYPE_PROTOCOL },
	{ .name = "source-port", .type = TYPE_PORTS },
	{ .name = "destination-port", .type = TYPE_PORTS },
	{ .name = "application", .type = TYPE_CHOICE, .choices = config_applications },
	SCHEMA_END,
};

static const struct statement_schema rules[] = {
	SCHEMA_NAMED_BLOCKS("rule", STATEMENT_MANDATORY, CONFIG_RULES_CONFIGURED_MAX, rule),
	SCHEMA_END,
};

/* E2; alone, without a block, it is a flag as in Junos. */
static const struct statement_schema recovery_probe[] = {
	{ .name = "outbound-threshold-packets", .type = TYPE_NUMBER, .min = 1, .max = 1000000 },
	{ .name = "outbound-threshold-seconds", .type = TYPE_NUMBER, .min = 1, .max = 3600 },
	SCHEMA_END,
};

static const struct statement_schema vpn[] = {
	{ .name = "ike-gateway", .flags = STATEMENT_MANDATORY, .type = TYPE_NAME },
	{ .name = "group", .flags = STATEMENT_MANDATORY, .type = TYPE_GROUP, .min = 1, .max = UINT32_MAX },
	{ .name = "group-vpn-external-interface", .type = TYPE_INTERFACE },
	SCHEMA_BLOCK("recovery-probe", 0, recovery_probe),
	{ .name = "df-bit", .type = TYPE_CHOICE, .choices = df_bits },
	{ .name = "tunnel-mtu", .type = TYPE_NUMBER, .min = 256, .max = 9192 },
	CONFIG_ANTI_REPLAY,
	{ .name = "match-direction", .type = TYPE_CHOICE, .choices = directions },
	{ .name = "max-keys", .type = TYPE_NUMBER, .min = 1, .max = KEYRING_POLICIES_MAX },
	{ .name = "max-policies", .type = TYPE_NUMBER, .min = 1, .max = KEYRING_POLICIES_MAX },
	SCHEMA_BLOCK("exclude", 0, rules),
	SCHEMA_BLOCK("fail-open", 0, rules),
	{ .name = "description", .type = TYPE_TEXT },
	SCHEMA_END,
};

static const struct statement_schema ipsec[] = {
	SCHEMA_NAMED_BLOCKS("vpn", STATEMENT_MANDATORY, CONFIG_VPNS_MAX, vpn),
	SCHEMA_IGNORED("traceoptions", "the log level is set by gvpnd's command line"),
	SCHEMA_END,
};

static const struct statement_schema member[] = {
	SCHEMA_BLOCK("ike", STATEMENT_MANDATORY, ike),
	SCHEMA_BLOCK("ipsec", STATEMENT_MANDATORY, ipsec),
	{ .name = "on-stop", .type = TYPE_CHOICE, .choices = on_stops },
	SCHEMA_END,
};

static const struct statement_schema group_vpn[] = {
	SCHEMA_BLOCK("member", STATEMENT_MANDATORY, member),
	SCHEMA_REFUSED("server",
		       "this is the key server's configuration; gvpnd is a group member, and one host cannot be both; "
		       "expected security group-vpn member"),
	SCHEMA_END,
};

static const struct statement_schema zone_interface[] = {
	SCHEMA_IGNORED("host-inbound-traffic", "gvpnd does not filter what comes to the host itself; use nftables"),
	SCHEMA_END,
};

static const struct statement_schema zone_interfaces[] = {
	{ .name = "interface",
	  .kind = STATEMENT_BLOCK,
	  .type = TYPE_INTERFACE,
	  .flags = STATEMENT_ANY_NAME,
	  .limit = CONFIG_INTERFACES_MAX,
	  .children = zone_interface },
	SCHEMA_END,
};

static const struct statement_schema zone[] = {
	SCHEMA_BLOCK("interfaces", 0, zone_interfaces),
	SCHEMA_IGNORED("host-inbound-traffic", "gvpnd does not filter what comes to the host itself; use nftables"),
	SCHEMA_IGNORED("address-book", "addresses are written out in the rules"),
	SCHEMA_IGNORED("screen", "gvpnd is not a firewall; use nftables"),
	SCHEMA_IGNORED("tcp-rst", "gvpnd is not a firewall; use nftables"),
	{ .name = "description", .type = TYPE_TEXT },
	SCHEMA_END,
};

static const struct statement_schema zones[] = {
	SCHEMA_NAMED_BLOCKS("security-zone", 0, CONFIG_ZONES_MAX, zone),
	SCHEMA_IGNORED("functional-zone", "gvpnd does not filter what comes to the host itself; use nftables"),
	SCHEMA_END,
};

static const struct statement_schema zone_pair[] = {
	{ .name = "ipsec-group-vpn", .flags = STATEMENT_MANDATORY, .type = TYPE_NAME },
	SCHEMA_END,
};

static const struct statement_schema from_zone[] = {
	SCHEMA_NAMED_BLOCKS("to-zone", STATEMENT_MANDATORY, CONFIG_ZONES_MAX, zone_pair),
	SCHEMA_END,
};

static const struct statement_schema ipsec_policy[] = {
	SCHEMA_NAMED_BLOCKS("from-zone", 0, CONFIG_ZONES_MAX, from_zone),
	SCHEMA_END,
};

/* What else stands in a block: passed over, with one note at the top. */
#define OTHERS                                                                                                         \
	{                                                                                                              \
		.name = "(others)", .kind = STATEMENT_IGNORED, .flags = STATEMENT_ANY_NAME                             \
	}

static const struct statement_schema mss_ipsec_vpn[] = {
	{ .name = "mss", .type = TYPE_NAME }, /* a number, or auto */
	SCHEMA_END,
};

static const struct statement_schema tcp_mss[] = {
	SCHEMA_BLOCK("ipsec-vpn", 0, mss_ipsec_vpn),
	OTHERS,
	SCHEMA_END,
};

static const struct statement_schema flow[] = {
	SCHEMA_BLOCK("tcp-mss", 0, tcp_mss),
	OTHERS,
	SCHEMA_END,
};

static const struct statement_schema forwarding_inet6[] = {
	{ .name = "mode", .type = TYPE_CHOICE, .choices = inet6_modes },
	SCHEMA_END,
};

static const struct statement_schema forwarding_family[] = {
	SCHEMA_BLOCK("inet6", 0, forwarding_inet6),
	OTHERS,
	SCHEMA_END,
};

static const struct statement_schema forwarding_options[] = {
	SCHEMA_BLOCK("family", 0, forwarding_family),
	OTHERS,
	SCHEMA_END,
};

#define FIREWALL "what may pass between zones in clear is the host's own firewall's to say; gvpnd does not filter"

static const struct statement_schema security[] = {
	SCHEMA_BLOCK("group-vpn", STATEMENT_MANDATORY, group_vpn),
	SCHEMA_BLOCK("zones", 0, zones),
	SCHEMA_BLOCK("ipsec-policy", 0, ipsec_policy),
	SCHEMA_IGNORED("policies", FIREWALL),
	SCHEMA_IGNORED("address-book", "addresses are written out in the rules"),
	SCHEMA_IGNORED("screen", FIREWALL),
	{ .name = "flow",
	  .kind = STATEMENT_BLOCK,
	  .children = flow,
	  .help = "only tcp-mss ipsec-vpn is read; " FIREWALL },
	{ .name = "forwarding-options",
	  .kind = STATEMENT_BLOCK,
	  .children = forwarding_options,
	  .help = "only family inet6 mode is read; gvpnd does not forward, the kernel does" },
	SCHEMA_IGNORED("alg", FIREWALL),
	SCHEMA_IGNORED("nat", "the host's own nftables does this; a group VPN must not be translated"),
	SCHEMA_IGNORED("log", "gvpnd logs to the journal"),
	SCHEMA_REFUSED("ike", "this is for VPNs between two points; expected security group-vpn member ike"),
	SCHEMA_REFUSED("ipsec", "this is for VPNs between two points; expected security group-vpn member ipsec"),
	SCHEMA_END,
};

#define ELSEWHERE "the host's own configuration says this"
static const struct statement_schema top[] = {
	SCHEMA_BLOCK("security", STATEMENT_MANDATORY, security),
	SCHEMA_IGNORED("version", "gvpnd has versions of its own"),
	SCHEMA_IGNORED("system", ELSEWHERE),
	SCHEMA_IGNORED("chassis", ELSEWHERE),
	{ .name = "interfaces",
	  .kind = STATEMENT_BLOCK,
	  .children = config_interfaces_schema,
	  .help = ELSEWHERE "; only the service-sets that an interface carries are read" },
	SCHEMA_IGNORED("snmp", ELSEWHERE),
	SCHEMA_IGNORED("routing-options", ELSEWHERE),
	SCHEMA_IGNORED("policy-options", ELSEWHERE),
	SCHEMA_IGNORED("protocols", ELSEWHERE),
	SCHEMA_IGNORED("applications", "rules name protocols and ports, or the applications that gvpnd knows"),
	{ .name = "services",
	  .kind = STATEMENT_BLOCK,
	  .children = config_services_schema,
	  .help = "only service-sets with an ipsec-group-vpn are read" },
	{ .name = "firewall",
	  .kind = STATEMENT_BLOCK,
	  .children = config_firewall_schema,
	  .help = "only service-filters are read; gvpnd does not filter otherwise, use nftables" },
	SCHEMA_REFUSED("groups", "configuration groups are not supported; expected the statements themselves"),
	SCHEMA_REFUSED("apply-groups", "configuration groups are not supported; expected the statements themselves"),
	SCHEMA_END,
};

const struct statement_schema config_member_root = { .name = "", .kind = STATEMENT_BLOCK, .children = top };
