/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The KEKs of a group: the one in use, those that went a while ago, and the counts of more.
 *
 * A KEK that is gone is kept as long as its server may send a push under it again: the push that replaced or deleted
 * the KEK is protected by that KEK, and is acknowledged again when it is repeated (row B3).  The SPI and the sequence
 * number are kept longer, so that no server and no recording can bring the KEK back with a lower number (row B2).
 */
#include "member/group/private.h"

static uint64_t end_of(const struct kek *kek, uint64_t now)
{
	return kek->life_seconds > 0 ? now + (uint64_t)kek->life_seconds * 1000 : UINT64_MAX;
}

static bool has_spi(const struct rekey_sa *sa, const struct kek *kek)
{
	return sa && memcmp(rekey_sa_kek(sa)->spi, kek->spi, sizeof(kek->spi)) == 0;
}

bool group_kek_same(const struct group *g, const struct kek *kek)
{
	return has_spi(g->keks.sa, kek);
}

static struct gone_kek *find_gone(struct group *g, const uint8_t spi[static KEK_SPI_LEN])
{
	for (size_t i = 0; i < g->keks.n_gone; i++)
		if (memcmp(g->keks.gone[i].spi, spi, KEK_SPI_LEN) == 0)
			return &g->keks.gone[i];
	return NULL;
}

static void remember_kek(struct group *g, const struct kek *kek, bool replaced)
{
	struct gone_kek *gone = find_gone(g, kek->spi);
	size_t older = gone ? (size_t)(gone - g->keks.gone) : g->keks.n_gone;

	if (older == GROUP_KEKS_GONE)
		older--;
	else if (older == g->keks.n_gone)
		g->keks.n_gone++;
	memmove(&g->keks.gone[1], &g->keks.gone[0], older * sizeof(g->keks.gone[0]));
	g->keks.gone[0] = (struct gone_kek){ .seq = kek->seq, .replaced = replaced };
	memcpy(g->keks.gone[0].spi, kek->spi, sizeof(g->keks.gone[0].spi));
}

static void retired_remove(struct group *g, size_t i)
{
	g->keks.n_retired--;
	memmove(&g->keks.retired[i], &g->keks.retired[i + 1], (g->keks.n_retired - i) * sizeof(g->keks.retired[0]));
}

static void free_oldest_retired(struct group *g)
{
	struct rekey_sa *sa = g->keks.retired[--g->keks.n_retired].sa;

	group_owe_nothing_under(g, sa);
	rekey_sa_free(sa);
}

static void retire_sa(struct group *g, struct rekey_sa *sa, uint64_t now)
{
	if (g->keks.n_retired == GROUP_KEKS_RETIRED)
		free_oldest_retired(g);
	memmove(&g->keks.retired[1], &g->keks.retired[0], g->keks.n_retired * sizeof(g->keks.retired[0]));
	g->keks.retired[0] = (struct retired_kek){ .sa = sa, .until = now + RETIRED_MS };
	g->keks.n_retired++;
	rekey_sa_retire(sa);
}

static void leave_kek(struct group *g, bool replaced, uint64_t now)
{
	if (g->keks.sa) {
		remember_kek(g, rekey_sa_kek(g->keks.sa), replaced);
		retire_sa(g, g->keks.sa, now);
	}
	g->keks.sa = NULL;
	g->keks.life = 0;
	g->keks.ends = UINT64_MAX;
	g->keks.stats = (struct group_kek_stats){ 0 };
}

void group_begin_keks(struct group *g)
{
	g->keks.ends = UINT64_MAX;
}

void group_drop_kek(struct group *g, uint64_t now)
{
	leave_kek(g, false, now);
}

void group_forget_keks(struct group *g)
{
	leave_kek(g, false, 0);
	while (g->keks.n_retired > 0)
		free_oldest_retired(g);
}

/* The same KEK again, while what was taken under it is still kept: NULL when it is not. */
static struct rekey_sa *take_back(struct group *g, const struct kek *kek)
{
	for (size_t i = 0; i < g->keks.n_retired; i++) {
		struct rekey_sa *sa = g->keks.retired[i].sa;

		if (!has_spi(sa, kek) || rekey_sa_advance(sa, kek) < 0)
			continue;
		retired_remove(g, i);
		return sa;
	}
	return NULL;
}

static int make_sa(struct group *g, struct rekey_sa **ret, struct kek *kek, bool from_push, struct ike_cause *ret_cause)
{
	const struct gone_kek *gone = find_gone(g, kek->spi);

	if (gone && kek->seq < gone->seq)
		kek->seq = gone->seq;
	*ret = take_back(g, kek);
	return *ret ? 0
		    : rekey_sa_new(ret, kek, from_push && !gone, g->gateway->allow_sha1_signatures, &g->keks.checked,
				   ret_cause);
}

/* --- the ports beside 848 that servers send their pushes to: the DST ID of the SA KEK payload (RFC 6407 5.3) --- */

/*
 * A server of the group, or somebody with its pre-shared key, shall not make the daemon take the port of another
 * service.
 */
#define PORT_LEAST 1024

static bool port_is_wanted(uint16_t port)
{
	return port >= PORT_LEAST;
}

/* A server sends its pushes to PORT, if not 0. */
static void listen_on(struct group *g, uint16_t port)
{
	if (port == 0 || port == GDOI_PORT)
		return;
	if (port_is_wanted(port))
		group_open_port(g, port);
	else
		group_tell(g, 0, RECORD_PORT_REFUSED, record_number(port), record_number(PORT_LEAST),
			   record_number(GDOI_PORT));
}

static size_t add_port(uint16_t *ports, size_t n, const struct rekey_sa *sa)
{
	uint16_t port = sa ? rekey_sa_kek(sa)->port : 0;

	if (!port_is_wanted(port))
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
	size_t n = add_port(ret, 0, g->keks.sa);

	for (size_t i = 0; i < g->keks.n_retired; i++)
		n = add_port(ret, n, g->keks.retired[i].sa);
	return n;
}

/* --- a KEK is taken --- */

void group_use_kek(struct group *g, const struct kek *announced, bool from_push, uint64_t now)
{
	struct kek kek = *announced;
	struct rekey_sa *sa = NULL;
	struct ike_cause cause;
	char text[IKE_CAUSE_TEXT_MAX];

	leave_kek(g, true, now);
	if (make_sa(g, &sa, &kek, from_push, &cause) < 0) {
		/* Without a usable KEK the member can take no push: it goes on by registering again. */
		group_tell(g, 0, RECORD_KEK_REFUSED, record_text(ike_cause_format(&cause, text)));
		group_count_unsupported_kek(g);
	} else {
		g->keks.sa = sa;
		g->keks.life = kek.life_seconds;
		g->keks.ends = end_of(&kek, now);
		listen_on(g, kek.port);
	}
	explicit_bzero(&kek, sizeof(kek));
}

bool group_kek_stale(struct group *g, const struct download *d)
{
	const struct gone_kek *gone;

	if (!d->has_kek)
		return false;
	if (group_kek_same(g, &d->kek))
		return d->has_seq && d->seq < rekey_sa_kek(g->keks.sa)->seq;
	gone = find_gone(g, d->kek.spi);
	return gone && (gone->replaced || (d->has_seq && d->seq < gone->seq));
}

void group_take_kek(struct group *g, const struct download *d, uint64_t now)
{
	struct kek kek;

	if (!d->has_kek) {
		if (g->keks.sa)
			group_drop_kek(g, now);
		return;
	}
	kek = d->kek;
	kek.seq = d->has_seq ? d->seq : 0;
	/*
	 * A higher sequence number means that pushes were missed: what was taken is older than any push that may still
	 * come.
	 */
	if (group_kek_same(g, &kek) && rekey_sa_advance(g->keks.sa, &kek) == 0) {
		g->keks.life = kek.life_seconds;
		g->keks.ends = end_of(&kek, now);
	} else {
		group_use_kek(g, &kek, false, now);
	}
	explicit_bzero(&kek, sizeof(kek));
}

struct rekey_sa *group_kek_owner(const struct group *g, const uint8_t *data, size_t len)
{
	if (g->keks.sa && rekey_sa_owns(g->keks.sa, data, len))
		return g->keks.sa;
	for (size_t i = 0; i < g->keks.n_retired; i++)
		if (rekey_sa_owns(g->keks.retired[i].sa, data, len))
			return g->keks.retired[i].sa;
	return NULL;
}

void group_kek_tick(struct group *g, uint64_t now)
{
	while (g->keks.n_retired > 0 && g->keks.retired[g->keks.n_retired - 1].until <= now)
		free_oldest_retired(g);
	if (!g->keks.sa || g->keks.ends == UINT64_MAX || now < g->keks.ends + KEK_GRACE_MS)
		return;
	group_tell(g, 0, RECORD_KEK_ENDED);
	group_drop_kek(g, now);
}

uint64_t group_kek_deadline(const struct group *g)
{
	uint64_t at = g->keks.sa && g->keks.ends != UINT64_MAX ? g->keks.ends + KEK_GRACE_MS : UINT64_MAX;

	if (g->keks.n_retired > 0 && g->keks.retired[g->keks.n_retired - 1].until < at)
		at = g->keks.retired[g->keks.n_retired - 1].until;
	return at;
}

/* --- the counts of the KEK that is held now --- */

void group_kek_pushed(struct group *g, bool deletes)
{
	g->keks.stats.push_received++;
	g->keks.stats.delete_received += deletes;
}

void group_kek_received(struct group *g, const struct rekey_sa *sa, size_t len)
{
	if (sa != g->keks.sa)
		return;
	g->keks.stats.input_packets++;
	g->keks.stats.input_bytes += len;
}

void group_kek_sent(struct group *g, const struct rekey_sa *sa, size_t len)
{
	if (sa != g->keks.sa)
		return;
	g->keks.stats.output_packets++;
	g->keks.stats.output_bytes += len;
}

const struct kek *group_kek(const struct group *g)
{
	return g->keks.sa ? rekey_sa_kek(g->keks.sa) : NULL;
}

const struct group_kek_stats *group_kek_stats(const struct group *g)
{
	return &g->keks.stats;
}

uint64_t group_kek_ends(const struct group *g)
{
	return g->keks.ends;
}
