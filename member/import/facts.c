/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/import/facts.h"

#include "lib/gvpn.h"

static bool is(const struct junos_word *w, const char *text)
{
	return strcmp(w->text, text) == 0;
}

static void add(struct import_facts *f, const struct junos_word **list, size_t *n, const struct junos_word *w)
{
	for (size_t i = 0; i < *n; i++)
		if (is(list[i], w->text))
			return;
	f->overflow |= *n == IMPORT_FACTS_MAX;
	if (*n < IMPORT_FACTS_MAX)
		list[(*n)++] = w;
}

void import_facts_take(struct import_facts *f, const struct junos_word *const *words, size_t n)
{
	if (n >= 8 && is(words[0], "interfaces") && is(words[5], "inet") && is(words[6], "address"))
		import_addresses_add(&f->addresses, words[7]->text);
	if (n >= 4 && is(words[0], "services") && is(words[1], "service-set")) {
		if (is(words[3], "next-hop-service"))
			add(f, f->next_hops, &f->n_next_hops, words[2]);
		else if (is(words[3], "ipsec-group-vpn"))
			add(f, f->vpns, &f->n_vpns, words[2]);
	}
	if (n >= 4 && is(words[0], "routing-instances") && is(words[2], "interface") &&
	    f->n_instances < IMPORT_FACTS_MAX) {
		f->instances[f->n_instances].instance = words[1];
		f->instances[f->n_instances++].interface = words[3];
	}
}

/* Another instance has other routes and perhaps the same addresses; the host's VRFs are not looked at. */
static void note_instances(const struct import_facts *f, const struct import_interfaces *interfaces, FILE *report)
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

bool import_facts_tell(const struct import_facts *f, const struct import_interfaces *interfaces, FILE *report)
{
	bool whole = true;

	note_instances(f, interfaces, report);
	if (f->overflow) {
		whole = false;
		fprintf(report,
			"incomplete: there are more than %d service-sets of one kind, which is more than is "
			"looked at\n",
			IMPORT_FACTS_MAX);
	}
	for (size_t i = 0; i < f->n_next_hops; i++)
		for (size_t j = 0; j < f->n_vpns; j++) {
			if (!is(f->vpns[j], f->next_hops[i]->text))
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
