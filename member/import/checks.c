/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/import/checks.h"

#include "lib/gvpn.h"
#include "lib/selector.h"

#include <arpa/inet.h>

static void add_address(struct import_addresses *a, const char *text)
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

static bool word_is(const struct junos_word *w, const char *text)
{
	return strcmp(w->text, text) == 0;
}

static void add_name(struct import_checks *f, const struct junos_word **list, size_t *n, const struct junos_word *w)
{
	for (size_t i = 0; i < *n; i++)
		if (word_is(list[i], w->text))
			return;
	f->overflow |= *n == IMPORT_CHECKS_MAX;
	if (*n < IMPORT_CHECKS_MAX)
		list[(*n)++] = w;
}

void import_checks_take(struct import_checks *f, const struct junos_word *const *words, size_t n)
{
	if (n >= 8 && word_is(words[0], "interfaces") && word_is(words[5], "inet") && word_is(words[6], "address"))
		add_address(&f->addresses, words[7]->text);
	if (n >= 4 && word_is(words[0], "services") && word_is(words[1], "service-set")) {
		if (word_is(words[3], "next-hop-service"))
			add_name(f, f->next_hops, &f->n_next_hops, words[2]);
		else if (word_is(words[3], "ipsec-group-vpn"))
			add_name(f, f->vpns, &f->n_vpns, words[2]);
	}
	if (n >= 7 && word_is(words[1], "group-vpn") && word_is(words[2], "server") && word_is(words[3], "group") &&
	    word_is(words[5], "anti-replay-time-window") && f->n_windows < IMPORT_CHECKS_MAX) {
		f->windows[f->n_windows].group = words[4];
		f->windows[f->n_windows++].window = words[6];
	}
	if (n >= 4 && word_is(words[0], "routing-instances") && word_is(words[2], "interface") &&
	    f->n_instances < IMPORT_CHECKS_MAX) {
		f->instances[f->n_instances].instance = words[1];
		f->instances[f->n_instances++].interface = words[3];
	}
}

/* Another instance has other routes and perhaps the same addresses; the host's VRFs are not looked at. */
static void note_instances(const struct import_checks *f, const struct import_interfaces *interfaces, FILE *report)
{
	for (size_t i = 0; i < f->n_instances; i++) {
		const char *name = f->instances[i].interface->text;
		const char *here = import_interface_find(interfaces, name, NULL);

		if (here)
			fprintf(report,
				"note: %s is in routing-instance %s on the device; gvpnd uses this host's main routing "
				"table: %s must reach the key servers and members by that\n",
				name, f->instances[i].instance->text, here);
	}
}

/* What is left out with the key server's configuration binds its members. */
static void note_windows(const struct import_checks *f, FILE *report)
{
	for (size_t i = 0; i < f->n_windows; i++)
		fprintf(report,
			"note: the key server's group %s has anti-replay-time-window %s: its members stamp their "
			"packets "
			"with the time (D3P); if this member does not learn of it from the server, say "
			"anti-replay-time-window in the vpn\n",
			f->windows[i].group->text, f->windows[i].window->text);
}

bool import_checks_incomplete(const struct import_checks *f, const struct import_interfaces *interfaces, FILE *report)
{
	bool whole = true;

	note_instances(f, interfaces, report);
	note_windows(f, report);
	if (f->overflow) {
		whole = false;
		fprintf(report,
			"incomplete: there are more than %d service-sets of one kind, which is more than is "
			"looked at\n",
			IMPORT_CHECKS_MAX);
	}
	for (size_t i = 0; i < f->n_next_hops; i++)
		for (size_t j = 0; j < f->n_vpns; j++) {
			if (!word_is(f->vpns[j], f->next_hops[i]->text))
				continue;
			whole = false;
			fprintf(report,
				"incomplete: service-set %s has next-hop-service: gvpnd takes what an interface "
				"carries; use interface-service on the device first, or write the interface's "
				"service-set and service-filter by hand\n",
				f->vpns[j]->text);
		}
	return whole;
}

/* --- what is odd --- */

static bool has_address(const struct import_addresses *a, uint32_t address)
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
		if (!has_address(a, c->gateways[i].local_address))
			fprintf(report,
				"note: gateway %s: no interface in this file has its local-address %s; this host "
				"must have it, and the key server must know it\n",
				c->gateways[i].name, address_format(c->gateways[i].local_address, local));
}

static bool skips_server(const struct config_term *terms, size_t n, uint32_t server)
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
			if (!skips_server(s->output, s->n_output, g->servers[j]))
				fprintf(report,
					"note: service-set %s: no term of service-filter %s skips the key server %s; "
					"gvpnd lets its own exchange with it pass all the same\n",
					s->name, s->output_filter, address_format(g->servers[j], text));
	}
}

void import_checks_odd(FILE *report, const struct config *c, const struct import_addresses *a)
{
	note_gateways(report, c, a);
	note_services(report, c);
}
