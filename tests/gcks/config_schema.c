/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/config_schema.h"

#include "member/config/ike.h"
#include "tests/gcks/config.h"
#include "tests/gcks/group.h"

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
#define LIFETIME .type = TYPE_NUMBER, .min = CONFIG_LIFETIME_MIN, .max = CONFIG_LIFETIME_MAX

static const struct statement_choice esp_auths[] = {
#define X(id, wire, octets, bits, kernel, junos, shown, server) { junos, id },
	AUTHS(X)
#undef X
		{ NULL, 0 },
};
#define CBC(id, octets, openssl, junos, shown, kek) { junos, id },
#define GCM(id, octets, junos, shown) { junos, id },
static const struct statement_choice esp_ciphers[] = { CIPHERS_CBC(CBC) CIPHERS_GCM(GCM){ NULL, 0 } };
static const struct statement_choice kek_ciphers[] = { CIPHERS_CBC(CBC){ NULL, 0 } };
static const struct statement_choice sig_hashes[] = {
#define X(ike, sig, openssl, octets, junos, shown, server) { junos, sig },
	HASHES_SHA2(X)
#undef X
		{ NULL, 0 },
};
static const struct statement_choice sig_algorithms[] = {
#define X(id, implied, curve, octets, name, junos, shown) { junos, id },
	SIG_ALGORITHMS(X)
#undef X
		{ NULL, 0 },
};
static const struct statement_choice acknowledgements[] = {
	{ "sha-256", GCKS_ACK_SHA256 },
	{ "sha-512", GCKS_ACK_SHA512 },
	{ "none", 0 },
	{ NULL, 0 },
};
static const struct statement_choice key_packets[] = {
	{ "once", KEY_PACKETS_ONCE },
	{ "reversed", KEY_PACKETS_REVERSED },
	{ "repeated", KEY_PACKETS_REPEATED },
	{ NULL, 0 },
};
static const struct statement_choice server_roles[] = {
	{ "root-server", GCKS_ROOT_SERVER },
	{ "sub-server", GCKS_SUB_SERVER },
	{ NULL, 0 },
};
const struct statement_choice gcks_answers[] = {
	{ "normal", GCKS_ANSWER_NORMAL },   { "silence", GCKS_ANSWER_SILENCE }, { "garbage", GCKS_ANSWER_GARBAGE },
	{ "refusal", GCKS_ANSWER_REFUSAL }, { "denial", GCKS_ANSWER_DENIAL },   { NULL, 0 },
};
static const struct statement_choice communications[] = { { "unicast", 1 }, { NULL, 0 } };

static const struct statement_schema gateway[] = {
	{ .name = "ike-policy", .flags = STATEMENT_MANDATORY, .type = TYPE_NAME },
	{ .name = "address", .flags = STATEMENT_MANDATORY, .type = TYPE_ADDRESS },
	{ .name = "local-address", .flags = STATEMENT_MANDATORY, .type = TYPE_ADDRESS },
	{ .name = "local-identity",
	  .kind = STATEMENT_BLOCK,
	  .flags = STATEMENT_ONE_OF,
	  .children = config_identity_schema },
	{ .name = "remote-identity",
	  .kind = STATEMENT_BLOCK,
	  .flags = STATEMENT_ONE_OF,
	  .children = config_identity_schema },
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
	  .limit = GCKS_GATEWAYS_MAX,
	  .children = config_ike_policy_schema },
	{ .name = "gateway",
	  .kind = STATEMENT_BLOCK,
	  .flags = STATEMENT_NAMED | STATEMENT_MANDATORY,
	  .limit = GCKS_GATEWAYS_MAX,
	  .children = gateway },
	IGNORE("traceoptions", "gcks logs to stderr"),
	END,
};

static const struct statement_schema proposal[] = {
	{ .name = "authentication-algorithm", .type = TYPE_CHOICE, .choices = esp_auths },
	{ .name = "encryption-algorithm", .flags = STATEMENT_MANDATORY, .type = TYPE_CHOICE, .choices = esp_ciphers },
	{ .name = "lifetime-seconds", LIFETIME },
	{ .name = "description", .type = TYPE_TEXT },
	END,
};

static const struct statement_schema ipsec[] = {
	{ .name = "proposal",
	  .kind = STATEMENT_BLOCK,
	  .flags = STATEMENT_NAMED | STATEMENT_MANDATORY,
	  .limit = CONFIG_IKE_NAMES_MAX,
	  .children = proposal },
	IGNORE("traceoptions", "gcks logs to stderr"),
	END,
};

static const struct statement_schema communication[] = {
	{ .name = "communication-type",
	  .alias = "communications-type",
	  .type = TYPE_CHOICE,
	  .choices = communications },
	{ .name = "encryption-algorithm", .flags = STATEMENT_MANDATORY, .type = TYPE_CHOICE, .choices = kek_ciphers },
	{ .name = "sig-hash-algorithm", .flags = STATEMENT_MANDATORY, .type = TYPE_CHOICE, .choices = sig_hashes },
	{ .name = "lifetime-seconds", LIFETIME },
	{ .name = "number-of-retransmission", .type = TYPE_NUMBER, .min = 0, .max = 60 },
	{ .name = "retransmission-period", .type = TYPE_NUMBER, .min = 2, .max = 60 },
	END,
};

static const struct statement_schema match_policy[] = {
	{ .name = "source", .flags = STATEMENT_MANDATORY, .type = TYPE_PREFIX },
	{ .name = "destination", .flags = STATEMENT_MANDATORY, .type = TYPE_PREFIX },
	{ .name = "protocol", .type = TYPE_PROTOCOL },
	{ .name = "source-port", .type = TYPE_PORTS },
	{ .name = "destination-port", .type = TYPE_PORTS },
	END,
};

static const struct statement_schema ipsec_sa[] = {
	{ .name = "proposal", .flags = STATEMENT_MANDATORY, .type = TYPE_NAME },
	{ .name = "match-policy",
	  .kind = STATEMENT_BLOCK,
	  .flags = STATEMENT_NAMED | STATEMENT_MANDATORY,
	  .limit = GCKS_MATCH_POLICIES_MAX,
	  .children = match_policy },
	END,
};

static const struct statement_schema group_test[] = {
	{ .name = "activation-delay", .type = TYPE_NUMBER, .min = 0, .max = UINT16_MAX },
	{ .name = "deactivation-delay", .type = TYPE_NUMBER, .min = 0, .max = UINT16_MAX },
	{ .name = "rekey-margin", .type = TYPE_NUMBER, .min = 1, .max = CONFIG_LIFETIME_MAX },
	{ .name = "tek-lifetime-seconds", .type = TYPE_NUMBER, .min = 2, .max = CONFIG_LIFETIME_MAX },
	{ .name = "tek-lifetime-kilobytes", .type = TYPE_NUMBER, .min = 64, .max = UINT32_MAX },
	{ .name = "spi-per-policy", .type = TYPE_FLAG },
	{ .name = "unusable-policy-first", .type = TYPE_FLAG },
	{ .name = "key-packets", .type = TYPE_CHOICE, .choices = key_packets },
	{ .name = "signature-algorithm", .type = TYPE_CHOICE, .choices = sig_algorithms },
	{ .name = "acknowledgement", .type = TYPE_CHOICE, .choices = acknowledgements },
	{ .name = "kek-lifetime-seconds", .type = TYPE_NUMBER, .min = 2, .max = CONFIG_LIFETIME_MAX },
	END,
};

static const struct statement_schema cluster[] = {
	{ .name = "server-role", .flags = STATEMENT_MANDATORY, .type = TYPE_CHOICE, .choices = server_roles },
	{ .name = "ike-gateway", .flags = STATEMENT_MANDATORY, .type = TYPE_NAME, .limit = GCKS_CLUSTER_GATEWAYS_MAX },
	{ .name = "retransmission-period", .type = TYPE_NUMBER, .min = 2, .max = 60 },
	END,
};

static const struct statement_schema group[] = {
	{ .name = "group-id", .flags = STATEMENT_MANDATORY, .type = TYPE_NUMBER, .min = 1, .max = UINT32_MAX },
	{ .name = "member-threshold", .type = TYPE_NUMBER, .min = 1, .max = UINT32_MAX },
	{ .name = "ike-gateway", .flags = STATEMENT_MANDATORY, .type = TYPE_NAME, .limit = GCKS_GATEWAYS_MAX },
	{ .name = "anti-replay-time-window", .type = TYPE_NUMBER, .min = 1, .max = 60000 },
	{ .name = "activation-time-delay", .type = TYPE_NUMBER, .min = 10, .max = 900 },
	{ .name = "server-member-communication", .kind = STATEMENT_BLOCK, .children = communication },
	{ .name = "ipsec-sa",
	  .kind = STATEMENT_BLOCK,
	  .flags = STATEMENT_NAMED | STATEMENT_MANDATORY,
	  .limit = GCKS_IPSEC_SAS_MAX,
	  .children = ipsec_sa },
	{ .name = "test", .kind = STATEMENT_BLOCK, .children = group_test },
	{ .name = "description", .type = TYPE_TEXT },
	{ .name = "server-cluster", .kind = STATEMENT_BLOCK, .children = cluster },
	END,
};

static const struct statement_schema server_test[] = {
	{ .name = "doi-only", .type = TYPE_NUMBER, .min = IKE_DOI_IPSEC, .max = IKE_DOI_GDOI },
	{ .name = "id-length-2", .type = TYPE_FLAG },
	{ .name = "answer", .type = TYPE_CHOICE, .choices = gcks_answers },
	END,
};

static const struct statement_schema server[] = {
	{ .name = "ike", .kind = STATEMENT_BLOCK, .flags = STATEMENT_MANDATORY, .children = ike },
	{ .name = "ipsec", .kind = STATEMENT_BLOCK, .flags = STATEMENT_MANDATORY, .children = ipsec },
	{ .name = "group",
	  .kind = STATEMENT_BLOCK,
	  .flags = STATEMENT_NAMED | STATEMENT_MANDATORY,
	  .limit = GCKS_GROUPS_MAX,
	  .children = group },
	{ .name = "test", .kind = STATEMENT_BLOCK, .children = server_test },
	IGNORE("traceoptions", "gcks logs to stderr"),
	END,
};

static const struct statement_schema group_vpn[] = {
	{ .name = "server", .kind = STATEMENT_BLOCK, .flags = STATEMENT_MANDATORY, .children = server },
	REFUSE("member",
	       "this is a member's configuration; gcks is a key server, and one host cannot be both; expected "
	       "security group-vpn server"),
	END,
};

#define ELSEWHERE "the host's own configuration says this"

static const struct statement_schema security[] = {
	{ .name = "group-vpn", .kind = STATEMENT_BLOCK, .flags = STATEMENT_MANDATORY, .children = group_vpn },
	IGNORE("zones", "a key server forwards nothing"),
	IGNORE("ipsec-policy", "a key server forwards nothing"),
	IGNORE("policies", "a key server forwards nothing"),
	IGNORE("address-book", "addresses are written out in match-policy"),
	IGNORE("screen", ELSEWHERE),
	IGNORE("flow", ELSEWHERE),
	IGNORE("log", ELSEWHERE),
	END,
};

static const struct statement_schema top[] = {
	{ .name = "security", .kind = STATEMENT_BLOCK, .flags = STATEMENT_MANDATORY, .children = security },
	IGNORE("version", "gcks has versions of its own"),
	IGNORE("system", ELSEWHERE),
	IGNORE("chassis", ELSEWHERE),
	IGNORE("interfaces", ELSEWHERE),
	IGNORE("snmp", ELSEWHERE),
	IGNORE("routing-options", ELSEWHERE),
	IGNORE("policy-options", ELSEWHERE),
	IGNORE("protocols", ELSEWHERE),
	END,
};

const struct statement_schema gcks_config_root = { .name = "", .kind = STATEMENT_BLOCK, .children = top };
const struct statement_schema gcks_config_selector = { .name = "", .kind = STATEMENT_BLOCK, .children = match_policy };
