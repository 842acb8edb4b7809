/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/config_schema.h"

#include "member/config/ike.h"
#include "tests/gcks/config.h"
#include "tests/gcks/group.h"

#define LIFETIME .type = TYPE_NUMBER, .min = CONFIG_LIFETIME_MIN, .max = CONFIG_LIFETIME_MAX

static const struct statement_choice esp_auths[] = {
#define X(id, wire, octets, bits, kernel, junos, shown, server) { junos, id },
	AUTHS(X)
#undef X
		{ NULL, 0 },
};
#define CBC(id, octets, openssl, junos, shown, kek) { junos, id },
#define COUNTER(id, transform, octets, icv, kernel, junos, shown) { junos, id },
static const struct statement_choice esp_ciphers[] = { CIPHERS_CBC(CBC) CIPHERS_COUNTER(COUNTER){ NULL, 0 } };
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
static const struct statement_choice sender_ids_used_up[] = {
	{ "replace-keys", 0 },
	{ "refuse", 1 },
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
	CONFIG_IDENTITY("local-identity"),
	CONFIG_IDENTITY("remote-identity"),
	{ .name = "description", .type = TYPE_TEXT },
	SCHEMA_END,
};

static const struct statement_schema ike[] = {
	CONFIG_IKE_BLOCKS(GCKS_GATEWAYS_MAX, GCKS_GATEWAYS_MAX, gateway),
	SCHEMA_IGNORED("traceoptions", "gcks logs to stderr"),
	SCHEMA_END,
};

static const struct statement_schema proposal[] = {
	{ .name = "authentication-algorithm", .type = TYPE_CHOICE, .choices = esp_auths },
	{ .name = "encryption-algorithm", .flags = STATEMENT_MANDATORY, .type = TYPE_CHOICE, .choices = esp_ciphers },
	{ .name = "lifetime-seconds", LIFETIME },
	{ .name = "description", .type = TYPE_TEXT },
	SCHEMA_END,
};

static const struct statement_schema ipsec[] = {
	SCHEMA_NAMED_BLOCKS("proposal", STATEMENT_MANDATORY, CONFIG_IKE_NAMES_MAX, proposal),
	SCHEMA_IGNORED("traceoptions", "gcks logs to stderr"),
	SCHEMA_END,
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
	SCHEMA_END,
};

static const struct statement_schema match_policy[] = {
	{ .name = "source", .flags = STATEMENT_MANDATORY, .type = TYPE_PREFIX },
	{ .name = "destination", .flags = STATEMENT_MANDATORY, .type = TYPE_PREFIX },
	{ .name = "protocol", .type = TYPE_PROTOCOL },
	{ .name = "source-port", .type = TYPE_PORTS },
	{ .name = "destination-port", .type = TYPE_PORTS },
	SCHEMA_END,
};

static const struct statement_schema ipsec_sa[] = {
	{ .name = "proposal", .flags = STATEMENT_MANDATORY, .type = TYPE_NAME },
	SCHEMA_NAMED_BLOCKS("match-policy", STATEMENT_MANDATORY, GCKS_MATCH_POLICIES_MAX, match_policy),
	SCHEMA_END,
};

static const struct statement_schema group_test[] = {
	{ .name = "activation-delay", .type = TYPE_NUMBER, .min = 0, .max = UINT16_MAX },
	{ .name = "deactivation-delay", .type = TYPE_NUMBER, .min = 0, .max = UINT16_MAX },
	{ .name = "rekey-margin", .type = TYPE_NUMBER, .min = 1, .max = CONFIG_LIFETIME_MAX },
	{ .name = "tek-lifetime-seconds", .type = TYPE_NUMBER, .min = 2, .max = CONFIG_LIFETIME_MAX },
	{ .name = "tek-lifetime-kilobytes", .type = TYPE_NUMBER, .min = 64, .max = UINT32_MAX },
	{ .name = "spi-per-policy", .type = TYPE_FLAG },
	{ .name = "d3p-type", .type = TYPE_NUMBER, .min = 1, .max = UINT16_MAX },
	{ .name = "unusable-policy-first", .type = TYPE_FLAG },
	{ .name = "key-packets", .type = TYPE_CHOICE, .choices = key_packets },
	{ .name = "sender-id-bits", .type = TYPE_NUMBER, .min = 1, .max = SID_BITS_MAX },
	{ .name = "sender-ids-used-up", .type = TYPE_CHOICE, .choices = sender_ids_used_up },
	{ .name = "signature-algorithm", .type = TYPE_CHOICE, .choices = sig_algorithms },
	{ .name = "acknowledgement", .type = TYPE_CHOICE, .choices = acknowledgements },
	{ .name = "kek-lifetime-seconds", .type = TYPE_NUMBER, .min = 2, .max = CONFIG_LIFETIME_MAX },
	SCHEMA_END,
};

static const struct statement_schema cluster[] = {
	{ .name = "server-role", .flags = STATEMENT_MANDATORY, .type = TYPE_CHOICE, .choices = server_roles },
	{ .name = "ike-gateway", .flags = STATEMENT_MANDATORY, .type = TYPE_NAME, .limit = GCKS_CLUSTER_GATEWAYS_MAX },
	{ .name = "retransmission-period", .type = TYPE_NUMBER, .min = 2, .max = 60 },
	SCHEMA_END,
};

static const struct statement_schema group[] = {
	{ .name = "group-id", .flags = STATEMENT_MANDATORY, .type = TYPE_NUMBER, .min = 1, .max = UINT32_MAX },
	{ .name = "member-threshold", .type = TYPE_NUMBER, .min = 1, .max = UINT32_MAX },
	{ .name = "ike-gateway", .flags = STATEMENT_MANDATORY, .type = TYPE_NAME, .limit = GCKS_GATEWAYS_MAX },
	CONFIG_ANTI_REPLAY,
	CONFIG_D3P_NUMBERS,
	{ .name = "activation-time-delay", .type = TYPE_NUMBER, .min = 10, .max = 900 },
	SCHEMA_BLOCK("server-member-communication", 0, communication),
	SCHEMA_NAMED_BLOCKS("ipsec-sa", STATEMENT_MANDATORY, GCKS_IPSEC_SAS_MAX, ipsec_sa),
	SCHEMA_BLOCK("test", 0, group_test),
	{ .name = "description", .type = TYPE_TEXT },
	SCHEMA_BLOCK("server-cluster", 0, cluster),
	SCHEMA_END,
};

static const struct statement_schema server_test[] = {
	{ .name = "doi-only", .type = TYPE_NUMBER, .min = IKE_DOI_IPSEC, .max = IKE_DOI_GDOI },
	{ .name = "id-length-2", .type = TYPE_FLAG },
	{ .name = "answer", .type = TYPE_CHOICE, .choices = gcks_answers },
	SCHEMA_END,
};

static const struct statement_schema server[] = {
	SCHEMA_BLOCK("ike", STATEMENT_MANDATORY, ike),
	SCHEMA_BLOCK("ipsec", STATEMENT_MANDATORY, ipsec),
	SCHEMA_NAMED_BLOCKS("group", STATEMENT_MANDATORY, GCKS_GROUPS_MAX, group),
	SCHEMA_BLOCK("test", 0, server_test),
	SCHEMA_IGNORED("traceoptions", "gcks logs to stderr"),
	SCHEMA_END,
};

static const struct statement_schema group_vpn[] = {
	SCHEMA_BLOCK("server", STATEMENT_MANDATORY, server),
	SCHEMA_REFUSED("member",
		       "this is a member's configuration; gcks is a key server, and one host cannot be both; expected "
		       "security group-vpn server"),
	SCHEMA_END,
};

#define ELSEWHERE "the host's own configuration says this"

static const struct statement_schema security[] = {
	SCHEMA_BLOCK("group-vpn", STATEMENT_MANDATORY, group_vpn),
	SCHEMA_IGNORED("zones", "a key server forwards nothing"),
	SCHEMA_IGNORED("ipsec-policy", "a key server forwards nothing"),
	SCHEMA_IGNORED("policies", "a key server forwards nothing"),
	SCHEMA_IGNORED("address-book", "addresses are written out in match-policy"),
	SCHEMA_IGNORED("screen", ELSEWHERE),
	SCHEMA_IGNORED("flow", ELSEWHERE),
	SCHEMA_IGNORED("log", ELSEWHERE),
	SCHEMA_END,
};

static const struct statement_schema top[] = {
	SCHEMA_BLOCK("security", STATEMENT_MANDATORY, security),
	SCHEMA_IGNORED("version", "gcks has versions of its own"),
	SCHEMA_IGNORED("system", ELSEWHERE),
	SCHEMA_IGNORED("chassis", ELSEWHERE),
	SCHEMA_IGNORED("interfaces", ELSEWHERE),
	SCHEMA_IGNORED("snmp", ELSEWHERE),
	SCHEMA_IGNORED("routing-options", ELSEWHERE),
	SCHEMA_IGNORED("policy-options", ELSEWHERE),
	SCHEMA_IGNORED("protocols", ELSEWHERE),
	SCHEMA_END,
};

const struct statement_schema gcks_config_root = { .name = "", .kind = STATEMENT_BLOCK, .children = top };
const struct statement_schema gcks_config_selector = { .name = "", .kind = STATEMENT_BLOCK, .children = match_policy };
