/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the parts of a group. */
#ifndef MEMBER_GROUP_PRIVATE_H
#define MEMBER_GROUP_PRIVATE_H

#include "ike/push.h"
#include "ike/signature.h"
#include "lib/rate_limit.h"
#include "member/group/group.h"
#include "member/group/times.h"

/* --- the parts of a group: each is written by the one file that its comment names, and by functions of that file ---
 */

struct group_effects { /* effects.c */
	struct group_effect *first, *last;
	size_t n;
	struct group_effect changed, asks_counters;
};

enum group_awaits {
	GROUP_AWAITS_KEYS = 1,     /* of a registration */
	GROUP_AWAITS_POLICIES = 2, /* of one that has brought nothing that can be used */
};

struct group_applying {        /* applied.c: what follows when the plan was applied */
	unsigned awaits;       /* of enum group_awaits */
	struct rekey_sa *owed; /* an acknowledgement of the push that it has taken; NULL: none */
	struct udp_ends owed_to;
};

struct group_life { /* state.c */
	enum group_state state;
	struct record reason; /* of the state: a clause */
};

struct group_schedule {    /* schedule.c */
	uint64_t at;       /* the next registration; UINT64_MAX: none is planned */
	uint64_t wait_ms;  /* after the next round in vain; 0: as after the first */
	uint64_t again_ms; /* how long after a stale download the next pull follows */
	unsigned share;    /* of the renewal window, in thousandths; drawn at each registration */
};

struct group_servers {     /* servers.c; servers are indices of the gateway's */
	size_t asked;      /* the one being tried, or registered with */
	unsigned tried;    /* bit i: server i was asked in this round */
	unsigned failed;   /* bit i: server i failed when it was last asked, and another one did not */
	bool spare_failed; /* the next round begins with one that did not */
	bool answered;     /* some server has answered something in this round */
	bool unusable;     /* of what a server gave in this round nothing could be used */
	bool urgent;       /* the times of the pull are those of an urgent one */
	uint64_t leave_at; /* without an answer by then another server is asked; UINT64_MAX: never */
	bool registered_once;
	uint32_t registered;                     /* the address of the one that has registered the member */
	uint16_t learnt_doi[CONFIG_SERVERS_MAX]; /* 0: not learnt */
};

struct group_registration { /* registration.c */
	struct pull *pull;
	bool asked;          /* the registration was asked for: it is not done before one has succeeded */
	uint32_t elsewhere;  /* a datagram of the pull came from there, which is not the server; 0: none did */
	uint8_t told_awaits; /* bit i: that message i (enum pull_awaits) is waited for was told */
	bool overtaken;      /* a push was accepted since the pull asked for the group */
	unsigned older;      /* downloads in a row that were older by what they said */
};

struct group_turn {  /* turn.c */
	bool queued; /* the pull waits for its turn (member/group/turns.h) */
	bool free;   /* its server is silent: it need not */
};

struct group_late {                             /* late_answers.c */
	struct pull *pulls[CONFIG_SERVERS_MAX]; /* whose server was left, and may answer still; NULL: none */
};

#define GROUP_KEKS_RETIRED 3
struct retired_kek { /* only to recognise what was already taken under it */
	struct rekey_sa *sa;
	uint64_t until;
};

#define GROUP_KEKS_GONE 8
struct gone_kek {
	uint8_t spi[KEK_SPI_LEN];
	uint32_t seq;
	bool replaced; /* by another KEK: no download that still has it is newer */
};

struct group_keks {          /* kek.c */
	struct rekey_sa *sa; /* of the KEK that pushes come under; NULL: none */
	uint32_t life;       /* seconds, as it was told last; 0: until it is replaced */
	uint64_t ends;       /* UINT64_MAX: until it is replaced */
	struct group_kek_stats stats;
	struct retired_kek retired[GROUP_KEKS_RETIRED]; /* newest first */
	size_t n_retired;
	struct gone_kek gone[GROUP_KEKS_GONE]; /* newest first */
	size_t n_gone;
	struct signature_checked checked;
};

struct group_notes {                            /* notes.c */
	uint16_t tolerated[CONFIG_SERVERS_MAX]; /* kinds of note that were told of each server */
	struct rate_limit limit;
	uint32_t speaking; /* whose push is being handled; 0: none is */
};

struct group_counts { /* counts.c */
	struct group_stats stats;
	struct keyring_refusal refusals[KEYRING_REFUSALS_MAX];
	size_t n_refusals, more_refusals;
	struct group_unknown unknown;
};

struct group_anti_replay {        /* anti_replay.c */
	uint32_t told;            /* the window that was told last; 0: none */
	uint32_t told_difference; /* the server's, when it was told that the statement has another; 0: it was not */
	bool told_announced;
};

struct group_recovery {          /* recovery.c */
	struct probe *probe;     /* NULL: not configured */
	bool pulled;             /* a pull has succeeded: the counters that are asked for are those after it */
	bool probing;            /* the pull that is under way is the probe's */
	uint64_t renewal_before; /* what was planned when it began */
};

struct group_senders {     /* senders.c */
	uint64_t again_at; /* what failed here is tried again; UINT64_MAX: nothing did */
};

struct group { /* what is in no part: group.c */
	size_t slot;
	const struct config_vpn *vpn;
	const struct config_gateway *gateway;
	struct group_env env;
	struct keyring *keys;

	struct group_effects effects;
	struct group_applying applying;
	struct group_life life;
	struct group_schedule schedule;
	struct group_servers servers;
	struct group_registration registration;
	struct group_turn turn;
	struct group_late late;
	struct group_keks keks;
	struct group_notes notes;
	struct group_counts counts;
	struct group_anti_replay anti_replay;
	struct group_recovery recovery;
	struct group_senders senders;
};

/* --- group.c --- */

bool group_keys_held(const struct group *g);

/* --- state.c --- */

void group_begin_state(struct group *g); /* of a new group */
/*
 * The group enters STATE, because of WHY, a clause.  LINE: the record for the log, which may name the SECONDS until the
 * next registration.  A reader who asks for the reason later gets the time that remains then.
 */
void group_enter(struct group *g, enum record_id line, enum group_state state, uint64_t seconds,
		 const struct record *why);
/* The same, WHY and its arguments. */
#define group_enter_for(g, line, state, seconds, why, ...)                                                             \
	do {                                                                                                           \
		struct record why_;                                                                                    \
                                                                                                                       \
		record_set(&why_, (why), __VA_ARGS__);                                                                 \
		group_enter((g), (line), (state), (seconds), &why_);                                                   \
	} while (0)
/* The state stays, and there is more to say of why; nothing is logged. */
void group_stay_because(struct group *g, const struct record *why);

/* --- counts.c --- */

void group_count_pull_succeeded(struct group *g);
void group_count_pull_ended(struct group *g, bool timeout, bool aborted, bool failed);
void group_count_failover(struct group *g);
void group_count_clear_notifies(struct group *g, unsigned n);
void group_count_push(struct group *g, bool deletes);
void group_count_push_failed(struct group *g);
void group_count_unsupported_kek(struct group *g);
void group_count_probe_pull(struct group *g);
/*
 * The result of a download: it is counted, and its refusals are logged and take the place of those of the download
 * before.
 */
void group_count(struct group *g, const struct keyring_outcome *o);
void group_forget_refusals(struct group *g);
/* The GAP attributes of a pull, or of a push with policy, that are not known here; the vendor IDs of a pull's server.
 */
void group_note_gap(struct group *g, const struct download *d);
void group_note_vendor_ids(struct group *g, const struct vendor_ids *ids);

/* --- anti_replay.c --- */

/* Of a download that the keyring has taken.  IDS: the server's, of a pull; NULL: a push. */
void group_note_d3p(struct group *g, const struct download *d, const struct vendor_ids *ids);

/* --- schedule.c --- */

void schedule_first(struct group *g); /* of a new group */
void schedule_at(struct group *g, uint64_t at);
void schedule_nothing(struct group *g);
void schedule_no_later(struct group *g, uint64_t at); /* what is planned earlier stays */
void schedule_soon(struct group *g, uint64_t now);    /* spread over RETURN_SPREAD_MS */
/* A policy has lost its last key: the others' renewal is not waited for.  A retry that is planned stays. */
void group_register_soon(struct group *g, uint64_t now);
/* When to register again, from the keys and the KEK as they are; NEWER: the last exchange brought a new key. */
void schedule_renewal(struct group *g, uint64_t now, bool newer);
/* Every server of a round has failed; or a stale download was discarded, and RENEWAL: keys and KEK are there. */
void schedule_after_round(struct group *g, uint64_t now);
void schedule_after_stale(struct group *g, uint64_t now, bool renewal);
void schedule_succeeded(struct group *g);     /* delays begin with their first values again */
void schedule_without_delay(struct group *g); /* those between rounds alone */
void schedule_draw_share(struct group *g);    /* of the renewal window */

/* --- registration.c --- */

/* A pull from the present server, in place of one that is under way; what fails is tried again. */
void group_pull_start(struct group *g, uint64_t now);
/* The pull that is under way, or waits for its turn, is no more. */
void group_pull_drop(struct group *g);
/* The address of the server that is asked, or was last. */
static inline uint32_t group_asked(const struct group *g)
{
	return g->gateway->servers[g->servers.asked];
}
static inline bool group_pulling(const struct group *g)
{
	return g->registration.pull || g->turn.queued;
}
/* The pull's deadline, or the time of the next registration. */
void group_pull_tick(struct group *g, uint64_t now);
uint64_t group_pull_deadline(const struct group *g);
/* The ends of a datagram to SERVER, an index. */
struct udp_ends group_ends(const struct group *g, size_t server);
/* Whether DATA was the pull's. */
bool group_pull_datagram(struct group *g, uint64_t now, const struct udp_ends *ends, const uint8_t *data, size_t len);
/* The pull goes to the caller, or comes from there. */
struct pull *group_pull_give(struct group *g);
void group_pull_take(struct group *g, struct pull *pull);
/* A push was accepted: what the pull has asked for may be older. */
void group_pull_overtaken(struct group *g);

/* --- failure.c: why a registration fails, with the remedy; clauses --- */

void group_failure_left(const struct group *g, struct record *ret);  /* the server is left, and may answer still */
void group_failure_ended(const struct group *g, struct record *ret); /* the pull has ended */
void group_failure_unusable(const struct group *g, const struct keyring_outcome *o, struct record *ret);
struct pull_finding;
/* At most MAX octets of what came last from the server. */
void group_last_came(const struct pull_finding *f, size_t max, struct record *ret);

/* --- turn.c --- */

/* Whether the present server may be asked now; if another group registers there, this one waits for its turn. */
GVPN_MUST_CHECK bool group_is_turn(struct group *g, uint64_t now);
void group_turn_answered(struct group *g, bool proved);
void group_turn_leave(struct group *g);

/* --- servers.c --- */

void group_begin_servers(struct group *g);  /* of a new group */
void group_forget_servers(struct group *g); /* what was learnt of them: the gateway is another one */

/* Traffic is blocked, or a key ends soon: nothing may be waited for that need not. */
bool group_urgent(const struct group *g, uint64_t now);
uint64_t group_urgent_at(const struct group *g); /* when it will be, if nothing changes; UINT64_MAX: never */
/* How long the server that is asked now is waited for, in RET and in leave_at. */
void group_set_times(struct group *g, uint64_t now, struct pull_timing *ret);
void group_set_times_only(struct group *g, uint64_t now, struct pull_timing *ret); /* in RET alone */
/* A round begins. */
void group_first_server(struct group *g, uint64_t now);
/* The present server has failed: it is left for another one.  False when all of this round have. */
GVPN_MUST_CHECK bool group_next_server(struct group *g, uint64_t now);
/*
 * The present server has registered the member.  NEWER: with a newer key, and the next round prefers the first server
 * again.  Without a newer key the next round comes soon, because a key is missing, and every other time it passes over
 * the servers that failed.
 */
void group_server_good(struct group *g, bool newer);
void group_server_answered(struct group *g);   /* some server has */
void group_server_unusable(struct group *g);   /* of what it gave nothing can be used */
void group_server_registered(struct group *g); /* the one that is asked has registered the member */
void group_server_has_doi(struct group *g, uint16_t doi);
void group_server_first(struct group *g); /* nobody is asked: the first one will be */
/* SERVER, whose pull has proved it, is the one that is asked. */
void group_choose_server(struct group *g, size_t server);
/* Until some policy's last key ends: UINT64_MAX without keys. */
uint64_t group_keys_left(const struct group *g, uint64_t now);

/* --- late_answers.c --- */

/* The present server is left without an answer: its pull goes on beside the pull from the next server. */
void group_late_keep(struct group *g);
/* The pull that was kept for the present server is the group's again: false when there is none. */
GVPN_MUST_CHECK bool group_late_resume(struct group *g);
void group_late_drop(struct group *g, size_t server);
void group_late_drop_all(struct group *g);
void group_late_tick(struct group *g, uint64_t now);
uint64_t group_late_deadline(const struct group *g);
/*
 * Whether DATA is for one of them.  The first that is answered becomes the group's pull, and OUT has what its step
 * made; *RET says so.
 */
bool group_late_datagram(struct group *g, uint64_t now, const struct udp_ends *ends, const uint8_t *data, size_t len,
			 struct ike_out *out, bool *ret);

/* --- senders.c: nothing of it does anything where no counter mode is supported --- */

void group_begin_senders(struct group *g); /* of a new group */
bool group_counts_senders(const struct group *g);
void group_take_sender_ids(struct group *g, const struct download *d); /* of a pull; it may have none */
void group_forget_sender_ids(struct group *g);                         /* for SAs to come; those that send go on */
/* Keys or ids are others now: what each SA sends with.  group_change() does it. */
void group_refresh_senders(struct group *g);
bool group_lacks_sender_id(const struct group *g); /* for some SA */
void group_senders_tick(struct group *g, uint64_t now);
uint64_t group_senders_deadline(const struct group *g);

/* --- effects.c --- */

/* Takes the octets of DATAGRAM. */
void group_send(struct group *g, const struct udp_ends *ends, struct ike_datagram *datagram);
void group_open_port(struct group *g, uint16_t port);
void group_put_record(struct group *g, const struct record *record);
void group_change(struct group *g); /* keys or policies are others now */
void group_ask_counters(struct group *g);
void group_drop_effects(struct group *g);

static inline uint32_t group_draw(const struct group *g, uint32_t bound)
{
	return g->env.random(g->env.ctx, bound);
}

/* --- applied.c --- */

/* Keys or policies are others now, and it is told when the kernel does not hold WHAT; */
void group_change_then(struct group *g, enum group_awaits what);
/* the same, and the push that SA has taken is acknowledged to the other end of ENDS when the kernel holds its keys. */
void group_acknowledge_when_held(struct group *g, struct rekey_sa *sa, const struct udp_ends *ends);
/* SA is about to be freed. */
void group_owe_nothing_under(struct group *g, const struct rekey_sa *sa);

/* --- notes.c --- */

/* A record with its server and its VPN to the log. */
void group_log(struct group *g, struct record *record, uint32_t spi);
/* A record of ID with its arguments; SPI 0 when it is about none. */
#define group_tell(g, spi, id, ...)                                                                                    \
	do {                                                                                                           \
		struct record record_;                                                                                 \
                                                                                                                       \
		record_set(&record_, (id), __VA_ARGS__);                                                               \
		group_log((g), &record_, (spi));                                                                       \
	} while (0)
/* SERVER's push is handled from here on; 0: none is. */
void group_speaks(struct group *g, uint32_t server);
void group_forget_notes(struct group *g); /* which were told of each server: the gateway is another one */
uint64_t group_limit_deadline(const struct group *g);
/* The notes of OUT to the log, and its datagrams to the other end. */
void group_put_out(struct group *g, uint64_t now, struct ike_out *out, const struct udp_ends *ends);
void group_limit_tick(struct group *g, uint64_t now); /* tells how many lines were not logged */
/* A clause: what happens to traffic of the VPN for which there is no key. */
struct record_arg group_traffic(const struct group *g);
size_t group_keyless(const struct group *g); /* policies without a key */
uint64_t group_held(const struct group *g);  /* bit i: policy i has a key */
/* HELD is what group_held() gave before; policies that have lost their last key since then are told. */
void group_log_expired(struct group *g, uint64_t now, uint64_t held);

/* --- kek.c --- */

void group_begin_keks(struct group *g); /* of a new group */

/*
 * Whether the KEK of a pull is older than what is known: its sequence number is lower than what was used already (RFC
 * 6407 3.3), or another one has replaced it.
 */
bool group_kek_stale(struct group *g, const struct download *d);
/* The KEK of a pull.  The sequence number of one that was held is never lowered (RFC 6407 3.3). */
void group_take_kek(struct group *g, const struct download *d, uint64_t now);
/* Another one than the one in use, which it replaces. */
void group_use_kek(struct group *g, const struct kek *announced, bool from_push, uint64_t now);
void group_drop_kek(struct group *g, uint64_t now);                /* retransmissions are still recognised */
void group_forget_keks(struct group *g);                           /* the retired ones too */
bool group_kek_same(const struct group *g, const struct kek *kek); /* the one in use, by its SPI */
/* The rekey SA, in use or retired, that a push is under; NULL: none. */
struct rekey_sa *group_kek_owner(const struct group *g, const uint8_t *data, size_t len);
void group_kek_tick(struct group *g, uint64_t now);
uint64_t group_kek_deadline(const struct group *g);

/* Counts for the KEK that is held now; nothing happens when SA belongs to another KEK. */
void group_kek_pushed(struct group *g, bool deletes);
void group_kek_received(struct group *g, const struct rekey_sa *sa, size_t len);
void group_kek_sent(struct group *g, const struct rekey_sa *sa, size_t len);

/* --- rekey.c --- */

bool group_push(struct group *g, uint64_t now, const struct udp_ends *ends, const uint8_t *data, size_t len);
/* The push that SA has taken; HELD: by the kernel.  If not, the server sends the push again. */
void group_acknowledge(struct group *g, uint64_t now, struct rekey_sa *sa, const struct udp_ends *ends, bool held);

/* --- recovery.c: nothing of it does anything in a group without the probe --- */

/* Makes or ends the probe, as the VPN's configuration is now; one that goes on as it was keeps its state. */
GVPN_MUST_CHECK int group_probe_configure(struct group *g);
void group_probe_free(struct group *g);
void group_probe_tick(struct group *g, uint64_t now);
/* The pull that is under way, if any, is not the probe's. */
void group_probe_forget_pull(struct group *g);
uint64_t group_probe_deadline(const struct group *g);
/* A pull has succeeded, and what it brought was applied. */
void group_probe_pulled(struct group *g);
/* All servers failed: true when that was only the probe's pull, and the group is registered as before. */
GVPN_MUST_CHECK bool group_probe_failed(struct group *g, uint64_t now, const struct record *why);

#endif
