/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "member/daemon/private.h"

#include "member/daemon/saved.h"

#include <stdio.h>

static void on_group_send(void *ctx, const struct udp_ends *ends, const uint8_t *data, size_t len)
{
	struct daemon *d = ctx;

	transport_send(d->transport, ends, data, len);
	paths_sent(d->paths, ends->local, ends->remote);
}

static void on_group_listen(void *ctx, uint32_t local, uint16_t port)
{
	struct daemon *d = ctx;
	char err[256];

	if (transport_add(d->transport, local, port, err) < 0)
		journal_say(&d->journal, RECORD_CANNOT_LISTEN, record_text(err));
}

/* What is configured, and what servers have chosen, is all that stays open: after a reload, and after the KEKs. */
void daemon_keep_sockets(struct daemon *d)
{
	size_t max = d->groups.n * (1 + GROUP_PORTS_MAX), n = 0;
	struct transport_end *ends = calloc(max + 1, sizeof(*ends));

	if (!ends) /* the next time */
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

/* Asked of the kernel only while others hold something of what the plan has. */
static bool on_group_sa_missing(void *ctx, uint32_t local, uint32_t spi, bool out)
{
	struct daemon *d = ctx;
	struct kernel_sa_counters unused;

	return d->kernel && d->applying.conflict.holds &&
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

/* An SA that is not there, yet or any more, carries nothing. */
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
	return (struct group_env){ .random = on_group_random, .turns = d->turns, .has_counters = d->kernel };
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

/* --- what an earlier run left --- */

/* Keys whose SA is not in the kernel any more are of no use; what was said of others meanwhile nobody heard. */
static void drop_lost_keys(struct daemon *d, const struct saved_vpn *vpn)
{
	for (size_t i = 0; i < vpn->n_sas; i++) {
		struct keyring_sa *sa = &vpn->sas[i];
		struct kernel_sa_counters in, out = { 0 };
		int r = kernel_sa_counters(d->kernel, vpn->local, sa->tek.spi, false, &in);

		if (r == -ENOENT) /* another error says nothing about the SA */
			sa->hard_at = 0;
		if (r < 0 || sa->tek.life_kilobytes == 0)
			continue;
		if (kernel_sa_counters(d->kernel, vpn->local, sa->tek.spi, true, &out) < 0)
			out.bytes = 0;
		sa->worn = (in.bytes > out.bytes ? in.bytes : out.bytes) / 1024 >= sa->tek.life_kilobytes / 5 * 4;
	}
}

/* The groups, with what an earlier run left for them in the kernel: so a restart is nothing that traffic notices. */
int daemon_make_groups(struct daemon *d)
{
	_cleanup_(saved_freep) struct saved *saved = NULL;
	const struct group_env env = daemon_group_env(d);
	int r = d->kernel ? saved_read(&saved, d->saved_path) : -ENOENT;

	if (r < 0 && r != -ENOENT && r != -ESTALE)
		journal_say(&d->journal, RECORD_STATE_NOT_USED, record_text(d->saved_path), record_text(saved_why(r)));
	if (daemon_make_group_timers(d, d->config->n_vpns) < 0)
		return -ENOMEM;
	r = groups_make(&d->groups, d->config, NULL, saved, &env);
	for (size_t i = 0; r == 0 && i < d->groups.n; i++) {
		const struct saved_vpn *vpn = saved_find(saved, d->config, i);

		if (!vpn || vpn->slot != group_slot(d->groups.items[i]))
			continue;
		drop_lost_keys(d, vpn);
		group_restore(d->groups.items[i], vpn->policies, vpn->n_policies, daemon_now(d));
	}
	return r;
}

void daemon_save_groups(struct daemon *d)
{
	int r = d->kernel ? saved_write(d->saved_path, d->groups.items, d->groups.n) : 0;

	if (r < 0 && r != d->save_errno)
		journal_say(&d->journal, RECORD_STATE_NOT_SAVED, record_text(d->saved_path), record_text(strerror(-r)));
	d->save_errno = r;
}
