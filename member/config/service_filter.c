/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "lib/selector.h"
#include "member/config/service.h"

/* A statement's values, or the one that matches everything. */
struct values {
	const struct statement_value *list;
	size_t n;
};

static struct values values_of(const struct statement *from, const char *keyword, const struct statement_value *any)
{
	const struct statement *leaf = statement_child(from, keyword);

	return leaf ? (struct values){ leaf->values, leaf->n_values } : (struct values){ any, 1 };
}

static int check_ports(struct statements *s, const struct statement *from, struct values protocols)
{
	const struct statement *port = statement_child(from, "source-port");

	if (!port)
		port = statement_child(from, "destination-port");
	for (size_t i = 0; port && i < protocols.n; i++) {
		if (!protocol_has_ports((uint8_t)protocols.list[i].number))
			return statement_fail(s, port, NULL,
					      "a port beside a protocol without ports; expected protocol tcp, udp, "
					      "dccp, sctp or udplite in this term, and none else");
	}
	return 0;
}

static int check_term(struct statements *s, const struct statement *term)
{
	const struct statement *then = statement_child(term, "then"), *from = statement_child(term, "from");
	const struct statement *service = statement_child(then, "service"), *skip = statement_child(then, "skip");

	if (from && !from->child)
		return statement_fail(s, from, NULL,
				      "has no conditions; expected source-address, destination-address, protocol or a "
				      "port in it, or no from in a term that matches everything");
	if (service && skip)
		return statement_fail(s, then, service->keyword, "'service' beside 'skip'; expected one of the two");
	if (!service && !skip)
		return statement_fail(s, then, NULL,
				      "says neither service nor skip; expected one of the two in this block");
	return 0;
}

static int add_entry(struct config_term ret[static CONFIG_TERMS_MAX], size_t *n, struct statements *s,
		     const struct statement *term, const struct selector *sel)
{
	struct config_term *t;

	if (*n == CONFIG_TERMS_MAX)
		return statement_fail(s, term, NULL,
				      "more than %d entries in this service-filter, where each combination of "
				      "addresses, protocols and ports of a term is one; expected larger prefixes or "
				      "fewer terms",
				      CONFIG_TERMS_MAX);
	t = &ret[(*n)++];
	*t = (struct config_term){
		.service = statement_child(statement_child(term, "then"), "service") != NULL,
		.sel = *sel,
	};
	snprintf(t->name, sizeof(t->name), "%s", term->name->text);
	return 0;
}

/* The lists as digits of a number: the last counts fastest. */
static bool next_combination(size_t at[5], const struct values lists[5])
{
	for (size_t i = 5; i-- > 0;) {
		if (++at[i] < lists[i].n)
			return true;
		at[i] = 0;
	}
	return false;
}

static int read_term(struct config_term ret[static CONFIG_TERMS_MAX], size_t *n, struct statements *s,
		     const struct statement *term)
{
	static const struct statement_value any = { .ports = { 0, UINT16_MAX } };
	const struct statement *from = statement_child(term, "from");
	const struct values lists[5] = {
		values_of(from, "source-address", &any),   values_of(from, "destination-address", &any),
		values_of(from, "protocol", &any),         values_of(from, "source-port", &any),
		values_of(from, "destination-port", &any),
	};
	size_t at[5] = { 0 };
	int r = check_term(s, term);

	if (r >= 0)
		r = check_ports(s, from, lists[2]);
	if (r < 0)
		return r;
	do {
		struct selector sel = {
			.src = lists[0].list[at[0]].prefix,
			.dst = lists[1].list[at[1]].prefix,
			.protocol = (uint8_t)lists[2].list[at[2]].number,
			.sport = lists[3].list[at[3]].ports,
			.dport = lists[4].list[at[4]].ports,
		};

		r = add_entry(ret, n, s, term, &sel);
	} while (r >= 0 && next_combination(at, lists));
	return r;
}

int config_filter_read(struct config_term ret[static CONFIG_TERMS_MAX], struct statements *s,
		       const struct statement *filter)
{
	size_t n = 0;
	int r = 0;

	for (const struct statement *t = statement_child(filter, "term"); t && r >= 0; t = statement_next(t))
		r = read_term(ret, &n, s, t);
	return r < 0 ? r : (int)n;
}
