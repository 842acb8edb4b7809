/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/carry_out.h"

#include <stdlib.h>

static void apply_change(struct group *g, uint64_t now, const struct group_hands *h)
{
	const struct keyring *keys = group_keyring(g);
	uint32_t local = group_gateway(g)->local_address;
	struct group_apply_result r = { .error = h->apply(h->ctx) };

	r.missing = r.error < 0 ? NULL : calloc(2 * keyring_sas(keys) + 1, sizeof(*r.missing));
	if (r.error == 0 && !r.missing)
		r.error = -ENOMEM;
	for (size_t i = 0; r.missing && i < keyring_sas(keys); i++) {
		uint32_t spi = keyring_sa(keys, i)->tek.spi;

		if (h->sa_missing(h->ctx, local, spi, false))
			r.missing[r.n_missing++] = (struct group_missing_sa){ spi, false };
		if (h->sa_missing(h->ctx, local, spi, true))
			r.missing[r.n_missing++] = (struct group_missing_sa){ spi, true };
	}
	group_applied(g, now, &r);
	free(r.missing);
}

/* An SA whose counters cannot be read is left out: it is new when they can. */
static void read_counters(struct group *g, uint64_t now, const struct group_hands *h)
{
	const struct keyring *keys = group_keyring(g);
	struct probe_sa sas[PROBE_SAS_MAX];
	struct probe_sample s = { .sas = sas };

	s.has_unknown_spi = h->unknown_spi(h->ctx, &s.unknown_spi) >= 0;
	for (size_t i = 0; i < keyring_sas(keys) && s.n_sas < PROBE_SAS_MAX; i++) {
		struct probe_sa *sa = &sas[s.n_sas];

		sa->spi = keyring_sa(keys, i)->tek.spi;
		if (h->sa_packets(h->ctx, group_gateway(g)->local_address, sa->spi, &sa->in, &sa->out) >= 0)
			s.n_sas++;
	}
	group_counters(g, now, &s);
}

void group_carry_out(struct group *g, uint64_t now, const struct group_hands *h)
{
	struct group_effect *e;

	while ((e = group_take_effect(g))) {
		switch (e->kind) {
		case GROUP_SENDS:
			h->send(h->ctx, &e->datagram.ends, e->datagram.data, e->datagram.len);
			break;
		case GROUP_LISTENS:
			h->listen(h->ctx, group_gateway(g)->local_address, e->port);
			break;
		case GROUP_TELLS:
			h->tell(h->ctx, g, &e->record);
			break;
		case GROUP_CHANGED:
			apply_change(g, now, h);
			break;
		case GROUP_ASKS_COUNTERS:
			read_counters(g, now, h);
			break;
		}
		group_effect_free(e);
	}
}
