/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <sys/types.h>

#include "lib/selector.h"
#include "member/config/reading.h"
#include "member/config/schema.h"

/* A port stands at one end only; the other end of such a connection has any. */
#define APPLICATION(protocol, port) ((uint32_t)(protocol) << 16 | (uint32_t)(port))

/* Beside Junos' own names.  Port 0: the application is the protocol, without a port. */
const struct statement_choice config_applications[] = {
	{ "bgp", APPLICATION(6, 179) },
	{ "junos-bgp", APPLICATION(6, 179) },
	{ "ospf", APPLICATION(89, 0) },
	{ "junos-ospf", APPLICATION(89, 0) },
	{ "rip", APPLICATION(17, 520) },
	{ "junos-rip", APPLICATION(17, 520) },
	{ "bfd", APPLICATION(17, 3784) },
	{ "eigrp", APPLICATION(88, 0) },
	{ "pim", APPLICATION(103, 0) },
	{ "igmp", APPLICATION(2, 0) },
	{ "rsvp", APPLICATION(46, 0) },
	{ "vrrp", APPLICATION(112, 0) },
	{ "icmp", APPLICATION(1, 0) },
	{ "junos-icmp-all", APPLICATION(1, 0) },
	{ "ssh", APPLICATION(6, 22) },
	{ "junos-ssh", APPLICATION(6, 22) },
	{ "ntp", APPLICATION(17, 123) },
	{ "junos-ntp", APPLICATION(17, 123) },
	{ "snmp", APPLICATION(17, 161) },
	{ "syslog", APPLICATION(17, 514) },
	{ "junos-syslog", APPLICATION(17, 514) },
	{ "dns-udp", APPLICATION(17, 53) },
	{ "junos-dns-udp", APPLICATION(17, 53) },
	{ "dns-tcp", APPLICATION(6, 53) },
	{ "junos-dns-tcp", APPLICATION(6, 53) },
	{ "radius", APPLICATION(17, 1812) },
	{ "junos-radius", APPLICATION(17, 1812) },
	{ "tacacs", APPLICATION(6, 49) },
	{ "ike", APPLICATION(17, 500) },
	{ "junos-ike", APPLICATION(17, 500) },
	{ "gdoi", APPLICATION(17, GDOI_PORT) },
	{ "any", APPLICATION(0, 0) },
	{ NULL, 0 },
};

static int check_rule(struct statements *s, const struct statement *rule, const struct selector *sel)
{
	const struct statement *application = statement_child(rule, "application");
	const struct statement *port = statement_child(rule, "source-port");

	if (!rule->child)
		return statement_fault(s, CONFIG_FAULT_LACKING, rule, NULL,
				       "matches everything, for it names nothing; expected source-address, "
				       "destination-address, protocol, a port or application");
	if (application && statement_child(rule, "protocol"))
		return statement_fail(s, application, NULL, "beside protocol; expected one of the two");
	if (!port)
		port = statement_child(rule, "destination-port");
	if (application && port)
		return statement_fail(s, port, NULL, "beside application; expected one of the two");
	if (port && !protocol_has_ports(sel->protocol))
		return statement_fail(s, port, NULL,
				      "a port without a protocol that has ports; expected protocol tcp, udp, "
				      "dccp, sctp or udplite in this rule");
	return 0;
}

static struct ip_prefix rule_prefix(const struct statement *rule, const char *keyword)
{
	const struct statement_value *v = statement_value(rule, keyword);

	return v ? v->prefix : (struct ip_prefix){ 0 };
}

static struct port_range rule_ports(const struct statement *rule, const char *keyword)
{
	const struct statement_value *v = statement_value(rule, keyword);

	return v ? v->ports : (struct port_range){ 0, UINT16_MAX };
}

/* One entry, or two: a connection's packets have the application's port at either end, as one side or the other opened
 * it. */
static size_t read_rule(struct config_rule ret[static 2], const struct statement *rule)
{
	const struct statement_value *application = statement_value(rule, "application");
	struct config_rule r = { 0 };
	uint16_t port;

	snprintf(r.name, sizeof(r.name), "%s", rule->name->text);
	r.sel = (struct selector){
		.src = rule_prefix(rule, "source-address"),
		.dst = rule_prefix(rule, "destination-address"),
		.protocol = (uint8_t)statement_number(rule, "protocol", 0),
		.sport = rule_ports(rule, "source-port"),
		.dport = rule_ports(rule, "destination-port"),
	};
	ret[0] = r;
	if (!application)
		return 1;
	snprintf(r.application, sizeof(r.application), "%s", application->word->text);
	r.sel.protocol = (uint8_t)(application->number >> 16);
	port = (uint16_t)application->number;
	ret[0] = ret[1] = r;
	if (port == 0)
		return 1;
	ret[0].sel.dport = ret[1].sel.sport = (struct port_range){ port, port };
	return 2;
}

ssize_t config_rules_read(struct config_rule ret[static CONFIG_RULES_MAX], struct statements *s,
			  const struct statement *block)
{
	size_t n = 0;
	int r;

	for (const struct statement *rule = statement_child(block, "rule"); rule; rule = statement_next(rule)) {
		size_t added;

		if (n + 2 > CONFIG_RULES_MAX)
			return -EINVAL; /* the schema's limit has said so already */
		added = read_rule(&ret[n], rule);
		r = check_rule(s, rule, &ret[n].sel);
		if (r < 0)
			return r;
		n += added;
	}
	return (ssize_t)n;
}
