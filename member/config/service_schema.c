/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/config/config.h"
#include "member/config/schema.h"

#define NAMES_MAX 4096 /* interfaces, and units of one, that a file may hold */

/* Any other statement of a block: passed over, with one note at the top. */
#define OTHERS                                                                                                         \
	{                                                                                                              \
		.name = "(others)", .kind = STATEMENT_IGNORED, .flags = STATEMENT_ANY_NAME                             \
	}

static const struct statement_schema carried[] = {
	{ .name = "service-filter", .type = TYPE_NAME },
	SCHEMA_END,
};

static const struct statement_schema way[] = {
	SCHEMA_NAMED_BLOCKS("service-set", STATEMENT_MANDATORY, 8, carried),
	SCHEMA_REFUSED("post-service-filter",
		       "packets are not filtered again after the service; expected service-filter of the service-set"),
	SCHEMA_END,
};

static const struct statement_schema service[] = {
	SCHEMA_BLOCK("input", 0, way),
	SCHEMA_BLOCK("output", 0, way),
	SCHEMA_END,
};

static const struct statement_schema inet[] = {
	SCHEMA_BLOCK("service", 0, service),
	OTHERS,
	SCHEMA_END,
};

static const struct statement_schema family[] = {
	SCHEMA_BLOCK("inet", 0, inet),
	{ .name = "inet6", .kind = STATEMENT_IGNORED },
	OTHERS,
	SCHEMA_END,
};

static const struct statement_schema unit[] = {
	SCHEMA_BLOCK("family", 0, family),
	OTHERS,
	SCHEMA_END,
};

static const struct statement_schema interface[] = {
	SCHEMA_NAMED_BLOCKS("unit", 0, NAMES_MAX, unit),
	OTHERS,
	SCHEMA_END,
};

/* Any name will do, as Junos writes it, for an interface that carries no service-set. */
const struct statement_schema config_interfaces_schema[] = {
	{ .name = "interface",
	  .kind = STATEMENT_BLOCK,
	  .type = TYPE_NAME,
	  .flags = STATEMENT_ANY_NAME,
	  .limit = NAMES_MAX,
	  .children = interface },
	SCHEMA_END,
};

static const struct statement_schema interface_service[] = {
	{ .name = "service-interface", .flags = STATEMENT_MANDATORY, .type = TYPE_NAME },
	OTHERS,
	SCHEMA_END,
};

static const struct statement_schema service_set[] = {
	SCHEMA_BLOCK("interface-service", 0, interface_service),
	{ .name = "ipsec-group-vpn", .type = TYPE_NAME },
	SCHEMA_IGNORED("next-hop-service", "gvpnd takes what an interface carries, with interface-service"),
	OTHERS,
	SCHEMA_END,
};

const struct statement_schema config_services_schema[] = {
	SCHEMA_NAMED_BLOCKS("service-set", 0, CONFIG_SERVICES_MAX, service_set),
	OTHERS,
	SCHEMA_END,
};

/* A condition that is not known must not be left out: it would change what is protected. */
static const struct statement_schema from[] = {
	{ .name = "source-address", .type = TYPE_PREFIX, .flags = STATEMENT_VALUE_BLOCK, .limit = CONFIG_TERMS_MAX },
	{ .name = "destination-address",
	  .type = TYPE_PREFIX,
	  .flags = STATEMENT_VALUE_BLOCK,
	  .limit = CONFIG_TERMS_MAX },
	{ .name = "protocol", .type = TYPE_PROTOCOL, .limit = CONFIG_TERMS_MAX },
	{ .name = "source-port", .type = TYPE_PORTS, .limit = CONFIG_TERMS_MAX },
	{ .name = "destination-port", .type = TYPE_PORTS, .limit = CONFIG_TERMS_MAX },
	SCHEMA_END,
};

#define COUNTED "gvpnd counts and logs by itself"

static const struct statement_schema then[] = {
	{ .name = "service", .type = TYPE_FLAG },
	{ .name = "skip", .type = TYPE_FLAG },
	SCHEMA_REFUSED("service-set", "the interface names the service-set; expected service or skip"),
	SCHEMA_REFUSED("accept", "this is no action of a service-filter; expected service or skip"),
	SCHEMA_REFUSED("discard", "this is no action of a service-filter; expected service or skip"),
	SCHEMA_IGNORED("count", COUNTED),
	SCHEMA_IGNORED("log", COUNTED),
	SCHEMA_IGNORED("sample", COUNTED),
	SCHEMA_IGNORED("port-mirror", COUNTED),
	SCHEMA_END,
};

static const struct statement_schema term[] = {
	SCHEMA_BLOCK("from", 0, from),
	SCHEMA_BLOCK("then", STATEMENT_MANDATORY, then),
	SCHEMA_END,
};

static const struct statement_schema filter[] = {
	SCHEMA_NAMED_BLOCKS("term", STATEMENT_MANDATORY, CONFIG_TERMS_MAX, term),
	SCHEMA_END,
};

static const struct statement_schema firewall_inet[] = {
	SCHEMA_NAMED_BLOCKS("service-filter", 0, CONFIG_SERVICES_MAX, filter),
	OTHERS,
	SCHEMA_END,
};

static const struct statement_schema firewall_family[] = {
	SCHEMA_BLOCK("inet", 0, firewall_inet),
	{ .name = "inet6", .kind = STATEMENT_IGNORED },
	OTHERS,
	SCHEMA_END,
};

const struct statement_schema config_firewall_schema[] = {
	SCHEMA_BLOCK("family", 0, firewall_family),
	OTHERS,
	SCHEMA_END,
};
