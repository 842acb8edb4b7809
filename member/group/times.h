/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every timer of a group in one sentence, and every time that is not the server's to choose; milliseconds.  The
 * deadline of a group (group_deadline()) is the earliest of these:
 *
 *   registration   a registration that is planned begins: a renewal, a retry or a return (schedule.c).
 *   repetition     the datagram of a pull that has no answer is sent again, or the pull ends (ike/pull.h).
 *   leave          a server that has not proved itself is left for the next one (servers.c).
 *   urgent         a pull that began when there was time goes on with the times of an urgent one (servers.c).
 *   late answer    the same repetition for a pull whose server was left (late_answers.c).
 *   turn           another group's registration with the same server is not waited for any longer (turns.h).
 *   activation     a new key begins to send (keyring_order.c).
 *   end of a key   a key that has ended is dropped (keyring_time.c).
 *   end of a KEK   a KEK that has ended without a successor is dropped (kek.c).
 *   retired KEK    a KEK that was replaced is forgotten, when its server sends no push under it any more (kek.c).
 *   sample         the recovery probe asks for the kernel's counters (probe.h).
 *   probe's pull   the recovery probe registers the member anew (probe.h).
 *   probe's end    no sign has come since the probe's pull: the probe ends (probe.h).
 *   missed lines   the number of lines that came too fast to be logged is told (lib/rate_limit.h).
 *
 * What a server has to bear: an exchange without an answer is repeated at most once in RESEND_MS, and a server that
 * goes on being silent is sent less and less, one datagram in RESEND_LONGEST_MS in the end.  So 2000 members that are
 * all blocked send an overloaded server 2000 datagrams a second for the first seconds and less than 200 after a minute.
 * All intervals have jitter, so that members which began together drift apart.
 */
#ifndef MEMBER_GROUP_TIMES_H
#define MEMBER_GROUP_TIMES_H

/* A pull is urgent while traffic is blocked, and from this long before a key ends that none replaces. */
#define URGENT_LEFT_MS 30000
/* The least interval between two sendings of the same message; a tenth of it is jitter. */
#define RESEND_MS 1000
/*
 * The least interval is used so many times before it doubles: a datagram that the network lost is repeated within
 * seconds.
 */
#define RESEND_EVEN 12
/* The longest interval while it is urgent, with its jitter below 15 s: so soon a server that comes back is noticed. */
#define RESEND_LONGEST_MS 13000
/* Repetitions of an urgent first message: for about an hour, beside those to other servers. */
#define RESEND_URGENT 255
/* The interval to a server that answers within half of it, so is not overloaded, when its path loses datagrams. */
#define RESEND_QUICK_MS 500
/* To a server that has answered, so that its path loses datagrams rather than it is dead: no longer interval than this,
 */
#define RESEND_ANSWERED_MS 4000
/* the same while it is urgent, */
#define RESEND_ANSWERED_URGENT_MS 2000
/* so many repetitions before a new phase 1, for a server that has lost this one, */
#define RESEND_ANSWERED 12
/* and so many before a new exchange under a finished phase 1, for a server that does not repeat its answer. */
#define RESEND_FRESH_AFTER 6

/* A server without an answer is waited for this long when nothing presses: 2 s, doubled with each of four repetitions.
 */
#define SILENCE_MS 62000
/* The least when nothing presses, for one that failed before: three sendings, the last one with 3.4 s for its answer.
 */
#define SILENCE_LEAST_MS 6000
/* No closer than this the sendings of such a short wait: slow links and slow servers exist. */
#define SILENCE_INTERVAL_LEAST_MS 850
/* While it is urgent the next server is asked after this long, so the fourth after 18 s; a late answer still counts. */
#define LEAVE_MS 6000
/* When keys end sooner than that, the servers share what is left, but none is left before this. */
#define LEAVE_LEAST_MS 2500
/* The same for a group with one server: after this time the operator is told. */
#define LEAVE_ONLY_MS SILENCE_MS
/* Five answers are awaited, and none may come late for ever: from the first one on, where others wait their turn, */
#define ANSWERED_TOTAL_MS 30000
/* and where there is no other server. */
#define ANSWERED_TOTAL_ONLY_MS 124000

/* After a round in which every server failed: this long, doubled each time, each with a tenth of jitter. */
#define WAIT_FIRST_MS 5000
/* The same when a server has answered, and so is there. */
#define WAIT_ANSWERED_MS 1000
/* The longest wait, up to which the wait is doubled, while the keys last. */
#define WAIT_MAX_MS 60000
/* The same while it is urgent: with the jitter it is below 15 s. */
#define WAIT_URGENT_MS 13500

/* After a stale download the next pull follows within this, doubled up to WAIT_MAX_MS while stale ones go on. */
#define STALE_FIRST_MS 2000
/*
 * A renewal that brought no newer key is tried again after an eighth of what is left of the present one, and no sooner
 * than this, each with a quarter of jitter: the server makes it when it sees fit, and all members wait for it.
 */
#define RENEW_AGAIN_MS 3000
#define RENEW_AGAIN_PART 8
/*
 * After a delete of everything members come back spread over this long.  Their traffic is stopped meanwhile, so it is
 * short: a group of 2000 is 1000 registrations a second, and whom the server does not answer at once waits as always.
 */
#define RETURN_SPREAD_MS 2000

/* --- turns between the same two addresses (turns.h) --- */

/* Nobody waits longer than this for a group whose server is silent, */
#define TURN_SILENT_MS 3000
/* or has sent what anybody could have sent: less than a silent server is waited for, */
#define TURN_UNPROVEN_MS 5000
/* or is slow. */
#define TURN_MS 15000

/* --- keys --- */

/*
 * How long a new key that came with a KEK receives before it sends, when the server names no delay: the push is under
 * way to all, and may reach one of them only with its second retransmission, after 20 s (row B3).  With less than that
 * left before the old key's soft end, it sends from there on, but not before a first attempt can be everywhere.
 */
#define ACTIVATION_DEFAULT_MS 25000
#define ACTIVATION_LEAST_MS 5000
/*
 * In a group without pushes a pulled key begins to send this long before the end of its predecessor, or half the time
 * between the soft and the hard end before it, if that is less.  The soft end itself is no common moment: it depends on
 * the rest of the key's life when a member got the key.  The soft end is earlier for a member that has had the key from
 * the beginning than for a member that joined later, and the later one would learn the new key after the earlier one
 * sends with it.
 */
#define PULLED_LEAD_MAX_MS 30000
/*
 * Servers tell ends in whole seconds, rounded down, and a message takes a moment to come: from a smaller difference the
 * age of a key cannot be told.
 */
#define SAME_END_MS 2000
/*
 * How long a deleted key with a successor in the same message still receives, when the server names no delay: others
 * may learn of the delete as late as with the second retransmission (row B3), and then the same time for what is under
 * way.
 */
#define DELETED_DEFAULT_MS 50000

/* An SA that could not be made to send, for a reason that lies in this host, is tried again after this. */
#define SENDER_AGAIN_MS 30000

/* --- KEKs --- */

/* A push under a KEK whose life has just ended is still taken: it came 7 ms late in a recording (doc/gdoi-wire.md). */
#define KEK_GRACE_MS 5000
/* Servers resend for 20 s (row B3); both numbers are configured there, so with room. */
#define RETIRED_MS 300000

/* --- the recovery probe --- */

#define PROBE_SAMPLE_MS 5000 /* samples fall on multiples of it, those of all VPNs at once */

#endif
