/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ports beside 848 that servers send their pushes to: the DST ID of the SA KEK payload (RFC 6407 5.3). */
#include "member/group/private.h"

/* Whoever has the group's pre-shared key as a server shall not make the daemon take a port of another service. */
#define PORT_LEAST 1024

static bool is_wanted(uint16_t port)
{
	return port >= PORT_LEAST;
}

void group_listen(struct group *g, uint16_t port)
{
	if (port == 0 || port == GDOI_PORT)
		return;
	if (is_wanted(port))
		group_open_port(g, port);
	else
		group_tell(g, 0, RECORD_PORT_REFUSED, record_number(port), record_number(PORT_LEAST),
			   record_number(GDOI_PORT));
}

static size_t add(uint16_t *ports, size_t n, const struct rekey_sa *sa)
{
	uint16_t port = sa ? rekey_sa_kek(sa)->port : 0;

	if (!is_wanted(port))
		return n;
	for (size_t i = 0; i < n; i++)
		if (ports[i] == port)
			return n;
	ports[n] = port;
	return n + 1;
}

_Static_assert(GROUP_PORTS_MAX == GROUP_KEKS_RETIRED + 1, "one for each KEK");

size_t group_ports(const struct group *g, uint16_t ret[static GROUP_PORTS_MAX])
{
	size_t n = add(ret, 0, g->keks.sa);

	for (size_t i = 0; i < g->keks.n_retired; i++)
		n = add(ret, n, g->keks.retired[i].sa);
	return n;
}
