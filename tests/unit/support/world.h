/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A world in memory: one member's groups, key servers, a network between them, and a clock that jumps from deadline to
 * deadline.  Hours pass in milliseconds, and nothing sleeps.
 */
#ifndef TESTS_UNIT_SUPPORT_WORLD_H
#define TESTS_UNIT_SUPPORT_WORLD_H

#include "member/daemon/carry_out.h"
#include "tests/gcks/server.h"

#define WORLD_SERVERS 4
#define WORLD_MORE 16
#define WORLD_SERVER(i) (0x0a0a6401u + (uint32_t)(i)) /* 10.10.100.1 and on */
#define WORLD_MEMBER 0x0a126501u                      /* 10.18.101.1 */

struct world_traffic { /* packets so far: what the recovery probe looks at */
	uint64_t unknown_spi, in, out;
};

struct world {
	uint64_t now;
	struct config *config;
	struct group *group;            /* of the first VPN */
	struct group *more[WORLD_MORE]; /* of the others */
	size_t n_more;
	struct turns *turns;
	struct gcks_config *server_config[WORLD_SERVERS];
	struct gcks_server *server[WORLD_SERVERS]; /* NULL: down */
	unsigned share;                            /* what the random op answers, in thousandths of its bound */
	unsigned changed;                          /* how often a plan was applied */
	bool kernel_refuses;                       /* every plan */
	bool (*sa_missing)(const struct world *w, uint32_t spi, bool out); /* NULL: it has all SAs */
	uint16_t listens;                        /* the port beside 848 that the group asked for last */
	unsigned sent, to_server[WORLD_SERVERS]; /* datagrams of the member */
	bool (*drop)(struct world *w, bool to_server, const uint8_t *data, size_t len); /* NULL: nothing is lost */
	unsigned draws;
	struct world_traffic (*traffic)(const struct world *w); /* NULL: there is none */
	bool counters_fail;
	unsigned samples;  /* how often the probe looked */
	char log[1 << 20]; /* all lines so far */
	size_t log_len;
	bool no_debug;                /* the lines of --debug are not kept */
	struct sender_store *senders; /* world_make_counting() */
	char *senders_disk;           /* what was written last; NULL: nothing */
	int senders_error;            /* of the disk */
	unsigned events[EVENT_MAX_];  /* lines with them */
	uint32_t event_server[EVENT_MAX_];
	struct {
		uint8_t *data;
		size_t len;
		uint32_t from, to;
		uint16_t port;
	} wire[64];
	size_t n_wire;
};

/*
 * The guide's member with N_SERVERS servers, of which none is up; MEMBER_LINES are further "set" lines.  ck_asserts on
 * everything.
 */
void world_make(struct world *w, size_t n_servers, const char *member_lines);
/* The same with a kernel that sends with every counter mode, and a store of sender ids that reads DISK; NULL: empty. */
void world_make_counting(struct world *w, size_t n_servers, const char *member_lines, const char *disk);
/* The same on a host whose datapath has no D3P. */
void world_make_without_d3p(struct world *w, size_t n_servers, const char *member_lines);
void world_free(struct world *w);
/* For world_server(): the group has a KEK, and is pushed to. */
#define WORLD_PUSHES                                                                                                   \
	"set security group-vpn server group G server-member-communication communication-type unicast\n"               \
	"set security group-vpn server group G server-member-communication encryption-algorithm aes-256-cbc\n"         \
	"set security group-vpn server group G server-member-communication sig-hash-algorithm sha-256\n"               \
	"set security group-vpn server group G server-member-communication lifetime-seconds 7200\n"
/* Server I is up from now on, with the guide's group and further "set" lines, which may name another proposal for S. */
void world_server(struct world *w, size_t i, const char *server_lines);
void world_server_down(struct world *w, size_t i);
/* An operator's command at server I (man/gcks.8), and what it sends arrives. */
void world_command(struct world *w, size_t i, const char *line);
/* Runs until UNTIL, or until DONE says so: true then. */
bool world_run(struct world *w, uint64_t until, bool (*done)(const struct world *w));

/* What the groups want to be done is done, as the daemon does it; after each input. */
void world_carry_out(struct world *w);
void world_start(struct world *w); /* group_start() of the first VPN */
void world_clear(struct world *w); /* group_clear() of it */

bool world_registered(const struct world *w);
bool world_waiting(const struct world *w);
const char *world_reason(const struct world *w);              /* in words, until the next call */
const struct keyring_sa *world_sender(const struct world *w); /* of the first policy; NULL: none */

#endif
