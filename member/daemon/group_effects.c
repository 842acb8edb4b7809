/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hands of the groups: how what a group wants done (carry_out.h) reaches sockets, log and kernel. */
#include "member/daemon/private.h"

#include "member/daemon/carry_out.h"
#include "member/daemon/paths.h"
#include "member/daemon/transport.h"
#include "xfrm/counter_mode.h"
#include "xfrm/kernel.h"

#include <stdlib.h>

static void on_group_send(void *ctx, const struct udp_ends *ends, const uint8_t *data, size_t len)
{
	struct daemon *d = ctx;

	transport_send(d->transport, ends, data, len);
	paths_sent(d->paths, ends->local, ends->remote);
}

static void on_group_listen(void *ctx, uint32_t local, uint16_t port)
{
	struct daemon *d = ctx;
	struct record why;

	if (transport_add(d->transport, local, port, &why) < 0)
		journal_say(&d->journal, RECORD_CANNOT_LISTEN, record_clause(&why));
}

/* A socket stays open while the configuration or a server that chose a port needs it: not after a reload that takes the
 * gateway away, and not after the KEK of the port. */
void daemon_keep_sockets(struct daemon *d)
{
	size_t max = d->groups.n * (1 + GROUP_PORTS_MAX), n = 0;
	struct transport_end *ends = calloc(max + 1, sizeof(*ends));

	if (!ends) /* tried again after the next event */
		return;
	for (size_t i = 0; i < d->groups.n; i++) {
		uint32_t local = group_gateway(d->groups.items[i])->local_address;
		uint16_t ports[GROUP_PORTS_MAX];
		size_t n_ports = group_ports(d->groups.items[i], ports);

		ends[n++] = (struct transport_end){ local, GDOI_PORT };
		for (size_t j = 0; j < n_ports; j++)
			ends[n++] = (struct transport_end){ local, ports[j] };
	}
	transport_keep(d->transport, ends, n);
	free(ends);
}

/* At once, so that a push is acknowledged only when the kernel holds its keys (RFC 8263 6). */
static int on_group_apply(void *ctx)
{
	return daemon_refresh_plan(ctx);
}

/* The kernel is asked only while others have the place of something of the plan. */
static bool on_group_sa_missing(void *ctx, uint32_t local, uint32_t spi, bool out)
{
	struct daemon *d = ctx;
	struct kernel_sa_counters unused;

	return d->kernel && d->applied.schedule.conflict.holds &&
	       kernel_sa_counters(d->kernel, local, spi, out, &unused) == -ENOENT;
}

static void on_group_tell(void *ctx, const struct group *g, const struct record *record)
{
	struct daemon *d = ctx;

	journal_tell(&d->journal, group_vpn(g), record);
}

static uint32_t on_group_random(void *ctx, uint32_t bound)
{
	(void)ctx;
	return arc4random_uniform(bound);
}

static int on_group_unknown_spi(void *ctx, uint64_t *ret)
{
	struct daemon *d = ctx;
	struct kernel_counters c;
	int r = kernel_counters(d->kernel, &c);

	if (r >= 0)
		*ret = c.unknown_spi;
	return r;
}

/* An SA that is not there yet, or not any more, carries nothing. */
static int sa_packets(struct kernel *k, uint32_t local, uint32_t spi, bool out, uint64_t *ret)
{
	struct kernel_sa_counters c = { 0 };
	int r = kernel_sa_counters(k, local, spi, out, &c);

	if (r < 0 && r != -ENOENT)
		return r;
	*ret = c.packets;
	return 0;
}

static int on_group_sa_packets(void *ctx, uint32_t local, uint32_t spi, uint64_t *ret_in, uint64_t *ret_out)
{
	struct daemon *d = ctx;
	uint64_t in = 0;
	int r = sa_packets(d->kernel, local, spi, false, &in);

	if (r >= 0)
		r = sa_packets(d->kernel, local, spi, true, ret_out);
	if (r >= 0)
		*ret_in = in;
	return r;
}

struct group_env daemon_group_env(struct daemon *d)
{
	return (struct group_env){ .random = on_group_random,
				   .turns = d->turns,
				   .counter_modes = d->kernel ? kernel_counter_modes(d->kernel) : 0,
				   .senders = d->senders.store,
				   .has_counters = d->kernel,
				   .has_d3p = !d->kernel || kernel_can_d3p(d->kernel) };
}

void daemon_carry_out(struct daemon *d, struct group *g)
{
	const struct group_hands hands = {
		.send = on_group_send,
		.listen = on_group_listen,
		.tell = on_group_tell,
		.apply = on_group_apply,
		.sa_missing = on_group_sa_missing,
		.unknown_spi = on_group_unknown_spi,
		.sa_packets = on_group_sa_packets,
		.ctx = d,
	};

	group_carry_out(g, daemon_now(d), &hands);
}

void daemon_carry_out_all(struct daemon *d)
{
	for (size_t i = 0; i < d->groups.n; i++)
		daemon_carry_out(d, d->groups.items[i]);
}

void daemon_pass_turns(struct daemon *d)
{
	bool is_free;
	void *who;

	while (turns_next(d->turns, &who, &is_free))
		group_turn_comes(who, is_free);
}

void daemon_on_path_up(void *ctx, uint32_t local, uint32_t remote)
{
	struct daemon *d = ctx;

	for (size_t i = 0; i < d->groups.n; i++) {
		group_path_up(d->groups.items[i], daemon_now(d), local, remote);
		daemon_carry_out(d, d->groups.items[i]);
	}
}
