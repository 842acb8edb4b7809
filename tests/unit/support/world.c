/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/support/world.h"

#include "lib/selector.h"
#include "tests/gcks/command.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static const char member_text[] =
	"set security zones security-zone LAN interfaces lan0\n"
	"set security zones security-zone WAN interfaces wan0\n"
	"set security group-vpn member ike proposal P authentication-method pre-shared-keys\n"
	"set security group-vpn member ike proposal P authentication-algorithm sha-256\n"
	"set security group-vpn member ike proposal P dh-group group19\n"
	"set security group-vpn member ike proposal P encryption-algorithm aes-128-cbc\n"
	"set security group-vpn member ike policy KeySrv mode main\n"
	"set security group-vpn member ike policy KeySrv proposals P\n"
	"set security group-vpn member ike policy KeySrv pre-shared-key ascii-text \"a key of the tests\"\n"
	"set security group-vpn member ike gateway KeySrv ike-policy KeySrv\n"
	"set security group-vpn member ike gateway KeySrv local-address 10.18.101.1\n"
	"set security group-vpn member ipsec vpn V ike-gateway KeySrv\n"
	"set security group-vpn member ipsec vpn V group-vpn-external-interface wan0\n"
	"set security group-vpn member ipsec vpn V group 1\n"
	"set security ipsec-policy from-zone LAN to-zone WAN ipsec-group-vpn V\n";

static const char server_text[] =
	"set security group-vpn server ike proposal P authentication-method pre-shared-keys\n"
	"set security group-vpn server ike proposal P authentication-algorithm sha-256\n"
	"set security group-vpn server ike proposal P dh-group group19\n"
	"set security group-vpn server ike proposal P encryption-algorithm aes-128-cbc\n"
	"set security group-vpn server ike policy GMs mode main\n"
	"set security group-vpn server ike policy GMs proposals P\n"
	"set security group-vpn server ike policy GMs pre-shared-key ascii-text \"a key of the tests\"\n"
	"set security group-vpn server ike gateway GM-0001 ike-policy GMs\n"
	"set security group-vpn server ike gateway GM-0001 address 10.18.101.1\n"
	"set security group-vpn server ipsec proposal AES authentication-algorithm hmac-sha-256-128\n"
	"set security group-vpn server ipsec proposal AES encryption-algorithm aes-256-cbc\n"
	"set security group-vpn server group G group-id 1\n"
	"set security group-vpn server group G ike-gateway GM-0001\n"
	"set security group-vpn server group G ipsec-sa S match-policy 1 source 172.16.0.0/12\n"
	"set security group-vpn server group G ipsec-sa S match-policy 1 destination 172.16.0.0/12\n";

#define PROPOSAL "set security group-vpn server group G ipsec-sa S proposal "

static void put(struct world *w, const uint8_t *data, size_t len, uint32_t from, uint32_t to, uint16_t port)
{
	if (w->drop && w->drop(w, to != WORLD_MEMBER, data, len))
		return;
	ck_assert_uint_lt(w->n_wire, ARRAY_SIZE(w->wire));
	w->wire[w->n_wire].data = malloc(len);
	memcpy(w->wire[w->n_wire].data, data, len);
	w->wire[w->n_wire].len = len;
	w->wire[w->n_wire].from = from;
	w->wire[w->n_wire].to = to;
	w->wire[w->n_wire++].port = port;
}

static void on_send(void *ctx, const struct udp_ends *ends, const uint8_t *data, size_t len)
{
	struct world *w = ctx;

	ck_assert_uint_eq(ends->local, WORLD_MEMBER);
	w->sent++;
	w->to_server[ends->remote - WORLD_SERVER(0)]++;
	put(w, data, len, ends->local, ends->remote, ends->remote_port);
}

static void on_listen(void *ctx, uint32_t local, uint16_t port)
{
	struct world *w = ctx;

	ck_assert_uint_eq(local, WORLD_MEMBER);
	w->listens = port;
}

static int on_apply(void *ctx)
{
	struct world *w = ctx;

	w->changed++;
	if (w->kernel_refuses)
		return -EIO;
	return 0;
}

static bool on_sa_missing(void *ctx, uint32_t local, uint32_t spi, bool out)
{
	const struct world *w = ctx;

	ck_assert_uint_eq(local, WORLD_MEMBER);
	return w->sa_missing && w->sa_missing(w, spi, out);
}

static void on_tell(void *ctx, const struct group *g, const struct record *record)
{
	char words[RECORD_TEXT_MAX];
	struct world *w = ctx;

	(void)g;
	w->events[record->event]++;
	w->event_server[record->event] = record->server;
	if (w->no_debug && record->level == LOG_LEVEL_DEBUG)
		return;
	w->log_len +=
		(size_t)snprintf(w->log + w->log_len, sizeof(w->log) - w->log_len, "%s\n", record_words(record, words));
	ck_assert_uint_lt(w->log_len, sizeof(w->log));
}

static uint32_t on_random(void *ctx, uint32_t bound)
{
	return (uint32_t)((uint64_t)(bound - 1) * ((struct world *)ctx)->share / 1000);
}

static int on_unknown_spi(void *ctx, uint64_t *ret)
{
	struct world *w = ctx;

	w->samples++;
	if (w->counters_fail)
		return -EIO;
	*ret = w->traffic ? w->traffic(w).unknown_spi : 0;
	return 0;
}

static int on_sa_packets(void *ctx, uint32_t local, uint32_t spi, uint64_t *ret_in, uint64_t *ret_out)
{
	struct world *w = ctx;

	(void)spi;
	ck_assert_uint_eq(local, WORLD_MEMBER);
	if (w->counters_fail)
		return -EIO;
	*ret_in = w->traffic ? w->traffic(w).in : 0;
	*ret_out = w->traffic ? w->traffic(w).out : 0;
	return 0;
}

static void carry_out(struct world *w, struct group *g)
{
	const struct group_hands hands = { .send = on_send,
					   .listen = on_listen,
					   .tell = on_tell,
					   .apply = on_apply,
					   .sa_missing = on_sa_missing,
					   .unknown_spi = on_unknown_spi,
					   .sa_packets = on_sa_packets,
					   .ctx = w };

	group_carry_out(g, w->now, &hands);
}

void world_carry_out(struct world *w)
{
	bool is_free;
	void *who;

	carry_out(w, w->group);
	for (size_t i = 0; i < w->n_more; i++)
		carry_out(w, w->more[i]);
	while (turns_next(w->turns, &who, &is_free))
		group_turn_comes(who, is_free);
}

void world_start(struct world *w)
{
	group_start(w->group, w->now);
	world_carry_out(w);
}

void world_clear(struct world *w)
{
	group_clear(w->group, w->now);
	world_carry_out(w);
}

static int on_write_senders(void *ctx, const struct sender_store *s)
{
	struct world *w = ctx;

	if (w->senders_error < 0)
		return w->senders_error;
	free(w->senders_disk);
	w->senders_disk = sender_store_text(s);
	return 0;
}

static void make_senders(struct world *w, struct group_env *env, const char *disk)
{
	const struct sender_store_env of_store = { .write = on_write_senders, .ctx = w };

	ck_assert_int_eq(sender_store_new(&w->senders, &of_store), 0);
	if (disk)
		ck_assert_int_eq(sender_store_read(w->senders, disk), 0);
	env->senders = w->senders;
	env->counter_modes = UINT32_MAX;
}

struct host {
	bool has_d3p, counting;
	const char *disk;
};

static void make(struct world *w, size_t n_servers, const char *member_lines, const struct host *host)
{
	struct group_env env = { .random = on_random, .has_counters = true, .has_d3p = host->has_d3p, .ctx = w };
	char text[16384], addr[ADDRESS_TEXT_MAX];
	struct config_error err = { .text = "" };
	size_t n;

	memset(w, 0, sizeof(*w));
	w->now = 1000;
	if (host->counting)
		make_senders(w, &env, host->disk);
	n = (size_t)snprintf(text, sizeof(text), "%s%s", member_text, member_lines);
	for (size_t i = 0; i < n_servers; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "set security group-vpn member ike gateway KeySrv server-address %s\n",
				      address_format(WORLD_SERVER(i), addr));
	ck_assert_msg(config_parse(&w->config, "member", text, n, &err) == 0, "%s", err.text);
	ck_assert_int_eq(turns_new(&w->turns), 0);
	env.turns = w->turns;
	ck_assert_int_eq(group_new(&w->group, w->config, 0, 0, &env), 0);
	for (size_t i = 1; i < w->config->n_vpns; i++) {
		ck_assert_uint_lt(w->n_more, WORLD_MORE);
		ck_assert_int_eq(group_new(&w->more[w->n_more++], w->config, i, i, &env), 0);
	}
}

void world_make(struct world *w, size_t n_servers, const char *member_lines)
{
	make(w, n_servers, member_lines, &(struct host){ .has_d3p = true });
}

void world_make_counting(struct world *w, size_t n_servers, const char *member_lines, const char *disk)
{
	make(w, n_servers, member_lines, &(struct host){ .has_d3p = true, .counting = true, .disk = disk });
}

void world_make_without_d3p(struct world *w, size_t n_servers, const char *member_lines)
{
	make(w, n_servers, member_lines, &(struct host){ 0 });
}

void world_free(struct world *w)
{
	group_free(w->group);
	sender_store_free(w->senders);
	free(w->senders_disk);
	for (size_t i = 0; i < w->n_more; i++)
		group_free(w->more[i]);
	turns_free(w->turns);
	config_free(w->config);
	for (size_t i = 0; i < WORLD_SERVERS; i++)
		world_server_down(w, i);
	for (size_t i = 0; i < w->n_wire; i++)
		free(w->wire[i].data);
	memset(w, 0, sizeof(*w));
}

/* Not random, and never the same twice. */
static int draw(void *ctx, void *buf, size_t len)
{
	struct world *w = ctx;
	uint8_t *p = buf;

	w->draws++;
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(w->draws * 151 + i * 29 + (w->draws >> 8) * 7 + 3);
	if (len > 0)
		p[0] |= 1;
	return 0;
}

void world_server(struct world *w, size_t i, const char *server_lines)
{
	const struct gcks_server_ops ops = { .random = draw, .ctx = w };
	char text[16384], addr[ADDRESS_TEXT_MAX];
	struct gcks_error err = { "" };
	struct config_error config_err = { .text = "" };
	int n = snprintf(text, sizeof(text),
			 "%s%sset security group-vpn server ike gateway GM-0001 local-address %s\n%s", server_text,
			 strstr(server_lines, PROPOSAL) ? "" : PROPOSAL "AES\n", address_format(WORLD_SERVER(i), addr),
			 server_lines);

	ck_assert_msg(gcks_config_parse(&w->server_config[i], "server", text, (size_t)n, &config_err) == 0, "%s",
		      config_err.text);
	ck_assert_msg(gcks_server_new(&w->server[i], w->server_config[i], &ops, w->now, &err) == 0, "%s", err.text);
}

void world_server_down(struct world *w, size_t i)
{
	gcks_server_free(w->server[i]);
	gcks_config_free(w->server_config[i]);
	w->server[i] = NULL;
	w->server_config[i] = NULL;
}

void world_command(struct world *w, size_t i, const char *line)
{
	struct gcks_error err = { "" };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	ck_assert_msg(gcks_command(w->server[i], w->now, 0, line, out, &err) == 0, "%s: %s", line, err.text);
	fclose(out);
	free(text);
	world_run(w, w->now + 1, NULL);
}

static void serve(struct world *w, size_t i, uint32_t from, uint16_t port, const uint8_t *data, size_t len)
{
	struct ike_out out = { 0 };

	gcks_server_step(w->server[i], w->now, 0, from, port, data, len, &out);
	for (size_t j = 0; j < out.n_datagrams; j++)
		put(w, out.datagrams[j].data, out.datagrams[j].len, WORLD_SERVER(i), out.datagrams[j].addr,
		    out.datagrams[j].port);
	ike_out_clear(&out);
}

static void receive(struct world *w, const struct udp_ends *ends, const uint8_t *data, size_t len)
{
	bool taken = group_datagram(w->group, w->now, ends, data, len);

	for (size_t i = 0; i < w->n_more && !taken; i++)
		taken = group_datagram(w->more[i], w->now, ends, data, len);
	world_carry_out(w);
}

static void deliver(struct world *w)
{
	while (w->n_wire > 0) {
		uint8_t *data = w->wire[0].data;
		size_t len = w->wire[0].len;
		uint32_t from = w->wire[0].from, to = w->wire[0].to;
		uint16_t port = w->wire[0].port;
		size_t server = to - WORLD_SERVER(0);

		memmove(&w->wire[0], &w->wire[1], --w->n_wire * sizeof(w->wire[0]));
		if (to == WORLD_MEMBER)
			receive(w,
				&(struct udp_ends){
					.local = to, .local_port = port, .remote = from, .remote_port = GDOI_PORT },
				data, len);
		else if (server < WORLD_SERVERS && w->server[server])
			serve(w, server, from, GDOI_PORT, data, len);
		free(data);
	}
}

static uint64_t next_deadline(const struct world *w)
{
	uint64_t at = group_deadline(w->group);

	for (size_t i = 0; i < w->n_more; i++)
		if (group_deadline(w->more[i]) < at)
			at = group_deadline(w->more[i]);
	for (size_t i = 0; i < WORLD_SERVERS; i++)
		if (w->server[i] && gcks_server_deadline(w->server[i]) < at)
			at = gcks_server_deadline(w->server[i]);
	return at;
}

bool world_run(struct world *w, uint64_t until, bool (*done)(const struct world *w))
{
	world_carry_out(w); /* of what the test has told the groups */
	deliver(w);
	for (;;) {
		uint64_t at = next_deadline(w);

		if (done && done(w))
			return true;
		if (at > until)
			break;
		if (at > w->now)
			w->now = at;
		for (size_t i = 0; i < WORLD_SERVERS; i++)
			if (w->server[i] && gcks_server_deadline(w->server[i]) <= w->now)
				serve(w, i, 0, 0, NULL, 0);
		group_tick(w->group, w->now);
		for (size_t i = 0; i < w->n_more; i++)
			group_tick(w->more[i], w->now);
		world_carry_out(w);
		deliver(w);
	}
	w->now = until;
	return false;
}

bool world_registered(const struct world *w)
{
	return group_state(w->group) == GROUP_REGISTERED;
}

const char *world_reason(const struct world *w)
{
	static char words[RECORD_TEXT_MAX];

	return record_words(group_reason(w->group), words);
}

bool world_waiting(const struct world *w)
{
	return group_state(w->group) == GROUP_WAITING;
}

const struct keyring_sa *world_sender(const struct world *w)
{
	const struct keyring_policy *p = keyring_policy(group_keyring(w->group), 0);

	return p ? keyring_sender(p, w->now) : NULL;
}
