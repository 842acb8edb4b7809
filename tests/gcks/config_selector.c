/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/gcks/config_selector.h"

#include <stdio.h>

#include "lib/selector.h"
#include "tests/gcks/config.h"
#include "tests/gcks/config_schema.h"

static struct port_range read_ports(const struct statement *block, const char *keyword)
{
	const struct statement_value *v = statement_value(block, keyword);

	return v ? v->ports : (struct port_range){ 0, UINT16_MAX };
}

int gcks_selector_read(struct selector *ret, struct statements *s, const struct statement *block)
{
	const struct statement *port = statement_child(block, "source-port");
	struct selector sel = {
		.src = statement_value(block, "source")->prefix,
		.dst = statement_value(block, "destination")->prefix,
		.protocol = (uint8_t)statement_number(block, "protocol", 0),
		.sport = read_ports(block, "source-port"),
		.dport = read_ports(block, "destination-port"),
	};

	if (!port)
		port = statement_child(block, "destination-port");
	if ((!port_any(sel.sport) || !port_any(sel.dport)) && !protocol_has_ports(sel.protocol))
		return statement_fail(s, port, NULL,
				      "a port without a protocol that has ports; expected protocol tcp, "
				      "udp, dccp, sctp or udplite in this match-policy");
	*ret = sel;
	return 0;
}

int gcks_selector_parse(struct selector *ret, const char *text, struct config_error *err)
{
	_cleanup_(junos_freep) struct junos *j = NULL;
	_cleanup_(statements_freep) struct statements *s = NULL;
	struct config_error why = { .text = "out of memory" };
	int r = junos_parse(&j, "policy", text, strlen(text), &why);

	if (r >= 0)
		r = statements_read(&s, j, &gcks_config_selector, &why);
	if (r >= 0)
		r = gcks_selector_read(ret, s, statements_root(s));
	if (r < 0)
		snprintf(err->text, sizeof(err->text), "%s", why.text);
	return r;
}
