/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/config/config.h"
#include "member/config/schema.h"

#define NAMES_MAX 4096 /* interfaces, and units of one, that a file may hold */

/* What else stands in a block: passed over, with one note at the top. */
#define OTHERS                                                                                                         \
	{                                                                                                              \
		.name = "(others)", .kind = STATEMENT_IGNORED, .flags = STATEMENT_ANY_NAME                             \
	}
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

static const struct statement_schema carried[] = {
	{ .name = "service-filter", .type = TYPE_NAME },
	END,
};

static const struct statement_schema way[] = {
	{ .name = "service-set",
	  .kind = STATEMENT_BLOCK,
	  .flags = STATEMENT_NAMED | STATEMENT_MANDATORY,
	  .limit = 8,
	  .children = carried },
	REFUSE("post-service-filter",
	       "packets are not filtered again after the service; expected service-filter of the service-set"),
	END,
};

static const struct statement_schema service[] = {
	{ .name = "input", .kind = STATEMENT_BLOCK, .children = way },
	{ .name = "output", .kind = STATEMENT_BLOCK, .children = way },
	END,
};

static const struct statement_schema inet[] = {
	{ .name = "service", .kind = STATEMENT_BLOCK, .children = service },
	OTHERS,
	END,
};

static const struct statement_schema family[] = {
	{ .name = "inet", .kind = STATEMENT_BLOCK, .children = inet },
	{ .name = "inet6", .kind = STATEMENT_IGNORED },
	OTHERS,
	END,
};

static const struct statement_schema unit[] = {
	{ .name = "family", .kind = STATEMENT_BLOCK, .children = family },
	OTHERS,
	END,
};

static const struct statement_schema interface[] = {
	{ .name = "unit", .kind = STATEMENT_BLOCK, .flags = STATEMENT_NAMED, .limit = NAMES_MAX, .children = unit },
	OTHERS,
	END,
};

/* Any name will do, as Junos writes it, for an interface that carries no service-set. */
const struct statement_schema config_interfaces_schema[] = {
	{ .name = "interface",
	  .kind = STATEMENT_BLOCK,
	  .type = TYPE_NAME,
	  .flags = STATEMENT_ANY_NAME,
	  .limit = NAMES_MAX,
	  .children = interface },
	END,
};

static const struct statement_schema interface_service[] = {
	{ .name = "service-interface", .flags = STATEMENT_MANDATORY, .type = TYPE_NAME },
	OTHERS,
	END,
};

static const struct statement_schema service_set[] = {
	{ .name = "interface-service", .kind = STATEMENT_BLOCK, .children = interface_service },
	{ .name = "ipsec-group-vpn", .type = TYPE_NAME },
	IGNORE("next-hop-service", "gvpnd takes what an interface carries, with interface-service"),
	OTHERS,
	END,
};

const struct statement_schema config_services_schema[] = {
	{ .name = "service-set",
	  .kind = STATEMENT_BLOCK,
	  .flags = STATEMENT_NAMED,
	  .limit = CONFIG_SERVICES_MAX,
	  .children = service_set },
	OTHERS,
	END,
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
	END,
};

#define COUNTED "gvpnd counts and logs by itself"

static const struct statement_schema then[] = {
	{ .name = "service", .type = TYPE_FLAG },
	{ .name = "skip", .type = TYPE_FLAG },
	REFUSE("service-set", "the interface names the service-set; expected service or skip"),
	REFUSE("accept", "this is no action of a service-filter; expected service or skip"),
	REFUSE("discard", "this is no action of a service-filter; expected service or skip"),
	IGNORE("count", COUNTED),
	IGNORE("log", COUNTED),
	IGNORE("sample", COUNTED),
	IGNORE("port-mirror", COUNTED),
	END,
};

static const struct statement_schema term[] = {
	{ .name = "from", .kind = STATEMENT_BLOCK, .children = from },
	{ .name = "then", .kind = STATEMENT_BLOCK, .flags = STATEMENT_MANDATORY, .children = then },
	END,
};

static const struct statement_schema filter[] = {
	{ .name = "term",
	  .kind = STATEMENT_BLOCK,
	  .flags = STATEMENT_NAMED | STATEMENT_MANDATORY,
	  .limit = CONFIG_TERMS_MAX,
	  .children = term },
	END,
};

static const struct statement_schema firewall_inet[] = {
	{ .name = "service-filter",
	  .kind = STATEMENT_BLOCK,
	  .flags = STATEMENT_NAMED,
	  .limit = CONFIG_SERVICES_MAX,
	  .children = filter },
	OTHERS,
	END,
};

static const struct statement_schema firewall_family[] = {
	{ .name = "inet", .kind = STATEMENT_BLOCK, .children = firewall_inet },
	{ .name = "inet6", .kind = STATEMENT_IGNORED },
	OTHERS,
	END,
};

const struct statement_schema config_firewall_schema[] = {
	{ .name = "family", .kind = STATEMENT_BLOCK, .children = firewall_family },
	OTHERS,
	END,
};
