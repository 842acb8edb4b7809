/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/import/notes.h"

#include "lib/selector.h"

#include <arpa/inet.h>

void import_addresses_add(struct import_addresses *a, const char *text)
{
	char plain[INET_ADDRSTRLEN];
	size_t len = strcspn(text, "/");
	struct in_addr in;

	if (len >= sizeof(plain) || a->n == IMPORT_ADDRESSES_MAX)
		return;
	memcpy(plain, text, len);
	plain[len] = '\0';
	if (inet_pton(AF_INET, plain, &in) == 1)
		a->list[a->n++] = ntohl(in.s_addr);
}

static bool has(const struct import_addresses *a, uint32_t address)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->list[i] == address)
			return true;
	return false;
}

/* The guide's GM-0002: an interface's address was copied from another member. */
static void note_gateways(FILE *report, const struct config *c, const struct import_addresses *a)
{
	char local[ADDRESS_TEXT_MAX];

	for (size_t i = 0; a->n > 0 && i < c->n_gateways; i++)
		if (!has(a, c->gateways[i].local_address))
			fprintf(report,
				"note: gateway %s: no interface in this file has its local-address %s; this host "
				"must have it, and the key server must know it\n",
				c->gateways[i].name, address_format(c->gateways[i].local_address, local));
}

static bool skips(const struct config_term *terms, size_t n, uint32_t server)
{
	for (size_t i = 0; i < n; i++)
		if (!terms[i].service && prefix_covers(terms[i].sel.dst, server))
			return true;
	return false;
}

static void note_terms(FILE *report, const struct config_service *s, const char *filter,
		       const struct config_term *terms, size_t n)
{
	char text[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < n; i++)
		if (terms[i].sel.src.len == 32 && terms[i].sel.dst.len == 32 &&
		    terms[i].sel.src.addr == terms[i].sel.dst.addr)
			fprintf(report,
				"note: service-set %s: term %s of service-filter %s speaks of packets from %s to "
				"itself, of "
				"which there are none\n",
				s->name, terms[i].name, filter, address_format(terms[i].sel.src.addr, text));
}

/* The guide's MX members: a term that names the server as both ends, and servers that are others. */
static void note_services(FILE *report, const struct config *c)
{
	for (size_t i = 0; i < c->n_services; i++) {
		const struct config_service *s = &c->services[i];
		const struct config_gateway *g = &c->gateways[c->vpns[s->vpn].gateway];
		char text[ADDRESS_TEXT_MAX];

		note_terms(report, s, s->output_filter, s->output, s->n_output);
		if (strcmp(s->input_filter, s->output_filter) != 0)
			note_terms(report, s, s->input_filter, s->input, s->n_input);
		for (size_t j = 0; s->output_filter[0] && j < g->n_servers; j++)
			if (!skips(s->output, s->n_output, g->servers[j]))
				fprintf(report,
					"note: service-set %s: no term of service-filter %s skips the key server %s; "
					"gvpnd lets its own exchange with it pass all the same\n",
					s->name, s->output_filter, address_format(g->servers[j], text));
	}
}

void import_notes(FILE *report, const struct config *c, const struct import_addresses *a)
{
	note_gateways(report, c, a);
	note_services(report, c);
}
