/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/config/schema.h"
#include "lib/limits.h"
#include "member/config/config.h"
#include "member/config/ike.h"

#define IGNORE(n, why)                                                                                                 \
	{                                                                                                              \
		.name = (n), .kind = STATEMENT_IGNORED, .help = (why)                                                  \
	}
#define REFUSE(n, why)                                                                                                 \
	{                                                                                                              \
		.name = (n), .kind = STATEMENT_REFUSED, .help = (why)                                                  \
	}
#define END                                                                                                            \
	{                                                                                                              \
		.name = NULL                                                                                           \
	}

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

static const struct statement_schema gateway[] = {
	{ .name = "ike-policy", .flags = STATEMENT_MANDATORY, .type = TYPE_NAME },
	{ .name = "server-address", .flags = STATEMENT_MANDATORY, .type = TYPE_ADDRESS, .limit = CONFIG_SERVERS_MAX },
	{ .name = "local-address", .flags = STATEMENT_MANDATORY, .type = TYPE_ADDRESS },
	{ .name = "local-identity",
	  .kind = STATEMENT_BLOCK,
	  .flags = STATEMENT_ONE_OF,
	  .children = config_identity_schema },
	{ .name = "remote-identity",
	  .kind = STATEMENT_BLOCK,
	  .flags = STATEMENT_ONE_OF,
	  .children = config_identity_schema },
	{ .name = "doi", .type = TYPE_CHOICE, .choices = dois },
	{ .name = "situation", .type = TYPE_NUMBER, .min = 0, .max = UINT32_MAX },
	{ .name = "allow-sha1-signatures", .type = TYPE_FLAG },
	{ .name = "group-identity-form", .type = TYPE_CHOICE, .choices = group_forms },
	{ .name = "description", .type = TYPE_TEXT },
	END,
};

static const struct statement_schema ike[] = {
	{ .name = "proposal",
	  .kind = STATEMENT_BLOCK,
	  .flags = STATEMENT_NAMED | STATEMENT_MANDATORY,
	  .limit = CONFIG_IKE_NAMES_MAX,
	  .children = config_ike_proposal_schema },
	{ .name = "policy",
	  .kind = STATEMENT_BLOCK,
	  .flags = STATEMENT_NAMED | STATEMENT_MANDATORY,
	  .limit = CONFIG_IKE_NAMES_MAX,
	  .children = config_ike_policy_schema },
	{ .name = "gateway",
	  .kind = STATEMENT_BLOCK,
	  .flags = STATEMENT_NAMED | STATEMENT_MANDATORY,
	  .limit = CONFIG_GATEWAYS_MAX,
	  .children = gateway },
	IGNORE("traceoptions", "the log level is set by gvpnd's command line"),
	END,
};

static const struct statement_schema rule[] = {
	{ .name = "source-address", .type = TYPE_PREFIX },
	{ .name = "destination-address", .type = TYPE_PREFIX },
	{ .name = "protocol", .type = TYPE_PROTOCOL },
	{ .name = "source-port", .type = TYPE_PORTS },
	{ .name = "destination-port", .type = TYPE_PORTS },
	{ .name = "application", .type = TYPE_CHOICE, .choices = config_applications },
	END,
};

static const struct statement_schema rules[] = {
	{ .name = "rule",
	  .kind = STATEMENT_BLOCK,
	  .flags = STATEMENT_NAMED | STATEMENT_MANDATORY,
	  .limit = CONFIG_RULES_CONFIGURED_MAX,
	  .children = rule },
	END,
};

/* E2; alone, without a block, it is a flag as in Junos. */
static const struct statement_schema recovery_probe[] = {
	{ .name = "outbound-threshold-packets", .type = TYPE_NUMBER, .min = 1, .max = 1000000 },
	{ .name = "outbound-threshold-seconds", .type = TYPE_NUMBER, .min = 1, .max = 3600 },
	END,
};

static const struct statement_schema vpn[] = {
	{ .name = "ike-gateway", .flags = STATEMENT_MANDATORY, .type = TYPE_NAME },
	{ .name = "group", .flags = STATEMENT_MANDATORY, .type = TYPE_GROUP, .min = 1, .max = UINT32_MAX },
	{ .name = "group-vpn-external-interface", .type = TYPE_INTERFACE },
	{ .name = "recovery-probe", .kind = STATEMENT_BLOCK, .children = recovery_probe },
	{ .name = "df-bit", .type = TYPE_CHOICE, .choices = df_bits },
	{ .name = "tunnel-mtu", .type = TYPE_NUMBER, .min = 256, .max = 9192 },
	{ .name = "match-direction", .type = TYPE_CHOICE, .choices = directions },
	{ .name = "max-keys", .type = TYPE_NUMBER, .min = 1, .max = KEYRING_POLICIES_MAX },
	{ .name = "max-policies", .type = TYPE_NUMBER, .min = 1, .max = KEYRING_POLICIES_MAX },
	{ .name = "exclude", .kind = STATEMENT_BLOCK, .children = rules },
	{ .name = "fail-open", .kind = STATEMENT_BLOCK, .children = rules },
	{ .name = "description", .type = TYPE_TEXT },
	END,
};

static const struct statement_schema ipsec[] = {
	{ .name = "vpn",
	  .kind = STATEMENT_BLOCK,
	  .flags = STATEMENT_NAMED | STATEMENT_MANDATORY,
	  .limit = CONFIG_VPNS_MAX,
	  .children = vpn },
	IGNORE("traceoptions", "the log level is set by gvpnd's command line"),
	END,
};

static const struct statement_schema member[] = {
	{ .name = "ike", .kind = STATEMENT_BLOCK, .flags = STATEMENT_MANDATORY, .children = ike },
	{ .name = "ipsec", .kind = STATEMENT_BLOCK, .flags = STATEMENT_MANDATORY, .children = ipsec },
	{ .name = "on-stop", .type = TYPE_CHOICE, .choices = on_stops },
	END,
};

static const struct statement_schema group_vpn[] = {
	{ .name = "member", .kind = STATEMENT_BLOCK, .flags = STATEMENT_MANDATORY, .children = member },
	REFUSE("server",
	       "this is the key server's configuration; gvpnd is a group member, and one host cannot be both; "
	       "expected security group-vpn member"),
	END,
};

static const struct statement_schema zone_interface[] = {
	IGNORE("host-inbound-traffic", "gvpnd does not filter what comes to the host itself; use nftables"),
	END,
};

static const struct statement_schema zone_interfaces[] = {
	{ .name = "interface",
	  .kind = STATEMENT_BLOCK,
	  .type = TYPE_INTERFACE,
	  .flags = STATEMENT_ANY_NAME,
	  .limit = CONFIG_INTERFACES_MAX,
	  .children = zone_interface },
	END,
};

static const struct statement_schema zone[] = {
	{ .name = "interfaces", .kind = STATEMENT_BLOCK, .children = zone_interfaces },
	IGNORE("host-inbound-traffic", "gvpnd does not filter what comes to the host itself; use nftables"),
	IGNORE("address-book", "addresses are written out in the rules"),
	IGNORE("screen", "gvpnd is not a firewall; use nftables"),
	IGNORE("tcp-rst", "gvpnd is not a firewall; use nftables"),
	{ .name = "description", .type = TYPE_TEXT },
	END,
};

static const struct statement_schema zones[] = {
	{ .name = "security-zone",
	  .kind = STATEMENT_BLOCK,
	  .flags = STATEMENT_NAMED,
	  .limit = CONFIG_ZONES_MAX,
	  .children = zone },
	IGNORE("functional-zone", "gvpnd does not filter what comes to the host itself; use nftables"),
	END,
};

static const struct statement_schema zone_pair[] = {
	{ .name = "ipsec-group-vpn", .flags = STATEMENT_MANDATORY, .type = TYPE_NAME },
	END,
};

static const struct statement_schema from_zone[] = {
	{ .name = "to-zone",
	  .kind = STATEMENT_BLOCK,
	  .flags = STATEMENT_NAMED | STATEMENT_MANDATORY,
	  .limit = CONFIG_ZONES_MAX,
	  .children = zone_pair },
	END,
};

static const struct statement_schema ipsec_policy[] = {
	{ .name = "from-zone",
	  .kind = STATEMENT_BLOCK,
	  .flags = STATEMENT_NAMED,
	  .limit = CONFIG_ZONES_MAX,
	  .children = from_zone },
	END,
};

#define FIREWALL "what may pass between zones in clear is the host's own firewall's to say; gvpnd does not filter"

static const struct statement_schema security[] = {
	{ .name = "group-vpn", .kind = STATEMENT_BLOCK, .flags = STATEMENT_MANDATORY, .children = group_vpn },
	{ .name = "zones", .kind = STATEMENT_BLOCK, .children = zones },
	{ .name = "ipsec-policy", .kind = STATEMENT_BLOCK, .children = ipsec_policy },
	IGNORE("policies", FIREWALL),
	IGNORE("address-book", "addresses are written out in the rules"),
	IGNORE("screen", FIREWALL),
	IGNORE("flow", FIREWALL),
	IGNORE("alg", FIREWALL),
	IGNORE("nat", "the host's own nftables does this; a group VPN must not be translated"),
	IGNORE("log", "gvpnd logs to the journal"),
	REFUSE("ike", "this is for VPNs between two points; expected security group-vpn member ike"),
	REFUSE("ipsec", "this is for VPNs between two points; expected security group-vpn member ipsec"),
	END,
};

#define ELSEWHERE "the host's own configuration says this"
static const struct statement_schema top[] = {
	{ .name = "security", .kind = STATEMENT_BLOCK, .flags = STATEMENT_MANDATORY, .children = security },
	IGNORE("version", "gvpnd has versions of its own"),
	IGNORE("system", ELSEWHERE),
	IGNORE("chassis", ELSEWHERE),
	{ .name = "interfaces",
	  .kind = STATEMENT_BLOCK,
	  .children = config_interfaces_schema,
	  .help = ELSEWHERE "; only the service-sets that an interface carries are read" },
	IGNORE("snmp", ELSEWHERE),
	IGNORE("routing-options", ELSEWHERE),
	IGNORE("policy-options", ELSEWHERE),
	IGNORE("protocols", ELSEWHERE),
	IGNORE("applications", "rules name protocols and ports, or the applications that gvpnd knows"),
	{ .name = "services",
	  .kind = STATEMENT_BLOCK,
	  .children = config_services_schema,
	  .help = "only service-sets with an ipsec-group-vpn are read" },
	{ .name = "firewall",
	  .kind = STATEMENT_BLOCK,
	  .children = config_firewall_schema,
	  .help = "only service-filters are read; gvpnd does not filter otherwise, use nftables" },
	REFUSE("groups", "configuration groups are not supported; expected the statements themselves"),
	REFUSE("apply-groups", "configuration groups are not supported; expected the statements themselves"),
	END,
};

const struct statement_schema config_member_root = { .name = "", .kind = STATEMENT_BLOCK, .children = top };
